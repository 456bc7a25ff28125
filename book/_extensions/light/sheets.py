"""The style sheets of a page become one, without the theme's rules that no page can use.

A rule stays if every tag, class and id that its selector asks for is on some page, or is a word in
some script (which may put it there). What stands in `:not()` or `:nth-child()` is not asked for.
The book's own sheets are kept whole: its scripts put names of classes together.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

from light.page import Page
from light.pictures import smaller

WORD = re.compile(r"[A-Za-z_][\w-]*")
LIBRARY = {"bootstrap.js", "clipboard.min.js"}
BOOTSTRAP = "show showing hide fade collapsing dropdown-menu tooltip tooltip-inner tooltip-arrow"
BOOTSTRAP += " bs-tooltip-auto bs-tooltip-top bs-tooltip-bottom bs-tooltip-start bs-tooltip-end"
"""What bootstrap.js adds to pages: it knows many more words than the theme lets it use."""

ASKED = re.compile(r"(?P<kind>[.#]?)(?P<name>(?:[\w-]|\\.|[^\x00-\x7f])+)|:[\w-]+|\[[^\]]*\]")
UNASKED = re.compile(r":(?:not|is|where|has|nth-[\w-]+|lang|dir)\((?:[^()]|\([^()]*\))*\)")
BESIDE = {"min-width:1200px": "min-width:1440px", "max-width:1199.98px": "max-width:1439.98px"}
"""From which width on the theme shows a page's contents beside it, and from which the book does."""

IMPORT = re.compile(r"""@import\s*["']([^"':]+)["']\s*;""")
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
SETTING = re.compile(
    r"""(?<=[{;])\s*(--(?:bs|pst|sd)-[\w-]+)\s*:(?:[^;{}"']|"[^"]*"|'[^']*')*(?:;|(?=\}))"""
)


def write(pages: Iterable[Page], site: Path, own: set[str], icons: str) -> None:
    """Write one sheet for each list of sheets that pages ask for, and let the pages ask for it.

    `own` has the names of the book's own sheets.
    """
    pages = list(pages)
    used = words(pages)
    made: dict[tuple[Path, ...], Path] = {}
    for page in pages:
        links = page.soup.select("link[rel=stylesheet]")
        files = tuple(page.file(str(link["href"])) for link in links)
        if not files:
            continue
        if files not in made:
            texts = [moved(file, site / "_static") for file in files]
            rules = [
                tight(text) if file.name in own else shrunk(text, used)
                for file, text in zip(files, texts, strict=True)
            ]
            made[files] = publish(without_idle_variables("".join(rules)) + icons, site / "_static")
        first, *rest = links
        first.attrs = {"rel": "stylesheet", "href": page.link(made[files])}
        for link in rest:
            link.decompose()


def publish(text: str, folder: Path) -> Path:
    """Write a sheet under a name that changes with it."""
    file = folder / f"site-{hashlib.sha256(text.encode()).hexdigest()[:10]}.css"
    file.write_text(text, encoding="utf8")
    return file


def words(pages: Iterable[Page]) -> set[str]:
    """All tags, classes and ids of the pages, and all words of their scripts."""
    found = {"html", "body", *BOOTSTRAP.split()}
    scripts = set()
    for page in pages:
        for tag in page.soup.find_all(True):
            found |= {tag.name, *tag.get("class", ()), *([str(tag["id"])] if tag.get("id") else ())}
        for script in page.soup.find_all("script"):
            found |= set(WORD.findall(script.text))
            if script.get("src"):
                scripts.add(page.file(str(script["src"])))
    # a widget's script may load another
    scripts |= {file for script in scripts for file in script.parent.glob("*.js")}
    for script in scripts:
        if script.name not in LIBRARY:
            found |= set(WORD.findall(script.read_text(encoding="utf8")))
    return found


def moved(file: Path, folder: Path) -> str:
    """Text of a sheet whose addresses hold in another folder."""

    def place(found: re.Match[str]) -> str:
        target = file.parent / found[1]
        target = smaller(target) if target.exists() else target
        return f'url("{Path(os.path.relpath(target, folder)).as_posix()}")'

    def taken_in(found: re.Match[str]) -> str:
        return moved(file.parent / found[1], folder)

    text = IMPORT.sub(taken_in, file.read_text(encoding="utf8"))
    return re.sub(r"""url\(\s*["']?(?!data:|#|https?:)([^"')]+)["']?\s*\)""", place, text)


def shrunk(text: str, used: set[str]) -> str:
    """Text of a sheet without what is not used, and without blanks."""
    return "".join(kept(tinycss2.parse_stylesheet(text, True, True), used))


def kept(rules: Iterable[Node], used: set[str]) -> Iterator[str]:
    """Text of the rules that some page can use."""
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            selectors = split(tinycss2.serialize(rule.prelude))
            wanted = [selector for selector in selectors if asks_for(selector) <= used]
            if wanted:
                yield f"{','.join(wanted)}{{{declarations(rule.content)}}}"
        elif isinstance(rule, AtRule):
            yield from kept_at_rule(rule, used)


def kept_at_rule(rule: AtRule, used: set[str]) -> Iterator[str]:
    """The same of a rule that begins with @."""
    head = f"@{rule.at_keyword}{tight(tinycss2.serialize(rule.prelude))}".rstrip()
    head = re.sub("|".join(map(re.escape, BESIDE)), lambda found: BESIDE[found[0]], head)
    if rule.at_keyword == "charset":
        return
    if rule.content is None:
        yield f"{head};"
    elif rule.at_keyword in {"media", "supports", "layer", "container"}:
        inside = "".join(kept(tinycss2.parse_rule_list(rule.content, True, True), used))
        if inside:
            yield f"{head}{{{inside}}}"
    elif "vendor/" not in tinycss2.serialize(rule.content):  # the theme's fonts of icons
        yield f"{head}{{{tight(tinycss2.serialize(rule.content))}}}"


def split(selectors: str) -> list[str]:
    """Selectors of a list, apart at the commas outside of brackets."""
    parts, depth = [""], 0
    for character in selectors:
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [tight(part).strip() for part in parts]


def asks_for(selector: str) -> set[str]:
    """Tags, classes and ids without which a selector finds nothing."""
    plain = UNASKED.sub("", selector)
    return {found["name"].replace("\\", "") for found in ASKED.finditer(plain) if found["name"]}


def declarations(content: list[Node]) -> str:
    """Text of what a rule sets."""
    return tight(tinycss2.serialize(content)).strip().rstrip(";")


def tight(text: str) -> str:
    """Text without comments and without blanks that say nothing."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", text)


def without_idle_variables(text: str) -> str:
    """Leave out variables of the theme that nothing reads."""
    read = set(VARIABLE.findall(text))
    shorter = SETTING.sub(lambda found: found[0] if found[1] in read else "", text)
    return text if shorter == text else without_idle_variables(shorter)
