"""Configuration of the documentation (`make docs`); docs/_ext makes the pages that follow from other files."""

import sys
import tomllib
from pathlib import Path

from pygments.lexers.python import PythonLexer
from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS.parent / "scripts"), str(DOCS / "_ext")]
PROJECT = tomllib.loads((DOCS.parent / "pyproject.toml").read_text())["project"]

project = "Alliance measures"
author = PROJECT["authors"][0]["name"]
copyright = f"{author}. MIT licence"  # the name that Sphinx gives it
version = release = PROJECT["version"]

extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc", "mathml", "made_pages", "checked_links"]
exclude_patterns = ["_build", "_ext"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3

# docstrings: parameters and their types stand in the numpydoc sections, once
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False
default_role = "py:obj"
html_math_renderer = "mathml"  # formulas are part of the page, drawn by the browser without a script

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "navbar_persistent": [],
    "navbar_end": ["search-button", "theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_prev_next": False,
    "show_toc_level": 2,
    "collapse_navigation": True,  # else each of 300 pages repeats links to all others in its margin
}
html_sidebars = {page: [] for page in ("index", "analysis", "style", "performance")}


def setup(app: Sphinx) -> None:
    """Languages of code blocks that Pygments does not know."""
    app.add_lexer("snakemake", PythonLexer)
    app.add_lexer("csv", TextLexer)
