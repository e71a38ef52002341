"""What the steps of the factor analysis hand on: nothing is lost in the files, and a reason stays a reason."""

import numpy as np
import pandas as pd
import pytest

from pipeline.steps.array_files import read_arrays, write_arrays
from pipeline.steps.correlation_files import CorrelationFiles, NotRun, read_correlations, reason_row, write_correlations
from pipeline.steps.solution_files import by_perspective, read_solution, write_solution
from psychometrics.correlation.matrix import given_matrix
from psychometrics.factors.solution import fit_solution

ITEMS = ["a_01", "a_02", "a_03", "b_01", "b_02", "b_03"]


def population() -> pd.DataFrame:
    """Two factors that correlate .4; every item loads .7 on its own."""
    loadings = np.kron(np.eye(2), np.full((3, 1), 0.7))
    r = loadings @ np.array([[1, 0.4], [0.4, 1]]) @ loadings.T
    np.fill_diagonal(r, 1.0)
    return pd.DataFrame(r, index=ITEMS, columns=ITEMS)


@pytest.fixture
def files(tmp_path) -> CorrelationFiles:
    return CorrelationFiles(*(tmp_path / name for name in ("matrix.csv", "pairs.csv", "about.json")))


def test_correlations_keep_every_digit(files):
    wanted = given_matrix(population() / 3 + 2 / 3 * np.eye(6), 120)
    write_correlations(wanted, files.matrix, files.pairs, files.about)
    found = read_correlations(files)
    pd.testing.assert_frame_equal(found.matrix, wanted.matrix, check_exact=True, check_names=False)
    pd.testing.assert_frame_equal(found.n, wanted.n, check_exact=True, check_names=False, check_dtype=False)
    assert (found.method, found.missing, found.n_total, found.notes) == (
        wanted.method,
        wanted.missing,
        wanted.n_total,
        wanted.notes,
    )


def test_a_solution_keeps_every_digit(tmp_path):
    wanted = fit_solution(population(), 120, 2, rotation="geomin_q", delta=0.02)
    write_solution(wanted, tmp_path / "solution.json")
    found = read_solution(tmp_path / "solution.json")
    for name in ("pattern", "phi"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(wanted, name), check_exact=True)
    pd.testing.assert_series_equal(found.uniqueness, wanted.uniqueness, check_exact=True, check_names=False)
    assert found.rotation_options == wanted.rotation_options and found.objective == wanted.objective
    assert (found.heywood, found.notes, found.n) == (wanted.heywood, wanted.notes, 120)


def test_a_target_stays_an_array(tmp_path):
    target = np.kron(np.eye(2), np.full((3, 1), 0.7))
    wanted = fit_solution(population(), 120, 2, rotation="target_q", target=target)
    write_solution(wanted, tmp_path / "solution.json")
    np.testing.assert_array_equal(read_solution(tmp_path / "solution.json").rotation_options["target"], target)


def test_a_reason_is_handed_on_in_its_words(files, tmp_path):
    reason = NotRun("the data set has no form answered by the observer")
    write_correlations(reason, files.matrix, files.pairs, files.about)
    write_solution(reason, tmp_path / "solution.json")
    for read in (lambda: read_correlations(files), lambda: read_solution(tmp_path / "solution.json")):
        with pytest.raises(NotRun, match=r"^the data set has no form answered by the observer$"):
            read()
    row = reason_row(reason, "loading").iloc[0]
    assert (row["statistic"], row["note"]) == ("loading", str(reason)) and np.isnan(row["estimate"])


def test_pieces_are_joined_along_the_draws(tmp_path):
    paths = [tmp_path / f"{piece}.npz" for piece in (1, 2)]
    write_arrays(paths[0], pattern=np.zeros((2, 3)), failed=np.array([False, True]))
    write_arrays(paths[1], pattern=np.ones((1, 3)), failed=np.array([False]))
    found = read_arrays(paths)
    assert found["pattern"].tolist() == [[0] * 3, [0] * 3, [1] * 3] and found["failed"].tolist() == [False, True, False]


def test_files_by_the_perspective_of_their_folder(tmp_path):
    paths = [tmp_path / f"factors/{who}/{name}" for who in ("therapist", "client") for name in ("a.json", "r/1.npz")]
    assert by_perspective(paths) == {"therapist": paths[:2], "client": paths[2:]}
