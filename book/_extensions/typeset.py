r"""Formulae are typeset while the book is built: a page holds MathML, which browsers draw by
themselves, and no script.

Where the paper's number stands in a formula, as `\text{(eq. 14)}`, it is an anchor, and "eq. 14"
in the text of any page leads there.
"""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize

from docutils import nodes
from math_core import LatexError, LatexToMathML
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

LOG = logging.getLogger(__name__)
CONVERTER = LatexToMathML(fancy_error=False)

NUMBER = re.compile(r"\\text\{\(eq\. (\d+)\)\}")
MENTION = re.compile(r"\b(?:[Ee]qs?\.|[Ee]quations?)\s(\d+)(?:(?:,| and| to)\s\d+)*")
BOLD = re.compile("<m[in]>([\U0001d7ce-\U0001d7d7]+)</m[in]>")  # digits that the font does not have
BASE = re.compile("<msup>(<mo minsize=[^>]*>[^<]*</mo>)")  # alone, a bracket does not grow
SET = re.compile(r"<mtext>\(eq\.[ \u00a0](\d+)\)</mtext>")


def mathml(node: nodes.Element, display: bool) -> str:
    """Formula of a node as MathML, with an anchor at each of the paper's numbers."""
    try:
        found = CONVERTER.convert_with_local_state(node.astext().strip(), displaystyle=display)
    except LatexError as error:
        LOG.warning("%s in the formula %s", error, node.astext(), location=node)
        return node.astext()
    found = BASE.sub(r"<msup><mrow>\1</mrow>", found)
    found = BOLD.sub(lambda m: f'<mn class="bold">{normalize("NFKC", m[1])}</mn>', found)
    return SET.sub(r'<mtext id="eq-\1">(eq.&nbsp;\1)</mtext>', found)


def write_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    writer.body.append(f'<span class="math">{mathml(node, display=False)}</span>')
    raise nodes.SkipNode


def write_block(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on lines of its own."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append(f"{mathml(node, display=True)}</div>\n")
    raise nodes.SkipNode


def numbered(env: BuildEnvironment) -> dict[str, str]:
    """Page of each equation that bears a number of the paper's."""
    if not hasattr(env, "numbered_equations"):
        env.numbered_equations = {}
    return env.numbered_equations


def note_numbers(app: Sphinx, doctree: nodes.document) -> None:
    """Remember which equations a page shows."""
    for block in doctree.findall(nodes.math_block):
        for number in NUMBER.findall(block.astext()):
            numbered(app.env)[number] = app.env.docname


def link(app: Sphinx, page: str, found: re.Match[str]) -> nodes.Node:
    """Return the words that name an equation as a link to it."""
    if found[1] not in numbered(app.env):
        return nodes.Text(found[0])
    target = app.builder.get_relative_uri(page, numbered(app.env)[found[1]])
    return nodes.reference(
        "", found[0], refuri=f"{target}#eq-{found[1]}", internal=True, classes=["equation"]
    )


def linked(app: Sphinx, page: str, text: str) -> list[nodes.Node]:
    """Split a text where it names equations."""
    parts: list[nodes.Node] = []
    end = 0
    for found in MENTION.finditer(text):
        parts += [nodes.Text(text[end : found.start()]), link(app, page, found)]
        end = found.end()
    return [*parts, nodes.Text(text[end:])]


def link_equations(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Let each mention of a numbered equation lead to it, but in headings, links and code."""
    closed = (nodes.title, nodes.reference, nodes.literal, nodes.FixedTextElement, nodes.raw)
    closed += (nodes.math, nodes.math_block)
    for text in list(doctree.findall(nodes.Text)):
        inside = text.parent
        while inside is not None and not isinstance(inside, closed):
            inside = inside.parent
        if inside is None and MENTION.search(text):
            text.parent.replace(text, linked(app, page, text.astext()))


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in the build."""
    app.add_html_math_renderer("mathml", (write_inline, None), (write_block, None))
    app.connect("doctree-read", note_numbers)
    app.connect("doctree-resolved", link_equations)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
