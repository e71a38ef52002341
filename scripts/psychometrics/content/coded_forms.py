"""Coded items as tables of a content analysis: by coder, by consensus, and beside published forms."""

from collections.abc import Sequence

import pandas as pd

from psychometrics.content.categories import content_similarity
from psychometrics.content.coding import FACETS, check_codes, consensus

CONSENSUS = "consensus"


def code_tables(codes: pd.DataFrame, items: dict[str, int], *, facets: Sequence[str] = FACETS) -> pd.DataFrame:
    """Count the items of each form in each category, as every coder and as most of them sorted the items.

    Parameters
    ----------
    codes : pandas.DataFrame
        A row per form, item (its number) and coder, with a column per facet; a missing code is none.
    items : dict
        Form -> how many items it has.
    facets : sequence of str, optional
        The columns of categories; those of Krause, Altimir and Horvath (2011) when not given.

    Returns
    -------
    pandas.DataFrame
        Columns form, group (the facet), coder (`consensus` for the category that most coders gave), category,
        statistic, estimate, n (items of the form), note. Statistics: `coded_items`, how many items have a category,
        which a tie between coders leaves without; `category_items`; `category_items_share`, the latter over the former.

    Raises
    ------
    ValueError
        A column is absent, or a coder has two rows for an item.

    Notes
    -----
    Tables 1 and 2a to 2d of Krause, Altimir and Horvath (2011), Clinica y Salud 22, 267-283, for other forms.

    Examples
    --------
    >>> codes = pd.DataFrame({"form": "wai_s", "item": [1, 1, 2, 2], "coder": list("ABAB")})
    >>> codes["theme"] = ["bond", "bond", "task", "goal"]
    >>> rows = code_tables(codes, {"wai_s": 2}, facets=["theme"])
    >>> rows.query("coder == 'consensus' and estimate > 0")[["category", "statistic", "estimate"]]
      category             statistic  estimate
    0                    coded_items       1.0
    1     bond        category_items       1.0
    2     bond  category_items_share       1.0
    """
    check_codes(codes, facets)
    rows: list[dict] = []
    for facet in facets:
        known = sorted(codes[facet].dropna().unique())
        for form, own in codes.groupby("form", sort=False):
            agreed = consensus(own, facet)["category"]
            sorted_by = {CONSENSUS: agreed} | {str(coder): part[facet] for coder, part in own.groupby("coder")}
            for coder, given in sorted_by.items():
                common = {"form": form, "group": facet, "coder": coder, "n": items[str(form)]}
                left = int(given.isna().sum())
                reason = "the coders disagree" if coder == CONSENSUS else "no code"
                note = f"{left} of {len(given)} items: {reason}" if left else ""
                coded = int(given.notna().sum())
                rows.append(common | {"category": "", "statistic": "coded_items", "estimate": coded, "note": note})
                for category in known:
                    count = int((given == category).sum())
                    shown = common | {"category": category, "note": ""}
                    rows.append(shown | {"statistic": "category_items", "estimate": count})
                    share = count / coded if coded else float("nan")
                    why = "" if coded else "no item has a category"
                    rows.append(shown | {"statistic": "category_items_share", "estimate": share, "note": why})
    return pd.DataFrame(rows).astype({"estimate": float})


def similarity_to_published(
    codes: pd.DataFrame,
    forms: pd.DataFrame,
    published_forms: pd.DataFrame,
    published_cells: pd.DataFrame,
    *,
    draws: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """How alike the category profiles of coded forms and of published forms are.

    Parameters
    ----------
    codes : pandas.DataFrame
        A row per form, item (its number) and coder, with a column per facet. The category that most coders gave counts.
    forms : pandas.DataFrame
        Index form; columns instrument, perspective, items, of the coded forms.
    published_forms, published_cells : pandas.DataFrame
        As :func:`psychometrics.content.categories.unfold` returns them.
    draws : int, default 10_000
        Random shuffles of the items for what chance would give.
    seed : int, default 0
        Of the shuffles.
    level : float, default 0.95
        Share of the shuffles between the limits, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`psychometrics.content.categories.content_similarity` for pairs of a coded and a published
        form; empty where they share no facet.

    Notes
    -----
    One minus the Hellinger distance, as of the published forms. Coders of a data set must use the published categories:
    a category that only one of the two knows counts as a difference.
    """
    facets = [
        facet for facet in dict.fromkeys(published_cells["facet"]) if facet in codes and codes[facet].notna().any()
    ]
    cells = [published_cells[published_cells["facet"].isin(facets)][["facet", "category", "form", "count"]]]
    for facet in facets:
        for form, own in codes.groupby("form", sort=False):
            counts = consensus(own, facet)["category"].value_counts().rename_axis("category").reset_index(name="count")
            cells.append(counts.assign(facet=facet, form=form))
    known = pd.concat(cells, ignore_index=True)
    every = known.groupby("facet", sort=False)["category"].unique().explode().reset_index()
    everyone = pd.concat([forms, published_forms])
    full = every.merge(pd.DataFrame({"form": everyone.index}), how="cross").merge(known, how="left")
    full["count"] = full["count"].fillna(0).astype(int)
    rows = content_similarity(everyone, full, draws=draws, seed=seed, level=level)
    apart = rows["form"].isin(forms.index) & rows["form_2"].isin(published_forms.index)
    return rows[apart].reset_index(drop=True)
