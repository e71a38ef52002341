"""The section on alliance and outcome: how strong, within and between therapists, and how robust."""

from typing import Any

import pandas as pd

from outcome import section_account
from outcome import shown_tables as shown
from outcome.naming import Names
from pipeline.report.blocks import Block, Folded, Heading, Listing, Note, Sentences, under
from pipeline.report.headlines import Held
from pipeline.report.numbers import ABSENT, by_statistic, estimate_of
from pipeline.report.results import Results
from pipeline.report.wording import words
from psychometrics.association.outcome_levels import LOW_RELIABILITY
from psychometrics.resampling.formula_intervals import squared_interval


def section(results: Results) -> list[Block]:
    """Show the figure set against published ones, slopes within and between therapists, the account, compensation.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The blocks in order; one sentence with the reason where there is no outcome.
    """
    say = words("outcome")
    strength, levels = results.table("outcome_strength"), results.at_occasion("outcome_levels")
    names = Names(results)
    if "form" not in strength:
        return [Sentences([say.nothing(strength["note"].iloc[0])]), *section_account.without_outcome(results, names)]
    slopes = shown.levels_table(levels, names) if "form" in levels else None
    published = published_mean(results.file("outcome_meta"))
    sentences = strength_sentences(strength, names, published)
    blocks: list[Block] = [
        *([Listing(sentences)] if sentences else []),
        shown.strength_table(strength, names),
        Note(say.how_to_read_strength(published)),
    ]
    if slopes is None:
        unknown = [Heading(say.heading("levels")), Sentences([say.nothing(levels["note"].iloc[0])])]
        return [*blocks, *unknown, *section_account.parts(results, names)]
    parts, outliers = shown.parts_table(levels, names), shown.outliers_table(levels, names)
    return [
        *blocks,
        *under(
            say.heading("levels"), Listing(levels_sentences(levels, names)), *results.figure("outcome_levels"), slopes
        ),
        Note(say.how_to_read_levels()),
        *([Folded(say.heading("parts"), [Note(say.how_to_read_parts()), parts])] if parts.rows else []),
        *([Folded(say.heading("outliers"), [Note(say.how_to_read_outliers()), outliers])] if outliers.rows else []),
        *section_account.parts(results, names),
    ]


def brief(results: Results) -> list[Block | Held]:
    """Say in one sentence what the account comes to.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block or Held
        For the first screen.
    """
    return section_account.brief(results)


def published_mean(meta: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Mean correlation and its interval in the largest meta-analysis that gives one, as text and squared."""
    largest = max((entry for entry in meta if "interval" in entry), key=lambda entry: entry["k"], default=None)
    if largest is None:
        return None
    r, lower, upper = (f"{value:g}".removeprefix("0") for value in (largest["r"], *largest["interval"]))
    squares = dict(zip(("lower", "upper"), map(float, squared_interval(*largest["interval"])), strict=True))
    text = f"{r} [{lower}, {upper}]"
    return squares | {"text": text, "share": largest["r"] ** 2, "source": largest["source"], "k": largest["k"]}


def strength_sentences(strength: pd.DataFrame, names: Names, published: dict[str, Any] | None) -> list[str]:
    """One sentence for each form and outcome, on the final state; none where nothing is known."""
    say, found = words("outcome"), []
    final = strength[strength["model"] == "final state"]
    for keys, rows in by_statistic(final, shown.KEYS):
        if "outcome_r" in rows:
            r = rows["outcome_r"]
            chances = shown.chances_of(rows)
            where = against(rows["outcome_r2"], published) if published else ""
            found.append(
                say.strength(names.form(keys), names.outcome(keys), r, rows["outcome_r2"], chances, published, where)
            )
    return found


def against(r2: dict[str, Any], published: dict[str, Any]) -> str:
    """Where the interval of a share lies, seen from the published one; shares have no sign, as symptoms would need."""
    if pd.isna(r2["lower"]) or pd.isna(r2["upper"]):
        return "unknown"
    if r2["upper"] < published["lower"]:
        return "below"
    return "above" if r2["lower"] > published["upper"] else "overlap"


def levels_sentences(levels: pd.DataFrame, names: Names) -> list[str]:
    """One sentence for each form and outcome, and one on means that are unreliable."""
    say, found, unreliable = words("outcome"), [], []
    for keys, rows in by_statistic(shown.kept(levels), shown.KEYS):
        within = rows.get("within_slope_standardized", ABSENT)
        if pd.isna(within["estimate"]):
            reason = rows.get("within_slope", ABSENT)["note"]
            found.append(say.levels_unknown(names.form(keys), names.outcome(keys), reason))
            continue
        between, context = rows["between_slope_standardized"], rows["context_effect_standardized"]
        found.append(say.levels(names.form(keys), names.outcome(keys), within, between, context))
        if estimate_of(rows, "therapist_mean_reliability") < LOW_RELIABILITY:
            unreliable.append(names.form(keys))
    return found + ([say.unreliable(list(dict.fromkeys(unreliable)))] if unreliable else [])
