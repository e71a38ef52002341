"""Pages run nothing and fetch nothing, whatever the labels of a data set hold."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.report.blocks import Document, Folded, Heading, Listing, Section, Sentences, Table, Warning
from pipeline.report.page import content_policy, write_page

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
    assert {tag for tag, _ in seen} & {"script", "img", "iframe", "object", "link", "form"} == set()
    assert not [name for _, attributes in seen for name in attributes if name.startswith("on") or name == "style"]
    assert "&lt;script&gt;alert(1)" in page


def test_the_policy_allows_the_style_of_the_page_and_no_more(page):
    (policy,) = [of["content"] for tag, of in Seen(page).tags if of.get("http-equiv") == "Content-Security-Policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    checksum = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{checksum}'; base-uri 'none'; form-action 'none'"
    )
    assert page.index("Content-Security-Policy") < page.index("<title>")  # what stands before it is not covered


def test_a_page_without_style_allows_none():
    assert "style-src 'none'" in content_policy("<p>text</p>")


def test_templates_hold_nothing_that_the_policy_forbids():
    for template in (ROOT / "workflow/templates").glob("*.j2"):
        text = template.read_text()
        assert not re.search(FORBIDDEN, text), template.name


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
        "Table 3. Every one",
        "Table 4. Loadings",
    ]
    heads = [of for tag, of in Seen(page).tags if tag == "th"]
    assert [of["scope"] for of in heads] == ["col", "col", "row"] * 4
