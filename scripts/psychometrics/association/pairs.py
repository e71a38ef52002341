"""Which scores are paired in a table of associations, how a pair is named, and why one may have no value."""

from itertools import combinations

import numpy as np

PAIR = ["perspective", "perspective_2", "form", "form_2", "scale", "scale_2"]
COLUMNS = [*PAIR, "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
NEEDS_ANSWERS = "needs raw answers"
PART_WHOLE = "part-whole"
ONLY_ONE = "only one score: nothing to correlate"


def all_pairs(columns):
    """(pairs, 2) positions of the unique pairs, in the order of the columns."""
    return np.array(list(combinations(range(len(columns)), 2)), dtype=int).reshape(-1, 2)


def score_values(scores, columns):
    """(n, p) numbers of the scores that `columns` names by its index.

    Raises
    ------
    ValueError : a score is no column of the scores.
    """
    missing = [name for name in columns.index if name not in scores.columns]
    if missing:
        raise ValueError(f"The scores have no column {', '.join(map(str, missing))}.")
    return scores[list(columns.index)].to_numpy(dtype=float, na_value=np.nan)


def pair_names(columns, pairs):
    """One dict per pair: perspective, form, scale of the first score, and with _2 of the second."""
    described = columns[["perspective", "form", "scale"]].to_dict("records")
    return [described[i] | {f"{key}_2": value for key, value in described[j].items()} for i, j in pairs]


def shares_items(columns, pairs):
    """(pairs,) True where a total is paired with a scale of its own form and perspective."""
    described = columns[["perspective", "form", "scale"]].to_numpy(dtype=object)
    return np.array(
        [
            (described[i, :2] == described[j, :2]).all() and "total" in (described[i, 2], described[j, 2])
            for i, j in pairs
        ],
        dtype=bool,
    )


def why_undefined(values, pairs):
    """One text per pair: why the clients who have both scores (n, p) allow no correlation; "" where they do."""
    reasons = []
    for i, j in pairs:
        both = values[np.isfinite(values[:, i]) & np.isfinite(values[:, j])][:, [i, j]]
        if len(both) < 4:
            reasons.append("fewer than four clients have both scores")
        else:
            reasons.append("" if (np.ptp(both, axis=0) > 0).all() else "a score does not vary")
    return reasons


def only_score(columns, statistic):
    """The row of a table without a pair."""
    return columns[["perspective", "form", "scale"]].to_dict("records")[0] | {"statistic": statistic, "note": ONLY_ONE}


def smallest_n(n, names):
    """The smallest n of any two of the scores `names`; n is one number, or a frame score x score."""
    if np.ndim(n) == 0:
        return int(n)
    values = n.loc[names, names].to_numpy()
    return int(values[~np.eye(len(names), dtype=bool)].min())
