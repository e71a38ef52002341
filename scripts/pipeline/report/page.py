"""Self-contained pages: templates, and pictures inside the page."""

import base64
import hashlib
import html
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import jinja2

from pipeline.data.tables import write_atomically
from pipeline.report.blocks import Block, Document, Figure, Folded, Heading, Table

POLICY_HERE = "content-security-policy-goes-here"
NOTHING_DRAWN = "nothing-drawn"  # id in the SVG of a figure that only says why there is nothing to draw


def is_drawn(path: Path) -> bool:
    """Whether a figure shows anything; one that only gives reasons is left out of a page."""
    return f'id="{NOTHING_DRAWN}"'.encode() not in path.read_bytes()


def inline_svg(path: Path) -> str:
    """A figure as a data address, so that the page needs no other file."""
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode()


def write_page(template: Path, page: Path, *, document: Document, folder: Path) -> None:
    """Fill a template of workflow/templates/ and write the page; figures lie below the folder."""
    labels = labels_of(document, folder)
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
        "is_drawn": is_drawn,
        "kind": lambda block: type(block).__name__.lower(),
        "label": lambda block: labels[id(block)],
    }
    text = environment.get_template(template.name).render(document=document, folder=folder, policy=POLICY_HERE)
    text = with_addresses(text)
    write_atomically(page, text.replace(POLICY_HERE, content_policy(text), 1))


def labels_of(document: Document, folder: Path) -> dict[int, str]:
    """Number the tables and the drawn figures; a table is named by the headings above it."""
    labels: dict[int, str] = {}
    counts: Counter[str] = Counter()

    def visit(blocks: Iterable[Block], title: str) -> None:
        own = whose = ""
        for block in blocks:
            if isinstance(block, Heading) and block.prominent:
                own, whose = "", block.text
            elif isinstance(block, Heading):
                own = block.text
            elif isinstance(block, Folded):
                visit(block.blocks, block.title)
            elif isinstance(block, Table):
                counts["Table"] += 1
                of = f" ({whose[:1].lower()}{whose[1:]})" if whose else ""
                labels[id(block)] = f"Table {counts['Table']}. {own or title}{of}"
            elif isinstance(block, Figure) and is_drawn(folder / block.path):
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
    """What a browser may do with a page: show its own style, told by its checksum, and the pictures inside it.

    No script runs and nothing is fetched, whatever the labels of a data set hold.
    """
    styles = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    sums = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    allowed = " ".join(f"'sha256-{checksum}'" for checksum in sums) or "'none'"
    return f"default-src 'none'; img-src data:; style-src {allowed}; base-uri 'none'; form-action 'none'"
