"""One piece of the resampling of the factor solution: bootstrap, and random halves."""

from pathlib import Path

import numpy as np

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.steps.array_files import write_arrays
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations
from pipeline.steps.factor_settings import (
    answers_behind,
    common_factor_rule,
    correlator_behind,
    draws_of_piece,
    units_of_everyone,
)
from pipeline.steps.solution_files import read_solution
from psychometrics.factors.bootstrap import resample_solution
from psychometrics.factors.split_halves import solve_halves


def main(
    responses: Path,
    correlations: CorrelationFiles,
    solution: Path,
    arrays: Path,
    halves: Path,
    *,
    perspective: str,
    settings: dict,
    piece: int,
    pieces: int,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    try:
        whole = read_solution(solution)
        if dataset.is_matrix:
            raise NotRun("a matrix has no people to resample")
    except NotRun:  # the tables that need the resamples give the reason; here there is nothing to write
        for path in (arrays, halves):
            write_arrays(path, failed=np.ones(0, dtype=bool))
        return
    correlator = correlator_behind(dataset, perspective, read_correlations(correlations), whole.extraction)
    units = dataset.units(answers_behind(dataset, perspective, whole.pattern.index).index)
    rule = common_factor_rule(dataset, perspective, list(whole.pattern.index), settings)

    def part(draws: int) -> dict[str, int]:
        return draws_of_piece(draws, piece, pieces) | {"seed": seed}

    drawn = resample_solution(
        correlator, units, whole, rule, among=units_of_everyone(dataset), **part(settings["resamples"])
    )
    write_arrays(arrays, **drawn)
    write_arrays(halves, **solve_halves(correlator, units, whole, **part(settings["splits"])))


if __name__ == "__main__":
    job(main, snakemake)
