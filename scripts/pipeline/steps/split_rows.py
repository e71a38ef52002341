"""Rows of the split of the totals' variance with their intervals."""

import numpy as np
import pandas as pd

from pipeline.steps.factor_resamples import NO_SOLUTION, FactorResamples
from pipeline.steps.orthogonal_factors import orthogonal_factors
from psychometrics.factors.nearby_populations import NearbyPopulation
from psychometrics.factors.solution import FactorSolution
from psychometrics.shared_variance.split import BY_CONSTRUCTION, TotalScores, VarianceSplit

# scale of the intervals
SCALES = {
    "factor_share": "root z",
    "common_share": "root z",
    "shared_share": "root z",
    "specific_share": "root z",
    "minor_share": "root z",
    "unique_share": "logit",
    "r_implied": "z",
    "r_by_factor": "z",
}


def split_with_intervals(
    found: FactorSolution,
    totals: TotalScores,
    observed: pd.DataFrame,
    resamples: FactorResamples,
    nearby: list[NearbyPopulation],
) -> tuple[pd.DataFrame, VarianceSplit]:
    """The rows of a split with intervals that allow for the bias of the rotation, and the split."""
    loadings, uniqueness, take, method, note = orthogonal_factors(found)
    whole = VarianceSplit(loadings, uniqueness, totals)
    rows = whole.table(observed).assign(n=found.n, note=note)
    rows["method"] = f"{method}; " + rows["method"]
    if len(loadings.columns) == 1 and len(set(totals.instruments)) == rows["estimate"].iloc[0]:
        rows.loc[rows["statistic"].isin(["sharing_instruments", "common_share"]), "note"] = BY_CONSTRUCTION
    parts = [rows[~rows["statistic"].isin(SCALES)]]
    for scale in dict.fromkeys(SCALES.values()):
        here = np.flatnonzero(rows["statistic"].map(SCALES) == scale)

        def _values(arrays: dict[str, np.ndarray], here: np.ndarray = here) -> np.ndarray:
            return whole.values(*take(arrays))[:, here]

        parts.append(resamples.describe_widened(rows.iloc[here], _values, scale, nearby).set_axis(here))
    rows = pd.concat(parts).sort_index()
    if resamples.reason:
        return rows, whole
    again = pd.DataFrame(
        {
            "factor": loadings.columns,
            "statistic": "sharing_reproduced",
            "estimate": whole.reproduced(*take(resamples.arrays)),
            "n": resamples.draws - resamples.failed,
            "note": NO_SOLUTION if resamples.failed == resamples.draws else "",
            "method": f"share of resamples of {resamples.units} in which the factor counts in the same "
            f"instruments; {whole.rule}",
        }
    )
    return pd.concat([rows, again], ignore_index=True), whole
