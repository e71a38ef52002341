"""Item covariances of resampled units, and the intervals of coefficients that they give."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from psychometrics.resampling.bootstrap_intervals import with_intervals

COLUMNS = ["item", "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
KINDS = {"sem": "bias-corrected log", "reliable_change": "bias-corrected log", "item_rest_r": "bias-corrected z"}
JACKKNIFE = ", standard error of the jackknife"
# of small samples with a ceiling intervals of alpha on this scale cover more often than on that of z or log(1 - alpha)
RELIABILITY = "bias-corrected logit"


@dataclass(frozen=True)
class ScaleResamples:
    """covariances : (m, k, k) of resamples, or None and the reason why there are none; units : how many are drawn each
    time; nested : True where a unit holds several rows; left_out : (parts, k, k) with a part of the units left out."""

    covariances: np.ndarray | None
    reason: str
    units: int = 0
    nested: bool = False
    left_out: np.ndarray | None = None

    @cached_property
    def stack(self) -> np.ndarray | None:
        """Covariances of the resamples, then those with parts left out."""
        return None if self.covariances is None else np.concatenate([self.covariances, self.left_out])

    def add_to(self, rows: pd.DataFrame, draws: dict[str, np.ndarray | None], level: float) -> pd.DataFrame:
        """The rows with standard errors and intervals, from name -> (m + parts, rows with this statistic) values
        of the stack."""
        rows = rows.reindex(columns=COLUMNS).reset_index(drop=True)
        kinds = rows["statistic"].map({name: KINDS.get(name, RELIABILITY) for name in draws})
        kinds = kinds.where(rows["estimate"].notna())
        for kind in kinds.dropna().unique():
            here = rows.index[kinds == kind]
            values = None
            if self.covariances is not None:
                values = np.empty((len(self.stack), len(rows)))
                for name, found in draws.items():
                    values[:, (rows["statistic"] == name).to_numpy()] = found
                values = values[:, here]
            drawn = None if values is None else len(self.covariances)
            found = with_intervals(
                rows.loc[here],
                None if values is None else values[:drawn],
                level,
                kind=kind,
                reason=self.reason,
                units=f"{self.units} units{JACKKNIFE}",
                n_units=self.units,
                left_out=None if values is None else values[drawn:],
            ).set_axis(here)
            rows.loc[here, COLUMNS] = found[COLUMNS]
        return rows
