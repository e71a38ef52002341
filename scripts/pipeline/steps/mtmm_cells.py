"""The cells of a multitrait-multimethod matrix, taken from the tables of correlations and reliabilities."""

import numpy as np
import pandas as pd

from psychometrics.association.mtmm import cell_kinds
from psychometrics.association.pairs import all_pairs, pair_names

SCORE = ["perspective", "form", "scale"]
VALUES = ["estimate", "se", "lower", "upper", "level", "n", "method", "note"]


def correlation_cells(measures: pd.DataFrame, correlations: pd.DataFrame) -> pd.DataFrame:
    """One row for each unique pair of measures, in the order of `all_pairs`; the statistic is the kind of cell."""
    found = correlations[correlations["statistic"] == "r_pearson"]
    known = {}
    for row in found.to_dict("records"):
        scores = [tuple(row.get(f"{name}{end}") for name in SCORE) for end in ("", "_2")]
        known[frozenset(scores)] = {name: row.get(name, np.nan) for name in VALUES}
    rows = []
    for pair in pair_names(measures, all_pairs(measures)):
        one, two = (tuple(pair[f"{name}{end}"] for name in SCORE) for end in ("", "_2"))
        rows.append(pair | known.get(frozenset((one, two)), {"note": "not in the table of correlations"}))
    return (
        pd.DataFrame(rows)
        .assign(statistic=cell_kinds(measures))
        .reindex(columns=[*rows[0], "statistic"])
        .fillna({"note": ""})
    )


def reliability_cells(measures: pd.DataFrame, reliability: pd.DataFrame) -> pd.DataFrame:
    """Alpha of each measure, or what was published instead: the diagonal of the matrix.

    `reliability` has the rows of one occasion.
    """
    published = (reliability["method"] == "as published") & (reliability["statistic"] != "alpha")
    known = reliability[((reliability["statistic"] == "alpha") | published) & reliability["item"].isna()]
    known = known.assign(method=known["method"].where(~published, known["statistic"] + ", as published"))
    known = known.sort_values("estimate", kind="stable", key=pd.isna).drop_duplicates(SCORE)
    rows = measures[SCORE].merge(known[[*SCORE, *(name for name in VALUES if name in known)]], on=SCORE, how="left")
    both = {f"{name}_2": rows[name] for name in SCORE}
    return rows.assign(**both, statistic="reliability").fillna({"note": "not in the table of reliabilities"})
