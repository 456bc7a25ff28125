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
from glorot_tutor.study.experiments.plans import PLANS, SCALES, WITNESS, plan
from glorot_tutor.study.experiments.pretraining import Pretrained
from glorot_tutor.study.experiments.questions import OutputLayer, Race
from glorot_tutor.study.experiments.rectifiers import Calibrated, Signals, WithAdam
from glorot_tutor.study.experiments.spectra import HessianSpectrum, JacobianMeans
from glorot_tutor.study.experiments.start import AtStart, CostSurfaces
from glorot_tutor.study.experiments.usefulness import LinearProbes

KINDS = (
    AtStart,
    Calibrated,
    CostSurfaces,
    EndToEnd,
    HessianSpectrum,
    JacobianMeans,
    LinearProbes,
    OutputLayer,
    Pretrained,
    Race,
    Reach,
    Signals,
    SupportVectors,
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
    "EndToEnd",
    "Experiment",
    "HessianSpectrum",
    "JacobianMeans",
    "LinearProbes",
    "Options",
    "OutputLayer",
    "Pretrained",
    "Race",
    "Reach",
    "Signals",
    "SupportVectors",
    "Training",
    "WithAdam",
    "identity",
    "plan",
    "record_name",
]
