"""Associations: definitions as loops, part-whole pairs, Holm by hand, and what cannot be computed."""
import numpy as np
import pandas as pd
import pytest

from psychometrics.association import adjust_holm, correlate_composites, correlate_scores, disattenuate
from psychometrics.reliability import alpha_from_covariance
from psychometrics.resampling import resample_weights


def describe(*rows):
    """The description of score columns from "perspective form scale"."""
    parts = [row.split() for row in rows]
    return pd.DataFrame(parts, columns=["perspective", "form", "scale"], index=["/".join(part) for part in parts])


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


def pair(rows, statistic, position):
    return rows[rows.statistic == statistic].iloc[position]


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
    part = rows[rows.note == "part-whole"]
    assert part.statistic.tolist() == ["r_pearson"]
    assert (part.scale.item(), part.scale_2.item()) == ("task", "total")
    assert (rows.statistic == "p_pearson_holm").sum() == 5
    corrected = disattenuate(scores, {name: scores[[name]] for name in scores}, COLUMNS, draws=5)
    assert corrected.note[0].startswith("part-whole")


def test_holm_by_hand():
    # ordered .01 x 4, .02 x 3, .03 x 2 and the running maximum keeps .06
    np.testing.assert_allclose(adjust_holm([0.03, 0.01, np.nan, 0.9, 0.02]), [0.06, 0.04, np.nan, 0.9, 0.06])


def test_correction_by_hand(items, scores):
    rows = disattenuate(scores, items, COLUMNS, draws=5)
    r = scores.iloc[:, [1, 2]].corr().iloc[0, 1]
    alphas = [alpha_from_covariance(items[COLUMNS.index[j]].dropna().cov(), 50).estimate for j in (1, 2)]
    assert rows.estimate[3] == pytest.approx(r / np.sqrt(alphas[0] * alphas[1]), abs=1e-12)


def test_bootstrap_agrees_with_a_loop_over_repeated_clients(items, scores):
    therapists = np.arange(80) // 4
    rows = disattenuate(scores, items, COLUMNS, draws=30, seed=5, level=0.8, units=therapists)
    draws = []
    for weights in resample_weights(therapists, 0, 30, seed=5):
        repeated = np.repeat(np.arange(80), weights)
        r = scores.iloc[repeated, [2, 3]].corr().iloc[0, 1]
        parts = [items[COLUMNS.index[j]].iloc[repeated].dropna() for j in (2, 3)]
        alphas = [alpha_from_covariance(part.cov(), len(part)).estimate for part in parts]
        draws.append(r / np.sqrt(alphas[0] * alphas[1]))
    limits = np.quantile(draws, [0.1, 0.9])
    assert [rows.lower[5], rows.upper[5]] == pytest.approx(limits, abs=1e-10)


def test_same_seed_same_rows(items, scores):
    one, two = (disattenuate(scores, items, COLUMNS, draws=20, seed=9) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


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
    row = disattenuate(both, parts, columns, draws=20).iloc[0]
    assert row.estimate > 1
    assert "above 1" in row.note


def test_alphas_that_allow_no_correction(scores, items):
    columns = describe("client a total", "client b total", "client c total")
    opposite = pd.DataFrame({0: items["client/wai/total"][0], 1: -0.5 * items["client/wai/total"][0]})
    single = items["client/haq/total"][[1]]
    parts = dict(zip(columns.index, [items["client/wai/total"], opposite, single], strict=True))
    both = pd.DataFrame({name: part.mean(axis=1) for name, part in parts.items()})
    rows = disattenuate(both, parts, columns, draws=20)
    assert rows.estimate.isna().all()
    assert rows.note.tolist() == [
        "alpha is zero or negative for one of the scores",
        "alpha is undefined for one of the scores",
        "alpha is undefined for one of the scores",
    ]


@pytest.mark.parametrize(("values", "reason"), [
    ([[1, 2], [2, 1], [3, 3], [np.nan, 4]], "fewer than four clients"),
    ([[1, 2], [2, 2], [3, 2], [4, 2]], "does not vary"),
])
def test_pairs_that_cannot_be_computed(values, reason):
    columns = describe("client a total", "client b total")
    scores = pd.DataFrame(values, columns=columns.index)
    rows = correlate_scores(scores, columns)
    assert rows.statistic.tolist() == ["r_pearson"]
    assert reason in rows.note[0]
    parts = {name: pd.DataFrame({0: scores[name], 1: scores[name]}) for name in scores}
    corrected = disattenuate(scores, parts, columns, draws=5)
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
    pd.testing.assert_frame_equal(rows[rows.statistic.isin(raw.statistic)].reset_index(drop=True), raw)
    assert (rows.note[rows.statistic == "r_spearman"].str.contains("needs raw answers")).all()
    corrected = rows[rows.statistic == "r_disattenuated"].iloc[1:]
    np.testing.assert_allclose(corrected.estimate, raw.estimate[raw.statistic == "r_pearson"].iloc[1:] / 0.8)
    assert (corrected.note.str.contains("needs raw answers")).all()


def test_bad_arguments(scores, items):
    with pytest.raises(ValueError, match="method"):
        correlate_scores(scores, COLUMNS, method="kendall")
    with pytest.raises(ValueError, match="no column"):
        correlate_scores(scores.iloc[:, :2], COLUMNS)
    with pytest.raises(ValueError, match="same order"):
        disattenuate(scores, {name: part.iloc[::-1] for name, part in items.items()}, COLUMNS)
