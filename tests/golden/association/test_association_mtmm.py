"""HTMT agrees with semTools::htmt, Kendall's W and Spearman's correlations with stats."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.htmt import htmt
from psychometrics.association.mtmm import kendall_w, rank_correlations

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "association" / "mtmm.json").read_text())


def correlations(name):
    if name == "published":
        return pd.read_csv(HERE / "data" / "wai_sr_matrix.csv", index_col=0).to_numpy()
    data = pd.read_csv(HERE / "data" / f"{name.replace('turned', 'likert5')}.csv")
    if name == "turned":
        data[["i02", "i07", "i11"]] = 6 - data[["i02", "i07", "i11"]]
    return data.corr().to_numpy()


@pytest.mark.parametrize("name", ["likert5", "turned", "likert7_missing", "published"])
def test_htmt(name):
    r = correlations(name)
    for golden in GOLDEN[name]:
        found = htmt(r, golden["first"])
        # closed forms on both sides
        np.testing.assert_allclose([found["htmt"], found["htmt2"]], [golden["htmt"], golden["htmt2"]], rtol=1e-10)


@pytest.mark.parametrize("golden", GOLDEN["kendall"])
def test_agreement_of_triangles(golden):
    cells = np.array(golden["cells"])
    np.testing.assert_allclose(kendall_w(cells), golden["w"], rtol=1e-10)
    np.testing.assert_allclose(rank_correlations(cells), golden["spearman"], rtol=1e-10)
