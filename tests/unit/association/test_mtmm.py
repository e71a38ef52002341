"""Campbell and Fiske's criteria on a matrix whose comparisons were counted by hand."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.difference_tests import overlapping
from psychometrics.association.mtmm import (
    ACROSS,
    COLUMNS,
    VALIDITY,
    WITHIN,
    campbell_fiske,
    cell_kinds,
    discriminant_comparisons,
    kendall_w,
    rank_correlations,
    triangles,
)
from psychometrics.association.pairs import all_pairs, pair_names
from psychometrics.association.weighted import used_by, weighted_pair_correlations

# an artificial matrix in the manner of Campbell & Fiske (1959), table 1: traits A, B, C by methods 1, 2, 3
MATRIX = """
.51
.38 .37
.57 .22 .11
.22 .57 .11 .68
.09 .10 .46 .59 .58
.56 .22 .11 .67 .42 .33
.23 .58 .12 .43 .66 .34 .67
.11 .11 .45 .34 .32 .58 .58 .60
"""


def measures(methods="123", traits="ABC"):
    rows = [
        {"perspective": method, "form": "f", "scale": trait, "trait": trait} for method in methods for trait in traits
    ]
    return pd.DataFrame(rows, index=[f"{row['perspective']}{row['trait']}" for row in rows])


def matrix(size=9):
    r = np.eye(size)
    for i, line in enumerate(MATRIX.split("\n")[1:size], start=1):
        r[i, :i] = r[:i, i] = [float(value) for value in line.split()]
    return r


def cells(design, r, lower=0.05):
    pairs = all_pairs(design)
    values = r[pairs[:, 0], pairs[:, 1]]
    return pd.DataFrame(pair_names(design, pairs)).assign(
        statistic=cell_kinds(design),
        estimate=values,
        se=np.nan,
        lower=values - lower,
        upper=values + lower,
        level=0.95,
        n=100,
        method="r",
        note="",
    )


def criteria(design, r, **change):
    found = campbell_fiske(
        design,
        cells(design, r).assign(**change),
        None,
        np.ones((100, len(all_pairs(design)))) > 0,
        resample_units(np.arange(100), 0, 0),
        0.95,
    )
    counts = found[found["statistic"] == "criterion"].set_index("criterion")
    return found, counts


def test_kinds_of_cells():
    kinds = cell_kinds(measures("12", "AB"))
    # A1B1 A1A2 A1B2 B1A2 B1B2 A2B2
    assert kinds.tolist() == [WITHIN, VALIDITY, ACROSS, ACROSS, VALIDITY, WITHIN]


def test_comparisons_against_the_definition_as_a_loop():
    """Every value in the row and column of a validity; the traits of both its methods."""
    design = measures("123", "ABCD").drop(index=["2D"])  # the second method lacks a trait
    names = list(design.index)
    position = {frozenset(names[k] for k in pair): n for n, pair in enumerate(all_pairs(design))}
    expected = set()
    for one, two in permutations("123", 2):
        for trait in "ABCD":
            if one > two or not {one + trait, two + trait} <= set(names):
                continue
            validity = position[frozenset((one + trait, two + trait))]
            for other in set("ABCD") - {trait}:
                for pair, criterion in (
                    ((one + trait, two + other), 2),
                    ((one + other, two + trait), 2),
                    ((one + trait, one + other), 3),
                    ((two + trait, two + other), 3),
                ):
                    if set(pair) <= set(names):
                        expected.add((criterion, validity, position[frozenset(pair)]))
    found = discriminant_comparisons(design)
    assert set(found.itertuples(index=False, name=None)) == expected and len(found) == len(expected)


def test_counts_by_hand():
    found, counts = criteria(measures(), matrix())
    assert found.columns.tolist() == COLUMNS
    assert counts["comparisons"].tolist() == [9, 36, 36, 36]
    # 3: of A1-A2 .57 > .51, .38 and not > .68, .59, and so on; .67 is not above .67
    assert counts["holds"].tolist() == [9, 36, 16, 36]
    assert counts["estimate"].tolist() == pytest.approx([1, 1, 16 / 36, 1])
    concordance = found[found["statistic"] == "kendall_w"].iloc[0]
    # sums of ranks 27, 13, 14, mean 18: S = 122; a tied pair in each of two triangles takes away 2 x 6, times 9
    assert concordance["estimate"] == pytest.approx(12 * 122 / (9**2 * 24 - 9 * 12))


def test_rows_name_both_correlations():
    found, _ = criteria(measures(), matrix())
    row = found[(found["criterion"] == 3) & (found["statistic"] == "comparison")].iloc[0]
    assert row[["perspective", "scale", "perspective_2", "scale_2"]].tolist() == ["1", "A", "2", "A"]
    assert row[["perspective_3", "scale_3", "perspective_4", "scale_4"]].tolist() == ["1", "A", "1", "B"]
    assert row["estimate"] == pytest.approx(0.57 - 0.51) and row["holds"] == 1


def test_triangles_have_the_same_cells_in_the_same_order():
    design = measures("12")
    found, r = triangles(design), matrix(6)
    pairs = all_pairs(design)
    values = {name: [r[tuple(pairs[k])] for k in where] for name, where in found.items()}
    assert values == {
        "1": [0.51, 0.38, 0.37],
        "2": [0.68, 0.59, 0.58],
        "2 by 1, below": [0.22, 0.09, 0.10],
        "2 by 1, above": [0.22, 0.11, 0.11],
    }


def test_a_validity_holds_by_its_interval():
    _, counts = criteria(measures(), matrix(), lower=np.array([-0.01, *[0.01] * 35]))
    assert counts.loc[1, "holds"] == 9  # the first cell is no validity
    _, counts = criteria(measures(), matrix(), lower=np.array([0.01, 0.01, -0.01, *[0.01] * 33]))
    assert counts.loc[1, "holds"] == 8
    _, counts = criteria(measures(), matrix(), lower=np.nan)
    assert counts.loc[1, "comparisons"] == 0 and "no interval" in counts.loc[1, "note"]


def test_the_order_of_methods_and_traits_does_not_matter():
    _, counts = criteria(measures(), matrix())
    order = np.random.default_rng(3).permutation(9)
    _, again = criteria(measures().iloc[order], matrix()[np.ix_(order, order)])
    columns = ["estimate", "holds", "comparisons"]
    assert again[columns].to_numpy()[:3].tolist() == counts[columns].to_numpy()[:3].tolist()


def test_missing_correlations_are_counted_apart():
    r = matrix()
    r[0, 3] = r[3, 0] = np.nan  # A1-A2
    notes = np.where(np.arange(36) == 2, "fewer than four clients have both scores", "")
    found, counts = criteria(measures(), r, note=notes)
    assert counts["comparisons"].tolist() == [8, 32, 32, 36]
    assert counts.loc[2, "note"] == "4 more could not be compared"
    assert found[found["estimate"].isna()]["note"].ne("").all()


def test_what_one_or_two_traits_cannot_show():
    found, counts = criteria(measures("12", "AB"), matrix(6)[np.ix_([0, 1, 3, 4], [0, 1, 3, 4])])
    assert counts["comparisons"].tolist() == [2, 4, 4, 0] and "fewer than three traits" in counts.loc[4, "note"]
    found, counts = criteria(measures("12", "A"), matrix(6)[np.ix_([0, 3], [0, 3])])
    assert counts["comparisons"].tolist() == [1, 0, 0, 0]
    assert counts.loc[2, "note"] == "one trait: there is no other to compare with"
    assert found[found["estimate"].isna()]["note"].ne("").all()


def test_differences_have_bootstrap_intervals_by_unit():
    rng = np.random.default_rng(8)
    answers = pd.DataFrame(rng.multivariate_normal(np.zeros(6), matrix(6), 300))
    design, pairs = measures("12"), all_pairs(measures("12"))
    values = answers.to_numpy()
    resamples = resample_units(np.arange(300) // 5, 200, 4)
    draws = weighted_pair_correlations(values, resamples.weights, pairs)
    r = np.corrcoef(values.T)
    found = campbell_fiske(design, cells(design, r), draws, used_by(values, pairs), resamples, 0.95)
    second = found[(found["criterion"] == 2) & (found["statistic"] == "comparison")]
    assert second["method"].str.endswith("200 of 200 resamples of 60 units").all()
    # the first: A1-A2 less A1-B2
    difference = draws[:, 2] - draws[:, 3]
    assert second["se"].iloc[0] == pytest.approx(difference.std(ddof=1))
    assert (second["certain"] == (second["lower"] > 0)).all() and second["certain"].sum() > 8
    fourth = found[found["block"].notna()]
    assert fourth["lower"].between(-1, 1).all() and found[found["statistic"] == "kendall_w"]["lower"].notna().all()


def test_equal_triangles_agree_wholly_and_opposite_ones_not_at_all():
    up, down = np.array([0.1, 0.2, 0.3]), np.array([0.3, 0.2, 0.1])
    assert kendall_w(np.array([up, up])) == 1 and kendall_w(np.array([up, down])) == 0
    assert rank_correlations(np.array([up, down])) == pytest.approx([-1])
    assert np.isnan(kendall_w(np.full((2, 3), 0.2))) and np.isnan(rank_correlations(np.full((2, 3), 0.2))).all()
    assert np.isnan(kendall_w(np.array([up, [np.nan, 1, 2]])))


def test_without_people_to_resample_the_limits_are_zou_s():
    found, _ = criteria(measures("12"), matrix(6))
    row = found[found["criterion"] == 2].iloc[0]
    # A1-A2 .57 less A1-B2 .22; A2-B2, which they do not share, is .68
    known = overlapping(0.57, 0.22, 0.68, 100)
    assert [row["lower"], row["upper"]] == pytest.approx([float(known.lower), float(known.upper)])
    assert row["method"].endswith("Zou interval") and row["certain"] == 1 and row["note"] == ""
