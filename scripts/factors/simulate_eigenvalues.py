"""One piece of the random data that retention needs: parallel analysis and comparison data."""

from pathlib import Path

import numpy as np

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.steps.array_files import write_arrays
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations
from pipeline.steps.factor_settings import answers_behind, correlator_behind, draws_of_piece
from psychometrics.factors.extraction import degrees_of_freedom
from psychometrics.factors.retention.comparison_data import comparison_fits
from psychometrics.factors.retention.criteria import NO_ANSWERS
from psychometrics.factors.retention.parallel_analysis import random_eigenvalues

MOST_FACTORS = 8  # that comparison data are made for


def main(
    responses: Path,
    correlations: CorrelationFiles,
    arrays: Path,
    *,
    perspective: str,
    settings: dict,
    piece: int,
    pieces: int,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    try:
        found = read_correlations(correlations)
    except NotRun:  # retention.csv gives the reason; here there is nothing to write
        write_arrays(arrays, component=np.empty((0, 0)), factor=np.empty((0, 0)))
        return
    source = correlator_behind(dataset, perspective, found) or (found.n_total, len(found.matrix))
    drawn = random_eigenvalues(source, **draws_of_piece(settings["draws"], piece, pieces), seed=seed)
    items = list(found.matrix.index)
    largest = max(k for k in range(MOST_FACTORS + 1) if degrees_of_freedom(len(items), k) >= 0)
    populations = draws_of_piece(largest, piece, pieces)
    fits, reason = compare(dataset, perspective, items, populations, settings["comparison_draws"], seed)
    write_arrays(arrays, **drawn, comparison=fits, why_no_comparison=np.array([reason]))


def compare(
    dataset: Dataset, perspective: str, items: list[str], populations: dict[str, int], draws: int, seed: int
) -> tuple[np.ndarray, str]:
    """Comparison data (populations, draws), or the reason why there are none.

    The pieces share the populations among them, since to make one takes longer than to draw samples from it.
    """
    if dataset.is_matrix:
        return np.empty((0, 0)), NO_ANSWERS
    first, last = populations["first_draw"] + 1, populations["first_draw"] + populations["n_draws"]
    try:
        if first > last:  # more pieces than populations
            return np.empty((0, draws)), ""
        answers = answers_behind(dataset, perspective, items)
        return comparison_fits(answers, smallest=first, largest=last, first_draw=0, n_draws=draws, seed=seed).T, ""
    except ValueError as error:
        return np.empty((0, 0)), str(error)


if __name__ == "__main__":
    job(main, snakemake)
