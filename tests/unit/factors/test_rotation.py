"""Rotation: criteria as loops, gradients, invariances, perfect structures that must be found."""

import numpy as np
import pytest

from psychometrics.factors import gradient_projection
from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.rotation import METHODS, OBLIQUE, ORTHOGONAL, rotate
from psychometrics.factors.rotation_criteria import criterion

PERFECT = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.5]]))
PHI = np.array([[1.0, 0.4, 0.3], [0.4, 1.0, 0.2], [0.3, 0.2, 1.0]])
CLOSE = np.array([[0.6, 0.5], [0.6, 0.4], [0.7, 0.5], [0.6, -0.5], [0.5, -0.4], [0.7, -0.4]])


@pytest.fixture
def loadings():
    """Twelve items, three factors, cross-loadings, turned away from simple structure."""
    rng = np.random.default_rng(5)
    return (PERFECT + rng.uniform(-0.15, 0.15, PERFECT.shape)) @ np.linalg.qr(rng.normal(size=(3, 3)))[0]


def target():
    wanted = np.where(PERFECT > 0, np.nan, 0.0)
    wanted[0, 0] = 0.6
    return wanted


def arguments(method):
    return {"method": method, "target": target() if method.startswith("target") else None}


def criterion_by_definition(method, loadings, gamma=0.0, delta=0.01):
    p, k = loadings.shape
    a, total = loadings.tolist(), 0.0
    columns = range(1, k) if method.startswith("bifactor") else range(k)
    if method in {"oblimin", "bifactor_t", "bifactor_q"}:
        for j in columns:
            for m in columns:
                if j != m:
                    total += sum(a[i][j] ** 2 * a[i][m] ** 2 for i in range(p))
                    total -= gamma / p * sum(a[i][j] ** 2 for i in range(p)) * sum(a[i][m] ** 2 for i in range(p))
        return total / 4 if method == "oblimin" else total
    if method == "varimax":
        for j in columns:
            mean = sum(a[i][j] ** 2 for i in range(p)) / p
            total -= sum((a[i][j] ** 2 - mean) ** 2 for i in range(p)) / 4
        return total
    if method == "quartimax":
        return -sum(a[i][j] ** 4 for i in range(p) for j in columns) / 4
    if method.startswith("geomin"):
        return sum(np.prod([a[i][j] ** 2 + delta for j in columns]) ** (1 / k) for i in range(p))
    wanted = target()
    return sum((a[i][j] - wanted[i][j]) ** 2 for i in range(p) for j in columns if not np.isnan(wanted[i][j]))


@pytest.mark.parametrize("method", [m for m in METHODS if m not in {"none", "promax"}])
@pytest.mark.parametrize("gamma", [0.0, -0.5])
def test_criterion_and_gradient(loadings, method, gamma):
    at = criterion(method, 12, 3, gamma=gamma, delta=0.01, target=target())
    used = gamma if method == "oblimin" else 0.0
    assert at(loadings)[0] == pytest.approx(criterion_by_definition(method, loadings, used), abs=1e-12)
    slope = np.empty_like(loadings)
    for place in np.ndindex(loadings.shape):
        step = np.zeros_like(loadings)
        step[place] = 1e-6
        slope[place] = (at(loadings + step)[0] - at(loadings - step)[0]) / 2e-6
    np.testing.assert_allclose(at(loadings)[1], slope, atol=1e-8)  # steps of 1e-6 leave rounding of 1e-9


@pytest.mark.parametrize("method", [m for m in METHODS if m not in {"none", "promax"}])
def test_gradient_holds_for_stacks_and_complex_loadings(loadings, method):
    at = criterion(method, 12, 3, gamma=-0.3, target=target())
    direction = np.random.default_rng(1).normal(size=(2, 12, 3))
    stacked = at(loadings + 1e-30j * direction)[1].imag / 1e-30
    for one, move in zip(stacked, direction, strict=True):
        by_differences = (at(loadings + 1e-6 * move)[1] - at(loadings - 1e-6 * move)[1]) / 2e-6
        np.testing.assert_allclose(one, by_differences, atol=1e-8)  # as above


@pytest.mark.parametrize("method", METHODS)
def test_reproduced_correlations_do_not_change(loadings, method):
    got = rotate(loadings, **arguments(method))
    assert got.converged
    np.testing.assert_allclose(got.pattern @ got.phi @ got.pattern.T, loadings @ loadings.T, atol=1e-10)
    np.testing.assert_allclose(np.diag(got.phi), 1, atol=1e-12)
    np.testing.assert_allclose(got.pattern, loadings @ np.linalg.inv(got.transformation).T, atol=1e-10)
    if method in ORTHOGONAL:
        np.testing.assert_allclose(got.transformation.T @ got.transformation, np.eye(3), atol=1e-12)


@pytest.mark.parametrize("method", [m for m in ORTHOGONAL if m != "bifactor_t"])
def test_finds_perfect_orthogonal_structure(method):
    turned = PERFECT @ np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    got = rotate(turned, method=method, starts=5, target=np.where(PERFECT > 0, np.nan, 0.0))
    pattern, _, _ = align_arrays(got.pattern, np.eye(3), PERFECT)
    np.testing.assert_allclose(pattern, PERFECT, atol=1e-5)


@pytest.mark.parametrize("method", ["oblimin", "geomin_q", "target_q"])
def test_finds_perfect_oblique_structure(method):
    turned = PERFECT @ np.linalg.cholesky(PHI)
    wanted = np.where(PERFECT > 0, np.nan, 0.0)
    got = rotate(turned, method=method, target=wanted if method == "target_q" else None, starts=5)
    pattern, phi, _ = align_arrays(got.pattern, got.phi, PERFECT)
    # delta keeps geomin smooth and a little off the perfect structure
    tolerance = 0.02 if method == "geomin_q" else 1e-5
    np.testing.assert_allclose(pattern, PERFECT, atol=tolerance)
    np.testing.assert_allclose(phi, PHI, atol=tolerance)


def test_bifactor_finds_general_and_group_factors():
    wanted = np.column_stack([np.linspace(0.5, 0.8, 12), PERFECT * 0.6])
    turned = wanted @ np.linalg.qr(np.random.default_rng(2).normal(size=(4, 4)))[0]
    got = rotate(turned, method="bifactor_t", starts=10)
    assert got.value == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(np.abs(got.pattern[:, 0]), wanted[:, 0], atol=1e-5)  # the criterion is flat here


def test_varimax_of_two_factors_by_hand():
    # rows (a, 0) and (0, b) turned by 30 degrees: varimax must turn them back
    angle = np.pi / 6
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    simple = np.array([[0.8, 0], [0.6, 0], [0, 0.7], [0, 0.5]])
    pattern, _, _ = align_arrays(rotate(simple @ turn, method="varimax").pattern, np.eye(2), simple)
    np.testing.assert_allclose(pattern, simple, atol=1e-7)  # the search ends at a gradient of 1e-8


@pytest.mark.parametrize("method", ["varimax", "oblimin", "geomin_q"])
def test_order_of_items_and_direction_of_factors_do_not_matter(loadings, method):
    order = np.random.default_rng(0).permutation(12)
    one = rotate(loadings, method=method, starts=5)
    other = rotate((loadings * [1, -1, 1])[order][:, [2, 0, 1]], method=method, starts=5)
    pattern, phi, _ = align_arrays(other.pattern, other.phi, one.pattern[order])
    # the search ends at a gradient of 1e-8
    np.testing.assert_allclose(pattern, one.pattern[order], atol=1e-7)
    np.testing.assert_allclose(phi, one.phi, atol=1e-7)


def test_kaiser_normalization_frees_from_the_length_of_rows(loadings):
    scale = np.linspace(0.5, 1.5, 12)[:, None]
    one, other = (rotate(a, method="oblimin", normalize=True, starts=5) for a in (loadings, loadings * scale))
    pattern, _, _ = align_arrays(other.pattern / scale, other.phi, one.pattern)
    np.testing.assert_allclose(pattern, one.pattern, atol=1e-7)  # the search ends at a gradient of 1e-8


def test_starts_are_reproducible_counted_and_told():
    # no structure at all: geomin has many local minima
    noise = np.random.default_rng(8).normal(scale=0.4, size=(12, 4))
    one, again = (rotate(noise, method="geomin_q", starts=20, seed=3) for _ in range(2))
    np.testing.assert_array_equal(one.pattern, again.pattern)
    assert 1 <= one.starts_at_best < one.starts == 20
    assert f"{one.starts_at_best} of 20 starts" in one.notes[0]
    assert one.value <= rotate(noise, method="geomin_q").value


def test_more_starts_change_nothing_when_all_agree(loadings):
    one, many = (rotate(loadings, method="varimax", starts=starts) for starts in (1, 10))
    np.testing.assert_array_equal(one.pattern, many.pattern)
    assert many.starts_at_best == 10 and many.notes == ()


@pytest.mark.parametrize(("gamma", "sign"), [(1.2, 1), (2.0, -1)])
def test_factors_that_collapse_are_told(gamma, sign):
    # a positive gamma may have no minimum: two factors then fall onto each other, in one direction or opposite ones
    got = rotate(CLOSE, method="oblimin", gamma=gamma)
    assert got.phi[0, 1] == pytest.approx(sign) and not np.isnan(got.pattern).any()
    assert got.notes == (
        "rotation by oblimin did not converge",
        "rotation by oblimin collapsed: two factors correlate 1.000",
    )


def test_close_factors_have_not_collapsed():
    got = rotate(CLOSE, method="oblimin", gamma=0.8)
    assert 0.8 < abs(got.phi[0, 1]) < 0.95 and got.notes == ()


def test_a_search_without_enough_steps_says_so(loadings, monkeypatch):
    monkeypatch.setattr(gradient_projection, "MAX_ITERATIONS", 2)
    got = rotate(loadings, method="oblimin")
    assert not got.converged and got.notes == ("rotation by oblimin did not converge",)


@pytest.mark.parametrize("method", [m for m in METHODS if not m.startswith("target")])
def test_one_factor_is_left_alone(method):
    got = rotate(np.array([[0.7], [0.6], [0.5]]), method=method)
    np.testing.assert_array_equal(got.pattern[:, 0], [0.7, 0.6, 0.5])


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"method": "quartimin"}, "unknown rotation"),
        ({"method": "target_q"}, "target_q needs a target of 12 items x 3 factors, and none was given"),
        ({"method": "target_t", "target": np.zeros((12, 2))}, "12 items x 3 factors, and one of 12 x 2 was given"),
        (
            {"method": "target_q", "target": np.where(PERFECT[:, [0, 0, 0]] > 0, np.nan, [0, 0, np.nan])},
            "fixes 0 loadings of its factor 3: an oblique rotation of 3 factors needs at least 2 for each",
        ),
        ({"method": "target_t", "target": np.full((12, 3), np.nan)}, "fixes 0 loadings: an orthogonal"),
        ({"method": "oblimin", "starts": 0}, "at least one start"),
        ({"method": "geomin_q", "delta": 0}, "above 0"),
    ],
)
def test_bad_arguments(loadings, options, reason):
    with pytest.raises(ValueError, match=reason):
        rotate(loadings, **options)


def test_bifactor_of_two_factors_is_refused(loadings):
    with pytest.raises(ValueError, match="bifactor"):
        rotate(loadings[:, :2], method="bifactor_t")


def test_every_method_is_either_orthogonal_or_oblique():
    assert {*ORTHOGONAL, *OBLIQUE, "none"} == set(METHODS)
