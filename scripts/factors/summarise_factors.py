"""The factor solution with its uncertainty: loadings, correlations of the factors, the general factor."""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import FAILURES, reason_of
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations, reason_row
from pipeline.steps.factor_errors import analytic_errors
from pipeline.steps.factor_resamples import NO_SOLUTION, FactorResamples
from pipeline.steps.factor_settings import chosen
from pipeline.steps.solution_files import read_solution
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.factor_scores import determinacy
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.solution import FactorSolution, fit_solution
from psychometrics.factors.standard_errors.loading_errors import LoadingErrors

CORRELATION, SQUARE = "bias-corrected z", "bias-corrected root z"


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
        tables[loadings] = pd.concat(
            [
                describe_solution(found, resamples, analytic),
                determinacy(matrix.matrix, found),
            ]
        )
        tables[bifactor] = describe_bifactor(matrix, found, instruments, settings["starts"], seed)
        tables[general_factor] = describe_general_factor(found, matrix.matrix, instruments, resamples)
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


def describe_solution(
    found: FactorSolution, resamples: FactorResamples, analytic: LoadingErrors | None
) -> pd.DataFrame:
    """Every number of the solution; intervals for loadings, communalities and the correlations of the factors.

    The intervals of the correlations of the factors are the analytic ones where there are any, because in simulations
    (docs/recovery.md) those of resamples are too short; the others rest on resamples where people can be resampled.
    """
    rows, told = found.tidy(), set()
    if analytic is not None:
        own = analytic.tidy(resamples.level).drop(columns="bias")
        if not resamples.reason:
            own = own[own["statistic"] == "phi"]
        told = set(own["statistic"])
        rows = pd.concat([own, rows[~rows["statistic"].isin(told)]], ignore_index=True)
    k = len(found.labels)
    upper = np.triu_indices(k, 1)
    sources = {
        "loading": ("pattern", lambda values: values.reshape(len(values), -1), CORRELATION),
        "communality": ("communality", lambda values: values, SQUARE),
        "phi": ("phi", lambda values: values[:, upper[0], upper[1]], CORRELATION),
    }
    parts = []
    for statistic, block in rows.groupby("statistic", sort=False):
        if statistic in sources.keys() - told:
            name, arrange, kind = sources[statistic]
            values = resamples[name]
            block = resamples.describe(block, None if values is None else arrange(values), kind)
        parts.append(block)
    congruence = resamples["congruence"]
    if congruence is not None:
        usable = congruence[~resamples.arrays["failed"]]
        stable = pd.DataFrame(
            {
                "factor": found.labels,
                "statistic": "congruence_of_resamples",
                "estimate": np.median(usable, axis=0) if len(usable) else np.nan,
                "n": found.n,
                "note": "" if len(usable) else NO_SOLUTION,
                "method": "median Tucker congruence with this solution",
            }
        )
        parts.append(resamples.describe(stable, congruence, "percentile"))
        parts.append(
            pd.DataFrame(
                [
                    {
                        "statistic": "resamples_without_solution",
                        "estimate": resamples.failed,
                        "n": resamples.draws,
                        "note": "",
                    }
                ]
            )
        )
    return pd.concat(parts, ignore_index=True)


def describe_general_factor(
    found: FactorSolution, matrix: pd.DataFrame, instruments: pd.Series, resamples: FactorResamples
) -> pd.DataFrame:
    """General and group loadings, and how much of the variance is general."""
    sl = general_factor_of(found)
    if sl is None:
        raise NotRun(
            "one factor has no general factor above it"
            if len(found.labels) == 1
            else f"the factors of the {found.rotation} rotation are uncorrelated: nothing general lies above them"
        )
    groups = list(sl.group.columns)
    method = {"n": found.n, "method": sl.method, "note": ""}
    general = pd.DataFrame({"item": sl.general.index, "statistic": "general_loading", "estimate": sl.general} | method)
    second = pd.DataFrame(
        {
            "factor": sl.second_order_loadings.index,
            "statistic": "second_order_loading",
            "estimate": sl.second_order_loadings,
        }
        | method
    )
    group = pd.DataFrame(
        {
            "item": np.repeat(list(sl.group.index), len(groups)),
            "factor": np.tile(groups, len(sl.group)),
            "statistic": "group_loading",
            "estimate": sl.group.to_numpy().ravel(),
        }
        | method
    )
    indices = general_factor_indices(sl, instruments, correlations=matrix)
    freed = resamples["group"]
    return pd.concat(
        [
            resamples.describe(general, resamples["general"], CORRELATION),
            resamples.describe(second, resamples["second_order"], CORRELATION),
            resamples.describe(group, None if freed is None else freed.reshape(len(freed), -1), CORRELATION),
            resamples.describe(indices, resamples["indices"]),
        ],
        ignore_index=True,
    )


if __name__ == "__main__":
    job(main, snakemake)
