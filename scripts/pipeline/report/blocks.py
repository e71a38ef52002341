"""What a section of a report is made of: blocks in order, without any layout.

A section is a list of blocks; renderers (the HTML page, and whatever else is made of the same results) know how a block
looks and nothing of statistics. Blocks are written as JSON, so that a renderer needs no table.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Heading:
    """A heading inside a section; `level` 3 or 4, the title of the section being 2."""

    text: str
    level: int = 3
    prominent: bool = False  # such as the name of a perspective, above headings of the same level


@dataclass
class Sentences:
    """Paragraphs of plain sentences; `file`, below the results of the data set, holds the same text to paste."""

    paragraphs: list[str]
    file: str = ""


@dataclass
class Note:
    """A remark on method or reading that stands back behind the results."""

    text: str


@dataclass
class Listing:
    """Sentences that are read one by one."""

    items: list[str]


@dataclass
class Warning:
    """What a reader must not overlook: a title, and sentences or items."""

    title: str
    text: str = ""
    items: list[str] = field(default_factory=list)


@dataclass
class Table:
    """A table as people read it: column heads, rows of text, and the files that hold every digit.

    `title` is that of the headings above where it is empty. `source` names the files, below the results of the data
    set, with a comma between them. `links`, where there are any, holds for each row the address that its first cell
    leads to; `files`, where there are any, for each row the files that a further cell names and leads to.
    """

    head: list[str]
    rows: list[list[str]] = field(default_factory=list)
    source: str = ""
    links: list[str] = field(default_factory=list)
    files: list[list[str]] = field(default_factory=list)
    title: str = ""


@dataclass
class Figure:
    """A figure: its SVG below the results of the data set, what it shows in words, and how it is read."""

    path: str
    alt: str
    caption: str


@dataclass
class ForestRow:
    """A row of a forest: a share from 0 to 1, its limits where they are known, and the same as text.

    Rows with one `heading` stand below each other. `published`: without data; `or_more`: only a lower limit is known.
    """

    heading: str
    label: str
    estimate: float
    lower: float | None
    upper: float | None
    text: str
    published: bool = False
    or_more: bool = False


@dataclass
class Forest:
    """Estimates and intervals that a page draws itself; `marks` are shares to compare with."""

    rows: list[ForestRow]
    axis: str
    marks: list[float]
    alt: str
    caption: str


@dataclass
class Verbatim:
    """Text to be shown letter by letter, such as settings."""

    title: str
    text: str


@dataclass
class Folded:
    """Blocks that are shown on demand; on paper only where they are `printed`."""

    title: str
    blocks: list["Block"]
    printed: bool = False


Block = Heading | Sentences | Note | Listing | Warning | Table | Figure | Forest | Verbatim | Folded
KINDS: dict[str, type] = {
    kind.__name__.lower(): kind
    for kind in (Heading, Sentences, Note, Listing, Warning, Table, Figure, Forest, Verbatim, Folded)
}


@dataclass
class Section:
    """A titled part of a report."""

    id: str
    title: str
    blocks: list[Block]


@dataclass
class Document:
    """A report: what it is about, and its sections in order.

    `window` is the title of the browser's window, `home` the address of the page that links all reports.
    """

    title: str
    subtitle: str
    sections: list[Section]
    window: str = ""
    home: str = ""


def paragraphs(texts: Iterable[str]) -> list[Block]:
    """Return one block of the texts that are not empty; no block where none is left."""
    kept = [text for text in texts if text]
    return [Sentences(kept)] if kept else []


def under(heading: str, *blocks: Block, level: int = 3) -> list[Block]:
    """Return blocks below a heading; nothing, not even the heading, where no table has a row and there is no figure."""
    kept = [block for block in blocks if not (isinstance(block, Table) and not block.rows)]
    return [Heading(heading, level), *kept] if any(isinstance(block, Table | Figure) for block in kept) else []


def folded(title: str, *figures: list[Figure]) -> list[Block]:
    """Return figures to be shown on demand; nothing where there is none."""
    blocks: list[Block] = [figure for drawn in figures for figure in drawn]
    return [Folded(title, blocks)] if blocks else []


def to_json(document: Document) -> str:
    """Return a document as JSON text; every block says its kind."""
    content = asdict(document) | {
        "sections": [
            {"id": section.id, "title": section.title, "blocks": [_packed(block) for block in section.blocks]}
            for section in document.sections
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> Document:
    """Return the document that `to_json` wrote."""
    content = json.loads(text)
    return Document(
        title=content["title"],
        subtitle=content["subtitle"],
        window=content["window"],
        home=content["home"],
        sections=[
            Section(section["id"], section["title"], [_unpacked(block) for block in section["blocks"]])
            for section in content["sections"]
        ],
    )


def _packed(block: Block) -> dict[str, Any]:
    content = asdict(block)
    if isinstance(block, Table) and not all(isinstance(cell, str) for row in block.rows for cell in row):
        raise TypeError(f"a cell of the table headed {', '.join(block.head)} is no text")
    if isinstance(block, Folded):
        content["blocks"] = [_packed(inner) for inner in block.blocks]
    return {"kind": type(block).__name__.lower()} | content


def _unpacked(content: dict[str, Any]) -> Block:
    rest = {name: value for name, value in content.items() if name != "kind"}
    if content["kind"] == "forest":
        rest["rows"] = [ForestRow(**row) for row in rest["rows"]]
    if content["kind"] == "folded":
        rest["blocks"] = [_unpacked(inner) for inner in rest["blocks"]]
    block: Block = KINDS[content["kind"]](**rest)
    return block
