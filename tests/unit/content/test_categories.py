"""Content analysis: tables, audit and comparisons on counts small enough to work by hand."""

from copy import deepcopy

import numpy as np
import pytest

from psychometrics.content.audit import audit_percentages, audit_totals, check_statements, half_unit
from psychometrics.content.categorical import contingency_association, hellinger_similarity
from psychometrics.content.categories import (
    MEAN,
    category_percentages,
    content_association,
    content_similarity,
    items_by_form,
    unfold,
)

PUBLISHED = {
    "forms": {
        "X-C": {"instrument": "X", "perspective": "client", "items": 8},
        "X-T": {"instrument": "X", "perspective": "therapist", "items": 8},
        "Y-C": {"instrument": "Y", "perspective": "client", "items": 3},
    },
    "facets": {
        "voice": {
            "first person": {"counts": [8, 1, 1], "printed": ["100", "12.5", "33.3"]},
            "other": {"counts": [0, 7, 2], "printed": ["0", "87.5", "66.7"]},
        },
        "theme": {
            "trust": {"counts": [1, 4, 1], "printed": ["12", "50.0", "33.3"]},
            "bond": {"counts": [4, 4, 1], "printed": ["50", "50.0", "33.3"]},
            "goals": {"counts": [3, 0, 1], "printed": ["38", "0.0", "33.3"]},
        },
    },
}


@pytest.fixture
def published():
    return deepcopy(PUBLISHED)


@pytest.fixture
def frames(published):
    return unfold(published)


def audited(published):
    forms, cells = unfold(published)
    return audit_percentages(forms, cells), audit_totals(forms, cells)


def test_percentages_are_counts_over_items(frames):
    table = category_percentages(*frames).set_index(["form", "facet", "category"])
    row = table.loc[("Y-C", "voice", "other")]
    assert (row["count"], row["n"], row["printed"]) == (2, 3, "66.7")
    assert row["percent"] == pytest.approx(200 / 3) and row["difference"] == pytest.approx(66.7 - 200 / 3)
    assert len(table) == 15 and (table["note"] == "").all()


def test_items_by_form_adds_up_each_facet(published):
    published["facets"]["theme"]["goals"]["counts"] = [3, 1, 1]
    table = items_by_form(*unfold(published)).set_index("form")
    assert table["voice"].tolist() == [8, 8, 3] and table["theme"].tolist() == [8, 9, 3]
    assert table["note"].tolist() == ["", "the counts of theme of X-T add up to 9 but it has 8 items", ""]


@pytest.mark.parametrize(("printed", "half"), [("26", 0.5), ("30.0", 0.05), ("26.32", 0.005)])
def test_precision_is_what_was_printed(printed, half):
    assert half_unit(printed) == pytest.approx(half)


def test_a_consistent_table_gives_no_findings(published):
    percentages, totals = audited(published)
    assert percentages.empty and totals.empty


@pytest.mark.parametrize(
    ("printed", "agrees"),
    [
        ("12", True),
        ("13", True),
        ("12.5", True),
        ("12.50", True),
        ("12.4", False),
        ("12.6", False),
        ("14", False),
        ("12.45", False),
    ],
)
def test_a_half_may_be_rounded_either_way_and_each_figure_has_its_own_precision(published, printed, agrees):
    published["facets"]["theme"]["trust"]["printed"][0] = printed  # 1 of 8 items
    assert audited(published)[0].empty == agrees


def test_a_wrong_percentage_is_found_with_the_count_it_would_stand_for(published):
    published["facets"]["voice"]["first person"]["printed"] = ["100", "25.0", "34.0"]
    found = audited(published)[0]
    assert found[["form", "category", "count", "printed"]].to_numpy().tolist() == [
        ["X-T", "first person", 1, "25.0"],
        ["Y-C", "first person", 1, "34.0"],
    ]
    assert found["note"].tolist() == [
        "1 of 8 items are 12.50%, not 25.0%, which would be 2 items.",
        "1 of 3 items are 33.33%, not 34.0%, which is not a whole number of 3 items.",
    ]


def test_totals_that_do_not_add_up_are_found(published):
    published["facets"]["theme"]["goals"] = {"counts": [3, 1, 1], "printed": ["38", "12.5", "33.3"]}
    found = audited(published)[1].set_index("finding")
    assert found["form"].tolist() == ["X-T", "X-T"]
    assert found.loc["total of counts", ["count", "expected"]].tolist() == [9, 8]
    assert found.loc["total of percentages", "printed"] == "112.5"


def test_percentages_may_miss_100_by_their_rounding(published):
    # thirds printed as 33.3 add up to 99.9
    assert audited(published)[1].empty
    published["facets"]["theme"]["goals"]["printed"][2] = "33.1"
    assert audited(published)[1]["finding"].tolist() == ["total of percentages"]


def test_statements_are_held_against_the_counts(frames):
    statements = [
        {"text": "nobody asks about goals", "category": "goals", "claim": "absent"},
        {"text": "bond leads", "category": "bond", "claim": "most frequent"},
    ]
    statements = [statement | {"facet": "theme", "forms": ["X-C", "X-T"]} for statement in statements]
    found = check_statements(*frames, statements)
    # X-T has as many items on trust as on bond: a tie does not lead
    assert found["verdict"].tolist() == ["contradicted", "supported", "supported", "contradicted"]
    assert found["note"].iloc[0] == "Text: nobody asks about goals. Counts of X-C: goals 3."
    assert found["note"].iloc[3] == "Text: bond leads. Counts of X-T: bond 4, trust 4."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"category": "gaols"}, "not among the counts"),
        ({"forms": ["Z"]}, "not among the counts"),
        ({"claim": "many"}, "neither"),
    ],
)
def test_a_statement_about_something_unknown_is_refused(frames, change, message):
    statement = {"text": "t", "facet": "theme", "category": "goals", "claim": "absent", "forms": ["X-C"]} | change
    with pytest.raises(ValueError, match=message):
        check_statements(*frames, [statement])


def test_a_missing_count_is_refused(published):
    published["facets"]["theme"]["bond"]["counts"] = [4, 4]
    with pytest.raises(ValueError, match="bond of theme needs one count and one percentage for each of 3 forms"):
        unfold(published)


def test_each_set_of_forms_is_its_own_table(frames):
    result = content_association(*frames, draws=50, seed=2)
    chi2 = result[(result["statistic"] == "chi2") & (result["facet"] == "theme")].set_index("group")["estimate"]
    by_hand = {
        "all forms": [[1, 4, 3], [4, 4, 0], [1, 1, 1]],
        "client forms": [[1, 4, 3], [1, 1, 1]],
        "perspectives of X": [[1, 4, 3], [4, 4, 0]],
        "perspectives, instruments pooled": [[2, 5, 4], [4, 4, 0]],
        "instruments, perspectives pooled": [[5, 8, 3], [1, 1, 1]],
    }
    for group, table in by_hand.items():
        assert chi2[group] == pytest.approx(contingency_association(table, draws=1)["estimate"][0]), group
    # Y has one form and the therapists have one: nothing to compare
    assert "perspectives of Y" not in chi2 and np.isnan(chi2["therapist forms"])


def test_one_table_does_not_depend_on_the_others(frames, published):
    del published["facets"]["voice"]
    alone = content_association(*unfold(published), draws=50, seed=2)
    together = content_association(*frames, draws=50, seed=2)
    together = together[together["facet"] == "theme"].reset_index(drop=True)
    assert alone["estimate"].tolist() == pytest.approx(together["estimate"].tolist(), nan_ok=True)


def test_similarity_of_every_pair_and_its_means(frames):
    result = content_similarity(*frames, draws=50, seed=2)
    observed = result[result["statistic"] == "hellinger_similarity"]
    pairs = observed[observed["form"].notna()].set_index(["facet", "form", "form_2"])["estimate"]
    assert len(pairs) == 3 * 3
    theme, voice = hellinger_similarity([1, 4, 3], [4, 4, 0]), hellinger_similarity([8, 0], [1, 7])
    assert pairs["theme", "X-C", "X-T"] == pytest.approx(theme)
    assert pairs[MEAN, "X-C", "X-T"] == pytest.approx((theme + voice) / 2)
    groups = observed[observed["form"].isna()].set_index(["group", "facet"])
    assert groups.loc[("same instrument", "theme"), "estimate"] == pytest.approx(theme)
    assert set(groups.index.get_level_values("group")) == {
        "same instrument",
        "different instruments, both client",
        "different instruments and perspectives",
    }


def test_chance_similarity_brackets_its_mean(frames):
    result = content_similarity(*frames, draws=200, seed=2)
    chance = result[(result["statistic"] == "hellinger_similarity_if_alike") & result["lower"].notna()]
    assert len(chance) == 6 and chance["estimate"].between(chance["lower"], chance["upper"]).all()
