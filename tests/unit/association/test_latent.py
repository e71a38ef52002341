"""Latent correlations: the definition by hand, the delta method against a jackknife, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.latent import composite_correlations, latent_correlations
from psychometrics.correlation.correlator import Correlator

COLUMNS = pd.DataFrame(
    [["client", "f", "task"], ["client", "f", "total"], ["client", "g", "total"]],
    columns=["perspective", "form", "scale"],
    index=["task", "f", "g"],
)
SCALES = {"task": ("f", ["i01", "i02"]), "f": ("f", ["i01", "i02", "i03"]), "g": ("g", ["i01", "i02", "i03"])}


@pytest.fixture
def answers():
    """Two forms of 120 clients of 30 therapists."""
    return simulated(120)


def simulated(n):
    """Five categories, one common source; therapists have four clients each."""
    rng = np.random.default_rng(3)
    latent = np.repeat(rng.normal(size=n // 4), 4)[:, None] * 0.5 + rng.normal(size=(n, 1))
    parts = [np.clip(np.rint(3 + latent + rng.normal(size=(n, 3))), 1, 5) for _ in range(2)]
    return {name: pd.DataFrame(part, columns=["i01", "i02", "i03"]) for name, part in zip("fg", parts, strict=True)}


def pair(rows, statistic, position):
    return rows[rows["statistic"] == statistic].iloc[position]


def test_definition(answers):
    both = pd.concat([answers["f"].add_prefix("f"), answers["g"].add_prefix("g")], axis=1)
    r = Correlator(both)().matrix.to_numpy()
    between, first, second = (r[a, b] for a, b in ((slice(3), slice(3, 6)), (slice(3), slice(3)), (slice(3, 6),) * 2))
    rows = latent_correlations(answers, SCALES, COLUMNS)
    assert pair(rows, "r_latent", 2).estimate == pytest.approx(between.sum() / np.sqrt(first.sum() * second.sum()))
    off = ~np.eye(3, dtype=bool)
    corrected = between.mean() / np.sqrt(first[off].mean() * second[off].mean())
    assert pair(rows, "r_latent_disattenuated", 2).estimate == pytest.approx(corrected)


def test_slopes_are_those_of_small_steps():
    rng = np.random.default_rng(1)
    matrix = pd.DataFrame(
        np.corrcoef(rng.normal(size=(5, 30)) + rng.normal(size=30)), index=list("abcde"), columns=list("abcde")
    )
    items = {"x": ["a", "b"], "y": ["b", "c", "d"]}
    *_, slopes = composite_correlations(matrix, items, [("x", "y")])
    for k, (i, j) in enumerate(zip(*np.triu_indices(5, 1), strict=True)):
        moved = []
        for step in (1e-6, -1e-6):
            other = matrix.copy()
            other.iloc[i, j] = other.iloc[j, i] = matrix.iloc[i, j] + step
            moved.append(np.array(composite_correlations(other, items, [("x", "y")])[:2])[:, 0])
        # central differences: rounding over the step is about 1e-10, curvature times the squared step less
        np.testing.assert_allclose(slopes[:, 0, k], (moved[0] - moved[1]) / 2e-6, atol=1e-7)


def test_standard_error_of_few_units_by_definition(answers):
    """Influences weighted by the slopes, summed within five units, enlarged by 5 / 4."""
    units = np.arange(120) // 24
    both = pd.concat([answers["f"].add_prefix("f "), answers["g"].add_prefix("g ")], axis=1)
    correlator = Correlator(both)
    items = {form: [f"{form} i0{k}" for k in (1, 2, 3)] for form in "fg"}
    *_, slopes = composite_correlations(correlator().matrix, items, [("f", "g")])
    influence = correlator.influence(expected=True)
    rows = latent_correlations(answers, SCALES, COLUMNS, units=units)
    for which, statistic in enumerate(("r_latent", "r_latent_disattenuated")):
        moved = influence @ slopes[which, 0]
        sums = [sum(moved[units == unit]) for unit in range(5)]
        expected = (5 / 4 * sum(value**2 for value in sums)) ** 0.5 / 120
        assert pair(rows, statistic, 2).se == pytest.approx(expected)


def test_standard_error_agrees_with_a_jackknife_of_units():
    answers = simulated(480)
    units = np.arange(480) // 8
    rows = latent_correlations(answers, SCALES, COLUMNS, units=units)
    left_out = []
    for unit in np.unique(units):
        part = {name: frame[units != unit] for name, frame in answers.items()}
        found = latent_correlations(part, SCALES, COLUMNS)
        left_out.append([pair(found, statistic, 2).estimate for statistic in ("r_latent", "r_latent_disattenuated")])
    m = len(left_out)
    jackknife = np.sqrt((m - 1) / m * np.sum((left_out - np.mean(left_out, axis=0)) ** 2, axis=0))
    delta = [pair(rows, statistic, 2).se for statistic in ("r_latent", "r_latent_disattenuated")]
    # two first-order approximations, which meet as n grows
    np.testing.assert_allclose(delta, jackknife, rtol=0.08)


def test_a_total_with_its_scale_is_marked(answers):
    rows = latent_correlations(answers, SCALES, COLUMNS)
    assert pair(rows, "r_latent", 0).note == "part-whole"
    assert np.isnan(pair(rows, "r_latent_disattenuated", 0).estimate)


def test_what_cannot_be_computed_says_why(answers):
    rows = latent_correlations({"f": answers["f"].assign(i02=3.0), "g": answers["g"]}, SCALES, COLUMNS)
    assert rows["estimate"].isna().all()
    assert rows["note"].drop(1).str.contains("all answers are the same").all()
    early = np.repeat(np.arange(120)[:, None] < 60, 3, axis=1)
    apart = {"f": answers["f"].where(early), "g": answers["g"].mask(early)}
    rows = latent_correlations(apart, SCALES, COLUMNS)
    assert "fewer than 3 people answered both" in pair(rows, "r_latent", 2).note
    assert np.isfinite(pair(rows, "r_latent", 0).estimate)
    alone = latent_correlations(answers, SCALES, COLUMNS.iloc[:1])
    assert alone["note"].tolist() == ["only one score: nothing to correlate"] * 2


def test_few_units_give_no_interval(answers):
    row = pair(latent_correlations(answers, SCALES, COLUMNS, units=np.arange(120) // 60), "r_latent", 2)
    assert np.isnan(row.lower)
    assert "fewer than three units" in row.note
