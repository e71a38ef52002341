"""The profiled deviance is that of the whole covariance matrix, its gradient that of differences."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.mixed_models.conftest import MODELS

from psychometrics.mixed_models.component_values import covariances_of
from psychometrics.mixed_models.deviance import Deviance
from psychometrics.mixed_models.layout import lay_out

FIXED = ["role", "session"]


def by_definition(layout, matrix, restricted):
    """Minus twice the (restricted) log-likelihood at the best fixed effects and scale of a covariance matrix."""
    design, values = layout.design, layout.outcome
    solved = np.linalg.solve(matrix, np.column_stack([design, values]))
    precision = design.T @ solved[:, :-1]
    residual = values - design @ np.linalg.solve(precision, design.T @ solved[:, -1])
    df = layout.n - design.shape[1] * restricted
    scale = residual @ np.linalg.solve(matrix, residual) / df
    log_det = np.linalg.slogdet(matrix)[1] + restricted * np.linalg.slogdet(precision)[1]
    return log_det + df * (1 + np.log(2 * np.pi * scale))


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("model", MODELS)
def test_deviance_and_gradient(study, covariance_of, model, restricted):
    layout = lay_out(study, "y", FIXED, *MODELS[model])
    deviance = Deviance(layout, restricted=restricted)
    at = np.random.default_rng(2).normal(0, 0.5, (2, deviance.n_parameters))
    values, gradient = deviance(at, np.zeros(2, dtype=int))
    for which in range(2):
        relative = covariances_of(deviance, at, np.full(2, layout.unit**-2.0))
        expected = by_definition(layout, covariance_of(layout, relative, which), restricted)
        assert values[which] == pytest.approx(expected, abs=1e-9)
        slopes = differences(lambda x: deviance(x[None], np.zeros(1, dtype=int))[0][0], at[which])
        # of central differences, relative to the deviance
        np.testing.assert_allclose(gradient[which], slopes, atol=1e-6)


@pytest.mark.parametrize("model", [name for name in MODELS if "crossed" not in name])
def test_weights_are_groups_that_come_up_again(study, model):
    blocks, residual = MODELS[model]
    layout = lay_out(study, "y", FIXED, blocks, residual)
    clusters = layout.clusters.max() + 1
    counts = np.random.default_rng(4).integers(0, 3, (2, clusters))
    weighted = Deviance(layout, restricted=True, weights=counts)
    at = np.random.default_rng(5).normal(0, 0.5, (2, weighted.n_parameters))
    values, gradient = weighted(at, np.arange(2))
    for which in range(2):
        slopes = differences(lambda x, which=which: weighted(x[None], np.array([which]))[0][0], at[which])
        np.testing.assert_allclose(gradient[which], slopes, atol=1e-6)
        again = drawn(layout, counts[which])
        same = Deviance(lay_out(again, "y", FIXED, blocks, residual), restricted=True)
        # effects are scaled by the mean square of their columns, which differs in the resample
        factors = weighted.block_factors(at[which : which + 1])
        there = at[which].copy()
        first = 0
        for block, other, factor in zip(layout.blocks, same.layout.blocks, factors, strict=True):
            scaled = factor[0] * (other.scale / block.scale)[:, None]
            rows, columns = np.tril_indices(len(block.effects))
            if not block.block.correlated:
                rows = columns = np.arange(len(block.effects))
            there[first : first + len(rows)] = scaled[rows, columns]
            first += len(rows)
        assert values[which] == pytest.approx(same(there[None], np.zeros(1, dtype=int))[0][0], abs=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_searches_see_the_deviance_of_the_whole_elimination(study, model):
    layout = lay_out(study, "y", FIXED, *MODELS[model])
    counts = None if layout.crossed else np.random.default_rng(6).integers(0, 3, (3, layout.clusters.max() + 1))
    deviance = Deviance(layout, restricted=True, weights=counts)
    at = np.random.default_rng(7).normal(0, 0.5, (3, deviance.n_parameters))
    at[0] = 0.0
    np.testing.assert_allclose(deviance(at, np.arange(3))[0], deviance.state(at, np.arange(3)).deviance, rtol=1e-12)


def drawn(layout, counts):
    """The rows of each cluster as often as it was drawn, each time under names of its own."""
    parts = []
    for cluster, count in enumerate(counts):
        own = layout.frame[layout.clusters == cluster]
        for time in range(count):
            names = {name: own[name].astype(str) + f"_{time}" for name in ("client", "therapist") if name in own}
            parts.append(own.assign(**names))
    return pd.concat(parts)


def differences(function, at, step=1e-5):
    return [(function(at + step * unit) - function(at - step * unit)) / (2 * step) for unit in np.eye(len(at))]
