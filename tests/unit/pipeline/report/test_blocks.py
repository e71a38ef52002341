"""Blocks survive JSON whole, and a heading without anything below it is left out."""

import json

import pytest

from pipeline.report.blocks import (
    KINDS,
    Document,
    Figure,
    Folded,
    Forest,
    ForestRow,
    Heading,
    Listing,
    Note,
    Section,
    Sentences,
    Table,
    Verbatim,
    Warning,
    from_json,
    paragraphs,
    to_json,
    under,
)

ALL = [
    Heading("Scales", 3),
    Sentences(["One.", "Two."], file="a.txt"),
    Note("ω is omega."),
    Listing(["one", "two"]),
    Warning("Check", "this", ["a", "b"]),
    Table(["Form", "n"], [["WAI", "12"]], "a.csv", ["wai.html"]),
    Figure("figures/a.svg", "what it shows", "caption"),
    Forest([ForestRow("A study", "WAI", 0.5, 0.4, None, "50%")], "share", [0.2], "what it shows", "caption"),
    Verbatim("settings", "{}"),
    Folded("more", [Table(["n"], [["1"]]), Folded("still more", [Note("x")])]),
]


def test_every_kind_is_tried():
    assert {type(block) for block in ALL} == set(KINDS.values())


def test_a_document_survives_json():
    document = Document("Title", "what", [Section("a", "A", ALL)], "Window", "index.html")
    assert from_json(to_json(document)) == document


def test_a_cell_is_text():
    with pytest.raises(TypeError, match="table headed n is no text"):
        to_json(Document("", "", [Section("a", "A", [Folded("more", [Table(["n"], [[float("nan")]])])])]))


def test_every_block_says_its_kind():
    content = json.loads(to_json(Document("", "", [Section("a", "A", ALL)])))
    assert [block["kind"] for block in content["sections"][0]["blocks"]] == list(KINDS)


@pytest.mark.parametrize("blocks", [[Table(["n"])], [Note("on a table"), Table(["n"])], []])
def test_no_heading_above_nothing(blocks):
    assert under("Heading", *blocks) == []


def test_a_heading_above_a_table_or_a_figure():
    table, figure = Table(["n"], [["1"]]), Figure("a.svg", "a", "b")
    assert under("Heading", Note("x"), table) == [Heading("Heading", 3), Note("x"), table]
    assert under("Heading", Table(["n"]), figure, level=4) == [Heading("Heading", 4), figure]


def test_empty_sentences_make_no_paragraph():
    assert paragraphs(["", "a", ""]) == [Sentences(["a"])]
    assert paragraphs([""]) == []
