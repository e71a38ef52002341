"""Intervals of estimates from their resampled values."""
import numpy as np
import pandas as pd

from psychometrics.intervals import percentile_interval


def with_intervals(
    rows: pd.DataFrame, draws: np.ndarray | None, level: float, *, reason: str = "", units: str = "clients"
) -> pd.DataFrame:
    """Tidy rows with standard errors and percentile intervals.

    Parameters
    ----------
    rows : m tidy rows with an estimate, a note where there is something to say, and a method.
    draws : (n_draws, m) resampled values in the order of the rows, missing where a resample failed; None where
        nothing could be resampled.
    level : coverage of the intervals, in (0, 1).
    reason : why nothing could be resampled; goes into the note of every row.
    units : what was resampled, for the method.

    Returns
    -------
    The rows with se, lower, upper and level; the method says how many resamples were usable. Percentile intervals:
    Efron and Tibshirani (1993), chapter 13.

    Raises
    ------
    ValueError : the number of rows and of columns of the draws differ.
    """
    rows = rows.reset_index(drop=True).copy()
    notes = rows["note"].fillna("") if "note" in rows else pd.Series("", index=rows.index)
    if draws is None:
        rows["note"] = [f"{note}; {reason}".removeprefix("; ") for note in notes]
        return rows.assign(se=np.nan, lower=np.nan, upper=np.nan, level=level)
    if draws.shape[1] != len(rows):
        raise ValueError(f"{len(rows)} rows cannot take the intervals of {draws.shape[1]} resampled values")
    usable = np.isfinite(draws).sum(axis=0)
    lower, upper = percentile_interval(draws, level)
    enough = usable > 1
    se = np.full(len(rows), np.nan)
    se[enough] = np.nanstd(draws[:, enough], axis=0, ddof=1)
    method = rows["method"] if "method" in rows else pd.Series("", index=rows.index)
    how = [f"percentile bootstrap, {count} of {len(draws)} resamples of {units}" for count in usable]
    return rows.assign(
        se=se, lower=lower, upper=upper, level=level, note=notes,
        method=[f"{first}; {second}".removeprefix("; ") for first, second in zip(method, how, strict=True)],
    )
