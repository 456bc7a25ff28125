import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from glorot_tutor import figures
from glorot_tutor.checks import UsageError
from glorot_tutor.cost_surfaces import random_examples, surface
from glorot_tutor.initializations import INITIALIZATIONS, PAPER


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


def test_every_initialization_is_drawn_in_a_way_of_its_own():
    names = list(INITIALIZATIONS)
    frame = pd.DataFrame({"initialization": names, "layer": 1, "measured": 0.2, "predicted": 0.2})
    ax = figures.spread_by_layer(frame, plt.figure().add_subplot(), "z")
    assert ax.get_legend_handles_labels()[1] == names
    lines, marks = ax.get_lines()[::2], ax.get_lines()[1::2]
    looks = {
        (line.get_color(), line.get_linestyle(), mark.get_marker())
        for line, mark in zip(lines, marks, strict=True)
    }
    assert len(looks) == len(names)
    values = pd.DataFrame({"initialization": names * 2, "rank": [1] * 11 + [2] * 11, "value": 1.0})
    ax = figures.singular_values(values, plt.figure().add_subplot())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == names


def test_the_papers_two_look_as_they_always_did():
    assert (figures.STANDARD, figures.NORMALIZED) == ("#d55e00", "#0072b2")
    looks = [(row.colour, row.marker, row.dash) for row in map(INITIALIZATIONS.get, PAPER)]
    assert looks == [("#d55e00", "o", "--"), ("#0072b2", "s", "-")]
    assert figures.ACTIVATIONS["tanh"] == figures.MODELS["tanh"]


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


def test_measured_and_predicted_spreads_are_marked_in_every_histogram():
    quantity = {"low": -1, "high": 1, "density": [[0, 1, 0], [1, 2, 1]]}
    quantity |= {"std": [0.2, 0.4], "predicted": [0.3, 0.5]}
    ax = figures.marked_ridges(quantity, plt.figure().add_subplot(), "z")
    bars = [(list(line.get_xdata()), line.get_ydata()[0]) for line in ax.get_lines()]
    assert bars == [([-0.2, 0.2], 1), ([-0.4, 0.4], 2)]
    ends = [segment[0, 0] for marks in ax.collections for segment in marks.get_segments()]
    assert ends == [-0.3, 0.3, -0.5, 0.5]
    tops = [patch.get_data().values.max() for patch in ax.patches]
    assert tops == pytest.approx([1.86, 2.86])  # one as tall as the other
    assert (ax.get_xlim(), ax.get_xlabel()) == ((-1, 1), "z")


def test_palettes_tell_everything_apart():
    assert len({to_hex(c) for c in figures.layer_palette(range(1, 11)).values()}) == 10
    assert len(set(figures.MODELS.values())) == 6


def learning(columns, models=(None,), layers=range(1, 6), updates=range(0, 200_001, 20_000)):
    """Rows for every update and layer, each column a number that grows with both."""
    rows = [
        {"model": model, "seed": 0, "update": update, "layer": layer}
        | dict.fromkeys(columns, layer / 10 + update / 1e6)
        for model in models
        for update in updates
        for layer in layers
    ]
    return pd.DataFrame(rows)


def test_means_are_drawn_with_a_bar_for_each_layer():
    frame = learning(["mean", "std"], layers=range(1, 5))
    ax = figures.activations_over_time(frame, plt.figure().add_subplot())
    assert ax.get_xlabel() == "epochs of 20,000 updates"
    assert len(ax.containers) == 4
    lines = [line for line in ax.get_lines() if len(line.get_xdata()) == 11 and line.get_lw() > 1]
    assert [float(line.get_ydata()[0]) for line in lines[:1]] == [0.1]
    assert list(lines[0].get_xdata()) == list(range(11))


def test_a_short_run_counts_updates():
    frame = learning(["p98", "std"], updates=range(0, 3000, 500))
    ax = figures.saturation(frame, plt.figure().add_subplot())
    assert ax.get_xlabel() == "updates"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list("12345")


def test_intervals_and_lines_by_layer():
    ax = figures.gradient_intervals(learning(["mean", "std"]), plt.figure().add_subplot())
    assert len(ax.containers) == 5
    ax = figures.lines_by_layer(learning(["value"]), plt.figure().add_subplot(), "size")
    assert (ax.get_yscale(), ax.get_ylabel()) == ("log", "size")


def test_a_history_is_one_map_of_all_moments():
    moments = [(u, v, u + v) for u in (0, 10, 40) for v in (-0.5, 0.5)]
    frame = pd.DataFrame(moments, columns=["update", "value", "density"])
    shades = figures.history(frame, plt.figure().add_subplot())
    assert shades.get_array().reshape(2, 3).tolist() == [[-0.5, 9.5, 39.5], [0.5, 10.5, 40.5]]


def test_error_curves_show_models_seeds_the_prior_and_the_papers_ends():
    frame = learning(["error"], models=["tanh", "sigmoid"], layers=[1])
    frame = pd.concat([frame, frame.assign(seed=1)])
    ax = figures.error_curves(frame, plt.figure().add_subplot(), 83.3, {"tanh": 27.15})
    level = [line for line in ax.get_lines() if set(line.get_ydata()) == {83.3}]
    marks = [line for line in ax.get_lines() if line.get_marker() == "<"]
    assert len(level) == 1
    assert [float(mark.get_ydata()[0]) for mark in marks] == [27.15]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["sigmoid", "tanh"]
    assert len(
        [line for line in ax.get_lines() if line.get_lw() < 0.8 and len(line.get_xdata()) > 2]
    )
    one = figures.error_over_time(frame[frame["seed"] == 1], plt.figure().add_subplot(), 83.3)
    assert one.get_ylabel() == "test error (%)"


def test_paths_begin_with_a_ringed_dot():
    frame = pd.DataFrame({"model": "tanh", "update": [9, 0], "x": [5.0, 1.0], "y": [2.0, 7.0]})
    ax = figures.paths(frame, plt.figure().add_subplot(), "x", "y")
    way, start = ax.get_lines()
    assert list(way.get_xdata()) == [1, 5]
    assert (list(start.get_xdata()), list(start.get_ydata())) == ([1], [7])


def ax():
    return plt.figure().add_subplot()


TIMED = {
    "activations_over_time": (["mean", "std"], ()),
    "saturation": (["p98", "std"], ()),
    "gradient_intervals": (["mean", "std"], ()),
    "lines_by_layer": (["value"], ("size",)),
    "history": (["value", "density"], ()),
    "error_curves": (["error"], (83.3,)),
    "error_over_time": (["error"], (83.3,)),
    "paths": (["x", "y"], ("x", "y")),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", TIMED)
def test_nothing_one_moment_and_no_number_are_drawn_without_complaint(name):
    columns, more = TIMED[name]
    frame = learning(columns, ["tanh"], layers=range(1, 3), updates=[0])
    if name in ("history", "error_over_time"):
        frame = frame[frame["layer"] == 1]
    draw = getattr(figures, name)
    draw(frame, one := ax(), *more)
    one.figure.canvas.draw()
    assert not one.texts
    for odd, word in (
        (frame[:0], "nothing recorded"),
        (frame.assign(**dict.fromkeys(columns, np.nan)), "no numbers"),
    ):
        draw(odd, empty := ax(), *more)
        empty.figure.canvas.draw()
        assert [text.get_text() for text in empty.texts] == [word]


@pytest.mark.filterwarnings("error")
def test_pictures_of_the_start_say_that_there_is_nothing():
    columns = ["layer", "value", "density", "measured", "predicted", "initialization", "rank"]
    empty = pd.DataFrame({name: [] for name in columns})
    for name, more in {
        "histograms": ("z",), "ridges": ("z",), "spread_by_layer": ("z",), "singular_values": (),
    }.items():  # fmt: skip
        drawn = getattr(figures, name)(empty, ax(), *more)
        assert [text.get_text() for text in drawn.texts] == ["nothing recorded"]
    flat = pd.DataFrame({"layer": [1, 1], "value": [0.0, 1.0], "density": [0.0, 0.0]})
    figures.ridges(flat, ax(), "z").figure.canvas.draw()


@pytest.mark.parametrize("name", ["activations_over_time", "saturation", "gradient_intervals",
                                  "lines_by_layer"])  # fmt: skip
def test_every_layer_is_drawn_however_many_there_are(name):
    columns, more = TIMED[name]
    drawn = getattr(figures, name)(learning(columns, layers=range(1, 13)), ax(), *more)
    labels = [text.get_text() for text in drawn.get_legend().get_texts()]
    assert labels == [str(layer) for layer in range(1, 13)]


def test_a_model_without_seed_0_has_its_name_in_the_legend():
    frame = learning(["error"], models=["tanh"], layers=[1]).assign(seed=3)
    frame = pd.concat([frame, frame.assign(seed=5)])
    drawn = figures.error_curves(frame, ax(), 83.3)
    assert [text.get_text() for text in drawn.get_legend().get_texts()] == ["tanh"]


def test_an_unknown_model_gets_a_sentence():
    frame = learning(["error", "x", "y"], models=["nosuch"], layers=[1])
    with pytest.raises(UsageError, match="model 'nosuch' is not known: choose one of sigmoid"):
        figures.error_curves(frame, ax(), 83.3)
    with pytest.raises(UsageError, match="model 'nosuch' is not known"):
        figures.paths(frame, ax(), "x", "y")
