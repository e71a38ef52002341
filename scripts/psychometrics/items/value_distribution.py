"""Distribution of a variable of the clients, in which no single person shows."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.items.missingness import FEWEST

COLUMNS = ["group", "statistic", "estimate", "n", "method", "note"]
MOST_BARS = 20
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)  # times a power of ten
ORDERED = ("value_mean", "value_sd", "value_fifth_lowest", "value_median", "value_fifth_highest")


def describe_values(values: ArrayLike, *, fewest: int = FEWEST) -> pd.DataFrame:
    """Describe an outcome or baseline: moments, ends and histogram.

    Parameters
    ----------
    values : array_like of shape (n,)
        One value per person, missing as NaN.
    fewest : int, default 5
        Smallest number of people behind anything that is shown.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: group, statistic, estimate, n (people with a value), method, note. `value_missing_share`,
        `value_mean`, `value_sd`, `value_median`; in place of the minimum and maximum `value_fifth_lowest` and
        `value_fifth_highest`; `value_bar_count`, how many values lie in a bar of the histogram, whose limits are the
        group (the lower one belongs to the bar). Bars of fewer than `fewest` people are merged with their neighbours.

    Examples
    --------
    >>> rows = describe_values(np.r_[np.arange(40.0), 45, 46, np.nan])
    >>> rows[["group", "statistic", "estimate", "n"]].round(2)
           group            statistic  estimate   n
    0             value_missing_share      0.02  43
    1                      value_mean     20.74  42
    2                        value_sd     12.71  42
    3              value_fifth_lowest      4.00  42
    4                    value_median     20.50  42
    5             value_fifth_highest     37.00  42
    6     0 to 5      value_bar_count      5.00  42
    7    5 to 10      value_bar_count      5.00  42
    8   10 to 15      value_bar_count      5.00  42
    9   15 to 20      value_bar_count      5.00  42
    10  20 to 25      value_bar_count      5.00  42
    11  25 to 30      value_bar_count      5.00  42
    12  30 to 35      value_bar_count      5.00  42
    13  35 to 50      value_bar_count      7.00  42
    """
    everyone = np.asarray(values, dtype=float)
    known = np.sort(everyone[np.isfinite(everyone)])
    n = len(known)
    missing = 1 - n / len(everyone) if len(everyone) else np.nan
    rows: list[tuple] = [("", "value_missing_share", missing, len(everyone), "", "" if len(everyone) else "nobody")]
    few = f"fewer than {fewest} people"
    enough, ends = n >= fewest, n >= 2 * fewest
    estimates = {
        "value_mean": known.mean() if enough else np.nan,
        "value_sd": known.std(ddof=1) if enough else np.nan,
        "value_fifth_lowest": known[fewest - 1] if ends else np.nan,
        "value_median": np.median(known) if enough else np.nan,
        "value_fifth_highest": known[-fewest] if ends else np.nan,
    }
    for statistic in ORDERED:
        at_end = "fifth" in statistic
        method = f"number {fewest} from the end, so that no single person shows" if at_end else ""
        note = "" if (ends if at_end else enough) else f"fewer than {2 * fewest} people" if at_end else few
        rows.append(("", statistic, estimates[statistic], n, method, note))
    bars = histogram_bars(known, fewest)
    for low, high, people in bars:
        rows.append((f"{low:g} to {high:g}", "value_bar_count", float(people), n, "lower limit included", ""))
    if not bars:
        rows.append(("", "value_bar_count", np.nan, n, "lower limit included", few if not enough else "one value only"))
    return pd.DataFrame(rows, columns=COLUMNS)


def histogram_bars(values: np.ndarray, fewest: int = FEWEST) -> list[tuple[float, float, int]]:
    """Cut values into bars with round limits, none of them with fewer people than allowed.

    Parameters
    ----------
    values : numpy.ndarray of shape (n,)
        Known values.
    fewest : int, default 5
        Smallest number of people in a bar.

    Returns
    -------
    list of tuple
        Lower limit (included), upper limit and people of each bar; nothing where all values are the same or where
        there are too few. Limits are multiples of a round step, so that they show no person's value.

    Examples
    --------
    >>> histogram_bars(np.array([1, 1, 1, 2, 2, 2, 3, 4, 4, 4, 9]), fewest=3)
    [(0.0, 2.0, 3), (2.0, 4.0, 4), (4.0, 10.0, 4)]
    """
    if len(values) < fewest or np.ptp(values) == 0:
        return []
    whole = bool((values % 1 == 0).all())
    wanted = np.ptp(values) / min(MOST_BARS, np.ceil(2 * np.sqrt(len(values))))
    power = 10.0 ** np.floor(np.log10(wanted))
    step = next(power * step for step in STEPS if power * step >= wanted * (1 - 1e-9))
    step = max(1.0, np.ceil(step)) if whole else step
    first, last = np.floor(values.min() / step), np.floor(values.max() / step)
    counts = np.bincount((np.floor(values / step) - first).astype(int), minlength=int(last - first) + 1)
    bars: list[list[float]] = []
    low, people = first * step, 0
    for number, here in enumerate(counts):
        people += int(here)
        if people >= fewest:
            bars.append([low, (first + number + 1) * step, people])
            low, people = (first + number + 1) * step, 0
    if people:
        bars[-1][1], bars[-1][2] = (last + 1) * step, bars[-1][2] + people
    return [(float(low), float(high), int(people)) for low, high, people in bars]
