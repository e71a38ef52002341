"""The answer on the first screen: true for any data set, in at most five sentences."""

from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.report.blocks import Figure, Note, Section
from pipeline.report.wording import words
from report.first_screen import answer_of, moved_figure
from shared_variance.facts import Claim, Pair, Share
from shared_variance.facts_on_parts import Composition, Part, Total

CLAIM = Claim(0.5, 0.2)
SAY = words("first_screen")
UNKNOWN = Share(np.nan)


def pair(labels, share, corrected=UNKNOWN, views=("client", "client")):
    return Pair(labels, views, Share(*share), corrected, np.sqrt(share[0]), 100, "", "")


def parts(who, *shares, instruments=2):
    totals = [
        Total(f"form {share}", [Part("common", "", Share(share)), Part("unique", "", Share(0.1))]) for share in shares
    ]
    return Composition(who, instruments, totals)


NARROW = pair(("WAI", "HAq"), (0.36, 0.26, 0.45, 0.95), Share(0.49, 0.35, 0.62, 0.95))
WIDE = pair(("WAI", "CALPAS"), (0.49, 0.4, 0.58, 0.95), Share(0.64, 0.52, 0.75, 0.95), ("therapist", "therapist"))
ACROSS = pair(("WAI",), (0.09, 0.02, 0.2, 0.95), views=("client", "therapist"))


def test_the_three_numbers_are_told_and_reconciled():
    (told,) = answer_of([NARROW, WIDE], [parts("client", 0.6, 0.55), parts("therapist", 0.7)], CLAIM)
    assert told == (
        "As observed, two instruments answered from the same perspective share 36% to 49% of their variance (2 "
        "pairs). Corrected for the unreliability of both scores, the shares are 49% to 64%. "
        "In a factor analysis of all items answered from one perspective, 55% to 60% (client) and 70% (therapist) "
        "of the variance of each total score is common to all instruments. "
        "These numbers differ because the observed share counts measurement error as unshared, the correction "
        "removes that error, and the common part is a share of a single total, to be compared with the correlation "
        "(.60 to .70) and not with its square. "
        "The published claim of less than 50% (Krause et al., 2011) is supported for 1 of 2 pairs as observed "
        "and for none after the correction."
    )


def test_one_pair_has_its_interval():
    (told,) = answer_of([NARROW], [], CLAIM)
    assert told.startswith("As observed, WAI and HAq (client) share 36% (95% CI [26, 45]) of their variance.")
    assert "the share is 49% (95% CI [35, 62])." in told
    assert told.endswith("(Krause et al., 2011) is supported as observed, but is not supported after the correction.")


def test_nothing_is_reconciled_where_there_is_one_number():
    plain = pair(("WAI", "HAq"), (0.36, np.nan, np.nan, np.nan))
    (told,) = answer_of([plain], [], CLAIM)
    assert told == (
        "As observed, WAI and HAq (client) share 36% of their variance. Without an interval, the published claim of "
        "less than 50% (Krause et al., 2011) cannot be judged."
    )
    (told,) = answer_of([], [parts("client", 0.6)], CLAIM)
    assert told == (
        "In a factor analysis of all items answered from one perspective, 60% of the variance of each total score is "
        "common to all instruments."
    )
    assert answer_of([], [], CLAIM) == []


def test_one_instrument_from_two_perspectives_is_not_what_the_claim_is_about():
    (told,) = answer_of([ACROSS], [], CLAIM)
    assert told == (
        "As observed, WAI answered by the client shares 9% (95% CI [2, 20]) of its variance with WAI answered by "
        "the therapist."
    )


@pytest.mark.parametrize("pairs, common", [([NARROW, WIDE], True), ([NARROW], False), ([ACROSS], True)])
def test_there_are_at_most_five_sentences(pairs, common):
    (told,) = answer_of(pairs, [parts("client", 0.6)] if common else [], CLAIM)
    assert 1 <= told.count(". ") + 1 <= 5


def data(**more):
    kind = {"is_matrix": False, "has_items": True, "has_people": True, "of_persons": False, "people": 280} | more
    return SimpleNamespace(**kind)


def test_who_answered():
    answered = [("client", ["WAI-S", "HAq-II"]), ("therapist", ["WAI-S"])]
    assert SAY.who(data(), 40, 2, "session 3", answered) == (
        "280 clients of 40 therapists, 2 sessions. Answered by the client: WAI-S and HAq-II; by the therapist: WAI-S. "
        "The numbers above are those of session 3."
    )
    one = [("client", ["WAI"])]
    assert SAY.who(data(people=1), 0, 1, "", one) == "1 client, 1 session. Answered by the client: WAI."
    assert SAY.who(data(is_matrix=True, has_people=False), 0, 0, "", one).startswith(
        "Published correlations of the items of 280 people."
    )
    scores = data(is_matrix=True, has_people=False, has_items=False)
    assert SAY.who(scores, 0, 0, "", one).startswith(
        "Published correlations of the scale scores of at most 280 people."
    )


def test_the_figure_is_shown_once():
    figure = Figure("a.svg", "alt", "caption")
    sections = [
        Section("data", "Data", [Note("n")]),
        Section("shared_variance", "Shared variance", [Note("n"), figure]),
    ]
    assert moved_figure(sections) == [figure] and sections[1].blocks == [Note("n")]
    assert moved_figure(sections[:1]) == []


def test_warnings_are_counted_in_one_line():
    assert SAY.factor_warnings([("client", 1), ("therapist", 2)]) == (
        "The section on the factors contains 1 warning about the items answered by the client and 2 about the items "
        "answered by the therapist."
    )
