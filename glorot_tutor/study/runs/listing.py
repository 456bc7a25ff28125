"""What is recorded, and the command that makes or continues it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pandas as pd

from glorot_tutor.checks import RunError
from glorot_tutor.study.experiments import PLANS, SCALES, Options, Training, record_name
from glorot_tutor.study.experiments.budgets import BUDGETS
from glorot_tutor.study.experiments.plans import plan
from glorot_tutor.study.provenance import options_of
from glorot_tutor.study.records import Record, Store
from glorot_tutor.study.runs.task import workplace

LENGTH = max(BUDGETS["paper"].full.values())
"""Updates that the paper gave each run."""

COLUMNS = ["record", "updates", "diverged_at", "scale", "date", "again", "onward", "damaged"]


def listing(store: Path, work: Path) -> pd.DataFrame:
    """List the records of a store.

    Returns
    -------
    DataFrame
        One row to a record, by name, with the columns

        - record: the folder's name;
        - updates, diverged_at: of a training run, else missing;
        - scale: the plan that it belongs to, such as ``fig11 book``, empty for none;
        - date: when it was measured;
        - again: the command that makes it where it is missing;
        - onward: the command that goes on with a training run to the paper's length, from its
          checkpoints in `work` if they are still there;
        - damaged: which file of it is damaged, and how; empty for a good one.
    """
    plans = _plans(store)
    rows = [_row(folder, plans, store, work) for folder in Store(store).folders()]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"updates": "Int64", "diverged_at": "Int64"})


def _row(folder: Path, plans: dict[str, str], store: Path, work: Path) -> dict[str, Any]:
    try:
        record = Record.read(folder)
    except RunError as error:
        return {"record": folder.name, "again": "", "onward": "", "damaged": str(error)}
    provenance, end = record.provenance, record.provenance.get("outcome", {})
    again, onward = _commands(record, plans.get(folder.name, ""), store, work)
    return {
        "record": folder.name,
        "updates": end.get("updates"),
        "diverged_at": end.get("diverged_at"),
        "scale": plans.get(folder.name, ""),
        "date": str(provenance.get("date", ""))[:10],
        "again": again,
        "onward": onward,
        "damaged": "",
    }


def _commands(record: Record, place: str, store: Path, work: Path) -> tuple[str, str]:
    again = ""
    if place:
        name, scale = place.split()
        again = _words("run", name, scale=scale, store=store, work=work)
    run, onward = record.experiment, ""
    if isinstance(run, Training) and _goes_on(record.provenance["outcome"]):
        onward = train_command(run, work, options_of(record.provenance))
    return again, onward


def _goes_on(end: dict[str, Any]) -> bool:
    return end["diverged_at"] is None and end["updates"] < LENGTH


def train_command(run: Training, work: Path, options: Options) -> str:
    """Return the command that goes on with one run; empty where none can name it.

    That is so where its layers differ in width, and after pre-training.
    """
    if len(set(run.widths)) != 1 or run.pretraining is not None:
        return ""
    flags = {
        "activation": run.activation, "init": run.initialization, "depth": len(run.widths),
        "width": run.widths[0], "lr": run.learning_rate, "updates": LENGTH,
        "seed": run.seed, "gain": run.gain, "cost": run.cost, "data": run.data,
        "engine": options.engine, "out": workplace(run, work, options),
    }  # fmt: skip
    usual = {"gain": 1.0, "cost": "nll", "data": "shapeset", "engine": "fused"}
    unusual = {name: value for name, value in flags.items() if usual.get(name) != value}
    return f"{_words('train', **unusual)} --resume"


def _words(*words: str, **flags: object) -> str:
    given = [text for name, value in flags.items() for text in (f"--{name}", str(value))]
    return shlex.join(["glorot-tutor", *words, *given])


def _plans(store: Path) -> dict[str, str]:
    """First plan and scale that each record's name belongs to."""
    names: dict[str, str] = {}
    lookup = Store(store).look_up
    for scale in SCALES:
        for name in PLANS:
            for experiment in plan(name, scale, lookup):
                names.setdefault(record_name(experiment), f"{name} {scale}")
    return names


def lines(listed: pd.DataFrame) -> list[str]:
    """Lay a listing out for a terminal, the records that one command makes together."""
    written = []
    for again, group in listed.groupby("again"):
        written.append(str(again or "In no plan, or damaged:"))
        # one command goes on with a run, whatever lengths of it are recorded
        longest = group.sort_values("updates").drop_duplicates("onward", keep="last").index
        for row in group.itertuples():
            written.append(f"  {row.record}: {row.damaged or f'{_end(row)}{row.date}'}")
            if row.onward and row.Index in longest:
                written.append(f"    {row.onward}")
    return [*written, f"{len(listed)} records"]


def _end(row: Any) -> str:
    if not pd.isna(row.diverged_at):
        return f"diverged after update {row.diverged_at:,}, "
    return "" if pd.isna(row.updates) else f"{row.updates:,} updates, "
