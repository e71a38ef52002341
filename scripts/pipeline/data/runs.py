"""One run at a time in a folder, and no job that goes on without its run: locks that end with their process."""

import fcntl
import os
import socket
import threading
import time
from pathlib import Path
from typing import IO

from pipeline.data.job import InputError

FOLDER = Path(".snakemake")  # below the folder in which Snakemake runs
RUN, JOBS = "run.lock", "jobs.lock"  # held by a run alone; shared by its jobs
SNAKEMAKE = "ALLIANCE_SNAKEMAKE"  # variable of the environment: the process that started a job
WORKING = "Another run is working in this folder"
PATIENCE = 60  # seconds that a run waits for jobs of a run that was killed
WRITTEN = (".snakemake", "results", "logs")  # below the folder in which Snakemake runs
_held: list[IO] = []


def check_permissions(here: Path) -> None:
    """See before anything runs that this user may write where a run writes.

    Parameters
    ----------
    here : Path
        The folder in which Snakemake runs.

    Raises
    ------
    InputError
        A folder may not be written.
    """
    kept = [Path(folder) for name in WRITTEN[1:] for folder, _, _ in os.walk(here / name)]
    for folder in (here, *(here / name for name in WRITTEN), *kept):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            raise InputError(
                f"{folder}: you may not write in this folder; check its permissions, or work in a folder of your own: "
                "snakemake --directory FOLDER."
            )


def begin(folder: Path = FOLDER, patience: float = PATIENCE) -> None:
    """Hold the folder for this run until the process ends, however it ends.

    Parameters
    ----------
    folder : Path, default FOLDER
        Of the locks.
    patience : float, default PATIENCE
        Seconds.

    Raises
    ------
    InputError
        Another run works here, or jobs of a killed one do not end.
    """
    run = (folder / RUN).open("a+")
    if not _locked(run, fcntl.LOCK_EX | fcntl.LOCK_NB):
        raise InputError(f"{WORKING} ({_who(folder)}): wait until it has ended.")
    run.truncate(0)
    run.write(f"process {os.getpid()} on {socket.gethostname()}, since {time.strftime('%H:%M')}")
    run.flush()
    end = time.monotonic() + patience
    with (folder / JOBS).open("a+") as jobs:
        while not _locked(jobs, fcntl.LOCK_EX | fcntl.LOCK_NB):
            if time.monotonic() > end:
                run.close()
                raise InputError("Jobs of a run that was killed are still working in this folder: end them first.")
            time.sleep(0.2)
    _held.append(run)


def unlock(folder: Path = FOLDER) -> None:
    """Refuse to take away the lock of a run that is working.

    Parameters
    ----------
    folder : Path, default FOLDER
        Of the locks.

    Raises
    ------
    InputError
        One is.
    """
    if (sentence := why_locked(folder)).startswith(WORKING):
        raise InputError(sentence)


def why_locked(folder: Path = FOLDER) -> str:
    """Explain a lock of Snakemake's.

    Parameters
    ----------
    folder : Path, default FOLDER
        Of the locks.

    Returns
    -------
    str
        The sentence for the user.
    """
    try:
        with (folder / RUN).open("a+") as run:
            if not _locked(run, fcntl.LOCK_EX | fcntl.LOCK_NB):
                return f"{WORKING} ({_who(folder)}): wait until it has ended."
    except OSError:
        return "The lock of this folder cannot be read: see to the permissions of .snakemake."
    return (
        "A run that was killed has left its lock: run `make unlock`, then your command again; finished steps are kept."
    )


def belong_to_run(folder: Path = FOLDER) -> None:
    """Make this process one of a run's jobs: it ends, wherever it is, when Snakemake or its shell has ended.

    Parameters
    ----------
    folder : Path, default FOLDER
        Of the locks.
    """
    parent, snakemake = os.getppid(), int(os.environ.get(SNAKEMAKE, "0"))
    if not snakemake:
        return
    try:
        jobs = (folder / JOBS).open("a+")
    except OSError:
        return
    _held.append(jobs)
    _locked(jobs, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def watch() -> None:
        while os.getppid() == parent and _alive(snakemake):
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _locked(file: IO, how: int) -> bool:
    """Lock a file, or tell that another process has it; where a file system knows no locks, there are none."""
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _who(folder: Path) -> str:
    try:
        return (folder / RUN).read_text() or "just started"
    except OSError:
        return "of another user"
