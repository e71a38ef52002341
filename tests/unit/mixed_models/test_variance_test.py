"""Likelihood ratios on the edge of what is possible: by two fits and tables of chi-square."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from tests.unit.mixed_models.conftest import MODELS

from psychometrics import Block, mixed_model, variance_test


def test_one_variance_is_half_the_p_of_a_chi_square(study):
    fit = mixed_model(study, "y", ["1"], [Block("therapist"), Block("client")])
    smaller = mixed_model(study, "y", ["1"], [Block("client")])
    row = variance_test(fit, "therapist").iloc[0]
    assert row["estimate"] == pytest.approx(fit.log_likelihood * 2 - smaller.log_likelihood * 2, abs=1e-8)
    assert (row["df"], row["p"]) == (1, pytest.approx(chi2.sf(row["estimate"], 1) / 2))


def test_a_slope_takes_its_covariance_along(study):
    fit = mixed_model(study, "y", ["1"], [Block("client", ["1", "session"])])
    row = variance_test(fit, "client", "session").iloc[0]
    smaller = mixed_model(study, "y", ["1"], [Block("client")])
    assert row["estimate"] == pytest.approx(fit.log_likelihood * 2 - smaller.log_likelihood * 2, abs=1e-8)
    assert row["p"] == pytest.approx((chi2.sf(row["estimate"], 1) + chi2.sf(row["estimate"], 2)) / 2)
    alone = mixed_model(study, "y", ["1"], [Block("client", ["1", "session"], False)])
    assert variance_test(alone, "client", "session")["df"].item() == 1


def test_no_variance_between_groups():
    """Groups whose means are all the same: the ratio is 0, and p is 1."""
    noise = np.random.default_rng(0).normal(size=(20, 4))
    noise -= noise.mean(axis=1, keepdims=True)
    data = pd.DataFrame({"group": np.repeat(np.arange(20), 4), "y": noise.ravel()})
    row = variance_test(mixed_model(data, "y", ["1"], [Block("group")]), "group").iloc[0]
    assert (row["estimate"], row["p"]) == (0, 1)


def test_residuals_stay_as_they_are(study):
    fit = mixed_model(study, "y", ["role"], *MODELS["over_time"][:1], residual=MODELS["over_time"][1])
    row = variance_test(fit, "therapist", "role[client]").iloc[0]
    assert row["df"] == 2 and 0 <= row["p"] <= 1
    with pytest.raises(ValueError, match="no effect 'role\\[observer\\]' by 'therapist'"):
        variance_test(fit, "therapist", "role[observer]")
