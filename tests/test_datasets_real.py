"""The real files of the data sets, where they are: what they hold, and what loading them takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from glorot_tutor.datasets import places, registry
from glorot_tutor.datasets.local import local_examples
from glorot_tutor.datasets.published import PUBLISHED

pytestmark = pytest.mark.usefixtures("no_cache")

FOLDERS = [os.environ.get(places.VARIABLE), Path(__file__).parents[2] / "shared" / "data"]


def real(name):
    """Folder that holds a data set; the test is skipped where there is none."""
    for folder in filter(None, FOLDERS):
        if registry.is_in(name, Path(folder)):
            return Path(folder)
    pytest.skip(f"{name} is neither in GLOROT_TUTOR_DATA nor in ../shared/data")


SIZES = {
    "mnist": (50_000, 10_000, 10_000),
    "fashion-mnist": (50_000, 10_000, 10_000),
    "cifar10": (40_000, 10_000, 10_000),
    "tiny-imagenet-9": (25_650, 2_850, 2_850),
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """A cache for all tests of the real files: CIFAR-10 takes ten seconds to unpack."""
    return tmp_path_factory.mktemp("unpacked")


def real_examples(name, cache):
    if name in PUBLISHED:
        return registry.published_examples(PUBLISHED[name], real(name), cache)
    return local_examples(name, real(name))


LIMITS = {"mnist": 0.5, "cifar10": 2.0}
MEASURE = """
import resource, sys, time
from glorot_tutor.datasets import registry
from glorot_tutor.datasets.published import PUBLISHED
from pathlib import Path
name, folder, cache = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, start = peak(), time.process_time()
found = registry.published_examples(PUBLISHED[name], folder, cache)
arrays = found.train.images.nbytes + found.test.images.nbytes
print(time.process_time() - start, (peak() - before) / arrays)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs")
@pytest.mark.parametrize("name", LIMITS)
def test_loading_is_quick_and_small(name, unpacked):
    """Processor time, so that other work on the machine does not count; the second loading."""
    command = [sys.executable, "-c", MEASURE, name, str(real(name)), str(unpacked)]
    for number in range(2):
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, memory = map(float, run.stdout.split())
        assert memory < 1.5
        assert number == 0 or seconds < LIMITS[name]


@pytest.mark.parametrize("name", SIZES)
def test_the_real_files_are_what_they_should_be(name, unpacked):
    found = real_examples(name, unpacked)
    assert (len(found.train), len(found.validation), len(found.test)) == SIZES[name]
    # all grey values occur, and an image is no noise: neighbours are alike
    images = found.test.take(slice(None, None, 10)).arrays()[0].astype(float)
    assert images.min() == 0
    assert images.max() == 255
    assert np.abs(np.diff(images, axis=-1)).mean() < np.abs(np.diff(images, axis=0)).mean() / 2


def test_rows_and_columns_of_mnist_are_not_swapped(unpacked):
    images, labels = real_examples("mnist", unpacked).test.arrays()
    high, wide = (np.ptp(np.argwhere(images[labels == 1].mean(0) > 64)[:, axis]) for axis in (0, 1))
    assert high > 2 * wide
