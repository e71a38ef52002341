"""Self-contained pages: templates, and pictures inside the page."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import jinja2

from pipeline.data.tables import write_atomically

POLICY_HERE = "content-security-policy-goes-here"
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
    text = environment.get_template(template.name).render(**content, policy=POLICY_HERE)
    text = text.replace(" %", "\u00a0%")  # a number and its percent sign stay on one line
    write_atomically(page, text.replace(POLICY_HERE, content_policy(text), 1))


def content_policy(page: str) -> str:
    """What a browser may do with a page: show its own style, told by its checksum, and the pictures inside it.

    No script runs and nothing is fetched, whatever the labels of a data set hold.
    """
    styles = re.findall(r"<style>(.*?)</style>", page, flags=re.DOTALL)
    sums = [base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in styles]
    allowed = " ".join(f"'sha256-{checksum}'" for checksum in sums) or "'none'"
    return f"default-src 'none'; img-src data:; style-src {allowed}; base-uri 'none'; form-action 'none'"
