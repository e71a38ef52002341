"""Data that several tests of factors share."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def stack():
    """Correlations of twelve items in 40 small samples: three correlated factors, some Heywood cases."""
    rng = np.random.default_rng(4)
    belongs = np.arange(12) // 4
    matrices = []
    for _ in range(40):
        factors = 0.6 * rng.normal(size=(30, 1)) + 0.8 * rng.normal(size=(30, 3))
        answers = factors[:, belongs] * np.tile([0.9, 0.8, 0.6, 0.5], 3) + 0.6 * rng.normal(size=(30, 12))
        matrices.append(np.corrcoef(answers, rowvar=False))
    return np.array(matrices)
