"""The pipeline on a SLURM cluster of this machine: the same bytes as without, in tens of submissions."""

import os
import re
import subprocess
import sys

import pytest
from tests.conftest import Project, shipped
from tests.slurm_cluster import missing, running

# what data sets have alike goes together: each submission starts Snakemake twice
TOGETHER = ("scales=4", "factors=3", "solutions=2", "pages=2")
# Snakemake asks for the state of jobs every two seconds; else it waits ten seconds longer after each answer
SNAKEMAKE = """\
from snakemake.cli import main
from snakemake_executor_plugin_slurm import Executor
Executor.next_seconds_between_status_checks = property(lambda self: 2, lambda self, seconds: None)
main()
"""
ELSEWHERE = {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "7"}


@pytest.fixture(scope="module")
def cluster():
    if reason := missing():
        (pytest.fail if os.environ.get("REQUIRE_SYSTEM_PROGRAMS") else pytest.skip)(reason)
    with running(cores=4):  # so that a submission does not wait for one that waits
        yield


@pytest.mark.slow
def test_tables_that_hang_on_no_draws_are_those_made_without_a_cluster(finished, cluster, tmp_path):
    """The shipped data with few draws and no figures to print: what was made alike is alike to the byte."""
    project = shipped(tmp_path / "project", figures={"formats": []})
    outcome = run(project, "--group-components", *TOGETHER)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    alone, through = finished.results(), project.results()
    assert {name for name in alone.keys() - through.keys() if not name.endswith((".pdf", ".png"))} == set()
    settings = {name: name.replace(".csv", ".settings.json") for name in through if name.endswith(".csv")}
    alike = [name for name, made in settings.items() if made in through and through[made] == alone[made]]
    assert len(alike) > 30, len(alike)  # a third of the tables
    assert [name for name in alike if through[name] != alone[name]] == []
    # all jobs but the reading of two data sets go in one submission for each of the groups
    assert len(re.findall("has been submitted with SLURM jobid", outcome.stderr)) == 2 + len(TOGETHER)


@pytest.mark.slow
def test_the_same_bytes_as_without_a_cluster(finished, cluster, tmp_path):
    """The shipped data as in the finished run, in another folder, locale, time zone and hash seed."""
    project = shipped(tmp_path / "project")
    (project.folder / "config.yaml").write_bytes((finished.folder / "config.yaml").read_bytes())
    outcome = run(project, "--group-components", *TOGETHER)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    alone, through = finished.results(), project.results()
    assert through.keys() == alone.keys()
    assert [name for name in through if through[name] != alone[name]] == []


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
