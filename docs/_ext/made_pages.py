"""Pages that follow from other files of the project; written into docs/reference/ before a build, never committed."""

from pathlib import Path

from codebook_pages import codebook_pages
from form_pages import form_page
from library_pages import library_pages
from result_pages import result_page
from schema_pages import PAGES, schema_page
from sphinx.application import Sphinx


def write_pages(app: Sphinx) -> None:
    pages = {"results.md": result_page(), "forms.md": form_page()} | codebook_pages() | library_pages()
    pages |= {f"keys/{name}.md": schema_page(name) for name in PAGES}
    for name, text in pages.items():
        path = Path(app.srcdir) / "reference" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
