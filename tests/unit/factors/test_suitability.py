"""Suitability: two items by hand, the partial correlations by regression, and matrices without an inverse."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import correlate
from psychometrics.correlation.matrix import given_matrix
from psychometrics.factors.suitability import sampling_adequacy, suitability


@pytest.fixture
def answers():
    rng = np.random.default_rng(6)
    values = rng.normal(size=(60, 1)) + rng.normal(size=(60, 4))
    return pd.DataFrame(np.round(values), columns=list("abcd"))


def overall(rows):
    return rows[rows["item"] == ""].set_index("statistic")


def test_two_items_by_hand():
    # |R| = 1 - .25; the partial correlation of two items is their correlation: KMO = 1/2
    rows = overall(suitability(given_matrix(pd.DataFrame([[1, 0.5], [0.5, 1]], ["a", "b"], ["a", "b"]), 21)))
    assert rows["estimate"]["kmo"] == pytest.approx(0.5)
    assert rows["estimate"]["determinant"] == pytest.approx(0.75)
    assert rows["estimate"]["smallest_eigenvalue"] == pytest.approx(0.5)
    assert rows["estimate"]["bartlett_chi2"] == pytest.approx(-(20 - 9 / 6) * np.log(0.75))
    assert rows["estimate"]["bartlett_df"] == 1
    assert rows["estimate"]["n_per_item"] == 10.5


def test_sampling_adequacy_by_regressions(answers):
    matrix = correlate(answers, method="pearson").matrix.to_numpy()
    p = len(matrix)
    z = ((answers - answers.mean()) / answers.std()).to_numpy()
    r2 = q2 = 0
    for i in range(p):
        for j in set(range(p)) - {i}:
            others = z[:, [k for k in range(p) if k not in (i, j)]]
            rest = [z[:, k] - others @ np.linalg.lstsq(others, z[:, k])[0] for k in (i, j)]
            r2, q2 = r2 + matrix[i, j] ** 2, q2 + np.corrcoef(*rest)[0, 1] ** 2
    assert sampling_adequacy(matrix)[0] == pytest.approx(r2 / (r2 + q2), abs=1e-12)


def test_order_of_items_does_not_matter(answers):
    rows, turned = (suitability(correlate(frame)) for frame in (answers, answers[["c", "a", "d", "b"]]))
    key = ["item", "statistic"]
    merged = rows.merge(turned, on=key, suffixes=("", "_turned"))
    np.testing.assert_allclose(merged["estimate"], merged["estimate_turned"], rtol=1e-10)  # rounding


def test_singular_matrix_says_so(answers):
    rows = suitability(correlate(answers.assign(e=answers.a + answers.b), method="pearson"))
    needs_inverse = rows["statistic"].isin(["kmo", "bartlett_chi2", "bartlett_p"])
    assert rows.loc[needs_inverse, "estimate"].isna().all()
    assert rows.loc[needs_inverse, "note"].str.contains("singular").all()
    assert rows.loc[~needs_inverse, "estimate"].notna().all()


def test_too_few_people_for_bartlett():
    matrix = pd.DataFrame(0.3 + 0.7 * np.eye(12), list("abcdefghijkl"), list("abcdefghijkl"))
    rows = overall(suitability(given_matrix(matrix, 5)))
    assert np.isnan(rows["estimate"]["bartlett_p"]) and rows["note"]["bartlett_p"] == "n = 5 is too small for 12 items"
