"""`make` sets up a new environment beside the one that works, and takes that away only when the new one is complete."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conftest import ROOT

# a Python that makes environments of itself, and installs until a file `broken` lies in the folder
FAKE = """\
#!/bin/sh
case "$*" in
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"--requirement envs/requirements.lock"*) [ ! -e broken ] && echo "$*" >> installed ;;
    *"--requirement "*) echo "$*" >> installed ;;
esac
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    """With a blank in its name."""
    place = tmp_path / "a project"
    (place / "envs").mkdir(parents=True)
    for file in ("Makefile", "envs/requirements.lock", "envs/build.lock", "envs/development.lock"):
        shutil.copy(ROOT / file, place / file)
    (place / "python").write_text(FAKE)
    (place / "python").chmod(0o755)
    return place


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "VENV")}
    return subprocess.run(
        ["make", "PYTHON=./python", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def touch(file: Path) -> None:
    later = file.stat().st_mtime + 1_000_000
    os.utime(file, (later, later))


def test_a_broken_set_up_leaves_the_environment_that_works(folder):
    assert make(folder, ".venv/ready").returncode == 0
    works = os.readlink(folder / ".venv")
    touch(folder / "envs/requirements.lock")
    (folder / "broken").touch()
    assert make(folder, ".venv/ready").returncode != 0
    assert os.readlink(folder / ".venv") == works and (folder / ".venv/ready").exists()
    (folder / "broken").unlink()
    assert make(folder, ".venv/ready").returncode == 0
    assert os.readlink(folder / ".venv") != works and (folder / ".venv/bin/python").exists()
    assert len(list(folder.glob(".venv*"))) == 2  # the link, and what it leads to


def test_a_folder_from_before_becomes_a_link(folder):
    (folder / ".venv").mkdir()
    for stamp in ("begun", "ready"):
        (folder / ".venv" / stamp).touch()
    os.utime(folder / ".venv/ready", (0, 0))
    assert make(folder, ".venv/ready").returncode == 0
    assert (folder / ".venv").is_symlink() and len(list(folder.glob(".venv*"))) == 2


def test_what_make_has_not_made_is_left_alone(folder):
    (folder / ".venv").mkdir()
    outcome = make(folder, ".venv/ready")
    assert outcome.returncode != 0 and "was not made by make" in outcome.stdout
    assert not (folder / ".venv").is_symlink()


def test_every_package_is_hashed_and_few_are_built(folder):
    """By the setuptools of build.lock; all others are wheels, which exist for Python 3.11, 3.12 and 3.13."""
    assert make(folder, ".venv/development").returncode == 0
    installed = (folder / "installed").read_text().splitlines()
    files = [line.rpartition(" ")[2] for line in installed]
    assert files == ["envs/build.lock", "envs/requirements.lock", "envs/development.lock"]
    for line in installed:
        assert (
            "--require-hashes --no-build-isolation --only-binary :all: --no-binary factor_analyzer,connection-pool"
            in line
        )


def test_a_new_lock_for_development_makes_the_environment_anew(folder):
    assert make(folder, ".venv/development").returncode == 0
    works = os.readlink(folder / ".venv")
    touch(folder / "envs/development.lock")
    assert make(folder, ".venv/development").returncode == 0
    assert os.readlink(folder / ".venv") != works and (folder / ".venv/development").exists()


@pytest.mark.parametrize("stamp", ["ready", "development"])
def test_an_environment_that_two_copies_share_stays_where_it_is(folder, stamp):
    other = folder.parent / "another copy"
    shutil.copytree(folder, other)
    assert make(other, f".venv/{stamp}").returncode == 0
    (folder / ".venv").symlink_to(other / ".venv.a")
    touch(folder / f"envs/{'requirements' if stamp == 'ready' else stamp}.lock")
    assert make(folder, f".venv/{stamp}").returncode == 0
    assert os.readlink(folder / ".venv") == ".venv.a" and (other / f".venv/{stamp}").exists()
    assert f"make: '.venv/{stamp}' is up to date." in make(other, f".venv/{stamp}").stdout
