"""Two solutions side by side: matching, unmatched factors, unprinted loadings, intervals from paired draws."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.alignment import congruences, tucker_congruence
from psychometrics.factors.comparison import compare_solutions


def pattern(values, labels=("F1", "F2", "F3"), prefix="i"):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame(values, [f"{prefix}{j + 1}" for j in range(len(values))], list(labels)[: values.shape[1]])


@pytest.fixture
def a():
    return pattern(np.random.default_rng(0).uniform(-0.2, 0.2, (9, 3)) + np.kron(np.eye(3), np.full((3, 1), 0.7)))


def rows(table, statistic):
    return table[table["statistic"] == statistic].reset_index(drop=True)


def test_congruences_by_a_slow_loop():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(6, 2)), rng.normal(size=(6, 3))
    b[rng.random(b.shape) < 0.3] = np.nan
    for j in range(2):
        for m in range(3):
            known = [i for i in range(6) if not np.isnan(b[i, m])]
            product = sum(a[i, j] * b[i, m] for i in known)
            size = np.sqrt(sum(a[i, j] ** 2 for i in known) * sum(b[i, m] ** 2 for i in known))
            assert congruences(a, b)[j, m] == pytest.approx(product / size)


def test_the_same_solution_in_another_order_and_direction(a):
    b = (a.iloc[::-1, [2, 0, 1]] * [1, -1, 1]).set_axis(["X", "Y", "Z"], axis=1)
    table = compare_solutions(a, b)
    matched = rows(table, "congruence")
    assert matched[["factor", "factor_2"]].to_numpy().tolist() == [["F1", "Y"], ["F2", "Z"], ["F3", "X"]]
    np.testing.assert_allclose(matched["estimate"], 1)
    assert matched["note"].tolist() == ["the second factor points in the other direction", "", ""]
    assert rows(table, "items_stay")["estimate"][0] == 1
    assert (rows(table, "changes_factor")["estimate"] == 0).all()
    assert (table["n"] == 9).all()


def test_congruence_is_tuckers(a):
    b = a + np.random.default_rng(3).normal(0, 0.1, a.shape)
    found = rows(compare_solutions(a, b), "congruence")["estimate"]
    np.testing.assert_allclose(found, np.diag(tucker_congruence(a, b)))


def test_items_that_change_factor(a):
    b = a.copy()
    b.loc["i4"] = [0.8, 0.1, 0.0]
    table = compare_solutions(a, b)
    moved = rows(table, "changes_factor").query("estimate == 1")
    assert moved[["item", "factor", "factor_2"]].to_numpy().tolist() == [["i4", "F2", "F1"]]
    assert rows(table, "items_stay")["estimate"][0] == pytest.approx(8 / 9)


def test_mirrored_items_under_other_names(a):
    b = a.rename(index=lambda item: item.replace("i", "t"))
    table = compare_solutions(a, b.drop(index="t9"), items={f"t{j}": f"i{j}" for j in range(1, 9)})
    np.testing.assert_allclose(rows(table, "congruence")["estimate"], 1)
    compared = rows(table, "items_compared").iloc[0]
    assert compared["estimate"] == 8 and compared["note"] == "only in the first: i9"


@pytest.mark.parametrize("swap", [False, True])
def test_different_numbers_of_factors(a, swap):
    fewer = a[["F3", "F1"]]
    table = compare_solutions(fewer, a) if swap else compare_solutions(a, fewer)
    found = rows(table, "congruence")
    assert len(found) == 3
    extra, other = ("factor_2", "factor") if swap else ("factor", "factor_2")
    last = found.iloc[-1]
    assert last[extra] == "F2" and pd.isna(last[other])
    sizes = tucker_congruence(a, fewer).loc["F2"].abs()
    assert last["estimate"] == pytest.approx(sizes.max()) and last["note"].endswith(f"closest is {sizes.idxmax()}")
    # the items of the factor without a counterpart cannot stay
    assert rows(table, "items_stay")["estimate"][0] == pytest.approx(6 / 9)


def test_loadings_that_a_table_does_not_print(a):
    printed = a.where(a.abs() >= 0.4)
    table = compare_solutions(a, printed)
    np.testing.assert_allclose(rows(table, "congruence")["estimate"], 1)
    assert rows(table, "items_stay")["estimate"][0] == 1


def test_intervals_by_a_slow_loop(a):
    rng = np.random.default_rng(5)
    b = a + rng.normal(0, 0.1, a.shape)
    drawn = [frame.to_numpy() + rng.normal(0, 0.1, (40, 9, 3)) for frame in (a, b)]
    drawn[0][7] = np.nan
    table = compare_solutions(a, b, a_draws=drawn[0], b_draws=drawn[1][:30], level=0.9, units="therapists")
    found = rows(table, "congruence")
    for j in range(3):
        values = []
        for draw in range(30):
            x, y = drawn[0][draw, :, j], drawn[1][draw, :, j]
            if draw != 7:
                values.append(x @ y / np.sqrt(x @ x * (y @ y)))
        middle, half = 2 * found["uncorrected"][j] - np.mean(values), 1.6448536269514722 * np.std(values, ddof=1)
        assert found["estimate"][j] == pytest.approx(min(middle, 1))
        assert found["lower"][j] == pytest.approx(min(middle - half, 1))
        assert found["upper"][j] == pytest.approx(min(middle + half, 1))
        assert found["se"][j] == pytest.approx(np.std(values, ddof=1))
    assert found["method"][0] == ("Tucker congruence; bias-corrected bootstrap, 29 of 30 resamples of therapists")
    stay = rows(table, "items_stay").iloc[0]
    assert stay["lower"] <= stay["upper"] <= 1
    often = rows(table, "changes_factor_in_resamples")
    assert len(often) == 9 and often["estimate"].between(0, 1).all()


def test_a_mirrored_factor_has_the_same_interval(a):
    drawn = a.to_numpy() + np.random.default_rng(5).normal(0, 0.1, (40, 9, 3))
    one, other = (rows(compare_solutions(a, b, a_draws=drawn), "congruence") for b in (a + 0.02, -a - 0.02))
    pd.testing.assert_frame_equal(one.drop(columns="note"), other.drop(columns="note"))
    assert other["note"].str.contains("other direction").all()


def test_a_fixed_table_against_resamples(a):
    draws = a.to_numpy() + np.random.default_rng(5).normal(0, 0.05, (50, 9, 3))
    found = rows(compare_solutions(a + 0.02, a.where(a.abs() > 0.1), a_draws=draws), "congruence")
    assert (found["lower"] < found["upper"]).all() and (found["upper"] <= 1).all()


def test_intervals_hold_the_congruence_of_the_populations():
    """Loadings with independent errors: nine intervals in ten hold the congruence of the true patterns."""
    rng = np.random.default_rng(2)
    truth = [np.kron(np.eye(2), np.full((5, 1), 0.7)) + rng.uniform(-0.25, 0.25, (10, 2)) for _ in range(2)]
    wanted = np.diag(congruences(*truth))
    covered = []
    for _ in range(100):
        found = [values + rng.normal(0, 0.06, values.shape) for values in truth]
        draws = [values + rng.normal(0, 0.06, (100, *values.shape)) for values in found]
        table = compare_solutions(pattern(found[0]), pattern(found[1]), a_draws=draws[0], b_draws=draws[1], level=0.9)
        limits = rows(table, "congruence")
        covered.append((limits["lower"] <= wanted) & (wanted <= limits["upper"]))
    # two factors of 100 samples: the standard error is .02 to .03
    assert np.mean(covered) == pytest.approx(0.9, abs=0.05)


def test_what_cannot_be_compared(a):
    with pytest.raises(ValueError, match="share no item"):
        compare_solutions(a, a.rename(index=lambda item: f"x{item}"))
    with pytest.raises(ValueError, match="item i2 is twice in the second"):
        compare_solutions(a, a, items={"i1": "i2"})
    with pytest.raises(ValueError, match="no loading other than 0"):
        compare_solutions(a, a.assign(F2=0.0))
    with pytest.raises(ValueError, match=r"\(9, 2\) do not belong to one of shape \(9, 3\)"):
        compare_solutions(a, a, a_draws=np.zeros((5, 9, 2)))
