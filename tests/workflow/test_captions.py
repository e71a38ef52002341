"""Captions of tables and figures say how the intervals in them were made, and name what is in them."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from pipeline.data.analyses import read_analyses
from pipeline.data.codebook import entry_of
from pipeline.data.tables import read_table

PROJECT = Path(__file__).parents[2]
ANALYSES = read_analyses(PROJECT / "scripts")
TABLES = {
    name: entry
    for analysis in ANALYSES
    for entries in (analysis.tables, *(section.tables for section in analysis.index.values()))
    for name, entry in entries.items()
    if (PROJECT / f"workflow/report/{entry.caption or name}.rst").exists()
}
# tables with limits of other tables, with other packages' numbers, and of two data sets that share a form: there is one
OF_OTHERS = {"perspective_statements", "cross_checks", "congruence"}
# how an interval is made: what the column method says of it, and what a caption says
MADE_BY = {
    "jackknife": (r"jackknife(?! bootstrap)", r"jackknife|\b(leave|leaves|leaving) out one"),
    "bootstrap": (r"bootstrap|resamples", r"bootstrap|resampl|\bdraw therapists"),
    "cluster-robust": (r"CR2", r"cluster-robust"),
    "delta method": (r"delta method", r"delta method"),
    "curvature": (r"curvature of the likelihood", r"curvature of the likelihood"),
    "a twentieth longer": (r"a twentieth longer", r"a twentieth longer"),
    "a tenth longer": (r"a tenth longer", r"a tenth\b"),
}
# statistics with the intervals that a figure draws, where its table has others as well
DRAWN = {
    "reliability": {"alpha_jackknife", "omega_total"},
    "course_growth": {"growth_expected"},
    "course_phases": {"phase_mean"},
    "ruptures": {"rupture_ratio"},
    "outcome_levels": {"within_slope_standardized", "between_slope_standardized"},
    "perspectives": {"paired_mean", "d_pooled", "r_pearson", "icc_a1"},
    "perspective_items": {"item_gap", "item_r", "item_rest_gap"},
    "truth_and_bias": {"directional_bias", "tracking_within", "tracking_between"},
    "variance_split": {"common_share", "shared_share", "specific_share", "unique_share"},
    "loadings": {"loading", "general_loading"},
    "overlap": {"r2", "commonality"},
}
# of the settings, of files and packages, and ends of names
NO_STATISTIC = {
    "growth_classes",
    "perspective_statements",
    "standard_errors",
    "factor_analyzer",
    "by_chance",
    "beyond_chance",
}


def text_of(caption: str) -> str:
    """The words of a caption, without its settings."""
    whole = (PROJECT / f"workflow/report/{caption}.rst").read_text()
    return re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", whole)


def said(text: str) -> set[str]:
    return {name for name, (_, words) in MADE_BY.items() if re.search(words, text)}


CLAIMING = {
    name: figure
    for analysis in ANALYSES
    for name, figure in analysis.figures.items()
    if said(text_of(f"figure_{name}"))
}


@pytest.fixture(scope="module")
def rows_of(finished) -> Callable[[str], pd.DataFrame]:
    """The rows of a table in all data sets, and of all perspectives."""

    @cache
    def rows(path: str) -> pd.DataFrame:
        pattern = path.replace("{perspective}", "*")
        results = finished.folder / "results"
        found = [read_table(file) for folder in (results, *results.iterdir()) for file in folder.glob(pattern)]
        return pd.concat(found, ignore_index=True)

    return rows


def made_by(rows: pd.DataFrame) -> set[str]:
    methods = rows["method"].dropna().unique() if "method" in rows else []
    return {name for name, (method, _) in MADE_BY.items() if any(re.search(method, text) for text in methods)}


@pytest.mark.parametrize("name", sorted(set(TABLES) - OF_OTHERS))
def test_a_caption_says_how_the_intervals_of_its_table_are_made(name, rows_of):
    entry = TABLES[name]
    rows, told = rows_of(entry.path), said(text_of(entry.caption or name))
    assert made_by(rows[rows["lower"].notna()]) <= told <= made_by(rows)


def test_every_figure_whose_intervals_are_listed_says_how_they_are_made():
    assert set(DRAWN) <= set(CLAIMING)


@pytest.mark.parametrize("name", CLAIMING)
def test_a_caption_says_how_the_intervals_of_its_figure_are_made(name, rows_of):
    tables = [TABLES[table].path for table in CLAIMING[name].tables.values() if table in TABLES]
    rows = pd.concat([rows_of(path) for path in tables])
    drawn = rows[rows["statistic"].isin(DRAWN.get(name, set(rows["statistic"]))) & rows["lower"].notna()]
    assert DRAWN.get(name, set()) <= set(drawn["statistic"])
    assert said(text_of(f"figure_{name}")) <= made_by(drawn)


@pytest.mark.parametrize("name", TABLES)
def test_what_a_caption_names_is_in_its_table(name, rows_of):
    entry = TABLES[name]
    rows, table = rows_of(entry.path), entry.path.replace("{perspective}", "*")
    columns = rows.select_dtypes(exclude="number")
    held = set(columns).union(*(columns[column].dropna().unique() for column in columns)) | NO_STATISTIC | set(rows)
    for word in re.findall(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+(?:\.\d+)?)+\b", text_of(entry.caption or name)):
        described = entry_of(word)
        assert (described is not None and table in described.tables) or word in held, word
