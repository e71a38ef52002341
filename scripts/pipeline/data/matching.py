"""Do the codes of clients meet across the files of a data set?"""

import re
from collections.abc import Mapping
from itertools import combinations, combinations_with_replacement

import pandas as pd

from pipeline.data.findings import Finding

SIMILAR_CODES, UNMATCHED_CLIENTS = "similar_codes", "unmatched_clients"
FEWEST_IN_COMMON = 0.5  # share of the smaller part's clients who are in the other as well


def shape(code: str) -> str:
    """Describe what a code looks like without saying it.

    Parameters
    ----------
    code : str
        Of a client.

    Returns
    -------
    str
        9 for a digit, a or A for a letter; other characters stay.

    Examples
    --------
    >>> shape("P007 b")
    'A999 a'
    """
    code = re.sub(r"\d", "9", code)
    return "".join("A" if one.isalpha() and one.isupper() else "a" if one.isalpha() else one for one in code)


def plain(code: str) -> str:
    """Reduce a code to what stays when leading zeros, blanks, hyphens and capitals are taken away.

    Parameters
    ----------
    code : str
        Of a client.

    Returns
    -------
    str
        Two codes of one person usually agree in it.
    """
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"[\s_-]+", "", code)).casefold()


def clients_in_common(clients: Mapping[str, pd.Series]) -> list[dict[str, str | int]]:
    """Count the clients that each two parts of a data set have in common.

    Parameters
    ----------
    clients : mapping of str to pandas.Series
        Form or file -> codes of its clients.

    Returns
    -------
    list of dict
        One row per pair: part, part_2, clients, clients_2, in_common.
    """
    sets = {part: set(codes.dropna().unique()) for part, codes in clients.items()}
    return [
        {"part": one, "part_2": two, "clients": len(first), "clients_2": len(second), "in_common": len(first & second)}
        for (one, first), (two, second) in combinations(sets.items(), 2)
    ]


def unmatched_clients(clients: Mapping[str, pd.Series]) -> list[Finding]:
    """Find codes that differ only in how they are written, and parts that have too few clients in common.

    Parameters
    ----------
    clients : mapping of str to pandas.Series
        Form or file -> codes of its clients.

    Returns
    -------
    list of Finding
        The codes are described by their shape and never shown.
    """
    written = {part: {code: plain(code) for code in codes.dropna().unique()} for part, codes in clients.items()}
    for one, two in combinations_with_replacement(written, 2):
        first = {same: code for code, same in written[one].items()}
        differently = [code for code, same in written[two].items() if same in first and first[same] != code]
        differently = [code for code in differently if one == two or code not in written[one]]
        if differently:
            count = len(differently)
            codes = "1 client code" if count == 1 else f"{count} client codes"
            example = differently[0]
            here, there = shape(example), shape(first[plain(example)])
            how = f" ({here} and {there}; 9 stands for a digit, A for a letter)" if here != there else ""
            where = f"within {one}" if one == two else f"in {one} and {two}"
            return [
                Finding(
                    SIMILAR_CODES,
                    f"{codes} {where} differ only in zeros, blanks, hyphens or capitals{how}",
                    "write the code of a person in the same way everywhere",
                )
            ]
    for row in clients_in_common(clients):
        smaller = min(int(row["clients"]), int(row["clients_2"]))
        if int(row["in_common"]) < FEWEST_IN_COMMON * smaller:
            shapes = " and ".join(_usual_shape(clients[str(row[part])]) for part in ("part", "part_2"))
            return [
                Finding(
                    UNMATCHED_CLIENTS,
                    f"of {row['clients']} clients in {row['part']} and {row['clients_2']} in {row['part_2']}, "
                    f"{row['in_common'] or 'none'} are in both (most codes look like {shapes}; 9 stands for a digit, A "
                    "for a letter)",
                    "write the code of a person in the same way in all files",
                )
            ]
    return []


def _usual_shape(codes: pd.Series) -> str:
    return str(codes.dropna().map(shape).value_counts().index[0])
