"""Paragraphs on the shared variance: no claim that an interval does not carry, and what each table adds."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.report.wording import words
from psychometrics.factors.schmid_leiman import NOT_IDENTIFIED
from shared_variance.facts import Claim, Share
from shared_variance.facts_on_claim import judge
from shared_variance.paragraphs import paragraphs_to_paste

CLAIM = Claim(below=0.5, typical=0.2)
NAN = np.nan


def form(name, instrument, perspective="client", status="established"):
    return SimpleNamespace(
        name=name,
        label=name.upper(),
        instrument=instrument,
        perspective=perspective,
        key_status=status,
        scales={"task": [1, 2], "total": [1, 2, 3]},
    )


WAI, HAQ, CALPAS = form("wai", "WAI"), form("haq", "HAq"), form("cal", "CALPAS", status="provisional")
THERAPIST = form("wai", "WAI", "therapist")


def pair(one, two, r2, corrected=(NAN, NAN, NAN), note="", why="alpha is undefined for one of the scores", n=100):
    """Rows of shared_variance.csv of one pair."""
    key = {
        "perspective": one.perspective,
        "perspective_2": two.perspective,
        "form": one.name,
        "form_2": two.name,
        "scale": "total",
        "scale_2": "total",
        "level": 0.95,
        "n": n,
    }
    rows = [("r2", *r2, note), ("r2_disattenuated", *corrected, "" if np.isfinite(corrected[0]) else why)]
    return [key | dict(zip(("statistic", "estimate", "lower", "upper", "note"), row, strict=True)) for row in rows]


def verdict(**shares):
    """Name = estimate and limits."""
    judged = judge([(name, Share(*share)) for name, share in shares.items()], CLAIM)
    return words("shared_variance_claim").verdict(judged, CLAIM)


def say(*rows, forms=(WAI, HAQ, CALPAS, THERAPIST), **more):
    tables = {"shared_variance": pd.DataFrame([row for part in rows for row in part])} | more
    return paragraphs_to_paste(tables, list(forms), claim=CLAIM, occasion="session 3")


LOW, HIGH, OPEN, WIDE = (0.3, 0.22, 0.4), (0.62, 0.53, 0.7), (0.45, 0.3, 0.6), (0.3, 0.1, 0.55)


@pytest.mark.parametrize("shares, first, second", [
    ([LOW, LOW], "“Less than 50%” is supported for both pairs.",
     "“About 20%” is not compatible with either pair; both pairs share more than 20%."),
    ([LOW, OPEN, HIGH], "“Less than 50%” is supported for 1 of 3 pairs (a); for 1 of 3 pairs (b) the share "
     "cannot be distinguished from 50%; 1 of 3 pairs (c) shares more than 50%.",
     "“About 20%” is not compatible with any of the pairs; all three pairs share more than 20%."),
    ([OPEN, OPEN],
     "“Less than 50%” is not supported for either pair; for both pairs the share cannot be distinguished from 50%.",
     "“About 20%” is not compatible with either pair; both pairs share more than 20%."),
    ([(0.2, 0.1, 0.3), (0.05, 0, 0.1)], "“Less than 50%” is supported for both pairs.",
     "“About 20%” is compatible with 1 of 2 pairs (a); 1 of 2 pairs (b) shares less than 20%."),
])  # fmt: skip
def test_the_claim_for_all_some_or_none(shares, first, second):
    assert verdict(**dict(zip("abc", shares, strict=False))) == f"{first} {second}"


def test_one_pair():
    assert verdict(a=LOW) == "This is less than 50% and is more than 20%."
    assert verdict(a=OPEN) == "This cannot be distinguished from 50% and is more than 20%."
    assert verdict(a=HIGH) == "This is more than 50%, contrary to the claim."
    assert verdict(a=(0.2, 0.1, 0.3)) == "This is less than 50% and is compatible with “about 20%”."


def test_an_interval_that_holds_both_marks_decides_nothing():
    assert (
        verdict(a=WIDE) == "The interval includes both 20% and 50%: more people are needed to tell one from the other."
    )
    assert verdict(a=WIDE, b=LOW).endswith(
        ". For 1 of 2 pairs (a) the interval includes both values: more people are needed to tell 20% from 50%."
    )


def test_no_interval_no_verdict():
    assert verdict(a=(0.3, NAN, NAN)) == "Without an interval, the claim cannot be judged."
    assert verdict(a=(0.3, NAN, NAN), b=LOW).endswith(" a cannot be judged without an interval.")
    assert "30% (no interval)" in " ".join(say(pair(WAI, HAQ, (0.3, NAN, NAN))))


def test_rounding_never_meets_a_mark():
    interval = words("phrases").interval
    assert interval(Share(0.497, 0.3949, 0.5011, 0.95), CLAIM) == "49.7% (95% CI [39, 50.1])"
    assert interval(Share(0.001, -0.001, 0.02, 0.9)) == "0% (90% CI [0, 2])"


def test_scales_of_forms_without_totals():
    def scales(rows, one, two):
        return [row | {"scale": one, "scale_2": two} for row in rows]

    said = say(
        scales(pair(WAI, HAQ, LOW), "task", "total"),
        scales(pair(WAI, THERAPIST, (0.1, 0.02, 0.18)), "task", "task"),
        scales(pair(WAI, THERAPIST, LOW), "bond", "bond"),
    )
    assert said[1].startswith("Answered by the client (n = 100): WAI task and HAQ share 30% (95% CI [22, 40]).")
    assert "(n = 100): WAI task shares 10% (95% CI [2, 18]) and WAI bond shares 30% (95% CI [22, 40])." in said[2]


def test_paragraphs_within_and_across_perspectives():
    said = say(
        pair(WAI, HAQ, LOW, (0.4, 0.3, 0.52)),
        pair(WAI, CALPAS, OPEN, (1.1, 0.9, 1.3), n=90),
        pair(WAI, THERAPIST, (0.1, 0.02, 0.18)),
    )
    assert said[0].startswith("The claim (Krause et al., 2011)") and "session 3" in said[0]
    assert said[1].startswith("Answered by the client (n = 90 to 100): WAI and HAQ share 30% (95% CI [22, 40]) and")
    assert said[2].startswith("One instrument answered by the client and by the therapist (n = 100): WAI shares 10%")
    assert "This is less than 50% and is less than 20%." in said[2]
    assert "40% (95% CI [30, 52]) for WAI and HAQ" in said[3]
    assert "“Less than 50%” is then supported for none of the 2 pairs (1 before the correction)." in said[3]
    assert "True scores cannot share more than 100% (WAI and CAL): a reliability is underestimated" in said[3]
    assert "r rather than its square" in said[3] and ".55 to .67" in said[3]
    assert said[-1].endswith("The key of CAL is provisional.")


def test_a_missing_correction_and_a_negative_correlation():
    correlations = pd.DataFrame(
        [
            {
                "perspective": "client",
                "perspective_2": "client",
                "form": "wai",
                "form_2": "haq",
                "scale": "total",
                "scale_2": "total",
                "statistic": "r_pearson",
                "estimate": -0.55,
            }
        ]
    )
    said = " ".join(say(pair(WAI, HAQ, LOW), correlations=correlations))
    assert "Not corrected: WAI and HAQ (alpha is undefined for one of the scores)." in said
    assert "The correlation is negative for WAI and HAQ (−.55)." in said
    assert "Ozer" not in said


@pytest.mark.parametrize(
    "observed, corrected, said",
    [
        (LOW, (0.4, 0.3, 0.49), "“Less than 50%” is still supported."),
        (LOW, OPEN, "is then no longer supported."),
        (OPEN, HIGH, "“Less than 50%” is still not supported."),
    ],
)
def test_one_corrected_pair(observed, corrected, said):
    assert said in " ".join(say(pair(WAI, HAQ, observed, corrected)))


def test_what_cannot_be_said_says_what_it_needs():
    nobody = pair(WAI, HAQ, (NAN, NAN, NAN), note="fewer than four clients have both scores; provisional key (X)")
    said = say(nobody, forms=[WAI, HAQ])
    assert len(said) == 2
    assert (
        "Nothing is known about WAI and HAQ (client): fewer than four clients have both scores; this requires "
        "clients with both scores at session 3"
    ) in said[1]
    assert "Only the client answered: agreement between perspectives requires the same instrument" in said[1]
    none, few = (NAN, NAN, NAN), "fewer than four clients have both scores"
    both = [pair(WAI, other, none, note=few) for other in (HAQ, CALPAS)]
    assert "Nothing is known about WAI and HAQ (client) and WAI and CAL (client): fewer" in say(*both)[1]
    alone = say([{"statistic": "r2", "estimate": NAN, "note": "one instrument"}], forms=[WAI])
    assert "The client answered only one instrument, the WAI: shared variance requires a second instrument" in alone[1]
    two = say(pair(WAI, HAQ, LOW), forms=[WAI, HAQ, form("cal", "CALPAS", "therapist")])
    assert "No instrument was answered from two perspectives" in two[-1]


def part(statistic, estimate, form="wai", group=NAN, **more):
    return {
        "perspective": "client",
        "form": form,
        "form_2": NAN,
        "group": group,
        "statistic": statistic,
        "note": "",
        "estimate": estimate,
        "lower": estimate - 0.1,
        "upper": estimate + 0.1,
        "level": 0.95,
    } | more


def test_parts_of_the_totals():
    split = pd.DataFrame(
        [
            part("common_share", 0.6),
            part("shared_share", 0.1, group="HAq"),
            part("specific_share", 0.2),
            part("minor_share", 0.001),
            part("unique_share", 0.099),
            part("common_share", 0.2, "haq"),
            part("specific_share", 0.7, "haq"),
            part("unique_share", 0.1, "haq"),
        ]
    )
    said = " ".join(say(pair(WAI, HAQ, LOW), variance_split=split))
    assert (
        "WAI: 60% (95% CI [50, 70]) common to all instruments, 10% shared with HAq only, 20% specific to its "
        "instrument and 10% unique to single items; HAQ: 20%"
    ) in said
    assert ("The largest part is common to all instruments for WAI and specific to its instrument for HAQ.") in said
    reason = pd.DataFrame([part("common_share", NAN, NAN, note="fewer than 3 answered both of: a, b")])
    assert "is not known: fewer than 3 answered both." in " ".join(say(pair(WAI, HAQ, LOW), variance_split=reason))


def factor(name, instruments=2, note=""):
    return part("sharing_instruments", instruments, NAN, factor=name, note=note)


@pytest.mark.parametrize(
    "factors, said, not_said",
    [
        (
            [factor("F1")],
            "With one factor nothing can be specific to an instrument: what the items of a total have in common counts "
            "as common to the instruments by construction, and the share equals omega total of one factor. "
            "This does not show that the instruments share it.",
            "largest part",
        ),
        ([factor("F1", instruments=1)], "largest part", "by construction"),
        (
            [factor("general"), factor("F1"), factor("F2", note=f"{NOT_IDENTIFIED}; more")],
            "Two factors do not identify a general one: the common part depends on setting their loadings on it equal.",
            "by construction",
        ),
        (
            [factor("F1"), factor("F2")],
            "The rotation keeps the factors uncorrelated; with another rotation, other parts would be common.",
            "identify",
        ),
        ([factor("general"), factor("F1"), factor("F2"), factor("F3")], "largest part", "rotation"),
    ],
)
def test_what_the_common_part_rests_on(factors, said, not_said):
    forms = [WAI, HAQ, CALPAS]
    shares = [part("common_share", 0.92, name) for name in ("wai", "haq", "cal")]
    factors = [row | {"estimate": 3} if row["estimate"] == 2 else row for row in factors]  # all three instruments
    text = " ".join(say(pair(WAI, HAQ, LOW), variance_split=pd.DataFrame([*factors, *shares]), forms=forms))
    assert said in text and not_said not in text


def test_keys_that_look_wrong_come_first():
    tables = {"shared_variance": pd.DataFrame(pair(WAI, HAQ, LOW))}
    said = paragraphs_to_paste(tables, [WAI, HAQ], claim=CLAIM, wrong_keys=["WAI (client)"])
    assert said[1] == "The key of WAI (client) looks wrong: check it before you use a number of this form."
    assert words("shared_variance").wrong_keys(["WAI (client)", "HAQ (client)"]) == (
        "The keys of WAI (client) and HAQ (client) look wrong: check them before you use a number of these forms."
    )


def test_notes_below_the_figures_of_one_factor_and_of_scales():
    note = words("shared_variance").figure_variance_split("95%", [], ["client", "therapist"])
    said = "One factor only (client and therapist): all that is not unique counts as common by construction."
    assert note.endswith(said)
    assert said not in words("shared_variance").figure_variance_split("95%", [], [])
    for of, what in (("totals", "total scores"), ("scales", "scores")):
        note = words("shared_variance").figure_shared_variance("", of, "alpha", below="50%", typical="20%")
        assert note.startswith(f"Squared correlations of {what}; corrected")


def test_sessions_redundancy_and_outcome():
    key = {
        "perspective": "client",
        "perspective_2": "client",
        "form": "wai",
        "form_2": "haq",
        "scale": "total",
        "scale_2": "total",
    }
    course = pd.DataFrame(
        [
            key | {"statistic": name, "estimate": r, "lower": r - 0.1, "upper": r + 0.1}
            for name, r in (("r_within", 0.3), ("r_between", 0.6))
        ]
    )
    canonical = pd.DataFrame(
        [
            key | {"group": "scales", "statistic": f"redundancy_{way}_shrunken", "estimate": value}
            for way, value in (("1_by_2", 0.41), ("2_by_1", 0.29))
        ]
    )
    model = {"form": NAN, "outcome": "end", "model": "instruments", "scores": "observed"}
    commonality = pd.DataFrame(
        [
            part("r2", 0.15, **model),
            part("commonality", 0.02, **model | {"group": "wai"}),
            part("commonality", 0.09, **model | {"group": "wai, haq"}),
            part("r2", 0.2, **model | {"scores": "corrected"}),
            part("r2_increment", 0.11, **model | {"model": "instruments and baseline"}),
            part("r2_baseline", 0.3, **model | {"model": "instruments and baseline", "group": "start"}),
        ]
    )
    said = " ".join(say(pair(WAI, HAQ, LOW), association_sessions=course, canonical=canonical, commonality=commonality))
    assert "WAI and HAQ (client) correlate .30 [.20, .40] within and .60 [.50, .70] between clients" in said
    assert "more closely related between clients than from session to session" in said
    assert "one instrument explains 29% to 41% of the variance of the scales of another" in said
    single = pd.DataFrame(
        [
            part("r2", 0.15, **model),
            part("commonality", 0.15, **model | {"group": "wai"}),
            part("r2", 0.2, **model | {"scores": "corrected"}),
        ]
    )
    told = " ".join(say(pair(WAI, HAQ, LOW), commonality=single))
    assert "The total score answered by the client explains 15%" in told and "unreliability of the total, the" in told
    totals = [SimpleNamespace(**vars(one) | {"scales": {"total": [1, 2, 3]}}) for one in (WAI, HAQ)]
    assert "Analysed by scales" not in " ".join(say(pair(WAI, HAQ, LOW), canonical=canonical, forms=totals))
    assert (
        "The totals answered by the client explain 15% (95% CI [5, 25]) of the variance of end; 9 of these percentage "
        "points are explained by both of them jointly. Corrected for the unreliability of the totals, the share is 20% "
        "(95% CI [10, 30]); beyond start, it is 11%"
    ) in said


LARGER, SMALLER, WIDER = (0.6, 0.5, 0.7), (0.3, 0.2, 0.4), (0.5, 0.3, 0.7)
NEGATIVE, MORE_NEGATIVE = (-0.64, -0.7, -0.58), (-0.8, -0.84, -0.76)
BARE = (0.6, NAN, NAN)


@pytest.mark.parametrize("courses, said", [
    ([(SMALLER, LARGER)], "They are thus more closely related between clients than from session to session within a "
                          "client."),
    ([(LARGER, SMALLER)], "They are thus more closely related from session to session within a client than between "
                          "clients."),
    ([(NEGATIVE, MORE_NEGATIVE)],
     "They are thus more closely related between clients than from session to session within a client."),
    ([(NEGATIVE, (0.05, -0.1, 0.2))],
     "They are thus more closely related from session to session within a client than between clients."),
    ([(SMALLER, WIDER)], "The intervals of the two overlap."),
    ([(SMALLER, BARE)], "Without intervals the two are not compared."),
    ([(SMALLER, LARGER), (SMALLER, WIDER)],
     "The correlation between clients is the larger for 1 of 2 pairs; for the others the intervals overlap."),
    ([(SMALLER, LARGER), (LARGER, SMALLER)],
     "The correlation between clients is the larger for 1 of 2 pairs, that within clients for 1."),
    ([(LARGER, SMALLER), (SMALLER, WIDER), (SMALLER, BARE)],
     "The correlation between clients is the larger for none of 3 pairs, that within clients for 1; for the "
     "others the intervals overlap or are missing."),
])  # fmt: skip
def test_within_and_between_clients_are_compared_by_their_intervals(courses, said):
    forms = [form(name, name.upper()) for name in "abcd"]
    key = {name: "client" for name in ("perspective", "perspective_2")} | {"scale": "total", "scale_2": "total"}
    rows = [
        key | {"form": "a", "form_2": other, "statistic": name, "estimate": r, "lower": lower, "upper": upper}
        for other, pair in zip("bcd", courses, strict=False)
        for name, (r, lower, upper) in zip(("r_within", "r_between"), pair, strict=True)
    ]
    paragraphs = say(pair(WAI, HAQ, LOW), forms=[WAI, HAQ, *forms], association_sessions=pd.DataFrame(rows))
    (told,) = [paragraph for paragraph in paragraphs if paragraph.startswith("Over all sessions")]
    assert told.endswith(f" between clients. {said}")


def test_simulated_data_say_so_first():
    tables = {"shared_variance": pd.DataFrame(pair(WAI, HAQ, LOW))}
    said = paragraphs_to_paste(tables, [WAI, HAQ], claim=CLAIM, simulated=True)
    assert said[0].startswith("These data are simulated and say nothing about psychotherapy.")
