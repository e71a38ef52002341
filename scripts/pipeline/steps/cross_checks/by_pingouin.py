"""pingouin: alpha, correlations within clients, intraclass correlations."""

import re
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from pipeline.steps.cross_checks.comparison import CannotBeChecked, Check, Theirs, each, rows_of, together
from pipeline.steps.cross_checks.material import EXACT, Material

NAMES = {
    "ICC(1,1)": "icc_1",
    "ICC(A,1)": "icc_a1",
    "ICC(C,1)": "icc_c1",
    "ICC(1,k)": "icc_1k",
    "ICC(A,k)": "icc_ak",
    "ICC(C,k)": "icc_ck",
}

MOST_CLIENTS = 1000  # rm_corr decomposes a matrix with a column per client: seconds for 1000, growing with the cube


def checks(tables: Mapping[str, pd.DataFrame], material: Material, missing: str) -> Iterator[Check]:
    """What pingouin can make again.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The result tables by their paths below the folder of the data set.
    material : Material
        The data set.
    missing : str
        The rule for missing answers in alpha: pairwise, listwise or em.

    Yields
    ------
    Check
        Each comparison.
    """
    again: Theirs
    path = "reliability/reliability.csv"
    for row in each(rows_of(tables, path, "alpha")):
        again = partial(alpha, material, row.iloc[0], missing)
        yield Check(row, path, again, "pingouin", "cronbach_alpha", EXACT, note=material.note)
    path = "association/sessions.csv"
    within = rows_of(tables, path, "r_within")
    if "scale" in within:  # takes half a second for each pair
        totals = (within["scale"] == "total") & (within["scale_2"] == "total")
        within = within[totals & (within["perspective"] == within["perspective_2"])]
    for row in each(within):
        yield Check(row, path, partial(r_within, material, row.iloc[0]), "pingouin", "rm_corr", EXACT)
    path = "reliability/sessions.csv"
    for row in each(rows_of(tables, path, "retest_icc")):
        yield Check(row, path, partial(retest, material, row.iloc[0]), "pingouin", "intraclass_corr", EXACT)
    path = "reliability/raters.csv"
    for rows in together(rows_of(tables, path, *NAMES.values()), ["perspective", "form", "scale", "session"]):
        yield Check(rows, path, partial(agreement, material, rows), "pingouin", "intraclass_corr", EXACT)


def package() -> Any:
    """pingouin without its plots: seaborn and pyplot, which they need, are half of the time that it takes to import."""
    plots = "pingouin.plotting"
    sys.modules.setdefault(plots, ModuleType(plots))
    import pingouin

    return pingouin


def alpha(material: Material, row: pd.Series, missing: str) -> float:
    """Cronbach's alpha of the scale of a row."""
    if row["method"] == "as published":
        raise CannotBeChecked("published without the items")
    answers = material.items(row).dropna(how="all")
    if missing == "em" and answers.isna().to_numpy().any():
        raise CannotBeChecked("pingouin has no covariances by EM, and answers are missing")
    # its interval takes the n before rows are dropped, and is rounded: it is not compared
    return package().cronbach_alpha(answers, nan_policy="pairwise" if missing == "em" else missing)[0]


def r_within(material: Material, row: pd.Series) -> float:
    """Repeated measures correlation of the two scores of a row."""
    both = material.sessions[[material.column(row), material.column(row, "_2")]].set_axis(["x", "y"], axis=1)
    both = both.dropna().reset_index()
    several = both.groupby("client")["x"].transform("size") > 1  # a single session says nothing about change
    if both.loc[several, "client"].nunique() > MOST_CLIENTS:
        raise CannotBeChecked(f"rm_corr of pingouin takes minutes for more than {MOST_CLIENTS} clients")
    return package().rm_corr(both[several], x="x", y="y", subject="client")["r"].iloc[0]


def retest(material: Material, row: pd.Series) -> float:
    """ICC(A,1) of the two sessions that the method of a row names."""
    pair = [int(number) for number in re.findall(r"sessions (\d+) and (\d+)", row["method"])[0]]
    score = material.sessions[f"{row['perspective']}.{row['form']}.{row['scale']}"].unstack("session")
    return intraclass(score[pair].dropna())["icc_a1"]


def agreement(material: Material, rows: pd.DataFrame) -> np.ndarray:
    """The six ICCs of the raters of a form."""
    table = material.ratings(rows.iloc[0])
    if table.isna().to_numpy().any():
        raise CannotBeChecked("pingouin has no incomplete designs")
    return intraclass(table)[rows["statistic"]].to_numpy()


def intraclass(table: pd.DataFrame) -> pd.Series:
    """Six intraclass correlations of a complete table, targets x raters, under our names."""
    plain = table.set_axis(range(table.shape[1]), axis=1).set_axis(range(len(table)))
    long = plain.rename_axis(index="target", columns="rater").reset_index().melt("target", var_name="rater")
    found = package().intraclass_corr(long.astype({"rater": int}), targets="target", raters="rater", ratings="value")
    return found.set_index(found["Type"].map(NAMES))["ICC"]
