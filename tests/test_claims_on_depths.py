"""Judges of what later papers say of deep networks, on made-up records."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
import torch

from glorot_tutor.study import runs
from glorot_tutor.study.claims import JUDGES, ledger, report
from glorot_tutor.study.claims.depths import spreads, trained
from glorot_tutor.study.experiments import EndToEnd, Experiment, Reach, later, plan
from glorot_tutor.study.experiments.depths import end_to_end
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import NotRecorded, Record, Store


def curve(rates, reached):
    """Return a frame in which some rates come from 90 % to 10 % at an update, others never do."""
    rows = [
        (update, rate, 10 if update >= reached.get(rate, math.inf) else 90)
        for update in range(0, 2_001, 500)
        for rate in rates
    ]
    return {"curve": pd.DataFrame(rows, columns=["update", "learning_rate", "error"])}


@dataclass(frozen=True)
class Held(Study):
    """A study that holds some frames by experiment and nothing else."""

    held: Mapping[Experiment, dict[str, pd.DataFrame]] = field(default_factory=dict)

    def record(self, experiment):
        if experiment not in self.held:
            raise NotRecorded(experiment.title)
        return Record(self.held[experiment], {})


def depths(deepest):
    """Make up that networks are trained, at the middle rate, to the depth given for a variance."""
    held = {}
    for variance, some in later.trained_depths("book").items():
        for run in some:
            reached = {run.learning_rates[1]: 1_000} if run.depth <= deepest[variance] else {}
            held[run] = curve(run.learning_rates, reached)
    return Held(held=held)


AS_SAID = {1 / 3: 6, 0.5: 8, 0.7: 15, 0.9: 60, 1.0: 60}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "reproduced"),
        ({1 / 3: 8, 0.5: 12, 0.7: 25}, "reproduced"),  # 6 xi is 5.46, 8.66 and 16.8
        ({0.9: 10}, "reproduced"),
        ({1 / 3: 10}, "partly"),
        ({1 / 3: 3}, "partly"),
        ({0.7: 30}, "partly"),
        ({1.0: 40}, "partly"),
        (dict.fromkeys(AS_SAID, 0), "not reproduced"),
    ],
)
def test_a11_follows_its_criterion(change, expected):
    assert JUDGES["A11"].verdict(depths(AS_SAID | change)).verdict == expected


def test_a11_tells_every_depth_and_waits_for_all_runs():
    study = depths(AS_SAID)
    assert "n Var[W] = 0.333: trained to depth 6 of 15 tried, 6 xi = 5.46" in (
        JUDGES["A11"].verdict(study).measured
    )
    table = trained(study)
    assert set(table["learning_rate"][np.isfinite(table["updates"])]) == {0.02}
    # from 90 % at 500 updates to 10 % at 1,000: half way there it is at 50 %
    assert set(table["updates"]) == {750, math.inf}
    del study.held[plan("depth_scale")[0]]
    assert JUDGES["A11"].verdict(study).verdict == "not measured"


def isometry(updates=(500, 1_500), tanh=(1.5, 50.0), relu=1e3, first=None):
    """Make up races that end after some updates, seed 0's after `first`, and spectra."""
    held = {}
    for run in later.isometric("book"):
        end = updates[later.LAWS.index(run.initialization)]
        if run.seed == 0:
            end = first or end
        held[run] = curve(run.learning_rates, {run.learning_rates[-1]: end})
    for run in later.spectra("book"):
        spread = {"relu": relu}.get(run.activation, tanh[later.LAWS.index(run.initialization)])
        values = [spread, 1.0, 0.0] if spread < math.inf else [1.0, 0.0, 0.0]
        held[run] = {"spectrum": pd.DataFrame({"rank": [1, 2, 3], "singular_value": values})}
    return Held(held=held)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "reproduced"),
        ({"relu": math.inf}, "reproduced"),
        ({"updates": (500, math.inf)}, "reproduced"),
        ({"updates": (1_000, 1_500)}, "partly"),
        ({"first": 1_000}, "partly"),  # both of one seed
        ({"updates": (math.inf, math.inf)}, "partly"),
        ({"tanh": (9.0, 44.0)}, "partly"),
        ({"tanh": (11.0, 56.0)}, "partly"),
        ({"relu": 9.0}, "partly"),
        ({"updates": (1_500, 500), "tanh": (50.0, 50.0), "relu": 9.0}, "not reproduced"),
    ],
)
def test_a12_follows_its_criterion(given, expected):
    study = isometry(**given)
    assert JUDGES["A12"].verdict(study).verdict == expected
    assert len(spreads(study)) == 12


def test_the_end_to_end_jacobian_is_the_product_of_the_layers():
    run = EndToEnd("tanh", "lecun_normal", 1.5, 4, 12, data="digits")
    net = run.build().double()
    x = torch.randn(1, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z, product = x, torch.eye(12, dtype=torch.float64)
    for number, linear in enumerate(net.linears[:-1]):
        z = torch.tanh(linear(z))
        if number:
            product = (1 - z[0] ** 2)[:, None] * linear.weight @ product
    values = torch.linalg.svdvals(product).detach()
    torch.testing.assert_close(end_to_end(net, x), values)


def test_orthogonal_weights_of_linear_layers_keep_every_length():
    run = EndToEnd("identity", "orthogonal", 1.0, 6, 16, data="digits")
    np.testing.assert_allclose(run.run()["spectrum"]["singular_value"], 1, rtol=1e-6)


def test_a_race_ends_at_its_goal_or_at_the_best_so_far():
    run = Reach("tanh", "normalized", 1.0, 2, (0.1, 0.001, 1e5), 50.0, 400, 50, 20, data="digits")
    by_rate = run.run()["curve"].groupby("learning_rate")
    (end, slow, wild), least = by_rate["update"].max()[list(run.learning_rates)], by_rate["error"]
    assert least.min()[0.1] <= 50 < least.min()[0.001]
    assert slow == end < 400  # it cannot be the first any more
    assert wild < end  # it has diverged


def test_the_claims_of_the_paper_and_later_ones_are_reported_apart(tmp_path):
    paper, after = report(store=tmp_path), report(store=tmp_path, part="later")
    assert list(after.rows["id"])[:2] == ["A11", "A12"]
    assert list(paper.rows["id"]) + list(after.rows["id"]) == list(ledger(tmp_path)["id"])
    assert "A11: not measured (Schoenholz et al. 2017)" in repr(after)
    assert "the source says How deep" in repr(after)
    assert "(Pennington et al. 2017)" in after._repr_html_()
    assert "section" not in after._repr_html_()
    assert list(report("A12", store=tmp_path).rows["id"]) == ["A12"]


def test_the_quick_scale_runs_in_seconds_and_is_read_back(tmp_path):
    planned = plan("later", "quick")
    assert runs.run(planned, tmp_path) == []
    store = Store(tmp_path)
    assert store.damaged() == []
    races = [run for run in planned if isinstance(run, Reach)]
    for run in races:
        found = store[run].frames["curve"]
        ends = found.groupby("learning_rate")["error"].min()
        assert found["update"].max() == run.updates or (ends <= run.goal).any()
    # a network of three layers learns the digits, one of 25 whose gradients vanish does not
    least = {run.depth: store[run].frames["curve"]["error"].min() for run in races}
    assert least[3] < later.HALF < least[25]
