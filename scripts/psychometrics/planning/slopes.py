"""Slopes of the outcome on the alliance within and between therapists: standard errors to expect."""

from typing import NamedTuple

import numpy as np

from psychometrics.planning.assumptions import Assumptions, Design


class Expected(NamedTuple):
    """A slope, its standard error and degrees of freedom.

    Attributes
    ----------
    slope : float
        In standard deviations of outcome and alliance.
    error : float
        Standard error; infinite where there is none.
    df : float
        Degrees of freedom of the test.
    """

    slope: float
    error: float
    df: float


def slope_within(design: Design, assumed: Assumptions) -> Expected:
    r"""Expect the slope within therapists.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true; the slope is the correlation of the mean of the sessions.

    Returns
    -------
    Expected
        With :math:`\sigma^2 = 1 - \rho_o - b^2 (1 - \rho_a)`,
        :math:`SE^2 = \sigma^2 / \{(J(m - 1) - 2)(1 - \rho_a)\}`: least squares with a predictor that is drawn as well.

    Examples
    --------
    >>> found = slope_within(Design(40, 6, 1), Assumptions())
    >>> round(found.error, 4), found.df
    (0.0694, 199)
    """
    slope, inside = assumed.r_of_sessions(design.sessions), 1 - assumed.therapist_alliance
    known = design.therapists * (design.per_therapist - 1)
    left = 1 - assumed.therapist_outcome - slope**2 * inside
    error = np.sqrt(left / ((known - 2) * inside)) if known > 2 and left > 0 else np.inf
    return Expected(slope, float(error), known - 1)


def slope_between(design: Design, assumed: Assumptions) -> Expected:
    r"""Expect the slope over observed means of therapists.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true; the slope is that within therapists.

    Returns
    -------
    Expected
        With variances of means :math:`v_a = \rho_a + (1 - \rho_a) / m` and :math:`v_o` likewise,
        :math:`SE^2 = (v_o - b^2 v_a) / \{(J - 3) v_a\}`.

    Examples
    --------
    >>> found = slope_between(Design(40, 6, 1), Assumptions())
    >>> round(found.error, 3), found.df
    (0.148, 38)
    """
    slope, m = assumed.r_of_sessions(design.sessions), design.per_therapist
    of_alliance, of_outcome = (
        share + (1 - share) / m for share in (assumed.therapist_alliance, assumed.therapist_outcome)
    )
    left, known = of_outcome - slope**2 * of_alliance, design.therapists - 3
    error = np.sqrt(left / (known * of_alliance)) if known > 0 and left > 0 else np.inf
    return Expected(slope, float(error), design.therapists - 2)


def curvature(design: Design, assumed: Assumptions) -> Expected:
    r"""Expect the curvature along the line of incongruence, a4, of a response surface.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true; ratings are normal.

    Returns
    -------
    Expected
        Slope a4 on :math:`d^2` with :math:`d = (c - t) / 2`, whose variance is :math:`(1 - r_{ct})^2 / 2`, and
        the sum of the ratings goes with the outcome as the alliance does:
        :math:`SE^2 = (1 - r^2 - a_4^2 (1 - r_{ct})^2 / 2) \cdot 2 / \{n (1 - r_{ct})^2\}`.

    Examples
    --------
    >>> round(curvature(Design(40, 6, 1), Assumptions()).error, 3)
    0.137
    """
    r, spread = assumed.r_of_sessions(design.sessions), (1 - assumed.r_perspectives) ** 2 / 2
    left, n = 1 - r**2 - assumed.a4**2 * spread, design.clients
    error = np.sqrt(left / (n * spread)) if n > 6 and left > 0 else np.inf
    return Expected(assumed.a4, float(error), n - 6)
