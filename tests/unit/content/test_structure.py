"""Content and structure: codes of several coders, means and regressions by hand, intervals that hold planted truth."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.content.coding import consensus
from psychometrics.content.structure import content_structure, variance_shares


def codes_of(**facets):
    """One coder; the items of form `f` are 1, 2, ..."""
    count = len(next(iter(facets.values())))
    return pd.DataFrame({"form": "f", "item": range(1, count + 1), "coder": "A"} | facets)


def names(count):
    return [f"f_{number:02d}" for number in range(1, count + 1)]


def pick(table, statistic, facet=None):
    found = table[(table["statistic"] == statistic) & ((table["facet"] == facet) | (facet is None))]
    return found.set_index("category")


def test_consensus_by_hand():
    codes = pd.DataFrame(
        [
            ("f", 2, "A", "x"),
            ("f", 2, "B", "x"),
            ("f", 2, "C", "y"),
            ("g", 10, "A", "y"),
            ("g", 10, "B", "x"),
            ("f", 1, "A", None),
            ("f", 1, "B", "y"),
            ("f", 3, "A", None),
        ],
        columns=["form", "item", "coder", "voice"],
    )
    found = consensus(codes, "voice")
    assert found.index.tolist() == ["f_02", "g_10", "f_01", "f_03"]
    assert found["category"].fillna("").tolist() == ["x", "", "y", ""]
    assert found["coders"].tolist() == [3, 2, 1, 0]
    np.testing.assert_allclose(found["agreement"], [1 / 3, 0, np.nan, np.nan])
    assert found["note"].tolist() == ["", "tie of x, y", "", "no code"]


def test_codes_with_faults():
    codes = codes_of(voice=["x", "y"])
    with pytest.raises(ValueError, match="no column theme"):
        consensus(codes, "theme")
    with pytest.raises(ValueError, match="coder A has two rows for item 2 of f"):
        consensus(pd.concat([codes, codes.tail(1)]), "voice")


def test_variance_shares_of_one_item_by_hand():
    shares = variance_shares(np.array([0.5]), np.array([[0.3, 0.4]]), np.array([0.5]))
    assert {name: float(values[0]) for name, values in shares.items()} == pytest.approx(
        {"general": 0.25, "specific": 0.25, "unique": 0.5}
    )
    drawn = variance_shares(np.full((7, 2), 0.5), np.full((7, 2, 3), 0.1), np.full((7, 2), 0.5))
    assert {values.shape for values in drawn.values()} == {(7, 2)}


def test_means_and_differences_by_hand():
    codes = codes_of(voice=["x", "x", "y", "z", "z"])
    table = content_structure(codes, names(5), {"general": np.array([0.1, 0.3, 0.5, 0.6, 0.8])}, n_draws=50)
    np.testing.assert_allclose(pick(table, "mean_general")["estimate"], [0.2, 0.5, 0.7])
    np.testing.assert_allclose(pick(table, "difference_general")["estimate"], [0.2 - 1.9 / 3, 0.5 - 1.8 / 4, 0.7 - 0.3])
    assert pick(table, "mean_general")["n"].tolist() == [2, 1, 2]
    assert pick(table, "mean_general").loc["y", "note"] == "one item: the interval tells nothing of other items"
    assert pick(table, "mean_general").loc["x", "method"].endswith("50 of 50 resamples of items")


def test_items_without_agreement_are_left_out_with_the_reason():
    codes = pd.concat([codes_of(voice=["x", "x", "y", "y"]), codes_of(voice=["x", "y", "y", "y"]).assign(coder="B")])
    table = content_structure(codes, [*names(4), "f_05"], {"m": np.arange(5.0)}, n_draws=20)
    np.testing.assert_allclose(pick(table, "mean_m")["estimate"], [0, 2.5])
    left = table[table["statistic"] == "left_out"].set_index("item")["note"]
    assert left.to_dict() == {"f_02": "tie of x, y", "f_05": "no code"}
    assert pick(table, "coder_agreement")["estimate"].iloc[0] == 0.75
    assert pick(table, "items_coded")[["estimate", "n"]].iloc[0].tolist() == [3, 5]


@pytest.fixture
def crossed():
    rng = np.random.default_rng(3)
    codes = codes_of(voice=rng.choice(["x", "y", "z"], 30), theme=rng.choice(["s", "t"], 30))
    return codes, {"m": rng.normal(size=30) + (codes["voice"] == "x") + 0.5 * (codes["theme"] == "t")}


def test_regression_by_least_squares(crossed):
    codes, measures = crossed
    measures = {name: np.asarray(values) for name, values in measures.items()}
    table = content_structure(codes, names(30), measures, n_draws=20)
    design = pd.get_dummies(codes[["voice", "theme"]]).to_numpy(dtype=float)
    # all indicators at once: the fitted values do not depend on how the coefficients share a constant
    fitted = design @ np.linalg.lstsq(design, measures["m"], rcond=None)[0]
    for facet, other in (("voice", "theme"), ("theme", "voice")):
        found = pick(table, "adjusted_m", facet)["estimate"]
        assert np.sum(found * codes[facet].value_counts()[found.index]) == pytest.approx(0, abs=1e-12)
        rest = pick(table, "adjusted_m", other)["estimate"]
        np.testing.assert_allclose(measures["m"].mean() + codes[facet].map(found) + codes[other].map(rest), fitted)


def test_regression_on_balanced_codes_is_the_deviation_of_the_mean():
    codes = codes_of(voice=["x", "x", "y", "y"] * 3, theme=["s", "t"] * 6)
    values = np.random.default_rng(1).normal(size=12)
    table = content_structure(codes, names(12), {"m": values}, n_draws=20)
    means = pick(table, "mean_m", "voice")["estimate"]
    np.testing.assert_allclose(pick(table, "adjusted_m", "voice")["estimate"], means - values.mean())


def test_regression_without_a_solution_has_the_reason():
    same = codes_of(voice=["x", "x", "y", "y", "y"], theme=["s", "s", "t", "t", "t"])
    few = codes_of(voice=["x", "y", "y"], theme=["s", "s", "t"])
    for codes, count in ((same, 5), (few, 3)):
        table = content_structure(codes, names(count), {"m": np.arange(float(count))}, n_draws=20)
        adjusted = pick(table, "adjusted_m")
        assert adjusted["estimate"].isna().all()
        assert adjusted["note"].str.endswith("are too few or cannot tell the facets apart").all()


def test_one_category_has_nothing_to_differ_from():
    codes = codes_of(voice=["x"] * 6, theme=["s", "t"] * 3)
    table = content_structure(codes, names(6), {"m": np.arange(6.0)}, n_draws=20)
    for statistic in ("difference_m", "adjusted_m"):
        row = pick(table, statistic, "voice").iloc[0]
        assert np.isnan(row["estimate"]) and row["note"] == "no other items"


def test_estimates_do_not_depend_on_the_order_of_items_or_the_names_of_categories(crossed):
    codes, measures = crossed
    order = np.random.default_rng(0).permutation(30)
    one = content_structure(codes, names(30), {"m": np.asarray(measures["m"])}, n_draws=20)
    renamed = codes.replace({"x": "zz", "z": "a"})
    two = content_structure(renamed, [names(30)[i] for i in order], {"m": np.asarray(measures["m"])[order]}, n_draws=20)
    for statistic in ("mean_m", "difference_m", "adjusted_m"):
        wanted = pick(one, statistic, "voice")["estimate"].rename({"x": "zz", "z": "a"}).sort_index()
        np.testing.assert_allclose(pick(two, statistic, "voice")["estimate"].sort_index(), wanted)


def test_standard_errors_of_items_alone_are_those_of_means(crossed):
    codes, measures = crossed
    values = pd.Series(np.asarray(measures["m"]))
    table = content_structure(codes, names(30), {"m": values.to_numpy()}, n_draws=20_000)
    by_voice = values.groupby(codes["voice"])
    np.testing.assert_allclose(pick(table, "mean_m", "voice")["se"], by_voice.sem(), rtol=0.03)  # Monte Carlo error


def test_people_and_items_both_count():
    rng = np.random.default_rng(2)
    codes = codes_of(voice=["x"] * 8 + ["y"] * 8)
    values = rng.normal(size=16)
    draws = values + rng.normal(0, 0.5, (4000, 1)) * np.ones(16)  # people move all items together
    table = content_structure(codes, names(16), {"m": values}, draws={"m": draws}, units="therapists")
    items = values[:8].std(ddof=1) / np.sqrt(8)
    found = pick(table, "mean_m").loc["x"]
    # the standard deviation of 4,000 draws is known to 1.1%: four standard errors
    assert found["se"] == pytest.approx(np.sqrt(items**2 + 0.25), rel=0.05)
    assert found["method"].endswith("4000 of 4000 resamples of therapists and items")
    # what moves all items does not touch their differences
    assert pick(table, "difference_m").loc["x", "se"] < 1.1 * np.hypot(items, values[8:].std(ddof=1) / np.sqrt(8))


def test_the_error_of_estimating_an_item_counts_once():
    """Items that differ no more than their estimation error explains add nothing to the spread of the resamples."""
    rng = np.random.default_rng(5)
    codes = codes_of(voice=["x"] * 8 + ["y"] * 8)
    values = np.tile([-1.0, 1.0], 8)
    draws = values + rng.normal(0, 1.2, (4000, 16))
    found = pick(content_structure(codes, names(16), {"m": values}, draws={"m": draws}), "mean_m").loc["x"]
    # the standard deviation of 4,000 draws is known to 1.1%: four standard errors; counted twice it were 30% larger
    assert found["se"] == pytest.approx(1.2 / np.sqrt(8), rel=0.05)


def test_failed_resamples_are_left_out():
    codes = codes_of(voice=["x", "x", "y", "y"])
    draws = np.random.default_rng(0).normal(size=(30, 4))
    draws[:5] = np.nan
    table = content_structure(codes, names(4), {"m": np.arange(4.0)}, draws={"m": draws})
    assert "25 of 30 resamples of clients and items" in pick(table, "mean_m").loc["x", "method"]


def test_shares_stay_within_0_and_1():
    codes = codes_of(voice=["x", "x", "y", "y"])
    measures = {"general": np.array([0.01, 0.2, 0.98, 0.7]), "other": np.array([0.01, 0.2, 0.98, 0.7])}
    table = content_structure(codes, names(4), measures, n_draws=300)
    share, free = pick(table, "mean_general"), pick(table, "mean_other")
    assert share["lower"].min() == 0 and share["upper"].max() == 1
    assert free["lower"].min() < 0 and free["upper"].max() > 1


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.1])
def test_intervals_hold_planted_truth(spread):
    """People add error to every item, and items differ within their category by `spread`: 95% of the intervals hold
    the categories' true means and difference."""
    rng = np.random.default_rng(4)
    codes = codes_of(voice=["x"] * 12 + ["y"] * 20)
    covered = []
    for study in range(50):
        true = np.where(codes["voice"] == "x", 0.5, 0.3) + rng.normal(0, spread, 32)
        values = true + rng.normal(0, 0.08, 32)
        draws = values + rng.normal(0, 0.08, (200, 32))
        table = content_structure(codes, names(32), {"m": values}, draws={"m": draws}, seed=study)
        for statistic, wanted in (("mean_m", 0.5), ("difference_m", 0.2)):
            row = pick(table, statistic).loc["x"]
            covered.append(row["lower"] <= wanted <= row["upper"])
    assert np.mean(covered) == pytest.approx(0.95, abs=0.05)  # some two standard errors


def test_what_cannot_be_computed():
    codes = codes_of(voice=["x", "y"])
    with pytest.raises(ValueError, match="none of the items has a code"):
        content_structure(codes, ["g_01"], {"m": np.ones(1)})
    with pytest.raises(ValueError, match=r"the measure m has shape \(3,\), and there are 2 items"):
        content_structure(codes, names(2), {"m": np.ones(3)})
    with pytest.raises(ValueError, match=r"draws of m have shape \(5, 3\), and there are 2 items"):
        content_structure(codes, names(2), {"m": np.ones(2)}, draws={"m": np.ones((5, 3))})
