"""Repeated scores: the parts by hand, resamples by a loop, invariances, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from psychometrics.association.within_between import (
    FEW_WITHIN,
    ONE_SESSION,
    UNLIKE,
    client_sums,
    repeated_correlations,
    split_correlations,
)
from psychometrics.resampling.formula_intervals import fisher_interval
from psychometrics.resampling.weights import cluster_resamples

COLUMNS = pd.DataFrame(
    [["client", "f", "total"], ["client", "g", "total"]], columns=["perspective", "form", "scale"], index=["x", "y"]
)


@pytest.fixture
def table():
    """Thirty clients of ten therapists with one to five sessions; some scores miss."""
    rng = np.random.default_rng(8)
    clients = np.repeat([f"c{i:02d}" for i in range(30)], rng.integers(1, 6, size=30))
    of_client = pd.factorize(clients)[0]
    common = rng.normal(size=30)[of_client]
    frame = pd.DataFrame({"x": common + rng.normal(size=len(clients)), "y": common + rng.normal(size=len(clients))})
    frame.loc[::9, "x"] = np.nan
    return frame.assign(client=clients)


def by_definition(frame):
    """Within, between and total correlation of complete rows."""
    frame = frame.dropna()
    means = frame.groupby("client")[["x", "y"]].transform("mean")
    within = np.corrcoef((frame[["x", "y"]] - means).to_numpy(), rowvar=False)[0, 1]
    return [within, np.corrcoef(means.to_numpy(), rowvar=False)[0, 1], frame["x"].corr(frame["y"])]


def test_definitions(table):
    rows = repeated_correlations(table, table["client"], COLUMNS).set_index("statistic")["estimate"]
    np.testing.assert_allclose(rows[["r_within", "r_between", "r_total"]], by_definition(table), atol=1e-12)
    assert rows["r_part_within"] + rows["r_part_between"] == pytest.approx(rows["r_total"])


def test_weightings_agree_with_a_loop_in_which_a_client_drawn_twice_is_two(table):
    names, codes = np.unique(table["client"], return_inverse=True)
    weights = cluster_resamples(np.arange(30) // 3, 0, 15, 2)
    sums = client_sums(table["x"].to_numpy(), table["y"].to_numpy(), codes, 30)
    found = split_correlations(sums, weights)
    for draw, row in enumerate(weights):
        copies = [
            table[codes == i].assign(client=f"{name}-{copy}") for i, name in enumerate(names) for copy in range(row[i])
        ]
        expected = by_definition(pd.concat(copies))
        np.testing.assert_allclose([found[name][draw] for name in ("within", "between", "total")], expected, atol=1e-10)


def limits_without_a_unit(table, units, position):
    """Jackknife limits on the scale of Fisher's z, in a loop; units of the clients in sorted order."""
    of_row = units[np.unique(table["client"], return_inverse=True)[1]]
    estimate = by_definition(table)[position]
    left_out = np.array([by_definition(table[of_row != unit])[position] for unit in np.unique(units)])
    if position == 0:  # leaving out what has no pair of sessions changes nothing within clients, and does not count
        left_out = left_out[np.abs(left_out - estimate) > 1e-12]
    z, g = np.arctanh(left_out), len(left_out)
    half = stdtrit(g - 1, 0.975) * np.sqrt((g - 1) / g * np.square(z - z.mean()).sum())
    return np.tanh([np.arctanh(estimate) - half, np.arctanh(estimate) + half]), g


@pytest.mark.parametrize("clients_of_one", [1, 3])
def test_units_are_left_out_one_at_a_time(table, clients_of_one):
    units = np.arange(30) // clients_of_one
    table = table.dropna().reset_index(drop=True)
    units = units[[int(name[1:]) for name in np.unique(table["client"])]]
    rows = repeated_correlations(table, table["client"], COLUMNS, units=units).set_index("statistic")
    for position, name in enumerate(("r_within", "r_between", "r_total")):
        limits, g = limits_without_a_unit(table, units, position)
        assert rows.loc[name, ["lower", "upper"]].tolist() == pytest.approx(limits, abs=1e-9)
        assert rows.loc[name, "method"].endswith(f"{g} units")
    assert rows.loc["r_part_within", ["lower", "upper"]].notna().all()


def test_fisher_s_interval_stands_beside_and_says_what_it_presumes(table):
    rows = repeated_correlations(table, table["client"], COLUMNS, units=np.arange(30) // 3).set_index("statistic")
    # those with a pair of sessions
    assert "the 22 clients as independent although they belong to 9 units" in rows.loc["r_within_fisher", "note"]
    assert rows.loc["r_between_fisher", "note"].startswith(UNLIKE)
    alone = repeated_correlations(table, table["client"], COLUMNS).set_index("statistic")
    assert alone.loc["r_between_fisher", "note"] == UNLIKE
    n, clients = alone.loc["r_within", "n"], alone.loc["r_between", "n"]
    expected = fisher_interval(alone.loc["r_within", "estimate"], n - clients + 1)
    assert alone.loc["r_within_fisher", ["lower", "upper"]].tolist() == pytest.approx(expected)


def test_the_test_is_by_the_interval(table):
    rows = repeated_correlations(table, table["client"], COLUMNS).set_index("statistic")
    p = rows.loc["p_within"]
    assert p["method"] == "two-sided t of the jackknife interval"
    again = repeated_correlations(table, table["client"], COLUMNS, level=1 - p["estimate"]).set_index("statistic")
    # the quantile of t and its tail probability invert each other to about 1e-10
    assert again.loc["r_within", ["lower", "upper"]].abs().min() == pytest.approx(0, abs=1e-8)


def test_level_of_a_client_does_not_touch_the_within_correlation(table):
    moved = table.assign(x=table["x"] + 10 * pd.factorize(table["client"])[0])
    one, two = (repeated_correlations(frame, frame["client"], COLUMNS) for frame in (table, moved))
    within = one["statistic"].isin(["r_within", "p_within"])
    # differences between clients of up to 300 cost some digits of the sums of squares within them
    np.testing.assert_allclose(one.loc[within, "estimate"], two.loc[within, "estimate"], rtol=1e-8)


def test_order_of_rows_changes_nothing(table):
    other = table.sample(frac=1, random_state=1)
    one, two = (repeated_correlations(frame, frame["client"], COLUMNS) for frame in (table, other))
    pd.testing.assert_frame_equal(one, two, rtol=1e-9)


def test_what_cannot_be_computed_says_why(table):
    first = table.drop_duplicates("client")
    assert repeated_correlations(first, first["client"], COLUMNS)["note"].tolist() == [ONE_SESSION]
    apart = table.assign(y=table["y"].where(~table["client"].duplicated()))
    rows = repeated_correlations(apart, apart["client"], COLUMNS).set_index("statistic")
    assert rows.loc["r_within", "note"] == FEW_WITHIN
    assert np.isfinite(rows.loc["r_between", "estimate"])
    assert rows.loc["icc", "note"].tolist() == ["", "no client has this score at two sessions"]
    same = table.assign(y=pd.factorize(table["client"])[0].astype(float))
    rows = repeated_correlations(same, same["client"], COLUMNS).set_index("statistic")
    assert rows.loc["r_within", "note"] == "a score does not vary within clients"
    assert np.isfinite(rows.loc["r_between", "estimate"])
    alone = repeated_correlations(table, table["client"], COLUMNS.iloc[:1])
    assert alone["note"].iloc[0] == "only one score: nothing to correlate"


def test_two_clients_with_several_sessions_are_too_few():
    table = pd.DataFrame({"x": [1.0, 2, 3, 5, 2, 4], "y": [2.0, 1, 3, 4, 2, 5]})
    rows = repeated_correlations(table, ["a", "a", "b", "b", "c", "d"], COLUMNS).set_index("statistic")
    assert np.isnan(rows.loc["r_within", "estimate"]) and rows.loc["r_within", "note"] == FEW_WITHIN
    assert rows.loc["r_between", "estimate"] > 0
