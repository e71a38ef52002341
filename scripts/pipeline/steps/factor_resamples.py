"""The resampled solutions of the factor analysis, read back for the tables."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.steps.array_files import read_arrays
from psychometrics.resampling.bootstrap_intervals import with_intervals

NO_SOLUTION = "no resample had a solution with as many factors"


@dataclass(frozen=True)
class FactorResamples:
    """What the pieces of the bootstrap hold, or the reason why they hold nothing."""

    arrays: dict[str, np.ndarray]
    reason: str
    units: str
    level: float

    @classmethod
    def read(cls, pieces: list[Path], dataset: Dataset, level: float) -> "FactorResamples":
        """Join the pieces of one data set."""
        reason = "a matrix has no people to resample, so there is no interval" if dataset.is_matrix else ""
        units = dataset.resampled
        return cls(read_arrays(pieces), reason, units, level)

    def __getitem__(self, name: str) -> np.ndarray | None:
        """Values of every draw, (draws, ...); None where nothing was resampled."""
        return None if self.reason else self.arrays[name]

    @property
    def failed(self) -> int:
        """Number of draws that gave no solution."""
        return int(self.arrays["failed"].sum())

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.arrays["failed"])

    def describe(
        self, rows: pd.DataFrame, values: np.ndarray | None, kind: str = "bias-corrected", widened: bool = False
    ) -> pd.DataFrame:
        """Rows with the intervals that their resampled values, (draws, rows), give; kinds: see `with_intervals`."""
        return with_intervals(
            rows, values, self.level, kind=kind, reason=self.reason, units=self.units, widened=widened
        )
