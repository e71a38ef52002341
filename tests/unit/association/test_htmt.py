"""The heterotrait-monotrait ratio: by hand, by a loop, and for resamples of whole units."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.htmt import htmt, htmt_of_answers, htmt_of_matrix


def answers(n=120, seed=3):
    rng = np.random.default_rng(seed)
    source = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], n)
    items = np.hstack([source[:, [0]] + rng.normal(size=(n, 4)), source[:, [1]] + rng.normal(size=(n, 3))])
    return pd.DataFrame(np.round(items), columns=[f"x{k}" for k in range(4)] + [f"y{k}" for k in range(3)])


def test_by_hand():
    """Between .3, .4, .2, .5: mean .35; within .64 and .49: geometric mean .56; .35 / .56 = .625."""
    r = np.array([[1, 0.64, 0.3, 0.4], [0.64, 1, 0.2, -0.5], [0.3, 0.2, 1, 0.49], [0.4, -0.5, 0.49, 1]])
    assert htmt(r, 2)["htmt"] == pytest.approx(0.625)
    assert htmt(r, 2)["htmt2"] == pytest.approx((0.3 * 0.4 * 0.2 * 0.5) ** 0.25 / 0.56)


def test_against_a_loop():
    r = answers().corr().to_numpy()
    one, two = range(4), range(4, 7)
    between = [abs(r[i, j]) for i, j in product(one, two)]
    within = [[abs(r[i, j]) for i, j in combinations(part, 2)] for part in (one, two)]
    found = htmt(r, 4)
    assert found["htmt"] == pytest.approx(np.mean(between) / np.sqrt(np.mean(within[0]) * np.mean(within[1])))
    geometric = [np.exp(np.mean(np.log(part))) for part in (between, *within)]
    assert found["htmt2"] == pytest.approx(geometric[0] / np.sqrt(geometric[1] * geometric[2]))


def test_parallel_items_give_the_corrected_correlation():
    """Equal correlations within and between: both ratios are the correlation of the true scores."""
    r = np.full((6, 6), 0.3)
    r[:3, :3] = r[3:, 3:] = 0.5
    assert htmt(r, 3) == pytest.approx({"htmt": 0.6, "htmt2": 0.6})


def test_keying_and_order_do_not_matter():
    data = answers()
    turned = data.assign(x1=-data["x1"], y2=-data["y2"])[["x2", "x0", "x1", "x3", "y2", "y0", "y1"]]
    assert htmt(turned.corr().to_numpy(), 4) == pytest.approx(htmt(data.corr().to_numpy(), 4))
    swapped = data[[*data.columns[4:], *data.columns[:4]]]
    assert htmt(swapped.corr().to_numpy(), 3) == pytest.approx(htmt(data.corr().to_numpy(), 4))


def test_intervals_leave_out_units():
    data = answers()
    data.iloc[3, 2] = np.nan
    units = np.arange(120) // 4
    rows = htmt_of_answers(data, 4, units=units).set_index("statistic")
    assert rows["estimate"].to_dict() == pytest.approx(htmt(data.corr().to_numpy(), 4))
    # without a unit, row by row; Efron & Stein (1981)
    left_out = [float(htmt(data[units != unit].corr().to_numpy(), 4)["htmt"]) for unit in range(30)]
    se = np.sqrt(29 / 30 * np.sum((np.array(left_out) - np.mean(left_out)) ** 2))
    assert rows.loc["htmt", "se"] == pytest.approx(se)
    quantile = 2.045229642132703  # qt(.975, 29)
    assert rows.loc["htmt", "upper"] == pytest.approx(rows.loc["htmt", "estimate"] + quantile * se)
    assert rows.loc["htmt", "method"].endswith("jackknife interval, 30 units")
    few = htmt_of_answers(data, 4, units=np.arange(120) // 60)
    assert few["lower"].isna().all() and few["note"].eq("fewer than three units: no jackknife interval").all()


def test_what_cannot_be_computed_says_why():
    data = answers()
    one = htmt_of_answers(data, 6, units=np.arange(120))
    assert one["estimate"].isna().all() and one["note"].str.contains("one item only").all()
    flat = htmt_of_answers(data.assign(x0=1.0), 4, units=np.arange(120))
    assert flat["estimate"].isna().all() and flat["note"].str.contains("does not vary").all()
    apart = data.copy()
    apart.iloc[:60, :4] = np.nan
    apart.iloc[60:, 4:] = np.nan
    never = htmt_of_answers(apart, 4, units=np.arange(120))
    assert never["estimate"].isna().all() and never["note"].str.contains("fewer than three people answered both").all()
    matrix = htmt_of_matrix(data.corr(), 4, 120)
    assert matrix["estimate"].notna().all() and (matrix["note"] == "the interval needs raw answers").all()


def test_many_units_are_left_out_in_parts():
    data = pd.concat([answers()] * 5, ignore_index=True)
    rows = htmt_of_answers(data, 4, units=np.arange(600))
    assert rows["method"].str.endswith("jackknife interval, 600 units in 500 parts").all()
    once = htmt_of_answers(answers(), 4, units=np.arange(120))
    # five times the people: the whole sample's standard error over the root of five, up to the 100 parts of two units
    np.testing.assert_allclose(rows["se"] * np.sqrt(5), once["se"], rtol=0.1)


def test_the_rule_for_missing_answers_is_named_where_it_mattered():
    data = answers()
    complete = htmt_of_answers(data, 4, units=np.arange(120))
    assert not complete["method"].str.contains("pairwise").any()
    data.loc[:9, "x0"] = np.nan
    assert htmt_of_answers(data, 4, units=np.arange(120))["method"].str.contains("of the items, pairwise").all()


def test_listwise_takes_clients_who_answered_every_item():
    data = answers()
    data.loc[:9, "x0"] = np.nan
    data.loc[5:19, "y2"] = np.nan
    rows = htmt_of_answers(data, 4, missing="listwise", units=np.arange(120)).set_index("statistic")
    expected = htmt(data.dropna().corr().to_numpy(), 4)
    assert rows["estimate"].to_dict() == pytest.approx(expected)
    assert rows["n"].eq(100).all() and rows["method"].str.contains("listwise").all()
    with pytest.raises(ValueError, match="'pairwise' or 'listwise', not 'em'"):
        htmt_of_answers(data, 4, missing="em", units=np.arange(120))
