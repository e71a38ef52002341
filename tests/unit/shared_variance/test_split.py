"""The parts of each total's variance: the planted truth, the formula as loops, invariances, and the rule."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from psychometrics.shared_variance.split import TotalScores, VarianceSplit, total_loadings
from psychometrics.simulation.true_values import pattern, population_correlation, true_schmid_leiman

TRUTH = yaml.load((Path(__file__).parents[3] / "data/datasets/example/truth.yaml").read_text(), yaml.CSafeLoader)
FORMS = ["wai_s", "calpas_p", "haq2"]
INSTRUMENTS = {"wai_s": "WAI", "calpas_p": "CALPAS", "haq2": "HAq"}


def planted(forms=FORMS):
    loadings = true_schmid_leiman(TRUTH, forms)
    totals = {form: [item for item in loadings.index if item.startswith(form)] for form in forms}
    return VarianceSplit(loadings, 1 - (loadings**2).sum(axis=1), TotalScores.of(totals, INSTRUMENTS, loadings.index))


def of(rows, form, statistic, group=""):
    found = rows[(rows["form"] == form) & (rows["statistic"] == statistic) & (rows["group"] == group)]
    return found["estimate"].item()


def test_the_classes_are_those_that_were_planted():
    rows = planted().table()
    sharing = rows[rows["statistic"] == "sharing_instruments"].set_index("factor")["group"].to_dict()
    assert sharing == {
        "general": "WAI, CALPAS, HAq",
        "confident_collaboration": "WAI, CALPAS, HAq",
        "bond": "WAI, HAq",
        "goals_and_tasks": "WAI",
        "commitment": "CALPAS",
        "help_received": "HAq",
    }
    shares = rows[rows["statistic"] == "factor_share"].set_index(["form", "factor"])["group"]
    assert shares["wai_s", "bond"] == "shared with HAq"
    assert shares["calpas_p", "bond"] == "minor"
    assert shares["haq2", "help_received"] == "specific"


def test_the_shares_follow_from_the_truth_item_by_item():
    """Sums over the items of truth.yaml, with no matrix: general g * loading, group sqrt(1 - g^2) * loading."""
    rows = planted().table()
    for form in FORMS:
        sums, unique = {}, 0.0
        for factor, loading, _ in TRUTH["forms"][form]["items"].values():
            g = TRUTH["factors"][factor]["general"]
            sums["general"] = sums.get("general", 0) + g * loading
            sums[factor] = sums.get(factor, 0) + (1 - g**2) ** 0.5 * loading
            unique += 1 - loading**2
        variance = sum(value**2 for value in sums.values()) + unique
        common = sums["general"] ** 2 + sums["confident_collaboration"] ** 2
        own = {"wai_s": "goals_and_tasks", "calpas_p": "commitment", "haq2": "help_received"}[form]
        assert of(rows, form, "common_share") == pytest.approx(common / variance)
        assert of(rows, form, "specific_share") == pytest.approx(sums[own] ** 2 / variance)
        assert of(rows, form, "unique_share") == pytest.approx(unique / variance)
        assert of(rows, form, "minor_share") == 0
        if form != "calpas_p":
            partner = {"wai_s": "HAq", "haq2": "WAI"}[form]
            assert of(rows, form, "shared_share", partner) == pytest.approx(sums["bond"] ** 2 / variance)


def test_totals_correlate_as_in_the_population():
    loadings = pattern(TRUTH, FORMS)
    general = np.array([TRUTH["factors"][name]["general"] for name in loadings.columns])
    phi = pd.DataFrame(np.outer(general, general) + np.diag(1 - general**2), loadings.columns, loadings.columns)
    matrix = population_correlation(loadings, phi)
    split = planted()
    rows = split.table(matrix)
    members = split.totals.members
    covariance = members @ matrix.to_numpy() @ members.T
    expected = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    found = rows[rows["statistic"] == "r_implied"]["estimate"]
    np.testing.assert_allclose(found, expected[np.triu_indices(3, 1)])
    np.testing.assert_allclose(rows[rows["statistic"] == "implied_to_observed_variance"]["estimate"], 1)
    parts = rows[rows["statistic"] == "r_by_factor"].groupby(["form", "form_2"], sort=False)["estimate"].sum()
    np.testing.assert_allclose(parts, found)


def test_parts_add_up_and_neither_direction_nor_order_matters():
    rng = np.random.default_rng(1)
    loadings = pd.DataFrame(rng.uniform(-0.2, 0.5, (12, 4)), [f"i{j}" for j in range(12)], list("gabc"))
    uniqueness = 1 - (loadings**2).sum(axis=1)
    totals = {"x": loadings.index[:4], "y": loadings.index[4:7], "z": loadings.index[7:]}
    named = {"x": "X", "y": "Y", "z": "Z"}

    def rows(order, sign):
        items = loadings.index[order]
        split = VarianceSplit(loadings.loc[items] * sign, uniqueness[items], TotalScores.of(totals, named, items))
        return split.table()

    first, second = rows(np.arange(12), np.ones(4)), rows(rng.permutation(12), np.array([1, -1, -1, 1]))
    np.testing.assert_allclose(first["estimate"], second["estimate"])
    classes = first[first["statistic"].str.endswith("_share") & (first["statistic"] != "factor_share")]
    np.testing.assert_allclose(classes.groupby("form")["estimate"].sum(), 1)
    factors = first[first["statistic"].isin(["factor_share", "unique_share"])]
    np.testing.assert_allclose(factors.groupby("form")["estimate"].sum(), 1)


def test_a_worked_example():
    """Two totals of two items each; numbers by hand: V = (.6 + .6)^2 + (.5 + .3)^2 + .39 + .55 = 3.02 for x."""
    loadings = pd.DataFrame({"g": [0.6, 0.6, 0.7, 0.5], "s": [0.5, 0.3, 0.0, 0.0]}, index=list("abcd"))
    a, unique = total_loadings(
        loadings.to_numpy(), np.array([0.39, 0.55, 0.51, 0.75]), np.array([[1, 1, 0, 0], [0, 0, 1, 1.0]])
    )
    np.testing.assert_allclose(a**2, [[1.44 / 3.02, 0.64 / 3.02], [1.44 / 2.70, 0]])
    np.testing.assert_allclose(unique, [0.94 / 3.02, 1.26 / 2.70])


def test_resamples_keep_the_classes_of_the_solution_and_say_how_often_they_come_back():
    split = planted()
    loadings, uniqueness = split.loadings.to_numpy(), split.uniqueness.to_numpy()
    without_bond = loadings.copy()
    without_bond[:, list(split.loadings.columns).index("bond")] *= 0.01
    gone = np.full_like(loadings, np.nan)
    draws = np.stack([loadings, without_bond, gone])
    unique = np.stack([uniqueness, 1 - (without_bond**2).sum(axis=1), gone[:, 0]])
    values = split.values(draws, unique)
    np.testing.assert_allclose(values[0], split.table()["estimate"])
    rows = split.table().assign(second=values[1])
    assert rows[(rows["statistic"] == "shared_share")]["second"].max() < 0.001
    assert np.isnan(values[2]).all()
    again = pd.Series(split.reproduced(draws, unique), split.loadings.columns)
    assert again["bond"] == 0.5 and (again.drop("bond") == 1).all()


def test_what_two_forms_of_one_instrument_share_is_specific():
    loadings = pd.DataFrame({"g": [0.6] * 6, "s": [0.5] * 4 + [0.0] * 2}, index=list("abcdef"))
    totals = TotalScores.of(
        {"x": ["a", "b"], "y": ["c", "d"], "z": ["e", "f"]}, {"x": "X", "y": "X", "z": "Z"}, loadings.index
    )
    rows = VarianceSplit(loadings, 1 - (loadings**2).sum(axis=1), totals).table()
    shares = rows[(rows["statistic"] == "factor_share") & (rows["factor"] == "s")].set_index("form")["group"]
    assert shares.to_dict() == {"x": "specific", "y": "specific", "z": "minor"}
    assert "shared_share" not in set(rows["statistic"])
    pairs = rows[rows["statistic"] == "r_implied"][["form", "form_2"]].to_numpy().tolist()
    assert pairs == [["x", "z"], ["y", "z"]]


@pytest.mark.parametrize("loading, label", [(0.101, "common to all"), (0.099, "minor")])
def test_a_factor_counts_from_one_percent_of_a_total_on(loading, label):
    loadings = pd.DataFrame({"g": [0.7, 0.7], "s": [loading, 0.6]}, index=list("ab"))
    totals = TotalScores.of({"x": ["a"], "y": ["b"]}, {"x": "X", "y": "Y"}, loadings.index)
    rows = VarianceSplit(loadings, 1 - (loadings**2).sum(axis=1), totals).table()
    row = rows[rows["statistic"] == "factor_share"].set_index(["form", "factor"]).loc[("x", "s")]
    assert row["group"] == label and row["estimate"] == pytest.approx(loading**2)


def test_a_factor_counts_in_an_instrument_with_one_of_its_totals():
    loadings = pd.DataFrame({"g": [0.7] * 3, "s": [0.5, 0.0, 0.5]}, index=list("abc"))
    totals = TotalScores.of({"x": ["a"], "y": ["b"], "z": ["c"]}, {"x": "X", "y": "X", "z": "Z"}, loadings.index)
    rows = VarianceSplit(loadings, 1 - (loadings**2).sum(axis=1), totals).table()
    shared = rows[rows["statistic"] == "sharing_instruments"].set_index("factor")
    assert shared["estimate"].to_dict() == {"g": 2, "s": 2} and shared.loc["s", "group"] == "X, Z"


def test_what_cannot_be_split():
    items = pd.Index(["a", "b"])
    with pytest.raises(ValueError, match="one instrument"):
        TotalScores.of({"x": ["a"], "y": ["b"]}, {"x": "X", "y": "X"}, items)
    with pytest.raises(ValueError, match="No item of y"):
        TotalScores.of({"x": ["a"], "y": ["c"]}, {"x": "X", "y": "Y"}, items)
    with pytest.raises(ValueError, match="minimum must lie"):
        VarianceSplit(planted().loadings, planted().uniqueness, planted().totals, minimum=0)
