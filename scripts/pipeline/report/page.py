"""Self-contained pages: templates, and pictures inside the page."""

import base64
from pathlib import Path
from typing import Any

import jinja2

from pipeline.data.tables import write_atomically

NOTHING_DRAWN = "nothing-drawn"  # id in the SVG of a figure that only says why there is nothing to draw


def is_drawn(path: Path) -> bool:
    """Whether a figure shows anything; one that only gives reasons is left out of a page."""
    return f'id="{NOTHING_DRAWN}"'.encode() not in path.read_bytes()


def inline_svg(path: Path) -> str:
    """A figure as a data address, so that the page needs no other file."""
    return "data:image/svg+xml;base64," + base64.b64encode(path.read_bytes()).decode()


def write_page(template: Path, page: Path, **content: Any) -> None:
    """Fill a template of workflow/templates/ and write the page."""
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
    }
    text = environment.get_template(template.name).render(**content)
    write_atomically(page, text.replace(" %", "\u00a0%"))  # a number and its percent sign stay on one line
