"""Scores at the top of a scale, session by session."""

import numpy as np
import pandas as pd

COLUMNS = ["session", "time", "statistic", "estimate", "n", "note"]
ROUNDING = 1e-9  # of a mean of items


def ceiling_by_session(scores: pd.DataFrame, high: float) -> pd.DataFrame:
    """Compute the share of the scores at the highest value that is possible.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per client and session, with columns session, time (missing where it is not known) and score (mean
        of the items).
    high : float
        The highest answer; missing where it is not known.

    Returns
    -------
    pandas.DataFrame
        One row per session: session, time (median of the session), statistic (score_ceiling), estimate (in [0, 1]),
        n (clients with a score), note.

    Notes
    -----
    A score at the top cannot rise: where many are there, a course that flattens says little about the alliance.

    Examples
    --------
    >>> scores = pd.DataFrame({"session": [1, 1, 2, 2], "time": [0, 0, 1, 3], "score": [7.0, 5.5, 7.0, 7.0]})
    >>> ceiling_by_session(scores, 7)[["session", "estimate", "n"]].to_dict("list")
    {'session': [1, 2], 'estimate': [0.5, 1.0], 'n': [2, 2]}
    """
    known = scores.dropna(subset="score")
    by_session = (known["score"] >= high - ROUNDING).groupby(known["session"])
    note = "" if np.isfinite(high) else "the range of the scores is not known"
    shares = by_session.mean() if not note else by_session.mean() * np.nan
    time = known.groupby("session")["time"].median()
    rows = pd.DataFrame({"estimate": shares, "n": by_session.size(), "time": time}).rename_axis("session").reset_index()
    return rows.assign(statistic="score_ceiling", note=note)[COLUMNS]
