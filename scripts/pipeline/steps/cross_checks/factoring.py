"""A factor solution of ours as another package is to make it again, and what excuses one that it makes otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.tables import read_table
from pipeline.steps.correlation_files import CorrelationFiles, read_correlations
from pipeline.steps.cross_checks.comparison import with_sample_values
from pipeline.steps.cross_checks.material import Material
from pipeline.steps.solution_files import read_solution
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.rotation_criteria import criterion
from psychometrics.factors.solution import FactorSolution

# Their searches stop early, which leaves some 1e-5 in a loading, after varimax 2e-4; tables print two or three digits.
# Another local minimum differs by hundredths.
CLOSE = 1e-3
AS_GOOD = 1e-6  # of a criterion: searches that end so near each other have found the same minimum, as in our rotations


@dataclass(frozen=True)
class Factored:
    """perspective : whose items; correlations, n : what was factored, of how many people; solution : how, and in how
    many factors; tables : ours, by their file names; note : which correlations these are."""

    perspective: str
    correlations: pd.DataFrame
    n: int
    solution: FactorSolution
    tables: dict[str, pd.DataFrame]
    note: str

    def path(self, name: str) -> str:
        """A table below the folder of the data set."""
        return f"factors/{self.perspective}/{name}"

    def rows(self, statistic: str, table: str = "loadings.csv") -> pd.DataFrame:
        """The rows of a statistic."""
        return self.tables[table][self.tables[table]["statistic"] == statistic]

    @property
    def pattern(self) -> np.ndarray:
        """Our loadings as the table has them, items x factors in the order of the correlations and of the solution."""
        table = self.rows("loading").pivot(index="item", columns="factor", values="estimate")
        return table.loc[self.correlations.index, self.solution.labels].to_numpy()

    @property
    def phi(self) -> np.ndarray:
        """Our correlations of the factors as the table has them."""
        labels = self.solution.labels
        found = pd.DataFrame(np.eye(len(labels)), index=labels, columns=labels)
        for row in self.rows("phi").to_dict("records"):
            found.loc[row["factor"], row["factor_2"]] = found.loc[row["factor_2"], row["factor"]] = row["estimate"]
        return found.to_numpy()

    def misfit(self, loadings: np.ndarray) -> float:
        """What the extraction makes small, at unrotated loadings: squared residuals, or the discrepancy of ML."""
        matrix, reproduced = self.correlations.to_numpy(), loadings @ loadings.T
        if self.solution.extraction != "ml":
            return float(np.sum(np.triu(matrix - reproduced, 1) ** 2))
        implied = reproduced + np.diag(1 - np.diag(reproduced))
        return float(np.linalg.slogdet(implied)[1] + np.trace(np.linalg.solve(implied, matrix)))

    def contradicts_itself(self) -> bool:
        """Whether our communalities do not follow from our loadings and correlations of the factors."""
        ours = self.rows("communality").set_index("item")["estimate"][self.correlations.index].to_numpy()
        return bool(np.max(np.abs(np.diag(self.pattern @ self.phi @ self.pattern.T) - ours)) > CLOSE)

    def why_another_extraction(self, extraction: Callable[[], np.ndarray], package: str) -> str:
        """A Heywood case, which packages treat differently, or a search that stops before ours."""
        if self.contradicts_itself():
            return ""
        if self.solution.heywood:
            items = ", ".join(self.solution.heywood)
            return (
                f"a Heywood case ({items}): ours keeps the communality at its bound, packages have bounds of their own"
            )
        ours = self.misfit(self.pattern @ np.linalg.cholesky(self.phi))
        theirs = self.misfit(extraction())
        return f"{package} stops at a misfit of {theirs:.6g}, ours is {ours:.6g}" if theirs > ours + AS_GOOD else ""

    def why_another_rotation(self, rotated: Callable[[], tuple[np.ndarray, np.ndarray]], package: str) -> str:
        """Another extraction, or a local minimum: packages rotate from one start, ours from several."""
        method, (p, k) = self.solution.rotation, self.pattern.shape
        theirs, their_phi = rotated()
        reproduced = [pattern @ phi @ pattern.T for pattern, phi in ((self.pattern, self.phi), (theirs, their_phi))]
        if np.max(np.abs(reproduced[0] - reproduced[1])) > CLOSE:
            return self.why_another_extraction(lambda: theirs @ np.linalg.cholesky(their_phi), package)
        if self.contradicts_itself() or method not in ("oblimin", "varimax", "quartimax", "geomin_q", "geomin_t"):
            return ""
        wanted, values = criterion(method, p, k), []
        for pattern, both in zip((self.pattern, theirs), reproduced, strict=True):
            length = np.sqrt(np.diag(both))[:, None] if method == "varimax" else 1.0
            values.append(float(wanted(pattern / length)[0]))
        if values[1] > values[0] + AS_GOOD:
            return f"{package} stops in another local minimum: its criterion is {values[1]:.6g}, ours {values[0]:.6g}"
        return ""


def read_factored(folder: Path, material: Material) -> Factored:
    """Read what was made of the items of the perspective that a folder is named after.

    Raises
    ------
    NotRun
        There is no solution.
    """
    names = {"matrix": "correlations.csv", "pairs": "pairs.csv", "about": "correlations.json"}
    found = read_correlations(CorrelationFiles(**{name: folder / file for name, file in names.items()}))
    solution = read_solution(folder / "solution.json")
    correlations, note = _correlations(found, material)
    tables = {name: with_sample_values(read_table(folder / name)) for name in ("loadings.csv", "suitability.csv")}
    return Factored(folder.name, correlations, found.n_total, solution, tables, note)


def _correlations(found: CorrelationMatrix, material: Material) -> tuple[pd.DataFrame, str]:
    """The correlations from the responses where pandas can make them, else as we wrote them."""
    items = list(found.matrix.index)
    if not any("smoothed" in note for note in found.notes):
        if material.dataset.is_matrix:
            return material.dataset.matrix.loc[items, items], ""
        if found.method in ("pearson", "spearman") and found.missing in ("pairwise", "listwise"):
            answers = material.joint(items)
            answers = answers.dropna() if found.missing == "listwise" else answers
            return answers.corr(method="pearson" if found.method == "pearson" else "spearman"), ""
    return found.matrix, f"from our {found.method} correlations, {found.missing}: no such package computes them"
