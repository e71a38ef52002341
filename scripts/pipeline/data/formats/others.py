"""Data frames of R and Parquet files."""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.formats.bounds import Unreadable, check_cells, check_compressed
from pipeline.data.formats.raw_table import RawTable, ReadOptions


def read_r(path: Path, options: ReadOptions) -> RawTable:
    """Read a data frame from an .rds or .rda file, without R and without running anything.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        `sheet` names the object where an .rda file contains several data frames.

    Returns
    -------
    RawTable
        Factors are texts.

    Raises
    ------
    Unreadable
        No data frame, several, or not an R file.
    """
    import pyreadr

    check_compressed(path, options.limits)
    try:
        found = pyreadr.read_r(str(path))
    except (pyreadr.PyreadrError, pyreadr.LibrdataError) as error:
        raise Unreadable(f"is not readable as a data frame of R ({str(error).splitlines()[0]})") from None
    frames = {str(name): of for name, of in found.items() if isinstance(of, pd.DataFrame)}
    if not frames:
        raise Unreadable("contains no data frame; save one with saveRDS(as.data.frame(x), file)")
    if options.sheet is None and len(frames) > 1:
        raise Unreadable(f"contains several data frames ({', '.join(frames)}); name one under `sheet:`")
    name = options.sheet or next(iter(frames))
    if name not in frames:
        raise Unreadable(f"has no data frame '{name}'; it has {', '.join(frames)}")
    frame = frames[name]
    for column in frame.columns[[isinstance(of, pd.CategoricalDtype) for of in frame.dtypes]]:
        frame[column] = frame[column].astype(object)
    said = "R" if name == "None" else f"R, data frame '{name}'"
    return RawTable(frame.set_axis(range(1, len(frame) + 1)), said)


def read_parquet(path: Path, options: ReadOptions) -> RawTable:
    """Read a Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        The most that is read.

    Returns
    -------
    RawTable
        Texts that were stored as bytes are decoded.

    Raises
    ------
    Unreadable
        Damaged.
    """
    import pyarrow
    import pyarrow.parquet

    try:
        about = pyarrow.parquet.read_metadata(path)
        check_cells(about.num_rows, about.num_columns, options.limits)
        frame = pd.read_parquet(path).reset_index(drop=True)
    except (pyarrow.ArrowException, OSError, ValueError):
        raise Unreadable("is not readable as Parquet") from None
    for column in frame.columns[[pd.api.types.is_object_dtype(of) for of in frame.dtypes]]:
        frame[column] = frame[column].map(_as_text)
    return RawTable(frame.set_axis(range(1, len(frame) + 1)), "Parquet")


def _as_text(value: Any) -> Any:
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise Unreadable("contains bytes that are not text in UTF-8") from None
