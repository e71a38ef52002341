"""Intervals of correlations of two random effects that the likelihood gives, also where a variance is near 0."""

import numpy as np

from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.search import minimize_each

# correlations at which the likelihood is sought: close to each other near -1 and 1
INNER = np.linspace(-2.4, 2.4, 17)  # Fisher's z
GRID = np.r_[-1.0, np.tanh(INNER), 1.0]
LEAST = 0.05  # relative standard deviation at which a search begins at least: below it does not move
SMALLEST = -7.0  # log of the relative standard deviation that stands for 0


def correlation_profiles(fit: MixedModel) -> dict[str, np.ndarray]:
    r"""Compute how much worse a model fits where the correlation of two random effects is given.

    Parameters
    ----------
    fit : MixedModel
        Result of :func:`psychometrics.mixed_models.mixed_model.mixed_model`.

    Returns
    -------
    dict of str to numpy.ndarray of shape (19,)
        Block with two correlated effects -> rise of the deviance at each of `GRID`.

    Notes
    -----
    With the Cholesky factor of the block as :math:`\lambda_{11} = e^a`, :math:`\lambda_{21} = e^b \rho` and
    :math:`\lambda_{22} = e^b \sqrt{1 - \rho^2}`, a, b and all other parameters are sought anew for each :math:`\rho`,
    all at once. As ``lme4::profile``, but with the likelihood of the fit, which is restricted with REML.
    """
    found, first = {}, 0
    for block in fit.layout.blocks:
        if block.block.correlated and len(block.effects) == 2:
            found[block.block.name] = _profile(fit, first)
        first += block.n_parameters
    return found


def _profile(fit: MixedModel, first: int) -> np.ndarray:
    """The profile of the block whose three parameters begin there."""
    along, across = GRID, np.sqrt(1 - GRID**2)
    own = fit.parameters
    others = np.r_[0:first, first + 3 : len(own)]
    one, other = max(abs(own[first]), LEAST), max(np.hypot(own[first + 1], own[first + 2]), LEAST)
    start = np.r_[own[others], np.log([one, other])]

    def objective(x: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        sizes = np.exp(np.clip(x[:, -2:], SMALLEST, None))
        parameters = np.empty((len(x), len(own)))
        parameters[:, others] = x[:, :-2]
        parameters[:, first] = sizes[:, 0]
        parameters[:, first + 1], parameters[:, first + 2] = sizes[:, 1] * along[rows], sizes[:, 1] * across[rows]
        value, gradient = fit.deviance_of(parameters, np.zeros(len(x), dtype=np.intp))
        of_sizes = np.column_stack(
            [gradient[:, first], gradient[:, first + 1] * along[rows] + gradient[:, first + 2] * across[rows]]
        )
        inside = x[:, -2:] > SMALLEST
        return value, np.column_stack([gradient[:, others], np.where(inside, of_sizes * sizes, 0.0)])

    found = minimize_each(objective, np.broadcast_to(start, (len(GRID), len(start))), tolerance=1e-3)
    return found.value - min(fit.deviance, found.value.min())


def profile_limits(rise: np.ndarray, most: float) -> tuple[float, float]:
    """Find the correlations at which a profile crosses a height.

    Parameters
    ----------
    rise : numpy.ndarray of shape (19,)
        A profile of :func:`correlation_profiles`.
    most : float
        The height: the square of a quantile of the normal or of Student's distribution.

    Returns
    -------
    lower, upper : float
        The outermost correlations that are not worse by more; -1 or 1 where even that is not.
    """
    root = np.sqrt(np.maximum(rise, 0.0)) - np.sqrt(most)
    inside = np.flatnonzero(root <= 0)
    if not inside.size:
        inside = np.array([int(np.argmin(root))])
    ends = []
    for end, step in ((inside[0], -1), (inside[-1], 1)):
        beyond = end + step
        if not 0 <= beyond < len(GRID):
            ends.append(float(GRID[end]))
            continue
        part = np.clip(-root[end] / (root[beyond] - root[end]), 0.0, 1.0)
        places = np.array([end, beyond])
        if 0 < min(places) and max(places) < len(GRID) - 1:
            # the root is about linear in Fisher's z
            first, last = INNER[places - 1]
            ends.append(float(np.tanh(first + part * (last - first))))
        else:
            first, last = GRID[places]
            ends.append(float(first + part * (last - first)))
    return ends[0], ends[1]
