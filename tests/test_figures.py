import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from glorot_tutor import figures
from glorot_tutor.cost_surfaces import random_examples, surface


@pytest.fixture(autouse=True)
def style():
    with plt.rc_context():
        figures.use_style()
        yield
    plt.close("all")


def test_histograms_draw_each_layer_in_its_colour():
    frame = pd.DataFrame(
        {"layer": [1, 1, 2, 2], "value": [-1.0, 1.0, -1.0, 1.0], "density": [0.4, 0.6, 0.1, 0.9]}
    )
    ax = figures.histograms(frame, plt.figure().add_subplot(), "z", top=2)
    drawn = [line for line in ax.get_lines() if len(line.get_xdata())]
    assert [list(line.get_ydata()) for line in drawn] == [[0.4, 0.6], [0.1, 0.9]]
    assert len({to_hex(line.get_color()) for line in drawn}) == 2
    assert ax.get_ylim() == (0, 2)


def test_spread_draws_measured_on_predicted():
    frame = pd.DataFrame(
        {
            "layer": [2, 1],
            "initialization": "standard",
            "measured": [0.2, 0.4],
            "predicted": [0.25, 0.5],
        }
    )
    ax = figures.spread_by_layer(frame, plt.figure().add_subplot(), "z")
    line, marks = ax.get_lines()
    assert list(line.get_ydata()) == [0.5, 0.25]
    assert list(marks.get_ydata()) == [0.4, 0.2]
    assert ax.get_yscale() == "log"


def test_image_grid_keeps_pixels_and_titles():
    images = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
    axes = figures.image_grid(images, ["a", "b", "c"], plt.figure())
    assert [ax.get_title() for ax in axes] == ["a", "b", "c"]
    assert np.array_equal(axes[2].get_images()[0].get_array(), images[2])


def test_class_frequencies_mark_the_law():
    frame = pd.DataFrame({"name": ["a", "b"], "measured": [0.4, 0.6], "expected": [0.5, 0.5]})
    ax = figures.class_frequencies(frame, plt.figure().add_subplot())
    assert [bar.get_width() for bar in ax.patches[:2]] == [0.4, 0.6]
    assert list(ax.get_lines()[0].get_xdata()) == [0.5, 0.5]


def test_singular_values_are_drawn_with_their_means():
    frame = pd.DataFrame(
        {
            "rank": [1, 2, 1, 2],
            "value": [1.0, 0.4, 1.5, 0.5],
            "initialization": ["standard", "standard", "normalized", "normalized"],
        }
    )
    ax = figures.singular_values(frame, plt.figure().add_subplot())
    dotted = [line for line in ax.get_lines() if line.get_linestyle() == ":"]
    levels = {round(line.get_ydata()[0], 3) for line in dotted}
    assert levels == {0.7, 1.0}


def test_both_surfaces_share_a_box_and_the_flat_part_is_marked():
    x, target = random_examples(0, 10)
    found = {c: surface(c, x, target, points=9) for c in ("cross-entropy", "quadratic")}
    ax = figures.cost_surface(found, plt.figure().add_subplot(projection="3d"))
    assert ax.get_legend_handles_labels()[1] == ["cross-entropy", "quadratic"]
    flat = figures.flat_area(found["quadratic"], plt.figure().add_subplot())
    assert flat.get_xlim() == (-5, 5)
    assert len(flat.figure.axes) == 2


def test_palettes_tell_everything_apart():
    assert len({to_hex(c) for c in figures.layer_palette(range(1, 11)).values()}) == 10
    assert len(set(figures.MODELS.values())) == 6
