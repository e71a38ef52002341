"""The one writer and the one reader of result tables."""

import json
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from pipeline.data.checksums import checksum

ORDER = (
    "dataset perspective perspective_2 form form_2 scale scale_2 group session item factor factor_2 statistic "
    "estimate se lower upper level n method".split()
)
# numbers of the contract: a table that knows none of a kind has no column for it, and readers find it missing
NUMBERS = ("estimate", "se", "lower", "upper", "level", "n")
MADE_BY = ("numpy", "scipy", "pandas")


def write_table(
    frame: pd.DataFrame, path: Path, *, settings: dict, inputs: Iterable[Path], packages: Sequence[str] = MADE_BY
) -> None:
    """Write a tidy table and, beside it, what it was made with.

    Parameters
    ----------
    frame : columns of the tidy contract come first and in its order, then columns of the table's own, then `note`.
    path : `*.csv`; the settings go to `*.settings.json` beside it.
    settings : estimator, correlation, missing rule, seed, ...: whatever decided the numbers.
    inputs : files and folders whose checksums are kept.
    packages : those that made the numbers; their versions are kept.

    Raises
    ------
    ValueError
        Two columns of one name: programs that read the table would rename one of them.
    """
    if repeated := sorted(set(frame.columns[frame.columns.duplicated()])):
        raise ValueError(f"{path.name} has more than one column {', '.join(repeated)}")
    known = [column for column in ORDER if column in frame]
    own = [column for column in frame if column not in ORDER and column != "note"]
    note = ["note"] if "note" in frame else []
    write_atomically(path, without_formulas(frame[known + own + note]).to_csv(index=False))
    made = provenance(settings, inputs, packages)
    write_atomically(settings_path(path), json.dumps(made, indent=1, sort_keys=True) + "\n")


def without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before text that a spreadsheet would compute, such as a group called `=1+1`."""

    def plain(value):
        return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value

    frame = frame.copy()
    for column in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[column]):
            frame[column] = frame[column].map(plain)
    return frame


def read_table(path: Path) -> pd.DataFrame:
    """Read a table that `write_table` wrote; an empty note is an empty string, all other empty cells are missing.

    The numbers of the contract and the note are there, missing where nothing of the table has them.
    """
    frame = pd.read_csv(path, dtype={"note": str})
    frame = frame.assign(**{column: float("nan") for column in NUMBERS if column not in frame})
    return frame.assign(note=frame["note"].fillna("") if "note" in frame else "")


def with_text(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The rows with columns of text, empty where a cell or the column is missing."""
    found = {name: rows[name].astype(object) if name in rows else pd.Series("", rows.index) for name in columns}
    return rows.assign(**{name: column.where(column.notna(), "") for name, column in found.items()})


def settings_path(path: Path) -> Path:
    """`reliability.csv` -> `reliability.settings.json`."""
    return Path(path).with_suffix(".settings.json")


def provenance(settings: dict, inputs: Iterable[Path], packages: Sequence[str] = MADE_BY) -> dict:
    """Settings, checksums of the inputs and versions, as one JSON-ready dictionary."""
    versions = {"python": platform.python_version()} | {name: installed(name) for name in packages}
    return {"settings": settings, "inputs": {str(path): checksum(Path(path)) for path in inputs}, "versions": versions}


@cache
def installed(package: str) -> str:
    """The version of a package; `not installed` without one, which only a cross-check can do."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def write_parquet(table: pd.DataFrame, path: Path) -> None:
    """Write a table of persons, or of what resamples gave, as Parquet that only its owner can read."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    with _removed_on_failure(partial):
        partial.touch(mode=0o600)
        table.to_parquet(partial, index=False)
        os.replace(partial, path)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write all of a file or nothing: a job that is killed leaves no half-written result."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with _removed_on_failure(partial):
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(partial, path)


@contextmanager
def _removed_on_failure(partial: Path) -> Iterator[None]:
    """No half of a file stays behind where, say, the disk is full."""
    try:
        yield
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
