"""Associations of a published matrix of scores: corrections and partial correlations by hand, and what is missing."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.differences import composite_differences
from psychometrics.association.partial import partial_correlations_of_matrix
from psychometrics.association.scores import correlate_composites, correlate_published

NORMAL = 1.959963984540054  # qnorm(.975)


def columns(forms, **scales):
    rows = [{"perspective": "client", "form": form, "scale": scales.get(form, "total")} for form in forms]
    return pd.DataFrame(rows, index=list(forms))


def test_the_smallest_n_counts_in_what_rests_on_several_pairs():
    names = ["a", "b", "c"]
    r = pd.DataFrame([[1, 0.6, 0.5], [0.6, 1, 0.4], [0.5, 0.4, 1]], names, names)
    n = pd.DataFrame([[99, 90, 80], [90, 99, 70], [80, 70, 99]], names, names)
    differences = composite_differences(r, columns(names), n)
    assert differences.loc[differences["statistic"] == "difference", "n"].eq(70).all()
    same = composite_differences(r, columns(names), 70)
    pd.testing.assert_frame_equal(differences, same)
    held = pd.concat([columns(names[:2]), pd.DataFrame([{"form": "baseline", "scale": "c"}], index=["c"])])
    absent = pd.Series(np.nan, names)
    rows = correlate_published(r, held, n, absent, absent.astype(object), {"c": "symptoms"}).set_index("statistic")
    partial = rows.loc["r_partial"]
    assert partial["n"] == 70 and partial["method"].startswith("Pearson, symptoms held constant")
    assert partial["estimate"] == pytest.approx((0.6 - 0.5 * 0.4) / np.sqrt((1 - 0.25) * (1 - 0.16)))
    half = NORMAL / np.sqrt(70 - 1 - 3)
    assert partial["upper"] == pytest.approx(np.tanh(np.arctanh(partial["estimate"]) + half))
    corrected = rows.loc[["r_disattenuated"]]
    assert corrected["estimate"].isna().all() and corrected["note"].str.startswith("no reliability was").all()


def test_a_pair_of_three_people_is_not_corrected_and_says_why():
    names = ["a", "b"]
    r, n = pd.DataFrame([[1, 0.6], [0.6, 1]], names, names), pd.DataFrame([[9, 3], [3, 9]], names, names)
    rows = correlate_published(r, columns(names), n, pd.Series(0.8, names), pd.Series("alpha", names), {})
    corrected = rows.set_index("statistic").loc["r_disattenuated"]
    assert np.isnan(corrected["estimate"]) and corrected["note"] == "fewer than four clients have both scores"


def published(r, scales, reliability, coefficient="alpha", n=103):
    """The rows r_disattenuated of two scores of one perspective that correlate r."""
    described = pd.DataFrame({"perspective": "client", "form": [*"ff"] if "task" in scales else [*"fg"]}, index=[*"ab"])
    described["scale"] = scales
    names = list(described.index)
    rows = correlate_published(
        pd.DataFrame([[1, r], [r, 1]], names, names),
        described,
        pd.DataFrame(n, names, names),
        pd.Series(reliability, names),
        pd.Series(coefficient, names),
        {},
    )
    return rows[rows["statistic"] == "r_disattenuated"].iloc[0]


def test_published_reliabilities_by_hand():
    """.54 / sqrt(.9 x .4) = .9, and Fisher's limits of .54 divided by the same root."""
    row = published(0.54, ["total", "total"], [0.9, 0.4])
    assert row["estimate"] == pytest.approx(0.9)
    half = NORMAL / 10
    assert row["lower"] == pytest.approx(np.tanh(np.arctanh(0.54) - half) / 0.6)
    assert row["upper"] == pytest.approx(np.tanh(np.arctanh(0.54) + half) / 0.6)
    assert (row["n"], row["level"]) == (103, 0.95)
    assert row["method"] == "r / sqrt(alpha alpha_2); Fisher interval of r divided by the same"
    assert row["note"] == "given reliabilities count as known"


def test_published_reliabilities_of_other_kinds_are_named():
    row = published(0.54, ["total", "total"], [0.9, 0.4], ["alpha", "icc"])
    assert row["method"].startswith("r / sqrt(alpha icc_2)") and "count as known" in row["note"]
    assert row["note"] == "given reliabilities (alpha, icc) count as known"


def test_published_corrections_that_say_why():
    above = published(0.6, ["total", "total"], [0.5, 0.6])
    assert above["estimate"] > 1 and above["note"].endswith("above 1: more than the two reliabilities allow")
    absent = published(0.6, ["total", "total"], [0.5, np.nan])
    assert np.isnan(absent["estimate"]) and absent["note"] == "no reliability was given for one of the scores"
    part = published(0.6, ["total", "task"], [0.8, 0.7])
    assert np.isnan(part["estimate"]) and part["note"].startswith("part-whole: shared items")
    missing = published(np.nan, ["total", "total"], [0.8, 0.7])
    assert np.isnan(missing["estimate"]) and missing["note"] == "the matrix has no value"
    assert absent[["lower", "upper"]].isna().all() and part[["lower", "upper"]].isna().all()


def test_partial_correlations_with_two_variables_held_constant():
    """One score of uncorrelated held variables: r_xy minus the products, over the roots of what is left."""
    names = ["x", "y", "u", "v"]
    r = pd.DataFrame([[1, 0.5, 0.3, 0.4], [0.5, 1, 0.2, 0.1], [0.3, 0.2, 1, 0], [0.4, 0.1, 0, 1]], names, names)
    rows = partial_correlations_of_matrix(r, 53, columns("xy"), {"u": "symptoms", "v": "age"}).set_index("statistic")
    expected = (0.5 - 0.3 * 0.2 - 0.4 * 0.1) / np.sqrt((1 - 0.09 - 0.16) * (1 - 0.04 - 0.01))
    row = rows.loc["r_partial"]
    assert row["estimate"] == pytest.approx(expected) and row["n"] == 53
    half = NORMAL / np.sqrt(53 - 2 - 3)
    assert row["lower"] == pytest.approx(np.tanh(np.arctanh(expected) - half))
    assert row["method"] == "Pearson, symptoms and age held constant; Fisher interval"


@pytest.mark.parametrize(
    "r_xu, n, reason",
    [
        (0.3, 4, "too few clients have both scores and what is held constant"),
        (1.0, 50, "a score follows from the others"),
    ],
)
def test_partial_correlations_that_say_why(r_xu, n, reason):
    names = ["x", "y", "u"]
    r = pd.DataFrame([[1, 0.5, r_xu], [0.5, 1, 0.5], [r_xu, 0.5, 1]], names, names)
    rows = partial_correlations_of_matrix(r, n, columns("xy"), {"u": "symptoms"})
    assert rows["estimate"].isna().all() and rows["note"].iloc[0].startswith(reason)


def test_one_score_or_nothing_held_constant_says_so():
    one, r = columns("x"), pd.DataFrame([[1.0]], ["x"], ["x"])
    rows = partial_correlations_of_matrix(r, 50, one, {"u": "symptoms"})
    assert rows["note"].tolist() == ["only one score: nothing to correlate"]
    rows = partial_correlations_of_matrix(r, 50, one, {})
    assert rows["note"].str.startswith("no variable of the clients has the role baseline").all()
    rows = correlate_published(r, one, 50, pd.Series(0.8, ["x"]), pd.Series("alpha", ["x"]), {})
    assert rows["statistic"].tolist() == ["r_pearson"] and rows["note"].str.startswith("only one score").all()
    rows = correlate_composites(r, one, pd.Series(0.8, ["x"]), 50)
    assert rows["statistic"].tolist() == ["r_pearson", "r_spearman", "r_disattenuated"]
