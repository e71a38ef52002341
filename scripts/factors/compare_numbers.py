"""What would change with another number of factors? The common factor, the general share, what totals share."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations, reason_row
from pipeline.steps.factor_settings import (
    chosen,
    common_factor_rule,
    correlator_behind,
    solution_options,
    total_scores,
    with_variances,
)
from pipeline.steps.solution_files import read_solution
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.extraction import degrees_of_freedom
from psychometrics.factors.retention.criteria import counted
from psychometrics.factors.solution import FactorSolution, fit_solution
from psychometrics.shared_variance.numbers_of_factors import compare_numbers_of_factors

STARTS = 3  # of each other solution: enough to see what changes, and no number of these gets an interval


def main(
    responses: Path,
    correlations: CorrelationFiles,
    solution: Path,
    retention: Path,
    alternatives: Path,
    *,
    perspective: str,
    settings: dict,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    try:
        found = read_solution(solution)
        matrix = read_correlations(correlations)
        correlator = correlator_behind(dataset, perspective, matrix, settings["extraction"])
        matrix = with_variances(matrix, correlator, settings["extraction"])
        options = solution_options(dataset, matrix, settings | {"starts": min(settings["starts"], STARTS)})
        if "target" in options:
            raise NotRun("a rotation to a target has as many factors as the target")
        sizes = numbers(read_table(retention), len(found.labels), len(matrix.matrix))
        rows = compare(dataset, perspective, matrix, found, sizes, options, settings, seed)
    except NotRun as reason:
        rows = reason_row(reason, "alternatives")
    write_table(
        rows.assign(dataset=dataset.name, perspective=perspective),
        alternatives,
        settings=chosen(settings, "extraction", "rotation", "salient", "minimum_share", "markers") | {"seed": seed},
        inputs=[responses, correlations.matrix, solution, retention],
    )


def numbers(retention: pd.DataFrame, k: int, p: int) -> list[int]:
    """One factor less than extracted and one more, and as many as any criterion finds, if that many can be had."""
    found = counted(retention)["estimate"].dropna().astype(int)
    return [size for size in sorted({k - 1, k + 1, *found} - {k}) if size >= 1 and degrees_of_freedom(p, size) >= 0]


def compare(
    dataset: Dataset,
    perspective: str,
    matrix: CorrelationMatrix,
    found: FactorSolution,
    sizes: list[int],
    options: dict,
    settings: dict,
    seed: int,
) -> pd.DataFrame:
    """The rows of every number of factors; the reason where there is no solution with so many."""
    solutions, reasons = {len(found.labels): found}, []
    for size in sizes:
        try:
            solutions[size] = fit_solution(matrix.matrix, matrix.n_total, size, seed=seed, **options)
        except (ValueError, np.linalg.LinAlgError) as error:
            reasons.append(reason_row(NotRun(str(error)), "alternatives").assign(factors=size))
    rule = common_factor_rule(dataset, perspective, list(matrix.matrix.index), settings)
    try:
        totals = total_scores(dataset, perspective, matrix.matrix.index)
    except ValueError as error:
        totals = str(error)
    compared = compare_numbers_of_factors(dict(sorted(solutions.items())), len(found.labels), rule, totals)
    return pd.concat([compared, *reasons], ignore_index=True)


if __name__ == "__main__":
    job(main, snakemake)
