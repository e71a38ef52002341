"""What would tell who answered is found, wherever it stands."""

import pytest

from manuscript.identifiers import findings, searchable
from pipeline.manuscript.apa_table import ApaTable, Column, Row
from pipeline.manuscript.word import table_file

CODES, PSEUDONYMS = ["P-0417", "anna", "12", "1234"], ["c001", "t017"]


@pytest.mark.parametrize(
    "path, content",
    [
        ("a.csv", b"form,note\nwai,answers of P-0417 look odd\n"),
        ("a.json", b'{"note": "anna left out item 3"}'),
        ("a.html", b'<p class="x">client <b>c001</b></p>'),
        ("a.html", b'<img alt="scores of t017" src="data:image/png;base64,AAAA">'),
        ("a.svg", b'<text x="1">P-0417</text>'),
        ("a.md", b"See anna."),
        ("a.csv", b"client,estimate\nx,1\n"),
        ("a.parquet", b"PAR1"),
        (
            "a.docx",
            table_file([ApaTable("t", "T", [Column("Who", "left")], [Row(["t017"], indent=1)], number="1")], "x"),
        ),
    ],
)
def test_found(path, content):
    (one,) = findings({path: content}, CODES, PSEUDONYMS)
    assert one.startswith(path)
    assert not {"P-0417", "anna", "c001", "t017"} & set(one.replace(".", " ").split())  # the message repeats no code


@pytest.mark.parametrize(
    "path, content",
    [
        ("a.csv", b"form,estimate,n\nwai,12,1234\n"),  # codes that are numbers cannot be told from numbers
        ("a.html", b'<img src="data:image/png;base64,+c001+anna/"> <path d="M1 2c001 3"/>'),
        ("a.json", b'{"sha256": "e6c001f0"}'),
        ("a.md", b"Susannah and annals"),
        ("a.png", b"\x89PNG anna"),
    ],
)
def test_not_found(path, content):
    assert findings({path: content}, CODES, PSEUDONYMS) == []


def test_what_can_be_searched_for():
    assert [code for code in ("P-0417", "T35", "ab", "17", "20231105", "anna") if searchable(code)] == [
        "P-0417",
        "T35",
        "anna",
    ]
