"""The numbers that a reader of the example sees first, from the raw files to the tables, held against R.

R reads the same raw files and keys and scores them by itself (make_headline.R): nothing is shared with the code tested.
"""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.data.tables import read_table
from psychometrics.resampling.bootstrap_intervals import sample_values

GOLDEN = json.loads((Path(__file__).parent / "headline.json").read_text())
NUMBERS = pd.DataFrame(GOLDEN["numbers"])
PAIRED = [("perspective", "perspective_2"), ("form", "form_2"), ("scale", "scale_2")]

# how far apart two right answers may lie: closed formulas to the rounding of their sums, the others as far as R went
CLOSED = 1e-10
TOLERANCE = {
    "base::eigen": 1e-6,  # squared multiple correlations divide by the smallest eigenvalues: .014
    "psych::KMO": 1e-6,  # so do partial correlations
    "lavaan::lavCor, psych::alpha": 1e-8,  # nlminb stops about 1e-8 from each polychoric correlation
    "lme4::lmer": 5e-6,  # a likelihood is flat at its maximum: bobyqa finds components to some 1e-7 of the largest
    "stats::optim": 1e-8,  # so is least squares
}


def own_values(path):
    """A table with the sample's own values, which R computes, where ours are corrected."""
    table = read_table(path)
    return table.assign(estimate=sample_values(table))


@pytest.fixture(scope="module")
def tables(finished):
    folder = finished.folder / "results/example"
    return {name: own_values(folder / name) for name in NUMBERS["table"].unique()}


def rows_of(table, keys):
    """Rows that a number of R's is about; a pair of scores may stand either way round."""
    here = pd.Series(True, index=table.index)
    for key, value in keys.items():
        column = table[key] if key in table else pd.Series(np.nan, index=table.index)
        here &= column.isna() if value == "" else column.astype(str).str.removesuffix(".0") == str(value)
    return table[here]


def ours(table, number):
    keys = {
        key: value
        for key, value in number.items()
        if key not in ("table", "by", "estimate") and (isinstance(value, str) or pd.notna(value))
    }
    keys = {key: str(value).removesuffix(".0") for key, value in keys.items()}
    found = rows_of(table, keys)
    if found.empty and "form_2" in keys:
        turned = keys | {
            to: keys[of] for one, two in PAIRED for of, to in ((one, two), (two, one)) if {one, two} <= set(keys)
        }
        found = rows_of(table, turned)
    assert len(found) == 1, (number, len(found))
    return float(found["estimate"].iloc[0])


@pytest.mark.parametrize("by", sorted(NUMBERS["by"].unique()))
def test_tables_agree_with_r(tables, by):
    rows = NUMBERS[NUMBERS["by"] == by].to_dict("records")
    apart = [(abs(ours(tables[row["table"]], row) - row["estimate"]), row) for row in rows]
    too_far = [(f"{distance:.1e}", row) for distance, row in apart if not distance <= TOLERANCE.get(by, CLOSED)]
    assert not too_far, too_far


def test_enough_of_the_report_is_covered():
    assert len(NUMBERS) > 200 and NUMBERS["table"].nunique() >= 10
    assert NUMBERS["estimate"].notna().all()


@pytest.mark.parametrize("perspective", ["client", "therapist"])
def test_loadings_and_phi_agree_once_factors_are_matched(finished, perspective):
    """R's factors come in another order and direction, which no table depends on."""
    table = own_values(finished.folder / f"results/example/factors/{perspective}/loadings.csv")
    theirs = GOLDEN["factors"][perspective]
    loadings, phi_rows = (table[table["statistic"] == name] for name in ("loading", "phi"))
    pattern = loadings.pivot(index="item", columns="factor", values="estimate").loc[theirs["items"]]
    names, k = list(pattern.columns), pattern.shape[1]
    phi = pd.DataFrame(np.eye(k), names, names)
    for row in phi_rows.to_dict("records"):
        phi.loc[row["factor"], row["factor_2"]] = phi.loc[row["factor_2"], row["factor"]] = row["estimate"]
    reference, r_phi = np.array(theirs["pattern"]), np.array(theirs["phi"])
    assert reference.shape == pattern.shape
    products = reference.T @ pattern.to_numpy()
    order = max(permutations(range(k)), key=lambda order: sum(abs(products[range(k), order])))
    sign = np.sign(products[range(k), order])
    # oblimin is flat at its minimum, and GPArotation stops at a gradient of 1e-7
    np.testing.assert_allclose(pattern.to_numpy()[:, order] * sign, reference, atol=2e-5)
    np.testing.assert_allclose(phi.to_numpy()[np.ix_(order, order)] * np.outer(sign, sign), r_phi, atol=2e-5)


def test_congruence_of_both_perspectives(finished):
    table = own_values(finished.folder / "results/example/factors/client/replicability.csv")
    found = table[(table["statistic"] == "congruence") & table["estimate"].notna()]
    # the largest of each of the client's factors, of the loadings above
    np.testing.assert_allclose(np.sort(found["estimate"]), GOLDEN["congruence"], atol=2e-5)
