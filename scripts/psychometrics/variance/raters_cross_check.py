"""Cross-check of the agreement of raters against another package."""

import warnings

import numpy as np
import pandas as pd

LOUD = 1e-6
WITNESS = {"ICC(1,1)": "icc_1", "ICC(A,1)": "icc_a1", "ICC(C,1)": "icc_c1",
           "ICC(1,k)": "icc_1k", "ICC(A,k)": "icc_ak", "ICC(C,k)": "icc_ck"}  # fmt: skip


def witness_of_agreement(scores: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Find the largest difference from the intraclass correlations of the package pingouin for the same ratings.

    Parameters
    ----------
    scores : pandas.DataFrame
        Clients x raters, as given to :func:`psychometrics.variance.raters.rater_agreement`.
    rows : pandas.DataFrame
        What that made of them.

    Returns
    -------
    pandas.DataFrame
        One row, `witness_largest_difference`; a difference above 1e-6 has a note. Missing with the reason where the
        design is incomplete, which pingouin does not analyse, or nothing was computed. Limits are not compared:
        pingouin rounds them.
    """
    row = rows.iloc[0][["n", "raters", "ratings"]].to_dict()
    row |= {"statistic": "witness_largest_difference", "estimate": np.nan, "method": "pingouin.intraclass_corr"}
    if rows["estimate"].isna().all():
        return pd.DataFrame([row | {"note": "nothing to confirm"}])
    table = scores.dropna(how="all").dropna(how="all", axis=1)
    if table.isna().to_numpy().any():
        return pd.DataFrame([row | {"note": "pingouin has no incomplete designs"}])

    from pingouin import intraclass_corr  # slow to import

    table = table.set_axis(range(table.shape[1]), axis=1).set_axis(range(len(table)))
    long = table.rename_axis(index="client", columns="rater").reset_index()
    long = long.melt(id_vars="client", var_name="rater", value_name="score").astype({"rater": int})
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", pd.errors.Pandas4Warning)  # it uses an argument that pandas will drop
        found = intraclass_corr(long, targets="client", raters="rater", ratings="score")
    theirs = found.set_index(found["Type"].map(WITNESS))["ICC"]
    largest = float(np.max(np.abs(rows.set_index("statistic")["estimate"] - theirs)))
    note = "THE WITNESS DISAGREES" if largest > LOUD else ""
    note = note if np.isfinite(largest) else "pingouin gives no number for these ratings"
    return pd.DataFrame([row | {"estimate": largest, "note": note}])
