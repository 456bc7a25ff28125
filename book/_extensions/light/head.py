"""The head of a page: one of each tag, no script that the page has no use for, none that waits."""

from __future__ import annotations

from bs4 import Tag

from light.page import Page

SEARCH = ("searchtools.js", "language_data.js", "searchindex.js")
USES = {
    "scripts/fontawesome.js": None,  # see icons.py
    "design-tabs.js": ".sd-tab-set",
    "togglebutton.js": ".toggle, .admonition.dropdown",
    "clipboard.min.js": ".highlight",
    "copybutton.js": ".highlight",
}
"""What must be on a page for a script to be of use there."""

LINES = {"toggleHint": USES["togglebutton.js"], "togglebuttonSelector": USES["togglebutton.js"]}
LINES |= {"toggleOpenOnPrint": USES["togglebutton.js"], "DOCUMENTATION_OPTIONS.": None}
"""The same of scripts that are written into the page, by a word of theirs."""

MODE = """document.documentElement.dataset.mode = localStorage.getItem("mode") || "auto";
document.documentElement.dataset.theme = document.documentElement.dataset.mode !== "auto"
  ? document.documentElement.dataset.mode
  : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";"""
"""The page has its colours before anything of it is drawn; the theme's own line leaves the mode
"auto" to a script that comes later."""

SHORT = 60  # a description of fewer characters than this says too little


def mend(page: Page, home: str) -> None:
    """Set the head of a page right; `home` is the site's address, or empty."""
    head, html = page.soup.head, page.soup.html
    if head is None or html is None:
        return
    html["data-theme"] = "light"  # where no script says otherwise
    for viewport in head.select("meta[name=viewport]")[1:]:
        viewport.decompose()
    page.drop("meta[name^='docsearch:'], link[rel=preload][as=script]")
    for description in head.select("meta[name=description], meta[property='og:description']"):
        description["content"] = whole(str(description["content"]))
    page.drop("style[scoped]")  # of pandas' tables; figures.css says what they look like
    for style in page.soup.select("body style"):
        head.append(style)  # HTML allows it nowhere else
    mend_title(head)
    mend_scripts(page)
    if home:
        image = page.tag("meta", property="og:image", content=f"{home}_static/landing.png")
        card = page.tag("meta", content="summary_large_image")
        card["name"] = "twitter:card"
        head.extend([image, card])


def whole(text: str) -> str:
    """Return a description that was cut off to the end of its last whole sentence, or word."""
    cut = text.removesuffix("...").rstrip()
    if cut == text:
        return text
    sentence = cut[: max(cut.rfind(end) for end in (". ", "? ", "! ")) + 1]
    return sentence if len(sentence) >= SHORT else cut.rsplit(" ", 1)[0].rstrip(",;:") + " …"


def mend_title(head: Tag) -> None:
    """Say the book's name once."""
    if head.title and head.title.string:
        parts = [part.strip() for part in head.title.string.split(" — ")]
        head.title.string = " — ".join(dict.fromkeys(parts))


def mend_scripts(page: Page) -> None:
    """Drop what the page does not use; let the rest run in order when the page is read."""
    for script in page.soup.find_all("script"):
        source = str(script.get("src", "")).split("?")[0]
        if not is_used(page, source, script.text):
            script.decompose()
        elif source:
            script["defer"] = ""
            del script["async"]
        elif "dataset.mode" in script.text:
            script.string = MODE


def is_used(page: Page, source: str, text: str) -> bool:
    """Whether a page needs the script of that address, or the one written into it."""
    if source.endswith(SEARCH):
        return page.name == "search.html"
    table, key = (USES, source) if source else (LINES, text)
    for name, selector in table.items():
        if key.endswith(name) if source else name in key:
            return selector is not None and page.soup.select_one(selector) is not None
    return True
