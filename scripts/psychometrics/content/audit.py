"""Whether a published content analysis agrees with itself: percentages, totals and statements against the counts."""

import pandas as pd

from psychometrics.content.categories import category_percentages, category_totals

TINY = 1e-9  # far below any printed decimal, far above the error of a division
COLUMNS = "perspective form n finding facet category count expected printed verdict note".split()


def half_unit(printed: str) -> float:
    """Return half a unit of the last printed decimal; a half may be rounded either way.

    Parameters
    ----------
    printed : str
        A number as printed.

    Returns
    -------
    float
        Half a unit: 0.5 for "26", 0.05 for "26.3".

    Examples
    --------
    >>> half_unit("26"), half_unit("26.3")
    (0.5, 0.05)
    """
    return 0.5 * 10.0 ** -len(printed.partition(".")[2])


def audit_percentages(forms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Find printed percentages that no rounding of 100 count / items gives at the number of decimals printed.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`psychometrics.content.categories.unfold`.
    cells : pandas.DataFrame
        Counts as from :func:`psychometrics.content.categories.unfold`.

    Returns
    -------
    pandas.DataFrame
        One row per disagreement: perspective, form, n (items), finding, facet, category, count, expected (percent),
        printed, verdict, note (a sentence that also says which count, if any, the printed percentage would stand for).
    """
    table = category_percentages(forms, cells)
    allowed = table["printed"].map(half_unit) + TINY
    wrong = table[table["difference"].abs() > allowed].rename(columns={"percent": "expected"})
    notes = []
    columns = (wrong[name] for name in ("count", "n", "expected", "printed"))
    for count, n, expected, printed in zip(*columns, strict=True):
        tolerance = half_unit(printed) + TINY
        fitting = [items for items in range(n + 1) if abs(float(printed) - 100 * items / n) <= tolerance]
        origin = f"would be {fitting[0]} items" if fitting else f"is not a whole number of {n} items"
        notes.append(f"{count} of {n} items are {expected:.2f}%, not {printed}%, which {origin}.")
    return _rows(wrong.assign(finding="percentage", verdict="disagrees", note=notes))


def audit_totals(forms: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Find counts that do not add up to the items of a form, and percentages that do not add up to 100.

    Percentages may miss 100 by as much as rounding each of them can explain.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`psychometrics.content.categories.unfold`.
    cells : pandas.DataFrame
        Counts as from :func:`psychometrics.content.categories.unfold`.

    Returns
    -------
    pandas.DataFrame
        Columns as of :func:`audit_percentages`; finding is `total of counts` (count: their sum; expected: the items) or
        `total of percentages` (printed: their sum; expected: 100).
    """
    rows = []
    sums = category_totals(cells)
    for key, part in cells.groupby(["form", "facet"], sort=False):
        form, facet = map(str, key)
        items, count = forms["items"][form], sums[facet][form]
        common = {
            "perspective": forms.loc[form, "perspective"],
            "form": form,
            "n": items,
            "facet": facet,
            "count": count,
            "verdict": "disagrees",
        }
        if count != items:
            rows.append(
                common
                | {
                    "finding": "total of counts",
                    "expected": items,
                    "note": f"The counts of {facet} of {form} add up to {count}, but the form has {items} items.",
                }
            )
        printed = part["printed"].astype(float).sum()
        if abs(printed - 100) > part["printed"].map(half_unit).sum() + TINY:
            rows.append(
                common
                | {
                    "finding": "total of percentages",
                    "expected": 100,
                    "printed": f"{printed:.10g}",
                    "note": f"The percentages of {facet} of {form} add up to {printed:.10g}; "
                    "rounding does not explain it.",
                }
            )
    return _rows(pd.DataFrame(rows))


def check_statements(forms: pd.DataFrame, cells: pd.DataFrame, statements: list[dict]) -> pd.DataFrame:
    """Check statements of the text against the counts, form by form.

    Parameters
    ----------
    forms : pandas.DataFrame
        Forms as from :func:`psychometrics.content.categories.unfold`.
    cells : pandas.DataFrame
        Counts as from :func:`psychometrics.content.categories.unfold`.
    statements : list of dict
        Each with text, facet, category, claim and forms. Claim `absent`: no item of the form has the category;
        `most frequent`: more items of the form have it than have any other category of the facet.

    Returns
    -------
    pandas.DataFrame
        Columns as of :func:`audit_percentages`, one row per statement and form; finding is `statement`, verdict
        `supported` or `contradicted`.

    Raises
    ------
    ValueError
        For a claim of another kind, or a form or category that is not among the counts.
    """
    rows = []
    for statement in statements:
        facet, category = statement["facet"], statement["category"]
        part = cells[cells["facet"] == facet]
        counts = part.pivot_table(index="form", columns="category", values="count", aggfunc="sum")
        for form in statement["forms"]:
            if form not in counts.index or category not in counts.columns:
                place = f"{form} and {category}, which are not among the counts of {facet}"
                raise ValueError(f"The statement '{statement['text']}' names {place}.")
            holds, evidence = _verdict(statement["claim"], counts.loc[form], category)
            rows.append(
                {
                    "perspective": forms.loc[form, "perspective"],
                    "form": form,
                    "n": forms.loc[form, "items"],
                    "finding": "statement",
                    "facet": facet,
                    "category": category,
                    "count": counts.loc[form, category],
                    "verdict": "supported" if holds else "contradicted",
                    "note": f"Text: {statement['text']}. Counts of {form}: {evidence}.",
                }
            )
    return _rows(pd.DataFrame(rows))


def _verdict(claim: str, profile: pd.Series, category: str) -> tuple[bool, str]:
    """Whether the claim holds for the counts of one form and facet, and the counts it rests on."""
    count, others = profile[category], profile.drop(category)
    if claim == "absent":
        return count == 0, f"{category} {count}"
    if claim == "most frequent":
        return count > others.max(), f"{category} {count}, {others.idxmax()} {others.max()}"
    raise ValueError(f"The claim '{claim}' is neither 'absent' nor 'most frequent'.")


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex(columns=COLUMNS).reset_index(drop=True)
