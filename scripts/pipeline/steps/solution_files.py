"""How a factor solution is handed from step to step: a file that keeps every digit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.tables import write_atomically
from pipeline.steps.correlation_files import NotRun
from psychometrics.factors.solution import FactorSolution

SCALARS = ("n", "extraction", "rotation", "objective", "converged", "starts", "starts_at_best", "heywood", "notes")


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


def by_perspective(paths: list[Path]) -> dict[str, list[Path]]:
    """Files of the factor analysis of several perspectives, by the perspective that their folder is named after."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        found.setdefault(path.parts[path.parts.index("factors") + 1], []).append(path)
    return found
