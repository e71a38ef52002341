"""CR2 and its degrees of freedom written out with the matrices of all rows."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.mixed_models.conftest import MODELS

from psychometrics import mixed_model
from psychometrics.mixed_models import cluster_robust

NESTED = [name for name in MODELS if "crossed" not in name]


def by_definition(layout, matrix, effects):
    """Pustejovsky & Tipton (2018): hat matrix, adjustment matrices, expectation and variance, all n x n."""
    design, n = layout.design, layout.n
    weight = np.linalg.inv(matrix)
    bread = np.linalg.inv(design.T @ weight @ design)
    left = np.eye(n) - design @ bread @ design.T @ weight
    inner = left @ matrix @ left.T
    scores, vectors = [], []
    for cluster in range(layout.clusters.max() + 1):
        own = np.flatnonzero(layout.clusters == cluster)
        phi, e = matrix[np.ix_(own, own)], (layout.outcome - design @ effects)[own]
        d = np.linalg.cholesky(phi).T
        values, basis = np.linalg.eigh(d @ inner[np.ix_(own, own)] @ d.T)
        root = basis * np.where(values > 1e-10 * values.max(), values.clip(1e-300) ** -0.5, 0) @ basis.T
        taken = d.T @ root @ d @ np.linalg.inv(phi) @ design[own] @ bread
        scores.append(taken.T @ e)
        vectors.append(left[own].T @ taken)
    meat = sum(np.outer(score, score) for score in scores)
    df = []
    for effect in range(design.shape[1]):
        p = np.array([vector[:, effect] for vector in vectors])
        pairs = p @ matrix @ p.T
        df.append(np.trace(pairs) ** 2 / np.sum(pairs**2))
    return meat, df


@pytest.mark.parametrize("model", NESTED)
def test_by_definition(study, covariance_of, model):
    blocks, residual = MODELS[model]
    fit = mixed_model(study, "y", ["role", "session"], blocks, residual=residual)
    matrix = covariance_of(fit.layout, fit._components)
    meat, df = by_definition(fit.layout, matrix, fit.fixed_effects()["estimate"].to_numpy())
    rows = fit.fixed_effects()
    np.testing.assert_allclose(rows["se"], np.sqrt(np.diag(meat)), atol=1e-10)
    np.testing.assert_allclose(rows["df"], df, rtol=1e-8)


def test_large_clusters_in_the_space_of_their_effects(study, monkeypatch):
    fit = mixed_model(study, "y", ["role", "session"], MODELS["nested"][0])
    whole = fit.fixed_effects()
    monkeypatch.setattr(cluster_robust, "LARGE", 1)
    small = fit.fixed_effects()
    np.testing.assert_allclose(small["se"], whole["se"], atol=1e-12)
    np.testing.assert_allclose(small["df"], whole["df"], rtol=1e-8)


def test_a_difference_is_an_effect_in_another_coding(study):
    blocks = MODELS["nested"][0]
    fit = mixed_model(study, "y", ["role"], blocks)
    row = fit.contrasts(pd.DataFrame({"role[client]": [-1.0], "role[therapist]": [1.0]}, index=["gap"])).iloc[0]
    same = mixed_model(study, "y", ["1", "role"], blocks).fixed_effects().iloc[1]
    assert row["term"] == "gap" and same["term"] == "role[therapist]"
    for column in ("estimate", "se", "se_model", "df", "p", "lower", "upper"):
        assert row[column] == pytest.approx(same[column], rel=1e-4)
    with pytest.raises(ValueError, match="no fixed effect 'session'"):
        fit.contrasts(pd.DataFrame({"session": [1.0]}))
