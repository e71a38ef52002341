"""Answers to the items of a form as they stand in a file: recoded, without codes for missing, and in range."""

import math

import pandas as pd

from pipeline.data.job import InputError
from pipeline.data.reading import as_number, as_text, code_text, without_codes

FEW_COLUMNS = 2  # with values out of range: a slip of the pen; in more the answers may be to another form


def item_answers(
    raw: pd.DataFrame, columns: dict[int, str], entry: dict, key: dict, forms: dict[str, dict]
) -> pd.DataFrame:
    """Read the answers to the items of a form.

    Parameters
    ----------
    raw : pandas.DataFrame
        Rows of a file.
    columns : dict of int to str
        Item -> its column.
    entry : dict
        With file, form, recode and missing_codes, as in dataset.yaml.
    key : dict
        The form's scoring key.
    forms : dict
        All known forms; used to say which form answers out of range may belong to.

    Returns
    -------
    pandas.DataFrame
        Columns i01, i02, ...: recoded, missing codes removed, in range, and whole where the form asks for it.

    Raises
    ------
    InputError
        An answer that is no number, not whole or out of range.
    """
    name, (low, high) = entry["file"], key["range"]
    recode = {code_text(label): number for label, number in entry["recode"].items()}
    items, wrong = {}, []
    for item, column in columns.items():
        place = f"{name}, column '{column}'".replace("column '\0item", "item '")
        text = without_codes(as_text(raw[column]), entry["missing_codes"])
        if recode:
            text = text.map({value: recode.get(value, value) for value in text.dropna().unique()})
        number = as_number(text, place)
        number = number.mask(number.isin([code for code in entry["missing_codes"] if isinstance(code, int | float)]))
        outside = number.index[number.notna() & ~number.between(low, high)]
        if len(outside):
            wrong.append((place, outside, number))
        elif not key["continuous"]:
            broken = number.index[number.notna() & (number % 1 != 0)]
            if len(broken):
                raise InputError(f"{place}, row {broken[0]}: {number[broken[0]]:g} is not a whole number.")
        items[f"i{item:02d}"] = number if key["continuous"] or len(outside) else number.astype("Int64")
    if wrong:
        place, outside, number = wrong[0]
        count = sum(len(rows) for _, rows, _ in wrong)
        more = f" {count} values in {len(wrong)} columns are." if count > 1 else ""
        highest = max(number.max() for _, _, number in wrong) if len(wrong) > FEW_COLUMNS else math.nan
        raise InputError(
            f"{place}, row {outside[0]}: {number[outside[0]]:g} is outside the range {low} to {high} of "
            f"{entry['form']}."
            + more
            + _other_form(highest, entry["form"], forms)
            + " Otherwise correct the value, list it under `missing_codes:`, or declare this edition's `range:`."
        )
    return pd.DataFrame(items, index=raw.index)


def _other_form(highest: float, form: str, forms: dict[str, dict]) -> str:
    """A hint that another form of the same instrument, with as many items, has answers this high."""
    this = forms[form]
    fits = [
        name
        for name, other in forms.items()
        if name != form
        and other["instrument"] == this["instrument"]
        and other["items"] == this["items"]
        and other["range"][0] <= highest <= other["range"][1]
    ]
    return f" Are these answers to {fits[0]} ({forms[fits[0]]['label']})?" if fits else ""
