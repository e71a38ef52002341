"""Association and similarity of tables of counts against base R (tests/golden/content/make.R)."""

import json
from pathlib import Path

import numpy as np
import pytest

from psychometrics.content.categorical import contingency_association, expected_counts, hellinger_similarity

GOLDEN = json.loads((Path(__file__).parents[1] / "content" / "association.json").read_text())


@pytest.fixture(params=GOLDEN)
def golden(request):
    return GOLDEN[request.param]


def test_association(golden):
    rows = contingency_association(golden["table"], draws=1).set_index("statistic")
    # closed forms in double precision on both sides
    for statistic in ("chi2", "cramers_v", "cramers_v_corrected"):
        assert rows.loc[statistic, "estimate"] == pytest.approx(golden[statistic], rel=1e-10, abs=1e-12)
    assert rows.loc["chi2", "method"] == f"Pearson, df {golden['df']}" and rows.loc["chi2", "n"] == golden["n"]
    # R's root is found to 1e-12 in the noncentrality; the two noncentral distributions agree to about 1e-10
    limits = rows.loc["cramers_v_corrected", ["lower", "upper"]].tolist()
    assert limits == pytest.approx([golden["lower"], golden["upper"]], abs=1e-8)


def test_permutation_p(golden):
    ours = contingency_association(golden["table"], draws=5_000, seed=1).set_index("statistic").loc["p_permutation"]
    p = golden["p_permutation"]
    # both are Monte Carlo: four standard errors of their difference, and one table for p near 0
    tolerance = 4 * np.sqrt(p * (1 - p) * (1 / 5_000 + 1 / golden["draws"])) + 1 / 5_000
    assert ours["estimate"] == pytest.approx(p, abs=tolerance)


def test_expected_counts_and_similarity(golden):
    table = np.array(golden["table"])
    assert expected_counts(table) == pytest.approx(np.array(golden["expected"]), rel=1e-12)
    similarity = golden["hellinger_similarity_of_rows_1_and_2"]
    assert hellinger_similarity(table[0], table[1]) == pytest.approx(similarity, rel=1e-12)
