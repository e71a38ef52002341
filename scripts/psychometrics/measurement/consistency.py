"""Consistency and specificity: how much of an item, and of a sum of items, the general and the specific factor make."""

import numpy as np
import pandas as pd

from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.measurement.designs import Design
from psychometrics.measurement.factor_reliability import composite_shares
from psychometrics.measurement.standard_solution import Layout, StandardSolution, function_errors, share_limits

STATISTICS = ("consistency", "specificity", "indicator_reliability")
HEYWOOD = "Heywood case: the factors make more than all of its variance"
HOLDS_HEYWOOD = "holds a Heywood case, an item of which the factors make more than all variance"


def consistency_rows(fitted: CovarianceStructureFit, design: Design, units: int, level: float) -> pd.DataFrame:
    r"""Split items and sums of items into what the general, the specific factor and neither of them makes.

    Parameters
    ----------
    fitted : CovarianceStructureFit
        A fitted model with a general factor, or with traits and method factors.
    design : Design
        Its design.
    units : int
        Number of independent units, such as therapists.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Rows consistency, specificity and indicator_reliability, their sum, for every item (column item) of a block and
        for the sum of the block's items (item missing), as answered on continuous scales where items are ordinal;
        columns item, block, factor, statistic, estimate, lower, upper, level, note.

    Notes
    -----
    .. math:: CO = \frac{\lambda_T^2}{\sigma^2}, \quad SP = \frac{\lambda_S^2}{\sigma^2}, \quad REL = CO + SP

    Eid, Geiser, Koch & Heene (2017), Psychological Methods 22; of methods Eid (2000), Psychometrika 65 (not opened;
    consistency and method specificity as shares of the variance are described in texts that cite it). Of a sum the
    loadings are added up before they are squared. A block without a specific factor has consistency alone. Intervals by
    the delta method on the scale of the logit.
    """
    place = {name: number for number, name in enumerate(fitted.table.observed)}
    layout = Layout(fitted)
    column = {factor: number for number, factor in enumerate(layout.factors)}
    heywood = negative_residuals(fitted)
    plan = []
    for block, members in design.blocks.items():
        general, specific = design.general or _trait_of(design, block), design.specific.get(block, "")
        plan += [(item, block, [item] if item else list(members), general, specific) for item in (*members, "")]
    flags = np.zeros((len(plan), len(place)))
    for number, (_, _, items, _, _) in enumerate(plan):
        flags[number, [place[item] for item in items]] = 1.0
    first = np.array([column[general] for *_, general, _ in plan])
    second = np.array([column.get(specific, -1) for *_, specific in plan])

    def _shares(solution: StandardSolution) -> np.ndarray:
        found = composite_shares(solution, flags, first, second)
        return np.column_stack([found, found.sum(axis=1)]).ravel()

    estimates, errors = (part.reshape(-1, 3) for part in function_errors(fitted, _shares))
    rows = []
    for (item, block, items, general, specific), values, spread in zip(plan, estimates, errors, strict=True):
        improper = values[2] > 1 or not heywood.isdisjoint(items)
        for statistic, value, error in zip(STATISTICS, values, spread, strict=True):
            if statistic == "specificity" and not specific:
                continue
            factor = {"consistency": general, "specificity": specific}.get(statistic, "")
            row = {"item": item, "block": block, "factor": design.labels.get(factor, factor), "statistic": statistic}
            if improper:
                rows.append(row | {"estimate": np.nan, "note": HEYWOOD if item else HOLDS_HEYWOOD})
                continue
            lower, upper = share_limits(value, error, units, level)
            note = "" if np.isfinite(lower) else "no interval: at the end of the scale, or fewer than three units"
            rows.append(row | {"estimate": value, "lower": lower, "upper": upper, "level": level, "note": note})
    return pd.DataFrame(rows)


def _trait_of(design: Design, block: str) -> str:
    return next(factor for factor, label in design.labels.items() if label == block)


def negative_residuals(fitted: CovarianceStructureFit) -> set[str]:
    """List Heywood cases.

    Parameters
    ----------
    fitted : CovarianceStructureFit
        The model.

    Returns
    -------
    set of str
        Observed variables with a negative residual variance.
    """
    rows = fitted.estimates
    own = (rows["op"] == "~~") & (rows["lhs"] == rows["rhs"]) & (rows["estimate"] < 0)
    return set(rows.loc[own, "lhs"]) & set(fitted.table.observed)
