"""Do items mean the same from both perspectives, at both ends of a therapy, and in groups of clients?"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from invariance.comparisons import MOST_CATEGORIES, Comparison, clusters_of, comparisons, factors_of
from pipeline.data.dataset import Dataset, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.report.wording import listed
from pipeline.steps.attempts import FAILURES, reason_of
from psychometrics.invariance.measurement_invariance import ALPHA, MeasurementInvariance, measurement_invariance
from psychometrics.invariance.verdict import NO, PARTLY, YES

ANSWER = "means_comparable"
VALUES = {YES: 1.0, PARTLY: 0.5, NO: 0.0}
KEYS = ["design", "perspective", "perspective_2", "form", "form_2", "variable", "reference", "unit", "model", "scale"]
SEVERAL = re.compile(r"\bi\d+\b(?:, i\d+\b)+")  # i04, i07 in a note
ITEM = re.compile(r"\bi0*(\d+)\b")
NO_FACTOR = "no scale of the form has three items"


def main(
    responses: Path, invariance_steps: Path, invariance_items: Path, *, level: float, invariance: dict[str, Any]
) -> None:
    dataset = Dataset(responses)
    steps, items = [], []
    for comparison in comparisons(dataset, invariance["designs"]):
        found, said = attempt(dataset, comparison, level, invariance["model"])
        steps.append(answered(comparison, found, said))
        if found is not None:
            items.append(described(comparison, found.items))
    settings = {
        "level": level,
        "alpha": ALPHA,
        "designs": invariance["designs"],
        "model": invariance["model"],
        "estimator": f"DWLS up to {MOST_CATEGORIES} categories, else robust ML",
        "missing": "pairwise of ordinal answers, casewise likelihood of continuous ones",
        "occasion": dataset.occasion,
    }
    if not items:
        reason = "no form could be compared (invariance/steps.csv says why)"
        items.append(pd.DataFrame([{"statistic": "dmacs", "estimate": np.nan, "note": reason}]))
    for parts, path in ((steps, invariance_steps), (items, invariance_items)):
        frame = pd.concat(parts, ignore_index=True).dropna(axis=1, how="all")
        frame = frame.reindex(columns=ordered(frame)).assign(dataset=dataset.name)
        frame["note"] = frame["note"].fillna("")
        write_table(dataset.mark_provisional(frame), path, settings=settings, inputs=[responses])


def ordered(frame: pd.DataFrame) -> list[str]:
    """Columns that say what a row is about first; estimate and note are always there."""
    last = ["statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]
    columns = [*KEYS, "item", "step", *last]
    return [name for name in columns if name in frame or name in ("estimate", "note")]


def attempt(
    dataset: Dataset, comparison: Comparison, level: float, model: str
) -> tuple[MeasurementInvariance | None, list[str]]:
    """The result with the first factors that have estimates, and what is to be said of it; or the reason alone."""
    if comparison.reason or comparison.form is None:
        return None, [comparison.reason]
    columns = list(next(iter(comparison.answers.values())).columns)
    clients = pd.Index(np.unique(np.concatenate([frame.index for frame in comparison.answers.values()])))
    ordinal = all(frame.nunique().max() <= MOST_CATEGORIES for frame in comparison.answers.values())
    cluster, note = clusters_of(dataset, clients, ordinal=ordinal)
    said = [*comparison.notes, *([note] if note else [])]
    failed = NO_FACTOR
    tried = factors_of(comparison.form, columns, model)
    for number, factors in enumerate(tried):
        try:
            found = measurement_invariance(
                comparison.answers, factors, paired=comparison.paired, ordered=ordinal, cluster=cluster, level=level
            )
        except FAILURES as failure:
            failed = str(reason_of(failure))
            continue
        if number:
            said.append(f"one factor instead of one for each scale: {failed}")
        return found, said
    return None, [failed]


def answered(comparison: Comparison, found: MeasurementInvariance | None, said: list[str]) -> pd.DataFrame:
    """The rows of a comparison, the answer first."""
    if found is None:
        row = {"statistic": ANSWER, "estimate": np.nan, "note": "; ".join(said)}
        return described(comparison, pd.DataFrame([row]))
    note = found.reason
    for part in said:
        note = append_note(note, part)
    n = found.steps["n"].iloc[0]
    row = {"statistic": ANSWER, "estimate": VALUES.get(found.answer, np.nan), "n": n, "note": note, "step": ""}
    return described(comparison, pd.concat([pd.DataFrame([row]), found.steps], ignore_index=True))


def by_number(note: str) -> str:
    """Item columns as people call them: `i04, i07` as `items 4 and 7`, `i04` as `item 4`."""

    def several(found: re.Match[str]) -> str:
        numbers = sorted(int(name[1:]) for name in found[0].split(", "))
        return f"items {listed(numbers)}"

    return ITEM.sub(r"item \1", SEVERAL.sub(several, note))


def described(comparison: Comparison, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with the columns that say what they are about; items by their labels."""
    rows = rows.rename(columns={"factor": "scale"})
    if comparison.form is not None and "note" in rows:
        rows["note"] = [by_number(note) for note in rows["note"].fillna("").astype(str)]
    if "item" in rows:
        rows["item"] = [f"{comparison.form.name}_{item[1:]}" for item in rows["item"]]
    for name, value in comparison.keys.items():
        rows[name] = rows[name].fillna(value) if name in rows else value
    return rows


if __name__ == "__main__":
    job(main, snakemake)
