"""The factor solution with its uncertainty: loadings, correlations of the factors, the general factor, the witness."""
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.dataset import Dataset
from pipeline.factor_files import NotRun, read_correlations, read_solution, reason_row
from pipeline.job import job
from pipeline.resamples import Resamples
from pipeline.tables import write_table
from psychometrics.factor_scores import determinacy
from psychometrics.general_factor import general_factor_indices, schmid_leiman
from psychometrics.solution import FactorSolution
from psychometrics.witness import witness_difference


def main(responses: Path, correlations: dict[str, Path], solution: Path, pieces: list[Path], loadings: Path,
         general: Path, *, settings: dict, level: float, seed: int) -> None:
    dataset = Dataset(responses)
    resamples = Resamples.read(pieces, dataset, level)
    instruments = dataset.instrument_of_items(settings["perspective"])
    try:
        matrix = read_correlations(**correlations).matrix
        found = read_solution(solution)
        tables = {
            loadings: pd.concat([
                describe_solution(found, resamples), determinacy(matrix, found), witness_difference(matrix, found)]),
            general: describe_general_factor(found, matrix, instruments, resamples),
        }
    except NotRun as reason:
        tables = {loadings: reason_row(reason, "loading"), general: reason_row(reason, "general_loading")}
    for path, table in tables.items():
        table = table.assign(dataset=dataset.name, perspective=settings["perspective"])
        write_table(table, path, settings=settings | {"level": level, "seed": seed}, inputs=[responses, solution])


def describe_solution(found: FactorSolution, resamples: Resamples) -> pd.DataFrame:
    """Every number of the solution; intervals for loadings, communalities and the correlations of the factors."""
    rows = found.tidy()
    k = len(found.labels)
    upper = np.triu_indices(k, 1)
    sources = {"loading": ("pattern", lambda values: values.reshape(len(values), -1)),
               "communality": ("communality", lambda values: values),
               "phi": ("phi", lambda values: values[:, upper[0], upper[1]])}
    parts = []
    for statistic, block in rows.groupby("statistic", sort=False):
        if statistic in sources and len(block):
            name, arrange = sources[statistic]
            values = resamples[name]
            block = resamples.describe(block, None if values is None else arrange(values))
        parts.append(block)
    congruence = resamples["congruence"]
    if congruence is not None:
        stable = pd.DataFrame({"factor": found.labels, "statistic": "congruence_of_resamples",
                               "estimate": np.nanmedian(congruence, axis=0), "n": found.n,
                               "method": "median Tucker congruence with this solution"})
        parts.append(resamples.describe(stable, congruence, "percentile"))
        parts.append(pd.DataFrame([{"statistic": "resamples_without_solution", "estimate": resamples.failed,
                                    "n": resamples.draws, "note": ""}]))
    return pd.concat(parts, ignore_index=True)


def describe_general_factor(found: FactorSolution, matrix: pd.DataFrame, instruments: pd.Series, resamples: Resamples
                            ) -> pd.DataFrame:
    """General and group loadings of the Schmid-Leiman solution, and how much of the variance is general."""
    if len(found.labels) == 1:
        raise NotRun("one factor has no general factor above it")
    sl = schmid_leiman(found)
    method = {"n": found.n, "method": sl.method, "note": ""}
    general = pd.DataFrame({"item": sl.general.index, "statistic": "general_loading", "estimate": sl.general} | method)
    second = pd.DataFrame({"factor": found.labels, "statistic": "second_order_loading",
                           "estimate": sl.second_order_loadings} | method)
    group = pd.DataFrame({
        "item": np.repeat(list(sl.group.index), len(found.labels)), "factor": np.tile(found.labels, len(sl.group)),
        "statistic": "group_loading", "estimate": sl.group.to_numpy().ravel()} | method)
    indices = general_factor_indices(sl, instruments, correlations=matrix)
    pattern, order = resamples["pattern"], resamples["second_order"]
    freed = None
    if pattern is not None:
        freed = (pattern * np.sqrt(np.maximum(1 - order**2, 0))[:, None, :]).reshape(len(pattern), -1)
    return pd.concat([
        resamples.describe(general, resamples["general"]), resamples.describe(second, order),
        resamples.describe(group, freed), resamples.describe(indices, resamples["indices"]),
    ], ignore_index=True)


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            correlations={name: Path(snakemake.input[name]) for name in ("matrix", "pairs", "about")},
            solution=Path(snakemake.input.solution),
            pieces=[Path(path) for path in snakemake.input.pieces],
            loadings=Path(snakemake.output.loadings),
            general=Path(snakemake.output.general),
            settings=snakemake.params.settings,
            level=snakemake.params.level,
            seed=snakemake.params.seed,
        )
