"""Which data sets of a run have a mistake: looked for before anything runs, so that one does not stop the others."""

import hashlib
import json
import re
import sys
import time
import warnings
from collections.abc import Iterable
from pathlib import Path

from pipeline.data.checksums import checksum
from pipeline.data.job import InputError, stopped

FOLDER = Path(".snakemake/checked")  # below the folder in which Snakemake runs
TOLERANCE = 2  # seconds by which the clocks of two machines may differ
# alone or among other letters that take no value, as in -np; Snakemake itself does not say so while it reads the rules
DRY_RUN = re.compile("--dry-?run|-[Ffkpqr]*n[Ffkpqr]*")


def verdict(
    name: str, root: Path, occasion: str | int, inputs: Iterable[Path], code: str, *, planned: bool = False
) -> str:
    """Check a data set as ingest does, once for the same contents.

    Parameters
    ----------
    name : str
        Of the data set.
    root : Path
        Of the project.
    occasion : str or int
        The session that enters single-occasion analyses.
    inputs : iterable of Path
        Everything that the check reads.
    code : str
        Checksum of the code that checks, and of what all checks read.
    planned : bool, default False
        Whether the run is a dry run, which tells what it knows already and reads no answers.

    Returns
    -------
    str
        The sentence that would end its ingest; empty where nothing is wrong.
    """
    contents = [f"{path}:{checksum(path)}" for path in inputs]
    key = hashlib.sha256("\n".join([*contents, str(occasion), code]).encode()).hexdigest()
    known = remembered(name)
    if known.get("key") == key:
        return known["mistake"]
    if planned:
        return ""
    from pipeline.data.checking import assembled  # what it imports takes longer than all the rest

    mistake = ""
    try:
        with warnings.catch_warnings(action="ignore"):  # they go into the log of ingest
            assembled(name, root, occasion)
    except InputError as error:
        mistake = str(error)
    except Exception as error:  # ingest meets it again, and its log tells where
        print(
            f"{name}: the check before the run met a mistake of the program ({type(error).__name__}), not of the data; "
            f"if reading fails as well, logs/{name}/ingest_dataset.log says where.",
            file=sys.stderr,
        )
        return ""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / f"{name}.json").write_text(json.dumps({"key": key, "mistake": mistake}))
    return mistake


def dated_ahead(files: Iterable[Path], now: float) -> str:
    """Explain a file that is dated in the future, than which no result can be newer.

    Parameters
    ----------
    files : iterable of Path
        Of a data set.
    now : float
        Seconds since 1970.

    Returns
    -------
    str
        The sentence for the user; empty where there is none.
    """
    for file in files:
        if file.exists() and file.stat().st_mtime > now + TOLERANCE:
            day = time.strftime("%Y-%m-%d %H:%M", time.localtime(file.stat().st_mtime))
            return f"{file} is dated in the future ({day}): set the clock of this machine, or touch the file."
    return ""


def is_dry_run(arguments: Iterable[str]) -> bool:
    """Tell whether Snakemake was called to plan only.

    Parameters
    ----------
    arguments : iterable of str
        Of the command line.

    Returns
    -------
    bool
        True with -n, --dry-run or --dryrun.
    """
    return any(map(DRY_RUN.fullmatch, arguments))


def remembered(name: str) -> dict[str, str]:
    """Give the last verdict, whatever changed since.

    Parameters
    ----------
    name : str
        Of the data set.

    Returns
    -------
    dict of str to str
        The keys key and mistake, or nothing.
    """
    try:
        return json.loads((FOLDER / f"{name}.json").read_text())
    except (OSError, ValueError):
        return {}


def last_words(logs: Path, since: float) -> list[str]:
    """Collect what stopped jobs said, to be repeated at the end of a run.

    Parameters
    ----------
    logs : Path
        Folder of the logs.
    since : float
        When the run began; older logs are of other runs.

    Returns
    -------
    list of str
        Each sentence once.
    """
    new = sorted(path for path in logs.rglob("*.log") if path.stat().st_mtime >= since)
    return list(dict.fromkeys(said for path in new if (said := stopped(path))))
