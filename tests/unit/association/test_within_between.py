"""Repeated scores: the parts by hand, resamples by a loop, invariances, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.within_between import (
    FEW_WITHIN,
    ONE_SESSION,
    client_sums,
    repeated_correlations,
    split_correlations,
)

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


def test_resamples_agree_with_a_loop_in_which_a_client_drawn_twice_is_two(table):
    names, codes = np.unique(table["client"], return_inverse=True)
    weights = resample_units(np.arange(30) // 3, 15, 2).weights
    sums = client_sums(table["x"].to_numpy(), table["y"].to_numpy(), codes, 30)
    found = split_correlations(sums, weights)
    for draw, row in enumerate(weights):
        copies = [
            table[codes == i].assign(client=f"{name}-{copy}") for i, name in enumerate(names) for copy in range(row[i])
        ]
        expected = by_definition(pd.concat(copies))
        np.testing.assert_allclose([found[name][draw] for name in ("within", "between", "total")], expected, atol=1e-10)


def test_therapists_are_resampled_where_clients_share_them(table):
    rows = repeated_correlations(table, table["client"], COLUMNS, resamples=resample_units(np.arange(30) // 3, 40, 1))
    shown = rows.set_index("statistic")
    assert "40 of 40 resamples of 10 units" in shown.loc["r_within", "method"]
    assert "independent although they belong to 10 units" in shown.loc["r_within_fisher", "note"]
    assert shown.loc["r_total", ["lower", "upper"]].notna().all()


def test_the_bootstrap_is_shown_where_clients_are_units_too(table):
    rows = repeated_correlations(table, table["client"], COLUMNS, resamples=resample_units(np.arange(30), 40, 1))
    shown = rows.set_index("statistic")
    assert "40 of 40 resamples of 29 units" in shown.loc["r_between", "method"]  # one client has no pair of scores
    assert "the scores of all clients to vary alike" in shown.loc["r_between_fisher", "note"]
    alone = repeated_correlations(table, table["client"], COLUMNS).set_index("statistic")
    limits = ["estimate", "lower", "upper"]
    np.testing.assert_allclose(
        shown.loc["r_within_fisher", limits].astype(float), alone.loc["r_within", limits].astype(float)
    )


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
