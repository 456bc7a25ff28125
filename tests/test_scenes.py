"""The law of the scenes: exact supports, exact probabilities, and a literal second version.

Random tests run on fixed seeds; each p value must exceed 0.001.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import literal_shapeset as literal
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from glorot_tutor.shapeset import scenes as module
from glorot_tutor.shapeset.philox import draw
from glorot_tutor.shapeset.polygons import paint_background, paint_polygons
from glorot_tutor.shapeset.scenes import CORNERS, Scenes, Shapes, draw_scenes

COUNT = 60_000
LEVEL = 1e-3


@pytest.fixture(scope="module")
def scenes() -> Scenes:
    return draw_scenes(2010, 0, np.arange(COUNT))


def chi_square(observed: NDArray[np.int64], probabilities: Sequence[float]) -> float:
    """P value of counts 0, 1, ... under given probabilities; none outside them is allowed."""
    counts = np.bincount(observed, minlength=len(probabilities))
    p = np.array(probabilities)
    assert len(counts) == len(p)
    assert counts[p == 0].sum() == 0
    return float(stats.chisquare(counts[p > 0], p[p > 0] * len(observed)).pvalue)


def uniform_over(low: int, high: int, size: int = 256) -> list[float]:
    return [(low <= v <= high) / (high - low + 1) for v in range(size)]


# ---- the same random words, step by step


def literal_scene(seed: int, split: int, number: int) -> literal.Scene:
    @cache
    def block(index: int) -> list[int]:
        return draw(seed, split, np.array([number]), index)[:, 0].tolist()

    return literal.draw_scene(literal.Words(block))


@pytest.mark.parametrize(("seed", "split", "start"), [(0, 0, 0), (2**63 - 1, 3, 2**40)])
def test_equals_the_literal_law_on_the_same_words(seed: int, split: int, start: int) -> None:
    count = 600
    scenes = draw_scenes(seed, split, np.arange(start, start + count))
    second_of = {int(image): i for i, image in enumerate(scenes.pairs)}
    for i in range(count):
        expected = literal_scene(seed, split, start + i)
        assert scenes.background[i] == expected.background
        assert (i in second_of) == (len(expected.shapes) == 2)
        places = [(scenes.first, i)]
        if i in second_of:
            places.append((scenes.second, second_of[i]))
            assert scenes.rejections[second_of[i]] == expected.rejections
        for (shapes, m), shape in zip(places, expected.shapes, strict=True):
            check_shape(shapes.pick(np.array([m])), shape)


def check_shape(shapes: Shapes, expected: literal.Shape) -> None:
    form = shapes.form
    found = [form.kind[0], form.grey[0], form.k1[0], form.k3[0]]
    assert found == [expected.kind, expected.grey, expected.k1, expected.k3]
    assert shapes.scales[:, 0] == pytest.approx([expected.s0, expected.s1], abs=1e-9)
    assert shapes.translation[:, 0] == pytest.approx(expected.t, abs=1e-9)
    vertices = shapes.vertices()[:, :, 0].T
    assert vertices[: expected.n] == pytest.approx(np.array(expected.vertices), abs=1e-9)
    assert (vertices[expected.n :] == vertices[expected.n - 1]).all()
    x, y = np.array(expected.vertices).T
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    assert shapes.area()[0] == pytest.approx(area)


# ---- random words of their own


def test_same_distributions_as_the_literal_law_with_another_generator() -> None:
    """Area that is covered, elongation, sizes of second shapes and pixels on top of the first."""
    chance = literal.Chance(1)
    theirs = [literal_summary(literal.draw_scene(chance)) for _ in range(4_000)]
    ours = draw_scenes(1, 0, np.arange(20_000))
    columns = zip(*theirs, strict=True)
    for name, column, sample in zip(SUMMARIES, columns, summaries(ours), strict=True):
        values = [v for v in column if v is not None]
        assert stats.ks_2samp(values, sample).pvalue > LEVEL, name


SUMMARIES = ("covered pixels", "elongation", "area ratio", "rejections", "distance", "hidden")


def literal_summary(scene: literal.Scene) -> tuple[float | None, ...]:
    first = scene.shapes[0]
    pixels = [literal.filled(shape.vertices) for shape in scene.shapes]
    elongation = first.s0 / first.s1 if first.kind == 2 else None
    if len(scene.shapes) == 1:
        return len(pixels[0]), elongation, None, None, None, None
    second = scene.shapes[1]
    return (
        len(pixels[0] | pixels[1]),
        elongation,
        polygon_area(second) / polygon_area(first),
        scene.rejections,
        float(np.hypot(second.t[0] - first.t[0], second.t[1] - first.t[1])),
        len(pixels[0] & pixels[1]) / len(pixels[0]),
    )


def polygon_area(shape: literal.Shape) -> float:
    return shape.s0 * shape.s1 * shape.n * np.sin(2 * np.pi / shape.n)


def summaries(scenes: Scenes) -> tuple[NDArray[Any], ...]:
    first, second, pairs = scenes.first, scenes.second, scenes.pairs
    one, other = pixels_of(first), pixels_of(second)
    both = one.copy()
    both[pairs] |= other
    under = first.pick(pairs)
    return (
        both.sum(axis=1),
        (first.scales[0] / first.scales[1])[first.form.kind == 2],
        second.area() / under.area(),
        scenes.rejections,
        np.hypot(*(second.translation - under.translation)),
        (one[pairs] & other).sum(axis=1) / one[pairs].sum(axis=1),
    )


def pixels_of(shapes: Shapes) -> NDArray[np.bool_]:
    """Which pixels each shape covers, shape (M, 1024)."""
    count = len(shapes.form.kind)
    canvas = np.empty((count, 32, 4), np.uint64)
    paint_background(canvas, np.zeros(count))
    paint_polygons(canvas, np.arange(count), np.ones(count), shapes.vertices())
    return canvas.view(np.uint8).reshape(count, -1) == 1


# ---- supports and probabilities


def test_shapes_and_numbers_have_equal_odds(scenes: Scenes) -> None:
    pairs, first, second = scenes.pairs, scenes.first.form.kind, scenes.second.form.kind
    number = np.bincount(pairs, minlength=COUNT)
    assert set(number.tolist()) == {0, 1}
    assert chi_square(number, [1 / 2] * 2) > LEVEL
    assert chi_square(3 * number + first, [1 / 6] * 6) > LEVEL
    assert chi_square(3 * first[pairs] + second, [1 / 9] * 9) > LEVEL


def test_greys_fill_two_ranges_that_swap(scenes: Scenes) -> None:
    dark = scenes.background <= 114
    assert chi_square(dark.astype(np.int64), [1 / 2] * 2) > LEVEL
    assert chi_square(scenes.background[dark], uniform_over(0, 114)) > LEVEL
    assert chi_square(scenes.background[~dark], uniform_over(140, 255)) > LEVEL
    for shapes, on_dark in ((scenes.first, dark), (scenes.second, dark[scenes.pairs])):
        assert chi_square(shapes.form.grey[on_dark], uniform_over(140, 255)) > LEVEL
        assert chi_square(shapes.form.grey[~on_dark], uniform_over(0, 114)) > LEVEL


def test_the_two_greys_of_a_pair_are_unrelated(scenes: Scenes) -> None:
    pairs = scenes.pairs
    dark = scenes.background[pairs] <= 114
    for a in (scenes.first.form.grey[pairs], scenes.background[pairs]):
        r = stats.pearsonr(a[dark], scenes.second.form.grey[dark])
        assert r.pvalue > LEVEL


def test_contrast(scenes: Scenes) -> None:
    contrast = np.abs(scenes.first.form.grey - scenes.background)
    deviation = np.sqrt((115**2 - 1) / 12 + (116**2 - 1) / 12)
    assert contrast.min() >= 26
    assert contrast.mean() == pytest.approx(140.5, abs=4 * deviation / np.sqrt(COUNT))
    assert contrast.std() == pytest.approx(deviation, rel=0.01)


# weights out of 85, 63 and 12: k1 = 254 comes from two draws
FIRST_ROTATIONS = {
    0: [*range(43), *range(214, 255), 254],
    1: [*range(32), *range(224, 255)],
    2: [*range(7), *range(250, 255)],
}


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("which", ["first", "second"])
def test_first_rotation(scenes: Scenes, which: str, kind: int) -> None:
    form = getattr(scenes, which).form
    weights = np.bincount(FIRST_ROTATIONS[kind], minlength=255)
    assert chi_square(form.k1[form.kind == kind], weights / weights.sum()) > LEVEL


@pytest.mark.parametrize("which", ["first", "second"])
def test_last_rotation(scenes: Scenes, which: str) -> None:
    assert chi_square(getattr(scenes, which).form.k3, uniform_over(0, 253, 255)) > LEVEL


def test_scales_are_the_larger_and_smaller_of_two_uniform_draws(scenes: Scenes) -> None:
    u0, u1 = (scenes.first.scales - 6.4) / 19.2
    assert ((u1 > 0) & (u1 <= u0) & (u0 < 1)).all()
    assert stats.kstest(u0, lambda u: u**2).pvalue > LEVEL
    assert stats.kstest(u1, lambda u: 1 - (1 - u) ** 2).pvalue > LEVEL
    assert stats.kstest(u1 / u0, "uniform").pvalue > LEVEL


def test_first_shapes_lie_anywhere_inside_the_border(scenes: Scenes) -> None:
    vertices, centre = scenes.first.vertices(), scenes.first.translation
    least = 1 + centre - vertices.min(axis=1)
    most = 31 + centre - vertices.max(axis=1)
    x, y = (centre - least) / (most - least)
    assert stats.kstest(x, "uniform").pvalue > LEVEL
    assert stats.kstest(y, "uniform").pvalue > LEVEL
    assert stats.pearsonr(x, y).pvalue > LEVEL
    assert stats.pearsonr(x, scenes.first.scales[0]).pvalue > LEVEL


@pytest.mark.parametrize("which", ["first", "second"])
def test_no_vertex_comes_within_a_pixel_of_the_border(scenes: Scenes, which: str) -> None:
    vertices = getattr(scenes, which).vertices()
    assert vertices.min() > 1
    assert vertices.max() < 31


# ---- the second shape


def test_rejections(scenes: Scenes) -> None:
    """The authors' generator: 0.96 for each pair, none at 59.3 % of them, never 50."""
    rejections = scenes.rejections
    error = rejections.std() / np.sqrt(len(rejections))
    assert rejections.mean() == pytest.approx(0.96, abs=0.005 + 4 * error)
    error = np.sqrt(0.593 * 0.407 / len(rejections))
    assert (rejections == 0).mean() == pytest.approx(0.593, abs=0.0005 + 4 * error)
    assert rejections.max() < 50


def test_share_of_pairs_that_overlap(scenes: Scenes) -> None:
    """67.7 % with the authors' generator."""
    one, other = pixels_of(scenes.first.pick(scenes.pairs)), pixels_of(scenes.second)
    share = (one & other).any(axis=1).mean()
    error = np.sqrt(0.677 * 0.323 / len(one))
    assert share == pytest.approx(0.677, abs=0.0005 + 4 * error)


def test_second_shapes_are_smaller_on_average(scenes: Scenes) -> None:
    under = scenes.first.pick(scenes.pairs).area()
    ratio = stats.ttest_rel(scenes.second.area(), under)
    assert ratio.statistic < -10


def test_a_second_shape_without_a_place_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OVERLAP", -np.inf)
    scenes = draw_scenes(0, 0, np.arange(50))
    assert len(scenes.background) == 50
    assert len(scenes.pairs) == len(scenes.rejections) == len(scenes.second.form.kind) == 0
    assert all(len(scenes.polygons(i)) == 1 for i in range(50))


# ---- looking inside


def test_polygons_of_an_image(scenes: Scenes) -> None:
    second_of = {int(image): i for i, image in enumerate(scenes.pairs)}
    vertices = {id(shapes): shapes.vertices() for shapes in (scenes.first, scenes.second)}
    for image in range(60):
        expected = [(scenes.first, image)]
        expected += [(scenes.second, second_of[image])] if image in second_of else []
        polygons = scenes.polygons(image)
        for (grey, points), (shapes, m) in zip(polygons, expected, strict=True):
            assert grey == shapes.form.grey[m]
            assert len(points) == CORNERS[shapes.form.kind[m]]
            assert (points == vertices[id(shapes)][:, : len(points), m].T).all()


def test_no_scene_at_all() -> None:
    scenes = draw_scenes(0, 0, np.arange(0))
    assert scenes.background.shape == scenes.pairs.shape == (0,)
    assert scenes.first.vertices().shape == (2, 20, 0)
