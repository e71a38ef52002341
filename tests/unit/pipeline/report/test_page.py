"""Pages run nothing but their own script and fetch nothing, whatever the labels of a data set hold."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from pipeline.report.blocks import Document, Figure, Folded, Heading, Listing, Section, Sentences, Table, Warning
from pipeline.report.page import NOTHING_DRAWN, content_policy, write_page

ROOT = Path(__file__).parents[4]
TEMPLATE = ROOT / "workflow/templates/report.html.j2"
FORBIDDEN = r"<script|\son[a-z]+=|\sstyle=|javascript:|https?://|[^' ]\s*\|\s*safe\b"  # a text of the template is safe
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)"> & "quoted" \'text\''


class Seen(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.fixture
def page(tmp_path) -> str:
    table = Table([HOSTILE, "n"], source="x.csv")
    table.rows.append([HOSTILE, HOSTILE])
    blocks = [Heading(HOSTILE), Sentences([HOSTILE]), Listing([HOSTILE]), Warning(HOSTILE, items=[HOSTILE]), table]
    document = Document(window=HOSTILE, title=HOSTILE, subtitle=HOSTILE, sections=[Section("a", HOSTILE, blocks)])
    write_page(TEMPLATE, tmp_path / "page.html", document=document, folder=tmp_path)
    return (tmp_path / "page.html").read_text()


def test_labels_are_text(page):
    seen = Seen(page).tags
    assert [tag for tag, _ in seen].count("script") == 1  # that of the page, which the policy knows by its checksum
    assert {tag for tag, _ in seen} & {"img", "iframe", "object", "link", "form"} == set()
    assert not [name for _, attributes in seen for name in attributes if name.startswith("on") or name == "style"]
    assert "&lt;script&gt;alert(1)" in page


def checksum_of(element, page) -> str:
    (text,) = re.findall(rf"<{element}>(.*?)</{element}>", page, flags=re.DOTALL)
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_allows_style_and_script_of_the_page_and_no_more(page):
    (policy,) = [of["content"] for tag, of in Seen(page).tags if of.get("http-equiv") == "Content-Security-Policy"]
    assert policy == (
        f"default-src 'none'; img-src data:; script-src 'sha256-{checksum_of('script', page)}'; "
        f"style-src 'sha256-{checksum_of('style', page)}'; base-uri 'none'; form-action 'none'"
    )
    assert page.index("Content-Security-Policy") < page.index("<title>")  # what stands before it is not covered


def test_a_page_without_style_allows_none():
    policy = content_policy("<p>text</p>")
    assert "style-src 'none'" in policy and "script-src" not in policy  # so that default-src, none, holds for scripts


def test_templates_hold_nothing_that_the_policy_forbids():
    for template in (ROOT / "workflow/templates").glob("*.j2"):
        text = template.read_text()
        text = text.replace("<script>", "") if template.name == "script.html.j2" else text
        assert not re.search(FORBIDDEN, text), template.name
        assert template.name != "script.html.j2" or "{{" not in text  # no text of a data set gets into it


def test_every_heading_has_an_address_and_every_table_a_number_and_a_caption(tmp_path):
    def table():
        return Table(["a", "b"], [["x", "1"]])

    blocks = [
        table(),
        Heading("Items of A & B", prominent=True),
        Heading("Loadings"),
        table(),
        Folded("Every one", [table()]),
    ]
    sections = [Section("first", "First", blocks), Section("second", "Second", [Heading("Loadings"), table()])]
    document = Document(window="w", title="t", subtitle="s", sections=sections)
    write_page(TEMPLATE, tmp_path / "page.html", document=document, folder=tmp_path)
    page = (tmp_path / "page.html").read_text()
    assert re.findall(r'<h[234] id="([^"]*)"', page) == [
        "first", "items-of-a-b", "loadings", "second", "loadings-2",
    ]  # fmt: skip
    assert re.findall("<caption>(.*?)</caption>", page) == [
        "Table 1. First",
        "Table 2. Loadings (items of A &amp; B)",
        "Table 3. Every one (items of A &amp; B)",
        "Table 4. Loadings",
    ]
    heads = [of for tag, of in Seen(page).tags if tag == "th"]
    assert [of["scope"] for of in heads] == ["col", "col", "row"] * 4


def written(tmp_path, *blocks) -> str:
    document = Document(window="w", title="t", subtitle="s", sections=[Section("one", "One", list(blocks))])
    write_page(TEMPLATE, tmp_path / "page.html", document=document, folder=tmp_path)
    return (tmp_path / "page.html").read_text()


def test_nothing_is_shown_of_a_figure_with_nothing_to_show_nor_its_heading_nor_an_empty_section(tmp_path):
    (tmp_path / "drawn.svg").write_text("<svg/>")
    (tmp_path / "empty.svg").write_text(f'<svg><g id="{NOTHING_DRAWN}"/></svg>')
    empty = Figure("empty.svg", "nothing", "Lines are intervals.")
    page = written(
        tmp_path,
        Heading("Whose", prominent=True),
        Heading("Empty"),
        empty,
        Heading("Also empty"),
        Folded("Nothing in it", [empty]),
        Heading("Last"),
        Figure("drawn.svg", "something", "Points are means."),
        Heading("At the end"),
    )
    assert re.findall(r"<h3[^>]*>(.*?)</h3>", page) == ["Whose", "Last"]
    assert "Lines are intervals" not in page and "<details" not in page and page.count("<figure>") == 1
    assert "<h2" not in written(tmp_path, Heading("Empty"), empty)


def test_a_figure_leads_to_its_files_and_its_caption_tells_of_what_is_drawn(tmp_path):
    (tmp_path / "figures").mkdir()
    about = "<dc:title>Shares &amp; all</dc:title><dc:description>No line. n = 5</dc:description>"
    (tmp_path / "figures/a.b.svg").write_text(f'<svg fill="#fff">\n{about}100%</svg>')
    for kind in ("pdf", "png"):
        (tmp_path / f"figures/a.b.{kind}").touch()
    page = written(tmp_path, Figure("figures/a.b.svg", "what is found", "Lines are intervals."))
    assert "Shares &amp; all. No line. <i>n</i> = 5." in page
    assert re.search(r"<details><summary>How to read the figure</summary>Lines are intervals.</details>", page)
    assert re.findall(r'href="figures/a.b.([^"]*)"', page) == ["svg", "svg", "pdf", "png"]
    address = re.search(r'<img src="data:image/svg\+xml,([^"]*)" alt="what is found">', page)[1]
    assert unquote(address) == f"<svg fill='#fff'> {about}100%</svg>"


def test_a_table_leads_to_its_files_and_has_no_column_without_a_value(tmp_path):
    rows = [["a", "9", "–", ""], ["b", "10", "–", ""]]
    table = Table(["Form", "n", "Alpha", "Remark"], rows, source="a/b.csv, c.csv")
    page = written(tmp_path, table)
    assert re.findall(r'href="([^"#]*)"', page) == ["a/b.csv", "c.csv"]
    assert re.findall(r'<th scope="col">(.*?)</th>', page) == ["Form", "<i>n</i>"]
    assert '<td class="short name"><span class="p2">9</span></td>' in page
    assert 'href="sections.json"' in written(tmp_path, Table(["a", "b"], [["x", "1"]]))


def test_symbols_of_statistics_are_italic_and_commands_are_code(tmp_path):
    page = written(
        tmp_path,
        Sentences(["WAI (n = 90): p < .001, r = .59; not in: mean = 3; `make check` names rows."]),
        Table(["Form", "n", "Pearson r", "p (Holm)", "Spearman's rho"], [["a", "9", ".5", ".01", ".4"]]),
    )
    assert "WAI (<i>n</i> = 90): <i>p</i> &lt; .001, <i>r</i> = .59; not in: mean = 3; <code>make check</code>" in page
    heads = re.findall(r'<th scope="col">(.*?)</th>', page)
    assert heads == ["Form", "<i>n</i>", "Pearson <i>r</i>", "<i>p</i> (Holm)", "Spearman&#39;s rho"]
