"""Shared variance: sentences that claim no more than the interval does, and the test worked by hand."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.scores import correlate_composites
from psychometrics.resampling.bootstrap_intervals import TOO_WIDE
from psychometrics.shared_variance.pairs import shared_variance_of_pairs, statement

COLUMNS = pd.DataFrame(
    [
        ["client", "wai_s", "WAI", "total"],
        ["client", "wai_s", "WAI", "task"],
        ["client", "haq2", "HAq", "total"],
        ["therapist", "wai_s", "WAI", "total"],
    ],
    columns=["perspective", "form", "instrument", "scale"],
    index=["w", "t", "h", "wt"],
)


@pytest.fixture
def correlations():
    matrix = pd.DataFrame(0.1, index=COLUMNS.index, columns=COLUMNS.index)
    matrix.loc["w", "h"] = matrix.loc["h", "w"] = 0.6
    matrix.loc["w", "wt"] = matrix.loc["wt", "w"] = -0.3
    return correlate_composites(matrix, COLUMNS, pd.Series([0.9, 0.8, 0.8, 0.9], index=COLUMNS.index), 103)


def test_pairs_of_instruments_first_then_perspectives(correlations):
    rows = shared_variance_of_pairs(correlations, COLUMNS)
    squares = rows[rows.statistic == "r2"]
    pairs = squares[["perspective", "perspective_2", "form", "form_2"]].to_numpy().tolist()
    assert pairs == [["client", "client", "wai_s", "haq2"], ["client", "therapist", "wai_s", "wai_s"]]
    assert (rows.scale == "total").all()


def test_numbers_by_hand(correlations):
    rows = shared_variance_of_pairs(correlations, COLUMNS).iloc[:4].set_index("statistic")
    half = NormalDist().inv_cdf(0.975) / 10
    assert rows.estimate["r2"] == pytest.approx(0.36)
    assert rows.lower["r2"] == pytest.approx(math.tanh(math.atanh(0.6) - half) ** 2)
    assert rows.estimate["distance_from_0.20"] == pytest.approx(0.16)
    assert rows.lower["distance_from_0.20"] == pytest.approx(rows.lower["r2"] - 0.2)
    assert rows.upper["distance_from_0.20"] == pytest.approx(math.tanh(math.atanh(0.6) + half) ** 2 - 0.2)
    z = (math.atanh(0.6) - math.atanh(math.sqrt(0.5))) * 10
    assert rows.estimate["p_r2_below_0.50"] == pytest.approx(NormalDist().cdf(z))
    assert rows.estimate["r2_disattenuated"] == pytest.approx(0.36 / 0.72)
    assert "needs raw answers" in rows.note["r2_disattenuated"]


def corrected_share(estimate, lower, upper, note=""):
    """The rows of a pair whose corrected correlation is as given."""
    pair = {"perspective": "client", "form": "wai_s", "scale": "total",
            "perspective_2": "client", "form_2": "haq2", "scale_2": "total", "level": 0.95, "n": 80}  # fmt: skip
    given = [("r_pearson", 0.6, 0.4, 0.75, ""), ("r_disattenuated", estimate, lower, upper, note)]
    table = pd.DataFrame(given, columns=["statistic", "estimate", "lower", "upper", "note"]).assign(**pair)
    rows = shared_variance_of_pairs(table, COLUMNS.loc[["w", "h"]])
    return rows.set_index("statistic").loc["r2_disattenuated"]


def test_a_share_is_no_more_than_all_of_the_variance():
    row = corrected_share(0.9, 0.3, 1.2)
    assert row[["estimate", "lower", "upper"]].tolist() == pytest.approx([0.81, 0.09, 1.0])
    assert row["note"] == TOO_WIDE
    row = corrected_share(1.02, 0.8, 1.3, "above 1: more than the two alphas allow")
    assert row[["estimate", "lower", "upper"]].isna().all()
    assert row["note"] == "no share, for the corrected correlation is above 1: more than the two alphas allow"


SUBSCALES = pd.DataFrame(
    [[who, "wai_s", "WAI", scale] for who in ("client", "therapist") for scale in ("task", "bond")]
    + [["client", "haq2", "HAq", "total"], ["client", "haq2", "HAq", "help"]],
    columns=["perspective", "form", "instrument", "scale"],
    index=["ct", "cb", "tt", "tb", "ht", "hh"],
)


def test_scales_stand_for_a_form_without_a_total():
    matrix = pd.DataFrame(0.1, index=SUBSCALES.index, columns=SUBSCALES.index)
    for one, two, r in (("ct", "tt", 0.5), ("cb", "tb", 0.4), ("ct", "ht", 0.7)):
        matrix.loc[one, two] = matrix.loc[two, one] = r
    correlations = correlate_composites(matrix, SUBSCALES, pd.Series(0.9, index=SUBSCALES.index), 103)
    rows = shared_variance_of_pairs(correlations, SUBSCALES, labels={"wai_s": "WAI-S", "haq2": "HAq-II"})
    squares = rows[rows["statistic"] == "r2"]
    assert squares[["perspective", "perspective_2", "scale", "scale_2"]].to_numpy().tolist() == [
        ["client", "client", "task", "total"],
        ["client", "client", "bond", "total"],
        ["client", "therapist", "task", "task"],
        ["client", "therapist", "bond", "bond"],
    ]
    assert squares["estimate"].tolist() == pytest.approx([0.49, 0.01, 0.25, 0.16])
    said = squares["note"].tolist()
    assert said[0].startswith("WAI-S task and HAq-II (client) share 49%")
    assert said[2].startswith("WAI-S task (client) and WAI-S task (therapist) share 25%")


@pytest.mark.parametrize(
    "chosen, reason",
    [
        (["ct", "cb"], "one instrument and one perspective: there is no variance to share"),
        (["ct", "tb"], "one instrument, of which the perspectives have no score in common"),
        (["tt", "hh"], "no two instruments were answered from the same perspective, and none from two perspectives"),
    ],
)
def test_why_there_is_nothing_to_share(chosen, reason):
    columns = SUBSCALES.loc[chosen]
    matrix = pd.DataFrame(0.3, index=chosen, columns=chosen)
    correlations = correlate_composites(matrix, columns, pd.Series(0.9, index=chosen), 103)
    assert shared_variance_of_pairs(correlations, columns)["note"].tolist() == [reason]


def test_sentences(correlations):
    rows = shared_variance_of_pairs(correlations, COLUMNS, labels={"wai_s": "WAI-S", "haq2": "HAq-II"})
    notes = rows.note[rows.statistic == "r2"].tolist()
    assert notes[0] == (
        "WAI-S and HAq-II (client) share 36% of their variance (95% CI [21, 51]): more than 20%, "
        "not distinguishable from 50%."
    )
    assert notes[1].startswith("WAI-S (client) and WAI-S (therapist) share 9% of their variance")
    assert notes[1].endswith("The correlation is negative.")


@pytest.mark.parametrize(
    ("limits", "ending"),
    [
        ((0.25, 0.43), "(95% CI [25, 43]): less than 50%, more than 20%."),
        ((0.10, 0.43), "less than 50%, not distinguishable from 20%."),
        ((0.10, 0.60), "not distinguishable from 50% or 20%."),
        ((0.05, 0.15), "(95% CI [5, 15]): less than 20%."),
        ((0.55, 0.70), "(95% CI [55, 70]): more than 50%."),
    ],
)
def test_a_statement_claims_what_the_whole_interval_does(limits, ending):
    assert statement("A and B share", 0.34, *limits, 0.95).endswith(ending)


def test_no_interval_no_claim():
    assert "no claim is judged" in statement("A and B share", 0.34, np.nan, np.nan, 0.95)


def test_other_published_shares_name_the_rows(correlations):
    rows = shared_variance_of_pairs(correlations, COLUMNS, published_below=0.4, published_typical=0.25)
    assert {"p_r2_below_0.40", "distance_from_0.25"} <= set(rows.statistic)


def test_one_instrument_says_so(correlations):
    one = COLUMNS.loc[["w", "t"]]
    rows = shared_variance_of_pairs(
        correlate_composites(pd.DataFrame(np.eye(2), one.index, one.index), one, pd.Series(0.9, index=one.index), 50),
        one,
    )
    assert rows.note.tolist() == ["one instrument and one perspective: there is no variance to share"]


def test_a_correlation_that_failed_keeps_its_reason(correlations):
    few = correlate_composites(
        pd.DataFrame(np.eye(4), COLUMNS.index, COLUMNS.index), COLUMNS, pd.Series(0.9, index=COLUMNS.index), 3
    )
    rows = shared_variance_of_pairs(few, COLUMNS)
    assert rows.estimate.isna().all()
    assert (rows.note == "fewer than four clients have both scores").all()
