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
from tests.conftest import ROOT, SMALL_DRAWS, Project, small_project

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
    """kill -9 at ten times each: no process goes on, the lock is explained, and the end is the same."""
    seconds = random.Random(3)
    kills = rounds = 0
    while kills < 10:
        rounds += 1
        assert rounds < 40
        process = started(project)
        until(lambda process=process: len(scripts_of(project)) > 1 or process.poll() is not None)
        time.sleep(seconds.uniform(0, 4))
        jobs = [pid for pid in scripts_of(project) if pid != process.pid]
        if process.poll() is None and jobs:
            with_signal(process.pid if victim == "snakemake" else jobs[-1], signal.SIGKILL)
            kills += 1
        process.communicate(timeout=300)
        until(lambda: not scripts_of(project), 20)  # no orphan
        if process.returncode == 0:  # it came to its end, perhaps after the kill: once more from the start
            assert same(project, undisturbed)
            shutil.rmtree(project.folder / "results")
            continue
        locked = call(project, command=[*RUN[:-1], "results/matrix/responses"])  # the first step only
        if locked.returncode:
            assert last_line(locked).startswith("A run that was killed has left its lock: run `make unlock`")
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


@pytest.fixture
def like_others() -> list[str]:
    """What makes a command obey the permissions of files, which root need not."""
    if os.geteuid():
        return []
    command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"]
    if not shutil.which("setpriv") or subprocess.run([*command, "true"], check=False).returncode:
        pytest.skip("root writes everywhere here, and setpriv cannot change that")
    return command


@contextmanager
def read_only(folder: Path):
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())]
    for path in folders:
        path.chmod(0o500)
    try:
        yield
    finally:
        for path in folders:
            path.chmod(0o755)


def test_results_that_cannot_be_written(half_done, undisturbed, like_others):
    with read_only(half_done.folder / "results"):
        outcome = call(half_done, command=[*like_others, *RUN])
        assert (
            outcome.returncode != 0
            and "results: you may not write in this folder; check its permissions" in last_line(outcome)
        ), outcome.stderr
    assert call(half_done).returncode == 0
    assert same(half_done, undisturbed)


def test_a_project_of_another_user(half_done, undisturbed, like_others, tmp_path):
    """It ends in a sentence; a folder of one's own serves, with the same bytes."""
    own = tmp_path / "own"
    own.mkdir()
    with read_only(half_done.folder):
        outcome = call(half_done, command=[*like_others, *RUN])
        assert outcome.returncode != 0
        assert f"{half_done.folder}: you may not write in this folder; check its permissions" in last_line(outcome), (
            outcome.stderr
        )
        outcome = call(half_done, "--directory", str(own), command=[*like_others, *RUN])
        assert outcome.returncode == 0, outcome.stderr
    assert same(Project.at(own), undisturbed)


def test_a_home_that_cannot_be_written(half_done, undisturbed, like_others, tmp_path):
    """`make` keeps the cache of Snakemake in the project then."""
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(ROOT / "Makefile", half_done.folder)
    (half_done.folder / ".venv").symlink_to(sys.prefix)
    half_done.configure(**SMALL_DRAWS | {"datasets": ["matrix"]})
    with read_only(home):
        outcome = call(half_done, command=[*like_others, "env", f"HOME={home}", "make", "-o", ".venv/ready"])
    assert outcome.returncode == 0, outcome.stderr
    assert (half_done.folder / ".snakemake/cache/snakemake").exists()
    of_matrix = {name: content for name, content in half_done.results().items() if name.startswith("matrix/")}
    assert of_matrix == undisturbed.results()


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
