"""Step by step through the models; where a step does not hold, the items that it does not hold for are freed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.invariance.design import Design
from psychometrics.invariance.steps import FittedStep, StepModels
from psychometrics.not_computable import NotComputable

CFI_FALL, RMSEA_RISE = 0.01, 0.015  # Cheung & Rensvold (2002); Chen (2007)
LEAST_ITEMS = 2  # of a factor that stay equal


@dataclass(frozen=True)
class StepResult:
    """What a step found.

    Attributes
    ----------
    step : str
        Its name.
    all_equal : FittedStep or None
        The model in which all items that were not free before are equal; None where it has no estimates.
    partial : FittedStep or None
        The model with the items that this step freed; None where it freed none.
    tests : pandas.DataFrame
        Score tests of the first of the two models, one row per item: columns as from `StepModels.item_tests`, and
        p_adjusted.
    note : str
        Why there is nothing.
    """

    step: str
    all_equal: FittedStep | None
    partial: FittedStep | None
    tests: pd.DataFrame
    note: str = ""

    @property
    def kept(self) -> FittedStep | None:
        """Pick the model that the next step restricts.

        Returns
        -------
        FittedStep or None
            The one with freed items, where there is one.
        """
        return self.partial or self.all_equal


def suspect(fitted: FittedStep, alpha: float) -> bool:
    """Tell whether there is reason to look for items that differ: the test, or an index of fit.

    Parameters
    ----------
    fitted : FittedStep
        The model of a step.
    alpha : float
        Level of the test.

    Returns
    -------
    bool
        True where p is below alpha, CFI falls by more than .01 or RMSEA rises by more than .015.
    """
    return any(_against(fitted, alpha))


def refused(fitted: FittedStep, alpha: float) -> bool:
    """Tell whether a step does not hold: test, CFI and RMSEA say so, never p alone.

    Parameters
    ----------
    fitted : FittedStep
        The model of a step.
    alpha : float
        Level of the test.

    Returns
    -------
    bool
        True where p is below alpha, CFI falls by more than .01 and RMSEA rises by more than .015.
    """
    return all(_against(fitted, alpha))


def _against(fitted: FittedStep, alpha: float) -> list[bool]:
    """Whether the test, CFI and RMSEA speak against a step."""
    return [
        fitted.changed("p_value") < alpha,
        fitted.changed("cfi_difference") < -CFI_FALL,
        fitted.changed("rmsea_difference") > RMSEA_RISE,
    ]


def all_steps(models: StepModels, alpha: float) -> list[StepResult]:
    """Go through the steps.

    Parameters
    ----------
    models : StepModels
        The answers.
    alpha : float
        Level of all tests.

    Returns
    -------
    list of StepResult
        One for each step that can be tested, the configural model first; after a step without estimates no further.

    Raises
    ------
    NotComputable
        A configural model without estimates.

    Notes
    -----
    P values of items are adjusted for the items that a step tests (Holm 1979) and for the steps that test items
    (Bonferroni), so that alpha is about the chance that a form loses any item that does not differ. Adjusted within
    each step only, four steps free an item in up to :math:`1 - .95^4`, 19% of the forms in which none differs. Green &
    Babyak (1997), Multivariate Behav. Res. 32, 39-51, argue for such a family of all tests of a search, and Jung & Yoon
    (2016), Struct. Equ. Modeling 23, 567-584, freed fewest items by mistake at levels of .01 in place of .05; of both
    the abstracts were read.
    """
    first, *rest = models.design.steps()
    try:
        results = [StepResult(first, models.fit(first, {}), None, _no_tests())]
    except NotComputable as reason:
        raise NotComputable(f"the configural model has no estimates: {reason}") from None
    for step in rest:
        before = next(result.kept for result in reversed(results) if result.kept is not None)
        try:
            equal = models.fit(step, before.freed, before)
            results.append(_search(models, equal, before, alpha, len(rest)))
        except NotComputable as reason:
            results.append(StepResult(step, None, None, _no_tests(), str(reason)))
            # two categories often do not determine residual variances; the next step fixes them
            if not (step == "intercepts" and models.design.two_categories):
                break
    return results


def _search(models: StepModels, equal: FittedStep, before: FittedStep, alpha: float, steps: int) -> StepResult:
    tests = _adjusted(models.item_tests(equal, _equal_items(models.design, equal.freed)), steps)
    current, those = equal, tests
    if not suspect(equal, alpha):
        return StepResult(equal.step, equal, None, tests)
    while len(those):
        candidates = those[[_can_go(models.design, item, current.freed) for item in those["item"]]]
        if candidates.empty:
            break
        # the largest test; of items with several degrees of freedom the least likely one
        largest = candidates.sort_values(["p_value", "score_test"], ascending=[True, False]).iloc[0]
        if not largest["p_adjusted"] < alpha:
            break
        freed = {**current.freed, largest["item"]: equal.step}
        try:
            current = models.fit(equal.step, freed, before)
        except (NotComputable, ValueError):
            break  # nothing that the step restricts is left
        those = _adjusted(models.item_tests(current, _equal_items(models.design, freed)), steps)
    return StepResult(equal.step, equal, None if current is equal else current, tests)


def _equal_items(design: Design, freed: dict[str, str]) -> list[str]:
    return [item for item in design.items if item not in freed]


def _can_go(design: Design, item: str, freed: dict[str, str]) -> bool:
    """Whether enough items of the factor stay equal without this one."""
    items = next(items for items in design.factors.values() if item in items)
    return sum(other not in freed for other in items) > LEAST_ITEMS


def holm(p: Sequence[float] | np.ndarray) -> np.ndarray:
    """Adjust p values for their number.

    Parameters
    ----------
    p : array_like of shape (m,)
        The p values; those that are missing do not count.

    Returns
    -------
    numpy.ndarray of shape (m,)
        Adjusted p values (Holm 1979, Scand. J. Stat. 6, 65-70). Agrees with R's p.adjust.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(2)
    array([0.03, 0.06, 0.06])
    """
    values = np.asarray(p, dtype=float)
    result = np.full(len(values), np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = values[order] * (len(order) - np.arange(len(order)))
    result[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return result


def _adjusted(tests: pd.DataFrame, steps: int) -> pd.DataFrame:
    """Add p values adjusted for the items of the step and for the number of steps."""
    p = steps * holm(tests["p_value"].to_numpy(dtype=float))
    return tests.assign(p_adjusted=np.minimum(p, 1.0))


def _no_tests() -> pd.DataFrame:
    columns = ["item", "score_test", "score_test_ordinary", "df", "p_value", "change", "p_adjusted"]
    return pd.DataFrame(columns=columns)
