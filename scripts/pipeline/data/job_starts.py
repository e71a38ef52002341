"""Jobs begin as copies of one process that has read pandas and the project's modules already.

A Python of its own reads them anew for every job, which takes three quarters of a second: half an hour for two hundred
data sets. The process is that of the standard library (:mod:`multiprocessing.forkserver`); it ends with the run.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import connection, forkserver
from pathlib import Path
from types import ModuleType

FIRST = ["snakemake.script", "pipeline.data.read_beforehand"]  # what the process reads; the second one last
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_one_at_a_time = threading.Lock()  # Snakemake starts jobs from several threads, and multiprocessing may look after all


def prepare(scripts: Path, python: str = sys.executable) -> None:
    """Start the process whose copies jobs are; it reads its modules while the first jobs are chosen.

    Parameters
    ----------
    scripts : Path
        The folder that is on the import path (`scripts/`).
    python : str, default sys.executable
        The program.

    Raises
    ------
    OSError
        The folder of temporary files cannot be written, or its path is too long for a socket.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_executable(python)
    context.set_forkserver_preload(FIRST)
    with _one_at_a_time, _environment(ONE_THREAD | {"PYTHONPATH": str(scripts)}), _nothing_to_read_again():
        forkserver.ensure_running()


def run_as_copy(script: Path, environment: Mapping[str, str]) -> None:
    """Run a script to its end in a copy of the process, in the present folder.

    Parameters
    ----------
    script : Path
        The file.
    environment : mapping of str to str
        The variables of the job.

    Raises
    ------
    OSError
        There is no such process any more, and nothing was run.
    subprocess.CalledProcessError
        The script fails or is killed; the code is that of a shell.
    """
    context = multiprocessing.get_context("forkserver")
    copy = context.Process(target=run_script, args=(str(script), dict(environment), os.getcwd()), daemon=True)
    with _one_at_a_time, _nothing_to_read_again():
        copy.start()
    connection.wait([copy.sentinel])
    with _one_at_a_time:
        copy.join()
    code = copy.exitcode or 0
    if code:
        raise subprocess.CalledProcessError(code if code > 0 else 128 - code, str(script))


def run_script(script: str, environment: dict[str, str], folder: str) -> None:
    """Be the job: what `python SCRIPT` does in a folder, with these variables of the environment."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [script]
    sys.path.insert(0, str(Path(script).parent))
    runpy.run_path(script, run_name="__main__")


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Variables that a process gets which is started here."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _nothing_to_read_again() -> Iterator[None]:
    """Multiprocessing has every copy read the file that was called, which is Snakemake's: here there is none."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
