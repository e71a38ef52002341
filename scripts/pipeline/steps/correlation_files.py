"""How the correlations of the items are handed from step to step, and the reason where there are none.

Apart from the solution, so that a change to the factor analysis makes no correlation anew.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.tables import write_atomically
from psychometrics.correlation.matrix import CorrelationMatrix


@dataclass(frozen=True)
class CorrelationFiles:
    """Where the item correlations of one perspective lie: the matrix, the n of every pair, and what they are."""

    matrix: Path
    pairs: Path
    about: Path


class NotRun(Exception):
    """The joint factor analysis cannot run for these data; the message is the reason that every later table gives."""


def write_correlations(found: CorrelationMatrix | NotRun, matrix: Path, pairs: Path, about: Path) -> None:
    """Write the matrix and the n of every pair as squares, and what they are; or the reason why there is none."""
    if isinstance(found, NotRun):
        content: dict[str, Any] = {"reason": str(found)}
        squares = (pd.DataFrame(), pd.DataFrame())
    else:
        content = {"method": found.method, "missing": found.missing, "n_total": found.n_total, "notes": found.notes}
        squares = (found.matrix, found.n)
    for path, square in zip((matrix, pairs), squares, strict=True):
        write_atomically(path, square.to_csv(index_label="item"))
    write_atomically(about, json.dumps(content, indent=1) + "\n")


def read_correlations(files: CorrelationFiles) -> CorrelationMatrix:
    """Read what `write_correlations` wrote.

    Raises
    ------
    NotRun
        There is no matrix; the message is the reason.
    """
    content = json.loads(files.about.read_text())
    if "reason" in content:
        raise NotRun(content["reason"])
    matrix, n = (pd.read_csv(path, index_col="item") for path in (files.matrix, files.pairs))
    return CorrelationMatrix(matrix, n, **content | {"notes": tuple(content["notes"])})


def reason_row(reason: NotRun, statistic: str) -> pd.DataFrame:
    """The one row of a table that could not be made."""
    return pd.DataFrame([{"statistic": statistic, "estimate": np.nan, "note": str(reason)}])
