"""What can happen to a run: killed, no space, no memory, two at once, files edited meanwhile, a wrong clock.

Each ends in one sentence or in the same bytes as an undisturbed run (docs/cluster.md has the table).
"""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.conftest import Project, small_project

pytestmark = pytest.mark.slow
RUN = [sys.executable, "-m", "snakemake", "--cores", "2", "matrix"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Project:
    project = small_project(tmp_path_factory.mktemp("faults") / "undisturbed")
    outcome = call(project)
    assert outcome.returncode == 0, outcome.stderr
    return project


@pytest.fixture
def project(tmp_path) -> Project:
    return small_project(tmp_path / "project")


@pytest.fixture
def half_done(undisturbed, tmp_path) -> Project:
    """A run of which the pages and the figures are missing."""
    shutil.copytree(undisturbed.folder, tmp_path / "half", symlinks=True)
    shutil.rmtree(tmp_path / "half/results/matrix/figures")
    (tmp_path / "half/results/matrix/report.html").unlink()
    return Project.at(tmp_path / "half")


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")}


def call(project: Project, *further: str, command: list[str] = RUN, **more) -> subprocess.CompletedProcess:
    return subprocess.run(
        [*command, *further],
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        **more,
    )


def started(project: Project, *further: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*RUN, *further],
        cwd=project.folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def scripts_of(project: Project) -> list[int]:
    """Processes that work in the folder of the project."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").resolve() == project.folder.resolve():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def until(met, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.1)


def same(project: Project, undisturbed: Project) -> bool:
    return project.results() == undisturbed.results()


def last_line(outcome: subprocess.CompletedProcess) -> str:
    return outcome.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("victim", ["snakemake", "job"])
def test_killed_again_and_again(victim, project, undisturbed):
    """kill -9 at four times: no process goes on, the lock is explained, and the end is the same."""
    seconds = random.Random(3)
    for _ in range(4):
        process = started(project)
        until(lambda process=process: len(scripts_of(project)) > 1 or process.poll() is not None)
        time.sleep(seconds.uniform(0, 4))
        if process.poll() is not None:
            break
        jobs = [pid for pid in scripts_of(project) if pid != process.pid]
        for pid in [process.pid] if victim == "snakemake" else jobs[-1:]:
            with_signal(pid, signal.SIGKILL)
        process.wait(timeout=300)
        until(lambda: not scripts_of(project), 20)  # no orphan
        locked = call(project)
        if locked.returncode and "make unlock" in locked.stderr:
            assert last_line(locked).startswith("A run that was killed has left its lock: call `make unlock`")
            assert call(project, "--unlock").returncode == 0
    outcome = call(project)
    assert outcome.returncode == 0, outcome.stderr
    assert same(project, undisturbed)


def with_signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def test_two_runs_at_once(project, undisturbed):
    """The second says who works here; neither it nor `make unlock` disturbs the first."""
    first = started(project)
    until(lambda: len(scripts_of(project)) > 1)
    for second in (call(project), call(project, "--unlock")):
        assert second.returncode != 0
        assert last_line(second).startswith(f"Another run is working in this folder (process {first.pid} on ")
    assert first.wait(timeout=300) == 0, first.stderr.read()
    assert same(project, undisturbed)


@contextmanager
def tiny_disk(folder: Path, megabytes: int):
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("only root can mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk(half_done, undisturbed, tmp_path):
    """No folder with answers stays behind, the sentence says what to do, and after that the run goes on."""
    full, free = half_done.folder / "results", tmp_path / "aside"
    full.rename(free)
    full.mkdir()
    with tiny_disk(full, 1):
        (full / "filler").write_bytes(b"x" * (2**20 - 3 * 4096))
        outcome = call(half_done)
        assert outcome.returncode != 0
        assert last_line(outcome).startswith("The disk is full: free some space"), outcome.stderr
        assert not list(full.rglob("*.parquet")) and not list(full.rglob("*.partial"))
    full.rmdir()
    free.rename(full)
    assert call(half_done).returncode == 0
    assert same(half_done, undisturbed)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_results_that_cannot_be_written(half_done):
    (half_done.folder / "results/matrix").chmod(0o500)
    outcome = call(half_done)
    assert outcome.returncode != 0 and "see to its permissions" in last_line(outcome)


@pytest.mark.parametrize("megabytes", [420, 600, 900])
def test_little_memory(half_done, megabytes):
    """It ends, with whatever was possible, and never hangs."""
    size = megabytes * 2**20
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))  # noqa: E731
    outcome = call(half_done, preexec_fn=limit)
    assert (
        outcome.returncode == 0
        or "not enough memory" in last_line(outcome)
        or "at least 600 are needed" in last_line(outcome)
    ), outcome.stderr


def test_a_file_edited_during_the_run_is_read_again(project, undisturbed):
    """What was read before the edit does not pass for what stands there now."""
    table = project.folder / "data/datasets/matrix/correlations.csv"
    before = table.read_text()
    table.write_text(before.replace("0.65", "0.60"))
    first = started(project)
    until(lambda: (project.folder / "results/matrix/responses").exists())
    table.write_text(before)
    first.wait(timeout=300)
    assert call(project).returncode == 0
    assert same(project, undisturbed)


def test_a_clock_that_is_wrong(half_done, undisturbed):
    """Files of tomorrow end in a sentence; code of 1980 makes no difference."""
    table = half_done.folder / "data/datasets/matrix/correlations.csv"
    tomorrow = time.time() + 86_400
    os.utime(table, (tomorrow, tomorrow))
    outcome = call(half_done)
    assert outcome.returncode != 0
    assert last_line(outcome).startswith("data/datasets/matrix/correlations.csv is dated in the future (")
    table.touch()
    for path in (half_done.folder / "scripts").rglob("*.py"):
        os.utime(path, (315_532_800, 315_532_800))
    assert call(half_done).returncode == 0
    assert "Nothing to be done" in call(half_done).stderr
    assert same(half_done, undisturbed)
