"""Pages that hold a widget load the widgets' script and style sheet; no other page does.

A widget's placeholder is in the output of the cell that shows it (see glorot_tutor/widgets), and
the script computes what the widget asks for. So the page has no use for the state that a kernel
had when the notebook was run: it would bring the whole front end along once more, as text.

What the record browser shows is written beside the script, one small file to a recorded run: from
the records, in every build, so that it cannot differ from them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from glorot_tutor.widgets.recorded import RecordedRuns

PLACEHOLDER = 'class="glorot-widget"'


def holds_a_widget(doctree: nodes.document | None) -> bool:
    """Whether a page shows a widget's placeholder."""
    found = doctree.findall(nodes.raw) if doctree else ()
    return any(PLACEHOLDER in node.astext() for node in found)


def drop_state(app: Sphinx, doctree: nodes.document) -> None:
    """Forget the state of a notebook's widgets as soon as it is read."""
    metadata = getattr(app.env, "nb_metadata", {}).get(app.env.docname, {})
    metadata.get("js_files", {}).pop("ipywidgets_state", None)


def add_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load the front end, after the text, where a widget waits for it."""
    if holds_a_widget(doctree):
        app.add_css_file("widgets.css")
        app.add_js_file("widgets.js", loading_method="defer")


def write_histories(app: Sphinx, error: Exception | None) -> None:
    """Put the recorded runs where the script looks for them."""
    if error is None and app.builder.format == "html":
        RecordedRuns().write(Path(app.outdir) / "_static" / "histories")


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in the build."""
    app.connect("doctree-read", drop_state)
    app.connect("html-page-context", add_files)
    app.connect("build-finished", write_histories)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
