"""What to run: every figure and table as a list of experiments, at three scales.

An experiment is a frozen dataclass, so it can be compared, hashed and written down; running it
gives tidy frames and changes nothing else.
"""

from glorot_tutor.study.experiments.base import (
    FOUNDING,
    PLAIN,
    Experiment,
    Options,
    identity,
    record_name,
)
from glorot_tutor.study.experiments.baseline import SupportVectors
from glorot_tutor.study.experiments.depths import EndToEnd, Reach
from glorot_tutor.study.experiments.learning import Training
from glorot_tutor.study.experiments.normalizing import Drift, Growth
from glorot_tutor.study.experiments.plans import PLANS, SCALES, WITNESS, plan
from glorot_tutor.study.experiments.pretraining import Pretrained
from glorot_tutor.study.experiments.questions import OutputLayer, Race
from glorot_tutor.study.experiments.rectifiers import Calibrated, Signals, WithAdam
from glorot_tutor.study.experiments.spectra import HessianSpectrum, JacobianMeans
from glorot_tutor.study.experiments.start import AtStart, CostSurfaces
from glorot_tutor.study.experiments.sweeps import Stretch, Sweep
from glorot_tutor.study.experiments.usefulness import LinearProbes

KINDS = (
    AtStart,
    Calibrated,
    CostSurfaces,
    Drift,
    EndToEnd,
    Growth,
    HessianSpectrum,
    JacobianMeans,
    LinearProbes,
    OutputLayer,
    Pretrained,
    Race,
    Reach,
    Signals,
    Stretch,
    SupportVectors,
    Sweep,
    Training,
    WithAdam,
)

__all__ = [
    "FOUNDING",
    "KINDS",
    "PLAIN",
    "PLANS",
    "SCALES",
    "WITNESS",
    "AtStart",
    "Calibrated",
    "CostSurfaces",
    "Drift",
    "EndToEnd",
    "Experiment",
    "Growth",
    "HessianSpectrum",
    "JacobianMeans",
    "LinearProbes",
    "Options",
    "OutputLayer",
    "Pretrained",
    "Race",
    "Reach",
    "Signals",
    "Stretch",
    "SupportVectors",
    "Sweep",
    "Training",
    "WithAdam",
    "identity",
    "plan",
    "record_name",
]
