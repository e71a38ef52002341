"""One analysis that fails on some data leaves a row with the reason; the others, and the report, go on."""

from collections.abc import Callable

import pandas as pd
from numpy.linalg import LinAlgError

from pipeline.steps.correlation_files import NotRun, reason_row
from psychometrics.not_computable import NotComputable


def attempted(compute: Callable[[], pd.DataFrame], statistic: str) -> pd.DataFrame:
    """Rows of an analysis, or the one row that says why these data do not allow it.

    Parameters
    ----------
    compute : callable
        Makes the rows; may raise `NotComputable`, or the error of a matrix that cannot be solved.
    statistic : str
        Name of the row with the reason.
    """
    try:
        return compute()
    except (NotComputable, LinAlgError) as failure:
        return reason_row(NotRun(reason_of(failure)), statistic)


def reason_of(failure: NotComputable | LinAlgError) -> str:
    """Why something could not be computed, as a note says it."""
    if isinstance(failure, NotComputable):
        return str(failure)
    return f"a matrix of these data cannot be solved numerically ({str(failure).rstrip('.').lower()})"
