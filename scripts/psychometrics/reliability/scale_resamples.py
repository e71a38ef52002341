"""Item covariances with units left out, and the intervals of coefficients that they give."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.resampling.bootstrap_intervals import with_intervals

COLUMNS = ["item", "statistic", "estimate", "uncorrected", "se", "lower", "upper", "level", "n", "method", "note"]
KINDS = {
    "sem": "normal log",
    "reliable_change": "normal log",
    "item_rest_r": "normal z",
    # squared multiple correlations and optimal weights capitalise on chance
    "guttman_lambda_6": "bias-corrected logit",
    "construct_reliability_h": "bias-corrected logit",
}
# of small samples with a ceiling intervals of alpha on this scale cover more often than on that of z or log(1 - alpha)
RELIABILITY = "normal logit"
NEGATIVE = "normal log(1 - x)"  # for reliabilities that are negative or, without a part of the units, can be


@dataclass(frozen=True)
class ScaleResamples:
    """Item covariances of one scale with parts of its units left out.

    Attributes
    ----------
    left_out : numpy.ndarray of shape (parts, k, k) or None
        Covariances with a part of the units left out; None where there are none.
    reason : str
        Why there are none.
    units : int
        How many units there are.
    nested : bool
        True where a unit holds several rows.
    """

    left_out: np.ndarray | None
    reason: str
    units: int = 0
    nested: bool = False

    def add_to(self, rows: pd.DataFrame, draws: Mapping[str, np.ndarray | None], level: float) -> pd.DataFrame:
        """Add standard errors and intervals to rows.

        Parameters
        ----------
        rows : pandas.DataFrame
            Estimates, with a column `statistic`.
        draws : Mapping[str, numpy.ndarray or None]
            Statistic -> its values (parts, rows with this statistic) for the matrices of `left_out`.
        level : float
            Coverage of the intervals, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            The rows with se, lower, upper, level, and what was done in method and note.
        """
        rows = rows.reindex(columns=COLUMNS).reset_index(drop=True)
        values = np.full((0 if self.left_out is None else len(self.left_out), len(rows)), np.nan)
        if self.left_out is not None:
            for name, found in draws.items():
                values[:, (rows["statistic"] == name).to_numpy()] = found
        kinds = rows["statistic"].map({name: KINDS.get(name, RELIABILITY) for name in draws})
        negative = (rows["estimate"].to_numpy(dtype=float) <= 0) | (values <= 0).any(axis=0)
        kinds = kinds.mask(kinds.str.endswith("logit") & negative, NEGATIVE).where(rows["estimate"].notna())
        parts = [rows[kinds.isna()]]
        for kind in kinds.dropna().unique():
            here = rows.index[kinds == kind]
            described = with_intervals(
                rows.loc[here],
                None if self.left_out is None else values[:, here],
                level,
                kind=kind,
                reason=self.reason,
                units=f"{self.units} units",
                n_units=self.units,
                jackknife=True,
                widened=True,
                reaching=True,
            )
            parts.append(described.set_axis(here))
        return pd.concat([part for part in parts if len(part)]).sort_index()[COLUMNS]
