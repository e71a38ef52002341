"""The package that `pip install .` makes: psychometrics alone, and it works where the project is not."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGE = ROOT / "scripts/psychometrics"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built as pip would, with the hatchling of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    build = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert build.returncode == 0, build.stderr
    (made,) = folder.glob("*.whl")
    return made


def test_wheel_holds_the_package_psychometrics_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    information = f"alliance_psychometrics-{PROJECT['version']}.dist-info"
    assert {name.split("/")[0] for name in names} == {"psychometrics", information}
    shipped = {name.removeprefix("psychometrics/") for name in names if name.startswith("psychometrics/")}
    written = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == written
    assert "py.typed" in shipped
    assert f"{information}/licenses/LICENSE" in names


def test_package_needs_numpy_scipy_and_pandas_only(wheel):
    metadata = zipfile.ZipFile(wheel).read(f"alliance_psychometrics-{PROJECT['version']}.dist-info/METADATA").decode()
    needed = [line.split(": ")[1] for line in metadata.splitlines() if line.startswith("Requires-Dist: ")]
    assert {name.split(">")[0].strip() for name in needed} == {"numpy", "scipy", "pandas"}


def test_every_module_imports_from_the_wheel_alone(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = """
import importlib, pkgutil, sys
others = "factor_analyzer matplotlib pingouin pipeline pyarrow sklearn snakemake statsmodels yaml"
for other in others.split():
    sys.modules[other] = None  # importing it fails, as where it is not installed
import psychometrics
for module in pkgutil.walk_packages(psychometrics.__path__, "psychometrics."):
    importlib.import_module(module.name)
print(psychometrics.__file__)
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    environment["PYTHONPATH"] = str(tmp_path / "site")
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert Path(run.stdout.strip()).is_relative_to(tmp_path)


def test_version_is_the_one_to_cite():
    assert PROJECT["version"] == yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"]


def test_both_locks_hold_the_same_versions_and_no_address():
    def pins(name):
        lines = (ROOT / "envs" / name).read_text().splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("--")]
        pinned = [line.split(";")[0].split("==") for line in lines if "==" in line and not line.startswith(" ")]
        return {(package, version.strip(" \\")) for package, version in pinned}

    running, development = pins("requirements.lock"), pins("development.lock")
    both = {package for package, _ in running} & {package for package, _ in development}
    assert {pin for pin in development if pin[0] in both} == {pin for pin in running if pin[0] in both}
    assert not {"pytest", "ruff", "sphinx", "hatchling"} & {package for package, _ in running}
