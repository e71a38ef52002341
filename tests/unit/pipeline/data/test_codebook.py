"""The codebook is complete, sorted and makes sense, and its loader finds what is not in it."""

import re
from pathlib import Path, PurePath

import numpy as np
import pandas as pd
import pytest

import psychometrics
from pipeline.data.codebook import codebook, entry_of, outside_range, table_name, unknown_statistics

CHAPTERS = {path.parent.name for path in Path(psychometrics.__path__[0]).glob("*/__init__.py")}
# the widest range that an estimate of a unit can have
UNITS = {
    "congruence": (-1, 1),
    "correlation": (None, None),  # disattenuated ones can pass 1
    "count": (0, None),
    "difference of correlations": (-2, 2),
    "difference of loadings": (None, None),
    "difference of shares": (None, None),
    "eigenvalue": (None, None),
    "flag": (0, 1),
    "index": (None, None),
    "loading": (None, None),
    "none": (None, None),
    "probability": (0, 1),
    "ratio": (0, None),
    "reliability": (None, None),  # alpha can be below 0
    "scale points": (None, None),
    "share": (None, None),  # an adjusted share can be below 0
    "standard deviations": (None, None),
    "test statistic": (None, None),
    "variance": (None, None),  # what an oblique factor explains of it can be below 0
}
ENTRIES = [
    pytest.param(name, entry if table is None else entry.in_table(table), id=f"{name} {table or ''}".strip())
    for name, entry in codebook().items()
    for table in (None, *entry.differs)
]


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_every_entry_says_what_it_should(name, entry):
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.\d+)?", name)
    for text in (entry.label, entry.what, entry.unit, entry.no_r, entry.source, entry.formula, entry.r, entry.symbol):
        assert isinstance(text, str) and text == text.strip()
    assert entry.label[:1].isupper() or entry.label.startswith(("p value", "z of"))
    assert entry.what.endswith(".") and entry.what.count(". ") <= 1, "one or two sentences"
    assert entry.source or entry.formula
    assert bool(entry.r) != bool(entry.no_r), "either an R function or why there is none"
    assert entry.chapter in CHAPTERS
    assert entry.unit in UNITS
    assert entry.tables and list(entry.tables) == sorted(set(entry.tables))
    assert set(entry.also_from) <= set(entry.tables) and all(entry.also_from.values())


@pytest.mark.parametrize(("name", "entry"), ENTRIES)
def test_ranges_make_sense(name, entry):
    low, high = entry.range
    least, most = UNITS[entry.unit]
    assert low is None or high is None or low < high
    assert least is None or (low is not None and low >= least)
    assert most is None or (high is not None and high <= most)


def test_names_are_in_order_and_belong_to_one_entry():
    book = codebook()
    assert list(book) == sorted(book)
    for name, entry in book.items():
        if entry.pattern:
            assert [other for other in book if re.fullmatch(entry.pattern, other)] == [name]


def test_no_table_has_two_statistics_of_one_label():
    tables = {table for entry in codebook().values() for table in entry.tables}
    for table in tables:
        held = [entry.in_table(table) for entry in codebook().values() if table in entry.tables]
        labels = pd.Series([entry.label for entry in held])
        # the same coefficient with another interval says so in its label
        assert labels.is_unique, (table, labels[labels.duplicated()].tolist())


def test_a_name_with_two_meanings_reads_as_the_table_has_it():
    rmsea = codebook()["rmsea"]
    assert rmsea.in_table("factors/*/fit.csv").unit == "index"
    assert rmsea.in_table("factors/*/retention.csv").unit == "count"
    assert codebook()["validity"].in_table("factors/*/loadings.csv").chapter == "factors"
    with pytest.raises(KeyError, match="is in no table"):
        rmsea.in_table("quality/quality.csv")


def test_names_with_a_number_are_found_by_their_pattern():
    assert entry_of("p_r2_below_0.35") is codebook()["p_r2_below_0.50"]
    assert entry_of("distance_from_0.20") is codebook()["distance_from_0.20"]
    assert entry_of("p_r2_below_half") is None and entry_of("omega") is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("example/reliability/reliability.csv", "reliability/reliability.csv"),
        ("example/factors/therapist/fit.csv", "factors/*/fit.csv"),
        ("example/factors/perspective_content.csv", "factors/perspective_content.csv"),
        ("content/similarity.csv", "content/similarity.csv"),
        ("example/cross_checks.csv", "cross_checks.csv"),
    ],
)
def test_names_of_tables(path, name):
    assert table_name(PurePath(path)) == name


def test_what_is_not_in_the_codebook_is_found():
    frame = pd.DataFrame({"statistic": ["alpha", "alfa", "kmo", "alpha"], "estimate": [0.8, 0.8, 0.9, 1.2]})
    assert unknown_statistics(frame) == ["alfa"]
    assert unknown_statistics(frame, "reliability/reliability.csv") == ["alfa", "kmo"]
    assert outside_range(frame, "reliability/reliability.csv").index.tolist() == [3]
    retained = pd.DataFrame({"statistic": ["rmsea"] * 2 + ["cfi"], "estimate": [4, np.nan, 7]})
    assert outside_range(retained, "factors/*/retention.csv").empty
    assert outside_range(retained, "factors/*/fit.csv").index.tolist() == [2]
