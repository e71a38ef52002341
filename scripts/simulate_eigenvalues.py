"""One piece of parallel analysis: eigenvalues of random data of the same shape, on the same kind of correlation."""
from pathlib import Path

import numpy as np

from pipeline.dataset import Dataset
from pipeline.factor_files import NotRun, read_correlations, write_arrays
from pipeline.job import job
from psychometrics.correlation import Correlator
from psychometrics.retention import random_eigenvalues


def main(responses: Path, matrix: Path, pairs: Path, about: Path, arrays: Path, *, settings: dict, piece: int,
         pieces: int, seed: int) -> None:
    dataset = Dataset(responses)
    first, last = (settings["draws"] * number // pieces for number in (piece - 1, piece))
    try:
        correlations = read_correlations(matrix, pairs, about)
    except NotRun:  # retention.csv gives the reason; here there is nothing to write
        write_arrays(arrays, component=np.empty((0, 0)), factor=np.empty((0, 0)))
        return
    source: Correlator | tuple[int, int]
    if dataset.is_matrix:
        source = (correlations.n_total, len(correlations.matrix))
    else:
        answers = dataset.joint_answers(settings["perspective"])[list(correlations.matrix.index)].dropna(how="all")
        source = Correlator(answers, method=correlations.method, missing=correlations.missing)
    write_arrays(arrays, **random_eigenvalues(source, first_draw=first, n_draws=last - first, seed=seed))


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            matrix=Path(snakemake.input.matrix),
            pairs=Path(snakemake.input.pairs),
            about=Path(snakemake.input.about),
            arrays=Path(snakemake.output.arrays),
            settings=snakemake.params.settings,
            piece=int(snakemake.wildcards.piece),
            pieces=snakemake.params.pieces,
            seed=snakemake.params.seed,
        )
