"""Codes of people in the names of files: results, report and the records of a run name the files that were read."""

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from pipeline.data.findings import Finding
from pipeline.data.matching import plain
from pipeline.data.pseudonyms import PEOPLE

CODE_IN_FILE_NAME = "code_in_file_name"
SHORTEST = 4  # characters; shorter codes stand in many names by chance, such as 12 in wave_12.csv
YEAR = re.compile(r"(19|20)\d\d")
ROLES = {"client", "patient", "therapist", "observer", "rater"}  # codes and names of files as well


def codes_in_file_names(content: dict, tables: Mapping[str, object]) -> Iterator[Finding]:
    """Find files that are named after a person of the data set.

    Parameters
    ----------
    content : dict
        The description of the data set.
    tables : mapping of str to object
        File name -> table with codes, as ingest is about to write them before codes are replaced.

    Yields
    ------
    Finding
        One for each file; neither the name nor the code is shown.
    """
    named = {f"responses: entry {place}": entry for place, entry in enumerate(content.get("responses", []), start=1)}
    named |= {part: content[part] for part in ("clients", "session_variables") if part in content}
    found = {place: parts_of(entry["file"]) for place, entry in named.items()}
    found |= {place: parts_of(name) for place, name in _further(content)}
    wanted = set().union(*found.values())
    for column in PEOPLE:
        held = [table[column] for table in tables.values() if isinstance(table, pd.DataFrame) and column in table]
        codes = pd.concat(held).dropna().unique() if held else []
        hits = wanted & {plain(str(code)) for code in codes}
        for place, parts in found.items():
            if parts & hits:
                yield Finding(
                    CODE_IN_FILE_NAME,
                    f"{place}: the name of the file contains the code of a {column}, and results name the files",
                    "rename the file",
                )


def _further(content: dict) -> Iterator[tuple[str, str]]:
    """Files with scores, matrices and what is known of items."""
    for part in ("scores", "matrix"):
        for key in ("file", "correlations", "moments", "n"):
            if isinstance(name := content.get(part, {}).get(key), str):
                yield f"{part}: {key}", name
    for part in ("item_codes", "loadings"):
        if isinstance(content.get(part), str):
            yield part, content[part]


def parts_of(name: str) -> set[str]:
    """Take a name apart into everything in it that could be a code.

    Parameters
    ----------
    name : str
        Of a file, with its folders.

    Returns
    -------
    set of str
        What stands between signs that are neither letters nor digits, alone and together with what follows, without
        regard to case, blanks, hyphens and leading zeros; not what is shorter than four signs, a year, or the name of a
        role.

    Examples
    --------
    >>> sorted(parts_of("PAT-0734 2023"))
    ['734', '7342023', 'pat734', 'pat7342023']
    """
    words = [(match.start(), match.end()) for match in re.finditer(r"[^\W_]+", name)]
    runs = [name[start:end] for place, (start, _) in enumerate(words) for _, end in words[place:]]
    runs = [run for run in runs if len(run) >= SHORTEST and not YEAR.fullmatch(run)]
    return {plain(run) for run in runs} - ROLES
