"""The section on measurement invariance: may means be compared, which items differ, and by how much."""

from typing import Any

import pandas as pd

from invariance import shown_tables as shown
from pipeline.data.dataset import TOTAL
from pipeline.report.blocks import Block, Folded, Listing, Note, Sentences, under
from pipeline.report.numbers import ABSENT, by_statistic, number
from pipeline.report.results import Results
from pipeline.report.wording import words

ANSWERS = {1.0: "yes", 0.5: "partly", 0.0: "no"}


def section(results: Results) -> list[Block]:
    """An answer for each form and design, figure and tables; the reasons alone where nothing was tested."""
    say = words("invariance")
    steps = shown.with_keys(results.table("invariance_steps"))
    items = shown.with_keys(results.table("invariance_items"))
    told, reasons = answers(steps, items, results)
    if not told:
        return [Sentences([say.nothing(list(dict.fromkeys(reasons)))])]
    parts = (results.labels, results.variables)
    known = steps[steps["form"] != ""]
    fit = shown.fit_table(known, *parts)
    means, of_items = shown.means_table(known, *parts), shown.items_table(items[items["form"] != ""], *parts)
    return [
        Listing(told),
        *results.figure("invariance"),
        *([Sentences([say.not_tested(list(dict.fromkeys(reasons)))])] if reasons else []),
        *under(say.heading("steps"), fit),
        Note(say.how_to_read_steps(results.config["level"])),
        *under(say.heading("means"), means),
        Note(say.how_to_read_means()),
        Folded(say.heading("items"), [Note(say.how_to_read_items()), of_items]),
    ]


def answers(steps: pd.DataFrame, items: pd.DataFrame, results: Results) -> tuple[list[str], list[str]]:
    """A sentence for each form that was tested, and the reasons of what was not."""
    say = words("invariance")
    told, reasons = [], []
    verdicts = steps[steps["statistic"] == shown.ANSWER]
    for row in verdicts.to_dict("records"):
        tested = pd.notna(row.get("n", float("nan")))
        if not tested:
            what = f"{results.labels[row['form']]}, {shown.whom(row, results.variables)}" if row["form"] else ""
            reasons.append(say.why_not(what, row["note"]))
            continue
        told.append(say.answer(facts(row, steps, items, results)))
    return told, reasons


def facts(row: dict[str, Any], steps: pd.DataFrame, items: pd.DataFrame, results: Results) -> dict[str, Any]:
    """What the sentence on a form says."""
    same = [name for name in shown.KEYS if name != "reference"]
    own, of_items = (
        frame[(frame[same] == pd.Series({name: row[name] for name in same})).all(axis=1)] for frame in (steps, items)
    )
    freed = of_items[(of_items["statistic"] == "item_freed") & (of_items["estimate"] == 1)]
    scales = list(dict.fromkeys(own.loc[own["scale"] != "", "scale"]))
    whole = TOTAL if TOTAL in scales else (scales[0] if len(scales) == 1 else "")
    units = list(dict.fromkeys(own.loc[(own["scale"] != "") & (own["unit"] != ""), "unit"]))
    by = {}
    if whole and len(units) == 1:
        for _, found in by_statistic(own[own["scale"] == whole], ["scale"]):
            by = found
    latent = own[(own["statistic"] == "latent_mean_difference") & (own["scale"] == whole)].set_index("model")
    return {
        "label": results.labels[row["form"]],
        "means": shown.means_of(row, results.variables),
        "answer": ANSWERS.get(row["estimate"], "undecided"),
        "reason": row["note"].split("; ")[0],
        "freed": [
            (int(item.rpartition("_")[2]), shown.STEP_NAMES[step]) for item, step in freed[["item", "step"]].to_numpy()
        ],
        "first": units[0] if len(units) == 1 else "",
        "second": row["reference"],
        "observed": by.get("observed_score_difference", ABSENT),
        "moved": by.get("expected_score_difference", ABSENT),
        "equal": latent.loc[shown.ALL_EQUAL].to_dict()
        if shown.ALL_EQUAL in latent.index and len(units) == 1
        else ABSENT,
        "free": latent.loc[shown.FREED].to_dict() if shown.FREED in latent.index and len(units) == 1 else ABSENT,
        "number": number,
    }
