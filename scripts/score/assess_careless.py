"""Do answers look careless, copied or moved? Counts only; `make check` says which rows of the files they are."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.answer_moments import answer_moments, central_moments
from psychometrics.items.careless import careless_responding
from psychometrics.items.repeated_answers import carried_forward, same_as_another, shifted_by_one

MOST_PEOPLE = 5_000  # more would show nothing else, and take long


def main(responses: Path, careless: Path) -> None:
    dataset = Dataset(responses)
    if dataset.is_matrix:
        note = "needs answers; there is only a matrix"
        rows = pd.DataFrame([{"statistic": "long_run_share", "estimate": np.nan, "note": note}])
    else:
        parts = [of_form(dataset, form).assign(perspective=form.perspective, form=form.name) for form in dataset.forms]
        rows = dataset.mark_provisional(pd.concat(parts, ignore_index=True))
    write_table(
        rows.assign(dataset=dataset.name), careless, settings={"occasion": dataset.occasion}, inputs=[responses]
    )


def of_form(dataset: Dataset, form: Form) -> pd.DataFrame:
    """Indices at the chosen occasion, where every client has one row; copies between sessions over all of them."""
    everyone = dataset.at_occasion(dataset.answers(form))
    people, keyed = everyone.head(MOST_PEOPLE), dataset.at_occasion(dataset.keyed(form)).head(MOST_PEOPLE)
    answers = people[form.columns]
    moments = answer_moments(answers)
    scales = {scale: items for scale, items in form.scale_columns.items() if scale != "total"}
    rows = careless_responding(answers, keyed[form.columns], scales, moments)
    raw = answers.to_numpy(dtype=float, na_value=np.nan)
    same, pairs, expected = same_as_another(raw)
    judged = int(np.isfinite(same).sum())
    alone = "nobody answered every item, not all alike" if not judged else ""
    copied = [
        ("same_answers_pairs", pairs, judged, "pairs of people with the same answers, not all alike", alone),
        ("same_answers_expected", expected, judged, "from pairs that differ in one and two items", alone),
        *shifted(raw, answers, moments),
        *between_sessions(dataset.answers(form), form),
    ]
    more = pd.DataFrame(copied, columns=["statistic", "estimate", "n", "method", "note"])
    found = pd.concat([rows, more], ignore_index=True)
    if len(people) < len(everyone):
        found["note"] = [append_note(note, f"the first {len(people)} people") for note in found["note"]]
    return found


def shifted(raw: np.ndarray, answers: pd.DataFrame, moments: tuple[pd.Series, pd.DataFrame] | None) -> list[tuple]:
    """How many rows fit better one column to the left or right."""
    method = "rows ten thousand times as likely one column on"
    if (central := central_moments(answers, moments)) is None:
        return [("shifted_rows", np.nan, len(raw), method, "the covariances of the items cannot be estimated")]
    found = shifted_by_one(raw, *central)
    known = int(np.isfinite(found).sum())
    count = float(np.nansum(found != 0) - np.isnan(found).sum())
    return [("shifted_rows", count if known else np.nan, known, method, "" if known else "nobody answered enough")]


def between_sessions(answers: pd.DataFrame, form: Form) -> list[tuple]:
    """How many answers are those of the same client's session before."""
    ordered = answers.sort_values(["client", "session"], kind="stable")
    values = ordered[form.columns].to_numpy(dtype=float, na_value=np.nan)
    follows = (ordered["client"].to_numpy()[1:] == ordered["client"].to_numpy()[:-1]).nonzero()[0]
    copied = carried_forward(values[follows], values[follows + 1])
    n = int(np.isfinite(copied).sum())
    method = "sessions with all answers of the session before, not all alike"
    note = "" if n else "nobody answered in two sessions"
    return [("carried_forward_count", float(np.nansum(copied)) if n else np.nan, n, method, note)]


if __name__ == "__main__":
    job(main, snakemake)
