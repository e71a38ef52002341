"""Standard errors of the components of a balanced design, which have a formula."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import Block, mixed_model
from psychometrics.mixed_models.component_errors import model_errors
from psychometrics.mixed_models.component_values import component_values


def test_mean_squares_are_chi_squares():
    """A variance is (MSB - MSW) / n; each mean square has the variance 2 MS^2 / df (Searle et al., 1992, chapter 4)."""
    groups, n = 30, 5
    rng = np.random.default_rng(1)
    values = rng.normal(size=(groups, 1)) + rng.normal(size=(groups, n))
    data = pd.DataFrame({"group": np.repeat(np.arange(groups), n), "y": values.ravel()})
    fit = mixed_model(data, "y", ["1"], [Block("group")])
    found = model_errors(fit.deviance_of, fit.parameters, lambda own: component_values(fit.layout, own))
    between, within = n * values.mean(axis=1).var(ddof=1), values.var(axis=1, ddof=1).mean()
    of_within = 2 * within**2 / (groups * (n - 1))
    of_group = (2 * between**2 / (groups - 1) + of_within) / n**2
    # second derivatives come from differences of the gradient
    assert found == pytest.approx(np.sqrt([of_group, of_within]), rel=1e-5)


def test_no_maximum_no_error():
    """Where a variance is 0 but for the place, the likelihood does not bend down on both sides."""
    noise = np.random.default_rng(0).normal(size=(20, 4))
    data = pd.DataFrame({"group": np.repeat(np.arange(20), 4), "y": (noise + 2 * noise[:, :1]).ravel()})
    fit = mixed_model(data, "y", ["1"], [Block("group")])
    start = np.zeros(1)
    assert np.isnan(model_errors(fit.deviance_of, start, lambda own: component_values(fit.layout, own))).all()
