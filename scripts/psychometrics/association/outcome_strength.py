"""How much of the outcome the alliance explains, and how sure it is that this is little or much."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.cluster_bootstrap import UnitResamples
from psychometrics.association.pairs import NEEDS_ANSWERS
from psychometrics.association.partial import partial_correlation
from psychometrics.association.weighted import weighted_matrices
from psychometrics.resampling.formula_intervals import squared_interval

COLUMNS = ["statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]
NAME = "outcome_r2"


def outcome_strength(
    correlation: Mapping[str, Any],
    alliance: ArrayLike | None,
    outcome: ArrayLike | None,
    resamples: UnitResamples,
    *,
    held: ArrayLike | None = None,
    below: Sequence[float] = (0.07,),
    above: Sequence[float] = (0.20, 0.25),
) -> pd.DataFrame:
    """Square the correlation of alliance and outcome, and count the resamples in which the square is small or large.

    Parameters
    ----------
    correlation : mapping
        The correlation as it was computed: estimate, lower, upper, level, n, note.
    alliance : array_like of shape (n,) or None
        Alliance of each client, missing as NaN; None where no people are known.
    outcome : array_like of shape (n,) or None
        Outcome of each client.
    resamples : UnitResamples
        Resamples of the therapists of these n clients.
    held : array_like of shape (n, k), optional
        What is held constant, where the correlation is a partial one.
    below : sequence of float
        Shares; for each, in how many resamples r² is below it.
    above : sequence of float
        Shares; for each, in how many resamples r² is above it.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: `outcome_r` (the given one), `outcome_r2` with the squared limits, and `outcome_r2_below_0.07`,
        `outcome_r2_above_0.20`, ... named after the shares.

    Notes
    -----
    The share of resamples is a bootstrap probability: how compatible the data are with a share below or above.
    Published: .07 by meta-analysis (Flückiger et al., 2018, Psychotherapy 55, 316-340: r = .278), .20 to .25 by an
    entry of a reference work on the working alliance.

    Examples
    --------
    >>> from psychometrics.association.cluster_bootstrap import resample_units
    >>> alliance, outcome = np.array([1.0, 2, 3, 4, 5, 6]), np.array([2.0, 1, 4, 3, 6, 5])
    >>> given = {"estimate": 0.83, "lower": 0.06, "upper": 0.98, "level": 0.95, "n": 6, "note": ""}
    >>> rows = outcome_strength(given, alliance, outcome, resample_units(range(6), 200, seed=1))
    >>> rows.loc[:1, ["statistic", "estimate"]].round(2)
        statistic  estimate
    0   outcome_r      0.83
    1  outcome_r2      0.69
    """
    lower, upper = map(float, squared_interval(correlation["lower"], correlation["upper"]))
    common = {key: correlation[key] for key in ("level", "n", "note")}
    r = common | {key: correlation[key] for key in ("estimate", "lower", "upper")}
    rows = [
        r | {"statistic": "outcome_r", "method": correlation.get("method", "")},
        common
        | {
            "statistic": NAME,
            "estimate": correlation["estimate"] ** 2,
            "lower": lower,
            "upper": upper,
            "method": "square of r; squared limits",
        },
    ]
    squares, reason = _squares(alliance, outcome, held, resamples)
    if pd.isna(correlation["estimate"]):
        squares, reason = np.empty(0), str(correlation["note"])
    usable = squares[np.isfinite(squares)]
    method = f"share of {len(usable)} of {len(squares)} resamples of units"
    for way, shares in (("below", below), ("above", above)):
        for share in shares:
            hit = usable < share if way == "below" else usable > share
            known = len(usable) > 0
            rows.append(
                {
                    "statistic": f"{NAME}_{way}_{share:.2f}",
                    "estimate": float(hit.mean()) if known else np.nan,
                    "n": correlation["n"],
                    "method": method if known else "",
                    "note": correlation["note"] if known else reason,
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)


def _squares(
    alliance: ArrayLike | None, outcome: ArrayLike | None, held: ArrayLike | None, resamples: UnitResamples
) -> tuple[np.ndarray, str]:
    """Squared correlations of the resamples; without any, the reason."""
    if alliance is None or outcome is None:
        return np.empty(0), NEEDS_ANSWERS
    if resamples.weights is None:
        return np.empty(0), resamples.reason
    columns = [np.asarray(alliance, float), np.asarray(outcome, float)]
    if held is not None:
        columns += list(np.asarray(held, float).T)
    table = np.column_stack(columns)
    complete = np.isfinite(table).all(axis=1)
    if complete.sum() < len(columns) + 2:
        return np.empty(0), "too few clients have everything"
    matrices = weighted_matrices(table[complete], resamples.weights[:, complete])
    return np.square(partial_correlation(matrices)), "no resample has a correlation"
