"""Early gains: change of symptoms after a session of the alliance, with the change before it held constant."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.partial import partial_correlations
from psychometrics.association.robustness import robustness_value
from psychometrics.association.scores import correlate_scores
from psychometrics.resampling.formula_intervals import check_level

FEWEST = 10  # clients from whom a session is looked at
COLUMNS = ["statistic", "session", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
NAMES = ("early_gains_r_after", "early_gains_r_before", "early_gains_r_partial", "early_gains_robustness_value")
NOTHING_BEFORE = "symptoms were not measured before this session: no change before it can be held constant"
NOTHING_AFTER = "symptoms were not measured after this session"
ALLIANCE, AFTER, BEFORE = "alliance", "change after", "change before"


def early_gains(
    alliance: pd.DataFrame,
    symptoms: pd.DataFrame,
    *,
    units: ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Relate the alliance of every session to the change of symptoms after and before it.

    .. math:: r\,(A_s,\; y_{last} - y_s \mid y_s - y_{first})

    Parameters
    ----------
    alliance : pandas.DataFrame of shape (n, sessions)
        Clients x sessions by number, missing where not rated.
    symptoms : pandas.DataFrame of shape (n, sessions)
        The same clients x the sessions at which symptoms, or another outcome, were measured.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each client is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows for every session of the alliance, on the clients who have the alliance and the measure at this
        session, before it and after it:

        * `early_gains_r_after`, of the alliance with the change from this session to the last measurement;
        * `early_gains_r_before`, with the change from the first measurement to this session (the reverse direction);
        * `early_gains_r_partial`, with the change after it, the change before it held constant;
        * `early_gains_robustness_value` of that partial correlation: what a confounder that nobody measured would have
          to explain of what is left of both.

        Where nothing was measured before, r_after stands alone. What is lacking has no estimate and a reason.

    Notes
    -----
    A change is the later value minus the earlier one: where low values are good, a negative correlation says that the
    alliance goes with improvement. Both changes share the measurement at the session itself, so that its error makes
    change after and before correlate negatively; held constant, change before takes that out.

    Intervals are those of :func:`psychometrics.association.partial.partial_correlations`. The robustness value takes
    the model-based t of ``lm(after ~ alliance + before)``, of which r² / (1 - r²) is t² / df; it has no interval.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import early_gains
    >>> rng = np.random.default_rng(1)
    >>> bond = rng.normal(size=80)
    >>> symptoms = pd.DataFrame({1: rng.normal(size=80)})
    >>> symptoms[3] = symptoms[1] + rng.normal(size=80)
    >>> symptoms[9] = symptoms[3] - 0.5 * bond + rng.normal(size=80)
    >>> rows = early_gains(pd.DataFrame({3: bond}), symptoms)
    >>> rows[["statistic", "session", "estimate"]].round(2)
                          statistic  session  estimate
    0           early_gains_r_after        3     -0.42
    1          early_gains_r_before        3     -0.17
    2         early_gains_r_partial        3     -0.45
    3  early_gains_robustness_value        3      0.39
    """
    check_level(level)
    own = np.arange(len(alliance)) if units is None else np.asarray(units)
    parts = [_at_session(alliance[session], symptoms, int(session), own, level) for session in alliance.columns]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)


def changes_at(symptoms: pd.DataFrame, session: int) -> pd.DataFrame:
    """Give each client's change from the first measurement to a session, and from there to the last.

    Parameters
    ----------
    symptoms : pandas.DataFrame of shape (n, sessions)
        Clients x sessions by number.
    session : int
        The session.

    Returns
    -------
    pandas.DataFrame
        Columns before and after; missing where the measure is missing at the session, or was not taken before or after.

    Examples
    --------
    >>> symptoms = pd.DataFrame({1: [30, 28], 3: [27, 28], 9: [20, None]})
    >>> changes_at(symptoms, 3).values.tolist()
    [[-3.0, -7.0], [0.0, nan]]
    """
    nothing = pd.Series(np.nan, index=symptoms.index)
    here = symptoms[session].astype(float) if session in symptoms else nothing
    numbers = sorted(int(number) for number in symptoms.columns)
    earlier, later = (symptoms[[n for n in numbers if n < session]], symptoms[[n for n in numbers if n > session]])
    first = earlier.bfill(axis=1).iloc[:, 0] if len(earlier.columns) else nothing
    last = later.ffill(axis=1).iloc[:, -1] if len(later.columns) else nothing
    return pd.DataFrame({"before": here - first.astype(float), "after": last.astype(float) - here})


def _at_session(
    alliance: pd.Series, symptoms: pd.DataFrame, session: int, units: np.ndarray, level: float
) -> pd.DataFrame:
    changes = changes_at(symptoms, session)
    table = pd.DataFrame({ALLIANCE: alliance.to_numpy(float), AFTER: changes["after"].to_numpy()})
    table[BEFORE] = changes["before"].to_numpy()
    some = bool(table[BEFORE].notna().any())
    known = table.notna().all(axis=1) if some else table[[ALLIANCE, AFTER]].notna().all(axis=1)
    reason = _why_not(table, known, some)
    if reason:
        rows = pd.DataFrame({"statistic": list(NAMES), "note": reason})
        return rows.assign(estimate=np.nan, n=int(known.sum()), level=level, session=session, method="")
    rows = _rows(table[known], units[known.to_numpy()], some, level)
    return rows.assign(session=session, level=level)


def _why_not(table: pd.DataFrame, known: pd.Series, some: bool) -> str:
    if not table[AFTER].notna().any():
        return NOTHING_AFTER
    if known.sum() < FEWEST:
        what = "symptoms at this session, before and after it" if some else "symptoms at this session and after it"
        return f"fewer than {FEWEST} clients have the alliance and {what} ({known.sum()})"
    own = table[known]
    constant = [name for name in (ALLIANCE, AFTER, BEFORE) if own[name].notna().any() and np.ptp(own[name]) == 0]
    return f"{constant[0]} does not vary" if constant else ""


def _rows(table: pd.DataFrame, units: np.ndarray, some: bool, level: float) -> pd.DataFrame:
    names = [ALLIANCE, AFTER, BEFORE] if some else [ALLIANCE, AFTER]
    columns = pd.DataFrame({"perspective": "", "form": names, "scale": ""}, index=names)
    simple = correlate_scores(table[names], columns, level=level, units=units)
    simple = simple[(simple["statistic"] == "r_pearson") & (simple["form"] == ALLIANCE)]
    found: list[dict[str, Any]] = [{str(key): row[key] for key in row} for row in simple.to_dict("records")]
    partial: dict[str, Any] = {"estimate": np.nan, "note": NOTHING_BEFORE}
    after, before = found[0], found[1] if some else partial
    if some:
        rows = partial_correlations(table, columns.iloc[:2], {BEFORE: BEFORE}, level=level, units=units)
        partial = dict(rows[rows["statistic"] == "r_partial"].iloc[0])
    held, method = (partial, "t of the alliance, change before held constant") if some else (after, "t of the alliance")
    robust: dict[str, Any] = {"estimate": np.nan, "method": "", "note": held["note"]}
    r, df = held["estimate"], len(table) - (3 if some else 2)
    if np.isfinite(r) and abs(r) < 1 and df > 0:
        t = r * np.sqrt(df / (1 - r**2))
        robust = {"estimate": float(robustness_value(t, df)), "method": method, "note": ""}
    rows = pd.DataFrame([after, before, partial, robust]).assign(statistic=list(NAMES), n=len(table))
    return rows.reindex(columns=[name for name in COLUMNS if name != "session"]).fillna({"note": "", "method": ""})
