"""Random draws and resamples cut into pieces, each a job of its own: the results do not depend on how many."""

import numpy as np
import pandas as pd
import pytest

from factors import correlate_items, resample_factors, simulate_eigenvalues
from ingest.ingest_dataset import write_all
from pipeline.data.assembling import from_answers
from pipeline.data.raw_files import RawFiles
from pipeline.steps.array_files import read_arrays
from pipeline.steps.correlation_files import CorrelationFiles, read_correlations
from pipeline.steps.factor_settings import draws_of_piece
from pipeline.steps.solution_files import write_solution
from psychometrics.factors.solution import fit_solution

FORM = {
    "label": "Form",
    "instrument": "X",
    "items": 6,
    "range": [1, 7],
    "continuous": False,
    "key_status": "established",
    "scales": {"a": [1, 2, 3], "b": [4, 5, 6]},
    "reverse": [],
    "perspectives": ["client"],
}
ENTRY = {"perspective": "client", "columns": "q{item}", "client": "id", "therapist": "th", "session": 1, "sessions": {}}
ENTRY |= {"keep": {}, "missing_codes": [], "recode": {}, "file": "a.csv"}
SETTINGS = {"draws": 7, "comparison_draws": 3, "percentile": 95, "extraction": "minres", "markers": [], "salient": 0.4}
SETTINGS |= {"resamples": 7, "splits": 5, "minimum_share": 0.05, "starts": 1, "correlation": "pearson"}


@pytest.mark.parametrize("draws", [0, 1, 7, 500])
@pytest.mark.parametrize("pieces", [1, 2, 3, 8])
def test_pieces_make_each_draw_once_in_order(draws, pieces):
    parts = [draws_of_piece(draws, piece, pieces) for piece in range(1, pieces + 1)]
    made = [draw for part in parts for draw in range(part["first_draw"], part["first_draw"] + part["n_draws"])]
    assert made == list(range(draws))
    assert max(part["n_draws"] for part in parts) - min(part["n_draws"] for part in parts) <= 1


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """Ninety clients of fifteen therapists, two factors."""
    folder = tmp_path_factory.mktemp("pieces")
    rng = np.random.default_rng(5)
    latent = np.repeat(rng.normal(size=(90, 2)), 3, axis=1) + rng.normal(0, 0.8, (90, 6))
    frame = pd.DataFrame(np.clip(np.rint(4 + latent), 1, 7), columns=[f"q{item}" for item in range(1, 7)])
    frame.assign(id=[f"c{i}" for i in range(90)], th=[f"t{i % 15}" for i in range(90)]).to_csv(folder / "a.csv")
    files = from_answers({"responses": [ENTRY | {"form": "form"}]}, RawFiles(folder), {"form": FORM})[0]
    files["dataset.json"] |= {"name": "study", "title": "t", "source": "s", "simulated": False, "occasion": "first"}
    write_all(files, folder / "responses")
    paths = [folder / name for name in ("correlations.csv", "pairs.csv", "correlations.json")]
    correlate_items.main(
        folder / "responses", *paths, folder / "s.csv", perspective="client", method="pearson", missing="pairwise"
    )
    matrix = CorrelationFiles(*paths)
    found = read_correlations(matrix)
    write_solution(fit_solution(found.matrix, found.n_total, 2), folder / "solution.json")
    return folder, matrix


def test_results_do_not_depend_on_the_number_of_pieces(solved, tmp_path):
    folder, matrix = solved
    made = {}
    for pieces in (1, 3):
        names = ("random", "resamples", "halves")
        paths = {name: [tmp_path / f"{name}{pieces}_{piece}.npz" for piece in range(1, pieces + 1)] for name in names}
        for piece in range(1, pieces + 1):
            one = {"perspective": "client", "settings": SETTINGS, "piece": piece, "pieces": pieces, "seed": 3}
            random, resamples, halves = (paths[name][piece - 1] for name in names)
            simulate_eigenvalues.main(folder / "responses", matrix, random, **one)
            resample_factors.main(folder / "responses", matrix, folder / "solution.json", resamples, halves, **one)
        made[pieces] = {name: read_arrays(files) for name, files in paths.items()}
    for name in made[1]:
        assert made[1][name].keys() == made[3][name].keys()
        for array, values in made[1][name].items():
            if array == "why_no_comparison":  # one reason a piece
                continue
            np.testing.assert_array_equal(values, made[3][name][array], err_msg=f"{name}: {array}")
    assert len(made[1]["resamples"]["failed"]) == 7 and len(made[1]["random"]["factor"]) == 7
    # and the draws differ among each other
    assert len(np.unique(made[1]["resamples"]["pattern"][:, 0, 0])) == 7
