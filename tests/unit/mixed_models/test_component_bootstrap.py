"""Resamples are refits of the drawn therapists; where there is no interval, the row says why."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import Block, Residual, bootstrap_components, mixed_model
from psychometrics.mixed_models.component_bootstrap import Derived, refit_resamples
from psychometrics.mixed_models.component_values import component_values
from psychometrics.resampling.weights import cluster_resamples

SYMMETRIC = Residual(by="role", within="client", correlated=True)


def reciprocity(found):
    matrix = found.blocks["therapist"]
    return matrix[:, 0, 1] / np.sqrt(matrix[:, 0, 0] * matrix[:, 1, 1])


def test_a_resample_is_a_refit(one_with_many):
    _, frame = one_with_many
    blocks = [Block("therapist", ["role"])]
    fit = mixed_model(frame, "rating", ["role"], blocks, residual=SYMMETRIC)
    refits = refit_resamples(fit, draws=3, seed=2)
    found = component_values(fit.layout, refits.covariances)
    counts = np.asarray(cluster_resamples(np.arange(12), 0, 3, seed=2))
    for values, effects, count in zip(found, refits.effects.to_numpy(), counts, strict=True):
        parts = [
            frame[frame["therapist"] == therapist].assign(
                therapist=f"{therapist}_{time}", client=lambda data, time=time: 100 * data["client"] + time
            )
            for therapist in range(12)
            for time in range(count[therapist])
        ]
        again = mixed_model(pd.concat(parts), "rating", ["role"], blocks, residual=SYMMETRIC)
        # a search of a resample ends at a gain of 1e-6 in the criterion: about 1e-3 of an estimate
        np.testing.assert_allclose(values, again.components()["estimate"], atol=2e-3)
        np.testing.assert_allclose(effects, again.fixed_effects()["estimate"], atol=2e-3)


def test_intervals_and_quantities(one_with_many):
    _, frame = one_with_many
    fit = mixed_model(frame, "rating", ["role"], [Block("therapist", ["role"])], residual=SYMMETRIC)
    rows = bootstrap_components(
        fit, derived=[Derived("reciprocity", reciprocity, -1, 1, "percentile minus bias")], draws=100, seed=1
    )
    assert rows["estimate"].tolist()[:6] == fit.components()["estimate"].tolist()
    assert (rows["lower"] <= rows["estimate"]).all() and (rows["estimate"] <= rows["upper"]).all()
    by_name = rows.set_index("statistic")
    same = rows[(rows["group"] == "therapist") & (rows["statistic"] == "correlation")].iloc[0]
    assert by_name.loc["reciprocity", ["estimate", "se"]].tolist() == pytest.approx([same["estimate"], same["se"]])
    assert rows["method"].str.contains("100 of 100 resamples of therapists").all()


def test_fewer_than_ten_therapists(study):
    fit = mixed_model(study, "y", ["1"], [Block("therapist"), Block("client")])
    rows = bootstrap_components(fit, draws=10)
    assert rows["estimate"].notna().all() and rows["lower"].isna().all()
    assert rows["note"].str.contains("no interval: 6 therapists, fewer than 10").all()


def test_crossed_groups(study):
    fit = mixed_model(study, "y", ["1"], [Block("client"), Block("rater")])
    rows = bootstrap_components(fit, draws=10)
    assert rows["lower"].isna().all() and rows["note"].str.contains("the groups cross").all()


def test_a_variance_of_zero_and_its_correlation():
    """Slopes that are the same for all clients: no variance, no correlation, and resamples all the same."""
    rng = np.random.default_rng(0)
    client, session = np.repeat(np.arange(30), 4), np.tile([0.0, 1, 2, 3], 30)
    noise = rng.normal(size=(30, 4))
    # what is left of the noise after each client's line, turned over: no slope differs
    level, slope = np.polyfit(range(4), noise.T, 1)[::-1]
    noise -= level[:, None] + slope[:, None] * np.arange(4)
    data = pd.DataFrame({"client": client, "session": session, "y": noise.ravel() + rng.normal(size=30)[client]})
    fit = mixed_model(data, "y", ["1", "session"], [Block("client", ["1", "session"])])
    components = fit.components().set_index(["statistic", "term"])
    assert components.loc[("variance", "session"), "estimate"] == pytest.approx(0, abs=1e-9)
    assert components.loc[("correlation", "1 with session"), "note"] == "undefined: a variance is 0"
    rows = bootstrap_components(fit, draws=20, seed=1).set_index(["statistic", "term"])
    assert rows.loc[("variance", "session"), "lower"] == pytest.approx(0, abs=1e-9)
    assert np.isnan(rows.loc[("correlation", "1 with session"), "lower"])


def test_a_variance_of_zero_may_be_as_large_as_its_error_says():
    groups, n = 40, 4
    noise = np.random.default_rng(3).normal(size=(groups, n))
    within, mean = noise.var(axis=1, ddof=1).mean(), noise.mean(axis=1, keepdims=True)
    noise += (np.sqrt(0.95 * within / n / mean.var(ddof=1)) - 1) * mean  # groups differ a little less than by chance
    data = pd.DataFrame({"group": np.repeat(np.arange(groups), n), "y": noise.ravel()})
    fit = mixed_model(data, "y", ["1"], [Block("group")])
    row = bootstrap_components(fit, draws=50, seed=1).iloc[0]
    # of mean squares that are chi-squares, where groups do not differ (Searle et al., 1992, chapter 4)
    error = within / n * np.sqrt(2 / (groups - 1) + 2 / (groups * (n - 1)))
    assert row["estimate"] == pytest.approx(0, abs=1e-9)
    # of a chi-square with 39 degrees of freedom and this error: qchisq(.025, 39) is 23.654
    beyond = np.sqrt(39 / 2) * (39 / 23.654 - 1) * error
    # the likelihood bends a little less or more than it is expected to; on the scale of the root the limit is at .053
    assert 0.85 < row["upper"] / beyond < 1.15
