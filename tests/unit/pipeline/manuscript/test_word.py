"""Word files as python-docx reads them back."""

import io
import time

import docx
import pytest
from docx.oxml.ns import qn

from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner, numbered
from pipeline.manuscript.word import Passage, table_file, text_file


@pytest.fixture
def own():
    return numbered(
        [
            ApaTable(
                "mood",
                "Mood and *r*",
                [Column("Scale", "left"), Column("*M*"), Column("*SD*")],
                [Row(["Client"]), Row(["Up", "10.50", "1.25"], indent=1), Row(["Down", "**9.00**", "—"], indent=1)],
                [Spanner("Score", 1, 2)],
                general="*M* = mean.",
            )
        ]
    )


def read(content: bytes):
    return docx.Document(io.BytesIO(content))


def test_number_title_and_note_as_apa_has_them(own):
    number, title, note = [p for p in read(table_file(own, "x")).paragraphs if p.text.strip()]
    assert (number.text, number.runs[0].bold) == ("Table 1", True)
    assert title.text == "Mood and r"
    assert [run.italic for run in title.runs] == [True, None]  # what is italic in italics stands upright
    assert note.text == "Note. M = mean."
    assert note.runs[0].italic


def test_cells_alignment_and_bold(own):
    rows = read(table_file(own, "x")).tables[0].rows
    texts = [[cell.text for cell in row.cells] for row in rows]
    assert texts[0] == ["", "Score", "Score"]
    assert texts[1] == ["Scale", "M", "SD"]
    assert texts[2] == ["Client"] * 3
    assert texts[4] == ["Down", "\N{FIGURE SPACE}9.00", "—"]  # the point stands below that of 10.50
    assert rows[4].cells[1].paragraphs[0].runs[-1].bold or any(r.bold for r in rows[4].cells[1].paragraphs[0].runs)


def test_only_horizontal_rules(own):
    table = read(table_file(own, "x")).tables[0]
    edges = {edge.tag for borders in table._tbl.iter(qn("w:tcBorders")) for edge in borders}
    assert edges == {qn("w:top"), qn("w:bottom")}
    assert table._tbl.tblPr.find(qn("w:tblBorders")) is None


def test_heads_come_again_on_the_next_page_and_rows_are_not_cut(own):
    rows = read(table_file(own, "x")).tables[0].rows
    heads = [row._tr.trPr.find(qn("w:tblHeader")) is not None for row in rows]
    assert heads == [True, True, False, False, False]
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in rows)


def test_the_same_content_gives_the_same_bytes_at_any_time(own, monkeypatch):
    first = table_file(own, "x")
    monkeypatch.setattr(time, "localtime", lambda *_: time.struct_time((2040, 1, 2, 3, 4, 6, 0, 2, 0)))
    assert table_file(own, "x") == first


def test_text_has_headings_and_references_hang():
    passages = [Passage("title", "T"), Passage("heading", "Method"), Passage("paragraph", "*r* = .59")]
    document = read(text_file([*passages, Passage("reference", "Doe, J. (2020).")], "T"))
    styles = [(p.style.name, p.text) for p in document.paragraphs]
    assert styles == [("Heading 1", "T"), ("Heading 1", "Method"), ("Normal", "r = .59"), ("Normal", "Doe, J. (2020).")]
    assert document.paragraphs[-1].paragraph_format.first_line_indent < 0
