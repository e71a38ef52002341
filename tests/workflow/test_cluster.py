"""The pipeline on a SLURM cluster of this machine: the same bytes as without, in tens of submissions."""

import os
import re
import subprocess
import sys

import pytest
from tests.conftest import Project, shipped
from tests.slurm_cluster import missing, running

# what data sets have alike goes together: each submission starts Snakemake twice
TOGETHER = ("scales=2", "factors=3", "solutions=2", "pages=2")


@pytest.fixture(scope="module")
def cluster():
    if reason := missing():
        (pytest.fail if os.environ.get("REQUIRE_SYSTEM_PROGRAMS") else pytest.skip)(reason)
    with running(cores=4):  # so that a submission does not wait for one that waits
        yield


@pytest.mark.slow
def test_the_same_bytes_as_without_a_cluster(finished, cluster, tmp_path):
    """The shipped data with few draws; a finished run with more has the same tables wherever nothing is drawn."""
    project = shipped(tmp_path / "project")
    outcome = run(project, "--group-components", *TOGETHER)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    alone, through = finished.results(), project.results()
    if (finished.folder / "config.yaml").read_text() == (project.folder / "config.yaml").read_text():
        compared = set(through)
        assert compared == set(alone)
    else:
        settings = {name for name in through if name.endswith(".settings.json") and through[name] == alone[name]}
        compared = {name.replace(".settings.json", ".csv") for name in settings}
        compared |= {name for name in through if "/responses/" in name or name.endswith("scores/scores.parquet")}
    assert len(compared) > 40
    assert [name for name in compared if through[name] != alone[name]] == []
    # 44 jobs: two data sets read, and one submission for each of the groups
    assert len(re.findall("has been submitted with SLURM jobid", outcome.stderr)) == 2 + len(TOGETHER)


def run(project: Project, *arguments: str) -> subprocess.CompletedProcess:
    """Call snakemake with the profile; without accounting only squeue answers. A run that hangs hears no SIGTERM."""
    command = [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", "--slurm-status-command", "squeue"]
    return subprocess.run(
        ["timeout", "-s", "KILL", "600", *command, "--slurm-init-seconds-before-status-checks", "5", *arguments],
        cwd=project.folder,
        env={key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")},
        capture_output=True,
        text=True,
        check=False,
    )
