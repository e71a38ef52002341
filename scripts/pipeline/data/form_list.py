"""The known forms as a list: for the screen and for the documentation."""

HEADINGS = ("key", "form", "items", "range", "answered by", "scales", "scoring key")
KEY_STATUS = {
    "established": "established",
    "provisional": "provisional",
    "missing": "none: the data set brings `scales:`",
}


def form_rows(forms: dict[str, dict]) -> list[tuple[str, ...]]:
    """List the forms with what a user needs to choose one.

    Parameters
    ----------
    forms : dict
        Form -> its key, by `read_instruments`.

    Returns
    -------
    list of tuple of str
        One row per form, in the columns of `HEADINGS`.
    """
    return [
        (
            name,
            form["label"],
            str(form["items"]),
            "{:g} to {:g}".format(*form["range"]),
            ", ".join(form["perspectives"]),
            ", ".join(form.get("scales", {})),
            KEY_STATUS[form["key_status"]],
        )
        for name, form in forms.items()
    ]


def as_columns(rows: list[tuple[str, ...]]) -> list[str]:
    """Write rows of text in columns of equal width.

    Parameters
    ----------
    rows : list of tuple of str
        The first may hold headings.

    Returns
    -------
    list of str
        One line per row.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
