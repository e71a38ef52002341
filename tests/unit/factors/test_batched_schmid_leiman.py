"""Schmid-Leiman of many matrices is that of each alone."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.batched_schmid_leiman import batched_schmid_leiman
from psychometrics.factors.schmid_leiman import schmid_leiman
from psychometrics.factors.solution import fit_solution


@pytest.mark.parametrize("k", [2, 3])
def test_hierarchy_is_schmid_leiman_of_each_matrix(stack, k):
    items = [f"i{j + 1:02d}" for j in range(12)]
    whole = fit_solution(pd.DataFrame(stack.mean(axis=0), items, items), 50, k)
    sl = schmid_leiman(whole)
    start = whole.uniqueness.to_numpy(), whole.pattern.to_numpy(), sl.second_order_loadings.to_numpy()
    found = batched_schmid_leiman(stack.mean(axis=0)[None], *start)
    np.testing.assert_allclose(found.pattern[0], whole.pattern, atol=1e-5)
    np.testing.assert_allclose(found.phi[0], whole.phi, atol=1e-5)
    np.testing.assert_allclose(found.general[0], sl.general, atol=1e-5)
    np.testing.assert_allclose(found.group[0], sl.group, atol=1e-5)
    np.testing.assert_allclose(found.uniqueness[0], sl.uniqueness, atol=1e-5)
    shuffled = np.random.default_rng(1).permutation(40)
    one, other = batched_schmid_leiman(stack, *start), batched_schmid_leiman(stack[shuffled], *start)
    np.testing.assert_allclose(one.general[shuffled], other.general, atol=1e-8)
