"""Standard errors of maximum likelihood loadings agree with lavaan and GPArotation. See factors/SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.golden.factors.test_factors_grid import GOLDEN as GRID
from tests.golden.factors.test_factors_grid import arguments, correlations_of

from psychometrics.factors.alignment import congruence_array, match_factors
from psychometrics.factors.solution import fit_solution
from psychometrics.factors.standard_errors.loading_errors import standard_errors

GOLDEN = json.loads((Path(__file__).parents[1] / "factors" / "lavaan.json").read_text())
CASES = [
    (name, block, rotation)
    for name in GOLDEN
    for block, rotations in (("delta", GOLDEN[name]["delta"]["rotations"]), ("efa", GOLDEN[name]["efa"]))
    for rotation in rotations
]


def solution_of(name, rotation, wanted):
    options = arguments(rotation, GRID[name]["extraction"]["ml"]["target"])
    method = options.pop("method")
    solution = fit_solution(correlations_of(name), GRID[name]["n"], GRID[name]["k"], extraction="ml", rotation=method,
                            starts=20, seed=1, **options)  # fmt: skip
    if method.startswith("target"):
        return solution
    return solution.permuted(*match_factors(congruence_array(solution.pattern.to_numpy(), wanted)))


@pytest.mark.parametrize(("name", "block", "rotation"), CASES)
def test_standard_errors(name, block, rotation):
    golden = GOLDEN[name]["delta"]["rotations"][rotation] if block == "delta" else GOLDEN[name]["efa"][rotation]
    solution = solution_of(name, rotation, np.array(golden["pattern"]))
    np.testing.assert_allclose(solution.pattern, golden["pattern"], atol=2e-5)
    np.testing.assert_allclose(solution.phi, golden["phi"], atol=2e-5)
    errors = standard_errors(solution)
    assert errors.note == ""
    loadings = np.abs(errors.pattern.to_numpy() - golden["pattern_se"])
    correlations = np.abs(errors.phi.to_numpy() - golden["phi_se"])
    if block == "delta":
        assert max(loadings.max(), correlations.max()) < 2e-4
        np.testing.assert_allclose(errors.uniqueness, GOLDEN[name]["delta"]["uniqueness_se"], atol=1e-6)
    else:
        # lavaan::efa itself moves by more than that with its rotation's algorithm and tolerance
        assert np.median(loadings) < 3e-4 and loadings.max() < 6e-3
        assert correlations.max() < 1e-3
        np.testing.assert_allclose(errors.uniqueness, golden["uniqueness_se"], atol=1e-3)
