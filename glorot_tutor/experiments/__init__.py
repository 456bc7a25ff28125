"""What to run: every figure and table as a list of experiments, at three scales.

An experiment is a frozen dataclass, so it can be compared, hashed and written down; running it
gives tidy frames and changes nothing else.
"""

from glorot_tutor.experiments.base import PLAIN, Experiment, Means, build
from glorot_tutor.experiments.baseline import SupportVectors
from glorot_tutor.experiments.learning import Training
from glorot_tutor.experiments.plans import PLANS, SCALES, WITNESS, plan
from glorot_tutor.experiments.questions import OutputLayer, Race
from glorot_tutor.experiments.start import AtStart, CostSurfaces

KINDS = (AtStart, CostSurfaces, OutputLayer, Race, SupportVectors, Training)

__all__ = [
    "KINDS",
    "PLAIN",
    "PLANS",
    "SCALES",
    "WITNESS",
    "AtStart",
    "CostSurfaces",
    "Experiment",
    "Means",
    "OutputLayer",
    "Race",
    "SupportVectors",
    "Training",
    "build",
    "plan",
]
