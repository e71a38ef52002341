"""The parts of the section on outcome about many sessions and scales: the account, early gains, compensation."""

from typing import Any

import numpy as np
import pandas as pd

from outcome import shown_account as shown
from outcome.account_steps import CLAIM, TAKEN, accounts, has_interval, most_sessions, steps_of
from outcome.material import NO_SCALES
from outcome.naming import Names
from pipeline.report.blocks import Block, Folded, Heading, Listing, Note, Sentences
from pipeline.report.headlines import Headlines, Held
from pipeline.report.numbers import ABSENT, by_statistic, number, percent, with_interval
from pipeline.report.results import Results
from pipeline.report.wording import words
from psychometrics.association.outcome_compensation import HIGH, LOW

BOTH = ("alliance and outcome", "account_r2_corrected"), ("the alliance", "account_r2_alliance_corrected")


def parts(results: Results, names: Names) -> list[Block]:
    """The three parts in order, each under its heading.

    Parameters
    ----------
    results : Results
        The results of the data set.
    names : Names
        How forms and outcomes are named.

    Returns
    -------
    list of Block
        The blocks.
    """
    say = words("outcome_account")
    table, published = results.table("outcome_account"), results.file("claims")[CLAIM]
    found = accounts(table)
    if not found:
        account: list[Block] = [Sentences([say.nothing(table["note"].iloc[0])])]
    else:
        account = [
            Listing([say.account(facts(keys, rows, names)) for keys, rows in found]),
            *results.figure("outcome_account"),
            shown.account_table(found, names),
            *([Note(say.lacking(reasons))] if (reasons := shown.shared_reasons(found)) else []),
            Note(say.how_to_read_account(published)),
            *_folded(say.heading("sessions"), shown.sessions_table(found, names)),
        ]
    gains, compensation = results.table("outcome_early_gains"), results.table("outcome_compensation")
    return [
        Heading(say.heading("account")),
        *account,
        Heading(say.heading("gains")),
        *_gains(results, gains, names),
        Heading(say.heading("compensation")),
        *_compensation(compensation, names),
    ]


def without_outcome(results: Results, names: Names) -> list[Block]:
    """What needs no outcome: alliance and change, session by session.

    Parameters
    ----------
    results : Results
        The results of the data set.
    names : Names
        How forms and outcomes are named.

    Returns
    -------
    list of Block
        Nothing where nothing is measured at every session.
    """
    gains = results.table("outcome_early_gains")
    if "form" not in gains:
        return []
    return [Heading(words("outcome_account").heading("gains")), *_gains(results, gains, names)]


def brief(results: Results) -> list[Block | Held]:
    """Say in one sentence, for the first screen, what the account of the form with the most sessions comes to.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block or Held
        One listing, or what is held back; nothing without several sessions.
    """
    names = Names(results)
    found = [(keys, rows) for keys, rows in accounts(results.table("outcome_account")) if most_sessions(rows) > 1]
    if not found:
        return []
    # the clients' own first, and of those the one with the most sessions
    keys, rows = max(found, key=lambda own: (own[0]["perspective"] == "client", most_sessions(own[1])))
    told = facts(keys, rows, names)
    lack = Headlines.of(results).held(
        "account",
        names.labels[keys["form"]],
        keys["perspective"],
        forms=[(keys["form"], keys["perspective"])],
        people=told["mean"]["n"],
        limits=(told["mean"]["lower"], told["mean"]["upper"]),
        show=percent,
    )
    return [lack] if lack else [Listing([words("outcome_account").brief(told)])]


def facts(keys: dict[str, Any], rows: dict[str, dict[int, dict[str, Any]]], names: Names) -> dict[str, Any]:
    """What the sentences on one account need.

    Parameters
    ----------
    keys : dict
        Form, perspective and outcome.
    rows : dict
        Rows by statistic and number of sessions.
    names : Names
        How forms and outcomes are named.

    Returns
    -------
    dict
        See the macro `account` of workflow/words/outcome_account.j2.
    """
    most = most_sessions(rows)
    one = rows["account_r2"].get(1, rows["account_r2"][most])
    mean = rows["account_r2"][most] if most > 1 else None

    def known(statistic: str) -> dict[str, Any] | None:
        row = rows.get(statistic, {}).get(most)
        return row if row and np.isfinite(row["estimate"]) else None

    predicted = known("account_r2_predicted")
    corrected = [(what, row) for what, name in BOTH if (row := known(name)) and has_interval(row)]
    by, without = next(iter(corrected), ("", None))
    reasons = [row["note"] for row in rows.get("account_generalizability", {}).values() if row["note"]]
    gone = [(step.name, step.row) for step in steps_of(rows) if step.kind == TAKEN]
    return {
        "name": names.form(keys),
        "outcome": names.outcome(keys),
        "most": most,
        "first": shown.session(one.get("from_session")),
        "last": shown.session((mean or one).get("to_session")),
        "one": one,
        "mean": mean,
        "predicted": predicted,
        "excess": known("account_excess") if predicted else None,  # what is predicted may be more than can be
        "without": without,
        "by": [by],
        "gone": gone,
        "reason": next(iter(reasons), one["note"]),
    }


def _gains(results: Results, gains: pd.DataFrame, names: Names) -> list[Block]:
    say = words("outcome_account")
    if "form" not in gains:
        return [Sentences([say.gains_unknown(gains["note"].iloc[0])])]
    sentences = []
    partial = gains[gains["statistic"] == "early_gains_r_partial"]
    for keys, own in partial.groupby(["perspective", "form", "measure"], sort=False):
        known = own[own["estimate"].notna()]
        keyed = dict(zip(["perspective", "form", "measure"], keys, strict=True))
        if known.empty:
            sentences.append(f"{names.form(keyed)}: {say.gains_unknown(own['note'].iloc[0])}")
            continue
        away = known[(known["lower"] > 0) | (known["upper"] < 0)]
        signs = set(np.sign(away["estimate"]))
        sign = signs.pop() if len(signs) == 1 else 0
        median = float(known["estimate"].median())
        sentences.append(say.gains(names.form(keyed), keyed["measure"], len(away), len(known), sign, median))
    return [
        Listing(sentences),
        *results.figure("outcome_early_gains"),
        *_folded(say.heading("sessions"), shown.gains_table(gains, names), Note(say.how_to_read_gains())),
    ]


def _compensation(table: pd.DataFrame, names: Names) -> list[Block]:
    say = words("outcome_account")
    if "form" not in table:
        return [Sentences([say.compensation_unknown(table["note"].iloc[0])])]
    sentences, without = [], []
    for keys, rows in by_statistic(table[table["statistic"].isin([LOW, HIGH])], shown.KEYS):
        low, high = rows[LOW], rows.get(HIGH, ABSENT)
        if low["note"].startswith(NO_SCALES):
            without.append(names.form(keys))
            continue
        weights = shown.weights_of(table, keys)
        best = max(weights, key=weights.__getitem__, default="")
        share = weights.get(best, np.nan)
        told = (low["verdict"], with_interval(low, number), with_interval(high, number), best, share, low["note"])
        sentences.append(say.compensation(names.form(keys), names.outcome(keys), *told))
    if without:
        sentences.append(say.without_scales(list(dict.fromkeys(without))))
    models = shown.models_table(table, names)
    return [Listing(sentences), *([models, Note(say.how_to_read_compensation())] if models.rows else [])]


def _folded(title: str, table: Any, *more: Block) -> list[Block]:
    return [Folded(title, [*more, table])] if table.rows else []
