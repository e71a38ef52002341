"""What questionnaires ask about: tables, associations and similarities of their items' content categories.

The counts come as two frames, `forms` and `cells` (see `unfold`). A facet is one way of sorting all items of a form
into categories, so the counts of a facet should add up to the number of items.
"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from psychometrics.content.categorical import contingency_association, hellinger_similarity, similarity_if_alike

MEAN = "mean of the facets"


def unfold(published: dict) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Turn a published content analysis into frames.

    Parameters
    ----------
    published : dict
        `forms` (form -> instrument, perspective, items) and `facets` (facet -> category -> counts, printed), the counts
        and printed percentages in the order of the forms.

    Returns
    -------
    forms : pandas.DataFrame
        Index form; columns instrument, perspective, items.
    cells : pandas.DataFrame
        Columns facet, category, form, count, printed (text, as printed).

    Raises
    ------
    ValueError
        For a category without exactly one count and one percentage per form.
    """
    forms = pd.DataFrame.from_dict(published["forms"], orient="index").rename_axis("form")
    rows = []
    for facet, categories in published["facets"].items():
        for category, values in categories.items():
            if {len(values["counts"]), len(values["printed"])} != {len(forms)}:
                wanted = f"one count and one percentage for each of {len(forms)} forms"
                raise ValueError(f"The category {category} of {facet} needs {wanted}.")
            rows += [
                (facet, category, form, count, printed)
                for form, count, printed in zip(forms.index, values["counts"], values["printed"], strict=True)
            ]
    return forms, pd.DataFrame(rows, columns=["facet", "category", "form", "count", "printed"])


def category_totals(cells: pd.DataFrame) -> pd.DataFrame:
    """Add up the counts per form and facet.

    Parameters
    ----------
    cells : pandas.DataFrame
        Counts as from :func:`unfold`.

    Returns
    -------
    pandas.DataFrame
        Forms in rows and facets in columns, both in the order of `cells`.
    """
    return cells.pivot_table(index="form", columns="facet", values="count", aggfunc="sum", sort=False)


def items_by_form(forms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the forms, their numbers of items and what the counts of each facet add up to.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`unfold`.
    cells : pandas.DataFrame
        Counts as from :func:`unfold`.

    Returns
    -------
    pandas.DataFrame
        Columns perspective, form, n (items), instrument, one column per facet, note.
    """
    sums = category_totals(cells)
    table = forms.join(sums).reset_index().rename(columns={"items": "n"})
    notes = [total_note(forms, sums.loc[[form]]) for form in forms.index]
    return table[["perspective", "form", "n", "instrument", *sums.columns]].assign(note=notes)


def total_note(forms: pd.DataFrame, sums: pd.DataFrame) -> str:
    """Say which forms and facets have counts that do not add up to the items.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`unfold`.
    sums : pandas.DataFrame
        Sums of counts, forms in rows and facets in columns.

    Returns
    -------
    str
        A sentence; "" when all counts add up.
    """
    return "; ".join(
        f"the counts of {facet} of {form} add up to {sums.loc[form, facet]} but it has {forms.loc[form, 'items']} items"
        for form in sums.index
        for facet in sums.columns
        if sums.loc[form, facet] != forms.loc[form, "items"]
    )


def category_percentages(forms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Tabulate the percentage of a form's items in each category, recomputed and as printed.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`unfold`.
    cells : pandas.DataFrame
        Counts as from :func:`unfold`.

    Returns
    -------
    pandas.DataFrame
        Columns perspective, form, n (items), facet, category, count, percent (100 count / n), printed, difference
        (printed - percent), note.
    """
    table = cells.join(forms, on="form").rename(columns={"items": "n"})
    table["percent"] = 100 * table["count"] / table["n"]
    table["difference"] = table["printed"].astype(float) - table["percent"]
    sums = category_totals(cells)
    cell_of = zip(table["form"], table["facet"], strict=True)
    table["note"] = [total_note(forms, sums.loc[[form], [facet]]) for form, facet in cell_of]
    return table[["perspective", "form", "n", "facet", "category", "count", "percent", "printed", "difference", "note"]]


def content_association(
    forms: pd.DataFrame, cells: pd.DataFrame, *, draws: int = 10_000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Test the association of form and category, per facet and for sets of forms that answer one question each.

    The sets: all forms; the forms of each perspective; the two perspectives of each instrument; perspectives with
    instruments pooled; instruments with perspectives pooled. Items are taken as placed independently, although those
    of the client and therapist form of an instrument mirror each other, so the p values describe and do not prove.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`unfold`.
    cells : pandas.DataFrame
        Counts as from :func:`unfold`.
    draws : int, default 10_000
        Number of random tables for each permutation p.
    seed : int, default 0
        Seed of the random tables, at least 0.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`psychometrics.content.categorical.contingency_association` with perspective,
        perspective_2, form, form_2, group and facet; n is the sum of the counts.
    """
    frames = []
    for facet, counts in _profiles(cells):
        for labels, rows in _comparisons(forms):
            table = counts.loc[rows.index].groupby(rows, sort=False).sum()
            result = contingency_association(table.to_numpy(), draws=draws, seed=seed, level=level)
            extra = total_note(forms, counts.loc[rows.index].sum(axis=1).to_frame(facet))
            notes = ["; ".join(filter(None, [note, extra])) for note in result["note"]]
            frames.append(result.assign(**labels, facet=facet, note=notes))
    return pd.concat(frames, ignore_index=True)


def content_similarity(
    forms: pd.DataFrame, cells: pd.DataFrame, *, draws: int = 10_000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Compute the similarity of the category profiles of every pair of forms, per facet and over the facets.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`unfold`.
    cells : pandas.DataFrame
        Counts as from :func:`unfold`.
    draws : int, default 10_000
        Number of shuffles of the items of each pair.
    seed : int, default 0
        Seed of the shuffles, at least 0.
    level : float, default 0.95
        Share of the shuffles between the quantiles, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Columns perspective, perspective_2, form, form_2, group, facet, statistic, estimate, lower, upper, level, n,
        method, note. Statistics: `hellinger_similarity`, and `hellinger_similarity_if_alike`, its mean and quantiles
        when the items of the two forms are shuffled between them. Rows without forms are means over the pairs of a
        group, n then being the number of pairs.
    """
    tail = (1 - level) / 2
    rows = []
    for facet, counts in _profiles(cells):
        for labels in _pairs(forms):
            pair = [labels["form"], labels["form_2"]]
            chance = similarity_if_alike(*counts.loc[pair].to_numpy(), draws=draws, seed=seed)
            lower, upper = np.quantile(chance, [tail, 1 - tail])
            note = total_note(forms, counts.loc[pair].sum(axis=1).to_frame(facet))
            common = labels | {"facet": facet, "n": forms.loc[pair, "items"].sum(), "note": note}
            observed = float(hellinger_similarity(*counts.loc[pair].to_numpy()))
            rows += [
                common | {"statistic": "hellinger_similarity", "estimate": observed, "method": ""},
                common
                | {
                    "statistic": "hellinger_similarity_if_alike",
                    "estimate": float(chance.mean()),
                    "lower": lower,
                    "upper": upper,
                    "level": level,
                    "method": f"{draws} shuffles of the items",
                },
            ]
    pairs = pd.DataFrame(rows)
    keys = ["perspective", "perspective_2", "form", "form_2", "group", "n", "statistic"]
    over_facets = pairs.groupby(keys, sort=False, as_index=False)["estimate"].mean()
    pairs = pd.concat([pairs, over_facets.assign(facet=MEAN, method="mean", note="")], ignore_index=True)
    summary = pairs.groupby(["group", "facet", "statistic"], sort=False, as_index=False).agg(
        estimate=("estimate", "mean"), n=("estimate", "size")
    )
    return pd.concat([pairs, summary.assign(method="mean over pairs", note="")], ignore_index=True)


def _profiles(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Facet and its counts, forms in rows and categories in columns."""
    for facet, part in cells.groupby("facet", sort=False):
        yield str(facet), part.pivot_table(index="form", columns="category", values="count", aggfunc="sum", sort=False)


def _pairs(forms: pd.DataFrame) -> Iterator[dict]:
    """Every pair of forms with a group that says what the two have in common."""
    for first, second in combinations(forms.index, 2):
        one, two = forms.loc[first], forms.loc[second]
        if one["instrument"] == two["instrument"]:
            group = "same instrument"
        elif one["perspective"] == two["perspective"]:
            group = f"different instruments, both {one['perspective']}"
        else:
            group = "different instruments and perspectives"
        yield {
            "perspective": one["perspective"],
            "perspective_2": two["perspective"],
            "form": first,
            "form_2": second,
            "group": group,
        }


def _comparisons(forms: pd.DataFrame) -> Iterator[tuple[dict, pd.Series]]:
    """Sets of forms to compare: labels, and for every form of the set the row it is counted in."""
    name = forms.index.to_series()
    yield {"group": "all forms"}, name
    for perspective, part in forms.groupby("perspective", sort=False):
        yield {"group": f"{perspective} forms", "perspective": perspective}, name[part.index]
    for labels in _pairs(forms):
        if labels["group"] == "same instrument":
            instrument = forms.loc[labels["form"], "instrument"]
            yield labels | {"group": f"perspectives of {instrument}"}, name[[labels["form"], labels["form_2"]]]
    yield {"group": "perspectives, instruments pooled"}, forms["perspective"]
    yield {"group": "instruments, perspectives pooled"}, forms["instrument"]
