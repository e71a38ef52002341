"""One analysis that fails on some data leaves a row with the reason; the others, and the report, go on."""

from collections.abc import Callable

import pandas as pd
from numpy.linalg import LinAlgError

from pipeline.steps.correlation_files import NotRun, reason_row
from psychometrics.not_computable import NotComputable

FAILURES = (NotRun, NotComputable, LinAlgError)


def attempted(compute: Callable[[], pd.DataFrame], statistic: str) -> pd.DataFrame:
    """Rows of an analysis, or the one row that says why these data do not allow it.

    Parameters
    ----------
    compute : callable
        Makes the rows; may raise `NotRun`, `NotComputable`, or the error of a matrix that cannot be solved.
    statistic : str
        Name of the row with the reason.
    """
    try:
        return compute()
    except FAILURES as failure:
        return reason_row(reason_of(failure), statistic)


def reason_of(failure: NotRun | NotComputable | LinAlgError) -> NotRun:
    """Why something could not be computed, as a note says it."""
    if isinstance(failure, LinAlgError):
        return NotRun(f"a matrix of these data cannot be solved numerically ({str(failure).rstrip('.').lower()})")
    return NotRun(str(failure))
