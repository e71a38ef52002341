"""The factor solution with its uncertainty: loadings, correlations of the factors, the general factor."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations, reason_row
from pipeline.steps.factor_errors import analytic_errors
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_rows import describe_general_factor, describe_solution
from pipeline.steps.factor_settings import chosen
from pipeline.steps.solution_files import read_solution
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.factor_scores import determinacy
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.solution import FactorSolution, fit_solution


def main(
    responses: Path,
    correlations: CorrelationFiles,
    solution: Path,
    pieces: list[Path],
    loadings: Path,
    standard_errors: Path,
    general_factor: Path,
    bifactor: Path,
    *,
    perspective: str,
    settings: dict,
    level: float,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    resamples = FactorResamples.read(pieces, dataset, level)
    instruments = dataset.instrument_of_items(perspective)
    tables = {}
    try:
        matrix, found = read_correlations(correlations), read_solution(solution)
        try:
            analytic = analytic_errors(dataset, perspective, matrix, found, seed)
            tables[standard_errors] = analytic.tidy(level)
        except FAILURES as failure:
            analytic, tables[standard_errors] = None, reason_row(reason_of(failure), "loading")
        nearby = resamples.nearby(found, matrix.matrix, instruments)
        tables[loadings] = pd.concat(
            [
                describe_solution(found, resamples, analytic, nearby),
                determinacy(matrix.matrix, found),
            ]
        )
        tables[bifactor] = describe_bifactor(matrix, found, instruments, settings["starts"], seed)
        tables[general_factor] = describe_general_factor(found, matrix.matrix, instruments, resamples, nearby)
    except FAILURES as failure:
        reason = reason_of(failure)
        for path in (loadings, standard_errors, bifactor, general_factor):
            tables.setdefault(
                path, reason_row(reason, "loading" if path in (loadings, standard_errors) else "general_loading")
            )
    for path, table in tables.items():
        table = table.assign(dataset=dataset.name, perspective=perspective)
        write_table(
            table,
            path,
            settings=chosen(settings, "starts", "resamples") | {"level": level, "seed": seed},
            inputs=[responses, solution],
        )


def describe_bifactor(
    matrix: CorrelationMatrix, found: FactorSolution, instruments: pd.Series, starts: int, seed: int
) -> pd.DataFrame:
    """An exploratory bifactor solution: one general factor and as many group factors as the headline has factors."""
    k = len(found.labels) + (0 if found.rotation.startswith("bifactor") else 1)
    extraction = "minres" if found.extraction == "dwls" else found.extraction
    try:
        solution = fit_solution(
            matrix.matrix, matrix.n_total, k, extraction=extraction, rotation="bifactor_q", starts=starts, seed=seed
        )
    except ValueError as error:
        return reason_row(NotRun(str(error)), "general_loading")
    sl = general_factor_of(solution)
    general = pd.DataFrame({"item": sl.general.index, "statistic": "general_loading", "estimate": sl.general})
    group = sl.group.rename_axis("item").reset_index().melt("item", var_name="factor", value_name="estimate")
    indices = general_factor_indices(sl, instruments, correlations=matrix.matrix)
    rows = pd.concat(
        [general, group.assign(statistic="group_loading"), indices, solution.tidy().query("statistic == 'converged'")],
        ignore_index=True,
    )
    return rows.assign(n=solution.n, method=rows["method"].fillna(sl.method), note=rows["note"].fillna(""))


if __name__ == "__main__":
    job(main, snakemake)
