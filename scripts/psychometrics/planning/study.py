"""The table of a plan: of each quantity the smallest study that reaches the goal, for several numbers of sessions."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.not_computable import NotComputable
from psychometrics.planning.assumptions import Assumptions, Design
from psychometrics.planning.power import power_of_lag, power_of_ruptures, power_of_slope
from psychometrics.planning.precision import half_width_of_alpha, half_width_of_r, half_width_of_r2, half_width_of_share
from psychometrics.planning.slopes import Expected, curvature, slope_between, slope_within
from psychometrics.resampling.formula_intervals import check_level

MOST = 20_000  # therapists
WIDTHS = ("r", "r2", "alpha", "therapist_share", "b_within", "b_between")
POWERS = ("b_within", "b_between", "a4", "lag", "rupture_ratio")
OF_SESSIONS = ("r", "r2", "b_within", "b_between", "a4", "lag")
COLUMNS = ["quantity", "goal", "target", "assumed", "sessions", "therapists", "clients", "achieved", "method", "note"]
TOO_MANY = f"more than {MOST} therapists: choose a goal that can be reached"
METHODS = {
    ("r", "half-width"): "Fisher's z with the design effect of therapists",
    ("r2", "half-width"): "squared limits of Fisher's z with the design effect of therapists",
    ("alpha", "half-width"): "Bonett (2002)",
    ("therapist_share", "half-width"): "standard error of the intraclass correlation",
    ("b_within", "half-width"): "least squares within therapists",
    ("b_between", "half-width"): "least squares over means of therapists",
    ("b_within", "power"): "noncentral t, least squares within therapists",
    ("b_between", "power"): "noncentral t, least squares over means of therapists",
    ("a4", "power"): "noncentral t, normal ratings",
    ("lag", "power"): "expected information of the random-intercept cross-lagged panel",
    ("rupture_ratio", "power"): "counts by the normal approximation",
}


def plan_study(
    assumed: Assumptions,
    *,
    half_widths: Mapping[str, float],
    powers: Mapping[str, float],
    per_therapist: float = 6,
    sessions: Sequence[int] = (1, 3, 5),
    lag_sessions: Sequence[int] = (4, 6, 8),
    level: float = 0.95,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Find the smallest studies that reach the goals.

    Parameters
    ----------
    assumed : Assumptions
        Values that are taken as true.
    half_widths : mapping of str to float
        Half the width of the interval that is wanted of r, r2, alpha, therapist_share, b_within, b_between.
    powers : mapping of str to float
        Power that is wanted of the tests of b_within, b_between, a4, lag, rupture_ratio.
    per_therapist : float, default 6
        Clients of each therapist.
    sessions : sequence of int, default (1, 3, 5)
        Numbers of sessions whose mean is the alliance.
    lag_sessions : sequence of int, default (4, 6, 8)
        Numbers of sessions of lagged models, three at least.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    alpha : float, default 0.05
        Level of the tests, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Rows: quantity, goal ("half-width" or "power"), target, assumed (value of the quantity), sessions (missing where
        they do not matter), therapists, clients, achieved (half-width or power of that study), method, note.

    Raises
    ------
    ValueError
        An unknown quantity, or a goal that makes no sense.

    Examples
    --------
    >>> rows = plan_study(Assumptions(), half_widths={"alpha": 0.02}, powers={"b_within": 0.8}, sessions=[1])
    >>> rows[["quantity", "goal", "therapists", "clients", "achieved"]].round(3)
       quantity        goal  therapists  clients  achieved
    0     alpha  half-width          36      216     0.020
    1  b_within       power          20      120     0.802
    """
    check_level(level)
    for name, target in half_widths.items():
        if name not in WIDTHS or not target > 0:
            raise ValueError(f"half-widths are above 0 and of {', '.join(WIDTHS)}, not {target} of {name}")
    for name, target in powers.items():
        if name not in POWERS or not alpha < target < 1:
            raise ValueError(f"powers lie between {alpha} and 1 and are of {', '.join(POWERS)}, not {target} of {name}")
    rows = []
    for goal, wanted in (("half-width", half_widths), ("power", powers)):
        for name, target in wanted.items():
            asked = lag_sessions if name == "lag" else sessions if name in OF_SESSIONS else [0]
            for count in asked:
                row = {"quantity": name, "goal": goal, "target": target, "sessions": count or np.nan, "note": ""}
                row["method"] = METHODS[name, goal]
                try:
                    row["assumed"] = value_of(name, assumed, count or 1)
                    measure = measured(name, goal, assumed, level=level, alpha=alpha)
                    found = smallest(measure, target, goal, per_therapist, count or 1)
                    row |= {"therapists": found.therapists, "clients": found.clients, "achieved": measure(found)}
                except NotComputable as reason:
                    row["note"] = str(reason)
                rows.append(row)
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def value_of(name: str, assumed: Assumptions, sessions: int) -> float:
    """Give the value that a quantity is assumed to have.

    Parameters
    ----------
    name : str
        The quantity.
    assumed : Assumptions
        What is taken as true.
    sessions : int
        Number of sessions.

    Returns
    -------
    float
        Its value.
    """
    r = assumed.r_of_sessions(sessions)
    known = {"r": r, "b_within": r, "b_between": r, "r2": r**2, "therapist_share": assumed.therapist_outcome}
    return float(known[name] if name in known else getattr(assumed, name))


def measured(
    name: str, goal: str, assumed: Assumptions, *, level: float = 0.95, alpha: float = 0.05
) -> Callable[[Design], float]:
    """Give the function of the design that a goal is about.

    Parameters
    ----------
    name : str
        The quantity.
    goal : {'half-width', 'power'}
        What is wanted of it.
    assumed : Assumptions
        What is taken as true.
    level : float, default 0.95
        Coverage of the intervals.
    alpha : float, default 0.05
        Level of the tests.

    Returns
    -------
    Callable
        Design -> half-width or power.
    """
    slopes: dict[str, Callable[[Design, Assumptions], Expected]] = {
        "b_within": slope_within,
        "b_between": slope_between,
        "a4": curvature,
    }
    if goal == "half-width":
        if name in slopes:
            return lambda design: half_width_of_slope(slopes[name](design, assumed), level)
        direct = {
            "r": half_width_of_r,
            "r2": half_width_of_r2,
            "alpha": half_width_of_alpha,
            "therapist_share": half_width_of_share,
        }[name]
        return lambda design: direct(design, assumed, level)
    if name in slopes:
        return lambda design: power_of_slope(slopes[name](design, assumed), alpha)
    test = {"lag": power_of_lag, "rupture_ratio": power_of_ruptures}[name]
    return lambda design: test(design, assumed, alpha)


def half_width_of_slope(expected: Expected, level: float) -> float:
    """Half the width of the interval of a slope.

    Parameters
    ----------
    expected : Expected
        The slope, its standard error and degrees of freedom.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    float
        Student's t times the standard error; infinite where there is none.
    """
    return float(stdtrit(expected.df, (1 + level) / 2) * expected.error) if expected.df > 0 else np.inf


def smallest(
    measure: Callable[[Design], float], target: float, goal: str, per_therapist: float, sessions: int
) -> Design:
    """Search for the smallest number of therapists that reaches a goal.

    Parameters
    ----------
    measure : Callable
        Design -> half-width or power.
    target : float
        The goal.
    goal : {'half-width', 'power'}
        Whether less is better, or more.
    per_therapist : float
        Clients of each therapist.
    sessions : int
        Number of sessions.

    Returns
    -------
    Design
        The study.

    Raises
    ------
    NotComputable
        More therapists than there can be.
    """

    def _enough(therapists: int) -> bool:
        value = measure(Design(therapists, per_therapist, sessions))
        return value <= target if goal == "half-width" else value >= target

    if not _enough(MOST):
        raise NotComputable(TOO_MANY)
    low, high = 1, MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _enough(middle) else (middle, high)
    return Design(low if _enough(low) else high, per_therapist, sessions)
