"""Word files: tables and text in APA Style. The same content gives the same bytes."""

import datetime
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Inches, Pt

from pipeline.manuscript.apa_table import ApaTable, Row
from pipeline.manuscript.rich import literal, runs

FONT = "Times New Roman"
ROOM = {"0": "\N{FIGURE SPACE}", ".": "\N{PUNCTUATION SPACE}"}  # as wide as a digit, as a point
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold
MADE = datetime.datetime(2000, 1, 1)
LETTER = (Inches(8.5), Inches(11))
MARGIN = Inches(1)
THICK, THIN = 8, 4  # eighths of a point


@dataclass(frozen=True)
class Passage:
    """A part of a text.

    Attributes
    ----------
    kind : {"title", "heading", "subheading", "paragraph", "plain", "reference"}
        How it stands.
    text : str
        With the signs of :mod:`pipeline.manuscript.rich`.
    """

    kind: Literal["title", "heading", "subheading", "paragraph", "plain", "reference"]
    text: str


def table_file(tables: Sequence[ApaTable], title: str) -> bytes:
    """Return a Word file with one table on each page.

    Parameters
    ----------
    tables : sequence of ApaTable
        Each with its number.
    title : str
        Of the file, in its properties.

    Returns
    -------
    bytes
        The file.
    """
    document = _document(title)
    for place, table in enumerate(tables):
        section = document.sections[-1] if place == 0 else document.add_section()
        _turn(section, table.landscape)
        add_table(document, table)
    return _bytes(document)


def text_file(passages: Sequence[Passage], title: str) -> bytes:
    """Return a Word file of text, double-spaced, with the headings of APA Style.

    Parameters
    ----------
    passages : sequence of Passage
        In order.
    title : str
        Of the file, in its properties.

    Returns
    -------
    bytes
        The file.
    """
    document = _document(title)
    for passage in passages:
        _add_passage(document, passage)
    return _bytes(document)


def grid_file(title: str, intro: Sequence[str], tables: Sequence[tuple[str, str, Sequence[Sequence[str]]]]) -> bytes:
    """Return a Word file of plain tables with a heading each, such as filled-in checklists.

    Parameters
    ----------
    title : str
        On top.
    intro : sequence of str
        Paragraphs below it.
    tables : sequence of (str, str, rows)
        Heading, a paragraph below it, and rows of cells, the first of them the head.

    Returns
    -------
    bytes
        The file.
    """
    document = _document(title)
    _add_passage(document, Passage("title", literal(title)))
    for text in intro:
        _single(_paragraph(document, text, 11))
    for heading, about, rows in tables:
        _add_passage(document, Passage("subheading", heading))
        _single(_paragraph(document, about, 11)).paragraph_format.space_after = Pt(6)
        width = (LETTER[0] - 2 * MARGIN) / sum(WIDTHS[len(rows[0])])
        made = document.add_table(len(rows), len(rows[0]))
        made.autofit = False
        for grid, share in zip(made.columns, WIDTHS[len(rows[0])], strict=True):
            grid.width = Emu(int(width * share))
        for place, row in enumerate(rows):
            for cell, text, share in zip(made.rows[place].cells, row, WIDTHS[len(row)], strict=True):
                cell.width = Emu(int(width * share))
                _fill(cell, text, 10, "left", bold=place == 0)
                _borders(cell, top=THICK * (place == 0), bottom=THICK if place in (0, len(rows) - 1) else THIN)
            _keep(made.rows[place], head=place == 0)
    return _bytes(document)


WIDTHS = {2: (3.0, 3.5), 3: (2.6, 1.0, 2.9)}  # inches, of plain tables with so many columns


def add_table(document: Any, table: ApaTable) -> None:
    """Put number, title, table and notes at the end of a document.

    Parameters
    ----------
    document : docx.document.Document
        Changed in place.
    table : ApaTable
        With its number.
    """
    size = 8 if len(table.columns) > 12 else 9 if table.landscape else 10
    for text, follow in ((f"**Table {literal(table.number)}**", True), (_italic(table.title), True)):
        paragraph = _single(_paragraph(document, text, 12))
        paragraph.paragraph_format.keep_with_next = follow
        paragraph.paragraph_format.space_after = Pt(6)
    heads = 2 if table.spanners else 1
    made = document.add_table(heads + len(table.rows), len(table.columns))
    made.alignment, made.autofit = WD_TABLE_ALIGNMENT.LEFT, False
    _narrow_margins(made)
    widths = _widths(document, table)
    for grid, width in zip(made.columns, widths, strict=True):
        grid.width = width
    matrix = [list(row.cells) for row in made.rows]
    for cells in matrix:
        for cell, width in zip(cells, widths, strict=True):
            cell.width = width  # joined cells add up what they have
    _fill_heads(table, matrix, size)
    paddings = [table.padding(column) for column in range(len(table.columns))]
    for place, row in enumerate(table.rows):
        _fill_row(table, row, matrix[heads + place], [padding[place] for padding in paddings], size)
        following = table.rows[place + 1] if place + 1 < len(table.rows) else None
        together = row.heads_rows or (following is not None and following.follows)
        for cell in matrix[heads + place]:
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.keep_with_next = together
    for cell in matrix[-1]:
        _borders(cell, bottom=THICK)
    for place, row in enumerate(made.rows):
        _keep(row, head=place < heads)
    for note in _notes(table):
        paragraph = _single(_paragraph(document, note, 10))
        paragraph.paragraph_format.space_before = Pt(4)


def _notes(table: ApaTable) -> list[str]:
    """The notes in the order of APA Style: general, specific, probability."""
    general = f"*Note.* {table.general}" if table.general else ""
    return [note for note in (general, " ".join(table.specific), table.probability) if note]


def _italic(title: str) -> str:
    """A title in italics: what was italic stands upright."""
    return "".join(literal(run.text) if run.italic else f"*{literal(run.text)}*" for run in runs(title))


def _fill_heads(table: ApaTable, matrix: list[list[Any]], size: int) -> None:
    last = matrix[1] if table.spanners else matrix[0]
    for place, column in enumerate(table.columns):
        _fill(last[place], column.head, size, "left" if column.align == "left" and place == 0 else "center")
        _borders(last[place], bottom=THICK, top=0 if table.spanners else THICK)
        last[place].vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.BOTTOM
    if table.spanners:
        for cell in matrix[0]:
            _borders(cell, top=THICK)
            _fill(cell, "", size, "center")
        for one in table.spanners:
            joined = matrix[0][one.first].merge(matrix[0][one.last])
            for extra in joined.paragraphs[1:]:
                extra._element.getparent().remove(extra._element)
            _fill(joined, one.head, size, "center")
            _borders(joined, top=THICK, bottom=THIN)


def _fill_row(table: ApaTable, row: Row, cells: list[Any], paddings: Sequence[tuple[str, str]], size: int) -> None:
    if row.heads_rows:
        joined = cells[0].merge(cells[-1])
        for extra in joined.paragraphs[1:]:
            extra._element.getparent().remove(extra._element)
        _fill(joined, row.cells[0], size, "left", indent=row.indent)
    else:
        for place, (cell, text) in enumerate(zip(cells, row.cells, strict=True)):
            before, behind = ("".join(ROOM[sign] for sign in room) for room in paddings[place])
            smaller = size - 1.5 if row.follows and place else size
            align = "left" if table.columns[place].align == "left" else "center"
            _fill(cell, f"{before}{text}{behind}", smaller, align, indent=row.indent if place == 0 else 0)
    if row.rule:
        for cell in cells:
            _borders(cell, top=THIN)


def _fill(cell: Any, text: str, size: float, align: str, *, bold: bool = False, indent: int = 0) -> None:
    """Write a cell: one paragraph, its lines as the text has them."""
    paragraph = cell.paragraphs[0]
    for run in list(paragraph.runs):
        run._element.getparent().remove(run._element)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if align == "center" else WD_ALIGN_PARAGRAPH.LEFT
    _single(paragraph)
    paragraph.paragraph_format.left_indent = Pt(9 + 9 * indent) if align == "left" else Pt(0)
    paragraph.paragraph_format.first_line_indent = Pt(-9) if align == "left" else Pt(0)
    for place, line in enumerate(text.split("\n")):
        if place:
            paragraph.add_run().add_break()
        _add_runs(paragraph, line, size, bold=bold)


def _add_runs(paragraph: Any, line: str, size: float | None, *, bold: bool = False) -> None:
    for part in runs(line):
        run = paragraph.add_run(part.text)
        run.italic, run.bold = part.italic or None, (part.bold or bold) or None
        run.font.superscript = part.raised or None
        if size:
            run.font.size = Pt(size)


def _borders(cell: Any, **edges: int) -> None:
    """Rules of a cell: `top` and `bottom`, as thick as given; 0 leaves what is there."""
    properties = cell._element.get_or_add_tcPr()
    found = properties.find(qn("w:tcBorders"))
    if found is None:
        found = OxmlElement("w:tcBorders")
        # the schema wants the borders before what says how text stands in the cell
        later = properties.find(qn("w:vAlign"))
        properties.append(found) if later is None else later.addprevious(found)
    for edge in ("top", "bottom"):
        if edges.get(edge):
            old = found.find(qn(f"w:{edge}"))
            rule = old if old is not None else OxmlElement(f"w:{edge}")
            for name, value in (("val", "single"), ("sz", str(edges[edge])), ("space", "0"), ("color", "000000")):
                rule.set(qn(f"w:{name}"), value)
            if old is None:
                found.insert(0, rule) if edge == "top" else found.append(rule)


def _narrow_margins(made: Any) -> None:
    """Little room at the sides of the cells, so that stars stay with their number."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        room = OxmlElement(f"w:{side}")
        room.set(qn("w:w"), "30")
        room.set(qn("w:type"), "dxa")
        margins.append(room)
    made._tbl.tblPr.find(qn("w:tblLook")).addprevious(margins)


def _keep(row: Any, *, head: bool) -> None:
    """No row is cut at the end of a page; heads come again on the next one."""
    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))


def _widths(document: Any, table: ApaTable) -> list[Emu]:
    section = document.sections[-1]
    room = section.page_width - section.left_margin - section.right_margin
    whole = sum(column.width for column in table.columns)
    return [Emu(int(room * column.width / whole)) for column in table.columns]


def _turn(section: Any, landscape: bool) -> None:
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = reversed(LETTER) if landscape else LETTER
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = MARGIN


def _document(title: str) -> Any:
    document = docx.Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(12)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.DOUBLE
    normal.paragraph_format.space_after = Pt(0)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by, properties.comments = title[:250], "", "", ""
    properties.created = properties.modified = MADE
    _turn(document.sections[0], False)
    _number_pages(document)
    return document


def _number_pages(document: Any) -> None:
    """The number of the page at the top right, as APA Style has it."""
    paragraph = document.sections[0].header.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _add_passage(document: Any, passage: Passage) -> None:
    level = {"title": 0, "heading": 1, "subheading": 2}.get(passage.kind)
    if level is not None:
        paragraph = document.add_paragraph(style=f"Heading {max(level, 1)}")
        _add_runs(paragraph, passage.text, 12, bold=True)
        for run in paragraph.runs:
            run.font.name = FONT
            run.font.color.rgb = docx.shared.RGBColor(0, 0, 0)
            run._element.rPr.rFonts.set(qn("w:asciiTheme"), "")
            del run._element.rPr.rFonts.attrib[qn("w:asciiTheme")]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if level < 2 else WD_ALIGN_PARAGRAPH.LEFT
        paragraph.paragraph_format.space_before = Pt(0)
        paragraph.paragraph_format.keep_with_next = True
        return
    paragraph = _paragraph(document, passage.text, None)
    form = paragraph.paragraph_format
    if passage.kind == "paragraph":
        form.first_line_indent = Inches(0.5)
    elif passage.kind == "reference":
        form.left_indent, form.first_line_indent = Inches(0.5), Inches(-0.5)


def _paragraph(document: Any, text: str, size: float | None) -> Any:
    paragraph = document.add_paragraph()
    _add_runs(paragraph, text, size)
    return paragraph


def _single(paragraph: Any) -> Any:
    paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    paragraph.paragraph_format.space_after = Pt(0)
    return paragraph


def _bytes(document: Any) -> bytes:
    """The file with no time in it but a fixed one."""
    made = io.BytesIO()
    document.save(made)
    fixed = io.BytesIO()
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"<cp:revision>\d+</cp:revision>", b"<cp:revision>1</cp:revision>", content)
            fresh = zipfile.ZipInfo(entry.filename, EPOCH)
            fresh.compress_type, fresh.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            new.writestr(fresh, content)
    return fixed.getvalue()
