"""The drawing rule, against the authors' pixels and against a literal version of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import literal_shapeset as literal
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glorot_tutor.checks import UsageError
from glorot_tutor.shapeset import render
from glorot_tutor.shapeset.polygons import paint_background, paint_polygons

SCENES = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "shapeset-scenes.jsonl").read_text().splitlines()
]
INSIDE = st.floats(0, 32, exclude_max=True)
POLYGON = st.lists(st.tuples(INSIDE, INSIDE), min_size=3, max_size=20)


def test_there_are_forty_scenes_of_all_classes() -> None:
    assert len(SCENES) == 40
    assert {scene["label"] for scene in SCENES} == set(range(9))


@pytest.mark.parametrize("scene", SCENES, ids=range(len(SCENES)))
def test_original_scene_pixel_for_pixel(scene: dict[str, Any]) -> None:
    polygons = [(shape["grey"], shape["vertices"]) for shape in scene["shapes"]]
    expected = [list(bytes.fromhex(row)) for row in scene["rows"]]
    assert literal.render(scene["background"], polygons) == expected
    assert render(scene["background"], polygons).tolist() == expected


@given(POLYGON)
def test_any_polygon(polygon: list[tuple[float, float]]) -> None:
    """Convex or not, crossing itself or flat, with vertices repeated or not."""
    assert render(0, [(255, polygon)]).tolist() == literal.render(0, [(255, polygon)])


@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.lists(st.tuples(INSIDE, INSIDE), min_size=3, max_size=6)),
        max_size=4,
    )
)
def test_later_polygons_cover_earlier_ones(
    polygons: list[tuple[int, list[tuple[float, float]]]],
) -> None:
    assert render(9, polygons).tolist() == literal.render(9, polygons)


@given(POLYGON, st.integers(0, 19), st.booleans())
def test_the_first_vertex_and_the_direction_make_no_difference(
    polygon: list[tuple[float, float]], first: int, backwards: bool
) -> None:
    other = polygon[first % len(polygon) :] + polygon[: first % len(polygon)]
    other = other[::-1] if backwards else other
    assert render(1, [(2, polygon)]).equal(render(1, [(2, other)]))


@given(POLYGON, st.integers(1, 5))
def test_repeating_the_last_vertex_makes_no_difference(
    polygon: list[tuple[float, float]], times: int
) -> None:
    assert render(1, [(2, polygon)]).equal(render(1, [(2, polygon + polygon[-1:] * times)]))


def test_thousands_of_ellipses_triangles_and_tangles_at_once() -> None:
    rng = np.random.default_rng(0)
    count = 2_000
    angle = np.arange(20)[:, None] / 20 * 2 * np.pi
    radius = rng.uniform(1, 15, (2, 1, count))
    turn = rng.uniform(0, 2 * np.pi, count)
    x, y = np.stack([np.cos(angle), np.sin(angle)]) * radius
    ellipses = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)])
    for vertices in (
        ellipses + 16,
        rng.uniform(0, 32, (2, 3, count)),
        rng.uniform(0, 32, (2, 8, count)),
    ):
        canvas = np.empty((count, 32, 4), np.uint64)
        paint_background(canvas, np.zeros(count))
        paint_polygons(canvas, np.arange(count), np.full(count, 7), vertices)
        images = canvas.view(np.uint8)
        for i in range(0, count, 5):
            pixels = {(int(row), int(column)) for row, column in np.argwhere(images[i] == 7)}
            assert pixels == literal.filled(vertices[:, :, i].T.tolist())


def test_only_the_named_images_are_painted() -> None:
    canvas = np.empty((5, 32, 4), np.uint64)
    paint_background(canvas, [10, 20, 30, 40, 50])
    square = np.array([[3.0, 3, 8, 8], [3, 8, 8, 3]])[:, :, None]
    paint_polygons(
        canvas, np.array([3, 1]), [200, 100], np.concatenate([square, square + 10], axis=-1)
    )
    images = canvas.view(np.uint8)
    for image, background in ((0, 10), (2, 30), (4, 50)):
        assert (images[image] == background).all()
    expected = np.full((32, 32), 40)
    expected[3:9, 3:9] = 200
    assert (images[3] == expected).all()
    expected = np.full((32, 32), 20)
    expected[13:19, 13:19] = 100
    assert (images[1] == expected).all()


def test_no_polygon_changes_nothing() -> None:
    canvas = np.empty((2, 32, 4), np.uint64)
    paint_background(canvas, [1, 255])
    paint_polygons(canvas, np.arange(0), np.zeros(0), np.zeros((2, 20, 0)))
    assert [np.unique(image).tolist() for image in canvas.view(np.uint8)] == [[1], [255]]


def test_a_flat_polygon_is_empty_if_level_and_a_line_if_upright() -> None:
    assert render(0, [(9, [(3, 5), (20, 5), (9, 5)])]).sum() == 0
    upright = render(0, [(9, [(5, 3), (5, 20), (5, 9)])])
    assert upright[3:21, 5].tolist() == [9] * 18
    assert upright.sum() == 9 * 18


TRIANGLE = [(1, 1), (1, 5), (5, 1)]


@pytest.mark.parametrize(
    ("background", "polygons", "complaint"),
    [
        (256, [], "background is 256: give a whole number from 0 to 255"),
        (0, [(-1, TRIANGLE)], "grey is -1: give a whole number from 0 to 255"),
        (0, [(1, TRIANGLE[:2])], "three or more pairs"),
        (0, [(1, [1, 2, 3])], "three or more pairs"),
        (0, [(1, [(1, 1), (1, 32), (5, 1)])], "outside the image"),
        (0, [(1, [(1, 1), (1, -0.5), (5, 1)])], "outside the image"),
        (0, [(1, [(1, 1), (1, float("nan")), (5, 1)])], "outside the image"),
    ],
)
def test_what_cannot_be_drawn(background: int, polygons: Any, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        render(background, polygons)
