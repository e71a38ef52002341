"""Item covariances of resampled units, and the intervals of coefficients that they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from psychometrics.resampling.bootstrap_intervals import with_intervals

COLUMNS = ["item", "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
KINDS = {"sem": "normal log", "reliable_change": "normal log", "item_rest_r": "normal z"}
JACKKNIFE = ", standard error of the jackknife"
# of small samples with a ceiling intervals of alpha on this scale cover more often than on that of z or log(1 - alpha)
RELIABILITY = "normal logit"


@dataclass(frozen=True)
class ScaleResamples:
    """Item covariances of one scale under resamples of its units.

    Attributes
    ----------
    covariances : numpy.ndarray of shape (m, k, k) or None
        Covariances of the resamples; None where there are none.
    reason : str
        Why there are none.
    units : int
        How many units are drawn each time.
    nested : bool
        True where a unit holds several rows.
    left_out : numpy.ndarray of shape (parts, k, k) or None
        Covariances with a part of the units left out.
    stack
    """

    covariances: np.ndarray | None
    reason: str
    units: int = 0
    nested: bool = False
    left_out: np.ndarray | None = None

    @cached_property
    def stack(self) -> np.ndarray | None:
        """Join the covariances of the resamples and those with parts left out.

        Returns
        -------
        numpy.ndarray of shape (m + parts, k, k) or None
            In this order; None where there are no resamples.
        """
        if self.covariances is None or self.left_out is None:
            return None
        return np.concatenate([self.covariances, self.left_out])

    def add_to(self, rows: pd.DataFrame, draws: Mapping[str, np.ndarray | None], level: float) -> pd.DataFrame:
        """Add standard errors and intervals to rows.

        Parameters
        ----------
        rows : pandas.DataFrame
            Estimates, with a column `statistic`.
        draws : Mapping[str, numpy.ndarray or None]
            Statistic -> its values (m + parts, rows with this statistic) for the matrices of `stack`.
        level : float
            Coverage of the intervals, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            The rows with se, lower, upper, level, and what was done in method and note.
        """
        rows = rows.reindex(columns=COLUMNS).reset_index(drop=True)
        kinds = rows["statistic"].map({name: KINDS.get(name, RELIABILITY) for name in draws})
        kinds = kinds.where(rows["estimate"].notna())
        for kind in kinds.dropna().unique():
            here = rows.index[kinds == kind]
            sampled = left_out = None
            if self.covariances is not None and self.stack is not None:
                values = np.empty((len(self.stack), len(rows)))
                for name, found in draws.items():
                    values[:, (rows["statistic"] == name).to_numpy()] = found
                sampled, left_out = np.split(values[:, here], [len(self.covariances)])
            described = with_intervals(
                rows.loc[here],
                sampled,
                level,
                kind=kind,
                reason=self.reason,
                units=f"{self.units} units{JACKKNIFE}",
                n_units=self.units,
                left_out=left_out,
            ).set_axis(here)
            rows.loc[here, COLUMNS] = described[COLUMNS]
        return rows
