"""What may stand on top of the report, and the line that says what does not."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT

from factors import section_common_factor
from pipeline.report.blocks import Listing, Warning
from pipeline.report.headlines import Headlines, Held, told
from reliability import section_reliability
from score import section_data
from shared_variance import section_shared_variance

LEAST = yaml.safe_load((ROOT / "config.yaml").read_text())["headlines"]
LABELS = {"wai": "WAI", "haq": "HAq", "cal": "CALPAS"}
NAN = np.nan


def alpha(form, estimate, lower=NAN, upper=NAN, n=100, perspective="client"):
    return {
        "form": form, "perspective": perspective, "scale": "total", "statistic": "alpha", "estimate": estimate,
        "lower": lower, "upper": upper, "n": n,
    }  # fmt: skip


def audit(form, share, note="the reverse-keyed items look already reversed in the data: declare reverse: []"):
    return {
        "form": form, "perspective": "client", "item": NAN, "statistic": "sign_audit", "estimate": share, "note": note,
    }  # fmt: skip


def against(form, item):
    note = "runs against the other items although the key does not reverse it; provisional key (CALPAS)"
    return audit(form, -0.4, note) | {"item": item, "statistic": "item_rest_r_keyed"}


def share(form, form_2, estimate, lower, upper, n=100, perspective_2="client"):
    return {
        "form": form, "form_2": form_2, "perspective": "client", "perspective_2": perspective_2, "scale": "total",
        "scale_2": "total", "statistic": "r2", "estimate": estimate, "lower": lower, "upper": upper, "n": n,
        "note": f"{form} and {form_2} share much.",
    }  # fmt: skip


def results(quality=(), reliability=(), **tables):
    quality = pd.DataFrame(list(quality) or [audit("wai", 0.0, "")])
    reliability = pd.DataFrame(list(reliability) or [alpha("wai", 0.9)])
    tables = {name: pd.DataFrame(rows) for name, rows in tables.items()} | {"quality": quality}
    forms = [SimpleNamespace(name=name, label=label, perspective="client") for name, label in LABELS.items()]
    return SimpleNamespace(
        config={"headlines": LEAST, "factors": {"markers": []}},
        labels=LABELS,
        table=lambda name, perspective="": tables[name],
        at_occasion=lambda name: reliability,
        dataset=SimpleNamespace(people=100, forms=forms, perspectives=["client"], factored=["client"], has_items=True),
    )


def test_alpha_is_not_said_without_a_word():
    found = [
        alpha("wai", 0.91, 0.88, 0.94),
        alpha("haq", -0.23, -0.9, 0.3),
        alpha("cal", 0.6, 0.2, 0.79),
        alpha("wai", 0.8, 0.6, 0.9, n=8, perspective="therapist"),
    ]
    listing, *held = section_reliability.brief(results(reliability=found))
    assert listing == Listing(["Alpha of the total score: .91."])
    assert told(held, LEAST) == (
        "Shown only in the sections, because of the minimums under headlines in config.yaml: with a negative alpha, "
        "alpha of HAq "
        "(client); with fewer than 30 people, alpha of WAI (therapist, n = 8); with an interval wider than .50, alpha "
        "of CALPAS (client, .20 to .79)."
    )


def test_a_share_of_forms_whose_key_looks_wrong_is_no_headline():
    pairs = [
        share("wai", "haq", 0.0, 0.0, 0.1),
        share("wai", "cal", 0.4, 0.3, 0.5),
        share("haq", "cal", 0.4, 0.05, 0.64),
    ]
    found = results(quality=[audit("haq", 1.0), audit("wai", 0.5, "")], shared_variance=pairs)
    listing, *held = section_shared_variance.brief(found)
    assert listing == Listing(["wai and cal share much."])
    assert held == [
        Held("shared variance", "WAI and HAq", ("client", "key of HAq"), "key"),
        Held("shared variance", "HAq and CALPAS", ("client", "key of HAq"), "key"),
    ]
    across = share("wai", "wai", 0.1, 0.0, 0.64, perspective_2="therapist")
    assert section_shared_variance.brief(results(shared_variance=[across])) == [
        Held("shared variance", "WAI", ("client and therapist", "0% to 64%"), "width")
    ]


def test_doubtful_keys_are_on_top():
    quality = [
        audit("wai", 1.0),
        against("wai", "i03"),
        against("cal", "i01"),
        against("cal", "i02"),
        audit("cal", 0.1),
    ]
    (warning,) = section_data.brief(results(quality=quality))
    assert warning == Warning(
        "Check these keys first.",
        items=[
            "WAI, client: the reverse-keyed items look already reversed in the data: declare reverse: [].",
            "CALPAS, client: 2 of its items run against the others.",
        ],
    )
    assert section_data.brief(results()) == []


def factor_results(n=100, per_item=5.0, failed=0, picked=0.9, factors=("F1", "F2"), tmp_path=None, notes="[]"):
    def row(statistic, estimate, factor="F1", group=NAN):
        return {"factor": factor, "group": group, "statistic": statistic, "estimate": estimate, "n": n, "note": ""}

    common = [row("common_factor", picked), row("salient_share", 0.5, group="WAI")]
    for name in factors:
        common += [row("breadth", 0.9, name), row("share_of_common_variance", 0.6, name)]
    loadings = [
        row("resamples_without_solution", failed) | {"n": 20, "item": NAN},
        row("loading", 0.5) | {"item": "wai_01"},
    ]
    found = results(
        common_factor=[*common, row("r_outcome_general_removed", 0.3, group="improvement")],
        loadings=loadings,
        suitability=[row("n_per_item", per_item)],
        retention=[row("factors_extracted", len(factors)) | {"method": "as set"}],
        alternatives=[row("common_factor_congruence", value) | {"factors": k} for k, value in ((2, 1.0), (3, 0.9))],
    )
    found.path = lambda name, perspective: SimpleNamespace(read_text=lambda: f'{{"notes": {notes}}}')
    return found


@pytest.mark.parametrize(
    "lack, kind, detail",
    [
        ({"n": 8, "per_item": 0.26}, "people", "n = 8"),
        ({"per_item": 0.84}, "people_per_item", "0.8"),
        ({"failed": 8}, "converged", "60%"),
        ({"picked": 0.31}, "same_factor", "31%"),
    ],
)
def test_a_factor_that_the_data_do_not_carry_is_no_headline(lack, kind, detail):
    held = section_common_factor.brief(factor_results(**lack))
    assert held == [Held("common factor", "", ("client", detail), kind)]


def test_a_factor_takes_its_certainty_and_its_warnings_with_it():
    (listing,) = section_common_factor.brief(factor_results(notes='["smoothed"]'))
    assert listing.items[0].startswith("The factor that the instruments share (client) is F1")
    assert "It does not depend on the number of factors: with 3 factors" in listing.items[0]
    assert listing.items[0].endswith(
        "The same factor is found in 90% of the resamples. The section on the factors contains 1 warning about this "
        "analysis."
    )
    (alone,) = section_common_factor.brief(factor_results(picked=1.0, factors=["F1"]))
    assert alone.items[0].startswith("One factor was extracted") and "resamples" not in alone.items[0]


def test_many_findings_of_one_kind_are_counted():
    alphas = [Held("alpha", name, ("client", "n = 9"), "people") for name in "ABCD"]
    shares = [Held("shared variance", f"{name} and B", ("client", "n = 9"), "people") for name in "AC"]
    factors = [Held("common factor", "", (who, "n = 9"), "people") for who in ("client", "therapist")]
    assert told([*factors, *alphas, *shares], LEAST) == (
        "Shown only in the sections, because of the minimums under headlines in config.yaml: with fewer than 30 "
        "people, alpha of 4 totals, "
        "the shared variance of A and B (client, n = 9) and C and B (client, n = 9), and the factor that the "
        "instruments share (client, n = 9; therapist, n = 9)."
    )
    assert told(alphas[:1], LEAST | {"people": 50}) == (
        "Shown only in the sections, because of the minimums under headlines in config.yaml: with fewer than 50 "
        "people, alpha of A (client, "
        "n = 9)."
    )


def test_courses_that_are_held_back_are_named():
    courses = [Held("course", "WAI", (who, "n = 12"), "people") for who in ("client", "therapist")]
    assert told(courses, LEAST) == (
        "Shown only in the sections, because of the minimums under headlines in config.yaml: with fewer than 30 "
        "people, the course of WAI (client, n = 12) and WAI (therapist, n = 12)."
    )


def test_what_is_not_known_is_not_judged():
    decide = Headlines(LEAST, {}, LABELS)
    assert decide.held("alpha", "WAI", "client") is None
    assert decide.held("alpha", "WAI", "client", people=30, limits=(0.25, 0.75)) is None
