"""Every extraction with every rotation agrees with R (psych, stats, GPArotation). See factors/SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.fit import fit_indices
from psychometrics.factors.rotation import METHODS, rotate
from psychometrics.factors.solution import fit_solution

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "factors" / "grid.json").read_text())
LOADINGS = GOLDEN.pop("loadings")
EXTRACTIONS = [(name, extraction) for name in GOLDEN for extraction in GOLDEN[name]["extraction"]]
ROTATIONS = sorted(GOLDEN["likert5"]["extraction"]["minres"]["rotations"])


def correlations_of(name):
    if name == "near_singular":
        return pd.read_csv(HERE / "factors" / "near_singular.csv", index_col="item")
    if name == "wai_sr_matrix":
        return pd.read_csv(HERE / "data" / "wai_sr_matrix.csv", index_col="item")
    return pd.read_csv(HERE / "data" / f"{name}.csv").corr()


def arguments(rotation, target):
    """The golden file's name of a rotation as arguments of `rotate`."""
    name = rotation.removesuffix("_kaiser")
    options = {"method": name.removesuffix("_gamma"), "normalize": rotation.endswith("_kaiser")}
    if name == "oblimin_gamma":
        options["gamma"] = -0.5
    if name.startswith("target"):
        options["target"] = np.array(target, dtype=float)
    return options


def compare(got, loadings, golden, rotation):
    """A rotation against R's transformation of the same loadings, whose columns may stand in another order."""
    transformation = np.array(golden["T"])
    wanted_pattern, wanted_phi = loadings @ np.linalg.inv(transformation).T, transformation.T @ transformation
    assert got.converged
    if "value" in golden:
        assert got.value == pytest.approx(golden["value"], abs=1e-7)
    pattern, phi = got.pattern, got.phi
    if not rotation.startswith("target"):  # a target says which factor is which
        pattern, phi, _ = align_arrays(pattern, phi, wanted_pattern)
    np.testing.assert_allclose(pattern, wanted_pattern, atol=1e-5)
    np.testing.assert_allclose(phi, wanted_phi, atol=1e-5)


def test_the_golden_numbers_cover_every_rotation():
    assert {arguments(rotation, None)["method"] for rotation in ROTATIONS if "target" not in rotation} | {
        "none",
        "target_t",
        "target_q",
    } == set(METHODS)


@pytest.mark.parametrize(("name", "extraction"), EXTRACTIONS)
def test_extraction_and_fit(name, extraction):
    golden, k = GOLDEN[name]["extraction"][extraction], GOLDEN[name]["k"]
    matrix, wanted = correlations_of(name), np.array(golden["loadings"])
    # where the matrix is nearly singular, squared multiple correlations lead likelihood into a local minimum
    solution = fit_solution(matrix, GOLDEN[name]["n"], k, extraction=extraction, rotation="none",
                            extraction_starts=5 if name == "near_singular" else 1)  # fmt: skip
    loadings, _, _ = align_arrays(solution.pattern.to_numpy(), np.eye(k), wanted)
    np.testing.assert_allclose(loadings, wanted, atol=1e-5)
    np.testing.assert_allclose(solution.uniqueness, golden["uniqueness"], atol=1e-5)
    np.testing.assert_allclose(solution.communality, np.sum(wanted**2, axis=1), atol=1e-5)
    rows = fit_indices(matrix, solution).set_index("statistic")
    for statistic, slot in {
        "degrees_of_freedom": "dof", "chi_square": "STATISTIC", "p_value": "PVAL", "chi_square_null": "null_chisq",
        "tli": "TLI", "bic": "BIC", "rmsr": "rms",
    }.items():  # fmt: skip
        assert rows.estimate[statistic] == pytest.approx(golden["fit"][slot], abs=1e-4), statistic


@pytest.mark.parametrize(
    ("name", "extraction", "rotation"),
    [
        (*case, rotation) for case in EXTRACTIONS for rotation in GOLDEN[case[0]]["extraction"][case[1]]["rotations"]
    ],  # no bifactor of two factors
)
def test_rotation(name, extraction, rotation):
    golden = GOLDEN[name]["extraction"][extraction]
    loadings = np.array(golden["loadings"])
    starts = 12 if rotation.startswith("bifactor") else 4
    got = rotate(loadings, starts=starts, seed=1, **arguments(rotation, golden["target"]))
    compare(got, loadings, golden["rotations"][rotation], rotation)


@pytest.mark.parametrize("name", LOADINGS)
@pytest.mark.parametrize("rotation", ROTATIONS)
def test_rotation_of_many_items(name, rotation):
    loadings = pd.read_csv(HERE / "factors" / f"{name}_loadings.csv", index_col="item").to_numpy()
    golden = LOADINGS[name]
    got = rotate(loadings, starts=8, seed=1, **arguments(rotation, golden["target"]))
    compare(got, loadings, golden["rotations"][rotation], rotation)


@pytest.mark.parametrize(("name", "extraction"), [case for case in EXTRACTIONS if case[0] != "near_singular"])
@pytest.mark.parametrize(
    ("rotation", "ours"),
    [("oblimin", "oblimin"), ("quartimax", "quartimax"), ("geominT", "geomin_t"), ("geominQ", "geomin_q")],
)
def test_whole_solution(name, extraction, rotation, ours):
    golden = GOLDEN[name]["extraction"][extraction]["fa"][rotation]
    n, k = GOLDEN[name]["n"], GOLDEN[name]["k"]
    solution = fit_solution(correlations_of(name), n, k, extraction=extraction, rotation=ours, starts=1)
    pattern, phi, _ = align_arrays(solution.pattern.to_numpy(), solution.phi.to_numpy(), np.array(golden["pattern"]))
    np.testing.assert_allclose(pattern, golden["pattern"], atol=1e-4)
    np.testing.assert_allclose(phi, golden["phi"], atol=1e-4)
    np.testing.assert_allclose(solution.communality, golden["communality"], atol=1e-4)
