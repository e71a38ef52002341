"""Reliability of means over sessions and items, and the numbers of both that are needed, from variance components."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.resampling.bootstrap_intervals import with_intervals
from psychometrics.variance.generalizability import COMPONENTS

KINDS = {
    "generalizability": "relative, sessions and items random, REML components",
    "dependability": "absolute, sessions and items random, REML components",
}
UNKNOWN = "the variance components did not converge or are all 0"
TARGETS = (0.70, 0.80, 0.90)


def cranford(components: ArrayLike, sessions: float, items: int) -> dict[str, np.ndarray]:
    r"""Compute the reliabilities of repeated measures of Cranford et al. (2006).

    `r_1f` is that of one given session, `r_kf` of the mean of given sessions, `r_1r` of one session drawn at random,
    `r_kr` of the mean of sessions drawn at random, and `r_c` of change within clients. With c, s, i for client, session
    and item, k sessions and m items, for example

    .. math:: R_{KR} = \frac{\sigma^2_c + \sigma^2_{ci}/m}
              {\sigma^2_c + \sigma^2_{ci}/m + (\sigma^2_s + \sigma^2_{cs})/k + \sigma^2_e/(km)}, \qquad
              R_C = \frac{\sigma^2_{cs}}{\sigma^2_{cs} + \sigma^2_e/m}

    Parameters
    ----------
    components : array_like of shape (m, 7)
        Variances in the order of `COMPONENTS`.
    sessions : float
        Number of sessions k; their harmonic mean where clients differ.
    items : int
        Number of items m.

    Returns
    -------
    dict of str to numpy.ndarray
        Coefficients (m,) by name.

    Notes
    -----
    Cranford et al. (2006), Pers. Soc. Psychol. Bull. 32, 917-929, eqs 2-5; the items are those of the scale, so that a
    client's own answers to them count as true. Agrees with psych::multilevel.reliability (RkF, R1R, RkR, Rc).

    Examples
    --------
    With the variances 4, 0, 0, 1, 0, 0, 5, the change within clients has the reliability 1 / (1 + 5 / 5).

    >>> found = cranford([[4, 0, 0, 1, 0, 0, 5]], sessions=4, items=5)
    >>> {name: round(float(value[0]), 3) for name, value in found.items()}
    {'r_1f': 0.8, 'r_kf': 0.941, 'r_1r': 0.667, 'r_kr': 0.889, 'r_c': 0.5}
    """
    client, session, _, client_session, client_item, _, residual = np.asarray(components, dtype=float).T
    true, error = client + client_item / items, residual / items
    occasion = session + client_session
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "r_1f": true / (true + error),
            "r_kf": true / (true + error / sessions),
            "r_1r": true / (true + occasion + error),
            "r_kr": true / (true + (occasion + error) / sessions),
            "r_c": client_session / (client_session + error),
        }


def generalizability_coefficient(components: ArrayLike, sessions: float, items: float, kind: str) -> np.ndarray:
    r"""Compute the generalizability or dependability of a client's mean over sessions and items.

    .. math:: E\rho^2 = \frac{\sigma^2_c}{\sigma^2_c + \sigma^2_{cs}/k + \sigma^2_{ci}/m + \sigma^2_e/(km)}

    The absolute coefficient, dependability, has the variances of session, item and session x item in its error as well.

    Parameters
    ----------
    components : array_like of shape (m, 7) or (7,)
        Variances in the order of `COMPONENTS`.
    sessions : float
        Number of sessions k, possibly infinite.
    items : float
        Number of items m, possibly infinite.
    kind : {'generalizability', 'dependability'}
        The relative or the absolute coefficient.

    Returns
    -------
    numpy.ndarray of shape (m,) or ()
        Coefficients.

    Raises
    ------
    ValueError
        If the kind is neither of the two.

    Notes
    -----
    Brennan (2001), Generalizability theory, eqs 4.14-4.20; both facets random: other sessions, other items.
    """
    universe, by_session, by_item, by_both = _errors(components, kind)
    with np.errstate(divide="ignore", invalid="ignore"):
        return universe / (universe + by_session / sessions + by_item / items + by_both / (sessions * items))


def sessions_needed(components: ArrayLike, items: float, target: float, kind: str) -> np.ndarray:
    """Find the smallest number of sessions whose mean reaches the target.

    Parameters
    ----------
    components : array_like of shape (m, 7) or (7,)
        Variances in the order of `COMPONENTS`.
    items : float
        Number of items.
    target : float
        Coefficient to reach, in (0, 1).
    kind : {'generalizability', 'dependability'}
        The relative or the absolute coefficient.

    Returns
    -------
    numpy.ndarray of shape (m,) or ()
        Numbers of sessions, infinite where none is enough.
    """
    universe, by_session, by_item, by_both = _errors(components, kind)
    return _smallest(by_session + by_both / items, universe, by_item / items, target)


def items_needed(components: ArrayLike, sessions: float, target: float, kind: str) -> np.ndarray:
    """Find the smallest number of items whose mean over the sessions reaches the target.

    Parameters
    ----------
    components : array_like of shape (m, 7) or (7,)
        Variances in the order of `COMPONENTS`.
    sessions : float
        Number of sessions.
    target : float
        Coefficient to reach, in (0, 1).
    kind : {'generalizability', 'dependability'}
        The relative or the absolute coefficient.

    Returns
    -------
    numpy.ndarray of shape (m,) or ()
        Numbers of items, infinite where none is enough.
    """
    universe, by_session, by_item, by_both = _errors(components, kind)
    return _smallest(by_item + by_both / sessions, universe, by_session / sessions, target)


def decision_study(
    components: np.ndarray,
    draws: np.ndarray | None,
    items: int,
    *,
    n: int,
    level: float,
    most: int = 12,
    units: str = "clients",
    reason: str = "",
) -> pd.DataFrame:
    """Make the rows of a decision study of one scale.

    Parameters
    ----------
    components : numpy.ndarray of shape (7,)
        Variances in the order of `COMPONENTS`.
    draws : numpy.ndarray of shape (n_draws, 7) or None
        Variances of resamples, or None with a reason.
    items : int
        Number of items of the scale; half of them is studied as well.
    n : int
        Number of clients behind the components.
    level : float
        Coverage of the intervals, in (0, 1).
    most : int, default 12
        Sessions are 1, 2, ... up to this number.
    units : str, default "clients"
        What was resampled, for the method.
    reason : str, default ""
        Why nothing was resampled, for the note.

    Returns
    -------
    pandas.DataFrame
        Rows `generalizability` and `dependability` of each number of sessions; `sessions_needed` with all items and
        `items_needed` in one session, for each target. Columns: sessions, items, target, statistic, estimate, se,
        lower, upper, level, n, method, note; what is asked for is missing among sessions and items.
    """
    rows, sampled = [], []
    for kind, method in KINDS.items():
        for count in dict.fromkeys((items, (items + 1) // 2)):
            for sessions in range(1, most + 1):
                rows.append(
                    {
                        "sessions": sessions,
                        "items": count,
                        "statistic": kind,
                        "method": method,
                        "estimate": generalizability_coefficient(components, sessions, count, kind),
                    }
                )
                if draws is not None:
                    sampled.append(generalizability_coefficient(draws, sessions, count, kind))
    frame = pd.DataFrame(rows).assign(note="", n=n)
    frame["estimate"] = frame["estimate"].astype(float)
    if frame["estimate"].isna().any():
        frame.loc[frame["estimate"].isna(), "note"] = UNKNOWN
    frame = with_intervals(
        frame,
        None if draws is None else np.stack(sampled, axis=1),
        level,
        kind="normal z",
        reason=reason,
        units=units,
        bounds=(0.0, 1.0),
    )
    needed = [
        _needed_row(components, draws, asked, given, target, level, reason, units)
        for asked, given in (("sessions", items), ("items", 1))
        for target in TARGETS
    ]
    return pd.concat([frame, pd.DataFrame(needed).assign(n=n, level=level)], ignore_index=True)


def _needed_row(
    components: np.ndarray,
    draws: np.ndarray | None,
    asked: str,
    given: int,
    target: float,
    level: float,
    reason: str,
    units: str,
) -> dict[str, object]:
    kind = "generalizability"
    count, other = (sessions_needed, "items") if asked == "sessions" else (items_needed, "sessions")
    number = float(count(components, given, target, kind))
    row = {"statistic": f"{asked}_needed", other: given, "target": target, "method": KINDS[kind], "note": reason}
    if np.isfinite(number):
        row["estimate"] = number
    else:
        sessions, items = (np.inf, given) if asked == "sessions" else (given, np.inf)
        ceiling = float(generalizability_coefficient(components, sessions, items, kind))
        row["note"] = (
            f"no number of {asked} reaches {target:.2f}: the coefficient stays below {ceiling:.2f}"
            if np.isfinite(ceiling)
            else UNKNOWN
        )
    if draws is not None:
        found = count(draws, given, target, kind)
        found = found[~np.isnan(found)]
        if found.size:
            low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
            row |= {"lower": low if np.isfinite(low) else np.nan, "upper": high if np.isfinite(high) else np.nan}
            if np.isfinite(low) and not np.isfinite(high) and not row["note"]:
                row["note"] = "no upper limit: in too many resamples no number is enough"
        row["method"] = f"{KINDS[kind]}; percentile bootstrap, {len(found)} of {len(draws)} resamples of {units}"
    return row


def _errors(components: ArrayLike, kind: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Universe-score variance, and the error variances that sessions, items, and both together average out."""
    values = dict(zip(COMPONENTS, np.asarray(components, dtype=float).T, strict=True))
    by_session, by_item, by_both = values["client_session"], values["client_item"], values["residual"]
    if kind == "dependability":
        by_session, by_item = by_session + values["session"], by_item + values["item"]
        by_both = by_both + values["session_item"]
    elif kind != "generalizability":
        raise ValueError(f"the coefficient is one of {', '.join(KINDS)}, not {kind!r}")
    return values["client"], by_session, by_item, by_both


def _smallest(shrinks: np.ndarray, universe: np.ndarray, stays: np.ndarray, target: float) -> np.ndarray:
    """The smallest whole number k with universe / (universe + stays + shrinks / k) >= target."""
    with np.errstate(divide="ignore", invalid="ignore"):
        room = universe * (1 - target) / target - stays
        # a number that is whole except for rounding error is not rounded up
        return np.where(room > 0, np.maximum(np.ceil(shrinks / room - 1e-9), 1), np.inf)
