"""Real item responses, plugged in as a newcomer would, give the numbers that their authors and owners published.

The file is not the project's to ship (CC BY-NC-SA); its folder may lie beside the project.
"""

import shutil

import pandas as pd
import pytest
from tests.conftest import ROOT

from pipeline.data.tables import read_table

FILE = ROOT.parent / "shared/data/wai-sr-chatbot/responses.csv"
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the real item responses are not beside the project")

DESCRIPTION = {
    "title": "WAI-SR after a chatbot conversation",
    "source": "Meyer & Elsweiler (2024)",
    "responses": [
        {
            "file": "responses.csv",
            "form": "wai_sr",
            "perspective": "client",
            "columns": "wai_sr_{item}",
            "client": "id",
            "keep": {"attention_check": 1},
        }
    ],
    "clients": {
        "file": "responses.csv",
        "client": "id",
        "variables": {"arm": {"column": "condition", "role": "group"}, "readiness_end": {"role": "outcome"}},
    },
}


@pytest.fixture
def tables(project):
    folder = project.add("real", DESCRIPTION)
    shutil.copy(FILE, folder / "responses.csv")
    shutil.copytree(ROOT / "data/datasets/wai_sr_chatbot", project.folder / "data/datasets/wai_sr_chatbot")
    project.configure(
        datasets=["real", "wai_sr_chatbot"],
        resamples=100,
        factors={"draws": 50, "splits": 20, "comparison_draws": 20, "resamples": 20, "k": 2, "correlation": "pearson"},
    )
    names = {
        "reliability": "reliability/reliability.csv",
        "descriptives": "scores/descriptives.csv",
        "loadings": "factors/client/loadings.csv",
        "retention": "factors/client/retention.csv",
    }
    outcome = project.run(
        *(f"results/{dataset}/{path}" for dataset in ("real", "wai_sr_chatbot") for path in names.values())
    )
    assert outcome.returncode == 0, outcome.stderr[-3000:]
    return {
        (dataset, name): read_table(project.folder / "results" / dataset / path)
        for dataset in ("real", "wai_sr_chatbot")
        for name, path in names.items()
    }


def alphas(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["statistic"] == "alpha"].set_index("scale")[["estimate", "n"]]


def test_alphas_and_means_are_the_published_ones(tables):
    published = {"total": 0.923, "task": 0.876, "bond": 0.861, "goal": 0.853}
    real, matrix = (alphas(tables[dataset, "reliability"]) for dataset in ("real", "wai_sr_chatbot"))
    for scale, alpha in published.items():
        assert real.loc[scale, "n"] == 157
        # published to three digits
        assert real.loc[scale, "estimate"] == pytest.approx(alpha, abs=5e-4)
        # the matrix is printed with three digits: its alphas agree to the third
        assert matrix.loc[scale, "estimate"] == pytest.approx(real.loc[scale, "estimate"], abs=1e-3)
    scores = (
        tables["real", "descriptives"]
        .query("scale == 'total' and statistic == 'mean' and method == 'mean of the items'")
        .set_index("group")["estimate"]
    )
    assert scores["arm: GPT-4"] == pytest.approx(2.727564, abs=5e-7)
    assert scores["arm: MI-adapted"] == pytest.approx(2.340717, abs=5e-7)


def test_the_matrix_gives_the_factors_that_the_answers_give(tables):
    def loadings(dataset):
        rows = tables[dataset, "loadings"].query("statistic == 'loading'")
        return rows.pivot(index="item", columns="factor", values="estimate")

    # correlations rounded to three digits move loadings by a few thousandths
    assert (loadings("real") - loadings("wai_sr_chatbot")).abs().to_numpy().max() < 0.01
