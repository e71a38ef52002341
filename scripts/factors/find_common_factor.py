"""The common factor: which one it is, how sure that is, and what its score goes with."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_parquet, write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations, reason_row
from pipeline.steps.factor_resamples import NO_SOLUTION, FactorResamples
from pipeline.steps.factor_settings import answers_behind, chosen, common_factor_rule
from pipeline.steps.solution_files import read_solution
from psychometrics.factors.factor_scores import factor_scores, score_weights, weighing_matrix
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.scores_and_outcome import correlate_with_outcome

ONLY_FACTOR = "one factor: true by construction, there is no other one"
NOBODY = pd.DataFrame({"client": pd.Series(dtype=str)})


def main(
    responses: Path,
    correlations: CorrelationFiles,
    solution: Path,
    pieces: list[Path],
    common_factor: Path,
    factor_scores: Path,
    *,
    perspective: str,
    settings: dict,
    level: float,
    seed: int,
    score_draws: int,
    minimum_answered: float,
) -> None:
    dataset = Dataset(responses)
    resamples = FactorResamples.read(pieces, dataset, level)
    scored = NOBODY
    try:
        matrix, found = read_correlations(correlations).matrix, read_solution(solution)
        rows = describe(dataset, found, resamples, perspective, settings)
        if not dataset.is_matrix:
            scored, related = scores_and_outcome(
                dataset, matrix, found, perspective, minimum_answered, level=level, draws=score_draws, seed=seed
            )
            rows = pd.concat([rows, *related])
    except FAILURES as failure:
        rows = reason_row(reason_of(failure), "common_factor")
    factor_scores.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(scored, factor_scores)
    rows = rows.assign(dataset=dataset.name, perspective=perspective)
    write_table(
        rows,
        common_factor,
        settings=chosen(settings, "salient", "minimum_share", "markers", "resamples") | {"level": level, "seed": seed},
        inputs=[responses, solution],
    )


def describe(dataset: Dataset, found, resamples: FactorResamples, perspective: str, settings: dict) -> pd.DataFrame:
    """One row that names the common factor, then salience, breadth and share of every factor."""
    rule = common_factor_rule(dataset, perspective, list(found.pattern.index), settings)
    sl = general_factor_of(found)
    common = rule.find(found, None if sl is None else sl.general)
    name = {"factor": common.name or "", "statistic": "common_factor", "n": found.n, "method": common.note, "note": ""}
    chosen = resamples["chosen"]
    if common.name is None:
        name["note"] = common.note
    elif chosen is None:
        name["note"] = f"how often resamples pick it is unknown: {resamples.reason}"
    elif resamples.failed == resamples.draws:
        name["note"] = f"how often resamples pick it is unknown: {NO_SOLUTION}"
    else:
        usable = ~resamples["failed"]
        name["estimate"] = np.mean(chosen[usable] == found.labels.index(common.name))
        name["method"] += f"; estimate: share of {usable.sum()} resamples of {resamples.units} that pick it"
    described = resamples.describe(common.table.assign(n=found.n), resamples["breadth"], "percentile")
    if len(found.labels) == 1:
        name["note"] = name["note"] or ONLY_FACTOR
        described.loc[described["statistic"] == "share_of_common_variance", "note"] = ONLY_FACTOR
    return pd.concat([pd.DataFrame([name]), described], ignore_index=True)


def score_people(
    dataset: Dataset, matrix: pd.DataFrame, found, perspective: str, minimum_answered: float
) -> pd.DataFrame:
    """Scores of the rotated factors (tenBerge) and of the general factor (regression), indexed by client."""
    answers = answers_behind(dataset, perspective, matrix.index)
    weights = score_weights(matrix, found, method="tenberge")
    sl = general_factor_of(found)
    if sl is not None:
        basis, _ = weighing_matrix(matrix, found)
        weights["general"] = np.linalg.solve(basis.to_numpy(), sl.general.to_numpy())
    return factor_scores(answers, weights, minimum_share=minimum_answered)


def scores_and_outcome(
    dataset: Dataset,
    matrix: pd.DataFrame,
    found,
    perspective: str,
    minimum_answered: float,
    *,
    level: float,
    draws: int,
    seed: int,
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Scores of the clients, and what they go with; where there can be none, a row with the reason."""
    try:
        people = score_people(dataset, matrix, found, perspective, minimum_answered)
    except ValueError as error:
        return NOBODY, [reason_row(NotRun(str(error)), "factor_scores")]
    units = dataset.units(people.index)
    _, note = weighing_matrix(matrix, found)
    related = [
        correlate_with_outcome(
            people, dataset.clients[variable].reindex(people.index), units=units, level=level, draws=draws, seed=seed
        ).assign(group=part["label"], note=lambda rows: rows["note"].replace("", note))
        for variable, part in dataset.variables.items()
        if part["role"] == "outcome"
    ]
    return people.reset_index(), related


if __name__ == "__main__":
    job(main, snakemake)
