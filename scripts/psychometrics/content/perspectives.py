"""Which kinds of items hang together differently for clients and for therapists."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from psychometrics.content.structure import COLUMNS, content_structure
from psychometrics.factors.schmid_leiman import SchmidLeiman
from psychometrics.resampling.bootstrap_intervals import with_intervals

FEWEST = 4  # items that both answered
MEASURES = {"general_gap": "general loading", "communality_gap": "communality"}
Draws = Mapping[str, np.ndarray]


def structure_gaps(
    one: SchmidLeiman, two: SchmidLeiman, one_draws: Draws, two_draws: Draws
) -> tuple[list[str], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Compute how far the structure of the same items differs between two perspectives.

    Parameters
    ----------
    one : SchmidLeiman
        Solution of the first perspective with its general factor, which is turned so that its loadings sum to a
        positive number. Items of the same name are the same item of a form that both answered.
    two : SchmidLeiman
        Solution of the second perspective, turned likewise.
    one_draws : mapping of str to numpy.ndarray
        `general` (draws, p) and `communality` (draws, p) in resamples, items as in the solution, missing where a
        resample failed. The same draw must be of the same people in both perspectives: see the argument `among` of
        :func:`psychometrics.resampling.weights.resample_weights`.
    two_draws : mapping of str to numpy.ndarray
        The same of the second perspective.

    Returns
    -------
    items : list of str
        The m items that both have, in the order of the first.
    gaps : dict of str to numpy.ndarray
        The keys `general_gap` and `communality_gap`, each of shape (m,): the first perspective minus the second.
    drawn : dict of str to numpy.ndarray
        The same in resamples, each of shape (draws, m); missing where either failed.

    Raises
    ------
    ValueError
        If there are fewer than four items in common, or different numbers of draws.
    """
    items = [item for item in one.general.index if item in two.general.index]
    if len(items) < FEWEST:
        raise ValueError(f"the two solutions have {len(items)} items in common, and a comparison takes {FEWEST}")
    if len(one_draws["general"]) != len(two_draws["general"]):
        raise ValueError("the two perspectives have different numbers of draws, so that they cannot be paired")
    first, second = _structure(one, items), _structure(two, items)
    gaps = {f"{name}_gap": first[name] - second[name] for name in first}
    first, second = _drawn_structure(one, one_draws, items), _drawn_structure(two, two_draws, items)
    return items, gaps, {f"{name}_gap": first[name] - second[name] for name in first}


def perspective_content(
    codes: pd.DataFrame,
    one: SchmidLeiman,
    two: SchmidLeiman,
    one_draws: Draws,
    two_draws: Draws,
    *,
    names: tuple[str, str] = ("first", "second"),
    seed: int = 0,
    level: float = 0.95,
    units: str = "clients",
) -> pd.DataFrame:
    """Relate the content of the items to the gaps between two perspectives in their structure.

    Parameters
    ----------
    codes : pandas.DataFrame
        Item codes of one or several coders, see :func:`psychometrics.content.coding.consensus`; an item has the same
        codes from both sides.
    one : SchmidLeiman
        Solution of the first perspective, see :func:`structure_gaps`.
    two : SchmidLeiman
        Solution of the second perspective.
    one_draws : mapping of str to numpy.ndarray
        Resamples of the first perspective, see :func:`structure_gaps`.
    two_draws : mapping of str to numpy.ndarray
        Resamples of the second perspective.
    names : tuple of str, default ('first', 'second')
        Names of the perspectives, for method and note.
    seed : int, default 0
        Seed of the resampling of items, at least 0.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    units : str, default 'clients'
        What was resampled, for the method.

    Returns
    -------
    pandas.DataFrame
        Columns of :func:`psychometrics.content.structure.content_structure`. First, without facet and category,
        `mean_general_gap` and `mean_communality_gap` of all common items, and `general_gap` and `communality_gap` of
        each; then per facet and category the rows of that function for these two measures. The method says how many
        items each solution has, because a general factor is that of all items of its perspective.

    Raises
    ------
    ValueError
        As :func:`structure_gaps` and :func:`psychometrics.content.structure.content_structure`.

    Notes
    -----
    The question is whether the voice of an item (Krause, Altimir & Horvath 2011) goes with a gap between client and
    therapist. Both answer about the same therapies, so that their estimates depend on each other. Resamples of the same
    people preserve this: the standard error of a gap is that of the gaps within the draws,
    se^2 = se_1^2 + se_2^2 - 2 cov.
    """
    items, gaps, drawn = structure_gaps(one, two, one_draws, two_draws)
    units = f"{units}, the same in both perspectives"
    content = content_structure(codes, items, gaps, draws=drawn, seed=seed, level=level, units=f"{units},")
    rows = []
    for name, values in gaps.items():
        method = f"{MEASURES[name]}, {names[0]} minus {names[1]}"
        rows.append(
            {
                "statistic": f"mean_{name}",
                "estimate": values.mean(),
                "n": len(items),
                "method": f"mean of all items, {method}",
            }
        )
        rows += [
            {"item": item, "statistic": name, "estimate": value, "n": min(one.n, two.n), "method": method}
            for item, value in zip(items, values, strict=True)
        ]
    resampled = [np.column_stack([values.mean(axis=1), values]) for values in drawn.values()]
    structure = with_intervals(pd.DataFrame(rows), np.hstack(resampled), level, kind="normal", units=units)
    table = pd.concat([structure, content], ignore_index=True).reindex(columns=COLUMNS)
    sides = list(zip(names, (one, two), strict=True))
    gap = table["statistic"].str.endswith("_gap")
    table.loc[gap, "method"] += "".join(f"; {name}: {sl.method}, {len(sl.general)} items" for name, sl in sides)
    cautions = [f"{name}: {note}" for name, sl in sides for note in sl.notes]
    general = table["statistic"].str.endswith("general_gap")
    table.loc[general, "note"] = ["; ".join(filter(None, [note, *cautions])) for note in table.loc[general, "note"]]
    return table


def _structure(sl: SchmidLeiman, items: list[str]) -> dict[str, np.ndarray]:
    """General loadings, turned upright, and communalities of some of the items."""
    return {"general": _upright(sl) * sl.general[items].to_numpy(), "communality": 1 - sl.uniqueness[items].to_numpy()}


def _drawn_structure(sl: SchmidLeiman, draws: Draws, items: list[str]) -> dict[str, np.ndarray]:
    """The same in resamples, each general factor turned to go with that of the sample."""
    places = sl.general.index.get_indexer(pd.Index(items))
    turn = np.where(draws["general"] @ sl.general.to_numpy() < 0, -1, 1)[:, None]
    return {
        "general": _upright(sl) * turn * draws["general"][:, places],
        "communality": draws["communality"][:, places],
    }


def _upright(sl: SchmidLeiman) -> int:
    return -1 if sl.general.sum() < 0 else 1
