"""Commands that are done at once: what the data, a network, the claims and the machine are."""

from __future__ import annotations

import json
from pathlib import Path

import click

from glorot_tutor.checks import RunError, UsageError, whole
from glorot_tutor.cli.common import OUT, network
from glorot_tutor.files import target, whole_file

FORMATS = ("text", "csv", "json")


@click.command()
@click.option("--n", type=int, required=True, help="How many images, 1 to 1,000,000.")
@click.option("--seed", type=int, default=0, help="Which endless stream.")
@click.option("--out", type=OUT, required=True, help="File to write, .npz.")
def sample(n: int, seed: int, out: Path) -> None:
    """Write Shapeset-3x2 images (uint8, N x 32 x 32, [row, column]) and labels (int64, N)."""
    import numpy as np

    from glorot_tutor.shapeset import Shapeset

    target(out)
    if out.suffix != ".npz":
        raise UsageError(f"--out {str(out)!r} does not end in .npz: that is what is written.")
    images, labels = Shapeset(seed).read(0, whole("--n", n, 1, 1_000_000))
    with whole_file(out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, images=images.numpy(), labels=labels.numpy())


@click.command()
@network
@click.option("--seed", type=int, default=0, help="Draw of the weights.")
@click.option("--out", type=OUT, required=True, help="File to write, .csv.")
def probe(out: Path, **settings: str | int | float) -> None:
    """Measure a network at its start on the 300 monitored images.

    Columns layer, quantity, statistic, value; gradients are in nats.
    """
    import numpy as np

    from glorot_tutor.study.experiments import AtStart

    target(out)
    frame = AtStart(**settings).run()["statistics"]  # type: ignore[arg-type]
    if not np.isfinite(frame["value"]).all():
        raise RunError("the numbers grew beyond all bounds: take a smaller gain or depth.")
    with whole_file(out) as temporary:
        frame.to_csv(temporary, index=False)


@click.command()
@click.option("--format", "form", default="text", help="text, csv or json.")
@click.option("--part", default="paper", help="paper, or later: of papers that came after it.")
@click.option("--store", type=OUT, default=None, help="Judge the records of this folder instead.")
def claims(form: str, part: str, store: Path | None) -> None:
    """List claims with their verdicts, the measured and the expected values."""
    from glorot_tutor.checks import one_of
    from glorot_tutor.study import paper, records
    from glorot_tutor.study.claims import report

    one_of("--format", form, FORMATS)
    one_of("--part", part, paper.PARTS)
    if store is not None and not store.is_dir():
        raise UsageError(f"--store {store} is not a folder: name one that holds records.")
    ledger = report(store=store or records.BOOK, part=part)
    if form == "csv":
        click.echo(ledger.table.to_csv(index=False), nl=False)
    elif form == "json":
        click.echo(ledger.table.to_json(orient="records", indent=1))
    else:
        click.echo(repr(ledger))


@click.command()
@click.option("--json", "out", type=OUT, default=None, help="Also write the figures to this file.")
@click.option("--quick", is_flag=True, help="Try it out: small networks, few updates.")
def bench(out: Path | None, quick: bool) -> None:
    """Measure the speed on this machine against a plain PyTorch loop; takes minutes."""
    from glorot_tutor.bench import FULL, QUICK, lines, report

    if out is not None:
        target(out)
    timings = report(QUICK if quick else FULL)
    if quick:
        click.echo("Toy networks and single bursts: this shows that it works and measures nothing.")
    for line in lines(timings):
        click.echo(line)
    if out is not None:
        with whole_file(out) as temporary:
            temporary.write_text(json.dumps(timings, indent=1) + "\n")
