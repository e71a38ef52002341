"""Imports run one way: chapters downwards, the library below the pipeline, the pipeline below the scripts."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import psychometrics

SCRIPTS = Path(__file__).parents[2] / "scripts"
# a chapter may import itself and the chapters before it
CHAPTERS = [
    "resampling",
    "items",
    "correlation",
    "factors",
    "covariance_structures",
    "reliability",
    "measurement",
    "invariance",
    "variance",
    "mixed_models",
    "association",
    "content",
    "perspectives",
    "course",
    "planning",
    "shared_variance",
    "simulation",
]
# the library computes every number itself: packages that compute the same only check it (scripts/cross_checks)
CHECKING = {"factor_analyzer", "pingouin", "sklearn", "statsmodels"}
OTHERS = {"pipeline", "snakemake", "matplotlib", *CHECKING}
MODULES = sorted(path.relative_to(SCRIPTS) for path in SCRIPTS.rglob("*.py"))


@cache
def imported(path: Path) -> list[str]:
    """Every module that a file imports, also inside functions."""
    names: list[str] = []
    for node in ast.walk(ast.parse((SCRIPTS / path).read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by a relative path"
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def test_every_chapter_is_known():
    folders = {path.name for path in (SCRIPTS / "psychometrics").iterdir() if (path / "__init__.py").is_file()}
    assert folders == set(CHAPTERS)


@pytest.mark.parametrize("path", [path for path in MODULES if path.parts[0] == "psychometrics"], ids=str)
def test_the_library_imports_downwards(path):
    own = path.parts[1]
    allowed = CHAPTERS[: CHAPTERS.index(own) + 1] if own in CHAPTERS else [*CHAPTERS, "example_answers"]
    allowed = [*allowed, "not_computable"]
    for name in imported(path):
        parts = name.split(".")
        assert parts[0] not in OTHERS, f"{path} imports {name}"
        if parts[0] == "psychometrics":
            assert parts[1] in allowed, f"{path} imports {name}, from a chapter above its own"


@pytest.mark.parametrize("path", [path for path in MODULES if path.parts[0] == "pipeline"], ids=str)
def test_the_pipeline_imports_no_script(path):
    folders = {entry.name for entry in SCRIPTS.iterdir() if entry.is_dir()} - {"psychometrics", "pipeline"}
    for name in imported(path):
        assert name.split(".")[0] not in folders | {"snakemake"}, f"{path} imports {name}"


@pytest.mark.parametrize("path", [path for path in MODULES if path.parts[0] != "psychometrics"], ids=str)
def test_only_cross_checks_import_the_packages_that_check(path):
    if "cross_checks" not in path.parts:
        assert not {name.split(".")[0] for name in imported(path)} & CHECKING


def test_every_public_name_has_a_home():
    assert len(psychometrics.__all__) >= 30
    for name in psychometrics.__all__:
        assert getattr(psychometrics, name).__doc__, name


def test_importing_the_library_costs_nothing():
    code = "import sys, psychometrics; print(sorted({'numpy', 'scipy', 'pandas'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_wrong_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'alfa'"):
        _ = psychometrics.alfa
