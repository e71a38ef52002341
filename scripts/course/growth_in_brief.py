"""The course of the alliance in one sentence, for the first screen."""

import pandas as pd

from course.growth_blocks import found_in, growth_facts, of_scales
from pipeline.data.tables import with_text
from pipeline.report.blocks import Block, Listing
from pipeline.report.headlines import Headlines, Held
from pipeline.report.results import Results
from pipeline.report.wording import words


def brief(results: Results) -> list[Block | Held]:
    """Say in one sentence how the form with the most ratings develops, by clients and by therapists.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block or Held
        One listing, or what is held back; nothing where no course is known.
    """
    rows = with_text(results.table("course_growth"), "term", "random")
    if "form" not in rows:
        return []
    dropout = with_text(results.table("course_dropout"), "ending")
    found = [(keys, own, found_in(own)) for keys, own in of_scales(rows)]
    known = [one for one in found if pd.notna(one[2]["growth_change"]["estimate"])]
    if not known:
        return []
    # the clients' own first, and of those the one with the most ratings
    form = max(known, key=lambda one: (one[0]["perspective"] == "client", one[2]["growth_change"]["n"]))[0]["form"]
    decide, shown, held = Headlines.of(results), [], []
    for keys, own, statistics in known:
        if keys["form"] != form or keys["perspective"] not in ("client", "therapist"):
            continue
        change, d = statistics["growth_change"], statistics["growth_change_d"]
        lack = decide.held(
            "course",
            results.labels[form],
            keys["perspective"],
            forms=[(form, keys["perspective"])],
            people=change["dyads"],
            limits=(d["lower"], d["upper"]),
        )
        if lack:
            held.append(lack)
        else:
            shown.append({"who": keys["perspective"], **growth_facts(results, keys, own, dropout)})
    told: list[Block | Held] = [Listing([words("course").brief(results.labels[form], shown)])] if shown else []
    return told + held
