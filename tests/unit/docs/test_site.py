"""What makes and checks the documentation: keys from the schemas, formulas, links."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from checked_links import check_site
from codebook_pages import codebook_pages, section
from form_pages import form_page
from mathml import mathml
from result_pages import result_page
from schema_pages import PAGES, SCHEMAS, schema_page

from pipeline.data.analyses import read_analyses
from pipeline.data.codebook import Statistic, codebook

ROOT = Path(__file__).parents[3]


def properties(node):
    """Every named key of a schema, at any depth."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).keys()
        for child in node.values():
            yield from properties(child)
    elif isinstance(node, list):
        for child in node:
            yield from properties(child)


def empty_keys(node):
    """Keys without a value, at any depth."""
    if isinstance(node, dict):
        yield from (key for key, value in node.items() if value is None)
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from empty_keys(child)


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.schema.yaml")), ids=lambda path: path.name)
def test_no_comma_cuts_a_description(path):
    """In braces and without quotation marks, what follows a comma becomes a key without a value."""
    assert list(empty_keys(yaml.safe_load(path.read_text()))) == []


@pytest.mark.parametrize("name", PAGES)
def test_page_of_a_schema_explains_every_key(name):
    schema = yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text())
    page = schema_page(name)
    # keys under $defs stand once in the schema and on the page once for each place that refers to them
    assert {key for key in properties(schema) if f"\n| `{key}` |" not in page} == set()


def test_row_of_a_key_tells_what_may_stand_there_and_what_holds_without_it():
    rows = schema_page("config").splitlines()
    assert "| `level` | coverage of every interval | number above 0.5 and below 1 | `0.95` |" in rows
    assert "| `missing` | missing answers in correlations | `pairwise`, `listwise`, `em` | `pairwise` |" in rows
    rows = schema_page("dataset").splitlines()
    assert "| `title` | name of the data set in figures and reports | text | **required** |" in rows
    assert "Exactly one of `responses`, `matrix`, `scores` is needed." in rows


def test_every_form_has_a_row():
    page = form_page()
    assert "| haq2 | HAq-II | 19 | 1 to 6 | client, therapist | total | established |" in page.splitlines()
    for path in (ROOT / "data/instruments").glob("*.yaml"):
        for form in yaml.safe_load(path.read_text())["forms"]:
            assert page.count(f"\n| {form} |") == 1


def test_codebook_has_an_entry_for_every_statistic_on_the_page_of_its_chapter():
    pages = codebook_pages()
    for name, entry in codebook().items():
        assert pages[f"codebook/{entry.chapter}.md"].count(f"(statistic-{name})=") == 1
        assert pages["codebook/index.md"].count(f"(#statistic-{name})") == 1


def test_entry_of_a_statistic_says_where_it_means_something_else():
    entry = Statistic(
        label="Share",
        symbol="s_g",
        what="A share.",
        formula="a * b",
        r="psych::omega",
        range=(0, None),
        unit="share",
        chapter="factors",
        tables=("one.csv", "factors/*/two.csv"),
        also_from={"factors/*/two.csv": "data sets with raters"},
        differs={"one.csv": {"what": "Another.", "unit": "%"}},
    )
    assert (
        "\n".join(section("share", entry))
        == """(statistic-share)=

## `share`

**Share** (s\\_g). A share.

:Computed as: `a * b`
:In R: `psych::omega`
:Can be: at least 0
:Unit: share
:Tables: `one.csv`, `factors/<perspective>/two.csv` (data sets with raters)

In `one.csv`: **Share** (s\\_g). Another.

:Unit: %
"""
    )


def test_page_of_results_holds_every_table_and_figure_of_every_analysis_and_every_statistic():
    page = result_page()
    for analysis in read_analyses(ROOT / "scripts"):
        for table in analysis.tables.values():
            assert f"### `{table.path.replace('{perspective}', '<perspective>')}`" in page
        for figure in analysis.figures.values():
            assert f"| `{figure.stem.replace('{perspective}', '<perspective>')}` | {figure.alt} |" in page
    assert all(f"(#statistic-{name})" in page for name in codebook())


def flat(formula, **how):
    """MathML without its spaces between the elements."""
    return "".join(line.strip() for line in mathml(formula, **how).splitlines())


def test_fraction_of_two_digits_is_their_quotient():
    assert "<mfrac><mn>1</mn><mn>4</mn></mfrac>" in flat(r"\frac14 x", block=False)


def test_index_of_a_mean_stands_beside_it():
    formula = flat(r"\bar x_i", block=True)
    assert "<msub><mrow><mover" in formula
    assert "munder" not in formula


def test_lines_of_a_formula_are_aligned_and_those_of_a_matrix_stay_in_it():
    assert flat(r"a &= b \\ c &= d", block=True).count("<mtr>") == 2
    matrix = flat(r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}", block=True)
    assert matrix.count("<mtable") == 1


PAGE = '<link rel="stylesheet" href="style.css"><h1 id="top">Title</h1>{}'


@pytest.fixture
def site(tmp_path):
    """A site of two pages that is as it should be."""
    (tmp_path / "index.html").write_text(PAGE.format('<a href="other.html#top">there</a> <a href="#top">here</a>'))
    (tmp_path / "other.html").write_text(PAGE.format('<a href="https://example.org/paper">source</a>'))
    (tmp_path / "style.css").write_text("body { background: url(picture.png) }")
    return tmp_path


def test_good_site_has_no_fault_and_lists_what_lies_outside(site):
    assert check_site(site) == ([], ["https://example.org/paper"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ('<a href="missing.html">', "links to missing.html, which does not exist"),
        ('<a href="other.html#bottom">', "links to other.html#bottom, a place that the page does not have"),
        ('<img src="missing.png">', "links to missing.png, which does not exist"),
        ('<img src="https://example.org/picture.png">', "loads https://example.org/picture.png"),
        ('<script src="//example.org/library.js"></script>', "loads //example.org/library.js"),
        ('<link rel="preconnect" href="https://example.org">', "loads https://example.org"),
    ],
)
def test_fault_of_a_page_is_found(site, fault, words):
    (site / "index.html").write_text(PAGE.format(fault))
    assert check_site(site)[0] == [f"index.html {words}"]


@pytest.mark.parametrize(
    "rule", ["@import 'https://example.org/font.css';", "p { src: url(https://example.org/font.css) }"]
)
def test_style_that_loads_from_elsewhere_is_found(site, rule):
    (site / "style.css").write_text(rule)
    assert check_site(site)[0] == ["style.css loads https://example.org/font.css"]


@pytest.mark.slow
def test_site_is_built_without_a_warning_and_loads_nothing(tmp_path):
    for part in ("docs", "scripts", "workflow/schemas"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("_build", "reference", "__pycache__")
        )
    for part in ("pyproject.toml", "CONTRIBUTING.md"):
        shutil.copy(ROOT / part, tmp_path / part)
    build = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "docs", "docs/_build"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    faults, _ = check_site(tmp_path / "docs/_build")
    assert faults == []
    for page in ("index", "data", "report", "numbers", "analysis", "style", "coverage", "performance"):
        assert (tmp_path / f"docs/_build/{page}.html").is_file()
