"""Canonical correlations: definitions, invariances, permutations as loops, shrinkage, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtr, stdtrit

from psychometrics.shared_variance.canonical import canonical_correlations, permutation_p, shrunken_square, wilks_tests
from psychometrics.shared_variance.canonical_rows import _without_each, relate_sets, relate_sets_of_matrix


@pytest.fixture
def sets():
    rng = np.random.default_rng(3)
    common = rng.normal(size=(120, 1))
    x = common + rng.normal(size=(120, 3))
    y = 0.6 * common + rng.normal(size=(120, 2))
    return pd.DataFrame(x, columns=list("abc")), pd.DataFrame(y, columns=["d", "e"])


def rows_of(rows, statistic):
    return rows[rows["statistic"] == statistic]["estimate"].to_numpy()


def test_variates_are_what_they_are_called(sets):
    values = np.hstack([part.to_numpy() for part in sets])
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    found = canonical_correlations(np.corrcoef(values, rowvar=False), 3)
    u, v = values[:, :3] @ found.x_weights, values[:, 3:] @ found.y_weights
    np.testing.assert_allclose(u.T @ u / 120, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(u.T @ v / 120, np.eye(3, 2) * found.r, atol=1e-12)
    structure = values[:, 3:].T @ v / 120  # redundancy as the sum over the variates
    assert found.y_by_x == pytest.approx(np.sum(structure**2 * found.r**2) / 2)


def test_two_single_scores_are_their_correlation():
    found = canonical_correlations(np.array([[1, -0.6], [-0.6, 1]]), 1)
    assert found.r == pytest.approx([0.6])
    assert found.x_by_y == pytest.approx(0.36) and found.y_by_x == pytest.approx(0.36)


def test_mixing_the_scores_of_a_set_changes_nothing(sets):
    x, y = sets
    mixed = pd.DataFrame(x.to_numpy() @ np.array([[1, 2, 0], [0, 1, 5], [0, 0, -1]]), columns=list("abc"))
    one, two = (relate_sets(part, y, units=np.arange(120), draws=50) for part in (x, mixed))
    for name in ("canonical_r", "p_permutation", "wilks_lambda", "redundancy_2_by_1"):
        np.testing.assert_allclose(rows_of(one, name), rows_of(two, name))


def test_the_other_way_round_swaps_the_redundancies(sets):
    x, y = sets
    one, two = relate_sets(x, y, units=np.arange(120), draws=20), relate_sets(y, x, units=np.arange(120), draws=20)
    np.testing.assert_allclose(rows_of(one, "canonical_r"), rows_of(two, "canonical_r"))
    for name in ("", "_shrunken"):
        np.testing.assert_allclose(rows_of(one, f"redundancy_1_by_2{name}"), rows_of(two, f"redundancy_2_by_1{name}"))


def test_permutations_as_a_loop(sets):
    x, y = (part.to_numpy() for part in sets)
    smaller = 0
    observed = np.linalg.det(np.corrcoef(np.hstack([x, y]), rowvar=False))
    for draw in range(60):
        order = np.random.default_rng(np.random.SeedSequence([9, draw])).permutation(120)
        smaller += np.linalg.det(np.corrcoef(np.hstack([x[order], y]), rowvar=False)) <= observed
    found = permutation_p(x, y, 60, 9)
    assert found[0] == pytest.approx((1 + smaller) / 61)
    assert (np.diff(found) >= 0).all()


def test_permutations_of_unrelated_sets_are_uniform():
    rng = np.random.default_rng(4)
    p = [permutation_p(rng.normal(size=(40, 2)), rng.normal(size=(40, 2)), 39, seed)[0] for seed in range(200)]
    assert 0.4 < np.mean(p) < 0.6 and 0.01 < np.mean(np.array(p) <= 0.1) < 0.2


@pytest.mark.parametrize("seed", [0, 6, 9])
def test_a_smaller_correlation_is_never_more_significant(seed):
    """Of these unrelated sets, the share of larger permutations alone falls from one pair of variates to the next."""
    rng = np.random.default_rng(seed)
    p = permutation_p(rng.normal(size=(30, 3)), rng.normal(size=(30, 3)), 99, 0)
    assert (np.diff(p) >= 0).all()


def test_wilks_for_one_pair_of_scores_is_the_t_test():
    r, n = 0.3, 50
    t = r * np.sqrt((n - 2) / (1 - r**2))
    assert wilks_tests(np.array([r]), n, 1, 1)["p_wilks"][0] == pytest.approx(2 * stdtr(n - 2, -t))


def test_shrinkage_by_hand():
    assert shrunken_square(0.5, 21, 4) == pytest.approx(1 - 0.5 * 20 / 16)
    assert shrunken_square(0.1, 21, 4) == 0
    assert np.isnan(shrunken_square(0.5, 5, 4))


def test_shrinkage_of_the_second_pair_by_hand():
    """Two by two variables, pairs .6 and .4: three predictors for the first pair, one for the second."""
    r = np.eye(4)
    r[0, 2] = r[2, 0] = 0.6
    r[1, 3] = r[3, 1] = 0.4
    rows = relate_sets_of_matrix(pd.DataFrame(r, [*"abcd"], [*"abcd"]), 2, 100)
    expected = [np.sqrt(1 - 0.64 * 99 / 96), np.sqrt(1 - 0.84 * 99 / 98)]
    np.testing.assert_allclose(rows_of(rows, "canonical_r_shrunken"), expected)
    assert rows_of(rows, "redundancy_1_by_2") == pytest.approx((0.36 + 0.16) / 2)


def test_leaving_out_units_as_a_loop(sets):
    values = np.hstack([part.to_numpy() for part in sets])
    units = np.arange(120) % 7
    expected = [np.corrcoef(values[units != unit], rowvar=False) for unit in range(7)]
    np.testing.assert_allclose(_without_each(values, units), expected)


def test_intervals_hold_the_shrunken_values(sets):
    rows = relate_sets(*sets, units=np.arange(120) % 30, draws=10)
    told = rows[rows["statistic"].str.contains("shrunken")]
    assert (told["lower"] <= told["estimate"]).all() and (told["estimate"] <= told["upper"]).all()
    own = rows[rows["statistic"].isin([name.removesuffix("_shrunken") for name in told["statistic"]])]
    assert own["lower"].isna().all() and told["uncorrected"].tolist() == own["estimate"].tolist()
    assert rows[rows["statistic"] == "p_permutation"]["method"].str.contains("clients count as independent").all()


def test_interval_of_a_redundancy_by_definition(sets):
    """The jackknife error times (n - 1) / (n - k - 1), on the scale of z of the root, around the shrunken value."""
    x, y = sets
    units = np.arange(120) % 30
    rows = relate_sets(x, y, units=units, draws=5).set_index("statistic")
    values = x.join(y)
    left = np.array([canonical_correlations(values[units != unit].corr().to_numpy(), 3).x_by_y for unit in range(30)])
    error = np.sqrt(29 / 30 * np.sum((left - left.mean()) ** 2))
    told = rows.loc["redundancy_1_by_2_shrunken"]
    assert told["se"] == pytest.approx(error)
    halfway = (told["estimate"] + told["uncorrected"]) / 2
    slope = 2 * np.sqrt(halfway) * (1 - halfway)
    half = stdtrit(29, 0.975) * error * 119 / (120 - 2 - 1) / slope
    centre = np.arctanh(np.sqrt(told["estimate"]))
    assert told["lower"] == pytest.approx(np.tanh(centre - half) ** 2)
    assert told["upper"] == pytest.approx(np.tanh(centre + half) ** 2)


def test_what_chance_can_make_has_a_lower_limit_of_zero():
    """Six by six independent variables of 60 people: the first canonical correlation is about .5 by chance."""
    rng = np.random.default_rng(4)
    x, y = (pd.DataFrame(rng.normal(size=(60, 6))) for _ in range(2))
    rows = relate_sets(x, y, units=np.arange(60), draws=5)
    told = rows[rows["statistic"] == "canonical_r_shrunken"]
    assert told["uncorrected"].iloc[0] > 0.4 and (told["lower"] == 0).all()
    # what is not by chance keeps its limit, and what it leaves is judged without it
    tied = relate_sets(x, y.assign(**{"0": x[0] + 0.3 * y[0]}), units=np.arange(60), draws=5)
    told = tied[tied["statistic"] == "canonical_r_shrunken"]
    assert told["lower"].iloc[0] > 0.8 and (told["lower"].iloc[1:] == 0).all()


def test_fewer_than_five_people_per_score_are_noted(sets):
    x, y = sets
    few, enough = (relate_sets(x[:n], y[:n], units=np.arange(n), draws=5) for n in (24, 25))
    assert few["note"].str.contains("only 24 clients for 5 scores").all() and enough["note"].eq("").all()


def test_what_cannot_be_computed_says_why(sets):
    x, y = sets
    assert "at least 7 are needed" in relate_sets(x[:5], y[:5], units=np.arange(5))["note"].item()
    assert relate_sets(x.assign(a=1), y, units=np.arange(120))["note"].item() == "a score does not vary"
    summed = relate_sets(x.assign(c=x["a"] + x["b"]), y, units=np.arange(120))
    assert summed["note"].item() == "a variable is a sum of others of its set"
    rows = relate_sets(x, y, units=np.repeat([1, 2], 60), draws=5)
    assert (rows[rows["statistic"] == "canonical_r"]["note"] == "fewer than three units: no interval").all()
    with pytest.raises(ValueError, match="at least one variable"):
        canonical_correlations(np.eye(2), 2)


def test_a_matrix_gives_the_same_estimates(sets):
    x, y = sets
    raw = relate_sets(x, y, units=np.arange(120), draws=5)
    matrix = relate_sets_of_matrix(x.join(y).corr(), 3, 120)
    for name in ("canonical_r", "canonical_r_shrunken", "p_wilks", "redundancy_1_by_2_shrunken"):
        np.testing.assert_allclose(rows_of(raw, name), rows_of(matrix, name))
    missing = matrix[matrix["estimate"].isna()]
    assert set(missing["statistic"]) == {"p_permutation"} and (missing["note"] != "").all()


def test_a_matrix_that_says_why():
    r = pd.DataFrame([[1, 1, 0.3], [1, 1, 0.3], [0.3, 0.3, 1]], [*"abc"], [*"abc"])
    assert relate_sets_of_matrix(r, 2, 50)["note"].item() == "a variable is a sum of others of its set"
    assert relate_sets_of_matrix(r, 2, 4)["note"].item() == "4 clients for 3 scores; at least 5 are needed"


def test_a_set_that_holds_the_other_whole():
    x = pd.DataFrame(np.random.default_rng(1).normal(size=(50, 2)), columns=list("ab"))
    rows = relate_sets(x, x.rename(columns=str.upper), units=np.arange(50), draws=20)
    shared = rows[rows["statistic"].str.contains("canonical_r|redundancy")]
    # Fisher's z is cut at a correlation of 1 - 1e-12
    np.testing.assert_allclose(shared["estimate"], 1, atol=1e-9)
    told = shared[shared["statistic"].str.endswith("shrunken")]
    np.testing.assert_allclose(told[["uncorrected", "lower", "upper"]], 1, atol=1e-9)
    assert rows.loc[rows["statistic"].isin(["p_wilks", "p_bartlett"]), "estimate"].eq(0).all()
