"""The one correlation matrix of the joint factor analysis: all items of one perspective at one occasion."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.correlation_files import NotRun, reason_row, write_correlations
from pipeline.steps.score_moments import NEEDS_ITEMS
from psychometrics.correlation.correlator import correlate
from psychometrics.correlation.matrix import CorrelationMatrix, given_matrix
from psychometrics.factors.suitability import suitability as suitability_of
from psychometrics.items.normality import normality


def main(
    responses: Path,
    matrix: Path,
    pairs: Path,
    about: Path,
    suitability: Path,
    *,
    perspective: str,
    method: str,
    missing: str,
) -> None:
    dataset = Dataset(responses)
    others = pd.DataFrame()
    try:
        found, others = correlate_items(dataset, perspective, method, missing)
        rows = suitability_of(found)
    except NotRun as reason:
        found, rows = reason, reason_row(reason, "suitability")
    write_correlations(found, matrix, pairs, about)
    rows = pd.concat([rows, others]).assign(dataset=dataset.name, perspective=perspective)
    settings = {
        "correlation": "given" if dataset.is_matrix else method,
        "missing": missing,
        "perspective": perspective,
        "occasion": dataset.occasion,
    }
    write_table(rows, suitability, settings=settings, inputs=[responses])


def correlate_items(
    dataset: Dataset, perspective: str, method: str, missing: str
) -> tuple[CorrelationMatrix, pd.DataFrame]:
    """The matrix, and rows on how the answers are distributed and on every item that had to be left out.

    Raises
    ------
    NotRun
        No form of this perspective, or answers that give no matrix.
    """
    labels = [label for form in dataset.forms if form.perspective == perspective for label in form.labels]
    if not dataset.has_items:
        raise NotRun(NEEDS_ITEMS)
    if not labels:
        raise NotRun(f"the data set has no form answered by the {perspective}")
    if dataset.is_matrix:
        return given_matrix(dataset.matrix.loc[labels, labels], dataset.people), pd.DataFrame()
    answers = dataset.joint_answers(perspective)
    constant = answers.columns[answers.nunique() < 2]
    rows = [
        {
            "item": item,
            "statistic": "left_out",
            "n": int(answers[item].notna().sum()),
            "note": "no answers" if answers[item].isna().all() else "all answers are the same",
        }
        for item in constant
    ]
    answers = answers.drop(columns=constant).dropna(how="all")
    try:
        others = pd.concat([normality(answers), pd.DataFrame(rows)])
        return correlate(answers, method=method, missing=missing), others
    except ValueError as error:
        raise NotRun(str(error)) from None


if __name__ == "__main__":
    job(main, snakemake)
