"""Facts of the Method section that the shipped data do not have."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from manuscript.facts_on_method import flow, kind_of_rotation, rotation_facts
from manuscript.material import Material
from pipeline.data.yaml_files import read_yaml
from pipeline.report.wording import words

ROOT = Path(__file__).parents[3]

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
    nested = say("95%", "therapists", {"draws": 1000, "units": "therapists"}, False)
    assert nested.startswith(f"{first}from the jackknife over therapists [@efron_tibshirani_1993], on the scale of")
    assert nested.endswith("from 1,000 bootstrap resamples of therapists [@davison_hinkley_1997; @field_welsh_2007].")
    matrix = say("95%", "", {}, False)
    assert matrix.startswith(f"{first}by Fisher's transformation [@fisher_1921].") and "resamples" not in matrix


def test_who_is_left_out_is_told_where_somebody_is():
    def left_out(method):
        pair = {frozenset(("a", "b")): {"r_pearson": {"method": method}}, frozenset(("a", "c")): {"r_spearman": {}}}
        fake = SimpleNamespace(correlations=pair, dataset=SimpleNamespace(resampled="clients"))
        return Material.left_out(fake)

    assert left_out("jackknife interval on the scale of Fisher's z, 80 units") == "clients"
    assert left_out("Fisher interval") == left_out(float("nan")) == ""


ROTATION = {"correlation": "pearson", "extraction": "minres", "starts": 5, "salient": 0.4, "adjusted": False}


@pytest.mark.parametrize(
    "settings, told",
    [
        ({"rotation": "oblimin", "gamma": 0}, "rotated by oblimin with γ = 0 [@jennrich_sampson_1966;"),
        ({"rotation": "geomin_q"}, "rotated by oblique geomin [@jennrich_2002;"),
        ({"rotation": "promax"}, "rotated by promax [@hendrickson_white_1964] from 5 starts."),
        (
            {"rotation": "varimax"},
            "rotated by varimax [@kaiser_1958; @bernaards_jennrich_2005] with Kaiser normalization",
        ),
        ({"rotation": "varimax", "kaiser": False}, "@bernaards_jennrich_2005] from 5 starts."),
        (
            {"rotation": "geomin_t", "kaiser": True},
            "by orthogonal geomin [@jennrich_2001; @bernaards_jennrich_2005] with",
        ),
        ({"rotation": "target_t"}, "by an orthogonal target rotation to the published loadings [@jennrich_2001;"),
        ({"rotation": "bifactor_q"}, "by an oblique bifactor rotation [@jennrich_bentler_2011;"),
        ({"rotation": "none"}, "and not rotated."),
    ],
)
def test_every_rotation_has_its_name_and_its_source(settings, told):
    chosen = {"kaiser": "default"} | settings
    assert told in words("manuscript").factoring(ROTATION | rotation_facts(chosen))


def test_every_setting_of_the_schema_has_words():
    schema = read_yaml(ROOT / "workflow/schemas/config.schema.yaml", "schema")["properties"]["factors"]["properties"]
    for rotation in schema["rotation"]["enum"]:
        facts = rotation_facts({"rotation": rotation, "gamma": 0, "kaiser": True})
        assert "_" not in facts["rotation"]
        assert words("manuscript").factoring(ROTATION | facts)
    for extraction in schema["extraction"]["enum"]:
        told = words("manuscript").factoring(ROTATION | {"extraction": extraction, "rotation": ""})
        assert f"extracted by {extraction}" not in told
    for correlation, name in (("spearman", "Spearman correlations"), ("mixed", "polyserial for items with more than")):
        assert name in words("manuscript").factoring(ROTATION | {"correlation": correlation, "rotation": ""})


@pytest.mark.parametrize(
    "k, told",
    [
        (1, "One factor was extracted, as set in advance."),
        (3, "Three factors were extracted, as set in advance."),
        ("map_4", "The number extracted was that of MAP with fourth powers."),
        ("median_of_three", "The number extracted was the median of three criteria that err in different directions"),
    ],
)
def test_what_decided_on_the_number_of_factors(k, told):
    own = {"criteria": ["map", "nest"], "k": k, "draws": 500, "percentile": ""}
    assert told in words("manuscript").retention(own)


def test_rank_correlations_are_named_and_the_rest_is_pearson_s():
    say = words("manuscript").association
    told = say("95%", "clients", {}, True)
    assert (
        "hold Spearman's rank correlations (ρ; @@spearman_1904); all other analyses are based on Pearson correlations."
        in told
    )
    assert "Spearman's rank" not in say("95%", "clients", {}, False)
    results = words("manuscript_results").correlations
    assert results(["Table 2"], True) == "Spearman's rank correlations are shown in Table 2."
    assert results(["Table 2"], False) == "Correlations are shown in Table 2."


def test_the_general_factor_goes_with_the_rotation_and_markers_name_the_common_one():
    say = words("manuscript").general
    assert kind_of_rotation("geomin_q") == kind_of_rotation("promax") == "oblique"
    assert kind_of_rotation("none") == kind_of_rotation("varimax") == "orthogonal"
    assert "Schmid-Leiman" in say("oblique", [])
    bifactor = say(kind_of_rotation("bifactor_t"), [])
    assert bifactor.startswith("The first factor of the bifactor rotation is general to all items; omega hierarchical")
    assert say("orthogonal", []).startswith("The common factor, following ")
    marked = say("orthogonal", ["WAI-S 1", "HAq-II 5"])
    assert marked == "The common factor is the factor marked by the items set in advance (WAI-S 1 and HAq-II 5)."


@pytest.mark.parametrize(
    "rule, told", [("pairwise", "pairwise deletion"), ("listwise", "listwise deletion"), ("em", "EM")]
)
def test_the_rule_for_missing_answers_is_told(rule, told):
    assert told in words("manuscript").missing(rule)


def test_intervals_of_slopes_that_allow_for_residuals_in_a_row_come_from_the_likelihood():
    say = words("manuscript_tables").course_note
    assert "change, by resampling for slopes." in say("session", "95%", True, False, "", "")
    told = say("session", "95%", True, True, "", "")
    assert "for slopes, or from the curvature of the likelihood where residuals are AR(1)." in told


def test_ordinal_reliabilities_are_told_where_the_table_holds_them():
    say = words("manuscript").reliability
    assert "Ordinal α [@zumbo_2007] and categorical ω [@green_yang_2009]" in say("jackknife", "clients", True)
    assert "over clients [@efron_tibshirani_1993], that of ordinal α from the sandwich estimator." in say(
        "jackknife", "clients", True
    )
    assert "over clients [@efron_tibshirani_1993]." in say("jackknife", "clients", False)
    assert "rdinal" not in say("Feldt", "", False)
