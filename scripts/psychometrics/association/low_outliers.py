"""Low outliers: people whose alliance is far below that of the others, dropped or winsorized."""

from typing import NamedTuple

import numpy as np


class Treatment(NamedTuple):
    """A way to treat low outliers.

    Attributes
    ----------
    name : str
        As tables name it.
    sds : float
        Standard deviations below the mean at which an outlier begins.
    winsorized : bool
        Whether outliers are set to that limit; otherwise they are dropped.
    """

    name: str
    sds: float = np.inf
    winsorized: bool = False


KEPT = Treatment("kept")
TREATMENTS = (
    KEPT,
    Treatment("dropped below 3 SD", 3),
    Treatment("dropped below 2 SD", 2),
    Treatment("winsorized at 3 SD", 3, winsorized=True),
    Treatment("winsorized at 2 SD", 2, winsorized=True),
)


def treat_low_outliers(values: np.ndarray, treatment: Treatment) -> np.ndarray:
    """Drop or raise values that lie far below the mean.

    Parameters
    ----------
    values : numpy.ndarray of shape (n,)
        Such as alliance scores, missing as NaN.
    treatment : Treatment
        What to do.

    Returns
    -------
    numpy.ndarray of shape (n,)
        A dropped value is missing.

    Notes
    -----
    The five treatments of Goldberg et al. (2022), J. Couns. Psychol. 70, 81-89, as its abstract lists them (kept;
    removed, or winsorized, three or two standard deviations from the mean). Mean and standard deviation are those of
    all values, outliers among them; the part of the article that says so was not read.

    Examples
    --------
    >>> values = np.array([1.0, 5, 5, 5, 6, 6, 6, 6])
    >>> treat_low_outliers(values, Treatment("dropped below 2 SD", 2))
    array([nan,  5.,  5.,  5.,  6.,  6.,  6.,  6.])
    >>> treat_low_outliers(values, Treatment("winsorized at 2 SD", 2, winsorized=True)).round(2)
    array([1.62, 5.  , 5.  , 5.  , 6.  , 6.  , 6.  , 6.  ])
    """
    if np.isinf(treatment.sds) or np.isfinite(values).sum() < 2:
        return values
    limit = np.nanmean(values) - treatment.sds * np.nanstd(values, ddof=1)
    return np.where(values < limit, limit if treatment.winsorized else np.nan, values)
