import html
import importlib
import json
import re
import shutil
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from made_up_records import record

from glorot_tutor.checks import UsageError
from glorot_tutor.study import paper, records
from glorot_tutor.study.claims import (
    JUDGES,
    VERDICTS,
    Part,
    Verdict,
    answer,
    judge,
    ledger,
    report,
    statements,
    verdict,
)
from glorot_tutor.study.claims.basis import Run, badge, basis
from glorot_tutor.study.claims.report import first_measured
from glorot_tutor.study.experiments import AtStart, plan, record_name
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import Store


def store_of(folder, frames_of, name):
    """A store in which every experiment of a plan has the frames that `frames_of` invents."""
    for experiment in plan(name):
        Store(folder).save(experiment, record(experiment, frames_of(experiment)))
    return folder


def surfaces(area, slope):
    def frames(experiment):
        seed = experiment.seed
        rows = [(seed, "cross-entropy", 0.1, 1), (seed, "quadratic", area, slope)]
        columns = ["seed", "cost", "flat_area", "median_slope"]
        return {"flatness": pd.DataFrame(rows, columns=columns)}

    return frames


@pytest.mark.parametrize(
    ("area", "slope", "expected"),
    [
        (0.16, 0.5, "reproduced"),
        (0.14, 0.5, "partly"),
        (0.16, 1.5, "partly"),
        (0.14, 1.5, "not reproduced"),
    ],
)
def test_g1_follows_its_criterion(tmp_path, area, slope, expected):
    store = store_of(tmp_path, surfaces(area, slope), "fig5")
    assert verdict("G1", store).verdict == expected


def at_start(shrink=1.0, activation=(0.1, 0.9), jacobian=0.8):
    """Frames as the theory wants them, each departure an argument.

    `shrink` multiplies the measured variances once more at every layer.
    """

    def frames(experiment: AtStart):
        normalized = experiment.initialization == "normalized"
        factor = 1 if normalized else 1 / 3
        comparison, statistics = [], []
        for layer in range(1, 6):
            for quantity, power in (("activation", layer), ("backprop_gradient", 5 - layer)):
                predicted = factor ** (power / 2)
                comparison.append((layer, quantity, predicted * shrink ** (power / 2), predicted))
            wobble = shrink ** (layer / 2)
            comparison.append((layer, "example_weight_gradient", wobble, 1.0))
            end = activation[normalized]
            spread = end ** ((layer - 1) / 4)
            statistics += [
                (layer, "activation", "std", spread),
                (layer, "backprop_gradient", "std", end ** ((5 - layer) / 4)),
                (layer, "weight_gradient", "std", wobble),
                (layer, "jacobian_singular_value", "mean", jacobian if normalized else 0.5),
            ]
        return {
            "comparison": pd.DataFrame(
                comparison, columns=["layer", "quantity", "measured", "predicted"]
            ),
            "statistics": pd.DataFrame(
                statistics, columns=["layer", "quantity", "statistic", "value"]
            ),
        }

    return frames


def verdicts(store):
    return {claim: verdict(claim, store).verdict for claim in [f"I{n}" for n in range(1, 8)]}


def test_a_world_that_obeys_the_theory_reproduces_i1_to_i7(tmp_path):
    assert set(verdicts(store_of(tmp_path, at_start(), "fig6")).values()) == {"reproduced"}


def test_variances_that_drift_by_layer_fail_i1_to_i3(tmp_path):
    found = verdicts(store_of(tmp_path, at_start(shrink=1.3), "fig6"))
    assert found["I1"] == "not reproduced"
    assert found["I2"] == "not reproduced"
    assert found["I3"] == "not reproduced"


def test_bounds_of_i1_to_i3_are_the_criteria(tmp_path):
    # 1.3 % a layer is 6.7 % at the fifth: too much for eq. 5's bound of 5 %, within eq. 6's 10 %
    found = verdicts(store_of(tmp_path, at_start(shrink=1.013), "fig6"))
    assert found["I1"] == "not reproduced"
    assert found["I2"] == found["I3"] == "reproduced"


@pytest.mark.parametrize(
    ("changes", "claims"),
    [
        ({"activation": (0.3, 0.9)}, {"I4": "partly", "I5": "partly"}),
        ({"activation": (0.1, 0.4)}, {"I4": "partly", "I5": "partly"}),
        ({"activation": (0.3, 0.4)}, {"I4": "not reproduced", "I5": "not reproduced"}),
        ({"shrink": 2.0}, {"I6": "not reproduced"}),
        ({"jacobian": 0.7}, {"I7": "partly"}),
    ],
)
def test_departures_change_the_verdicts_of_i4_to_i7(tmp_path, changes, claims):
    found = verdicts(store_of(tmp_path, at_start(**changes), "fig6"))
    assert {claim: found[claim] for claim in claims} == claims


def test_half_the_evidence_is_no_verdict(tmp_path):
    store = store_of(tmp_path, at_start(), "fig6")
    next(path for path in store.iterdir()).rename(tmp_path.parent / "elsewhere")
    assert set(verdicts(store).values()) == {"not measured"}


def edit(store, frame, change):
    """Change one frame of the first record."""
    path = sorted(store.glob(f"start-tanh-*/{frame}.csv"))[0]
    table = pd.read_csv(path)
    change(table)
    table.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("claim", "quantity"),
    [
        ("I4", "activation"),
        ("I5", "backprop_gradient"),
        ("I6", "weight_gradient"),
        ("I7", "jacobian_singular_value"),
    ],
)
def test_a_gap_in_the_evidence_is_no_verdict(tmp_path, claim, quantity):
    def lose(table):
        table.loc[(table["quantity"] == quantity) & (table["layer"] == 3), "value"] = None

    store = store_of(tmp_path, at_start(), "fig6")
    edit(store, "statistics", lose)
    found = verdict(claim, store)
    assert found.verdict == "not measured"
    assert re.search(r"statistics\.csv.* line \d+: value", found.measured)


def test_a_lost_row_is_no_verdict(tmp_path):
    store = store_of(tmp_path, at_start(), "fig6")
    path = sorted(store.glob("start-identity-*/comparison.csv"))[0]
    pd.read_csv(path).drop(index=3).to_csv(path, index=False)
    found = verdict("I1", store)
    assert found.verdict == "not measured"
    assert "incomplete" in found.measured
    row = ledger(store).set_index("id").loc["I1"]
    assert (row["measured"], row["pending"], row["so_far"]) == (found.measured, "", "")


def test_i7_is_about_the_mean_over_layers_and_shows_them_all(tmp_path):
    def uneven(experiment):
        frames = at_start()(experiment)
        table = frames["statistics"]
        rows = table["quantity"] == "jacobian_singular_value"
        if experiment.initialization == "normalized":
            table.loc[rows, "value"] = [9.0, 0.6, 0.7, 0.9, 1.0]
        return frames

    found = verdict("I7", store_of(tmp_path, uneven, "fig6"))
    assert found.verdict == "reproduced"
    assert "0.8, mean of layers 2-5 (single layers 0.6 to 1)" in found.measured


def test_the_ledger_has_every_claim_with_its_criterion_word_for_word(tmp_path):
    table = ledger(tmp_path)
    source = pd.read_csv(paper.DATA / "claims.csv", dtype=str)
    assert list(table["id"]) == list(source["id"])
    assert list(table["criterion"]) == list(source["criterion"])
    assert set(table["verdict"]) == {"not measured"}
    assert json.loads(table.to_json(orient="records"))[0]["id"] == "S1"


def test_the_books_own_ledger_judges_what_is_recorded():
    table = ledger().set_index("id")
    assert set(table["verdict"]) <= set(VERDICTS)
    judged = set(table.index[table["verdict"] != "not measured"])
    assert {"G1", "I1", "I2", "I3", "I4", "I5", "I6", "I7"} <= judged <= set(JUDGES)
    for claim, row in table.iterrows():
        assert bool(row["measured"]) == (claim in judged)


UNRECORDED = ("E12", "E5", "S8", "S9", "G2", "E6", "E7", "E8", "E13", "M1")
UNRECORDED += ("A7", "A9", "A14", "A15")
"""No run is as long as E12 asks for; those of the others are not made yet."""


@dataclass(frozen=True)
class Spy(Study):
    """The book's study, which notes the models that it is asked for."""

    asked: set[tuple[str, str]] = field(default_factory=set, compare=False)

    def gather(self, frame, models, rank=0):
        self.asked.update((self.data, model) for model in models)
        return super().gather(frame, models, rank)


@pytest.mark.parametrize("claim", JUDGES)
def test_the_models_of_a_claim_are_those_that_its_judge_reads(claim):
    study, named = Spy(), JUDGES[claim]
    assert named.verdict(study).measured or claim in UNRECORDED
    assert study.asked == set(product(named.data, named.reads)) if named.reads else not study.asked


def test_every_claim_has_a_judge():
    assert JUDGES.keys() == paper.claims().keys()


@pytest.fixture
def judges():
    """The registry, which forgets what a test adds to it."""
    before = dict(JUDGES)
    yield JUDGES
    JUDGES.clear()
    JUDGES.update(before)


def test_a_claim_is_a_row_and_a_function(tmp_path, judges):
    table = tmp_path / "claims.csv"
    row = "Z1,1,Fig 99,It draws,area of the draws,above 1,about 2,later,A paper,before,,3_a#fig-5\n"
    table.write_text(paper.CLAIMS.read_text() + row)

    @judge("Z1", reads=("tanh",))
    def draws_are_drawn(study):
        area = study.frame("flatness", plan("fig5"))["flat_area"].sum()
        return Verdict.of([Part(area > 1, f"{area:.3g}")])

    store = store_of(tmp_path / "store", surfaces(0.16, 0.5), "fig5")
    found = ledger(store, table).set_index("id").loc["Z1"]
    assert (found["verdict"], found["measured"], found["so_far"]) == ("reproduced", "2.6", "so far")
    assert (found["part"], found["paper_value"]) == ("later", "about 2")
    assert found["pending"] == "the search for the learning rate of tanh"
    with pytest.raises(ValueError, match="Z1 is judged by draws_are_drawn already"):
        judge("Z1")(draws_are_drawn)


def test_a_number_that_is_none_takes_the_verdicts_that_rest_on_it(tmp_path):
    """A record of the book, one number of its curve lost."""
    run = Study().runs("tanh N")[1]
    for folder in records.BOOK.glob("training-*"):
        (tmp_path / folder.name).symlink_to(folder)
    damaged = tmp_path / record_name(run)
    damaged.unlink()
    shutil.copytree(records.BOOK / damaged.name, damaged)
    lines = (damaged / "curve.csv").read_text().splitlines()
    lines[7] = ",".join([*lines[7].split(",")[:-1], "nan"])
    (damaged / "curve.csv").write_text("\n".join([*lines, ""]))
    for claim in ("S7", "L2"):
        found = verdict(claim, tmp_path)
        assert found.verdict == "not measured"
        assert damaged.name in found.measured
        assert re.search(r"curve\.csv.* line 8: error", found.measured)
        assert JUDGES[claim].pending(Study(tmp_path)) == found.measured
    assert verdict("T3", tmp_path) == verdict("T3")


@pytest.fixture
def judged_anew():
    """The ledger forgets what it found before and after."""
    forget = importlib.import_module("glorot_tutor.study.claims.ledger")._judged.cache_clear
    forget()
    yield
    forget()


def test_a_verdict_says_what_is_still_to_come(monkeypatch, judged_anew):
    monkeypatch.setattr(Study, "pending", lambda study, models: " and ".join(models))
    counts = repr(report().counts())
    assert " of them so far" in counts
    assert ", all so far" in repr(report("S1 S2").counts())
    assert "S1 reproduced so far" in repr(answer("sigmoid"))
    measured = ledger().set_index("id")["verdict"] != "not measured"
    for claim in ("S1", "E1", "I1"):
        text, page = repr(report(claim)), report(claim)._repr_html_()
        assert ("still to come" in text) == (claim != "I1")
        assert ("Still to come" in page) == (claim != "I1")
        assert ("so far" in text) == (claim != "I1" and measured[claim])


def test_a_verdict_counts_the_parts_that_hold():
    yes, no = Part(True, "a"), Part(False, "b")
    assert Verdict.of([yes, yes]) == Verdict("reproduced", "a; a")
    assert Verdict.of([yes, no]) == Verdict("partly", "a; b")
    assert Verdict.of([no, no]) == Verdict("not reproduced", "b; b")


def test_an_unknown_claim_is_refused():
    with pytest.raises(UsageError, match="claim 'Z9'"):
        verdict("Z9")
    with pytest.raises(UsageError, match="claim 'I4,I5'"):
        report("I4,I5")


def test_table_1_is_the_papers():
    table = paper.table1().set_index("model")
    assert table.loc["Tanh N", "shapeset"] == 15.60
    assert table.loc["Sigmoid", "mnist"] == 2.21
    assert table.shape == (5, 6)


def test_the_values_that_the_paper_prints_are_those_of_its_table():
    claims = paper.claims()
    printed = [number for error in paper.table1()["shapeset"] for number in [f"{error:.2f}"]]
    assert all(number in claims["E1"].paper_value for number in printed)
    assert all(f"{error} %" in claims["E4"].paper_value for error in paper.ON_100K.values())


def test_a_report_shows_every_claim_with_its_badge_and_a_link_to_the_evidence(tmp_path):
    store = store_of(tmp_path, surfaces(0.16, 0.5), "fig5")
    found = report("G1 G2", notebooks="../notebooks", store=store)
    page = found._repr_html_()
    assert list(found.table["id"]) == ["G1", "G2"]
    assert page.count('class="claim"') == 2
    assert "verdict-reproduced" in page
    assert "verdict-not-measured" in page
    assert page.count("see the evidence") == 1
    assert "../notebooks/03_compare_cost_surfaces.html#fig-5" in page
    assert "G1: reproduced" in repr(found)
    counts = dict(line.rsplit(maxsplit=1) for line in repr(found.counts()).splitlines())
    assert counts == {
        "reproduced": "1", "partly": "0", "not reproduced": "0", "not measured": "1"
    }  # fmt: skip
    assert page.count("<") == page.count(">")
    judged, open_ = found.rows.itertuples()
    assert "flat area 1.6 times as large; median" in first_measured(judged)
    assert first_measured(open_) == ""


def test_a_changed_record_is_judged_anew(tmp_path):
    first = ledger(store_of(tmp_path, surfaces(0.16, 0.5), "fig5")).set_index("id")
    assert first["verdict"]["G1"] == "reproduced"
    first.loc["G1", "verdict"] = "changed by a reader"
    assert ledger(tmp_path).set_index("id")["verdict"]["G1"] == "reproduced"
    store_of(tmp_path, surfaces(0.05, 2.0), "fig5")
    assert ledger(tmp_path).set_index("id")["verdict"]["G1"] == "not reproduced"


def test_every_claim_that_is_judged_has_a_figure_in_a_notebook():
    folder = Path(__file__).parents[1] / "notebooks"
    for claim in JUDGES:
        evidence = paper.claims()[claim].evidence
        if not evidence:  # nothing to show before there is something to judge
            assert verdict(claim).verdict == "not measured", claim
            continue
        notebook, _, figure = evidence.partition("#")
        path = folder / f"{notebook}.ipynb"
        assert path.is_file(), f"{claim}: evidence is {evidence!r}, and it is NOTEBOOK#FIGURE"
        cells = json.loads(path.read_text())["cells"]
        figures = [cell["metadata"].get("mystnb", {}).get("figure", {}) for cell in cells]
        assert figure in [shown.get("name") for shown in figures], claim


def test_the_statements_of_the_overview_are_answered_by_claims():
    table = statements()
    named = [claim for claims in table["claims"] for claim in claims.split()]
    assert set(named) <= set(paper.claims())
    assert (table["claims"] != "").all()
    assert not table["statement"].duplicated().any()
    found = answer("sigmoid")
    assert [row.statement for row in found.rows] == list(
        table["statement"][table["part"] == "sigmoid"]
    )
    assert len(answer().rows) == len(table)
    with pytest.raises(UsageError, match="part 'sigmoids'"):
        answer("sigmoids")


def test_an_answer_says_the_verdicts_and_links_to_the_claims(tmp_path):
    store = store_of(tmp_path, surfaces(0.16, 0.5), "fig5")
    text, page = repr(answer("cost", store)), answer("cost", store)._repr_html_()
    assert "G1 reproduced" in text
    assert "G2 not measured" in text
    assert '<a href="../book/claims.html#claim-g1">G1</a> <span class="verdict' in page
    assert "S8 not measured" in repr(answer("sigmoid", store))


def test_a_claim_that_fails_says_why_and_one_that_holds_does_not(tmp_path):
    reasons = pd.read_csv(paper.DATA / "reasons.csv", dtype=str)
    assert set(reasons["id"]) <= set(JUDGES)
    assert reasons.notna().all(axis=None)
    table = ledger().set_index("id")
    for claim, seen in reasons.set_index("id")["measured"].items():
        assert table["measured"][claim] == seen, f"{claim}: does its reason still hold?"
    fails = table["verdict"].isin(["partly", "not reproduced"])
    assert (table.loc[fails, "reason"] != "").all(), "say why in reasons.csv"
    assert (table.loc[~fails, ["reason", "settled_by"]] == "").all(axis=None)


def test_the_page_of_all_claims_is_a_table_of_sentences_and_folded_cards():
    every = report()
    overview, cards = every.overview()._repr_html_(), every._repr_html_()
    claims = [claim for claim in paper.claims().values() if claim.part == "paper"]
    assert repr(every.overview()).count("\n") + 1 == len(claims)
    for claim in claims:
        assert f'<a href="#claim-{claim.id.lower()}">{claim.id}</a>' in overview
        assert f"{claim.id:<4} " in repr(every.overview())
    assert overview.count("<tr>") == cards.count("<details") == len(claims)
    assert " open>" not in cards
    assert report("S5")._repr_html_().count(" open>") == 1


def test_what_is_measured_by_run_is_a_table_and_its_text_says_the_same():
    row = ledger().set_index("id").loc["T2"]
    page = html.unescape(report("T2")._repr_html_())
    for part in row["measured"].split("seed ")[1:]:
        number, text = part.split(": ", 1)
        cells = text.removesuffix("; ").split("; ")
        assert f"<tr><th>seed {number}</th><td>{'<br>'.join(cells)}</td></tr>" in page
    assert "by-run" not in report("I4")._repr_html_()
    # a row of several runs has no name, so no empty cell either
    assert '<tr><td colspan="2">' in report("E1")._repr_html_()
    assert "<th></th>" not in report()._repr_html_()
    assert f'<span class="claim-rests">{row["badge"]}</span>'.replace(" %", "\u00a0%") in page
    assert row["rests_on"].replace(" %", "\u00a0%") in page
    assert row["rests_on"] in repr(report("T2"))


def test_what_a_verdict_rests_on_in_words():
    runs = [Run(0, 1_000_000), Run(1, 300_000), Run(2, 300_000), Run(1, 300_000, model="tanh")]
    words = "seed 0 to 1,000,000 (20 %), seeds 1 and 2 to 300,000 (6 %) of 5,000,000 updates"
    assert basis(runs) == words
    assert badge(runs) == "3 seeds, 6 to 20 %"
    assert badge([Run(0, 5_000_000)]) == "1 seed, 100 %"
    assert badge([Run(0, 50_000, "mnist"), Run(1, 50_000, "mnist"), Run(0, 40_000, "cifar10")]) == (
        "1 to 2 seeds, 100 %"
    )
    assert basis([Run(0, 50_000, "mnist")]) == "mnist: seed 0 to 50,000 (100 %) of 50,000 updates"
    assert (badge([]), basis([])) == ("", "")


def test_every_verdict_says_what_it_rests_on():
    table = ledger()
    judged = table["verdict"] != "not measured"
    assert (table.loc[judged, ["rests_on", "badge"]] != "").all(axis=None)
    assert (table.loc[~judged, "badge"] == "").all()
