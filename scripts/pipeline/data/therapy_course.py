"""Where in a therapy an answer belongs: its phase, its time in weeks, and how the therapy ended."""

from collections.abc import Mapping
from itertools import pairwise

import pandas as pd

from pipeline.data.exclusions import Exclusions
from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import as_text, client_codes, code_text, require

THIRDS = ("early", "middle", "late")
PLANNED, DROPPED, UNKNOWN = "planned", "dropped", "unknown"  # how a therapy ended
Phases = str | Mapping[str, tuple[int, int]]  # "thirds", or the first and last session of each phase


def phase_names(phases: Phases | None) -> list[str]:
    """Name the phases in their order.

    Parameters
    ----------
    phases : str or mapping or None
        `phases:` of the data set's description.

    Returns
    -------
    list of str
        Empty where none are told apart.
    """
    if phases is None:
        return []
    return list(THIRDS) if isinstance(phases, str) else sorted(phases, key=lambda name: phases[name][0])


def phase_of(session: pd.Series, client: pd.Series, phases: Phases | None, course: pd.DataFrame) -> pd.Series:
    """Say in which phase of the client's therapy each session lies.

    Parameters
    ----------
    session : pandas.Series
        Numbers of sessions.
    client : pandas.Series
        Their clients.
    phases : str or mapping or None
        `phases:` of the data set's description.
    course : pandas.DataFrame
        Indexed by client: columns first and last, numbers of the client's first and last session.

    Returns
    -------
    pandas.Series
        Names of phases; missing outside all of them, and where a therapy is too short for thirds.
    """
    found = pd.Series(None, index=session.index, dtype=object)
    if isinstance(phases, str):
        first, last = (client.map(course[end]) for end in ("first", "last"))
        length = last - first + 1
        third = len(THIRDS) * (session - first) // length
        known = (length >= len(THIRDS)) & third.between(0, len(THIRDS) - 1)
        for number, name in enumerate(THIRDS):
            found[known & (third == number)] = name
        return found
    for name, (start, end) in (phases or {}).items():
        found[session.between(start, end)] = name
    return found


def check_phases(phases: Phases | None) -> None:
    """Check that phases do not overlap.

    Parameters
    ----------
    phases : str or mapping or None
        `phases:` of the data set's description.

    Raises
    ------
    InputError
        A phase ends before it begins, or two share a session.
    """
    if phases is None or isinstance(phases, str):
        return
    for name, (start, end) in phases.items():
        if start > end:
            raise InputError(f"dataset.yaml: phases: {name}: session {start} to {end} is in descending order.")
    names = phase_names(phases)
    for one, two in pairwise(names):
        if phases[two][0] <= phases[one][1]:
            raise InputError(
                f"dataset.yaml: phases: {one} and {two} share session {phases[two][0]}; phases do not overlap."
            )


def read_endings(entry: dict, files: RawFiles, exclusions: Exclusions | None = None) -> pd.DataFrame:
    """Read how each therapy ended.

    Parameters
    ----------
    entry : dict
        `clients:` of the data set's description, with `ended:`.
    files : RawFiles
        Files of the data set.
    exclusions : Exclusions, optional
        What the data set leaves out.

    Returns
    -------
    pandas.DataFrame
        Columns client and ended: planned, dropped or unknown.

    Raises
    ------
    InputError
        A column that is not there, a value that means both, or values of which none is there.
    """
    name, about = entry["file"], entry["ended"]
    table = files.read(name, ReadOptions.of(entry))
    require(table, [about["column"]], name)
    client = client_codes(table.frame, entry["client"])
    text = as_text(table.frame[about["column"]])
    meant = {code_text(value): end for end in (PLANNED, DROPPED) for value in about.get(end, [])}
    if both := sorted(
        {code_text(value) for value in about.get(PLANNED, [])} & {code_text(v) for v in about.get(DROPPED, [])}
    ):
        raise InputError(f"dataset.yaml: clients: ended: '{both[0]}' is listed under both planned and dropped.")
    if not text.isin(list(meant)).any():
        raise InputError(
            f"{name}, column '{about['column']}': no value is among those that dataset.yaml lists under `planned:` and "
            "`dropped:` of `ended:`; check the spelling."
        )
    found = pd.DataFrame({"client": client, "ended": text.map(meant).fillna(UNKNOWN)})
    if exclusions is not None:
        found = found[exclusions.of_clients(client) == 0]
    return found.sort_values("client", kind="stable").reset_index(drop=True)
