"""Facts of the Method section that the shipped data do not have."""

from types import SimpleNamespace

from manuscript.facts_on_method import flow
from manuscript.material import Material
from pipeline.report.wording import words

ROWS = [
    {"form": "", "stage": "recruited", "reason": "", "clients": 320},
    {"form": "", "stage": "returned", "reason": "", "clients": 300, "administrations": 610},
    {"form": "", "stage": "excluded", "reason": "withdrew *consent*", "clients": 2, "administrations": 1},
    {"form": "", "stage": "excluded", "reason": "pilot", "clients": 5, "administrations": 14},
    {"form": "wai_s", "stage": "excluded", "reason": "pilot", "clients": 5, "administrations": 9},
    {"form": "", "stage": "analysed", "reason": "", "clients": 293, "administrations": 595},
]


def test_who_was_recruited_and_what_was_excluded():
    told = words("manuscript").flow(flow(SimpleNamespace(flow=ROWS)))
    assert told == (
        "Of 320 clients who were recruited, 300 returned at least one questionnaire. "
        "Excluded: 1 questionnaire (withdrew \\*consent\\*); 14 questionnaires (pilot)."
    )


def test_nothing_is_said_where_nobody_was_excluded():
    assert flow(SimpleNamespace(flow=[row for row in ROWS if row["stage"] in ("returned", "analysed")])) == {}


def test_where_intervals_of_correlations_come_from():
    say = words("manuscript").association
    first = "Scale scores were related by Pearson correlations, with 95% confidence intervals "
    nested = say("95%", "therapists", {"draws": 1000, "units": "therapists"})
    assert nested.startswith(f"{first}from the jackknife over therapists [@efron_tibshirani_1993], on the scale of")
    assert nested.endswith("from 1,000 bootstrap resamples of therapists [@davison_hinkley_1997; @field_welsh_2007].")
    matrix = say("95%", "", {})
    assert matrix.startswith(f"{first}by Fisher's transformation [@fisher_1921].") and "resamples" not in matrix


def test_who_is_left_out_is_told_where_somebody_is():
    def left_out(method):
        pair = {frozenset(("a", "b")): {"r_pearson": {"method": method}}, frozenset(("a", "c")): {"r_spearman": {}}}
        fake = SimpleNamespace(correlations=pair, dataset=SimpleNamespace(resampled="clients"))
        return Material.left_out(fake)

    assert left_out("jackknife interval on the scale of Fisher's z, 80 units") == "clients"
    assert left_out("Fisher interval") == left_out(float("nan")) == ""
