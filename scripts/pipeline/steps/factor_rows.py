"""Rows of the tables of a factor solution with their intervals."""

import numpy as np
import pandas as pd

from pipeline.steps.correlation_files import NotRun
from pipeline.steps.factor_resamples import NO_SOLUTION, FactorResamples
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.minres import SMALLEST_UNIQUENESS
from psychometrics.factors.nearby_populations import NearbyPopulation, phi_intervals
from psychometrics.factors.one_factor import reaching_to_one_factor
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.solution import FactorSolution
from psychometrics.factors.standard_errors.loading_errors import LoadingErrors
from psychometrics.resampling.bootstrap_intervals import within_range

LARGEST = 1 - SMALLEST_UNIQUENESS  # a Heywood case in a resample can exceed even this


def _of_loadings(arrays: dict[str, np.ndarray]) -> np.ndarray:
    return arrays["pattern"].reshape(len(arrays["pattern"]), -1)


def _of_second_order(arrays: dict[str, np.ndarray]) -> np.ndarray:
    return np.clip(arrays["second_order"], -np.sqrt(LARGEST), np.sqrt(LARGEST))


def describe_solution(
    found: FactorSolution,
    resamples: FactorResamples,
    analytic: LoadingErrors | None,
    nearby: list[NearbyPopulation],
) -> pd.DataFrame:
    """Every number of the solution; intervals for loadings, communalities and the correlations of the factors.

    They rest on resamples where people can be resampled, else on the analytic standard errors.
    """
    rows, parts = found.tidy(), []
    if resamples.reason and analytic is not None:
        own = analytic.tidy(resamples.level).drop(columns="bias")
        rows = pd.concat([own, rows[~rows["statistic"].isin(own["statistic"])]], ignore_index=True)
    for statistic, block in rows.groupby("statistic", sort=False):
        if not resamples.reason and statistic == "loading":
            block = resamples.describe_widest(block, _of_loadings, "", nearby)
        elif not resamples.reason and statistic == "communality":
            proper = np.minimum(resamples.arrays["communality"], LARGEST)
            block = resamples.describe(block, proper, "normal root z")
        elif not resamples.reason and statistic == "phi":
            block = phi_intervals(
                block,
                resamples.arrays["phi"],
                nearby,
                resamples.level,
                units=resamples.units,
                n_units=resamples.n_units,
            )
        elif statistic in ("loading", "communality", "phi") and analytic is None:
            block = resamples.describe(block, None, "normal")
        parts.append(block)
    congruence = resamples["congruence"]
    if congruence is not None:
        usable = congruence[~resamples.arrays["failed"]]
        stable = pd.DataFrame(
            {
                "factor": found.labels,
                "statistic": "congruence_of_resamples",
                "estimate": np.median(usable, axis=0) if len(usable) else np.nan,
                "n": found.n,
                "note": "" if len(usable) else NO_SOLUTION,
                "method": "median Tucker congruence with this solution",
            }
        )
        parts.append(resamples.describe(stable, congruence, "percentile"))
        parts.append(
            pd.DataFrame(
                [
                    {
                        "statistic": "resamples_without_solution",
                        "estimate": resamples.failed,
                        "n": resamples.draws,
                        "note": "",
                    }
                ]
            )
        )
    return pd.concat(parts, ignore_index=True)


def describe_general_factor(
    found: FactorSolution,
    matrix: pd.DataFrame,
    instruments: pd.Series,
    resamples: FactorResamples,
    nearby: list[NearbyPopulation],
) -> pd.DataFrame:
    """General and group loadings, and how much of the variance is general.

    What rests on correlations of factors (loadings of the second order, indices) has intervals that allow for the pull
    of the rotation on them; loadings of items hardly feel it. Where one factor fits as well, the interval of the
    explained common variance reaches to 1. A loading on the general factor beyond 1 (a Heywood case) is a reason.
    """
    sl = general_factor_of(found)
    if sl is None:
        raise NotRun(
            "one factor has no general factor above it"
            if len(found.labels) == 1
            else f"the factors of the {found.rotation} rotation are uncorrelated: nothing general lies above them"
        )
    groups = list(sl.group.columns)
    method = {"n": found.n, "method": sl.method, "note": ""}
    general = pd.DataFrame({"item": sl.general.index, "statistic": "general_loading", "estimate": sl.general} | method)
    second = pd.DataFrame(
        {
            "factor": sl.second_order_loadings.index,
            "statistic": "second_order_loading",
            "estimate": sl.second_order_loadings,
        }
        | method
    )
    group = pd.DataFrame(
        {
            "item": np.repeat(list(sl.group.index), len(groups)),
            "factor": np.tile(groups, len(sl.group)),
            "statistic": "group_loading",
            "estimate": sl.group.to_numpy().ravel(),
        }
        | method
    )
    general, second = within_range(general, -1, 1), within_range(second, -1, 1)
    indices = within_range(general_factor_indices(sl, instruments, correlations=matrix), 0, 1)
    freed, drawn, shares = resamples["group"], resamples["indices"], indices["statistic"] != "puc"
    described = resamples.describe_widened(
        indices[shares], lambda arrays: arrays["indices"][:, shares.to_numpy()], "logit", nearby
    )
    return pd.concat(
        [
            resamples.describe(general, resamples["general"], "normal z"),
            resamples.describe_widened(second, _of_second_order, "z", nearby),
            resamples.describe(group, None if freed is None else freed.reshape(len(freed), -1), "normal"),
            reaching_to_one_factor(described, resamples.p_one_factor(matrix)),
            resamples.describe(indices[~shares], None if drawn is None else drawn[:, ~shares.to_numpy()], "percentile"),
        ],
        ignore_index=True,
    )
