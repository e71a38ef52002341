"""What a figure shows is told in words, from its tables."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.report.blocks import Figure, Folded, Note
from report.alternative_texts import FACTS, with_findings

NAN = np.nan


def results(**tables):
    frames = {name: pd.DataFrame(rows) for name, rows in tables.items()}
    return SimpleNamespace(
        table=lambda name, perspective="": frames[name],
        at_occasion=lambda name: frames[name],
        labels={"wai_s": "WAI-S", "haq2": "HAq-II"},
        occasion="session 3",
    )


def told(name, **tables):
    (block,) = with_findings([Figure(f"figures/{name}.svg", "A figure", "how it is read")], results(**tables))
    assert block.alt.startswith("A figure")
    return block.alt.removeprefix("A figure").removeprefix(". ")


def alpha(form, estimate, scale="total"):
    return {"form": form, "perspective": "client", "scale": scale, "statistic": "alpha", "estimate": estimate}


def test_reliability_names_the_ends():
    rows = [alpha("wai_s", 0.88), alpha("wai_s", 0.74, "task"), alpha("haq2", 0.91), alpha("haq2", NAN, "none")]
    assert told("reliability", reliability=rows) == (
        "Alpha of the 3 scores lies between .74 (WAI-S task, client) and .91 (HAq-II total, client)."
    )
    assert told("reliability", reliability=rows[:1]) == "Alpha is .88 (WAI-S total, client)."
    assert told("reliability", reliability=rows[3:]) == ""


@pytest.mark.parametrize("name", ["reliability", "d_study", "correlations", "mtmm", "shared_variance"])
def test_a_table_that_holds_only_a_reason_tells_nothing(name):
    reason = [{"statistic": "repeated_sessions", "estimate": NAN, "note": "one session: nothing was repeated"}]
    assert told(name, **{name: reason}) == ""


def test_flow_tells_of_exclusions_where_there_are_any():
    def at(stage, clients, reason=NAN):
        return {"statistic": "flow_clients", "form": NAN, "stage": stage, "estimate": clients, "reason": reason}

    path = [at("returned", 90), at("analysed", 80), at("occasion", 70)]
    assert told("flow", flow=path) == (
        "90 clients returned at least one answer; 80 are analysed, 70 of them at session 3."
    )
    excluded = [at("excluded", 4, "a"), at("excluded", 6, "b")]
    assert "answer, 10 were excluded; 80 are" in told("flow", flow=path + excluded)


def test_shared_variance_tells_every_pair():
    row = {"statistic": "r2", "estimate": 0.36, "note": "WAI-S and HAq-II (client) share 36% (95% CI [26, 45]): less."}
    assert told("shared_variance", shared_variance=[row]) == "WAI-S and HAq-II (client) share 36% (95% CI [26, 45])."
    assert told("shared_variance", shared_variance=[row] * 8).endswith("; and 2 more.")
    assert told("shared_variance", shared_variance=[row | {"estimate": NAN, "note": "no second"}]) == ""


def test_correlations_leave_outcomes_out():
    key = {"statistic": "r_pearson", "perspective": "client", "form": "wai_s"}
    rows = [
        key | {"form_2": "haq2", "perspective_2": "client", "estimate": 0.7},
        key | {"form_2": "haq2", "perspective_2": "therapist", "estimate": 0.2},
        key | {"form_2": NAN, "perspective_2": NAN, "estimate": -0.4},
    ]
    assert told("correlations", correlations=rows) == (
        "Scores of different forms from one perspective correlate .70; scores from different perspectives "
        "correlate .20."
    )


def test_factors():
    found = {"parallel_analysis_factor": 5, "parallel_analysis_component": 4, "factors_extracted": 5}
    rows = [{"statistic": name, "estimate": value} for name, value in found.items()]
    assert told("scree.client", retention=rows) == (
        "5 or 4 leading eigenvalues exceed those of random data; 5 factors were extracted."
    )
    rows = [
        {"statistic": "salient_items", "factor": name, "estimate": many}
        for name, many in (("F1", 9), ("F2", 4), ("general", 12))
    ]
    rows.append({"statistic": "common_factor", "factor": "F2", "estimate": 0.9})
    assert told("loadings.client", common_factor=rows) == (
        "Items with salient loadings: F1: 9; F2: 4. The factor that the instruments share is F2."
    )


@pytest.mark.parametrize("name", ["variance_split", "overlap"])
def test_parts_of_the_totals(name):
    table = {"variance_split": "variance_split", "overlap": "commonality"}[name]
    statistic = {"variance_split": "common_share", "overlap": "r2"}[name]
    rows = [{"statistic": statistic, "form": "wai_s", "perspective": "client", "estimate": 0.69}]
    assert told(name, **{table: rows}).endswith(": WAI-S, client: 69%.")


@pytest.mark.parametrize("name", FACTS)
def test_a_table_that_holds_only_a_reason_adds_nothing(name):
    reason = pd.DataFrame([{"statistic": "r2", "estimate": NAN, "note": "one instrument"}])
    bare = results()
    bare.table = bare.at_occasion = lambda name, perspective="": reason
    (figure,) = with_findings([Figure(f"figures/{name}.client.svg", "A figure", "")], bare)
    assert figure.alt == "A figure"


def test_every_figure_has_its_words_and_an_unknown_one_keeps_its_text():
    from pipeline.report.wording import words

    assert all(callable(getattr(words("alternatives"), name)) for name in FACTS)
    assert told("another") == ""
    (folded,) = with_findings([Folded("more", [Note("x")])], results())
    assert folded.blocks == [Note("x")]
