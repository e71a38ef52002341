"""Distribution of a variable of the clients, in which no single person shows."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.items.missingness import FEWEST

COLUMNS = ["statistic", "estimate", "n", "bar_from", "bar_to", "method", "note"]
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
        Tidy rows: statistic, estimate, n (people with a value), bar_from, bar_to, method, note. `value_missing_share`,
        `value_mean`, `value_sd`, `value_median`; in place of the minimum and maximum `value_fifth_lowest` and
        `value_fifth_highest`; `value_bar_count`, how many values lie in a bar of the histogram, from `bar_from`
        (included) to `bar_to`; the bars at the ends hold all that lies beyond as well. Bars of fewer than `fewest`
        people are merged with their neighbours.

    Examples
    --------
    >>> rows = describe_values(np.r_[np.arange(40.0), 45, 46, np.nan])
    >>> rows[["statistic", "estimate", "n", "bar_from", "bar_to"]].round(2).tail(4)
              statistic  estimate   n  bar_from  bar_to
    10  value_bar_count       5.0  42      20.0    25.0
    11  value_bar_count       5.0  42      25.0    30.0
    12  value_bar_count       5.0  42      30.0    35.0
    13  value_bar_count       7.0  42      35.0    40.0
    """
    everyone = np.asarray(values, dtype=float)
    known = np.sort(everyone[np.isfinite(everyone)])
    n = len(known)
    missing = 1 - n / len(everyone) if len(everyone) else np.nan
    rows: list[tuple] = [
        ("value_missing_share", missing, len(everyone), None, None, "", "" if len(everyone) else "nobody")
    ]
    few = f"fewer than {fewest} people"
    enough, ends = n >= fewest, n >= 2 * fewest
    lowest, highest = fifth_from_the_ends(known, fewest)
    estimates = {
        "value_mean": known.mean() if enough else np.nan,
        "value_sd": known.std(ddof=1) if enough else np.nan,
        "value_fifth_lowest": lowest,
        "value_median": np.median(known) if enough else np.nan,
        "value_fifth_highest": highest,
    }
    for statistic in ORDERED:
        at_end = "fifth" in statistic
        method = f"number {fewest} from the end, so that no single person shows" if at_end else ""
        note = "" if (ends if at_end else enough) else f"fewer than {2 * fewest} people" if at_end else few
        rows.append((statistic, estimates[statistic], n, None, None, method, note))
    bars = histogram_bars(known, fewest)
    for low, high, people in bars:
        rows.append(
            (
                "value_bar_count",
                float(people),
                n,
                low,
                high,
                "bar_from included; what lies beyond is in the bars at the ends",
                "",
            )
        )
    if not bars:
        rows.append(
            ("value_bar_count", np.nan, n, None, None, "", few if not enough else "nearly all values are the same")
        )
    found = pd.DataFrame(rows, columns=COLUMNS)
    return found.astype({"bar_from": float, "bar_to": float})


def fifth_from_the_ends(values: np.ndarray, fewest: int = FEWEST) -> tuple[float, float]:
    """Find what stands in place of the minimum and maximum, so that no single person shows.

    Parameters
    ----------
    values : numpy.ndarray of shape (n,)
        Known values, in any order.
    fewest : int, default 5
        People that are at or beyond either value.

    Returns
    -------
    tuple of float
        The fifth lowest and the fifth highest value, which are the minimum and the maximum where five people have them;
        missing with fewer than twice as many values.

    Examples
    --------
    >>> fifth_from_the_ends(np.array([1, 1, 1, 1, 1, 2, 6, 3, 4, 5, 7]))
    (1.0, 3.0)
    """
    if len(values) < 2 * fewest:
        return np.nan, np.nan
    ordered = np.partition(values, (fewest - 1, len(values) - fewest))
    return float(ordered[fewest - 1]), float(ordered[-fewest])


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
        Lower limit (included), upper limit and people of each bar; nothing where nearly all values are the same or
        where there are too few. The bars at the ends hold all that lies beyond as well, and limits are multiples of a
        round step, so that they show no person's value; of whole numbers one apart, a bar stands around its number.

    Examples
    --------
    >>> histogram_bars(np.array([1, 1, 1, 2, 2, 2, 3, 4, 4, 4, 9]), fewest=3)
    [(0.5, 1.5, 3), (1.5, 2.5, 3), (2.5, 4.5, 5)]
    """
    if len(values) < fewest:
        return []
    low, high = np.sort(values)[[fewest - 1, -fewest]] if len(values) >= 2 * fewest else (values.min(), values.max())
    values = np.clip(values, low, high)  # the bars at the ends hold all that lies beyond
    if low == high:
        return []
    whole = bool((values % 1 == 0).all())
    wanted = np.ptp(values) / min(MOST_BARS, np.ceil(2 * np.sqrt(len(values))))
    power = 10.0 ** np.floor(np.log10(wanted))
    step = next(power * step for step in STEPS if power * step >= wanted * (1 - 1e-9))
    step = max(1.0, np.ceil(step)) if whole else step
    middle = 0.5 if whole and step == 1 else 0.0  # a bar stands around the one whole number in it
    place = np.floor(values / step + middle)
    first = place.min()
    counts = np.bincount((place - first).astype(int))
    bars: list[list[int]] = []
    start, people = 0, 0
    for number, here in enumerate(counts, start=1):
        people += int(here)
        if people >= fewest:
            bars.append([start, number, people])
            start, people = number, 0
    if people:
        bars[-1][1], bars[-1][2] = len(counts), bars[-1][2] + people
    return [(float((first + one - middle) * step), float((first + two - middle) * step), n) for one, two, n in bars]
