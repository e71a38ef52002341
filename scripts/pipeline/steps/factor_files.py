"""How the steps of the factor analysis hand on the correlation matrix and the solution: files that keep every digit."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.tables import write_atomically
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.solution import FactorSolution

SCALARS = ("n", "extraction", "rotation", "objective", "converged", "starts", "starts_at_best", "heywood", "notes")


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


def write_solution(solution: FactorSolution | NotRun, path: Path) -> None:
    """Write a factor solution whole, or the reason why there is none."""
    if isinstance(solution, NotRun):
        content: dict[str, Any] = {"reason": str(solution)}
    else:
        content = {name: getattr(solution, name) for name in SCALARS} | {
            "items": list(solution.pattern.index),
            "factors": list(solution.pattern.columns),
            "pattern": solution.pattern.to_numpy().tolist(),
            "phi": solution.phi.to_numpy().tolist(),
            "uniqueness": solution.uniqueness.tolist(),
            "rotation_options": {name: np.asarray(value).tolist() for name, value in solution.rotation_options.items()},
        }
    write_atomically(path, json.dumps(content, indent=1) + "\n")


def read_solution(path: Path) -> FactorSolution:
    """Read what `write_solution` wrote.

    Raises
    ------
    NotRun
        There is no solution; the message is the reason.
    """
    content = json.loads(path.read_text())
    if "reason" in content:
        raise NotRun(content["reason"])
    items, factors = content["items"], content["factors"]
    scalars = {name: content[name] for name in SCALARS}
    return FactorSolution(
        pattern=pd.DataFrame(content["pattern"], index=items, columns=factors),
        phi=pd.DataFrame(content["phi"], index=factors, columns=factors),
        uniqueness=pd.Series(content["uniqueness"], index=items, name="uniqueness"),
        rotation_options={
            name: np.array(value) if isinstance(value, list) else value
            for name, value in content["rotation_options"].items()
        },
        **scalars | {"heywood": tuple(scalars["heywood"]), "notes": tuple(scalars["notes"])},
    )


def write_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write arrays as one `.npz` whose bytes depend on nothing but the arrays."""
    partial = path.with_name(f".{path.stem}.partial.npz")
    partial.parent.mkdir(parents=True, exist_ok=True)
    np.savez(partial, allow_pickle=True, **arrays)
    partial.replace(path)


def read_arrays(paths: list[Path]) -> dict[str, np.ndarray]:
    """Read the pieces of a resampling and join them along the draws."""
    pieces = [dict(np.load(path)) for path in paths]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in pieces[0]}


def by_perspective(paths: list[Path]) -> dict[str, list[Path]]:
    """Files of the factor analysis of several perspectives, by the perspective that their folder is named after."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(path.parts[path.parts.index("factors") + 1], []).append(path)
    return found


def reason_row(reason: NotRun, statistic: str) -> pd.DataFrame:
    """The one row of a table that could not be made."""
    return pd.DataFrame([{"statistic": statistic, "estimate": np.nan, "note": str(reason)}])
