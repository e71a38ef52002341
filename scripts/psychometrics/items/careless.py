"""Careless responding to one form: which answers look careless by which index, and how many do.

A flag is a reason to look, never one to delete: honest people give the same answer to many items, and a client in
trouble answers unlike the others.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from psychometrics.items.careless_indices import (
    FEWEST_PAIRS,
    alike_pairs,
    even_odd_consistency,
    longest_runs,
    mahalanobis_distances,
    pair_consistency,
    response_variability,
)

COLUMNS = ["statistic", "estimate", "n", "method", "note"]
LONG_RUN = 0.5  # of the items
LOW_EVEN_ODD = 0.30  # Johnson (2005)
SCALES_TO_JUDGE = 5  # of fewer, one person's correlation over the scales is chance
BROKEN = 0.50  # of honest people, whose few pairs vary little, one in five falls below 0
DISTANT = 1e-3  # p of the Mahalanobis distance
ALIKE = 0.60  # correlation of psychometric synonyms; Meade & Craig (2012)
FLAGS = ("long_run", "even_odd", "distant", "synonyms", "antonyms")
NO_PAIRS = f"fewer than {FEWEST_PAIRS} pairs of items correlate"
Moments = tuple[pd.Series, pd.DataFrame]


def careless_indices(
    answers: pd.DataFrame, keyed: pd.DataFrame, scales: Mapping[str, Sequence[str]], moments: Moments | None
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Compute every index for every person.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, raw answers in the order of the form.
    keyed : pandas.DataFrame
        The same after keying.
    scales : mapping of str to sequence of str
        Scale -> its items, without the total.
    moments : tuple of pandas.Series and pandas.DataFrame, optional
        Means and covariances of the raw answers to the items that vary; None where they cannot be estimated.

    Returns
    -------
    indices : pandas.DataFrame
        People x (longest_run, variability, even_odd, distance, distance_p, synonyms, antonyms); missing where
        undefined.
    reasons : dict of str to str
        Index -> why nobody has it.

    Examples
    --------
    >>> from psychometrics import example_answers
    >>> answers = example_answers().filter(regex="wai_[0-9]").dropna()
    >>> bond, task = (answers.columns[first::2] for first in (0, 1))
    >>> moments = answers.mean(), answers.cov()
    >>> indices, reasons = careless_indices(answers, answers, {"bond": bond, "task": task}, moments)
    >>> indices[["longest_run", "variability", "distance_p"]].head(2).round(2)
       longest_run  variability  distance_p
    0            2         1.44        0.03
    1            3         0.67        0.88
    >>> reasons["even_odd"]
    'fewer than 3 scales of two items or more'
    """
    raw = answers.to_numpy(dtype=float, na_value=np.nan)
    items = list(answers.columns)
    places = [[items.index(item) for item in own if item in items] for own in scales.values()]
    places = [own for own in places if len(own) > 1]
    reasons = {}
    found = pd.DataFrame(index=answers.index)
    found["longest_run"] = longest_runs(raw)
    found["variability"] = response_variability(raw)
    found["even_odd"] = found["distance"] = found["distance_p"] = np.nan
    if len(places) < FEWEST_PAIRS:
        reasons["even_odd"] = f"fewer than {FEWEST_PAIRS} scales of two items or more"
    else:
        found["even_odd"] = even_odd_consistency(keyed.to_numpy(dtype=float, na_value=np.nan), places)
    if moments is None:
        reasons["distance"] = "the covariances of the items cannot be estimated"
    else:
        mean, covariance = moments
        varying = raw[:, [items.index(item) for item in mean.index]]
        found["distance"], answered = mahalanobis_distances(varying, mean.to_numpy(), covariance.to_numpy())
        found["distance_p"] = chdtrc(answered, found["distance"].to_numpy())
    for name, opposite in (("synonyms", False), ("antonyms", True)):
        pairs = alike_pairs(raw, ALIKE, opposite)
        found[name] = pair_consistency(raw, pairs)
        found.attrs[name] = len(pairs)
        if len(pairs) < FEWEST_PAIRS:
            reasons[name] = f"{NO_PAIRS} {'below -' if opposite else 'above '}{ALIKE:.2f}".replace("0.", ".")
    return found, reasons


def careless_flags(indices: pd.DataFrame, items: int, scales: int) -> pd.DataFrame:
    """Say whose answers look careless by which index.

    Parameters
    ----------
    indices : pandas.DataFrame
        By :func:`careless_indices`.
    items : int
        Number of items of the form.
    scales : int
        Number of its scales, without the total.

    Returns
    -------
    pandas.DataFrame
        People x (long_run, even_odd, distant, synonyms, antonyms), true or false: a longest run of half of the items or
        more; a consistency below .30, with five scales or more; a Mahalanobis distance with p < .001; items that go
        together answered against each other (a within-person correlation below -.50, of antonyms above .50). An
        undefined index flags nobody.

    Notes
    -----
    Johnson (2005), J. Res. Pers. 39; Meade & Craig (2012), Psychol. Methods 17; Curran (2016), J. Exp. Soc. Psychol.
    66.
    """
    return pd.DataFrame(
        {
            "long_run": indices["longest_run"] >= LONG_RUN * items,
            "even_odd": (indices["even_odd"] < LOW_EVEN_ODD) & (scales >= SCALES_TO_JUDGE),
            "distant": indices["distance_p"] < DISTANT,
            "synonyms": indices["synonyms"] < -BROKEN,
            "antonyms": indices["antonyms"] > BROKEN,
        }
    )


def careless_responding(
    answers: pd.DataFrame, keyed: pd.DataFrame, scales: Mapping[str, Sequence[str]], moments: Moments | None
) -> pd.DataFrame:
    """Summarise the indices of careless responding over the people who answered a form.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, raw answers in the order of the form.
    keyed : pandas.DataFrame
        The same after keying.
    scales : mapping of str to sequence of str
        Scale -> its items, without the total.
    moments : tuple of pandas.Series and pandas.DataFrame, optional
        Means and covariances of the raw answers to the items that vary; None where they cannot be estimated.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, estimate, n (people with the index), method, note. Shares that :func:`careless_flags`
        flags: `long_run_share`, `even_odd_low_share`, `distant_share`, `synonyms_broken_share`,
        `antonyms_broken_share`; of people with two flags or more: `two_flags_share`. Medians: `response_variability`,
        `even_odd_consistency`, `synonym_consistency`, `antonym_consistency`. Counts: `synonym_pairs`, `antonym_pairs`.
        No row says anything about one person.

    Examples
    --------
    >>> from psychometrics import example_answers
    >>> answers = example_answers().filter(regex="wai_[0-9]").dropna()
    >>> bond, task = (answers.columns[first::2] for first in (0, 1))
    >>> moments = answers.mean(), answers.cov()
    >>> rows = careless_responding(answers, answers, {"bond": bond, "task": task}, moments)
    >>> rows[["statistic", "estimate", "n"]].round(2).dropna()
                    statistic  estimate    n
    0          long_run_share      0.20  131
    1    response_variability      0.80  131
    4           distant_share      0.01  131
    5     synonym_consistency      0.25  111
    6   synonyms_broken_share      0.01  111
    9           synonym_pairs     10.00  131
    10          antonym_pairs      0.00  131
    11        two_flags_share      0.00  131
    """
    indices, reasons = careless_indices(answers, keyed, scales, moments)
    flags = careless_flags(indices, len(answers.columns), len(scales))
    unjudged = dict(reasons)
    if len(scales) < SCALES_TO_JUDGE:
        few = f"fewer than {SCALES_TO_JUDGE} scales: one person's correlation over them is chance"
        unjudged.setdefault("even_odd", few)
    half = f"{100 * LONG_RUN:g}% of the items or more in a row"
    syn, ant = (f"pairs that correlate {which}{ALIKE:.2f}".replace("0.", ".") for which in ("above ", "below -"))
    plan = [
        ("long_run_share", flags["long_run"], "longest_run", half),
        ("response_variability", indices["variability"], "variability", "median over people"),
        ("even_odd_consistency", indices["even_odd"], "even_odd", "median over people"),
        ("even_odd_low_share", flags["even_odd"], "even_odd", f"below {LOW_EVEN_ODD:.2f}".replace("0.", ".")),
        ("distant_share", flags["distant"], "distance", "Mahalanobis distance, p < .001"),
        ("synonym_consistency", indices["synonyms"], "synonyms", f"median over people; {syn}"),
        ("synonyms_broken_share", flags["synonyms"], "synonyms", f"below -{BROKEN:.2f}; {syn}".replace("0.", ".")),
        ("antonym_consistency", indices["antonyms"], "antonyms", f"median over people; {ant}"),
        ("antonyms_broken_share", flags["antonyms"], "antonyms", f"above {BROKEN:.2f}; {ant}".replace("0.", ".")),
    ]
    rows: list[dict[str, object]] = []
    for statistic, values, index, method in plan:
        known = indices[index].notna()
        of_flag = values.dtype == bool
        reason = (unjudged if of_flag else reasons).get(index, "") or ("" if known.any() else "nobody has the index")
        estimate = np.nan if reason else values[known].mean() if of_flag else values[known].median()
        rows.append({"statistic": statistic, "estimate": estimate, "n": int(known.sum())})
        rows[-1] |= {"method": method, "note": reason}
    for name, method in (("synonyms", syn), ("antonyms", ant)):
        pairs = {"statistic": f"{name[:-1]}_pairs", "estimate": float(indices.attrs[name]), "n": len(answers)}
        rows.append(pairs | {"method": method, "note": ""})
    used = [flag.replace("_", " ") for flag, of in zip(FLAGS, _OF, strict=True) if of not in unjudged]
    two = {"statistic": "two_flags_share", "estimate": (flags.sum(axis=1) > 1).mean() if len(flags) else np.nan}
    note = "" if len(flags) else "nobody has the index"
    rows.append(two | {"n": len(flags), "method": f"two or more of: {', '.join(used)}", "note": note})
    return pd.DataFrame(rows, columns=COLUMNS)


_OF = ("longest_run", "even_odd", "distance", "synonyms", "antonyms")  # the index behind each flag
