"""What an interval says of a statement: held, not held, or undecided."""

import numpy as np

HELD, NOT_HELD, UNDECIDED, NOT_TESTABLE = "held", "not held", "undecided", "not testable here"


def verdict_of_interval(
    lower: float, upper: float, *, above: bool, limit: float = 0.0, otherwise: float | None = None
) -> str:
    """Compare an interval with what a statement says.

    Parameters
    ----------
    lower : float
        Lower limit; missing where there is no interval.
    upper : float
        Upper limit.
    above : bool
        True where the statement says that the value lies above `limit`, False for below.
    limit : float, default 0
        The statement is held where the whole interval lies beyond it.
    otherwise : float, optional
        The statement is not held where the whole interval lies on the other side of this value; by default of `limit`.

    Returns
    -------
    str
        "held", "not held", "undecided", or without an interval "not testable here".

    Examples
    --------
    >>> verdict_of_interval(0.1, 0.5, above=True)
    'held'
    >>> verdict_of_interval(0.0, 0.05, above=True, otherwise=0.1)
    'not held'
    >>> verdict_of_interval(-0.1, 0.5, above=True)
    'undecided'
    """
    if not (np.isfinite(lower) and np.isfinite(upper)):
        return NOT_TESTABLE
    other = limit if otherwise is None else otherwise
    if lower > limit if above else upper < limit:
        return HELD
    return NOT_HELD if (upper < other if above else lower > other) else UNDECIDED
