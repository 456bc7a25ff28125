"""The stream: always the same example n, nothing shared between splits, the known statistics."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from glorot_tutor import shapeset
from glorot_tutor.checks import UsageError
from glorot_tutor.shapeset import CLASSES, SPLITS, Shapeset, class_prior, labels_of, render
from glorot_tutor.streams import Stream, to_input

TRAIN = 200_000
COUNT = 60_000  # examples on which statistics of pixels are taken
EXAMPLES_DIGEST = "289ccc18312a04fa3fad7dbd0507628f402044b279a051d4d1475a34b757b0e5"
Examples = tuple[NDArray[np.uint8], NDArray[np.int64]]


def read(seed: int, split: str, count: int) -> Examples:
    images, labels = Shapeset(seed, split).read(0, count)
    return images.numpy(), labels.numpy()


@pytest.fixture(scope="module")
def train() -> Examples:
    return read(0, "train", TRAIN)


# ---- which example is which


def test_is_a_stream() -> None:
    stream: Stream = Shapeset(0)
    images, labels = stream.read(0, 7)
    assert (stream.n_in, stream.n_classes) == (1024, 9)
    assert (images.dtype, images.shape) == (torch.uint8, (7, 32, 32))
    assert (labels.dtype, labels.shape) == (torch.int64, (7,))


@given(start=st.integers(0, 4_500), count=st.integers(0, 700))
def test_an_example_is_the_same_however_it_is_read(train: Examples, start: int, count: int) -> None:
    images, labels = Shapeset(0).read(start, count)
    assert (images.numpy() == train[0][start : start + count]).all()
    assert (labels.numpy() == train[1][start : start + count]).all()


@given(
    seed=st.integers(0, 2**63 - 1),
    split=st.sampled_from(SPLITS),
    start=st.integers(0, 2**63 - 20),
    cut=st.integers(0, 10),
)
def test_reading_in_two_parts_in_any_order(seed: int, split: str, start: int, cut: int) -> None:
    whole, labels = Shapeset(seed, split).read(start, 10)
    stream = Shapeset(seed, split)
    end, end_labels = stream.read(start + cut, 10 - cut)
    begin, begin_labels = stream.read(start, cut)
    assert whole.equal(torch.cat([begin, end]))
    assert labels.equal(torch.cat([begin_labels, end_labels]))


def test_block_size_makes_no_difference(train: Examples, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapeset.stream, "_BLOCK", 333)
    images, labels = read(0, "train", 1_000)
    assert (images == train[0][:1_000]).all()
    assert (labels == train[1][:1_000]).all()


def test_the_examples_of_this_version_stay() -> None:
    """Records name examples by seed and number: a change here makes them wrong."""
    digest = hashlib.sha256()
    for split in SPLITS:
        images, labels = read(7, split, 500)
        digest.update(images.tobytes() + labels.astype("<i8").tobytes())
    assert digest.hexdigest() == EXAMPLES_DIGEST


def test_global_random_state_plays_no_part(train: Examples) -> None:
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = torch.get_rng_state()
    assert (read(0, "train", 20)[0] == train[0][:20]).all()
    assert torch.get_rng_state().equal(before)


def test_seeds_and_splits_give_other_examples() -> None:
    streams = [read(seed, split, 500) for seed in (0, 1, 2**32, 2**62) for split in SPLITS]
    for i, (images, _) in enumerate(streams):
        for other, _ in streams[:i]:
            assert not (images == other).all(axis=(1, 2)).any()


def fingerprints(images: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """One 64-bit number for each image: equal for equal images, else almost surely different."""
    weights = np.random.default_rng(1).integers(0, 2**64, 128, np.uint64)
    return images.reshape(len(images), 128, 8).view(np.uint64)[..., 0] @ weights


def test_no_held_out_image_is_trained_on(train: Examples) -> None:
    seen = fingerprints(train[0])
    assert len(np.unique(seen)) == TRAIN
    for sets in (shapeset.validation_set(), shapeset.test_set(), shapeset.monitored_set()):
        assert not np.isin(fingerprints(sets[0].numpy()), seen).any()


@pytest.mark.parametrize(
    ("name", "split", "count"),
    [
        ("validation_set", "validation", 10_000),
        ("test_set", "test", 10_000),
        ("monitored_set", "monitor", 300),
    ],
)
def test_fixed_sets(name: str, split: str, count: int) -> None:
    images, labels = getattr(shapeset, name)(seed=3)
    expected = Shapeset(3, split).read(0, count)
    assert images.equal(expected[0])
    assert labels.equal(expected[1])


# ---- what is in them


def test_images_show_the_scenes(train: Examples) -> None:
    scenes = Shapeset(0).scenes(1_990, 120)
    assert (labels_of(scenes) == train[1][1_990:2_110]).all()
    for i in range(120):
        image = render(int(scenes.background[i]), scenes.polygons(i))
        assert (image.numpy() == train[0][1_990 + i]).all()


def test_labels_name_what_is_shown() -> None:
    scenes = Shapeset(4).scenes(0, 500)
    names = [CLASSES[label] for label in labels_of(scenes)]
    shown = {3: "triangle", 4: "parallelogram", 20: "ellipse"}
    for i, name in enumerate(names):
        kinds = [shown[len(points)] for _, points in scenes.polygons(i)]
        assert sorted(name.split(" + ")) == sorted(kinds)


def test_class_order_and_prior() -> None:
    initials = {"triangle": "T", "parallelogram": "Q", "ellipse": "E"}
    short = ["+".join(initials[word] for word in name.split(" + ")) for name in CLASSES]
    assert short == ["T", "Q", "E", "T+Q", "Q+E", "T+E", "T+T", "Q+Q", "E+E"]
    assert class_prior() == (Fraction(1, 6),) * 3 + (Fraction(1, 9),) * 3 + (Fraction(1, 18),) * 3
    assert sum(class_prior()) == 1


def test_class_frequencies(train: Examples) -> None:
    counts = np.bincount(train[1], minlength=9)
    expected = np.array(class_prior(), float) * TRAIN
    assert stats.chisquare(counts, expected).pvalue > 1e-3


def test_mean_and_spread_of_inputs(train: Examples) -> None:
    """Theory: mean -1/510, for background and shapes alike, in every class."""
    images, labels = train[0][:COUNT], train[1][:COUNT]
    inputs = to_input(torch.from_numpy(images)).numpy()
    means = inputs.mean(axis=1, dtype=np.float64)
    classes = [means[labels == label] for label in range(9)]
    for sample in (means, *classes):
        error = sample.std() / np.sqrt(len(sample))
        assert sample.mean() == pytest.approx(-1 / 510, abs=4 * error)
    # 0.6097 with the authors' generator, on 50,000 images
    squares = (inputs**2).mean(axis=1, dtype=np.float64)
    error = squares.std() * np.sqrt(1 / COUNT + 1 / 50_000)
    assert inputs.std(dtype=np.float64) ** 2 == pytest.approx(0.6097**2, abs=1e-4 + 4 * error)


def test_share_of_pixels_covered(train: Examples) -> None:
    """19.25 % with the authors' generator."""
    background = train[0][:COUNT, :1, :1]
    shares = (train[0][:COUNT] != background).mean(axis=(1, 2))
    error = shares.std() * np.sqrt(1 / COUNT + 1 / 50_000)
    assert shares.mean() == pytest.approx(0.1925, abs=5e-5 + 4 * error)


def test_the_border_is_never_covered(train: Examples) -> None:
    images = train[0]
    background = images[:, 0, 0]
    for line in (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1]):
        assert (line == background[:, None]).all()
    # and every pixel inside it is
    covered = (images[:COUNT] != background[:COUNT, None, None]).any(axis=0)
    assert covered[1:-1, 1:-1].all()


def test_at_most_three_greys_that_never_mix_their_ranges(train: Examples) -> None:
    images = train[0][:2_000]
    for image in images:
        greys = set(np.unique(image).tolist())
        assert 2 <= len(greys) <= 3
        side = {grey <= 114 for grey in greys - {int(image[0, 0])}}
        assert side == {not image[0, 0] <= 114}
        assert not any(114 < grey < 140 for grey in greys)


# ---- wrong usage


@pytest.mark.parametrize("seed", [-1, 2**63, 1.0, "1", True, None])
def test_seeds_that_do_not_exist(seed: object) -> None:
    with pytest.raises(UsageError, match=r"^seed is .*: give a whole number from 0 to \d+\.$"):
        Shapeset(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("split", ["Train", "", 0, None])
def test_splits_that_do_not_exist(split: object) -> None:
    with pytest.raises(UsageError, match="choose one of train, validation, test, monitor"):
        Shapeset(0, split)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "count", "name"),
    [
        (-1, 5, "start"),
        (0.0, 5, "start"),
        (2**63, 0, "start"),
        (0, -1, "count"),
        (0, 1.5, "count"),
        (2**63 - 5, 5, "count"),
    ],
)
@pytest.mark.parametrize("method", ["read", "scenes"])
def test_ranges_that_do_not_exist(method: str, start: int, count: int, name: str) -> None:
    with pytest.raises(UsageError, match=f"^{name} is .*: give a whole number from 0 to"):
        getattr(Shapeset(0), method)(start, count)


def test_repr_says_how_to_make_it() -> None:
    stream = Shapeset(12, "test")
    again = eval(repr(stream))
    assert again.read(0, 3)[0].equal(stream.read(0, 3)[0])
