"""The one correlation matrix of the joint factor analysis: all items of one perspective at one occasion."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import NotRun, reason_row, write_correlations
from pipeline.steps.score_moments import NEEDS_ITEMS
from psychometrics.correlation.correlator import correlate
from psychometrics.correlation.matrix import CorrelationMatrix, given_matrix
from psychometrics.factors.suitability import suitability as suitability_of
from psychometrics.items.normality import normality
from psychometrics.items.variation import items_without_variation


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
    answers, left_out = pd.DataFrame(), pd.DataFrame()
    if not dataset.is_matrix:
        answers, left_out = varying_answers(dataset, perspective)
    try:
        found, distributed = correlate_items(dataset, perspective, answers, method, missing)
        rows = pd.concat([suitability_of(found), distributed])
    except FAILURES as failure:
        found = reason_of(failure)
        rows = reason_row(found, "suitability")
    write_correlations(found, matrix, pairs, about)
    rows = pd.concat([rows, left_out]).assign(dataset=dataset.name, perspective=perspective)
    settings = {
        "correlation": "given" if dataset.is_matrix else method,
        "missing": missing,
        "perspective": perspective,
        "occasion": dataset.occasion,
    }
    write_table(rows, suitability, settings=settings, inputs=[responses])


def varying_answers(dataset: Dataset, perspective: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers to the items that vary, and a row for every item that does not."""
    answers = dataset.joint_answers(perspective)
    constant = items_without_variation(answers)
    rows = [
        {"item": item, "statistic": "left_out", "n": int(answers[item].notna().sum()), "note": reason}
        for item, reason in constant.items()
    ]
    return answers.drop(columns=list(constant)).dropna(how="all"), pd.DataFrame(rows)


def correlate_items(
    dataset: Dataset, perspective: str, answers: pd.DataFrame, method: str, missing: str
) -> tuple[CorrelationMatrix, pd.DataFrame]:
    """The matrix, and rows on how the answers are distributed.

    Raises
    ------
    NotRun
        No form of this perspective, or answers that give no matrix.
    """
    if not dataset.has_items:
        raise NotRun(NEEDS_ITEMS)
    if dataset.is_matrix:
        labels = [label for form in dataset.forms if form.perspective == perspective for label in form.labels]
        return related(given_matrix(dataset.matrix.loc[labels, labels], dataset.people)), pd.DataFrame()
    if len(answers.columns) < 2:
        raise NotRun("fewer than two items vary")
    try:
        return related(correlate(answers, method=method, missing=missing)), normality(answers)
    except ValueError as error:
        raise NotRun(str(error)) from None


def related(found: CorrelationMatrix) -> CorrelationMatrix:
    """The matrix, if there is anything in it to factor."""
    off = found.matrix.to_numpy()[np.triu_indices(len(found.matrix), 1)]
    if not off.size:
        raise NotRun("one item: there is nothing to correlate")
    if not off.any():
        raise NotRun("all correlations are 0: the items have nothing in common")
    return found


if __name__ == "__main__":
    job(main, snakemake)
