"""Standard errors and bias: by refits after small changes of the correlations, and where there are none."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.alignment import align, align_arrays
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.rotation import rotate
from psychometrics.factors.solution import fit_solution
from psychometrics.factors.standard_errors.loading_errors import standard_errors

P, K = 9, 3
PAIRS = list(zip(*np.triu_indices(P, 1), strict=True))
TARGET = np.where(np.kron(np.eye(K), np.ones((3, 1))) > 0, np.nan, 0.0)
TARGET[0, 0] = 0.6


def population():
    """Exact correlations of three factors with cross-loadings."""
    rng = np.random.default_rng(4)
    pattern = np.kron(np.eye(K), [[0.7], [0.6], [0.55]]) + rng.uniform(-0.1, 0.15, (P, K))
    matrix = pattern @ (0.3 + 0.7 * np.eye(K)) @ pattern.T
    np.fill_diagonal(matrix, 1.0)
    items = [f"i{i + 1:02d}" for i in range(P)]
    return pd.DataFrame(matrix, index=items, columns=items)


def pearson_filon(r):
    """Asymptotic covariances of correlations of normal answers, as Pearson and Filon (1898) give them."""
    gamma = np.empty((len(PAIRS), len(PAIRS)))
    for a, (i, j) in enumerate(PAIRS):
        for b, (k, m) in enumerate(PAIRS):
            gamma[a, b] = (
                r[i, j] * r[k, m] * (r[i, k] ** 2 + r[i, m] ** 2 + r[j, k] ** 2 + r[j, m] ** 2) / 2
                + r[i, k] * r[j, m] + r[i, m] * r[j, k]
                - r[i, j] * (r[i, k] * r[i, m] + r[j, k] * r[j, m]) - r[k, m] * (r[i, k] * r[j, k] + r[i, m] * r[j, m])
            )  # fmt: skip
    return gamma


def root_of(gamma, n=200):
    """Rows that stand for people, with gamma as the covariance of sqrt(n) times the correlations."""
    values, vectors = np.linalg.eigh(gamma)
    return np.sqrt(n) * (vectors * np.sqrt(values.clip(0))).T


CASES = [
    ("ml", "oblimin", {}), ("minres", "oblimin", {"gamma": -0.5}), ("pa", "oblimin", {"normalize": True}),
    ("ml", "varimax", {}), ("minres", "quartimax", {}), ("ml", "geomin_q", {"delta": 0.02}), ("minres", "geomin_t", {}),
    ("ml", "target_q", {"target": TARGET}), ("minres", "target_t", {"target": TARGET, "normalize": True}),
    ("ml", "promax", {}), ("minres", "promax", {"normalize": True, "power": 3}), ("ml", "none", {}),
    ("minres", "none", {}), ("ml", "bifactor_t", {}),
]  # fmt: skip


@pytest.fixture(params=CASES, ids=lambda case: "-".join(case[:2]))
def refitted(request):
    """A solution at its own model, and the function that refits it."""
    extraction, rotation, options = request.param
    solution = fit_solution(population(), 200, K, extraction=extraction, rotation=rotation, starts=10, **options)
    matrix = solution.reproduced.to_numpy(copy=True)
    pattern = solution.pattern.to_numpy()

    def refit(change):
        whole = matrix.copy()
        for (i, j), value in zip(PAIRS, change, strict=True):
            whole[i, j] = whole[j, i] = whole[i, j] + value
        found = extract_factors(whole, K, method=extraction, start=solution.uniqueness.to_numpy())
        start = np.linalg.inv(np.linalg.lstsq(found.loadings, pattern, rcond=None)[0]).T
        start = None if rotation in {"none", "promax"} else start / np.linalg.norm(start, axis=0)
        rotated = rotate(found.loadings, method=rotation, start=start, **options)
        loadings, phi, _ = align_arrays(rotated.pattern, rotated.phi, pattern)
        return np.concatenate([loadings.ravel(), phi[np.triu_indices(K, 1)]])

    return solution, matrix, refit


def together(pattern, phi):
    return np.concatenate([pattern.to_numpy().ravel(), phi.to_numpy()[np.triu_indices(K, 1)]])


def test_derivatives_of_the_whole_analysis(refitted):
    solution, matrix, refit = refitted
    step, gamma = 1e-4, pearson_filon(matrix)
    change = np.array([(refit(step * unit) - refit(-step * unit)) / (2 * step) for unit in np.eye(len(PAIRS))])
    wanted = np.sqrt(np.diag(change.T @ gamma @ change) / 200)
    for errors in (standard_errors(solution), standard_errors(solution, root_of(gamma))):
        # rotation ends at a gradient of 1e-8, of which steps of 1e-4 make 1e-4
        np.testing.assert_allclose(together(errors.pattern, errors.phi), wanted, rtol=1e-3, atol=1e-5)


def test_bias_by_second_differences_of_the_whole_analysis(refitted):
    solution, matrix, refit = refitted
    gamma = pearson_filon(matrix)
    values, vectors = np.linalg.eigh(gamma)
    step, middle = 3e-3, refit(np.zeros(len(PAIRS)))
    bent = sum(refit(step * d) + refit(-step * d) - 2 * middle for d in (vectors * np.sqrt(values.clip(0))).T)
    wanted = bent / step**2 / 2 / 200
    errors = standard_errors(solution, root_of(gamma))
    # rotation ends at a gradient of 1e-8: over 66 second differences with steps of .003 that adds up to 2e-4
    np.testing.assert_allclose(together(errors.pattern_bias, errors.phi_bias), wanted, rtol=0.02, atol=3e-4)


def test_normal_theory_takes_in_the_bias_of_the_correlations():
    solution = fit_solution(population(), 200, 1, extraction="minres")
    matrix = solution.reproduced.to_numpy(copy=True)
    given, normal = standard_errors(solution, root_of(pearson_filon(matrix))), standard_errors(solution)
    # E(r) - rho = -rho (1 - rho^2) / 2n, and loadings of one factor move nearly with their correlations
    step = 1e-4
    shift = -matrix * (1 - matrix**2) / 2
    moved = [extract_factors(matrix + sign * step * shift, 1).loadings[:, 0] for sign in (1, -1)]
    wanted = (moved[0] - moved[1]) / (2 * step) / 200
    np.testing.assert_allclose(
        (normal.pattern_bias - given.pattern_bias)["F1"], wanted, atol=1e-7
    )  # differences of the bias, of 5e-4


def test_spread_of_simulated_samples():
    pattern = np.kron(np.eye(3), [[0.8], [0.7], [0.6], [0.5]])
    matrix = pattern @ (0.4 + 0.6 * np.eye(3)) @ pattern.T
    np.fill_diagonal(matrix, 1.0)
    whole = fit_solution(pd.DataFrame(matrix), 300, 3, extraction="ml")
    errors = standard_errors(whole)
    rng, root, found = np.random.default_rng(3), np.linalg.cholesky(matrix), []
    for _ in range(200):
        sample = np.corrcoef(rng.normal(size=(300, 12)) @ root.T, rowvar=False)
        one = align(fit_solution(pd.DataFrame(sample), 300, 3, extraction="ml", starts=1), whole.pattern)
        found.append(np.concatenate([one.pattern.to_numpy().ravel(), one.phi.to_numpy()[np.triu_indices(3, 1)]]))
    spread, bias = np.std(found, axis=0), np.mean(found, axis=0)
    bias -= np.concatenate([whole.pattern.to_numpy().ravel(), whole.phi.to_numpy()[np.triu_indices(3, 1)]])
    upper = np.triu_indices(3, 1)
    # the standard error of a standard deviation over 200 samples is 5%, 36 of them; of a mean of loadings or phi, .005
    np.testing.assert_allclose(spread[:36], errors.pattern.to_numpy().ravel(), rtol=0.2)
    np.testing.assert_allclose(spread[36:], errors.phi.to_numpy()[upper], rtol=0.2)
    np.testing.assert_allclose(bias[36:], errors.phi_bias.to_numpy()[upper], atol=0.01)
    assert bias[36:].max() < -0.02  # rotation pulls the correlations of factors towards zero
    np.testing.assert_allclose(bias[:36], errors.pattern_bias.to_numpy().ravel(), atol=0.015)


def test_weighted_least_squares_with_equal_weights_is_minres():
    gamma = 0.8 * np.eye(len(PAIRS))
    one, other = (fit_solution(population(), 200, K, extraction=extraction, weights=weights) for extraction, weights in
                  (("minres", None), ("dwls", np.full((P, P), 1.25))))  # fmt: skip
    one, other = standard_errors(one, root_of(gamma)), standard_errors(other, root_of(gamma))
    np.testing.assert_allclose(one.pattern, other.pattern, atol=1e-9)  # two searches for one minimum
    np.testing.assert_allclose(one.phi_bias, other.phi_bias, atol=1e-6)  # second differences with steps of .001


def test_rows():
    solution = fit_solution(population(), 200, K, extraction="ml")
    errors = standard_errors(solution, n=400)
    rows = errors.tidy(level=0.9)
    assert rows["statistic"].value_counts().to_dict() == {
        "loading": P * K, "phi": 3, "communality": P, "uniqueness": P}  # fmt: skip
    assert set(rows["n"]) == {400} and set(rows["method"]) == {"ml, oblimin; normal theory"}
    row = rows[(rows["item"] == "i05") & (rows["factor"] == "F2")].iloc[0]
    middle = solution.pattern.loc["i05", "F2"]
    assert row["estimate"] == middle and np.isnan(row["uncorrected"])
    assert row["lower"] == pytest.approx(middle - 1.6448536 * errors.pattern.loc["i05", "F2"])
    assert row["upper"] == pytest.approx(middle + 1.6448536 * errors.pattern.loc["i05", "F2"])
    phi = rows[(rows["statistic"] == "phi") & (rows["factor"] == "F1") & (rows["factor_2"] == "F3")].iloc[0]
    assert phi["se"] == errors.phi.loc["F1", "F3"] == errors.phi.loc["F3", "F1"]
    own = solution.phi.loc["F1", "F3"]
    slope, wider = 1 / (1 - own**2), errors.phi_widening.loc["F1", "F3"]  # of Fisher's z
    middle = np.arctanh(own) - errors.phi_bias.loc["F1", "F3"] * slope
    assert phi["uncorrected"] == own and phi["estimate"] == pytest.approx(np.tanh(middle))
    assert phi["upper"] == pytest.approx(np.tanh(middle + 1.6448536 * phi["se"] * wider * slope))


@pytest.mark.parametrize("n", [20, 60, 400])
def test_intervals_hold_their_estimates_and_nothing_impossible(n):
    """Twenty people of whom each correlation has an error of a quarter."""
    rows = standard_errors(fit_solution(population(), n, K), n=n).tidy()
    assert (rows["lower"] <= rows["estimate"]).all() and (rows["estimate"] <= rows["upper"]).all()
    for statistic, (low, high) in {"phi": (-1, 1), "communality": (0, 1), "uniqueness": (0, 1)}.items():
        told = rows[rows["statistic"] == statistic]
        assert told["lower"].min() >= low and told["upper"].max() <= high


def test_intervals_of_few_units_are_students():
    solution = fit_solution(population(), 200, K)
    root = root_of(pearson_filon(solution.reproduced.to_numpy()))
    errors = standard_errors(solution, root)
    row = errors.tidy().query("statistic == 'loading'").iloc[0]
    assert len(root) == 36
    assert row["upper"] - row["lower"] == pytest.approx(2 * 2.0301079 * row["se"])  # Student's t with 35 degrees


def test_communality_is_what_uniqueness_leaves():
    rows = standard_errors(fit_solution(population(), 200, K, extraction="ml")).tidy().set_index("item")
    communality, uniqueness = (rows[rows["statistic"] == name] for name in ("communality", "uniqueness"))
    np.testing.assert_allclose(communality["lower"], 1 - uniqueness["upper"], atol=1e-9)
    np.testing.assert_allclose(communality["bias"], -uniqueness["bias"])
    assert (communality["bias"].abs() > 1e-4).all()


def test_errors_shrink_with_the_root_of_n_and_bias_with_n():
    solution = fit_solution(population(), 200, K)
    one, four = standard_errors(solution), standard_errors(solution, n=800)
    np.testing.assert_allclose(one.pattern, 2 * four.pattern)
    np.testing.assert_allclose(one.phi_bias, 4 * four.phi_bias)


def test_order_and_direction_of_factors_do_not_matter():
    solution = fit_solution(population(), 200, K, extraction="ml")
    one, other = standard_errors(solution), standard_errors(solution.permuted([2, 0, 1], [1, -1, 1]))
    np.testing.assert_allclose(other.pattern["F1"], one.pattern["F3"])
    np.testing.assert_allclose(other.pattern_bias["F2"], -one.pattern_bias["F1"], atol=1e-12)
    assert other.phi.loc["F1", "F2"] == pytest.approx(one.phi.loc["F3", "F1"])


def test_heywood_case_has_no_standard_errors_and_a_reason():
    items = ["a", "b", "c"]
    matrix = pd.DataFrame([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]], index=items, columns=items)
    rows = standard_errors(fit_solution(matrix, 50, 1)).tidy()
    assert rows[["se", "lower", "upper"]].isna().all(axis=None) and rows["estimate"].notna().all()
    assert set(rows["note"]) == {"no standard errors with a Heywood case (a)"}


def test_a_solution_that_did_not_converge_has_no_standard_errors():
    solution = replace(fit_solution(population(), 200, K), converged=False)
    rows = standard_errors(solution).tidy()
    assert rows["se"].isna().all() and set(rows["note"]) == {"no standard errors: the solution did not converge"}


def test_a_factor_without_loadings_has_no_firm_position():
    solution = fit_solution(population(), 200, K, rotation="quartimax")
    empty = solution.pattern.assign(F3=0.0)
    rows = standard_errors(replace(solution, pattern=empty)).tidy()
    assert rows.loc[rows["statistic"] != "phi", "se"].isna().all()
    assert set(rows["note"]) == {"no standard errors: the equations of the rotation are singular"}


def test_mistakes_are_named():
    solution = fit_solution(population(), 200, K)
    with pytest.raises(ValueError, match="9 items must have 36 columns"):
        standard_errors(solution, np.eye(9))
    dwls = fit_solution(population(), 200, K, extraction="dwls", weights=np.ones((P, P)))
    with pytest.raises(ValueError, match="dwls need the influences"):
        standard_errors(dwls)
    turned = fit_solution(population(), 200, K, rotation="target_q", target=TARGET).permuted([1, 0, 2], [1, 1, 1])
    with pytest.raises(ValueError, match="put in another order"):
        standard_errors(turned)


@pytest.mark.parametrize(
    ("extraction", "rotation", "normal"),
    [
        ("ml", "oblimin", True),
        ("ml", "oblimin", False),
        ("minres", "geomin_q", False),
        ("ml", "promax", True),
        pytest.param("minres", "geomin_q", True, marks=pytest.mark.slow),
        pytest.param("ml", "promax", False, marks=pytest.mark.slow),
    ],
)
def test_widening_is_the_slope_of_the_bias_along_the_least_favourable_direction(extraction, rotation, normal):
    solution = fit_solution(population(), 200, K, extraction=extraction, rotation=rotation)
    root = None if normal else root_of(pearson_filon(solution.reproduced.to_numpy()))
    found = standard_errors(solution, root)
    # the populations on both sides, a tenth of a standard error away, analysed anew
    change = least_favourable(solution, found)
    sides = []
    for sign in (0.1, -0.1):
        matrix = solution.reproduced + sign * change
        moved = align(fit_solution(matrix, 200, K, extraction=extraction, rotation=rotation), solution.pattern)
        sides.append((moved.phi.iloc[0, 1], standard_errors(moved, root).phi_bias.iloc[0, 1]))
    slope = (sides[0][1] - sides[1][1]) / (sides[0][0] - sides[1][0])
    # both slopes are differences: over a tenth of a standard error to either side, and over a twentieth
    assert sides[0][0] - sides[1][0] == pytest.approx(0.2 * found.phi.iloc[0, 1], rel=1e-3)
    assert found.phi_widening.iloc[0, 1] == pytest.approx(1 - slope, abs=1e-3)
    assert found.phi_widening.iloc[0, 1] > 1.02 and np.all(np.diag(found.phi_widening) == 0)


def least_favourable(solution, found):
    """The change of the correlations when the first factor correlation moves by a standard error, and all else as it
    covaries with it under normal theory: by refits."""
    matrix, pattern = solution.reproduced.to_numpy(), solution.pattern.to_numpy()

    def phi(change):
        moved = fit_solution(pd.DataFrame(matrix + change), 200, K, extraction=solution.extraction,
                             rotation=solution.rotation, starts=3)  # fmt: skip
        return align(moved, pd.DataFrame(pattern, columns=solution.labels)).phi.iloc[0, 1]

    slopes = np.zeros((P, P))
    for i, j in PAIRS:
        unit = np.zeros((P, P))
        unit[i, j] = unit[j, i] = 1e-4
        slopes[i, j] = slopes[j, i] = (phi(unit) - phi(-unit)) / 2e-4
    upper = np.triu_indices(P, 1)
    covariances = pearson_filon(matrix) @ slopes[upper] / 200
    change = np.zeros((P, P))
    change[upper] = covariances / np.sqrt(slopes[upper] @ covariances)
    # the part that the model can follow is what its parameters move by
    unrotated = [fit_solution(pd.DataFrame(matrix + sign * (change + change.T) * 1e-3), 200, K, rotation="none",
                              extraction=solution.extraction).reproduced.to_numpy() for sign in (1, -1)]  # fmt: skip
    return pd.DataFrame((unrotated[0] - unrotated[1]) / 2e-3, solution.pattern.index, solution.pattern.index)
