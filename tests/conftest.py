"""What the tests share: a copy of the project to run the real pipeline in, and small data sets to feed it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

ROOT = Path(__file__).parent.parent


class Project:
    """A copy of the project with data sets of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        for part in (
            "Snakefile",
            "config.yaml",
            "workflow",
            "scripts",
            "profiles",
            "envs",
            "data/instruments",
            "data/published",
        ):
            source, target = ROOT / part, folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)

    def add(self, name: str, description: dict, **tables: pd.DataFrame) -> Path:
        """A data set: its description, and its tables as `<key>.csv`."""
        folder = self.folder / "data/datasets" / name
        folder.mkdir(parents=True)
        (folder / "dataset.yaml").write_text(yaml.safe_dump(description, sort_keys=False))
        for file, table in tables.items():
            table.to_csv(folder / f"{file}.csv", index=False)
        return folder

    def configure(self, **settings) -> None:
        (self.folder / "config.yaml").write_text(yaml.safe_dump(settings))

    def run(self, *arguments: str, cores: int = 2) -> subprocess.CompletedProcess:
        """Call snakemake as a user would."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")}
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )

    def results(self) -> dict[str, bytes]:
        """Every result by its name."""
        folder = self.folder / "results"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != ".snakemake_timestamp"
        }


# the shipped data with fewer random draws
FEWER_DRAWS = {
    "datasets": ["example", "wai_sr_chatbot"],
    "resamples": 100,
    "session_resamples": 50,
    "factors": {"draws": 20, "resamples": 20, "splits": 20, "comparison_draws": 20, "starts": 2},
}


def shipped(folder: Path) -> Project:
    """A copy of the project with the shipped data sets."""
    project = Project(folder)
    for name in FEWER_DRAWS["datasets"]:
        shutil.copytree(ROOT / "data/datasets" / name, folder / "data/datasets" / name)
    project.configure(**FEWER_DRAWS)
    return project


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The main job done once, with two cores; tests leave it as they found it."""
    project = shipped(tmp_path_factory.mktemp("finished") / "project")
    outcome = project.run(cores=2)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    return project


def likert(n: int, items: int, low: int, high: int, seed: int = 1) -> np.ndarray:
    """Whole answers of n people with one common source."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1)) + rng.normal(size=(n, items))
    middle = (low + high) / 2
    return np.clip(np.round(middle + latent * (high - low) / 5), low, high).astype(int)


def wai_sr_answers(n: int = 40, high: int = 5) -> pd.DataFrame:
    """A small WAI-SR data file: client, session, w1 ... w12."""
    answers = likert(n, 12, 1, high)
    frame = pd.DataFrame(answers, columns=[f"w{i}" for i in range(1, 13)])
    frame.insert(0, "client", [f"person-{i}" for i in range(n)])
    frame.insert(1, "session", 1)
    return frame


def wai_sr_description(**changes) -> dict:
    entry = {
        "file": "answers.csv",
        "form": "wai_sr",
        "perspective": "client",
        "columns": "w{item}",
        "client": "client",
        "session": "session",
    } | changes
    return {"title": "A small study", "source": "made for a test", "responses": [entry]}
