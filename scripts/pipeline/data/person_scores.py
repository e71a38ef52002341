"""Scale scores of persons, without their items: turned into what a published matrix of scores would hold of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.ingesting import session_numbers
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import are_rows, as_number, as_text, require, without_codes
from pipeline.data.score_matrix import PUBLISHED
from pipeline.data.session_dates import numbered

FEWEST = 4  # people behind a correlation, as of a published matrix
ROUNDING = 1e-9


def read_person_scores(
    entry: dict, files: RawFiles, forms: dict[str, dict], occasion: str | int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, str]:
    """Correlate the scores of persons at one occasion, pair by pair.

    Parameters
    ----------
    entry : dict
        `scores:` of a data set, with `file:`.
    files : RawFiles
        Files of the data set.
    forms : dict
        Known forms.
    occasion : str or int
        The session that counts where there are several.

    Returns
    -------
    correlations, n : pandas.DataFrame
        In the order of `variables:`.
    published : pandas.DataFrame
        One row per score; columns mean, sd, reliability, coefficient.
    note : str
        What is special about them; may be empty.

    Raises
    ------
    InputError
        A column that is not there, a person twice, a value that cannot be, too few people for a correlation.
    """
    name, variables = entry["file"], entry["variables"]
    table = files.read(name, ReadOptions.of(entry))
    session = entry["session"]
    columns = {label: part.get("column", label) for label, part in variables.items()}
    by_row = are_rows(table.frame, entry["client"])
    needed = [*([] if by_row else [entry["client"]]), *([session] if isinstance(session, str) else [])]
    kept = [column for part in variables.values() for column in part.get("keep", {})]
    require(table, [*needed, *columns.values(), *kept], name)
    raw = table.frame
    scores = pd.DataFrame({label: _values(raw, label, variables[label], entry, forms) for label in variables})
    raw, scores = raw[scores.notna().any(axis=1)], scores[scores.notna().any(axis=1)]
    wide = scores.reset_index(drop=True) if by_row else _one_row_each(raw, scores, entry, occasion)
    note = ""
    if not _belong_together(wide):
        wide, note = wide.dropna(), "complete rows only, since the correlations of pairs of scores did not fit together"
    return *_moments(wide, name), _published(wide, variables), note


def _values(raw: pd.DataFrame, label: str, part: dict, entry: dict, forms: dict[str, dict]) -> pd.Series:
    """One score, of the rows that its `keep:` picks."""
    name, column = entry["file"], part.get("column", label)
    text = without_codes(as_text(raw[column]), part["missing_codes"])
    for other, value in part.get("keep", {}).items():
        text = text.where(as_text(raw[other]) == as_text(pd.Series([value], dtype=object)).iloc[0], None)
    number = as_number(text, f"{name}, column '{column}'", "list the text under `missing_codes:`")
    limits = part.get("range") or (_limits(forms[part["form"]], part) if "form" in part else None)
    if limits and len(wrong := number.index[number.notna() & ~number.between(*limits)]):
        more = f" and {len(wrong) - 1} more rows" if len(wrong) > 1 else ""
        raise InputError(
            f"{name}, column '{column}', row {wrong[0]}{more}: {number[wrong[0]]:g} is outside {limits[0]:g} to "
            f"{limits[1]:g}, what the items of the scale allow as a mean or as a sum; correct the value, list it under "
            "`missing_codes:`, or give the `range:` of the score."
        )
    return number


def _limits(form: dict, part: dict) -> tuple[float, float] | None:
    """The lowest mean and the highest sum of the items of a scale; nothing where its items are not known."""
    scale = part.get("scale", "total")
    items = form["items"] if scale == "total" else len(form.get("scales", {}).get(scale, []))
    low, high = form["range"]
    return (min(low, items * low), max(high, items * high)) if items else None


def _one_row_each(raw: pd.DataFrame, scores: pd.DataFrame, entry: dict, occasion: str | int) -> pd.DataFrame:
    """The scores of each client at the occasion, those of rows of different people put together."""
    name = entry["file"]
    client = as_text(raw[entry["client"]])
    if len(empty := client.index[client.isna()]):
        raise InputError(f"{name}, column '{entry['client']}', row {empty[0]}: the client's code is missing.")
    session = session_numbers(raw, entry["session"], entry, name)
    if isinstance(entry["sessions"], str):
        session = numbered({name: pd.DataFrame({"client": client, "session": session})})[0][name]["session"]
    who = [client, session]
    twice = scores.notna().groupby(who).sum() > 1
    if twice.any(axis=None):
        label = str(twice.columns[twice.any()][0])
        raise InputError(
            f"{name}: {int(twice[label].sum())} clients have '{label}' more than once in a session; name the column of "
            "the sessions under `session:`, or pick rows with the `keep:` of a variable."
        )
    wide = scores.groupby(who).first().rename_axis(["client", "session"]).reset_index()
    if isinstance(occasion, int):
        chosen = wide[wide["session"] == occasion]
        if chosen.empty:
            known = ", ".join(map(str, sorted(wide["session"].unique())[:20]))
            raise InputError(
                f"dataset.yaml: occasion: nobody answered in session {occasion}; the sessions are {known}."
            )
    else:
        wide = wide.sort_values(["client", "session"], kind="stable")
        chosen = wide.drop_duplicates("client", keep="first" if occasion == "first" else "last")
    return chosen.drop(columns=["client", "session"]).reset_index(drop=True)


def _moments(wide: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations and numbers of people, pair by pair."""
    present = wide.notna().astype(int)
    n = present.T @ present
    if (n.to_numpy() < FEWEST).any():
        one, two = (n.index[place] for place in np.argwhere(n.to_numpy() < FEWEST)[0])
        who = f"'{one}'" if one == two else f"both '{one}' and '{two}'"
        raise InputError(f"{name}: fewer than {FEWEST} people have {who}; leave one of the scores out.")
    if (constant := wide.columns[wide.std() == 0]).size:
        raise InputError(
            f"{name}: all people have the same '{constant[0]}', which correlates with nothing; leave it out."
        )
    return wide.corr(), n


def _belong_together(wide: pd.DataFrame) -> bool:
    """Whether any scores can correlate so: of different people, pairs may not fit together."""
    values = wide.corr().to_numpy()
    return not np.isfinite(values).all() or float(np.linalg.eigvalsh(values)[0]) >= -ROUNDING


def _published(wide: pd.DataFrame, variables: Mapping[str, dict]) -> pd.DataFrame:
    """Means and standard deviations from the data, and the reliabilities that the description gives."""
    table = pd.DataFrame(
        [{key: part.get(key) for key in PUBLISHED} for part in variables.values()], index=list(variables)
    )
    table["mean"], table["sd"] = wide.mean(), wide.std()
    table["coefficient"] = table["coefficient"].where(table["reliability"].notna(), None)
    return table.astype({"mean": float, "sd": float, "reliability": float})
