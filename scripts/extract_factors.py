"""How many factors, and which? Retention, the solution with its neighbours, its fit."""
from pathlib import Path

import pandas as pd

from pipeline.factor_files import NotRun, read_arrays, read_correlations, reason_row, write_solution
from pipeline.job import job
from pipeline.tables import write_table
from psychometrics.correlation import CorrelationMatrix
from psychometrics.extraction import degrees_of_freedom
from psychometrics.fit import fit_indices, residuals
from psychometrics.retention import decide, retention_table
from psychometrics.solution import FactorSolution, fit_solution


def main(matrix: Path, pairs: Path, about: Path, random: list[Path], outputs: dict[str, Path], *, dataset: str,
         settings: dict, seed: int) -> None:
    try:
        tables, solution = analyse(read_correlations(matrix, pairs, about), random, settings, seed)
    except NotRun as reason:
        tables = {name: reason_row(reason, name) for name in ("retention", "eigenvalues", "neighbours", "fit")}
        solution = reason
    for name, table in tables.items():
        frame = table.assign(dataset=dataset, perspective=settings["perspective"])
        write_table(frame, outputs[name], settings=settings | {"seed": seed}, inputs=[matrix, about, *random])
    write_solution(solution, outputs["solution"])


def analyse(correlations: CorrelationMatrix, random: list[Path], settings: dict, seed: int
            ) -> tuple[dict[str, pd.DataFrame], FactorSolution]:
    parallel = decide(correlations, read_arrays(random), percentile=settings["percentile"], basis=settings["basis"])
    asked = settings["k"] != "parallel"
    k = settings["k"] if asked else max(parallel.k, 1)
    if degrees_of_freedom(len(correlations.matrix), k) < 0:
        raise NotRun(f"{k} factors are too many for {len(correlations.matrix)} items")
    note = "as config.yaml says" if asked else "parallel analysis"
    if not asked and not parallel.k:
        note += " finds none: one is shown"
    chosen = {"statistic": "factors_extracted", "estimate": k, "n": correlations.n_total, "method": note, "note": ""}
    retention = pd.concat([retention_table(correlations, parallel), pd.DataFrame([chosen])])
    solutions = {
        size: fit_solution(correlations.matrix, correlations.n_total, size, extraction=settings["extraction"],
                           rotation=settings["rotation"], starts=settings["starts"], seed=seed)
        for size in (k - 1, k, k + 1) if size >= 1 and degrees_of_freedom(len(correlations.matrix), size) >= 0
    }
    fits = [fit_indices(correlations.matrix, found, correlation=correlations.method).assign(factors=size)
            for size, found in solutions.items()]
    largest = residuals(correlations.matrix, solutions[k]).assign(factors=k)
    neighbours = [found.tidy().assign(factors=size) for size, found in solutions.items() if size != k]
    tables = {
        "retention": retention, "eigenvalues": parallel.table, "fit": pd.concat([*fits, largest]),
        "neighbours": pd.concat(neighbours) if neighbours else reason_row(NotRun("there are none"), "neighbours"),
    }
    return tables, solutions[k]


if __name__ == "__main__":
    with job(snakemake):
        main(
            matrix=Path(snakemake.input.matrix),
            pairs=Path(snakemake.input.pairs),
            about=Path(snakemake.input.about),
            random=[Path(path) for path in snakemake.input.random],
            outputs={name: Path(snakemake.output[name])
                     for name in ("retention", "eigenvalues", "neighbours", "fit", "solution")},
            dataset=snakemake.wildcards.dataset,
            settings=snakemake.params.settings,
            seed=snakemake.params.seed,
        )
