"""Correlations of factor scores with an outcome, with and without the general factor."""

import numpy as np
import pandas as pd

from psychometrics.correlation.product_moment import batched_correlations
from psychometrics.resampling.formula_intervals import fisher_interval, percentile_interval
from psychometrics.resampling.weights import cluster_resamples

FEWEST = 10  # people with score and outcome; below this a partial correlation says nothing


def correlate_with_outcome(
    scores: pd.DataFrame,
    outcome: pd.Series,
    *,
    units: np.ndarray,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Correlate each factor's score with an outcome, also with the general factor held constant.

    Parameters
    ----------
    scores : pandas.DataFrame
        People (n) x factors, the column `general` among them where there is a general factor.
    outcome : pandas.Series
        Outcome of each person, (n,), with the same index.
    units : numpy.ndarray
        Unit to resample for each person, (n,): the therapist, or the client where none is known.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples; the weights of the scores are not estimated anew.
    seed : int, default 0
        Seed of the resamples, at least 0.

    Returns
    -------
    pandas.DataFrame
        Columns factor, statistic, estimate, n, level, note; with an interval lower, upper and method, and with that of
        a bootstrap se. Per factor `r_outcome` and, for every factor but `general`, `r_outcome_general_removed`, the
        partial correlation.

    Notes
    -----
    .. math:: r_{xy \cdot g} = \frac{r_{xy} - r_{xg} r_{yg}}{\sqrt{(1 - r_{xg}^2)(1 - r_{yg}^2)}}

    After Hatcher and Barends (1996), who correlated improvement with factors freed from the general one. The
    correlations agree with stats::cor and psych::partial.r. The intervals are percentiles of a cluster bootstrap; with
    fewer than three units to resample they are Fisher's, with one degree of freedom less for the partial correlation.
    """
    table = scores.assign(outcome=outcome).dropna()
    kept = scores.index.isin(table.index)
    n = len(table)
    names = [name for name in scores.columns if name != "general"]
    wanted = [(name, "r_outcome") for name in scores.columns]
    wanted += [(name, "r_outcome_general_removed") for name in names if "general" in scores]
    rows = pd.DataFrame(wanted, columns=["factor", "statistic"]).assign(estimate=np.nan, n=n, level=level, note="")
    reason = ""
    if n < FEWEST:
        reason = f"fewer than {FEWEST} people have a score and an outcome"
    elif (np.ptp(table.to_numpy(), axis=0) == 0).any():
        reason = "a score or the outcome does not vary"
    if reason:
        return rows.assign(note=reason)
    values = table.to_numpy()
    position = {name: i for i, name in enumerate(table.columns)}
    rows["estimate"] = _statistics(batched_correlations(values, np.ones((1, n))), wanted, position)[0]
    units = np.asarray(units)[kept]
    if len(set(units)) < 3:
        size = np.where(rows["statistic"] == "r_outcome", n, n - 1)
        lower, upper = fisher_interval(rows["estimate"], size, level)
        return rows.assign(lower=lower, upper=upper, method="Fisher interval")
    sampled = batched_correlations(values, cluster_resamples(units, 0, draws, seed))
    drawn = _statistics(sampled, wanted, position)
    lower, upper = percentile_interval(drawn, level)
    return rows.assign(
        se=np.nanstd(drawn, axis=0, ddof=1),
        lower=lower,
        upper=upper,
        method=f"percentile bootstrap, {draws} resamples, weights of the scores fixed",
    )


def _statistics(r: np.ndarray, wanted: list[tuple[str, str]], position: dict[str, int]) -> np.ndarray:
    """The wanted (factor, statistic) from correlations (draws, p, p), as (draws, len(wanted))."""
    columns = []
    outcome, general = position["outcome"], position.get("general")
    for name, statistic in wanted:
        x = position[name]
        if statistic == "r_outcome":
            columns.append(r[:, x, outcome])
        else:
            rest = np.sqrt((1 - r[:, x, general] ** 2) * (1 - r[:, outcome, general] ** 2))
            columns.append((r[:, x, outcome] - r[:, x, general] * r[:, outcome, general]) / rest)
    return np.column_stack(columns)
