"""Associations: definitions as loops, part-whole pairs, Holm by hand, and what cannot be computed."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.disattenuation import disattenuate
from psychometrics.association.pairs import all_pairs, shares_items
from psychometrics.association.rows import adjust_holm
from psychometrics.association.scores import correlate_composites, correlate_scores
from psychometrics.factors.minres import one_factor_minres
from psychometrics.reliability.omega_total import omega_total
from psychometrics.reliability.scale_reliability import alpha_from_covariance
from psychometrics.resampling.formula_intervals import fisher_interval, spearman_interval
from psychometrics.resampling.weights import resample_weights


def describe(*rows):
    """The description of score columns from "perspective form scale"."""
    parts = [row.split() for row in rows]
    return pd.DataFrame(parts, columns=["perspective", "form", "scale"], index=["/".join(part) for part in parts])


THERAPISTS = np.arange(80) // 4  # twenty, with four clients each
COLUMNS = describe("client wai task", "client wai total", "client haq total", "therapist wai total")


@pytest.fixture
def items():
    """Three keyed forms of eighty clients with one common source; task is half of the first; a few answers miss."""
    rng = np.random.default_rng(4)
    latent = rng.normal(size=(80, 1))
    wai, haq, other = (pd.DataFrame(latent + rng.normal(size=(80, 4)) * 1.2) for _ in range(3))
    haq.iloc[:5, 0] = np.nan
    other.iloc[3:12, 1] = np.nan
    return dict(zip(COLUMNS.index, [wai[[0, 1]], wai, haq, other], strict=True))


@pytest.fixture
def scores(items):
    return pd.DataFrame({name: part.mean(axis=1, skipna=False) for name, part in items.items()})


@pytest.fixture
def by_therapist():
    return resample_units(THERAPISTS, 30, 5)


def pair(rows, statistic, position):
    return rows[rows.statistic == statistic].iloc[position]


def alpha_corrected(rows):
    return rows[rows.statistic == "r_disattenuated"].reset_index(drop=True)


def test_one_row_per_unique_pair(scores):
    rows = correlate_scores(scores, COLUMNS)
    assert (rows.statistic == "r_pearson").sum() == 6
    first = pair(rows, "r_pearson", 1)
    assert (first.perspective, first.form, first.scale) == ("client", "wai", "task")
    assert (first.perspective_2, first.form_2, first.scale_2) == ("client", "haq", "total")


def test_pearson_and_spearman_on_the_clients_who_have_both(scores):
    for method in ("pearson", "spearman"):
        rows = correlate_scores(scores, COLUMNS, method=method)
        found = rows[rows.statistic == f"r_{method}"].reset_index(drop=True)
        expected = scores.corr(method=method).to_numpy()[np.triu_indices(4, 1)]
        np.testing.assert_allclose(found.estimate, expected, atol=1e-12)
        both = [scores.iloc[:, [i, j]].dropna().shape[0] for i, j in zip(*np.triu_indices(4, 1), strict=True)]
        assert found.n.tolist() == both


def test_part_whole_pairs_are_marked_and_not_tested(scores):
    rows = correlate_scores(scores, COLUMNS)
    part = rows[rows.note.str.startswith("part-whole")]
    assert part.statistic.tolist() == ["r_pearson", "r_pearson_fisher"]
    assert set(part.scale) == {"task"} and set(part.scale_2) == {"total"}
    assert (rows.statistic == "p_pearson_holm").sum() == 5
    corrected = disattenuate(scores, {name: scores[[name]] for name in scores}, COLUMNS)
    assert corrected.note[0].startswith("part-whole")


def test_scales_that_overlap_are_marked_as_a_part_of_a_whole_is():
    columns = describe("client wai task", "client wai bond", "client wai goal", "client haq task", "therapist wai task")
    columns["items"] = [(1, 2, 3), (3, 4), (5, 6), (1, 2, 3), (1, 2, 3)]
    overlapping = shares_items(columns, all_pairs(columns))
    assert [tuple(both) for both in all_pairs(columns)[overlapping]] == [(0, 1)]
    assert not shares_items(columns.drop(columns="items"), all_pairs(columns)).any()


def test_holm_by_hand():
    # ordered .01 x 4, .02 x 3, .03 x 2 and the running maximum keeps .06
    np.testing.assert_allclose(adjust_holm([0.03, 0.01, np.nan, 0.9, 0.02]), [0.06, 0.04, np.nan, 0.9, 0.06])


def test_correction_by_hand(items, scores):
    rows = disattenuate(scores, items, COLUMNS, missing="listwise")
    r = scores.iloc[:, [1, 2]].corr().iloc[0, 1]
    parts = [items[COLUMNS.index[j]].dropna() for j in (1, 2)]
    alphas = [alpha_from_covariance(part.cov(), 50).estimate for part in parts]
    omegas = [omega_total(one_factor_minres(part.corr().to_numpy()), part.std().to_numpy()) for part in parts]
    assert pair(rows, "r_disattenuated", 3).estimate == pytest.approx(r / np.sqrt(alphas[0] * alphas[1]), abs=1e-12)
    by_omega = pair(rows, "r_disattenuated_omega", 3).estimate
    # the loadings are followed to 1e-10, and omega is flat there
    assert by_omega == pytest.approx(r / np.sqrt(omegas[0] * omegas[1]), abs=1e-8)


def test_two_items_have_no_omega(items, scores):
    first = pair(disattenuate(scores, items, COLUMNS, missing="listwise"), "r_disattenuated_omega", 1)
    assert np.isnan(first.estimate)
    assert first.note == "omega is undefined for one of the scores"


def repeated_draws(by_therapist, statistic):
    """A statistic of repeated rows, in a loop over the resamples."""
    return np.array([statistic(np.repeat(np.arange(80), weights)) for weights in by_therapist.weights])


def around_estimate(estimate, draws, units, level, scale=(lambda x: x, lambda x: x)):
    """Limits of the normal interval around the estimate, with t of units - 1 degrees of freedom, written out."""
    values, centre = scale[0](draws), scale[0](estimate)
    half = stdtrit(units - 1, (1 + level) / 2) * np.sqrt(units / (units - 1)) * values.std(ddof=1)
    return [scale[1](centre - half), scale[1](centre + half)]


def test_resamples_are_those_of_a_loop(by_therapist):
    drawn = resample_weights(np.arange(80) // 4, 0, 30, seed=5)
    np.testing.assert_array_equal(by_therapist.weights, drawn)


def test_bootstrap_of_corrected_correlations_agrees_with_a_loop(items, scores, by_therapist):
    rows = alpha_corrected(disattenuate(scores, items, COLUMNS, level=0.8, missing="listwise", resamples=by_therapist))

    def corrected(repeated):
        r = scores.iloc[repeated, [2, 3]].corr().iloc[0, 1]
        parts = [items[COLUMNS.index[j]].iloc[repeated].dropna() for j in (2, 3)]
        alphas = [alpha_from_covariance(part.cov(), len(part)).estimate for part in parts]
        return r / np.sqrt(alphas[0] * alphas[1])

    # the first three therapists have no client with both scores
    limits = around_estimate(rows.estimate[5], repeated_draws(by_therapist, corrected), 17, 0.8)
    assert [rows.lower[5], rows.upper[5]] == pytest.approx(limits, abs=1e-10)


def jackknife(table, units, method="pearson", level=0.95):
    """Limits on the scale of Fisher's z by leaving out every unit in a loop, and the standard error of r."""
    table, units = table[table.notna().all(axis=1)], units[table.notna().all(axis=1)]
    r = np.array([table[units != one].corr(method=method).iloc[0, 1] for one in np.unique(units)])
    z, g = np.arctanh(r), len(r)
    half = stdtrit(g - 1, (1 + level) / 2) * np.sqrt((g - 1) / g * np.square(z - z.mean()).sum())
    centre = np.arctanh(table.corr(method=method).iloc[0, 1])
    return np.tanh([centre - half, centre + half]), np.sqrt((g - 1) / g * np.square(r - r.mean()).sum())


@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_therapists_are_left_out_one_at_a_time(scores, method):
    rows = correlate_scores(scores.round(), COLUMNS, method=method, units=THERAPISTS)
    shown = pair(rows, f"r_{method}", 4)
    limits, se = jackknife(scores.round().iloc[:, [1, 3]], THERAPISTS, method)
    assert [shown.lower, shown.upper] == pytest.approx(limits, abs=1e-10)
    assert shown.se == pytest.approx(se, abs=1e-10)
    # the second and third therapist have no client with both scores
    assert shown.method == "jackknife interval on the scale of Fisher's z, 18 units"
    other = pair(rows, f"r_{method}_fisher" if method == "pearson" else "r_spearman_bonett", 4)
    n = scores.iloc[:, [1, 3]].dropna().shape[0]
    formula = {"pearson": fisher_interval, "spearman": spearman_interval}[method]
    assert (other.lower, other.upper) == pytest.approx(formula(other.estimate, n), abs=1e-12)
    assert other.note == f"the interval treats the {n} clients as independent although they belong to 18 units"


def test_independent_clients_are_left_out_one_at_a_time(scores):
    rows = correlate_scores(scores, COLUMNS)
    shown = pair(rows, "r_pearson", 3)
    assert [shown.lower, shown.upper] == pytest.approx(jackknife(scores.iloc[:, [1, 2]], np.arange(80))[0], abs=1e-10)
    assert shown.method == "jackknife interval on the scale of Fisher's z, 75 units"
    other = pair(rows, "r_pearson_fisher", 3)
    assert other.method == "Fisher interval" and np.isnan(other.se)
    assert pair(rows, "p_pearson", 3).method == "two-sided t"
    ranks = correlate_scores(scores, COLUMNS, method="spearman")
    assert pair(ranks, "r_spearman", 0).method == "Bonett-Wright interval"
    assert "r_spearman_bonett" not in set(ranks.statistic)


def test_many_units_are_left_out_in_parts():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(700, 1))
    many = pd.DataFrame(x + rng.normal(size=(700, 2)), columns=list("xy"))
    columns = describe("client a total", "client b total").set_axis(list("xy"))
    shown = pair(correlate_scores(many, columns), "r_pearson", 0)
    assert shown.method == "jackknife interval on the scale of Fisher's z, 700 units in 500 parts"
    # five hundred parts of random content: the standard error differs by some percent
    assert (shown.lower, shown.upper) == pytest.approx(jackknife(many, np.arange(700))[0], abs=0.01)


def test_formulas_too_short_for_skewed_scores_are_marked():
    """One client far out, along the line of the others, makes r what it is: without him it is another."""
    rng = np.random.default_rng(5)
    columns = describe("client a total", "client b total").set_axis(list("xy"))
    even = pd.DataFrame(rng.normal(size=(80, 2)), columns=list("xy"))
    far = pd.concat([even, pd.DataFrame({"x": [6.0], "y": [6.0]})], ignore_index=True)
    notes = [pair(correlate_scores(frame, columns), "r_pearson_fisher", 0).note for frame in (even, far)]
    assert notes == ["", "more than a tenth shorter than the jackknife interval: the formula assumes normal scores"]


def test_the_test_goes_with_the_interval_that_is_shown(scores):
    p = pair(correlate_scores(scores, COLUMNS, units=THERAPISTS), "p_pearson", 3)
    assert p.method == "two-sided t of the jackknife interval"
    shown = pair(correlate_scores(scores, COLUMNS, level=1 - p.estimate, units=THERAPISTS), "r_pearson", 4)
    # the quantile of t and its tail probability invert each other to about 1e-10
    assert min(abs(shown.lower), abs(shown.upper)) == pytest.approx(0, abs=1e-8)


def test_two_therapists_have_the_formula_with_a_warning(scores):
    rows = correlate_scores(scores, COLUMNS, units=np.arange(80) // 40)
    shown = pair(rows, "r_pearson", 1)
    assert shown.method == "Fisher interval" and np.isfinite(shown.lower)
    assert shown.note == (
        "fewer than three units: no jackknife interval; "
        "the interval treats the 75 clients as independent although they belong to 2 units"
    )
    assert "r_pearson_fisher" not in set(rows.statistic)
    test = pair(rows, "p_pearson", 0)
    assert test.method == "two-sided t" and test.note.startswith("the test treats the 75 clients as independent")
    ranks = pair(correlate_scores(scores, COLUMNS, method="spearman", units=np.arange(80) // 40), "r_spearman", 1)
    assert ranks.method == "Bonett-Wright interval" and ranks.note == shown.note


def test_a_correlation_that_a_unit_makes_has_no_jackknife_interval():
    """A score that only the first of four units varies in is constant without it; r of 1 has no Fisher's z."""
    rare = pd.DataFrame({"x": np.arange(40.0), "y": np.r_[np.arange(10.0), np.zeros(30)], "z": 2 * np.arange(40.0)})
    columns = describe("client f total", "client g total", "client h total").set_axis(list("xyz"))
    rows = correlate_scores(rare, columns, units=np.arange(40) // 10)
    warning = "the interval treats the 40 clients as independent although they belong to 4 units"
    lost, perfect = pair(rows, "r_pearson", 0), pair(rows, "r_pearson", 1)
    assert lost.note == f"undefined (or 1 or -1) without some of the units: no jackknife interval; {warning}"
    assert perfect.note == f"a correlation of 1 or -1: no jackknife interval; {warning}"
    assert lost.method == perfect.method == "Fisher interval" and lost.lower < lost.estimate < lost.upper
    assert pair(rows, "p_pearson", 0).note == warning.replace("interval", "test")


def test_units_that_are_all_alike_are_no_reason_to_be_certain():
    same = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0] * 5, "y": [2.0, 1.0, 4.0, 3.0] * 5})
    columns = describe("client f total", "client g total").set_axis(list("xy"))
    row = pair(correlate_scores(same, columns, units=np.arange(20) // 4), "r_pearson", 0)
    assert row.note.startswith("the same without any of the units: no jackknife interval")
    assert row.upper - row.lower > 0.5


def test_units_of_each_pair_are_counted(scores):
    scores = scores.copy()
    scores.iloc[:72, 3] = np.nan
    rows = correlate_scores(scores, COLUMNS, units=THERAPISTS)
    assert "19 units" in pair(rows, "r_pearson", 1).method  # the first five have no third score
    assert pair(rows, "r_pearson", 4).note.startswith("fewer than three units: no jackknife interval")


def test_the_order_of_clients_changes_nothing(scores):
    order = np.random.default_rng(1).permutation(80)
    one = correlate_scores(scores, COLUMNS, units=THERAPISTS)
    two = correlate_scores(scores.iloc[order], COLUMNS, units=THERAPISTS[order])
    pd.testing.assert_frame_equal(one, two, rtol=1e-9)


def test_nobody_at_all_is_no_error(scores):
    rows = correlate_scores(scores.iloc[:0], COLUMNS)
    assert rows.note.str.endswith("fewer than four clients have both scores").all() and len(rows) == 6


def test_values_above_one_are_reported(scores, items):
    # the second form's items cancel in part: its alpha is small while its score follows the first
    rng = np.random.default_rng(1)
    x = rng.normal(size=80)
    one = pd.DataFrame({0: x + rng.normal(size=80), 1: x + rng.normal(size=80)})
    two = pd.DataFrame({0: one.mean(axis=1) * 2 + rng.normal(size=80) * 3, 1: one.mean(axis=1)})
    two[1] += -0.5 * (two[0] - two[0].mean()) * 0.2
    columns = describe("client a total", "client b total")
    parts = dict(zip(columns.index, [one, two], strict=True))
    both = pd.DataFrame({name: part.mean(axis=1) for name, part in parts.items()})
    row = disattenuate(both, parts, columns).iloc[0]
    assert row.estimate > 1
    assert "above 1" in row.note


def test_alphas_that_allow_no_correction(scores, items):
    columns = describe("client a total", "client b total", "client c total")
    opposite = pd.DataFrame({0: items["client/wai/total"][0], 1: -0.5 * items["client/wai/total"][0]})
    single = items["client/haq/total"][[1]]
    parts = dict(zip(columns.index, [items["client/wai/total"], opposite, single], strict=True))
    both = pd.DataFrame({name: part.mean(axis=1) for name, part in parts.items()})
    rows = alpha_corrected(disattenuate(both, parts, columns))
    assert rows.estimate.isna().all()
    assert rows.note.tolist() == [
        "alpha is zero or negative for one of the scores",
        "alpha is undefined for one of the scores",
        "alpha is undefined for one of the scores",
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([[1, 2], [2, 1], [3, 3], [np.nan, 4]], "fewer than four clients"),
        ([[1, 2], [2, 2], [3, 2], [4, 2]], "does not vary"),
    ],
)
def test_pairs_that_cannot_be_computed(values, reason):
    columns = describe("client a total", "client b total")
    scores = pd.DataFrame(values, columns=columns.index)
    rows = correlate_scores(scores, columns)
    assert rows.statistic.tolist() == ["r_pearson"]
    assert reason in rows.note[0]
    parts = {name: pd.DataFrame({0: scores[name], 1: scores[name]}) for name in scores}
    corrected = disattenuate(scores, parts, columns)
    assert reason in corrected.note[0]
    assert np.isnan(corrected.estimate[0])


def test_a_single_score_says_so(scores):
    rows = correlate_scores(scores, COLUMNS.iloc[:1])
    assert rows.note.tolist() == ["only one score: nothing to correlate"]


def test_matrix_gives_pearson_and_says_what_needs_answers(scores):
    complete = scores.dropna()
    n = len(complete)
    rows = correlate_composites(complete.corr(), COLUMNS, pd.Series(0.8, index=COLUMNS.index), n)
    raw = correlate_scores(complete, COLUMNS)
    raw = raw[raw.statistic != "r_pearson"]
    by_formula = raw.assign(statistic=raw.statistic.replace("r_pearson_fisher", "r_pearson"), note="")
    same = rows[rows.statistic.str.endswith(("pearson", "holm"))].assign(note="").reset_index(drop=True)
    pd.testing.assert_frame_equal(same, by_formula.reset_index(drop=True), check_dtype=False)
    assert (rows.note[rows.statistic == "r_spearman"].str.contains("needs raw answers")).all()
    corrected = rows[rows.statistic == "r_disattenuated"].iloc[1:]
    np.testing.assert_allclose(corrected.estimate, raw.estimate[raw.statistic == "r_pearson_fisher"].iloc[1:] / 0.8)
    assert (corrected.note.str.contains("needs raw answers")).all()


def test_bad_arguments(scores, items):
    with pytest.raises(ValueError, match="method"):
        correlate_scores(scores, COLUMNS, method="kendall")
    with pytest.raises(ValueError, match="no column"):
        correlate_scores(scores.iloc[:, :2], COLUMNS)
    with pytest.raises(ValueError, match="same order"):
        disattenuate(scores, {name: part.iloc[::-1] for name, part in items.items()}, COLUMNS)


def test_corrected_correlations_count_the_clients_who_have_both(items, scores):
    rows = disattenuate(scores, items, COLUMNS)
    expected = [scores[[one, two]].dropna().shape[0] for one, two in combinations(COLUMNS.index, 2)]
    assert alpha_corrected(rows)["n"].tolist() == expected and len(set(expected)) > 1


def test_items_of_other_clients_are_refused(items, scores):
    other = items | {COLUMNS.index[2]: items[COLUMNS.index[2]].iloc[::-1]}
    with pytest.raises(ValueError, match="must have the clients of the scores, in the same order"):
        disattenuate(scores, other, COLUMNS)


def test_resamples_without_alpha_are_counted(items, scores):
    """Items that vary in the first of four units only have no alpha in resamples without it."""
    first = pd.Series(np.arange(80) < 20)
    rare = {name: part.where(first, 3.0) for name, part in items.items()}
    means = pd.DataFrame({name: part.mean(axis=1) for name, part in rare.items()})
    resamples = resample_units(np.arange(80) // 20, 50, 2)
    lost = int((np.asarray(resamples.weights)[:, 0] == 0).sum())
    assert 0 < lost < 40
    row = pair(disattenuate(means, rare, COLUMNS, resamples=resamples), "r_disattenuated", 1)
    assert f"undefined in {lost} of 50 resamples" in row["note"]
