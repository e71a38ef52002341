"""A sample of whole therapists where there are so many dyads that models of all of them take too long."""

import numpy as np
import pandas as pd

MOST_DYADS = 10_000


def sample_therapists(ratings: pd.DataFrame, seed: int, most: int = MOST_DYADS) -> tuple[pd.DataFrame, str]:
    """Keep the dyads of therapists drawn at random until there are enough.

    Parameters
    ----------
    ratings : pandas.DataFrame
        With columns client and therapist. A dyad without a named therapist stands for itself.
    seed : int
        Seed of the generator, 0 or more.
    most : int, default 10000
        Number of dyads up to which all are kept.

    Returns
    -------
    ratings : pandas.DataFrame
        All rows of the therapists drawn, in their order.
    note : str
        What was drawn; empty where all are kept.

    Examples
    --------
    >>> ratings = pd.DataFrame({"client": range(6), "therapist": list("aabbcc")})
    >>> kept, note = sample_therapists(ratings, seed=1, most=4)
    >>> len(kept), note
    (4, 'a random sample of 2 of 3 therapists (4 of 6 dyads)')
    """
    pairs = ratings[["therapist", "client"]].drop_duplicates()
    if len(pairs) <= most:
        return ratings, ""
    names, sizes = np.unique(_units(pairs), return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    number = max(1, int(np.searchsorted(np.cumsum(sizes[order]), most, side="right")))
    drawn = order[:number]
    kept = ratings[_units(ratings).isin(names[drawn])]
    dyads = int(sizes[drawn].sum())
    return kept, f"a random sample of {number} of {len(names)} therapists ({dyads} of {len(pairs)} dyads)"


def _units(frame: pd.DataFrame) -> pd.Series:
    """The therapist of each row, or its client where none is named."""
    named = "therapist " + frame["therapist"].astype(str)
    return named.where(frame["therapist"].notna(), "client " + frame["client"].astype(str))
