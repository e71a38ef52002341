"""Half the width of intervals to expect: correlation, explained variance, alpha, therapists' share."""

import numpy as np
from scipy.special import ndtri

from psychometrics.planning.assumptions import Assumptions, Design


def design_effect(per_therapist: float, alliance: float, outcome: float) -> float:
    r"""By how much clients of one therapist inflate the variance of a correlation or slope.

    Parameters
    ----------
    per_therapist : float
        Clients of each therapist, m.
    alliance : float
        Share of the variance of the alliance between therapists.
    outcome : float
        The same of the outcome.

    Returns
    -------
    float
        :math:`1 + (m - 1) \rho_a \rho_o` (Scott & Holt 1982, J. Am. Stat. Assoc. 77, 848-854, known).

    Examples
    --------
    >>> round(design_effect(11, 0.1, 0.1), 3)
    1.1
    """
    return 1 + (per_therapist - 1) * alliance * outcome


def correlation_limits(design: Design, assumed: Assumptions, level: float) -> tuple[float, float]:
    """Give the limits of Fisher's interval of the correlation of alliance and outcome.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    lower : float
        Lower limit; -1 where there are too few clients.
    upper : float
        Upper limit.
    """
    inflation = design_effect(design.per_therapist, assumed.therapist_alliance, assumed.therapist_outcome)
    df = design.clients / inflation - 3
    if df <= 0:
        return -1.0, 1.0
    half = ndtri((1 + level) / 2) / np.sqrt(df)
    z = np.arctanh(assumed.r_of_sessions(design.sessions))
    return float(np.tanh(z - half)), float(np.tanh(z + half))


def half_width_of_r(design: Design, assumed: Assumptions, level: float) -> float:
    """Half the width of the interval of the correlation of alliance and outcome.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    float
        Half the distance of Fisher's limits.

    Examples
    --------
    >>> round(half_width_of_r(Design(50, 7, 1), Assumptions(), 0.95), 3)
    0.098
    """
    lower, upper = correlation_limits(design, assumed, level)
    return (upper - lower) / 2


def half_width_of_r2(design: Design, assumed: Assumptions, level: float) -> float:
    """Half the width of the interval of the squared correlation.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    float
        Half the distance of the squared limits; the lower one is 0 where that of r is of the other sign.
    """
    lower, upper = correlation_limits(design, assumed, level)
    near, far = sorted([lower**2, upper**2])
    return (far - (near if lower * upper > 0 else 0.0)) / 2


def half_width_of_alpha(design: Design, assumed: Assumptions, level: float) -> float:
    r"""Half the width of the interval of alpha.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    float
        Half the distance of :math:`1 - \exp\{\ln(1 - \alpha) \pm z \sqrt{2k / ((k - 1)(n - 2))}\}`
        (Bonett 2002, J. Educ. Behav. Stat. 27, 335-340, as known).

    Examples
    --------
    >>> round(half_width_of_alpha(Design(20, 10, 1), Assumptions(), 0.95), 3)
    0.021
    """
    n, k = design.clients, assumed.items
    if n <= 2:
        return 1.0
    half = ndtri((1 + level) / 2) * np.sqrt(2 * k / ((k - 1) * (n - 2)))
    return float((1 - assumed.alpha) * np.sinh(half))


def half_width_of_share(design: Design, assumed: Assumptions, level: float) -> float:
    r"""Half the width of the interval of the therapists' share of the outcome.

    Parameters
    ----------
    design : Design
        The study.
    assumed : Assumptions
        What is taken as true.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    float
        Normal quantile times the standard error of an intraclass correlation, :math:`(1 - \rho)(1 + (m - 1)\rho)
        \sqrt{2 / (m (m - 1)(J - 1))}` (Fisher's; Donner 1986, Int. Stat. Rev. 54, 67-82, known).

    Examples
    --------
    >>> round(half_width_of_share(Design(100, 10, 1), Assumptions(), 0.95), 3)
    0.04
    """
    m, share = design.per_therapist, assumed.therapist_outcome
    if m <= 1 or design.therapists < 2:
        return np.inf
    error = (1 - share) * (1 + (m - 1) * share) * np.sqrt(2 / (m * (m - 1) * (design.therapists - 1)))
    return float(ndtri((1 + level) / 2) * error)
