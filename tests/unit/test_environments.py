"""The environment files say the same."""

import re

import yaml
from tests.conftest import ROOT


def locked(file: str) -> set[str]:
    """Packages with version and, where there is one, the marker."""
    lines = (ROOT / "envs" / file).read_text().splitlines()
    return {re.sub(r" *\\$", "", line) for line in lines if re.match(r"[a-z0-9].*==", line)}


def test_conda_gets_the_versions_of_the_lock():
    """Snakemake copies the file alone, so that it can name no other file."""
    content = yaml.safe_load((ROOT / "envs/environment.yaml").read_text())
    *_, pip = content["dependencies"]
    assert set(pip["pip"]) == locked("requirements.lock") and len(pip["pip"]) > 50
    assert content["dependencies"][0] == "python=3.11"


def test_development_has_the_versions_of_the_lock():
    runs = dict(line.split("==", 1) for line in locked("requirements.lock"))
    develops = dict(line.split("==", 1) for line in locked("development.lock"))
    assert {name: develops[name] for name in runs.keys() & develops} == {
        name: runs[name] for name in runs.keys() & develops
    }
