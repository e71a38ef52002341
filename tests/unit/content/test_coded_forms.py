"""Coded items as tables: counted by hand, by coder and by consensus, and beside published forms."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.content.categories import MEAN, unfold
from psychometrics.content.coded_forms import CONSENSUS, code_tables, similarity_to_published

# four items, three coders; B left the voice of item 4 out, and C coded only three items
CODES = pd.DataFrame(
    [
        ("f", 1, "A", "first", "trust"),
        ("f", 1, "B", "first", "trust"),
        ("f", 1, "C", "dyad", "trust"),
        ("f", 2, "A", "first", "bond"),
        ("f", 2, "B", "dyad", "trust"),
        ("f", 2, "C", "dyad", "help"),
        ("f", 3, "A", "first", "bond"),
        ("f", 3, "B", "first", "bond"),
        ("f", 3, "C", "first", "bond"),
        ("f", 4, "A", "dyad", "help"),
        ("f", 4, "B", None, "bond"),
    ],
    columns=["form", "item", "coder", "voice", "theme"],
)
FACETS = ["voice", "theme"]


def value(rows, **keys):
    found = rows[(rows[list(keys)] == pd.Series(keys)).all(axis=1)]
    assert len(found) == 1
    return found.iloc[0]


def test_counts_by_consensus():
    rows = code_tables(CODES, {"f": 4}, facets=FACETS)
    agreed = {"form": "f", "coder": CONSENSUS}
    # voice: first, dyad, first, dyad (only A); theme: trust, tie of three, bond, tie of two
    assert value(rows, **agreed, group="voice", statistic="coded_items")["estimate"] == 4
    assert value(rows, **agreed, group="voice", statistic="category_items", category="first")["estimate"] == 2
    tied = value(rows, **agreed, group="theme", statistic="coded_items")
    assert (tied["estimate"], tied["n"], tied["note"]) == (2, 4, "2 of 4 items: the coders disagree")
    assert value(rows, **agreed, group="theme", statistic="category_items_share", category="bond")["estimate"] == 0.5
    assert value(rows, **agreed, group="theme", statistic="category_items", category="help")["estimate"] == 0


def test_counts_by_coder():
    rows = code_tables(CODES, {"f": 4}, facets=FACETS)
    left = value(rows, coder="B", group="voice", statistic="coded_items")
    assert (left["estimate"], left["note"]) == (3, "1 of 4 items: no code")
    assert value(rows, coder="C", group="theme", statistic="coded_items")["estimate"] == 3
    share = value(rows, coder="A", group="voice", statistic="category_items_share", category="first")
    assert share["estimate"] == 0.75


def test_shares_add_up_to_one_and_the_order_of_rows_does_not_matter():
    rows = code_tables(CODES, {"f": 4}, facets=FACETS)
    shares = rows[rows["statistic"] == "category_items_share"].groupby(["group", "coder"])["estimate"].sum()
    np.testing.assert_allclose(shares, 1)
    turned = code_tables(CODES.iloc[::-1], {"f": 4}, facets=FACETS)
    keys = ["group", "coder", "category", "statistic"]
    pd.testing.assert_series_equal(
        rows.set_index(keys)["estimate"].sort_index(), turned.set_index(keys)["estimate"].sort_index()
    )


def test_a_facet_that_nobody_coded_has_a_reason():
    rows = code_tables(CODES.assign(theme=None, voice=["x", *[None] * 10]), {"f": 4}, facets=FACETS)
    assert value(rows, coder=CONSENSUS, group="theme", statistic="coded_items")["estimate"] == 0
    silent = rows[rows["estimate"].isna() & (rows["note"] == "")]
    assert silent.empty


PUBLISHED = {
    "forms": {"W-C": {"instrument": "W", "perspective": "client", "items": 4}},
    "facets": {
        "voice": {"first": {"counts": [2], "printed": ["50"]}, "dyad": {"counts": [2], "printed": ["50"]}},
        "theme": {"trust": {"counts": [4], "printed": ["100"]}, "bond": {"counts": [0], "printed": ["0"]}},
    },
}
OWN = pd.DataFrame({"instrument": ["W"], "perspective": ["client"], "items": [4]}, index=pd.Index(["f"], name="form"))


def test_similarity_to_a_published_form_by_hand():
    rows = similarity_to_published(CODES, OWN, *unfold(PUBLISHED), draws=50)
    alike = rows[rows["statistic"] == "hellinger_similarity"].set_index("facet")["estimate"]
    assert alike["voice"] == pytest.approx(1)  # both: half first, half dyad
    # ours: half trust, half bond; theirs: all trust. 1 - sqrt(1 - sqrt(.5))
    assert alike["theme"] == pytest.approx(1 - np.sqrt(1 - np.sqrt(0.5)))
    assert alike[MEAN] == pytest.approx(alike[["voice", "theme"]].mean())
    assert set(rows["form"]) == {"f"} and set(rows["form_2"]) == {"W-C"}
