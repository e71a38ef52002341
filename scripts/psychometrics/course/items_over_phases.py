"""Which items gain or lose weight from early to late in a therapy, and which kinds of item."""

import numpy as np
import pandas as pd

from psychometrics.perspectives.asymmetry import asymmetry_by_content, item_asymmetry

# what tells late from early answers is computed as what tells two perspectives apart
NAMES = {"item_gap": "item_change", "item_r": "item_stability", "item_rest_gap": "item_weight_change"}
KINDS = ("mean", "difference", "adjusted")
CODING = ("coder_agreement", "items_coded", "left_out")
METHODS = {
    "first minus second, dyads with both answers": "late minus early, clients with both answers",
    "item-rest correlation, first minus second": "item-rest correlation, late minus early",
    "dyads with both answers": "clients with both answers",
}


def items_over_phases(
    early: pd.DataFrame,
    late: pd.DataFrame,
    *,
    units: np.ndarray | pd.Series | None = None,
    level: float = 0.95,
    possible: tuple[float, float] = (-np.inf, np.inf),
) -> pd.DataFrame:
    """Compare the answers to each item late in therapy with those early.

    Parameters
    ----------
    early : pandas.DataFrame of shape (n, k)
        Keyed answers of clients early in therapy, or their means over the sessions of a phase, missing as NaN.
    late : pandas.DataFrame of shape (n, k)
        Those of the same clients late in therapy.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each client is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    possible : tuple of float, optional
        Lowest and highest answer.

    Returns
    -------
    pandas.DataFrame
        Tidy rows per item: item_change, late minus early in points; item_stability, r of both;
        item_weight_change, how much more the item goes with the rest of the form late than early (item-rest
        correlation, late minus early). Columns as of :func:`psychometrics.perspectives.asymmetry.item_asymmetry`, whose
        intervals these are.

    Examples
    --------
    >>> early = pd.DataFrame({"i1": [4, 5, 6, 6, 4], "i2": [5, 6, 6, 5, 4], "i3": [5, 4, 7, 5, 4]})
    >>> late = pd.DataFrame({"i1": [5, 6, 7, 6, 4], "i2": [4, 6, 6, 5, 3], "i3": [6, 5, 7, 6, 4]})
    >>> rows = items_over_phases(early, late)
    >>> rows[rows["statistic"] == "item_weight_change"].set_index("item")["estimate"].round(2).to_dict()
    {'i1': 0.28, 'i2': 0.22, 'i3': 0.09}
    """
    rows = item_asymmetry(late, early, units=units, level=level, possible=possible)
    rows = rows[rows["statistic"].isin(NAMES)].reset_index(drop=True)
    rows["statistic"] = rows["statistic"].map(NAMES)
    rows["note"] = rows["note"].replace("fewer than three dyads have both ratings", "fewer than three clients")
    return rows.assign(method=_in_words(rows["method"]))


def items_by_content(
    codes: pd.DataFrame,
    early: pd.DataFrame,
    late: pd.DataFrame,
    *,
    units: np.ndarray | pd.Series | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    resampled: str = "clients",
) -> pd.DataFrame:
    """Ask which kinds of item gain weight from early to late.

    Parameters
    ----------
    codes : pandas.DataFrame
        Item codes of one or several coders, see :func:`psychometrics.content.coding.consensus`.
    early : pandas.DataFrame of shape (n, k)
        Keyed answers early in therapy; columns are items as the codes name them (`wai_s_04`).
    late : pandas.DataFrame of shape (n, k)
        Those of the same clients late in therapy.
    units : array_like of shape (n,), optional
        Units that are resampled; by default each client is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of resamples of units and items.
    seed : int, default 0
        Seed of the resamples, 0 or more.
    resampled : str, default "clients"
        What the units are, for the method.

    Returns
    -------
    pandas.DataFrame
        Rows of :func:`psychometrics.content.structure.content_structure` for item_change, item_stability and
        item_weight_change: per facet and category the mean of the items, its difference from that of all other items,
        and the category's coefficient in a regression on the codes of all facets.

    Raises
    ------
    ValueError
        If fewer than four items vary, or none has a code.

    Notes
    -----
    Participants of the interviews that Krause, Altimir & Horvath (2011) report expected the therapist's expertise to
    matter early and the client's own emotion later.
    """
    rows = asymmetry_by_content(
        codes, late, early, units=units, level=level, draws=draws, seed=seed, resampled=resampled
    )
    named = {f"{kind}_{old}": f"{kind}_{new}" for kind in KINDS for old, new in NAMES.items()}
    rows = rows[~rows["statistic"].isin(CODING)].reset_index(drop=True)
    return rows.assign(statistic=rows["statistic"].map(named))


def _in_words(methods: pd.Series) -> pd.Series:
    for old, new in METHODS.items():
        methods = methods.str.replace(old, new, regex=False)
    return methods
