"""What the build does to style sheets, heads, pictures and tables, on pages made by hand."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pieces
import pytest
from docutils import nodes
from light import access, code, files, formulae, head, panels, pictures, sheets
from light.page import Page
from PIL import Image
from typeset import MENTION, mathml


def page(site: Path, text: str, name: str = "book/a.html") -> Page:
    path = site / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf8")
    return Page(path, site)


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("p.a > b#c", {"p", "a", "b", "c"}),
        ("a:not(.b):hover", {"a"}),
        ("a[class~='b']::before", {"a"}),
        (".sm\\:a:is(.b, p)", {"sm:a"}),
        (":root", set()),
        ("tr:nth-child(2n+1) td:lang(en)", {"tr", "td"}),
    ],
)
def test_a_selector_asks_for_its_tags_classes_and_ids(selector: str, words: set[str]) -> None:
    assert sheets.asks_for(selector) == words


def test_a_sheet_keeps_what_some_page_can_use() -> None:
    text = """
    @charset "UTF-8"; :root { --bs-idle: 1px; --bs-read: 2px; --bs-through: var(--bs-idle) }
    p, .gone { color: red; margin: var(--bs-read) } /* a remark */
    .gone:hover { color: blue }
    @media (max-width: 600px) { .gone { color: blue } p { color: green } }
    @media print { .gone { color: blue } }
    @font-face { font-family: icons; src: url("vendor/icons.woff2") }
    a[href*=","]:is(.b, .c) { content: "a;b{}" }
    """
    short = sheets.without_idle_variables(sheets.shrunk(text, {"p", "a"}))
    assert "gone" not in short
    assert "print" not in short
    assert "vendor" not in short
    assert "remark" not in short
    assert "--bs-idle" not in short
    assert "--bs-read: 2px" in short
    assert "p{color: red; margin: var(--bs-read)}" in short
    assert "@media (max-width: 600px){p{color: green}}" in short
    assert """a[href*=","]:is(.b, .c){content: "a;b{}"}""" in short


def test_the_contents_of_a_page_leave_code_its_room() -> None:
    text = "@media (min-width:1200px) { p { color: red } } @media (max-width:1199.98px) {p{top: 0}}"
    short = sheets.shrunk(text, {"p"})
    assert (
        short == "@media (min-width:1440px){p{color: red}}@media (max-width:1439.98px){p{top: 0}}"
    )


def test_pages_with_the_same_sheets_share_one(tmp_path: Path) -> None:
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    Image.radial_gradient("L").save(static / "dot.png")
    (static / "basic.css").write_text("p { color: red }")
    theme = '@import "../basic.css"; p { background: url("../dot.png") } i { color: red }'
    (static / "styles/theme.css").write_text(theme)
    (static / "own.css").write_text(".put-together-0 { color: red } /* a remark */")
    links = '<link rel="stylesheet" href="../_static/styles/theme.css?v=1">'
    links += '<link rel="stylesheet" href="../_static/own.css">'
    made = [page(tmp_path, f"<head>{links}</head><p>", f"book/{name}.html") for name in "ab"]
    sheets.write(made, tmp_path, {"own.css"}, "b { color: red }")
    addresses = {str(link["href"]) for each in made for link in each.soup.select("link")}
    assert len(addresses) == 1
    text = made[0].file(addresses.pop()).read_text()
    assert text.startswith("p{color: red}")
    assert 'url("dot.webp")' in text
    assert (static / "dot.webp").exists()
    assert "i{" not in text
    assert ".put-together-0 { color: red }" in text
    assert "remark" not in text


@pytest.mark.parametrize(
    ("cut", "whole"),
    [
        ("A text.", "A text."),
        ("A sentence that says what will be done on this very page today. Bef ...", None),
        ("Only the beginning of a long sente...", "Only the beginning of a long …"),
    ],
)
def test_a_description_ends_where_a_reader_can_stop(cut: str, whole: str | None) -> None:
    assert head.whole(cut) == (whole or cut[: cut.rindex(". ") + 1])


def test_scripts_that_a_page_does_not_use_are_dropped(tmp_path: Path) -> None:
    names = ["scripts/fontawesome.js", "copybutton.js", "searchtools.js", "own.js"]
    scripts = "".join(f'<script src="../_static/{name}?v=1"></script>' for name in names)
    text = f"<html><head>{scripts}</head><body></body></html>"
    kept = {}
    for name, body in (("book/a.html", ""), ("search.html", '<div class="highlight"></div>')):
        made = page(tmp_path, text.replace("</body>", f"{body}</body>"), name)
        head.mend(made, "")
        assert all(script.has_attr("defer") for script in made.soup.select("script"))
        kept[name] = [Path(str(s["src"]).split("?")[0]).name for s in made.soup.select("script")]
    assert kept["book/a.html"] == ["own.js"]
    assert kept["search.html"] == ["copybutton.js", "searchtools.js", "own.js"]


def test_an_address_is_told_only_where_it_is_known(tmp_path: Path) -> None:
    for home in ("", "https://example.org/book/"):
        made = page(tmp_path, "<html><head></head></html>")
        head.mend(made, home)
        images = [tag["content"] for tag in made.soup.select("meta[property='og:image']")]
        assert images == ([f"{home}_static/landing.png"] if home else [])


def test_styles_stand_in_the_head_but_those_of_tables(tmp_path: Path) -> None:
    made = page(tmp_path, "<html><head></head><body><style scoped></style><style>p {}</style>")
    head.mend(made, "")
    assert [str(style) for style in made.soup.select("style")] == ["<style>p {}</style>"]
    assert made.soup.select("head > style")


def test_a_table_says_what_its_heads_are_heads_of(tmp_path: Path) -> None:
    text = """<article><table border="1"><thead><tr><th></th><th halign="left">a</th></tr></thead>
    <tbody><tr><th>b</th><td>1</td></tr></tbody></table></article>"""
    made = page(tmp_path, text)
    access.mend_tables(made)
    assert [(h.text, h["scope"]) for h in made.soup.select("th")] == [("a", "col"), ("b", "row")]
    assert "border" not in str(made.soup)
    assert "halign" not in str(made.soup)


def test_a_picture_loses_bytes_and_no_colour(tmp_path: Path) -> None:
    (tmp_path / "_images").mkdir()
    picture = Image.radial_gradient("L").convert("RGB").resize((300, 200))
    picture.save(tmp_path / "_images/a.png")
    tag = '<img src="../_images/a.png">'
    made = page(tmp_path, f'<article><a href="../_images/a.png">{tag}</a>{tag}</article>')
    pictures.mend(made)
    first, second = made.soup.select("img")
    assert made.soup.select_one("a")["href"] == first["src"] == "../_images/a.webp"  # type: ignore[index]
    assert (first["width"], first["height"]) == ("300", "200")
    assert not first.has_attr("loading")
    assert second["loading"] == "lazy"
    with Image.open(tmp_path / "_images/a.webp") as small:
        assert small.convert("RGB").tobytes() == picture.tobytes()


def test_a_long_line_of_code_knows_its_indent(tmp_path: Path) -> None:
    long = "        <b>value</b><b>.</b><b>of</b><b>(</b>first_of_many, second_of_them<b>)</b>\n"
    box = f"<article><pre><span></span>def f():\n{long}    <i>return</i> 1\n\nf()\n</pre></article>"
    made = page(tmp_path, box)
    before = made.soup.pre.text  # type: ignore[union-attr]
    code.mend(made)
    assert made.soup.pre.text == before  # type: ignore[union-attr]
    (line,) = made.soup.select(".long")
    assert line["style"] == "--indent: 8"
    assert line.text == next(text for text in before.splitlines(True) if "value" in text)
    beside = [(str(w.previous_sibling), str(w.next_sibling)) for w in line.select("wbr")]
    assert [b if a == "<b>value</b>" else a for a, b in beside] == ["<b>.</b>", "<b>(</b>"]


def test_a_printed_table_tells_its_width_and_a_text_does_not(tmp_path: Path) -> None:
    table = "layer     1     2\nseed\n0      1.00  0.65\na long line of text below the table\n"
    boxes = "".join(f'<div class="cell_output"><pre>{text}</pre></div>' for text in (table, "a b"))
    made = page(tmp_path, f"<article>{''.join(boxes)}</article>")
    code.mend(made)
    first, second = made.soup.select("pre")
    assert (first["style"], first["class"]) == ("--columns: 17", ["columns"])
    assert not second.has_attr("style")


def drawn(tmp_path: Path, columns: list[tuple[int, int]]) -> Page:
    """A page with a figure 600 pixels wide, in which only these columns of pixels are not white."""
    picture = Image.new("RGB", (600, 100), "white")
    for left, right in columns:
        picture.paste((0, 0, 0), (left, 10, right, 90))
    picture.save(tmp_path / "a.png")
    image = '<img src="../a.png" alt="Lines." width="600" height="100">'
    return page(tmp_path, f'<article><figure><a href="../a.png">{image}</a></figure></article>')


@pytest.mark.parametrize(
    ("columns", "names", "edges"),
    [
        ([(10, 590)], [], []),
        ([(10, 14), (30, 590)], [], []),  # a label beside one panel
        ([(10, 280), (320, 590)], ["left", "right"], [300]),
        ([(10, 180), (220, 390), (410, 590)], ["left", "middle", "right"], [200, 400]),
        ([(10, 280), (284, 590)], [], []),  # a narrow gap between letters
    ],
)
def test_a_figure_is_cut_between_its_columns(
    tmp_path: Path, columns: list[tuple[int, int]], names: list[str], edges: list[int]
) -> None:
    made = drawn(tmp_path, columns)
    panels.mend(made)
    frames = made.soup.select(".parts > span")
    assert [frame.text for frame in frames] == names
    widths = [int(str(frame.img["width"])) for frame in frames if frame.img]
    assert widths == [b - a for a, b in zip([0, *edges], [*edges, 600], strict=True) if names]


def test_a_mark_stays_with_its_formula(tmp_path: Path) -> None:
    math = '<span class="math"><math><mi>n</mi></math></span>'
    made = page(
        tmp_path, f"<article><p>If {math}, then {math} of them, ({math}); {math}</p></article>"
    )
    before = made.soup.text
    formulae.mend(made)
    assert made.soup.text == before
    assert [whole.text for whole in made.soup.select(".whole")] == ["n,", "n);"]


def test_a_formula_that_may_scroll_takes_the_keys(tmp_path: Path) -> None:
    blocks = "".join(f'<div class="math">{"x + " * n}1</div>' for n in (5, 20))
    made = page(tmp_path, f"<article>{blocks}</article>")
    formulae.mend(made)
    assert [block.get("tabindex") for block in made.soup.select(".math")] == [None, "0"]


def test_the_search_shows_what_an_article_says(tmp_path: Path) -> None:
    script = tmp_path / "_static/searchtools.js"
    script.parent.mkdir()
    script.write_text("""find(`[role="main"] ${anchor}`); find('[role="main"]');""")
    files.write(tmp_path, "")
    assert script.read_text() == "find(`article.bd-article ${anchor}`); find('article.bd-article');"


@pytest.mark.parametrize(
    ("text", "number"),
    [("as eq. 14 says", "14"), ("Equations 5 to 7 hold", "5"), ("equation 12,", "12"), ("7", None)],
)
def test_equations_are_known_by_their_names(text: str, number: str | None) -> None:
    found = MENTION.search(text)
    assert (found and found[1]) == number


def test_a_page_is_written_as_it_was_read(tmp_path: Path) -> None:
    text = "<!DOCTYPE html>\n<html><pre>\n  a  b\n</pre><p>x &lt; y &amp; z é</p></html>"
    made = page(tmp_path, text)
    made.write()
    assert made.path.read_text(encoding="utf8").split() == text.split()
    assert "<pre>\n  a  b\n</pre>" in made.path.read_text(encoding="utf8")


@pytest.mark.parametrize(
    ("formula", "part"),
    [
        (r"\mathbf{i+1}", '<mn class="bold">1</mn>'),
        (r"\Bigl[n\Bigr]^{d}", r"<msup><mrow><mo minsize="),
        (r"\text{(eq. 14)}", '<mtext id="eq-14">'),
    ],
)
def test_formulae_are_as_browsers_draw_them_well(formula: str, part: str) -> None:
    assert part in mathml(nodes.math("", formula), display=True)


@pytest.mark.parametrize("text", ["no place", "words <notebook>", "<notebook#anchor>"])
def test_a_place_is_words_and_an_anchor(text: str) -> None:
    role = pieces.Place()
    role.text = text
    with pytest.raises(ValueError, match="is no place"):
        role.html()


def test_a_small_copy_of_a_figure_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "_images").mkdir()
    Image.new("RGB", (1600, 800), "teal").save(tmp_path / "_images" / "large.png")
    page(
        tmp_path, '<figure id="fig-2"><img src="../_images/large.png"></figure>', "notebooks/n.html"
    )
    link = '<a href="../notebooks/n.html#fig-{}"><img class="thumb" src="" alt="Figure"></a>'
    index = page(tmp_path, link.format(2)).path
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(tmp_path))
    pieces.write_thumbnails(app, None)  # type: ignore[arg-type]
    assert 'src="../_images/small-n-fig-2.webp"' in index.read_text()
    with Image.open(tmp_path / "_images" / "small-n-fig-2.webp") as small:
        assert small.size == (pieces.WIDTH, pieces.WIDTH / 2)
    page(tmp_path, link.format(3))
    with pytest.raises(ValueError, match="#fig-3 is no figure"):
        pieces.write_thumbnails(app, None)  # type: ignore[arg-type]
