"""Sentences on the factors, word by word, and what is shown of factors in other data sets."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from factors.facts_on_numbers import Spread, Survival
from factors.section_common_factor import common_factor_sentences
from factors.section_congruence import MOST_ROWS, section
from factors.section_factors import congruence_in_random_order
from factors.shown_tables import alternatives_table, spread_table
from pipeline.report.blocks import Heading, Note, Sentences, Table
from pipeline.report.wording import words

SAY = words("factors")
ABOUT = {"method": "Pearson", "n_total": 280, "missing": "pairwise"}


@pytest.mark.parametrize("factors, verb", [(1, "1 factor was"), (3, "3 factors were")])
def test_how_many_factors(factors, verb):
    assert SAY.extracted(factors, "parallel analysis", ABOUT, "minres", "oblimin") == (
        f"{verb} extracted (minres, oblimin rotation) from the Pearson correlations of the items, n = 280, missing "
        "answers pairwise. Basis for the number of factors: parallel analysis."
    )


def test_where_intervals_come_from():
    corrected = (
        "Oblique rotation pulls the correlations of factors towards zero in small samples. The correlations shown are "
        "corrected for this; the table (column uncorrected) gives the values of R."
    )
    assert SAY.where_intervals_come_from(True) == (
        f"{corrected} Their intervals, like those of loadings, are analytic, by normal theory, where the theory holds."
    )
    assert SAY.where_intervals_come_from(False) == (
        f"{corrected} Their intervals, like those of loadings, come from resampling the whole analysis."
    )


def test_congruence_of_a_single_factor_is_high_by_construction():
    def loadings(*factors):
        return pd.DataFrame(
            [
                {"statistic": "loading", "factor": factor, "estimate": value}
                for factor in factors
                for value in (0.3, 0.9)
            ]
        )

    # of the two orders of .3 and .9 one has congruence 1, the other (.27 + .27) / .90 = .6
    chance = congruence_in_random_order(loadings("F1"))
    assert chance == pytest.approx((1 + 0.6) / 2)
    assert congruence_in_random_order(loadings("F1", "F2")) is None
    usual = "Tucker congruence; .95 counts as equal, .85 to .94 as similar (Lorenzo-Seva & ten Berge, 2006)."
    assert SAY.how_to_read_congruence(None) == usual
    assert SAY.how_to_read_congruence(chance) == (
        f"{usual} With one factor it is high by construction: the same loadings in random order would have a "
        "congruence of .80 on average."
    )


def retained(extracted=4, **found):
    rows = [{"statistic": name, "estimate": k} for name, k in found.items()]
    return pd.DataFrame([*rows, {"statistic": "factors_extracted", "estimate": extracted}])


def test_the_spread_of_the_criteria():
    spread = Spread.of(retained(map=4, nest=4, hull_caf=2, rmsea=7, comparison_data=np.nan, kaiser_guttman=9))
    assert SAY.spread(spread) == (
        "Of 4 criteria, 2 suggest 4 factors, 1 suggests 2 and 1 suggests 7. 1 criterion could not be applied."
    )
    assert spread_table(spread).rows == [
        ["4", "2", "MAP (Velicer, 1976); Next eigenvalue sufficiency test (NEST)"],
        ["2", "1", "Hull, common part accounted for"],
        ["7", "1", "RMSEA"],
    ]
    assert SAY.spread(Spread.of(retained(map=1, nest=1))) == "All 2 criteria suggest 1 factor."


def test_when_the_criteria_lie_apart():
    assert not Spread.of(retained(map=4, nest=4, rmsea=5)).lies_apart
    assert Spread.of(retained(map=4, nest=4, rmsea=6)).lies_apart
    assert Spread.of(retained(map=4, nest=5, rmsea=5)).lies_apart  # no second criterion finds the four extracted
    assert Spread.of(retained(map=5, nest=5)).lies_apart


def others(*rows):
    return pd.DataFrame(
        [
            {"factors": k, "factor": "F1", "statistic": statistic, "estimate": estimate, "note": note, "form": form}
            for k, statistic, estimate, note, form in rows
        ]
    )


def congruences(closest, values):
    names = ("common_factor_congruence", "closest_factor_congruence")
    return others(
        *[
            (int(k[1:]), name, value if name == names[0] else max(value, closest), "", np.nan)
            for k, value in values.items()
            for name in names
        ]
    )


def test_whether_the_common_factor_survives():
    def told(closest=0.0, extracted=4, **values):
        fate = Survival.of(congruences(closest, values), extracted)
        return fate and SAY.survival(fate)

    assert told(k3=0.86, k4=1.0, k5=0.97) == (
        "It does not depend on the number of factors: with 3 and 5 factors, the instruments share the same factor or a "
        "similar one "
        "(congruence .86 to .97)."
    )
    assert told(k2=np.nan, k3=0.41, k4=1.0, k5=0.97) == (
        "It depends on the number of factors: with 5, the instruments share the same factor or a similar one "
        "(congruence "
        ".97), with 3, another one (congruence .41), with 2, none."
    )
    assert told(k3=0.41, k4=1.0) == "It depends on the number of factors: with 3, another one (congruence .41)."
    assert told(0.9, k3=0.41, k4=1.0) == (
        "It depends on the number of factors: with 3, another one (congruence .41; of the factor most like it .90)."
    )
    assert told(k3=np.nan, k4=1.0) == "It depends on the number of factors: with 3, none."
    assert told(k3=np.nan, k4=np.nan) is None and told(k4=1.0) is None
    # a single factor is common by construction
    assert told(k1=0.6, k2=1.0, k3=0.97, extracted=2).startswith("It does not depend")
    assert told(k1=0.6, k2=1.0, extracted=2) is None and told(k1=1.0, k2=0.6, extracted=1) is None


def test_what_changes_with_another_number_of_factors():
    spread = Spread.of(retained(map=4, nest=4, rmsea=6))
    table = alternatives_table(
        others(
            (4, "breadth", 0.9, "", np.nan),
            (4, "common_share", 0.5, "", "wai_s"),
            (6, "breadth", 0.7, "", np.nan),
            (6, "common_share", 0.4, "", "wai_s"),
            (8, "alternatives", np.nan, "no solution", np.nan),
        ),
        spread,
        {"wai_s": "WAI-S"},
    )
    assert table.head == ["Factors", "Criteria", "Common factor", "Its breadth", "WAI-S: common to all", "Remark"]
    assert table.rows == [
        ["4 (extracted)", "2", "F1", ".90", "50%", ""],
        ["6", "1", "F1", ".70", "40%", ""],
        ["8", "0", "–", "–", "–", "no solution"],
    ]


def common(estimate, outcome):
    def row(statistic, estimate, group=np.nan, factor="F2", lower=np.nan, upper=np.nan):
        return {
            "factor": factor,
            "group": group,
            "statistic": statistic,
            "estimate": estimate,
            "lower": lower,
            "upper": upper,
            "level": 0.95,
            "note": "",
        }

    return pd.DataFrame(
        [
            row("breadth", 0.5, factor="F1"),
            row("breadth", 0.913),
            row("share_of_common_variance", 0.34),
            row("salient_share", 0.5, "WAI"),
            row("salient_share", 0.25, "HAq"),
            row("common_factor", estimate),
            row("r_outcome_general_removed", outcome, "improvement", lower=0.1, upper=0.5),
        ]
    )


def test_the_common_factor():
    named = (
        "The factor that the instruments share (client) is F2 (the broadest one; breadth .91, where 1 means that "
        "all instruments contribute equally); it accounts for 34% of the common variance and is marked by 50% of the "
        "WAI "
        "items and 25% of the HAq items."
    )
    assert common_factor_sentences(common(0.87, 0.3), "client", []) == [
        named,
        "The same factor is found in 87% of the resamples.",
        "With the general factor removed, its score correlates .30, 95% CI [.10, .50], with improvement (Hatcher & "
        "Barends, 1996, found .37 for Confident Collaboration and improvement).",
    ]
    chosen = common_factor_sentences(common(np.nan, np.nan), "client", ["wai_s_12"])
    assert chosen == [named.replace("the broadest one;", "named by the markers in config.yaml;")]


def test_a_single_factor_is_shared_by_construction():
    alone = common(1.0, np.nan).query("factor == 'F2'")
    assert common_factor_sentences(alone, "client", []) == [
        "One factor was extracted from the items answered by the client. It accounts for all of their common variance "
        "by construction: that the instruments share a factor is assumed here, not shown. It is marked by 50% of the "
        "WAI "
        "items and 25% of the HAq items."
    ]


def test_no_common_factor():
    table = pd.DataFrame([{"statistic": "common_factor", "estimate": np.nan, "note": "one instrument"}])
    assert common_factor_sentences(table, "client", []) == ["No common factor (client): one instrument."]


def results(*rows):
    table = pd.DataFrame(rows).assign(dataset="one", perspective="client", statistic="congruence")
    return SimpleNamespace(
        datasets=[SimpleNamespace(name="one", title="First study"), SimpleNamespace(name="two", title="Second study")],
        table=lambda name: table,
    )


def compared(factor, factor_2, estimate, note=""):
    return {"group": "two, client", "factor": factor, "factor_2": factor_2, "estimate": estimate, "note": note}


def test_factors_that_come_back_are_counted_as_the_table_shows_them():
    rows = [
        compared("F1", "G1", 0.9451),  # shown, and so counted, as .95
        compared("F2", "G3", -0.86),
        compared("F3", "G2", 0.4),
        compared("F4", np.nan, 0.99, "no counterpart; the closest is G1"),
    ]
    said, heading, table = section(results(*rows))
    assert said == Sentences(
        [
            "3 congruences of a factor with its counterpart in another data set, over the items that both contain: 1 "
            "of at least .95, which counts as equal, and 1 of .85 to .94, which counts as similar (Tucker's "
            "congruence; Lorenzo-Seva & ten Berge, 2006)."
        ]
    )
    assert heading == Heading("Factors of First study, client", 3)
    assert isinstance(table, Table) and table.source == "congruence.csv"
    assert table.rows[0] == ["Second study, client", "F1", "G1", ".95", ""]
    assert table.rows[3] == ["Second study, client", "F4", "", ".99", "no counterpart; the closest is G1"]


def test_a_page_does_not_hold_a_table_without_end():
    blocks = section(results(*[compared("F1", "G1", 0.9)] * (MOST_ROWS + 1)))
    assert blocks[1:] == [Note("These are too many to show here; every one is in congruence.csv.")]


def test_nothing_in_common():
    none = {"group": "two, client", "estimate": np.nan, "note": "the two solutions share no item"}
    assert section(results(none, none)) == [Sentences(["Nothing to compare: the two solutions share no item."])]
