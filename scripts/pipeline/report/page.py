"""Self-contained pages: templates, and pictures inside the page."""

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import jinja2
from markupsafe import Markup, escape

from pipeline.data.tables import write_atomically
from pipeline.report.alignment import ABSENT, rooms
from pipeline.report.blocks import Block, Document, Figure, Folded, Forest, Heading, Table
from pipeline.report.forest import svg
from pipeline.report.wording import sentence

POLICY_HERE = "content-security-policy-goes-here"
FORMATS = ("svg", "pdf", "png", "tiff")
# what APA Style sets in italics, before a sign of comparison and as a word in the head of a column
SYMBOL = re.compile(r"\b(SD|df|[rpnNMdtFW])(?=[ \N{NO-BREAK SPACE}](?:=|&lt;|&gt;))")
HEAD_SYMBOL = re.compile(r"(?<![\w|'’-])(SD|df|[rpnM])(?![\w|'’-])")
NOTHING_DRAWN = "nothing-drawn"  # id in the SVG of a figure that only says why there is nothing to draw
# areas of a figure that tell their values where the pointer rests on them; a picture inside a page tells nothing
VALUES = re.compile(r'<g class="values".*?</g>', re.DOTALL)


def is_drawn(path: Path) -> bool:
    """Whether a figure shows anything; one that only gives reasons is left out of a page."""
    return f'id="{NOTHING_DRAWN}"'.encode() not in path.read_bytes()


def inline_svg(path: Path) -> Markup:
    """A figure as a data address, so that the page needs no other file; a third shorter than in base64."""
    text = VALUES.sub("", path.read_text(encoding="utf-8")).replace("\r", "").replace("\n", " ")
    text = text.replace("'", "&#39;").replace('"', "'")
    return Markup("data:image/svg+xml," + quote(text, safe=" <>='/:;,.()+?!*@$[]{}|~^"))


def values_over(path: Path) -> Markup:
    """The areas of a figure that tell its values, to lie over the picture; nothing for a figure that tells none.

    Readers who see no picture read its alternative text and the tables.
    """
    text = path.read_text(encoding="utf-8")
    areas, shape = VALUES.search(text), re.search(r'viewBox="([\d. ]+)"', text)
    if not areas or not shape:
        return Markup()
    return Markup(f'<svg class="values" viewBox="{shape[1]}" aria-hidden="true">{areas[0]}</svg>')


def prose(text: str) -> Markup:
    """A text as HTML: symbols of statistics in italics; what stands between grave accents is code."""
    shown = re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text)))
    return Markup(SYMBOL.sub(r"<i>\1</i>", shown))


def head(text: str) -> Markup:
    """The head of a column as HTML, symbols of statistics in italics."""
    return Markup(HEAD_SYMBOL.sub(r"<i>\1</i>", str(escape(text))))


def written_caption(path: Path) -> str:
    """Title and note that a figure brings along: they tell of what is drawn and of nothing else."""
    text = path.read_text(encoding="utf-8")
    parts = [re.search(rf"<dc:{name}>(.*?)</dc:{name}>", text, re.DOTALL) for name in ("title", "description")]
    return " ".join(sentence(html.unescape(part[1])) for part in parts if part)


def in_formats(path: str, folder: Path) -> list[tuple[str, str]]:
    """The formats in which a figure was drawn, and its file in each, from the path of its SVG below the folder."""
    files = [(kind.upper(), str(PurePosixPath(path).with_suffix(f".{kind}"))) for kind in FORMATS]
    return [(kind, file) for kind, file in files if (folder / file).exists()]


def pruned(blocks: Sequence[Block], folder: Path) -> list[Block]:
    """Leave out what is empty: figures with nothing to show, columns without a value, headings with nothing below."""
    kept: list[Block] = []
    for block in blocks:
        if isinstance(block, Table):
            block = with_values(block)
        elif isinstance(block, Folded):
            block = replace(block, blocks=pruned(block.blocks, folder))
            if not block.blocks:
                continue
        if not isinstance(block, Figure) or is_drawn(folder / block.path):
            kept.append(block)
    return [block for block, next_one in zip_longest(kept, kept[1:]) if not _is_bare(block, next_one)]


def with_values(table: Table) -> Table:
    """Leave out the columns of a table in which no row has a value."""
    columns = [n for n in range(len(table.head)) if any(row[n:] and row[n] not in ABSENT for row in table.rows)]
    if not table.rows or table.files or len(columns) == len(table.head):
        return table
    return replace(table, head=[table.head[n] for n in columns], rows=[[row[n] for n in columns] for row in table.rows])


def _is_bare(block: Block | None, next_one: Block | None) -> bool:
    """Whether a heading is followed by one of its own level or above, or by nothing."""
    if not isinstance(block, Heading):
        return False
    return next_one is None or (isinstance(next_one, Heading) and _rank(next_one) <= _rank(block))


def _rank(heading: Heading) -> tuple[int, bool]:
    return heading.level, not heading.prominent


def write_page(template: Path, page: Path, *, document: Document, folder: Path) -> None:
    """Fill a template of workflow/templates/ and write the page; figures lie below the folder."""
    parts = [(section, pruned(section.blocks, folder)) for section in document.sections]
    document = replace(document, sections=[replace(section, blocks=blocks) for section, blocks in parts if blocks])
    labels = labels_of(document)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "inline_svg": inline_svg,
        "values_over": values_over,
        "written_caption": written_caption,
        "in_formats": in_formats,
        "rooms": rooms,
        "prose": prose,
        "head": head,
        "forest": svg,
        "kind": lambda block: type(block).__name__.lower(),
        "label": lambda block: labels[id(block)],
    }
    text = environment.get_template(template.name).render(document=document, folder=folder, policy=POLICY_HERE)
    text = with_addresses(text)
    write_atomically(page, text.replace(POLICY_HERE, content_policy(text), 1))


def labels_of(document: Document) -> dict[int, str]:
    """Number the tables and the figures; a table without a title of its own is named by the headings above it."""
    labels: dict[int, str] = {}
    counts: Counter[str] = Counter()

    def visit(blocks: Iterable[Block], title: str, whose: str = "") -> None:
        own = ""
        for block in blocks:
            if isinstance(block, Heading) and block.prominent:
                own, whose = "", block.text
            elif isinstance(block, Heading):
                own = block.text
            elif isinstance(block, Folded):
                visit(block.blocks, block.title, whose)
            elif isinstance(block, Table):
                counts["Table"] += 1
                of = f" ({whose[:1].lower()}{whose[1:]})" if whose else ""
                labels[id(block)] = f"Table {counts['Table']}. {block.title or own or title}{of}"
            elif isinstance(block, Figure | Forest):
                counts["Figure"] += 1
                labels[id(block)] = f"Figure {counts['Figure']}."

    for section in document.sections:
        visit(section.blocks, section.title)
    return labels


def with_addresses(page: str) -> str:
    """Give every heading without an id one made of its text, so that it can be linked to."""
    taken = Counter(re.findall(r'<h\d[^>]* id="([^"]*)"', page))

    def named(found: re.Match) -> str:
        name = "-".join(re.findall(r"[a-z0-9]+", html.unescape(found[3]).lower())) or "part"
        taken[name] += 1
        number = f"-{taken[name]}" if taken[name] > 1 else ""
        return f'<h{found[1]} id="{name}{number}"{found[2]}>{found[3]}</h{found[1]}>'

    return re.sub(r"<h([2-4])((?:(?! id=)[^>])*)>(.*?)</h\1>", named, page)


def content_policy(page: str) -> str:
    """What a browser may do with a page: its own style and script, told by their checksums, and the pictures inside it.

    No other script runs and nothing is fetched, whatever the labels of a data set hold.
    """
    scripts = f"script-src {sums}; " if (sums := _checksums(page, "script")) else ""
    styles = _checksums(page, "style") or "'none'"
    return f"default-src 'none'; img-src data:; {scripts}style-src {styles}; base-uri 'none'; form-action 'none'"


def _checksums(page: str, element: str) -> str:
    """The checksums of the elements that stand in a page; labels stand there with their angle brackets written out."""
    found = re.findall(rf"<{element}>(.*?)</{element}>", page, flags=re.DOTALL)
    sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in found]
    return " ".join(f"'sha256-{checksum}'" for checksum in sums)
