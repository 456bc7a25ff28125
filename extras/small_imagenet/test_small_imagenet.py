"""Small-ImageNet from photographs: which ones, how they are seen, and what is said of the rest."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys
import tarfile
from collections import Counter
from pathlib import Path

import build as building
import joblib
import numpy as np
import parts
import photographs
import pytest
import shelves
import synsets
import tiny_data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from glorot_tutor import cli
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.datasets.grey import CLASSES, read_small_imagenet

WORDNET = Path("/usr/share/wordnet/data.noun")
TENCH, GOLDFISH, DAISY, HAMMER, NO_CLASS = (
    *("n01440764", "n01443537", "n11939491", "n03481172"),
    "n03314780",  # a face powder
)


def jpeg(colour=(200, 30, 60), size=(90, 60), mode="RGB", form="JPEG"):
    """A picture of one colour."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).convert(mode).save(buffer, form, quality=95)
    return buffer.getvalue()


def synset(wnid, n, start=0):
    """Photographs whose grey value is their number, by name."""
    return {f"{wnid}_{k}.JPEG": jpeg((k, k, k)) for k in range(start, start + n)}


@pytest.fixture
def source(tmp_path):
    """A folder of fish in two synsets, one an archive, flowers, and something else."""
    folder = tmp_path / "imagenet"
    tiny_data.write(folder / TENCH, synset(TENCH, 40))
    tiny_data.write(folder, {f"{GOLDFISH}.tar": tiny_data.tar(synset(GOLDFISH, 60, 100))})
    tiny_data.write(folder / DAISY, synset(DAISY, 22, 200))
    tiny_data.write(folder / NO_CLASS, synset(NO_CLASS, 3))
    return folder


def make(source, out, per_class=44, jobs=1):
    lines = []
    built = building.build(source, out, jobs, lines.append, per_class)
    return built, lines


# ---- which photographs


def test_the_table_is_what_the_docstring_says():
    table = synsets.class_of_synset()
    assert len(table) == 4975
    assert set(table.values()) == set(CLASSES) == set(synsets.ROOTS)
    assert list(synsets.ROOTS) == list(CLASSES)
    assert all(table[root] == kind for kind, root in synsets.ROOTS.items())
    known = {TENCH: "fish", DAISY: "flowers", HAMMER: "tools", "n02085620": "mammals"}
    assert {wnid: table[wnid] for wnid in known} == known
    assert NO_CLASS not in table


NOUNS = """  1 a licence
00000001 03 n 01 thing 0 002 ~ 00000002 n 0000 ~ 00000003 n 0000 | all
00000002 05 n 02 animal 0 beast 1 003 @ 00000001 n 0000 ~ 00000004 n 0000 ~i 00000005 n 0000 | x
00000003 06 n 01 tool 0 001 @ 00000001 n 0000 | with a | in it
00000004 05 n 01 sea_dog 0 001 @ 00000002 n 0000 | y
00000005 05 n 01 Rex 0 001 @i 00000002 n 0000 | an instance
"""


def test_the_table_holds_roots_and_hyponyms_but_no_instances():
    roots = {"animals": "n00000002", "tools": "n00000003"}
    table = synsets.table_from(NOUNS.splitlines(), roots)
    assert [tuple(row) for row in table.to_numpy()] == [
        ("n00000002", "animals", "animal"),
        ("n00000004", "animals", "sea dog"),
        ("n00000003", "tools", "tool"),
    ]
    with pytest.raises(ValueError, match="two roots"):
        synsets.table_from(NOUNS.splitlines(), roots | {"things": "n00000001"})


@pytest.mark.skipif(not WORDNET.exists(), reason="WordNet 3.0 is not installed")
def test_the_table_is_made_again_from_wordnet():
    with WORDNET.open(encoding="utf8") as lines:
        table = synsets.table_from(lines)
    assert dict(zip(table["wnid"], table["class"], strict=True)) == synsets.class_of_synset()


@given(st.integers(0, 200), st.lists(st.integers(0, 40), max_size=12))
def test_sharing_out_is_even_and_complete(count, room):
    shares = shelves.spread(count, room)
    assert sum(shares) == min(count, sum(room))
    assert all(0 <= share <= most for share, most in zip(shares, room, strict=True))
    # who has less than another by more than one has nothing left
    for share, most in zip(shares, room, strict=True):
        assert share >= max(shares) - 1 or share == most


# ---- how they are seen


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_kind_of_jpeg_becomes_grey(mode):
    grey = photographs.grey_square(io.BytesIO(jpeg(mode=mode)))
    assert grey.shape == (37, 37)
    assert grey.dtype == np.uint8
    assert np.abs(grey.astype(int) - round(0.299 * 200 + 0.587 * 30 + 0.114 * 60)).max() <= 4


def test_a_png_under_the_name_of_a_jpeg_is_read():
    assert (photographs.grey_square(io.BytesIO(jpeg((9, 9, 9), form="PNG"))) == 9).all()


@pytest.mark.parametrize("size", [(740, 370), (370, 740), (38, 37), (20, 10), (1, 300)])
def test_the_middle_square_is_seen_whatever_the_size(size):
    """Left and right of the square, or above and below it, is white; a black disc fills it."""
    image = Image.new("L", size, 255)
    short = min(size)
    left, top = (size[0] - short) / 2, (size[1] - short) / 2
    ImageDraw.Draw(image).ellipse((left, top, left + short - 1, top + short - 1), 0)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=98)
    grey = photographs.grey_square(buffer).astype(float)
    assert grey.shape == (37, 37)
    if short >= 37:
        rows, columns = np.indices(grey.shape) - 18
        radius = np.hypot(rows, columns)
        assert grey[radius < 17].max() < 60
        assert grey[radius > 20].min() > 195


def test_a_row_is_not_taken_for_a_column():
    image = Image.new("L", (400, 300), 0)
    ImageDraw.Draw(image).rectangle((0, 0, 400, 149), 255)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    grey = photographs.grey_square(buffer)
    assert grey[:17].min() > 240
    assert grey[20:].max() < 15


GOOD = jpeg()


@pytest.mark.parametrize(
    "content",
    [b"", b"text", GOOD[: len(GOOD) // 2], GOOD[:20], b"\xff\xd8" + GOOD[200:], b"GIF89a" + GOOD],
)
def test_a_broken_photograph_is_none(content):
    assert photographs.grey_square(io.BytesIO(content)) is None


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255), st.integers(0, len(GOOD)))
def test_no_damage_raises(place, change, cut):
    content = bytearray(GOOD)
    content[place] ^= change
    grey = photographs.grey_square(io.BytesIO(bytes(content[:cut])))
    assert grey is None or grey.shape == (37, 37)


def test_a_picture_of_absurd_size_is_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    assert photographs.grey_square(io.BytesIO(GOOD)) is None


# ---- building


def test_what_is_built_is_balanced_split_and_says_what_is_missing(source, tmp_path):
    out = tmp_path / "out.npz"
    built, lines = make(source, out)
    assert built.photographs == dict.fromkeys(CLASSES, 0) | {"fish": 44, "flowers": 22}
    assert built.splits == {"train": 54, "validation": 6, "test": 6}
    assert built.synsets["fish"] == 2
    assert lines[0] == "3 synsets of the ten classes, 122 photographs"
    said = list(built.lines(44))
    assert "missing: flowers, 22 of 44 (1 synsets in the source)" in said
    assert "missing: reptiles, 0 of 44 (0 synsets in the source)" in said
    assert not any("fish" in line for line in said)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["imagenet", "out.npz"]
    with np.load(out) as arrays:
        wnids, labels, split = arrays["wnids"], arrays["labels"], arrays["split"]
        grey = arrays["images"].reshape(-1, 37 * 37)
    assert Counter(wnids.tolist()) == {TENCH: 22, GOLDFISH: 22, DAISY: 22}
    assert Counter(zip(labels.tolist(), split.tolist(), strict=True)) == {
        **{(CLASSES.index("fish"), 0): 36, (CLASSES.index("fish"), 1): 4},
        **{(CLASSES.index("fish"), 2): 4, (CLASSES.index("flowers"), 0): 18},
        **{(CLASSES.index("flowers"), 1): 2, (CLASSES.index("flowers"), 2): 2},
    }
    # the grey value of a photograph tells which one it is: none is used twice
    assert len(set(grey[:, 0].tolist())) == 66
    assert (np.ptp(grey, axis=1) <= 1).all()
    first = {TENCH: 0, GOLDFISH: 100, DAISY: 200}
    assert all(0 <= value - first[w] < 60 for w, value in zip(wnids, grey[:, 0], strict=True))
    found = read_small_imagenet(out)
    assert (len(found.train), len(found.validation), len(found.test)) == (54, 6, 6)


def test_the_same_source_gives_the_same_arrays(source, tmp_path):
    with joblib.parallel_config("threading"):
        make(source, tmp_path / "a.npz", jobs=2)
    make(source, tmp_path / "b.npz")
    with np.load(tmp_path / "a.npz") as a, np.load(tmp_path / "b.npz") as b:
        assert all((a[name] == b[name]).all() for name in a.files)


def test_processes_work_side_by_side(source, tmp_path):
    assert make(source, tmp_path / "a.npz", jobs=2)[0].splits["train"] == 54


def test_broken_photographs_are_counted_and_replaced(source, tmp_path):
    for k in range(10):
        (source / TENCH / f"{TENCH}_{k}.JPEG").write_bytes(b"broken")
    (source / TENCH / "._hidden.JPEG").write_bytes(b"no photograph")
    (source / TENCH / "notes.txt").write_bytes(b"no photograph")
    built, _ = make(source, tmp_path / "out.npz", per_class=80)
    assert built.photographs["fish"] == 80
    assert built.broken == 10
    assert "broken photographs, skipped: 10" in built.lines(80)


def test_a_build_goes_on_where_it_was_interrupted(source, tmp_path, monkeypatch):
    out = tmp_path / "out.npz"
    real, seen = parts.grey_square, []

    def interrupted(file):
        seen.append(file)
        if len(seen) > 30:
            raise KeyboardInterrupt
        return real(file)

    monkeypatch.setattr(parts, "grey_square", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(source, out)
    assert not out.exists()
    assert len(list((tmp_path / "out.npz.parts").glob("*.npy"))) == 1
    seen.clear()
    monkeypatch.setattr(parts, "grey_square", lambda file: seen.append(file) or real(file))
    make(source, out)
    assert len(seen) == 44  # 22 fish of the first synset were done
    make(source, tmp_path / "apart.npz")
    with np.load(out) as a, np.load(tmp_path / "apart.npz") as b:
        assert all((a[name] == b[name]).all() for name in a.files)


def test_a_damaged_part_is_made_again(source, tmp_path, monkeypatch):
    out = tmp_path / "out.npz"
    monkeypatch.setattr(building, "_write", lambda *_: None)
    monkeypatch.setattr(building.shutil, "rmtree", lambda *_, **__: None)
    make(source, out)
    monkeypatch.undo()
    for number, path in enumerate(sorted((tmp_path / "out.npz.parts").glob("*.npy"))):
        path.write_bytes((b"", b"x" * 99, path.read_bytes()[:-9])[number % 3])
    make(source, out)
    make(source, tmp_path / "apart.npz")
    with np.load(out) as a, np.load(tmp_path / "apart.npz") as b:
        assert (a["images"] == b["images"]).all()


def test_parts_of_another_source_are_not_mixed_in(source, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "_write", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make(source, tmp_path / "out.npz")
    (source / TENCH / "new.JPEG").write_bytes(GOOD)
    with pytest.raises(RunError, match=r"out.npz.parts holds parts made from another source"):
        make(source, tmp_path / "out.npz")


@pytest.mark.parametrize("inside", photographs.INSIDE)
def test_synsets_are_found_where_they_usually_lie(inside, tmp_path):
    tiny_data.write(tmp_path / inside / TENCH, synset(TENCH, 1))
    tiny_data.write(tmp_path / inside, {f"{TENCH}.tar": b"", f"{DAISY}.tar": b"", "n1.tar": b""})
    found = photographs.synsets(tmp_path)
    assert [s.wnid for s in found] == [TENCH, DAISY]
    assert found[0].path == tmp_path / inside / TENCH


def test_a_source_without_synsets_is_refused(tmp_path):
    with pytest.raises(UsageError, match="holds no synsets"):
        make(tmp_path, tmp_path / "out.npz")
    tiny_data.write(tmp_path / "train" / NO_CLASS, synset(NO_CLASS, 1))
    with pytest.raises(UsageError, match="no photographs of Small-ImageNet's ten classes"):
        make(tmp_path, tmp_path / "out.npz")
    with pytest.raises(UsageError, match="does not end in .npz"):
        make(tmp_path, tmp_path / "out.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["train"]


def test_a_damaged_archive_is_one_sentence(source, tmp_path):
    whole = (source / f"{GOLDFISH}.tar").read_bytes()
    (source / f"{GOLDFISH}.tar").write_bytes(whole[: len(whole) // 2 + 100])
    with pytest.raises(RunError, match=f"{GOLDFISH}.tar is no whole tar file"):
        make(source, tmp_path / "out.npz")


def test_an_archive_writes_nothing_and_reads_nothing_outside(source, tmp_path):
    with tarfile.open(source / f"{HAMMER}.tar", "w") as archive:
        for name in ("../../escaped.JPEG", "/tmp/escaped.JPEG"):
            member = tarfile.TarInfo(name)
            member.size = len(GOOD)
            archive.addfile(member, io.BytesIO(GOOD))
        link = tarfile.TarInfo("link.JPEG")
        link.type, link.linkname = tarfile.SYMTYPE, str(source / TENCH / f"{TENCH}_0.JPEG")
        archive.addfile(link)
    built, _ = make(source, tmp_path / "out.npz")
    assert built.photographs["tools"] == 2
    assert not list(tmp_path.rglob("escaped*"))
    assert not Path("/tmp/escaped.JPEG").exists()


def test_a_disk_that_is_full_at_the_end_keeps_the_parts(source, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(RunError, match=r"cannot write .*out.npz: No space left"):
        make(source, tmp_path / "out.npz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["imagenet", "out.npz.parts"]


def test_too_few_photographs_are_said(tmp_path):
    tiny_data.write(tmp_path / TENCH, synset(TENCH, 10))
    with pytest.raises(RunError, match="no class has the 11 photographs"):
        make(tmp_path, tmp_path / "out.npz")


def test_the_script_and_what_the_package_reads(source, tmp_path, capsys):
    out = tmp_path / "small-imagenet-37x37-grey.npz"
    words = ["--source", str(source), "--out", str(out), "--per-class", "22"]
    building.main([*words, "--jobs", "1"], standalone_mode=False)
    text, err = capsys.readouterr()
    assert "images: 36 train, 4 validation, 4 test" in text
    assert "missing: flowers" not in text
    assert "missing: tools, 0 of 22 (0 synsets in the source)" in text
    assert "44 of 44 photographs" in err
    cli.main(["data", "verify", "small-imagenet", "--data-dir", str(tmp_path)])
    assert "small-imagenet: good, 36 train" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ({"--jobs": "0"}, 2, "build.py: jobs is 0: give a whole number of at least 1."),
        ({"--source": "{file}"}, 2, "is not a folder: name one that holds ImageNet."),
        ({"--per-class": "44"}, 1, "is no whole tar file: remove it, or get it again."),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_a_status(words, status, sentence, source, tmp_path):
    (tmp_path / "file").touch()
    (source / f"{GOLDFISH}.tar").write_bytes(b"x" * 999)
    given = {"--source": str(source), "--out": str(tmp_path / "out.npz"), "--jobs": "1"} | words
    pairs = ((name, word.format(file=tmp_path / "file")) for name, word in given.items())
    run = subprocess.run(
        [sys.executable, building.__file__, *itertools.chain(*pairs)],
        capture_output=True,
        text=True,
    )
    assert (run.returncode, run.stdout) == (status, "")
    assert run.stderr.splitlines()[-1].endswith(sentence)
