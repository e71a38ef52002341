"""`exclusions:` and `accept:` of a description, as `--exclude` and `--accept` name them."""

import argparse

from pipeline.data.job import InputError
from pipeline.describing.described_file import File

PICKS = ("rows", "where", "where_not", "clients")


def exclusion_part(files: list[File], given: argparse.Namespace) -> list[dict]:
    """Read whom to leave out, each with a reason.

    Parameters
    ----------
    files : list of File
        The first holds the rows that are meant.
    given : argparse.Namespace
        `exclude`: texts such as "entered twice=rows:27,40", "test entries=where:site:pilot" and
        "failed the check=where_not:check:1".

    Returns
    -------
    list of dict
        Entries of `exclusions:`.

    Raises
    ------
    InputError
        A text of another form, or a column that no file has.
    """
    return [_entry(said, files) for said in given.exclude]


def _entry(said: str, files: list[File]) -> dict:
    reason, _, picked = said.partition("=")
    how, _, rest = picked.partition(":")
    if not reason.strip() or how not in PICKS or not rest:
        raise InputError(
            f"--exclude {said}: should be a reason and whom it picks, as in 'entered twice=rows:27,40', 'withdrew "
            "consent=clients:017,112', 'test entries=where:site:pilot' or 'failed the check=where_not:check:1'."
        )
    entry: dict = {"reason": reason.strip()}
    if how == "rows":
        if not all(number.strip().isdigit() for number in rest.split(",")):
            raise InputError(f"--exclude {said}: rows are numbers as in a spreadsheet, where the header is row 1.")
        return entry | {"file": files[0].path.name, "rows": [int(number) for number in rest.split(",")]}
    if how == "clients":
        return entry | {"clients": [code.strip() for code in rest.split(",")]}
    column, _, values = rest.rpartition(":")
    if not any(column in file.columns for file in files):
        raise InputError(f"--exclude {said}: there is no column '{column}'.")
    kept = [value.strip() for value in values.split(",")]
    return entry | {how: {column: kept[0] if len(kept) == 1 else kept}}


def accepted_part(given: argparse.Namespace) -> dict[str, str]:
    """Read the findings that are right, each with its reason.

    Parameters
    ----------
    given : argparse.Namespace
        `accept`: texts such as "against_other_forms=it measures distress".

    Returns
    -------
    dict of str to str
        Finding -> reason.

    Raises
    ------
    InputError
        A text without a reason.
    """
    pairs = [said.partition("=") for said in given.accept]
    for finding, _, reason in pairs:
        if not reason.strip():
            raise InputError(f"--accept {finding}: give the reason, as in '{finding}=why it is right'.")
    return {finding.strip(): reason.strip() for finding, _, reason in pairs}
