"""Agreement of coders against irr, irrCAC, psych and vcd (tests/golden/content/make_agreement.R) and against papers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.content.agreement import category_confusion, nominal_agreement

GOLDEN = json.loads((Path(__file__).parent / "agreement.json").read_text())


@pytest.fixture(params=GOLDEN)
def golden(request):
    found = GOLDEN[request.param]
    codes = pd.DataFrame(found["codes"], dtype=float)
    return found | {"codes": codes, "rows": nominal_agreement(codes), "coders": codes.notna().sum(axis=1)}


def together(golden):
    rows = golden["rows"]
    return rows[rows["statistic"] != "cohen_kappa"].set_index("statistic")


def test_estimates_are_those_of_irrcac(golden):
    for statistic, row in together(golden).iterrows():
        # closed forms in double precision on both sides
        assert row["estimate"] == pytest.approx(golden["irrCAC"][statistic], rel=1e-12, abs=1e-12)


def test_estimates_are_those_of_irr(golden):
    rows = together(golden)["estimate"]
    m, n = golden["codes"].shape[1], golden["codes"].notna().to_numpy().sum()
    alpha = golden["irr"]["krippendorff_alpha"]
    if m > 2 and golden["codes"].notna().all(axis=None):
        # irr 0.84.1 takes complete data of m coders for (m - 1) times as many codes, in the factor (n - 1) / n of
        # Krippendorff's small-sample correction; with missing codes, and in irrCAC, it is right
        more = n * (m - 1)
        alpha = 1 - (1 - alpha) * (more / (more - 1)) * ((n - 1) / n)
    assert rows["krippendorff_alpha"] == pytest.approx(alpha, rel=1e-12)
    # with two coders our rows are Cohen's kappa and no others, which is below
    for statistic in {"fleiss_kappa", "conger_kappa"} & set(golden["irr"]) & set(rows.index):
        assert rows[statistic] == pytest.approx(golden["irr"][statistic], rel=1e-12)
    if m == 2:
        assert 100 * rows["agreement_share"] == pytest.approx(golden["irr"]["agreement_percent_of_all"], rel=1e-12)


def test_standard_errors_are_those_of_irrcac(golden):
    for statistic, row in together(golden).iterrows():
        theirs = golden["se_irrCAC"][statistic]
        if statistic == "krippendorff_alpha" and golden["coders"].min() < golden["coders"].max():
            # with unequal numbers of coders irrCAC centres the agreement of items at the one corrected for small
            # samples, off by (1 - agreement) / codes: less than 1% of the standard error in these tables
            assert row["se"] == pytest.approx(theirs, rel=0.01)
        elif statistic == "krippendorff_alpha" or (golden["coders"] > 1).all():
            assert row["se"] == pytest.approx(theirs, abs=0.51e-5)  # irrCAC rounds to five decimals
        else:
            # irrCAC takes the number of items of two coders for fixed and those of one coder for disagreeing
            assert row["se"] < theirs


def test_cohens_kappa_of_each_pair(golden):
    rows = golden["rows"].query("statistic == 'cohen_kappa'")
    assert len(rows) == len(golden["pairs"])
    for row, theirs in zip(rows.itertuples(), golden["pairs"], strict=True):
        assert (row.coder + 1, row.coder_2 + 1, row.n) == (theirs["coder"], theirs["coder_2"], theirs["n"])
        # closed forms in double precision on both sides
        assert row.estimate == pytest.approx(theirs["irr"], rel=1e-12)
        assert row.se == pytest.approx(theirs["se_psych"], rel=1e-9) == theirs["se_vcd"]


def test_coincidences_are_those_of_irr(golden):
    if golden["codes"].shape[1] > 2:
        return  # irr's table has weights of 1 / (coders - 1)
    counts = category_confusion(golden["codes"]).query("statistic == 'coder_pairs'")
    # irr counts a pair of equal codes twice, which the coincidence matrix has on its diagonal
    theirs = np.array(golden["coincidences"])
    np.fill_diagonal(theirs, theirs.diagonal() / 2)
    assert counts["estimate"].tolist() == theirs[np.triu_indices(len(theirs))].tolist()


# numbers as printed, to their last decimal
PRINTED = {
    "krippendorff_2011_binary": {"krippendorff_alpha": 0.095},  # Krippendorff (2011), section A
    "krippendorff_2011_nominal": {"krippendorff_alpha": 0.692},  # section B
    "krippendorff_2011_missing": {  # section C; the others from the README of irrCAC, table cac.raw4raters
        "krippendorff_alpha": 0.743,
        "agreement_share": 0.8181818,
        "gwet_ac1": 0.77544,
        "fleiss_kappa": 0.76117,
        "conger_kappa": 0.76282,
    },
    "gwet_2014_abstractors": {  # README of irrCAC, table cont3x3abstractors
        "agreement_share": 0.89,
        "cohen_kappa": 0.7964094,
        "krippendorff_alpha": 0.7972585,
        "gwet_ac1": 0.8493305,
    },
    "fleiss_1971": {"fleiss_kappa": 0.430},  # Fleiss (1971), 30 patients, six psychiatrists
}
PRINTED_SE = {
    # tables of two raters, with n squared: Cohen's kappa as it is, the others times sqrt(n / (n - 1))
    "gwet_2014_abstractors": {
        "cohen_kappa": 0.05891072,
        "gwet_ac1": 0.04321747 * np.sqrt(100 / 99),
        "agreement_share": 0.03128898 * np.sqrt(100 / 99),
        "krippendorff_alpha": 0.05905473 * np.sqrt(100 / 99),
    },
}


@pytest.mark.parametrize("name", PRINTED)
def test_published_examples(name):
    rows = nominal_agreement(pd.DataFrame(GOLDEN[name]["codes"], dtype=float)).set_index("statistic")
    for statistic, printed in PRINTED[name].items():
        decimals = len(str(printed).partition(".")[2])
        estimate = rows["estimate"].loc[[statistic]].iloc[0]
        assert round(estimate, decimals) == printed
    for statistic, printed in PRINTED_SE.get(name, {}).items():
        assert rows.loc[statistic, "se"] == pytest.approx(printed, abs=0.6e-8)  # eight decimals printed


def test_krippendorffs_binary_example_by_hand():
    """Krippendorff (2011), section A: coincidences 10, 4, 4, 2 of n = 20 codes, 14 of them 0."""
    rows = nominal_agreement(pd.DataFrame(GOLDEN["krippendorff_2011_binary"]["codes"])).set_index("statistic")
    assert rows.loc["krippendorff_alpha", "estimate"] == pytest.approx(1 - 19 * 4 / (14 * 6), rel=1e-12)
    # Cohen: agreement 6 / 10; margins 8, 2 and 6, 4; AC1: mean shares 0.7 and 0.3
    assert rows.loc["cohen_kappa", "estimate"] == pytest.approx((0.6 - 0.56) / (1 - 0.56), rel=1e-12)
    assert rows.loc["gwet_ac1", "estimate"] == pytest.approx((0.6 - 0.42) / (1 - 0.42), rel=1e-12)


def test_cohens_kappa_of_a_table_by_hand():
    """Rows 75 1 4, 5 4 1, 0 0 10: agreement .89, margins 80, 10, 10 and 80, 5, 15, so that chance gives .66."""
    rows = nominal_agreement(pd.DataFrame(GOLDEN["three_by_three"]["codes"])).set_index("statistic")
    assert rows.loc["cohen_kappa", "estimate"] == pytest.approx((0.89 - 0.66) / (1 - 0.66), rel=1e-12)
