"""The pictures: each function takes a tidy frame and an Axes, draws, and returns the Axes."""

from glorot_tutor.figures.learning import (
    activations_over_time,
    error_curves,
    gradient_intervals,
    history,
    lines_by_layer,
    paths,
    saturation,
)
from glorot_tutor.figures.start import (
    class_frequencies,
    cost_surface,
    flat_area,
    histograms,
    image_grid,
    ridges,
    singular_values,
    spread_by_layer,
)
from glorot_tutor.figures.style import (
    COSTS,
    INITIALIZATIONS,
    INK,
    MARKERS,
    MODELS,
    NORMALIZED,
    STANDARD,
    layer_palette,
    use_style,
)

__all__ = [
    "COSTS",
    "INITIALIZATIONS",
    "INK",
    "MARKERS",
    "MODELS",
    "NORMALIZED",
    "STANDARD",
    "activations_over_time",
    "class_frequencies",
    "cost_surface",
    "error_curves",
    "flat_area",
    "gradient_intervals",
    "histograms",
    "history",
    "image_grid",
    "layer_palette",
    "lines_by_layer",
    "paths",
    "ridges",
    "saturation",
    "singular_values",
    "spread_by_layer",
    "use_style",
]
