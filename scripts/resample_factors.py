"""One piece of the bootstrap of the factor solution."""
from pathlib import Path

import numpy as np

from pipeline.dataset import Dataset
from pipeline.factor_files import NotRun, read_solution, write_arrays
from pipeline.job import job
from psychometrics.correlation import Correlator
from psychometrics.resampled_solution import CommonFactorRule, resample_solution


def main(responses: Path, solution: Path, arrays: Path, *, settings: dict, piece: int, pieces: int, seed: int) -> None:
    dataset = Dataset(responses)
    first, last = (settings["resamples"] * number // pieces for number in (piece - 1, piece))
    try:
        whole = read_solution(solution)
        if dataset.is_matrix:
            raise NotRun("a matrix has no people to resample")
    except NotRun:  # the tables that need the resamples give the reason; here there is nothing to write
        write_arrays(arrays, failed=np.ones(0, dtype=bool))
        return
    answers = dataset.joint_answers(settings["perspective"])[list(whole.pattern.index)].dropna(how="all")
    rule = CommonFactorRule(
        dataset.instrument_of_items(settings["perspective"]), settings["salient"], settings["minimum_share"],
        settings["markers"] or None,
    )
    drawn = resample_solution(
        Correlator(answers, method=settings["correlation"], missing=settings["missing"]), dataset.units(answers.index),
        whole, rule, first_draw=first, n_draws=last - first, seed=seed,
    )
    write_arrays(arrays, **drawn)


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            solution=Path(snakemake.input.solution),
            arrays=Path(snakemake.output.arrays),
            settings=snakemake.params.settings,
            piece=int(snakemake.wildcards.piece),
            pieces=snakemake.params.pieces,
            seed=snakemake.params.seed,
        )
