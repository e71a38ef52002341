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


def test_an_image_holds_no_data_but_the_shipped_examples():
    """What git ignores under data/datasets, an image ignores too."""
    ignored = [line.lstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()]
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line.replace("!/", "!").rstrip("/") for line in ignored if "data/datasets/" in line and "@" not in line]
    assert {line for line in rules if line.count("*") <= 1 and "*." not in line} <= set(left_out)
    assert {".git", ".venv", "results", "logs", ".snakemake"} <= set(left_out)


def test_the_image_is_set_up_before_the_project_is_copied():
    """So that a change of code builds no environment anew, and `make` needs no network."""
    steps = [line for line in (ROOT / "Containerfile").read_text().splitlines() if re.match("[A-Z]+ ", line)]
    assert steps.index("RUN make .venv/ready") < steps.index("COPY . .") < steps.index('CMD ["make"]')
    assert steps.index("COPY envs envs") < steps.index("RUN make .venv/ready")
