"""How good are the raw answers? Missing answers, use of the range, careless patterns, signs of a wrong key."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.score_moments import NEEDS_ITEMS
from psychometrics.items.quality import COLUMNS, answer_quality, audit_signs_from_matrix


def main(responses: Path, quality: Path, *, level: float) -> None:
    dataset = Dataset(responses)
    assess = assess_matrix if dataset.is_matrix else assess_answers
    frame = pd.concat(
        [assess(dataset, form, level).assign(perspective=form.perspective, form=form.name) for form in dataset.forms],
        ignore_index=True,
    ).assign(dataset=dataset.name)
    write_table(dataset.mark_provisional(frame), quality, settings={"level": level}, inputs=[responses])


def assess_answers(dataset: Dataset, form, level: float) -> pd.DataFrame:
    low, high = form.range
    reverse = [f"i{item:02d}" for item in form.reverse]
    answers = dataset.at_item_sessions(dataset.answers(form))[form.columns]
    found = answer_quality(answers, low=low, high=high, reverse=reverse, level=level)
    return pd.concat([found, left_out_by_the_data_set(form)], ignore_index=True) if form.left_out else found


def left_out_by_the_data_set(form: Form) -> pd.DataFrame:
    """Rows of the items under `items_left_out:`, with the reasons given there."""
    rows = [
        {"item": item, "statistic": "left_out", "estimate": float("nan"), "n": 0, "note": f"by the data set: {reason}"}
        for item, reason in form.left_out.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def assess_matrix(dataset: Dataset, form, level: float) -> pd.DataFrame:
    if not dataset.has_items:
        return pd.DataFrame([{"item": "", "statistic": "sign_audit", "estimate": float("nan"), "note": NEEDS_ITEMS}])
    reverse = [f"{form.name}_{item:02d}" for item in form.reverse]
    matrix = dataset.matrix.loc[form.labels, form.labels]
    signs = audit_signs_from_matrix(matrix, dataset.people, reverse=reverse, level=level)
    signs["item"] = signs["item"].str.replace(f"{form.name}_", "i", regex=False)
    reason = "needs raw answers; there is only a matrix"
    absent = [
        {"item": "", "statistic": statistic, "n": dataset.people, "note": reason}
        for statistic in (
            "complete_share",
            "duplicate_answer_rows",
            "straight_lining_share",
            "missing_share",
            "floor_share",
            "ceiling_share",
        )
    ]
    return pd.concat([pd.DataFrame(absent), signs, left_out_by_the_data_set(form)], ignore_index=True)


if __name__ == "__main__":
    job(main, snakemake)
