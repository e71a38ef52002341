"""The resampled solutions of the factor analysis, read back for the tables."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.steps.array_files import read_arrays
from pipeline.steps.factor_settings import units_of_everyone
from psychometrics.factors.bootstrap import resampled_matrices
from psychometrics.factors.nearby_populations import NearbyPopulation, largest_bias, largest_spread, nearby_populations
from psychometrics.factors.one_factor import p_one_factor
from psychometrics.factors.solution import FactorSolution
from psychometrics.resampling.bootstrap_intervals import of_few, with_intervals

NO_SOLUTION = "no resample had a solution with as many factors"
FEWEST_UNITS = 3
FOR_ONE_FACTOR = 50  # resamples that test it, as for the omegas of a scale


@dataclass(frozen=True)
class FactorResamples:
    """What the pieces of the bootstrap hold, or the reason why they hold nothing."""

    arrays: dict[str, np.ndarray]
    reason: str
    units: str
    level: float
    n_units: int | None = None

    @classmethod
    def read(cls, pieces: list[Path], dataset: Dataset, level: float) -> "FactorResamples":
        """Join the pieces of one data set."""
        reason = "a matrix has no people to resample, so there is no interval" if dataset.is_matrix else ""
        n_units = None if dataset.is_matrix else len(np.unique(units_of_everyone(dataset)))
        if n_units is not None and n_units < FEWEST_UNITS:
            reason = f"fewer than {FEWEST_UNITS} units to resample: no interval"
        return cls(read_arrays(pieces), reason, dataset.resampled, level, n_units)

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

    def nearby(self, found: FactorSolution, matrix: pd.DataFrame, instruments: pd.Series) -> list[NearbyPopulation]:
        """Populations that the sample may come from; none where nothing was resampled."""
        return [] if self.reason else nearby_populations(found, matrix.to_numpy(), self.arrays, instruments)

    def p_one_factor(self, matrix: pd.DataFrame) -> float:
        """The probability of `p_one_factor`; 0 where nothing was resampled."""
        if self.reason:
            return 0.0
        drawn = resampled_matrices(self.arrays["correlations"])[:FOR_ONE_FACTOR]
        return p_one_factor(matrix.to_numpy(), drawn) if len(drawn) else 0.0

    def describe(self, rows: pd.DataFrame, values: np.ndarray | None, kind: str) -> pd.DataFrame:
        """Rows with the intervals that their resampled values, (draws, rows), give; kinds: see `with_intervals`."""
        return with_intervals(
            rows, values, self.level, kind=kind, reason=self.reason, units=self.units, n_units=self.n_units
        )

    def describe_widest(
        self,
        rows: pd.DataFrame,
        of: Callable[[dict[str, np.ndarray]], np.ndarray],
        scale: str,
        nearby: list[NearbyPopulation],
    ) -> pd.DataFrame:
        """Rows with normal intervals that take the largest standard error of `largest_spread`.

        of : from arrays of resamples to the values of the rows, (draws, rows).
        """
        kind = f"normal {scale}".rstrip()
        if self.reason or not nearby:
            return self.describe(rows, None if self.reason else of(self.arrays), kind)
        values = of(self.arrays)
        return with_intervals(
            rows,
            values,
            self.level,
            kind=kind,
            units=f"{self.units}, with the largest standard error of likely populations",
            n_units=self.n_units,
            errors=of_few(self.n_units) * largest_spread(nearby, values, of, scale),
        )

    def describe_widened(
        self,
        rows: pd.DataFrame,
        of: Callable[[dict[str, np.ndarray]], np.ndarray],
        scale: str,
        nearby: list[NearbyPopulation],
    ) -> pd.DataFrame:
        """Rows with normal intervals around the sample's values that allow for the largest bias of `largest_bias`.

        of : from arrays of resamples to the values of the rows, (draws, rows).
        """
        if self.reason:
            return self.describe(rows, None, f"normal {scale}")
        values = of(self.arrays)
        bias = largest_bias(nearby, rows["estimate"].to_numpy(dtype=float), values, of, scale)
        return with_intervals(
            rows,
            values,
            self.level,
            kind=f"normal {scale}",
            units=f"{self.units}, widened by the largest bias" if nearby else f"{self.units}, widened by the bias",
            n_units=self.n_units,
            widened=True,
            bias=bias,
            errors=of_few(self.n_units) * largest_spread(nearby, values, of, scale),
        )
