"""The folder of a described data set: its name, its files, its description, which only the owner can read."""

import os
import re
import shutil
from pathlib import Path

import pandas as pd

from pipeline.data.configuration import RESERVED
from pipeline.data.job import InputError
from pipeline.data.yaml_files import read_yaml


def write(folder: Path, text: str, files: list[Path], made: dict[str, pd.DataFrame]) -> None:
    """Copy the files and write the description; only the owner can read them."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for path in files:
        target = folder / path.name
        if path.resolve() != target.resolve():
            shutil.copyfile(path, target)
        target.chmod(0o600)
    for name, table in made.items():
        _private(folder / name, table.to_csv(index=False))
    _private(folder / "dataset.yaml", text)


def _private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    path.chmod(0o600)


def check_files(paths: list[Path]) -> None:
    """Two files of one name would become one in the folder of the data set."""
    names = [path.name for path in paths]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"--file: two files are called {twice[0]}; rename one of them.")


def check_name(name: str, folder: Path, replaced: bool) -> None:
    if name in RESERVED or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise InputError(
            f"--name {name}: a name has letters, digits, _ and -, and may not be one of {', '.join(RESERVED)}."
        )
    if (folder / "dataset.yaml").exists() and not replaced:
        raise InputError(f"data/datasets/{name}/dataset.yaml already exists; --replace overwrites it.")


def parsed(text: str) -> dict:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dataset.yaml"
        path.write_text(text, encoding="utf-8")
        return read_yaml(path, "dataset.yaml")
