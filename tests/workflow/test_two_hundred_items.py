"""All forms that observers answer, 196 items of four instruments: every step of the factor analysis."""

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT
from tests.workflow.test_factor_settings import analyse

from factors import simulate_eigenvalues
from pipeline.data.configuration import read_instruments
from pipeline.data.dataset import Dataset
from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.factor_scores import FROM_REPRODUCED
from psychometrics.factors.retention import comparison_data
from psychometrics.factors.solution import fit_solution

pytestmark = pytest.mark.slow
FORMS = ("vpps", "vtas", "wai36", "calpas_r", "wai_s")
PEOPLE, FACTORS = 220, 3
FEW = {"k": "parallel_analysis_factor", "draws": 2, "comparison_draws": 2, "resamples": 2, "splits": 1, "starts": 2}


@pytest.fixture(scope="module")
def study():
    """Three correlated factors, each in every form; 5 to 7 categories, 3% missing. Description, table, factors."""
    rng = np.random.default_rng(196)
    factors = np.sqrt(0.3) * rng.normal(size=(PEOPLE, 1)) + np.sqrt(0.7) * rng.normal(size=(PEOPLE, FACTORS))
    instruments, responses, table = read_instruments(ROOT), [], {}
    for form in FORMS:
        key = instruments[form]
        low, high = key["range"]
        entry = {
            "file": "a.csv",
            "form": form,
            "perspective": "observer",
            "columns": f"{form}_{{item}}",
            "client": "client",
            "therapist": "therapist",
        }
        if "scales" not in key:
            entry["scales"] = {"total": list(range(1, key["items"] + 1))}
        responses.append(entry)
        for number in range(1, key["items"] + 1):
            loading = 0.5 + 0.1 * (number % 4)
            latent = loading * factors[:, number % FACTORS] + np.sqrt(1 - loading**2) * rng.normal(size=PEOPLE)
            answers = low + np.searchsorted(np.linspace(-1.6, 1.1, high - low), latent).astype(float)
            answers = low + high - answers if number in key.get("reverse", []) else answers
            table[f"{form}_{number}"] = np.where(rng.random(PEOPLE) < 0.03, np.nan, answers)
    frame = pd.DataFrame(table).assign(
        client=[f"c{i:03d}" for i in range(PEOPLE)],
        therapist=[f"t{i % 40}" for i in range(PEOPLE)],
        outcome=factors[:, 0],
    )
    clients = {"file": "a.csv", "client": "client", "variables": {"outcome": {"role": "outcome"}}}
    return {"title": "t", "source": "s", "responses": responses, "clients": clients}, frame, factors


@pytest.fixture(scope="module")
def analysed(study, tmp_path_factory):
    """Folder and tables."""
    folder = tmp_path_factory.mktemp("items")
    with pytest.MonkeyPatch.context() as patch:  # comparison data of 4 x 2,000 people instead of 8 x 10,000
        patch.setattr(simulate_eigenvalues, "MOST_FACTORS", FACTORS + 1)
        patch.setattr(comparison_data, "POPULATION", 2_000)
        return folder, analyse(folder, study[0], {"a": study[1]}, perspective="observer", **FEW)


def home(pattern: pd.DataFrame) -> np.ndarray:
    """Share of the items whose largest loading is on the factor that was planted for them, whatever its place."""
    planted = np.array([int(item.rpartition("_")[2]) % FACTORS for item in pattern.index])
    found = pattern.abs().to_numpy().argmax(axis=1)
    return np.mean(
        [np.bincount(found[planted == factor]).max() / np.sum(planted == factor) for factor in range(FACTORS)]
    )


def test_the_planted_factors_are_found(analysed):
    _, found = analysed
    criteria = found["retention"].set_index("statistic")
    for criterion in (
        "parallel_analysis_factor",
        "map",
        "comparison_data",
        "sequential_chi_square",
        "factors_extracted",
    ):
        assert criteria.loc[criterion, "estimate"] == FACTORS, criterion
    loadings = found["loadings"].query("statistic == 'loading'")
    pattern = loadings.pivot(index="item", columns="factor", values="estimate")
    assert pattern.shape == (196, FACTORS) and home(pattern) > 0.98


def test_the_chi_square_is_the_adjusted_one_and_fits(analysed):
    _, found = analysed
    fit = found["fit"].query(f"factors == {FACTORS}").set_index("statistic")
    assert fit["method"].str.contains("adjusted").any()
    # 196 * 195 / 2 correlations less 196 * 3 loadings less 3 for the rotation
    assert fit.loc["degrees_of_freedom", "estimate"] == 19110 - 588 + 3
    assert fit.loc["p_value", "estimate"] > 0.05 and fit.loc["rmsea", "estimate"] < 0.01


def test_uncertainty_general_factor_and_halves_are_there(analysed):
    _, found = analysed
    told = found["loadings"].set_index("statistic")
    assert told.loc["resamples_without_solution", "estimate"] == 0
    assert told.loc[["loading", "phi"], ["lower", "upper"]].notna().all().all()
    assert found["standard_errors"].query("statistic == 'loading'")["se"].between(0.005, 0.2).all()
    general = found["general"].query("statistic == 'general_loading'")
    assert len(general) == 196 and general["estimate"].between(0.1, 0.7).all()
    assert found["replicability"]["estimate"].notna().any()


def test_people_are_scored_though_the_matrix_is_singular(analysed, study):
    """Pairwise polychoric correlations of so many items have negative eigenvalues; smoothing leaves no inverse."""
    _, found = analysed
    assert found["suitability"]["note"].str.contains("was smoothed").any()
    scores = found["scores"].set_index("client")
    assert scores.shape == (PEOPLE, FACTORS + 1) and scores.notna().all().all()
    # pseudonyms are numbered in the order of the codes
    joint = np.corrcoef(scores[["F1", "F2", "F3"]].sort_index(), study[2], rowvar=False)[:3, 3:]
    assert np.abs(joint).max(axis=0).min() > 0.95
    assert (found["common"].query("statistic == 'r_outcome'")["note"] == FROM_REPRODUCED).all()


@pytest.mark.parametrize("extraction", ["ml", "pa", "dwls"])
def test_other_extractions(analysed, extraction):
    answers = Dataset(analysed[0] / "responses").joint_answers("observer")
    if extraction == "dwls":
        found = Correlator(answers, variances=True)()
        weights = diagonal_weights(found.variance.to_numpy(), list(answers))[0]
    else:
        found, weights = Correlator(answers.fillna(answers.mean()), method="pearson")(), None
    solution = fit_solution(found.matrix, PEOPLE, FACTORS, extraction=extraction, weights=weights, rotation="geomin_q")
    assert solution.converged and not solution.heywood and home(solution.pattern) > 0.98
