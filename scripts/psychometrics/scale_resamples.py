"""Item covariances of resampled units, and the intervals of coefficients that they give."""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.stability import with_intervals

COLUMNS = ["item", "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
KINDS = {"sem": "bias-corrected log", "reliable_change": "bias-corrected log"}
# of small samples with a ceiling intervals of alpha on this scale cover more often than on that of log(1 - alpha)
CORRELATION = "bias-corrected z"


@dataclass(frozen=True)
class Resamples:
    """covariances : (m, k, k) of resamples, or None and the reason why there are none; units : how many are drawn each
    time; nested : True where a unit holds several rows."""

    covariances: np.ndarray | None
    reason: str
    units: int = 0
    nested: bool = False

    def add_to(self, rows: pd.DataFrame, draws: dict[str, np.ndarray | None], level: float) -> pd.DataFrame:
        """The rows with standard errors and intervals, from name -> (m, rows with this statistic) resampled values."""
        rows = rows.reindex(columns=COLUMNS).reset_index(drop=True)
        kinds = rows["statistic"].map({name: KINDS.get(name, CORRELATION) for name in draws})
        kinds = kinds.where(rows["estimate"].notna())
        for kind in kinds.dropna().unique():
            here = rows.index[kinds == kind]
            values = None
            if self.covariances is not None:
                values = np.empty((len(self.covariances), len(rows)))
                for name, found in draws.items():
                    values[:, (rows["statistic"] == name).to_numpy()] = found
                values = values[:, here]
            found = with_intervals(rows.loc[here], values, level, kind=kind, reason=self.reason,
                                   units=f"{self.units} units", n_units=self.units).set_axis(here)
            rows.loc[here, COLUMNS] = found[COLUMNS]
        return rows
