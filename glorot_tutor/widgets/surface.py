"""The cost surface: figure 5 to turn, with another range or draw of examples."""

from __future__ import annotations

from typing import Any

import numpy as np

from glorot_tutor import checks, cost_surfaces
from glorot_tutor.widgets.base import DIST, Result, Settings, Widget, rounded

SEEDS = 10
"""Draws of examples to choose from: a page has them all, so that it shows the same surfaces."""

POINTS = 101
"""Grid points on each side of what is computed, as in the chapter."""

SHOWN, ARROWS = slice(None, None, 4), slice(2, None, 8)
"""Grid points that are drawn, and those where the gradient is."""


class CostSurface(Widget):
    """Two costs of a network with two weights, as surfaces (section 4.1, figure 5).

    `settings` are cost (one of `cost_surfaces.COSTS`, or both), limit (1 to 10: the weights run
    from -limit to limit), seed (0 to 9, of the random examples), azimuth (-180 to 180 degrees) and
    elevation (0 to 90 degrees) of the view, and gradient (whether its field is drawn below).

    `result` holds the limit and, by cost, what `summary` returns.
    """

    _esm = DIST / "surface.js"
    name = "surface"
    defaults = {  # noqa: RUF012
        "cost": "both",
        "limit": 5,
        "seed": 0,
        "azimuth": -58,
        "elevation": 22,
        "gradient": False,
    }
    computes = ("limit", "seed")

    def check(self, settings: Settings) -> Settings:
        """Return the settings (see the class), or raise `UsageError`."""
        return {
            "cost": checks.one_of("cost", settings["cost"], ("both", *cost_surfaces.COSTS)),
            "limit": checks.whole("limit", settings["limit"], 1, 10),
            "seed": checks.whole("seed", settings["seed"], 0, SEEDS - 1),
            "azimuth": checks.whole("azimuth", settings["azimuth"], -180, 180),
            "elevation": checks.whole("elevation", settings["elevation"], 0, 90),
            "gradient": checks.switch("gradient", settings["gradient"]),
        }

    def compute(self, settings: Settings) -> Result:
        """Evaluate both costs on the grid."""
        limit = settings["limit"]
        x, target = cost_surfaces.random_examples(settings["seed"])
        costs = {
            cost: summary(cost_surfaces.surface(cost, x, target, limit, POINTS))
            for cost in cost_surfaces.COSTS
        }
        return {"limit": limit, "costs": costs}

    def given(self) -> dict[str, Any]:
        """Return the examples of every seed: numpy draws them, which a page cannot."""
        draws = [cost_surfaces.random_examples(seed) for seed in range(SEEDS)]
        return {
            "x": [rounded(x, 6) for x, _ in draws],
            "target": ["".join("+" if t > 0 else "-" for t in target) for _, target in draws],
        }


def summary(surface: cost_surfaces.Surface) -> Result:
    """Thin a surface out to what is drawn.

    Returns
    -------
    dict
        points (on each side of what is drawn) and cost (row by row, w1 slowest); arrows (the same
        for the gradient), w1 and w2 (its parts, row by row); lowest and highest cost, flat_area
        and median_slope of the whole grid.
    """
    shown = surface.cost[SHOWN, SHOWN]
    w1, w2 = (part[ARROWS, ARROWS] for part in surface.gradient)
    return {
        "points": len(shown),
        "cost": rounded(shown.ravel()),
        "arrows": len(w1),
        "w1": rounded(w1.ravel(), 3),
        "w2": rounded(w2.ravel(), 3),
        "lowest": float(surface.cost.min()),
        "highest": float(surface.cost.max()),
        "flat_area": surface.flat_area,
        "median_slope": float(np.median(surface.slope)),
    }
