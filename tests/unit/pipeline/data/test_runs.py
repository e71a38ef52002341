"""One run at a time, and no job without its run."""

import os
import subprocess
import sys
import time

import pytest
from tests.conftest import ROOT

from pipeline.data.job import InputError
from pipeline.data.runs import JOBS, RUN, SNAKEMAKE, begin, belong_to_run, unlock, why_locked

BEGIN = "import sys; sys.path.insert(0, 'scripts')\nfrom pathlib import Path\nfrom pipeline.data import runs\n"


def held(folder, call: str) -> subprocess.Popen:
    """A process that holds a lock until it is killed."""
    code = f"{BEGIN}runs.{call}(Path({str(folder)!r}))\nprint('held', flush=True)\nsys.stdin.read()"
    environment = os.environ | {SNAKEMAKE: str(os.getpid())}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_refused_until_the_first_has_ended(tmp_path):
    other = held(tmp_path, "begin")
    said = f"Another run is working in this folder \\(process {other.pid} on .*, since .*\\): wait until it has ended."
    for refused in (begin, unlock):
        with pytest.raises(InputError, match=said):
            refused(tmp_path)
    other.kill()
    other.wait()
    unlock(tmp_path)
    assert why_locked(tmp_path).startswith("A run that was killed has left its lock: run `make unlock`")


def test_a_run_waits_for_jobs_of_a_killed_one(tmp_path):
    job = held(tmp_path, "belong_to_run")
    with pytest.raises(InputError, match="Jobs of a run that was killed are still working"):
        begin(tmp_path, patience=0.1)
    job.kill()
    job.wait()
    begin(tmp_path / ".", patience=0)
    assert (tmp_path / RUN).read_text().startswith(f"process {os.getpid()} on ") and (tmp_path / JOBS).exists()


def test_a_job_ends_when_its_snakemake_has_been_killed(tmp_path):
    """Started by a shell that lives on, as a script is."""
    code = f"{BEGIN}runs.belong_to_run(Path({str(tmp_path)!r}))\nprint('held', flush=True)\nsys.stdin.read()"
    snakemake = subprocess.Popen(["sleep", "60"])
    job = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {SNAKEMAKE: str(snakemake.pid)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert job.stdout.readline() == "held\n"
    snakemake.kill()
    snakemake.wait()
    assert job.wait(timeout=10) == 1


def test_a_script_that_is_called_alone_has_no_run(tmp_path, monkeypatch):
    monkeypatch.delenv(SNAKEMAKE, raising=False)
    started = time.monotonic()
    belong_to_run(tmp_path)
    assert not list(tmp_path.iterdir()) and time.monotonic() - started < 1
