"""Omega hierarchical and its companions: definitions as loops, hand-worked numbers, what cannot be computed."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.general_factor_indices import schmid_leiman_indices
from psychometrics.factors.one_factor import UNDER_ONE_FACTOR
from psychometrics.reliability import omega_hierarchical
from psychometrics.reliability.omega_hierarchical import omega_rows, omega_rows_from_matrix

ITEMS = [f"i{j + 1:02d}" for j in range(12)]
SUBSCALES = {"task": ITEMS[:4], "bond": ITEMS[4:8], "goal": ITEMS[8:]}


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(8)
    factors = 0.7 * rng.normal(size=(150, 1)) + 0.7 * rng.normal(size=(150, 3))
    latent = factors[:, np.arange(12) // 4] * np.tile([0.9, 0.8, 0.7, 0.6], 3) + 0.6 * rng.normal(size=(150, 12))
    return pd.DataFrame(np.clip(np.round(4 + 1.3 * latent), 1, 7), columns=ITEMS)


def scale_rows(rows):
    return rows[rows["factor"] == ""].set_index("statistic")


def hierarchy(gamma=(0.8, 0.7, 0.6)):
    """Second-order structure, exactly: items load .8, .7, .6, .5 on their factor, factors gamma on the general one."""
    pattern = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.5]]))
    phi = np.outer(gamma, gamma)
    np.fill_diagonal(phi, 1)
    matrix = pattern @ phi @ pattern.T
    np.fill_diagonal(matrix, 1)
    return pd.DataFrame(matrix, ITEMS, ITEMS)


def test_known_hierarchy_by_hand():
    rows = omega_rows_from_matrix(hierarchy(), 100, subscales=SUBSCALES)
    whole = scale_rows(rows)["estimate"]
    # loadings of a subscale sum to 2.6, their squares to 1.74; unique variance of a subscale 4 - 1.74 = 2.26
    general, total = 2.6 * (0.8 + 0.7 + 0.6), 3 * (2.6**2 + 2.26) + 2 * 2.6**2 * (0.56 + 0.48 + 0.42)
    assert whole["omega_hierarchical"] == pytest.approx(general**2 / total, abs=1e-5)
    assert whole["omega_total_schmid_leiman"] == pytest.approx(1 - 3 * 2.26 / total, abs=1e-5)
    assert whole["ecv"] == pytest.approx((0.64 + 0.49 + 0.36) / 3, abs=1e-5)
    assert whole["puc"] == 48 / 66
    bond = rows[rows["factor"] == "bond"].set_index("statistic")["estimate"]
    assert bond["omega_hierarchical_subscale"] == pytest.approx(2.6**2 * 0.51 / (2.6**2 + 2.26), abs=1e-5)
    assert bond["omega_subscale_general"] == pytest.approx(2.6**2 * 0.49 / (2.6**2 + 2.26), abs=1e-5)
    assert bond["omega_subscale"] == pytest.approx(2.6**2 / (2.6**2 + 2.26), abs=1e-5)
    assert bond["ecv_subscale"] == pytest.approx(0.49, abs=1e-5)
    odds = sum(l2 / (1 - l2) for l2 in 0.51 * np.array([0.64, 0.49, 0.36, 0.25]))
    assert bond["construct_h_subscale"] == pytest.approx(odds / (1 + odds), abs=1e-5)
    assert (rows["note"][rows["statistic"] != "puc"].str.contains("raw answers")).all()


def test_rows_and_intervals(answers):
    rows = omega_rows(answers, subscales=SUBSCALES, draws=200, seed=1)
    assert rows["factor"].unique().tolist() == ["", "task", "bond", "goal"]
    limits = rows[rows["statistic"] != "puc"]
    assert (limits["lower"] < limits["upper"]).all() and (limits["se"] > 0).all()
    whole = scale_rows(rows)
    assert whole.loc["omega_hierarchical", "lower"] < 0.72 < whole.loc["omega_hierarchical", "upper"]
    assert (rows["n"] == 150).all()
    model = "Schmid-Leiman of 3 group factors, minres, oblimin, Pearson r"
    assert whole["method"]["omega_hierarchical"].startswith(model)
    assert whole["note"]["omega_hierarchical"] == ""
    pd.testing.assert_frame_equal(rows, omega_rows(answers, subscales=SUBSCALES, draws=200, seed=1))


def test_the_estimate_is_corrected_and_the_sample_s_own_value_stands_beside(answers):
    rows = omega_rows(answers, subscales=SUBSCALES, draws=200, seed=1, categorical=False)
    plain = omega_rows(answers, subscales=SUBSCALES, draws=0, categorical=False)
    corrected = rows["lower"].notna()
    np.testing.assert_allclose(rows["uncorrected"][corrected], plain["estimate"][corrected], atol=1e-12)
    assert rows["uncorrected"][~corrected].isna().all() and plain["uncorrected"].isna().all()
    assert (rows["lower"] <= rows["estimate"])[corrected].all() and (rows["estimate"] <= rows["upper"])[corrected].all()
    # rotation pulls correlations of factors towards zero, and the interval reaches over the value as it is
    whole = scale_rows(rows).loc["omega_hierarchical"]
    assert whole["lower"] < whole["uncorrected"] < whole["estimate"]


def test_where_one_factor_fits_as_well_intervals_reach_to_what_it_makes():
    rng = np.random.default_rng(1)
    latent = 0.7 * rng.normal(size=(150, 1)) + 0.7 * rng.normal(size=(150, 12))
    alone = pd.DataFrame(np.clip(np.round(4 + 1.3 * latent), 1, 7), columns=ITEMS)
    rows = omega_rows(alone, subscales=SUBSCALES, draws=100, categorical=False)
    ends = rows[rows["note"].str.contains("one factor fits as well")].set_index("statistic")
    assert set(ends.index) == set(UNDER_ONE_FACTOR)
    assert (ends.loc[["ecv", "relative_omega", "ecv_subscale"], "upper"] == 1).all()
    assert (ends.loc[["omega_hierarchical_subscale", "construct_h_subscale"], "lower"] == 0).all()


def test_an_index_outside_its_range_is_a_reason(monkeypatch):
    def too_large(*given):
        return schmid_leiman_indices(*given) | {"omega_hierarchical": np.array([1.03])}

    monkeypatch.setattr(omega_hierarchical, "schmid_leiman_indices", too_large)
    row = scale_rows(omega_rows_from_matrix(hierarchy(), 100, subscales=SUBSCALES)).loc["omega_hierarchical"]
    assert np.isnan(row["estimate"]) and row["note"] == "outside its possible range (1.030)"


def test_order_of_people_items_and_subscales_does_not_matter(answers):
    rows = omega_rows(answers, subscales=SUBSCALES, draws=0)
    other = omega_rows(answers.iloc[::-1, ::-1], subscales=dict(reversed(SUBSCALES.items())), draws=0)
    keys = ["factor", "statistic"]
    joined = rows.merge(other, on=keys)
    assert len(joined) == len(rows)
    np.testing.assert_allclose(joined["estimate_x"], joined["estimate_y"], atol=1e-5)


def test_subscales_that_the_answers_do_not_show_are_told(answers):
    crossed = {"odd": ITEMS[::2], "even": ITEMS[1::2]}
    note = scale_rows(omega_rows(answers, subscales=crossed, draws=0))["note"]["omega_hierarchical"]
    assert "load highest on the group factor of another subscale" in note and "set equal" in note


def test_without_subscales_three_group_factors(answers):
    rows = omega_rows(answers, draws=0)
    keyed = omega_rows(answers, subscales=SUBSCALES, draws=0)
    assert rows["factor"].unique().tolist() == ["", "F1", "F2", "F3"]
    np.testing.assert_allclose(scale_rows(rows)["estimate"], scale_rows(keyed)["estimate"])
    assert "another subscale" not in " ".join(rows["note"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda x: x.iloc[:, :1], "one item"),
        (lambda x: x.iloc[:, :4], "4 items are too few for 3 group factors"),
        (lambda x: x.iloc[:, :8], "8 items are too few for 3 group factors"),
        (lambda x: x.assign(i02=4.0), "i02"),
        (lambda x: x.iloc[:2], "fewer than"),
    ],
)
def test_what_cannot_be_computed_says_why(answers, change, reason):
    rows = omega_rows(change(answers), draws=20)
    hierarchical = rows[rows["statistic"] != "omega_categorical"]
    assert hierarchical["estimate"].isna().all()
    assert hierarchical["note"].str.contains(reason).all()


def test_few_units_have_no_interval(answers):
    whole = scale_rows(omega_rows(answers, subscales=SUBSCALES, draws=50, units=np.arange(150) % 2))
    assert whole["estimate"].notna().all() and whole["lower"].isna().all()
    assert "fewer than three units" in whole["note"]["omega_hierarchical"]


def test_negative_loadings_point_at_the_key(answers):
    wrong = answers.assign(i03=8 - answers["i03"])
    assert "keying: i03" in scale_rows(omega_rows(wrong, subscales=SUBSCALES, draws=0))["note"]["omega_hierarchical"]


def test_a_subscale_of_foreign_items_is_an_error(answers):
    with pytest.raises(ValueError, match="i99"):
        omega_rows(answers, subscales={"a": ["i01", "i99"], "b": ["i02"]}, draws=0)
