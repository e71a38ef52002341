"""Whether means may be compared: yes, partly or no."""

from collections.abc import Sequence

import numpy as np

from psychometrics.invariance.design import Design
from psychometrics.invariance.search import StepResult, refused

LEAST_CFI, MOST_RMSEA = 0.90, 0.08  # of the configural model: lower and higher, and the structure differs
SMALL = 0.1  # standard deviations of the scale by which items may move its mean
SMALL_ITEM = 0.2  # dMACS: standard deviations of the item by which it may differ
YES, PARTLY, NO, OPEN = "yes", "partly", "no", "undecided"


def verdict(
    design: Design, results: Sequence[StepResult], moved: Sequence[float], dmacs: Sequence[float], alpha: float
) -> tuple[str, str]:
    """Answer for the scales of a form.

    Parameters
    ----------
    design : Design
        What is compared.
    results : sequence of StepResult
        The steps.
    moved : sequence of float
        By how many of their standard deviations the freed items move the means of the scales.
    dmacs : sequence of float
        Effect sizes dMACS of the freed items.
    alpha : float
        Level of the tests.

    Returns
    -------
    answer : {'yes', 'partly', 'no', 'undecided'}
        The answer.
    reason : str
        Why.

    Notes
    -----
    No: the structure does not fit in all units (CFI below .90 and RMSEA above .08 in the configural model), a step up
    to the intercepts is refused by test and indices even with items freed, or more than half of the items of a factor
    were freed. Undecided: a step has no estimates. Yes: no item was freed, or those that were have a dMACS below .20
    and move no mean by a tenth of its standard deviation. Partly: otherwise; means of the factors can be compared with
    the freed items free, means of the scale scores hold a part that comes from these items.
    """
    first = results[0].all_equal
    assert first is not None
    if first.index("cfi") < LEAST_CFI and first.index("rmsea") > MOST_RMSEA:
        return NO, "the factors do not fit the answers in all of them"
    for place, result in enumerate(results[1:], start=1):
        if result.kept is None:
            if any(later.kept is not None for later in results[place:]):
                continue
            return OPEN, f"the model with equal {result.step} has no estimates ({result.note})"
        if result.step != "residuals" and refused(result.kept, alpha):
            return NO, f"equal {result.step} do not hold even with the items freed that differ most"
    last = next(result.kept for result in reversed(results) if result.kept is not None)
    for items in design.factors.values():
        gone = sum(item in last.freed for item in items)
        if 2 * gone > len(items):
            return NO, f"{gone} of {len(items)} items of a factor differ"
    if not last.freed:
        return YES, "no item differs"
    if np.nanmax(np.abs(moved), initial=0.0) < SMALL and np.max(dmacs, initial=0.0) < SMALL_ITEM:
        return YES, "the items that differ do so by little"
    return PARTLY, "items differ"
