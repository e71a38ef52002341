"""The pipeline on a SLURM cluster of this machine: the same bytes as without, in tens of submissions."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Project, shipped
from tests.slurm_cluster import missing, running, said

from pipeline.data.needs import KINDS, Extent

# what data sets have alike goes together: each submission starts Snakemake twice
TOGETHER = ("scales=4", "factors=3", "solutions=2", "pages=2")
# Snakemake asks for the state of jobs every two seconds; else it waits ten seconds longer after each answer
SNAKEMAKE = """\
from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor
Executor.next_seconds_between_status_checks = property(lambda self: 2, lambda self, seconds: None)
main()
"""
MATRIX = "wai_sr_chatbot"
ELSEWHERE = {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}


@pytest.fixture(scope="module")
def cluster():
    if reason := missing():
        (pytest.fail if os.environ.get("REQUIRE_SYSTEM_PROGRAMS") else pytest.skip)(reason)
    with running(cores=4):  # so that a submission does not wait for one that waits
        yield


@pytest.mark.slow
def test_one_data_set_through_a_cluster(finished, cluster, tmp_path):
    """The smaller of the shipped data sets, which goes through every group.

    Shows that Snakemake submits by the profile, one submission for each group; that SLURM is asked for what the steps
    need, at the first attempt; and that jobs read what others wrote, up to a report with the bytes of a run without a
    cluster, in another folder, locale, time zone and hash seed. Slow for want of SLURM and root; CI runs it beside the
    tests that are not.
    """
    project = elsewhere(finished, tmp_path / "project")
    outcome = run(project, MATRIX)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    alone = {name: made for name, made in finished.results().items() if name.startswith(f"{MATRIX}/")}
    through = project.results()
    assert f"{MATRIX}/report.html" in through
    assert through.keys() == alone.keys()
    assert [name for name in through if through[name] != alone[name]] == []

    listed = said("scontrol", "show", "job", "--oneliner").splitlines()
    submissions = [line for line in listed if f"WorkDir={project.folder} " in line]
    assert all("JobState=COMPLETED" in line for line in submissions)
    asked = {re.search(r" Comment=rule_([a-z]+)", line)[1]: reserved(line) for line in submissions}
    assert len(submissions) == len(asked)
    assert asked.keys() == {"ingest", "scales", "factors", "solutions", "pages"}
    files = (project.folder / "data/datasets" / MATRIX).glob("*.csv")
    size = Extent(sum(path.stat().st_size for path in files) / 1e6, items=12)
    least = {name: (kind.memory(size), kind.time(size)) for name, kind in KINDS.items()}
    assert asked["ingest"] == asked["scales"] == least["answers"]  # one step each
    for name, kind in {"factors": "factors", "solutions": "factors", "pages": "figures"}.items():
        assert all(much >= enough for much, enough in zip(asked[name], least[kind], strict=True)), name


@pytest.mark.slow
def test_the_same_bytes_as_without_a_cluster(finished, cluster, tmp_path):
    """All shipped data as in the finished run, in another folder, locale, time zone and hash seed, in six submissions.

    Shows what one data set cannot: groups of several data sets in one submission (`--group-components`), steps that are
    cut into jobs by the size of the data, and tables that join data sets. It takes minutes.
    """
    project = elsewhere(finished, tmp_path / "project")
    outcome = run(project, "--group-components", *TOGETHER)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    alone, through = finished.results(), project.results()
    assert through.keys() == alone.keys()
    assert [name for name in through if through[name] != alone[name]] == []
    # all jobs but the reading of two data sets go in one submission for each of the groups
    assert len(re.findall("has been submitted with SLURM jobid", outcome.stderr)) == 2 + len(TOGETHER)


def reserved(submission: str) -> tuple[int, int]:
    """MB and minutes that a submission asked for, as `scontrol` shows it."""
    hours, minutes, _ = re.search(r" TimeLimit=(\d+):(\d+):(\d+) ", submission).groups()
    return int(re.search(r" MinMemoryNode=(\d+)M ", submission)[1]), 60 * int(hours) + int(minutes)


def elsewhere(finished: Project, folder: Path) -> Project:
    """The shipped data with the settings of the finished run, in another folder."""
    project = shipped(folder)
    shutil.copy(finished.folder / "config.yaml", project.folder)
    return project


def run(project: Project, *arguments: str) -> subprocess.CompletedProcess:
    """Call snakemake with the profile; without accounting only squeue answers. A run that hangs hears no SIGTERM."""
    command = [sys.executable, "-c", SNAKEMAKE, "--profile", "profiles/slurm", "--slurm-status-command", "squeue"]
    return subprocess.run(
        ["timeout", "-s", "KILL", "1800", *command, "--slurm-init-seconds-before-status-checks", "2", *arguments],
        cwd=project.folder,
        env={key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")} | ELSEWHERE,
        capture_output=True,
        text=True,
        check=False,
    )
