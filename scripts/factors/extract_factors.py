"""How many factors, and which? Retention, the solution with its neighbours, its fit."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.array_files import read_arrays
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations, reason_row
from pipeline.steps.factor_settings import answers_behind, chosen, correlator_behind, solution_options, with_variances
from pipeline.steps.solution_files import write_solution
from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.extraction import degrees_of_freedom
from psychometrics.factors.fit import fit_indices, residuals
from psychometrics.factors.retention.criteria import decide_k, retention_table
from psychometrics.factors.retention.nest import nest_record
from psychometrics.factors.retention.parallel_analysis import parallel_analysis
from psychometrics.factors.solution import FactorSolution, fit_solution

DECIDING = ("k", "percentile", "comparison_draws", "extraction", "rotation", "gamma", "kaiser", "starts")


def main(
    responses: Path,
    correlations: CorrelationFiles,
    random: list[Path],
    solution: Path,
    retention: Path,
    eigenvalues: Path,
    neighbours: Path,
    fit: Path,
    *,
    perspective: str,
    settings: dict,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    paths = {"retention": retention, "eigenvalues": eigenvalues, "neighbours": neighbours, "fit": fit}
    tables = dict.fromkeys(paths)
    solved: FactorSolution | NotRun
    try:
        matrix = read_correlations(correlations)
        correlator = correlator_behind(dataset, perspective, matrix, settings["extraction"])
        influence = influence_of(correlator, settings["extraction"])
        matrix = with_variances(matrix, correlator, settings["extraction"])
        options = solution_options(dataset, matrix, settings)
        answers = None if correlator is None else answers_behind(dataset, perspective, matrix.matrix.index)
        nest = nest_record(matrix, answers, draws=settings["comparison_draws"], seed=seed)
        tables |= retain(matrix, influence, random, nest, settings)
        k, decided = choose(tables["retention"], settings["k"], len(matrix.matrix), options)
        tables["retention"] = pd.concat([tables["retention"], decided])
        found, solved = solve(matrix, influence, k, options, seed)
        tables |= found
    except FAILURES as failure:
        solved = reason_of(failure)
        if tables["retention"] is not None:
            tables["retention"] = pd.concat([tables["retention"], reason_row(solved, "factors_extracted")])
        tables |= {name: reason_row(solved, name) for name, table in tables.items() if table is None}
    for name, table in tables.items():
        frame = table.assign(dataset=dataset.name, perspective=perspective)
        inputs = [responses, correlations.matrix, *random]
        write_table(frame, paths[name], settings=chosen(settings, *DECIDING) | {"seed": seed}, inputs=inputs)
    write_solution(solved, solution)


def influence_of(correlator: Correlator | None, extraction: str) -> np.ndarray | None:
    """What the adjusted chi-square of ordinal data needs; None where only the normal-theory one can be told."""
    if correlator is None or correlator.method != "polychoric" or extraction == "ml":
        return None
    try:
        return correlator.influence()
    except ValueError:  # too large; fit.csv then calls its chi-square descriptive
        return None


def retain(
    correlations: CorrelationMatrix, influence: np.ndarray | None, random: list[Path], nest: dict, settings: dict
) -> dict[str, pd.DataFrame]:
    """Every criterion for the number of factors, and the eigenvalues of parallel analysis."""
    drawn = read_arrays(random)
    parallel = parallel_analysis(correlations, drawn, percentile=settings["percentile"])
    why_not = next(filter(None, drawn["why_no_comparison"].tolist()), "")
    table = retention_table(
        correlations,
        parallel,
        extraction=settings["extraction"],
        influence=influence,
        comparison=why_not or drawn["comparison"].T,
        nest=nest,
    )
    return {"retention": table, "eigenvalues": parallel.table}


def choose(records: pd.DataFrame, rule: int | str, p: int, options: dict) -> tuple[int, pd.DataFrame]:
    """The number of factors to extract, and the row that says who decided."""
    try:
        k, how = (rule, "as config.yaml says") if isinstance(rule, int) else decide_k(records, rule)
    except ValueError as error:
        raise NotRun(str(error)) from None
    if "target" in options:
        k, how = options["target"].shape[1], "as many as the target has"
    if degrees_of_freedom(p, k) < 0:
        raise NotRun(f"{k} factors are too many for {p} items")
    row = {"statistic": "factors_extracted", "estimate": k, "n": records["n"].iloc[0], "method": how, "note": ""}
    return k, pd.DataFrame([row])


def solve(
    correlations: CorrelationMatrix, influence: np.ndarray | None, k: int, options: dict, seed: int
) -> tuple[dict[str, pd.DataFrame], FactorSolution]:
    """The solution with k factors, its neighbours with one less and one more, and the fit of all three."""
    sizes = [k] if "target" in options else [size for size in (k - 1, k, k + 1) if size >= 1]
    solutions, reasons = {}, []
    for size in sizes:
        try:
            solutions[size] = fit_solution(correlations.matrix, correlations.n_total, size, seed=seed, **options)
        except ValueError as error:
            if size == k:
                raise NotRun(str(error)) from None
            reasons.append(f"{size} factors: {error}")
    fits = [
        fit_indices(correlations.matrix, found, correlation=correlations.method, influence=influence).assign(
            factors=size
        )
        for size, found in solutions.items()
    ]
    neighbours = [found.tidy().assign(factors=size) for size, found in solutions.items() if size != k]
    neighbours += [
        reason_row(NotRun(reason), "neighbours") for reason in reasons or ([] if neighbours else ["there are none"])
    ]
    fit = pd.concat([*fits, residuals(correlations.matrix, solutions[k]).assign(factors=k)])
    return {"neighbours": pd.concat(neighbours), "fit": fit}, solutions[k]


if __name__ == "__main__":
    job(main, snakemake)
