"""Power of tests: of slopes by the noncentral t distribution, of lags by information, of ruptures by counts."""

from functools import lru_cache

import numpy as np
from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from psychometrics.course.cross_lagged_panel import ALLIANCE, SYMPTOMS, carried, cross_lagged_panel, lag
from psychometrics.covariance_structures.moments import group_structures
from psychometrics.covariance_structures.normal_likelihood import NormalLikelihood
from psychometrics.covariance_structures.parameter_table import parameter_table
from psychometrics.covariance_structures.parameters import Options
from psychometrics.covariance_structures.syntax import parse_model
from psychometrics.not_computable import NotComputable
from psychometrics.planning.assumptions import Assumptions, Design
from psychometrics.planning.slopes import Expected

FAR = 5.0  # standard errors


def power_of_slope(expected: Expected, alpha: float = 0.05) -> float:
    """Give the power of the two-sided t test of a slope.

    Parameters
    ----------
    expected : Expected
        The slope, its standard error and degrees of freedom.
    alpha : float, default 0.05
        Level of the test, in (0, 1).

    Returns
    -------
    float
        Power, 0 where there is no test.

    Notes
    -----
    Agrees with ``pwr::pwr.t.test`` (type "one.sample", d the slope over its standard error times the root of n) where
    both have the same degrees of freedom.

    Examples
    --------
    >>> round(power_of_slope(Expected(0.28, 0.1, 60)), 3)
    0.787
    """
    if not (np.isfinite(expected.error) and expected.df > 0):
        return 0.0
    shift, limit = abs(expected.slope) / expected.error, stdtrit(expected.df, 1 - alpha / 2)
    # far from 0 the other tail is nothing, and the function has no value for it
    other = nctdtr(expected.df, shift, -limit) if shift < FAR else 0.0
    return float(1 - nctdtr(expected.df, shift, limit) + other)


def power_of_lag(design: Design, assumed: Assumptions, alpha: float = 0.05) -> float:
    """Give the power of the test of a crossed lag in the random-intercept cross-lagged panel.

    Parameters
    ----------
    design : Design
        The study; sessions are those of the model.
    assumed : Assumptions
        What is taken as true; only one of the crossed lags is not 0.
    alpha : float, default 0.05
        Level of the test, in (0, 1).

    Returns
    -------
    float
        Power of the two-sided z test.

    Notes
    -----
    The standard error is that of the expected information of complete answers at the assumed values (Satorra & Saris
    1985, Psychometrika 50, 83-90, known).

    Examples
    --------
    >>> round(power_of_lag(Design(40, 6, 5), Assumptions()), 2)
    0.58
    """
    if design.clients < 1:
        return 0.0
    error = lag_error(assumed, design.sessions) / np.sqrt(design.clients)
    shift, limit = abs(assumed.lag) / error, ndtri(1 - alpha / 2)
    return float(ndtr(shift - limit) + ndtr(-shift - limit))


@lru_cache(maxsize=64)
def lag_error(assumed: Assumptions, sessions: int) -> float:
    """Standard error of a crossed lag with one client; with n it is divided by the root of n.

    Parameters
    ----------
    assumed : Assumptions
        What is taken as true.
    sessions : int
        Number of sessions of the model.

    Returns
    -------
    float
        Standard error of the lag of alliance on symptoms, in standard deviations within clients.

    Raises
    ------
    NotComputable
        Fewer than three sessions, or values that no process has.
    """
    if sessions < 3:
        raise NotComputable("crossed lags need three sessions")
    own = np.array([[assumed.carried, 0.0], [assumed.lag, assumed.carried]])
    within = np.array([[1.0, assumed.r_within], [assumed.r_within, 1.0]])
    new = within - own @ within @ own.T
    level = assumed.stable / (1 - assumed.stable) * np.eye(2)
    if np.linalg.eigvalsh(new)[0] <= 0 or not 0 < assumed.stable < 1:
        raise NotComputable("the lags and correlations assumed are those of no process that stays as it is")
    values = {carried(ALLIANCE): assumed.carried, carried(SYMPTOMS): assumed.carried}
    values |= {lag(SYMPTOMS): assumed.lag, lag(ALLIANCE): 0.0}
    places = {"a": 0, "s": 1}
    table = parameter_table(parse_model(cross_lagged_panel(sessions)), Options(means=True))
    free = np.zeros(table.n_free)
    for row in table.rows:
        if row.free < 0:
            continue
        if row.label:
            free[row.free] = values[row.label]
        elif row.operator == "~~":
            i, j = (places[_letter(name)] for name in (row.left, row.right))
            matrix = level if row.left.startswith("intercept") else within if row.left.endswith("1") else new
            free[row.free] = matrix[i, j]
    # information depends on who answered what, not on the answers
    nobody = np.zeros((1, len(table.observed)))
    information = NormalLikelihood(group_structures(table), [nobody], True).expected_information(free)
    place = next(row.free for row in table.rows if row.label == lag(SYMPTOMS))
    return float(np.sqrt(np.linalg.inv(information)[place, place]))


def power_of_ruptures(design: Design, assumed: Assumptions, alpha: float = 0.05) -> float:
    r"""Give the power of the test that there are more ruptures than false alarms.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true; `false_alarms` are those of a client over the sessions of the study.
    alpha : float, default 0.05
        Level of the one-sided test, in (0, 1).

    Returns
    -------
    float
        Power of the test of a count whose mean is :math:`n \lambda` if nothing ruptures and :math:`R n \lambda` else,
        with the variance :math:`\phi` times the mean, by the normal approximation.

    Examples
    --------
    >>> round(power_of_ruptures(Design(20, 2, 10), Assumptions()), 3)
    0.559
    """
    expected = design.clients * assumed.false_alarms
    if expected <= 0:
        return 0.0
    ratio, phi = assumed.rupture_ratio, assumed.overdispersion
    shift = (ratio - 1) * np.sqrt(expected / phi) - ndtri(1 - alpha)
    return float(ndtr(shift / np.sqrt(ratio)))


def _letter(name: str) -> str:
    """The variable of a latent one: `w_a2` and `intercept_a` are of a."""
    return name.split("_")[1][0]
