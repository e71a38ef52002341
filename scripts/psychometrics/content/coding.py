"""One code per item and facet from those of several coders."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

# the ways of sorting items of Krause, Altimir & Horvath (2011)
FACETS = ("voice", "dimension", "domain", "theme")


def consensus(codes: pd.DataFrame, facet: str) -> pd.DataFrame:
    """Find the category that most coders gave each item.

    Parameters
    ----------
    codes : pandas.DataFrame
        One row per form, item (its number) and coder, with a column per facet; a missing code is no vote.
    facet : str
        The column.

    Returns
    -------
    pandas.DataFrame
        Index item (`wai_s_04`), in the order of `codes`; columns category (missing for a tie, or without any code),
        coders (how many gave a code), agreement (share of the pairs of coders that agree; missing with one coder), note
        (why there is no category).

    Raises
    ------
    ValueError
        If a column is absent, or a coder has two rows for an item.

    Examples
    --------
    >>> codes = pd.DataFrame({"form": "haq", "item": [1, 1, 1, 2, 2], "coder": ["a", "b", "c", "a", "b"]})
    >>> codes["voice"] = ["client", "client", "therapist", "client", "therapist"]
    >>> found = consensus(codes, "voice")
    >>> found["category"].to_dict()
    {'haq_01': 'client', 'haq_02': nan}
    >>> found["note"].to_dict()
    {'haq_01': '', 'haq_02': 'tie of client, therapist'}
    """
    check_codes(codes, [facet])
    named = codes.dropna(subset=["form", "item"])
    votes_of: dict[tuple[str, int], list[str]] = {}
    for form, item, code in zip(named["form"], named["item"].astype(int), named[facet], strict=True):
        votes_of.setdefault((form, item), []).extend([] if pd.isna(code) else [code])
    rows = []
    for (form, item), votes in votes_of.items():
        counts = Counter(votes)
        winners = [category for category, count in counts.items() if count == max(counts.values())]
        pairs = [one == other for one, other in combinations(votes, 2)]
        agreed, reason = (winners[0], "") if len(winners) == 1 else (np.nan, "no code")
        if len(winners) > 1:
            reason = f"tie of {', '.join(sorted(winners))}"
        rows.append(
            {
                "item": f"{form}_{item:02d}",
                "category": agreed,
                "coders": len(votes),
                "agreement": np.mean(pairs) if pairs else np.nan,
                "note": reason,
            }
        )
    return pd.DataFrame(rows).set_index("item")


def check_codes(codes: pd.DataFrame, facets: Sequence[str]) -> None:
    """Raise ValueError where a column is absent or a coder has two rows for an item.

    Parameters
    ----------
    codes : DataFrame
        A row per form, item and coder, with a column per facet.
    facets : sequence of str
        The columns that are needed.
    """
    absent = [column for column in ("form", "item", "coder", *facets) if column not in codes.columns]
    if absent:
        raise ValueError(f"the item codes have no column {absent[0]}")
    doubled = codes.duplicated(["form", "item", "coder"])
    if doubled.any():
        form, item, coder = codes.loc[doubled, ["form", "item", "coder"]].iloc[0]
        raise ValueError(f"coder {coder} has two rows for item {item} of {form}")
