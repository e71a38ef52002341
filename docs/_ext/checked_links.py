"""Every page of the finished site: links within it lead somewhere, and nothing is loaded from elsewhere.

Addresses outside are not visited, since no build needs a network; they are listed in `external_links.txt`.
"""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)
ELSEWHERE = re.compile(r"(https?:)?//")


class Page(HTMLParser):
    """What one page links to, what it loads, and the places in it that a link can name."""

    def __init__(self, text: str):
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.places.add(value)
            elif name == "href" and tag == "a":
                self.links.append(value)
            elif name in ("src", "href", "data", "poster") and tag != "base":
                self.loads.append(value)
            elif name == "srcset":
                self.loads += [candidate.split()[0] for candidate in value.split(",")]


@cache  # what stands in the margin of every page is looked up once for each folder
def target_of(folder: Path, link: str) -> Path | None:
    """The file that a link names from a folder; None where there is none."""
    target = (folder / unquote(link)).resolve()
    return target if target.is_file() else None


def check_site(folder: Path) -> tuple[list[str], list[str]]:
    """Faults of the pages under a folder, one sentence each, and the addresses outside that they link to."""
    folder = folder.resolve()
    paths = [path for path in sorted(folder.rglob("*.html")) if "_static" not in path.parts]  # templates of the theme
    pages = {path: Page(path.read_text()) for path in paths}
    faults, outside = [], set()
    for path, page in pages.items():
        name = path.relative_to(folder)
        faults += [f"{name} loads {address}" for address in page.loads if ELSEWHERE.match(address)]
        within = [address for address in page.loads if not ELSEWHERE.match(address) and not address.startswith("data:")]
        for link in page.links + within:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                outside.add(link)
                continue
            target = target_of(path.parent, parts.path) if parts.path else path
            if target is None:
                faults.append(f"{name} links to {link}, which does not exist")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places:
                faults.append(f"{name} links to {link}, a place that the page does not have")
    for style in sorted(folder.rglob("*.css")):
        addresses = re.findall(r"""(?:url\(|@import)\s*['"]?((?:https?:)?//[^'")\s]+)""", style.read_text())
        faults += [f"{style.relative_to(folder)} loads {address}" for address in addresses]
    return faults, sorted(outside)


def check(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        faults, outside = check_site(Path(app.outdir))
        (Path(app.outdir) / "external_links.txt").write_text("".join(f"{address}\n" for address in outside))
        for fault in faults:
            logger.warning(fault)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", check)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
