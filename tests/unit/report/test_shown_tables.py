"""Tables of the report on association and reliability: which rows they take, and how they read."""

import numpy as np
import pandas as pd

from association.shown_tables import association_table, course_table, differences_table
from reliability.shown_tables import (
    categories_table,
    nesting_table,
    omegas_table,
    raters_table,
    reliability_table,
    sessions_table,
    totals,
)
from score.shown_tables import quality_table, scales_table
from shared_variance.shown_tables import canonical_table, commonality_table

LABELS = {"wai_s": "WAI-S", "haq2": "HAq-II"}
TOTALS = {"form": "wai_s", "form_2": "haq2", "perspective": "client", "perspective_2": "client", "scale": "total",
          "scale_2": "total"}  # fmt: skip
WAI = {"form": "wai_s", "perspective": "client", "scale": "total", "item": np.nan}


def rows(shared: dict, **estimates) -> list[dict]:
    """One row per statistic; a value is the estimate, or estimate and limits."""
    found = []
    for statistic, value in estimates.items():
        estimate, lower, upper = value if isinstance(value, tuple) else (value, np.nan, np.nan)
        found.append(
            shared | {"statistic": statistic, "estimate": estimate, "lower": lower, "upper": upper, "n": 90, "note": ""}
        )
    return found


def test_differences():
    second = {"form_3": "wai_s", "form_4": "outcome", "perspective_3": "client", "perspective_4": np.nan}
    table = pd.DataFrame(
        rows(TOTALS | second, r_first=0.7, r_second=0.31, difference=(0.39, 0.2, 0.5), p_difference_holm=0.0004)
        + rows(TOTALS | second | {"form_4": "haq2", "perspective_4": "client"}, r_first=np.nan, difference=np.nan)
    )
    assert differences_table(table, LABELS).rows == [
        ["WAI-S (client) with HAq-II (client)", "WAI-S (client) with outcome", "90", ".70", ".31", ".39 [.20, .50]",
         "< .001"]
    ]  # fmt: skip
    reason = pd.DataFrame([{"statistic": "difference", "estimate": np.nan, "note": "one instrument"}])
    assert differences_table(reason, LABELS).rows == []


def test_course_takes_totals_and_drops_pairs_without_a_value():
    table = pd.DataFrame(
        rows(TOTALS, r_within=(0.4, 0.3, 0.5), r_between=(0.6, 0.5, 0.7))
        + rows(TOTALS | {"scale": "task"}, r_within=0.9, r_between=0.9)
        + rows(TOTALS | {"perspective_2": "therapist"}, r_within=np.nan, r_between=np.nan)
    )
    assert course_table(table, LABELS).rows == [
        ["WAI-S and HAq-II", "client", "90", ".40 [.30, .50]", ".60 [.50, .70]"]
    ]


def test_canonical_shows_the_first_correlation_of_the_scales():
    first = TOTALS | {"group": "scales", "factor": 1.0}
    table = pd.DataFrame(
        rows(first, canonical_r_shrunken=(0.7, 0.6, 0.8), p_permutation=0.012)
        + rows(first | {"factor": np.nan}, redundancy_1_by_2_shrunken=0.41, redundancy_2_by_1_shrunken=0.3)
        + rows(first | {"factor": 2.0}, canonical_r_shrunken=0.2)
        + rows(first | {"group": "items"}, canonical_r_shrunken=0.9)
    )
    assert canonical_table(table, LABELS).rows == [
        ["WAI-S and HAq-II", "client", "90", ".70 [.60, .80]", ".012", "41%", "30%"]
    ]


def test_commonality_names_the_parts():
    outcome = {"perspective": "client", "form": np.nan, "outcome": "end", "scores": "observed", "model": "instruments"}
    corrected, before = {"scores": "corrected"}, {"model": "instruments and baseline"}
    table = pd.DataFrame(
        rows(outcome | {"group": np.nan}, r2=(0.13, 0.05, 0.22))
        + rows(outcome | corrected | {"group": np.nan}, r2=0.15)
        + rows(outcome | {"group": "wai_s"}, commonality=0.01, general_dominance=0.03)
        + rows(outcome | {"group": "wai_s, haq2"}, commonality=0.05)
        + rows(outcome | {"group": "wai_s", "form": "haq2"}, commonality=0.3)
        + rows(outcome | before | {"group": np.nan}, r2=0.2)
        + rows(outcome | before | corrected | {"group": np.nan}, r2=np.nan)
        + rows(outcome | before | {"group": "start"}, r2_baseline=0.11, common_with_baseline=-0.001, commonality=0.1)
        + rows(outcome | before | {"group": "wai_s, haq2"}, r2_increment=(0.09, -0.001, 0.2))
    )
    table.loc[table["estimate"].isna(), "note"] = "not positive definite; provisional key (CALPAS-P)"
    found = commonality_table(table, LABELS | {"start": "distress", "end": "functioning"}).rows
    assert {row[1] for row in found} == {"functioning"}
    assert [row[2:] for row in found] == [
        ["all instruments", "90", "13% [5, 22]", "15%", ""],
        ["only WAI-S", "90", "1%", "–", ""],
        ["in common: WAI-S and HAq-II", "90", "5%", "–", ""],
        ["all instruments and the baseline", "90", "20%", "–", "not positive definite"],
        ["distress", "90", "11%", "–", ""],
        ["in common: the instruments and distress", "90", "0%", "–", ""],
        ["all instruments beyond the baseline", "90", "9% [0, 20]", "–", ""],
    ]


def test_totals_or_every_scale_of_a_form_without_one():
    table = pd.DataFrame({"form": ["a", "a", "b", "b"], "perspective": "client", "scale": ["x", "total", "y", "z"]})
    assert totals(table)["scale"].tolist() == ["total", "y", "z"]


def test_use_of_categories_at_the_more_used_end():
    # the second item is reversed: its answers pile up at 1; nobody chose 2 there
    shares = pd.DataFrame(
        {
            "form": "wai_s",
            "perspective": "client",
            "item": ["i01"] * 3 + ["i02"] * 3,
            "group": [1.0, 2.0, 3.0] * 2,
            "estimate": [0.2, 0.4, 0.4, 0.6, 0.0, 0.4],
            "n": [100] * 6,
        }
    )
    assert categories_table(shares, LABELS).rows == [["WAI-S", "client", "2", "3", "1", "50%", "1"]]
    assert not categories_table(pd.DataFrame({"note": ["needs raw answers"]}), LABELS).rows


def test_omegas_of_totals_without_those_of_subscales():
    table = pd.DataFrame(
        rows(WAI | {"factor": np.nan}, omega_hierarchical=(0.6, 0.5, 0.7), omega_categorical=0.9, alpha_ordinal=0.91,
             ecv=0.55)
        + rows(WAI | {"factor": "task"}, omega_hierarchical=0.1)
        + rows(WAI | {"scale": "task", "factor": np.nan}, omega_hierarchical=0.2)
    )  # fmt: skip
    assert omegas_table(table, LABELS).rows == [["WAI-S", "client", "total", ".60 [.50, .70]", ".90", ".91", ".55", ""]]


def test_nesting_shows_the_occasion_and_not_all_sessions_at_once():
    table = pd.DataFrame(
        rows(WAI | {"session": 3, "groups": 40}, icc_therapist=(0.1, 0.02, 0.3), design_effect=(1.6, 1.1, 2.8),
             effective_n=55.2)
        + rows(WAI | {"session": np.nan, "groups": 40}, icc_therapist=0.5)
    )  # fmt: skip
    assert nesting_table(table, LABELS).rows == [
        ["WAI-S", "client", "total", "90", "40", ".10 [.02, .30]", "1.60 [1.10, 2.80]", "55"]
    ]


def test_sessions_with_those_needed():
    table = pd.DataFrame(rows(WAI, alpha_between=0.95, alpha_within=0.7, r_c=0.6, retest_r=(0.5, 0.4, 0.6)))
    study = pd.DataFrame(
        [WAI | {"statistic": "sessions_needed", "estimate": 4, "target": 0.8},
         WAI | {"statistic": "sessions_needed", "estimate": 9, "target": 0.9}]
    )  # fmt: skip
    assert sessions_table(table, study, LABELS).rows == [
        ["WAI-S", "client", "total", ".95", ".70", ".60", ".50 [.40, .60]", "4"]
    ]
    one = pd.DataFrame([{"statistic": "alpha_within", "estimate": np.nan, "note": "one session"}])
    assert sessions_table(one, one, LABELS).rows == []


def test_raters():
    table = pd.DataFrame(rows(WAI | {"raters": 3}, icc_a1=(0.5, 0.4, 0.6), icc_c1=0.6, icc_ak=0.75))
    assert raters_table(table, LABELS).rows == [["WAI-S", "client", "total", "90", "3", ".50 [.40, .60]", ".60", ".75"]]
    none = pd.DataFrame([{"statistic": "icc_1", "estimate": np.nan, "note": "no raters are named"}])
    assert raters_table(none, LABELS).rows == []


def test_reliability_names_the_weakest_item():
    table = pd.DataFrame(
        rows(WAI, alpha=(0.83, 0.8, 0.86), omega_total=(0.84, 0.81, 0.87), mean_inter_item_r=0.36)
        + rows(WAI | {"item": "i04"}, item_rest_r=0.21)
        + rows(WAI | {"item": "i10"}, item_rest_r=0.52)
        + rows(WAI | {"item": "i11", "scale": "task"}, item_rest_r=0.1)
    )
    assert reliability_table(table, LABELS).rows == [
        ["WAI-S", "client", "total", "90", ".83 [.80, .86]", ".84 [.81, .87]", ".36", ".21 (item 4)", ""]
    ]


def test_association_takes_totals_of_forms():
    table = pd.DataFrame(
        rows(TOTALS, r_pearson=(0.61, 0.5, 0.7), r_spearman=(0.58, 0.4, 0.6), r_disattenuated=(0.72, 0.7, 0.8))
        + rows(TOTALS | {"perspective_2": "therapist"}, r_pearson=0.3)
        + rows(TOTALS | {"scale_2": "task"}, r_pearson=0.9)
        + rows(TOTALS | {"form_2": "outcome"}, r_pearson=0.2)
    )
    assert association_table(table, LABELS).rows == [
        ["WAI-S and HAq-II", "client", "90", ".61 [.50, .70]", ".58 [.40, .60]", ".72 [.70, .80]", ""],
        ["WAI-S and HAq-II", "client and therapist", "90", ".30", "–", "–", ""],
    ]


def test_scales_show_mean_sd_and_percent_of_the_maximum():
    scale = {"form": "wai_s", "perspective": "client", "scale": "task", "session": 3, "group": np.nan}
    table = pd.DataFrame(
        rows(scale | {"method": "mean of the items"}, mean=5.87, sd=0.89)
        + rows(scale | {"method": "sum of the items, prorated"}, mean=23.5, sd=3.6)
        + rows(scale | {"method": "percent of maximum possible"}, mean=81.1, sd=14.9)
        + rows(scale | {"method": "mean of the items", "group": "condition: A"}, mean=1.0, sd=2.0)
    )
    assert scales_table(table, LABELS).rows == [["WAI-S", "client", "task", "3", "90", "5.87", "0.89", "81"]]
    published = pd.DataFrame(rows(scale | {"method": "as published"}, mean=4.1, sd=0.7))
    shown = scales_table(published.drop(columns=["session", "group"]), LABELS)
    assert shown.rows == [["WAI-S", "client", "task", "–", "90", "4.10", "0.70", "–"]]
    assert "Mean as published" in shown.head


def test_quality_takes_shares_of_the_form_and_of_its_items():
    form = {"form": "wai_s", "perspective": "client", "item": np.nan}
    table = pd.DataFrame(
        rows(form, complete_share=0.71, duplicate_answer_rows=3, straight_lining_share=0.02)
        + rows(form | {"item": "i01"}, missing_share=0.01, ceiling_share=0.3, floor_share=0.04)
        + rows(form | {"item": "i02"}, missing_share=0.02, ceiling_share=0.5, floor_share=0.05)
        + rows(form | {"item": "i03"}, missing_share=0.09, ceiling_share=0.6, floor_share=0.2)
    )
    assert quality_table(table, LABELS).rows == [["WAI-S", "client", "71%", "4%", "9%", "3", "2%", "50%", "5%"]]
