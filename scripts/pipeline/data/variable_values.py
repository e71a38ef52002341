"""One variable of a client or a session: a column of numbers or groups, or the score of a questionnaire's items."""

import pandas as pd

from pipeline.data.item_answers import item_answers
from pipeline.data.item_columns import item_names
from pipeline.data.job import InputError, first_of
from pipeline.data.reading import as_number, as_text, without_codes
from psychometrics.items.scoring import reverse_key

FEWEST_ANSWERED = 0.8  # share of the items that a score needs; the rest count as their mean


def variable_columns(variable: str, part: dict, forms: dict[str, dict], place: str) -> dict[int, str]:
    """Name the columns that a variable is read from.

    Parameters
    ----------
    variable : str
        Its name.
    part : dict
        What the description says about it.
    forms : dict
        Known forms.
    place : str
        The variable, for messages about the description.

    Returns
    -------
    dict of int to str
        Item -> column; of a variable that is one column, 0 -> that column.

    Raises
    ------
    InputError
        An unknown form or scale, or columns that do not name its items.
    """
    if "form" not in part:
        if further := [key for key in ("columns", "scale", "recode") if part.get(key)]:
            raise InputError(f"{place}: `{further[0]}:` needs `form:`, the questionnaire that is scored.")
        return {0: part.get("column", variable)}
    if part.get("role") == "group" or "column" in part or "columns" not in part:
        raise InputError(f"{place}: a score of {part['form']} is a number from the `columns:` of its items.")
    if part["form"] not in forms:
        raise InputError(f"{place}: there is no form '{part['form']}'; `make forms` lists them.")
    items = _items_of_scale(part, forms[part["form"]], place)
    names = item_names(part["columns"], forms[part["form"]]["items"], place)
    return {item: names[item] for item in items}


def _items_of_scale(part: dict, form: dict, place: str) -> list[int]:
    scales = form.get("scales", {}) | {"total": list(range(1, form["items"] + 1))}
    scale = part.get("scale", "total")
    if scale not in scales:
        raise InputError(f"{place}: {part['form']} has no scale '{scale}'; its scales: {', '.join(scales)}.")
    return scales[scale]


def variable_values(
    raw: pd.DataFrame, variable: str, part: dict, file: str, forms: dict[str, dict], place: str
) -> pd.Series:
    """Read a variable.

    Parameters
    ----------
    raw : pandas.DataFrame
        Rows of the file.
    variable : str
        Its name.
    part : dict
        What the description says about it.
    file : str
        Name of the file.
    forms : dict
        Known forms.
    place : str
        The variable, for messages about the description.

    Returns
    -------
    pandas.Series
        Text for a group, else numbers. A score is the sum of the items, reverse-keyed ones turned.

    Raises
    ------
    InputError
        A value that is no number, or outside its range.
    """
    columns = variable_columns(variable, part, forms, place)
    if "form" not in part:
        here = f"{file}, column '{columns[0]}'"
        text = without_codes(as_text(raw[columns[0]]), part["missing_codes"])
        if part.get("role") == "group":
            return text
        number = as_number(text, here, "list the text under `missing_codes:`")
        _check_range(number, part.get("range"), here)
        return number
    form = forms[part["form"]]
    entry = {"recode": {}} | part | {"file": file}
    answers = item_answers(raw, columns, entry, form, forms).astype(float)
    reverse = [f"i{item:02d}" for item in form.get("reverse", []) if item in columns]
    keyed = reverse_key(answers, reverse, *form["range"])
    score = keyed.mean(axis=1) * keyed.shape[1]
    return score.where(keyed.notna().mean(axis=1) >= FEWEST_ANSWERED)


def _check_range(number: pd.Series, limits: list[float] | None, place: str) -> None:
    if limits is None:
        return
    low, high = limits
    wrong = number.index[number.notna() & ~number.between(low, high)]
    if len(wrong):
        raise InputError(
            f"{place}, {first_of(list(wrong))}: outside the `range:` {low:g} to {high:g}; correct the value, or list a "
            "code for missing values under `missing_codes:`."
        )
