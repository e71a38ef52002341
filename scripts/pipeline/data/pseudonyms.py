"""Codes of people are replaced at ingest: nothing that a run writes holds a code of the raw files."""

from collections.abc import Mapping

import pandas as pd

PEOPLE = {"client": "c", "therapist": "t", "rater": "r"}


def pseudonyms(tables: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, str]]:
    """Number the people of a data set in the order of their codes.

    Numbers in that order keep every sorted table, and so every seeded draw, as it would be with the codes themselves,
    on any machine; hashes with a secret key would not.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables that may have the columns client, therapist and rater.

    Returns
    -------
    dict of str to dict
        Column -> code -> pseudonym, such as c017.
    """
    found = {}
    for column, letter in PEOPLE.items():
        parts = [table[column].dropna() for table in tables.values() if column in table]
        codes = sorted(pd.concat(parts).unique()) if parts else []
        width = max(3, len(str(len(codes))))
        found[column] = {code: f"{letter}{number:0{width}d}" for number, code in enumerate(codes, start=1)}
    return found


def pseudonymised(files: Mapping[str, object]) -> dict[str, object]:
    """Replace the codes of people in everything that ingest is about to write.

    Parameters
    ----------
    files : mapping of str to object
        File name -> table or dictionary.

    Returns
    -------
    dict of str to object
        The same with pseudonyms in the tables of answers and of clients.
    """
    tables = {
        name: part for name, part in files.items() if isinstance(part, pd.DataFrame) and name.endswith(".parquet")
    }
    names = pseudonyms(tables)
    replaced: dict[str, object] = dict(files)
    for name, table in tables.items():
        columns = {column: table[column].map(names[column], na_action="ignore") for column in PEOPLE if column in table}
        replaced[name] = table.assign(
            **{column: of.astype(object).where(of.notna(), None) for column, of in columns.items()}
        )
    return replaced
