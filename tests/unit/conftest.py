"""Small data that several modules' tests use."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.matrix import given_matrix


@pytest.fixture
def two_factors():
    """Two factors with four items each, on 1-5."""
    rng = np.random.default_rng(2)
    latent = np.repeat(rng.normal(size=(150, 2)), 4, axis=1) + 0.8 * rng.normal(size=(150, 8))
    return pd.DataFrame(np.clip(np.round(3 + latent), 1, 5), columns=list("abcdefgh"))


@pytest.fixture
def two_blocks():
    """Eight items; .6 within two blocks of four and 0 between: eigenvalues 2.8, 2.8 and six of .4."""
    matrix = np.kron(np.eye(2), np.full((4, 4), 0.6)) + 0.4 * np.eye(8)
    return given_matrix(pd.DataFrame(matrix, list("abcdefgh"), list("abcdefgh")), 200)
