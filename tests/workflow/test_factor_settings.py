"""The steps of the factor analysis, as the rules call them, under many settings and on awkward data."""

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT, Project

from factors import (
    compare_factors,
    compare_numbers,
    correlate_items,
    extract_factors,
    find_common_factor,
    relate_content,
    resample_factors,
    simulate_eigenvalues,
    summarise_factors,
)
from ingest import ingest_dataset
from pipeline.data.tables import read_table
from pipeline.steps.correlation_files import CorrelationFiles

DEFAULTS = {
    "correlation": "polychoric",
    "missing": "pairwise",
    "k": 2,
    "draws": 10,
    "comparison_draws": 2,  # a third of the time goes into five
    "percentile": 95,
    "extraction": "minres",
    "rotation": "oblimin",
    "gamma": 0,
    "kaiser": "default",
    "starts": 2,
    "resamples": 10,
    "splits": 10,
    "salient": 0.4,
    "minimum_share": 0.05,
    "markers": [],
}
ITEMS = [f"wai_sr_{i:02d}" for i in range(1, 13)] + [f"arm5_{i:02d}" for i in range(1, 6)]


def answers(n: int = 150, missing: float = 0.03) -> pd.DataFrame:
    """WAI-SR (1-5) and ARM-5 (1-7) of n clients of 30 therapists: two factors, each in both forms."""
    rng = np.random.default_rng(11)
    factors = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size=n)
    belongs = np.arange(17) % 2
    latent = 0.75 * factors[:, belongs] + 0.66 * rng.normal(size=(n, 17))
    latent[:, 14] *= -1  # item 3 of the ARM-5 is reverse-keyed
    scaled = np.where(np.arange(17) < 12, 3.4 + latent, 4.5 + 1.3 * latent)
    high = np.where(np.arange(17) < 12, 5, 7)
    values = np.clip(np.round(scaled), 1, high)
    values[rng.random(values.shape) < missing] = np.nan
    frame = pd.DataFrame(values, columns=[f"w{i}" for i in range(1, 13)] + [f"a{i}" for i in range(1, 6)])
    return frame.assign(
        client=[f"c{i}" for i in range(n)], therapist=[f"t{i % 30}" for i in range(n)], outcome=50 + 10 * factors[:, 0]
    )


def describe(**more) -> dict:
    common = {"file": "a.csv", "perspective": "client", "client": "client", "therapist": "therapist"}
    variables = {"outcome": {"role": "outcome"}}
    return {
        "title": "t",
        "source": "s",
        "responses": [
            common | {"form": "wai_sr", "columns": "w{item}"},
            common | {"form": "arm5", "columns": "a{item}"},
        ],
        "clients": {"file": "a.csv", "client": "client", "variables": variables},
    } | more


def analyse(
    folder, description: dict, tables: dict[str, pd.DataFrame], perspective: str = "client", **changes
) -> dict[str, pd.DataFrame]:
    """Every table of the joint factor analysis, made by the scripts' own main functions."""
    settings = DEFAULTS | changes
    project = Project(folder / "project")
    project.add("study", description, **tables)
    out = folder / "factors"
    responses = folder / "responses"
    ingest_dataset.main("study", project.folder, "first", responses)
    paths = [out / name for name in ("correlations.csv", "pairs.csv", "correlations.json")]
    matrix = CorrelationFiles(*paths)
    one = {"perspective": perspective, "settings": settings, "piece": 1, "pieces": 1, "seed": 3}
    correlate_items.main(
        responses,
        *paths,
        out / "suitability.csv",
        perspective=perspective,
        method=settings["correlation"],
        missing=settings["missing"],
    )
    simulate_eigenvalues.main(responses, matrix, out / "random.npz", **one)
    made = [out / f"{name}.csv" for name in ("retention", "eigenvalues", "neighbours", "fit")]
    solution = out / "solution.json"
    extract_factors.main(
        responses,
        matrix,
        [out / "random.npz"],
        solution,
        *made,
        perspective=perspective,
        settings=settings,
        seed=3,
    )
    compare_numbers.main(
        responses,
        matrix,
        solution,
        made[0],
        out / "alternatives.csv",
        perspective=perspective,
        settings=settings,
        seed=3,
    )
    pieces, halves = [out / "resamples.npz"], [out / "halves.npz"]
    resample_factors.main(responses, matrix, solution, *pieces, *halves, **one)
    told = {"perspective": perspective, "settings": settings, "level": 0.95, "seed": 3}
    summarise_factors.main(
        responses,
        matrix,
        solution,
        pieces,
        *(out / f"{table}.csv" for table in ("loadings", "standard_errors", "general", "bifactor")),
        **told,
    )
    find_common_factor.main(
        responses,
        matrix,
        solution,
        pieces,
        out / "common.csv",
        out / "scores.parquet",
        **told,
        score_draws=100,
        minimum_answered=0.8,
    )
    compare_factors.main(responses, solution, pieces, halves, [], [], out / "replicability.csv", **told)
    relate_content.main(responses, solution, pieces, out / "content.csv", **told)
    found = {path.stem: read_table(path) for path in out.glob("*.csv") if path.stem not in ("correlations", "pairs")}
    for name, table in found.items():
        silent = table[table["estimate"].isna() & (table["note"] == "")]
        assert silent.empty, f"{name}: {silent.iloc[0].to_dict()}"
        assert not table["note"].str.contains("Singular matrix|LinAlg|nan").any(), name
    return found | {"scores": pd.read_parquet(out / "scores.parquet")}


def loadings(found: dict) -> pd.DataFrame:
    rows = found["loadings"].query("statistic == 'loading'")
    return rows.pivot(index="item", columns="factor", values="estimate").reindex(ITEMS)


@pytest.mark.parametrize(
    "changes",
    [
        {"extraction": "dwls"},
        {"rotation": "bifactor_q", "k": 3},
        {"extraction": "ml", "correlation": "pearson", "missing": "em", "rotation": "varimax"},
        *(
            pytest.param(changes, marks=pytest.mark.slow)
            for changes in (
                {"k": 1},
                {"extraction": "pa", "correlation": "spearman", "rotation": "promax"},
                {"rotation": "geomin_q", "missing": "listwise"},
                {"rotation": "quartimax", "kaiser": True},
                {"rotation": "none"},
                {"rotation": "oblimin", "gamma": -1},
                {"correlation": "mixed"},
                {"k": "median_of_three"},
                {"k": "nest", "comparison_draws": 20},
                {"k": "hull_caf"},
                {"k": "comparison_data", "comparison_draws": 20},
            )
        ),
    ],
    ids=str,
)
def test_every_setting_gives_the_planted_factors_or_its_reason(tmp_path, changes):
    found = analyse(tmp_path, describe(), {"a": answers()}, **changes)
    pattern = loadings(found)
    assert np.isfinite(pattern.to_numpy()).all()
    k = pattern.shape[1]
    if k == 2 and changes.get("rotation") != "none":
        home = pattern.abs().to_numpy().argmax(axis=1)
        planted = np.arange(17) % 2
        assert max((home == planted).mean(), (home != planted).mean()) > 0.9
    people = found["scores"]
    assert len(people) == 150 and people["client"].is_unique


def test_a_rotation_to_a_published_table(tmp_path):
    planted = np.arange(17) % 2
    table = pd.DataFrame({"item": ITEMS, "A": np.where(planted == 0, np.nan, 0.0), "B": np.where(planted, np.nan, 0.0)})
    found = analyse(tmp_path, describe(loadings="l.csv"), {"a": answers(), "l": table}, rotation="target_q", k="map")
    assert (loadings(found).abs().to_numpy().argmax(axis=1) == planted).mean() > 0.9
    assert found["retention"].query("statistic == 'factors_extracted'")["method"].item() == "as many as the target has"


@pytest.fixture(scope="module")
def beside_published(tmp_path_factory) -> dict[str, pd.DataFrame]:
    """Everything as by default, with a published table of the planted loadings."""
    planted = np.arange(17) % 2
    table = pd.DataFrame({"item": ITEMS, "A": 0.7 * (planted == 0), "B": 0.7 * (planted == 1)})
    return analyse(tmp_path_factory.mktemp("beside"), describe(loadings="l.csv"), {"a": answers(), "l": table})


def test_congruence_with_a_published_table(beside_published):
    rows = beside_published["replicability"].query("group == 'published' and statistic == 'congruence'")
    assert len(rows) == 2 and (rows["estimate"] > 0.95).all()


def test_scores_belong_to_the_people_they_are_of(beside_published):
    """The scores go with the outcome, which was made from the first factor of the same client."""
    outcome = answers().sort_values("client").set_index("client")["outcome"]
    outcome.index = [f"c{number:03d}" for number in range(1, len(outcome) + 1)]  # codes are replaced in their order
    joined = beside_published["scores"].set_index("client").join(outcome)
    assert joined.corr()["outcome"].drop("outcome").max() > 0.8


AWKWARD = {
    "a constant item": (lambda frame: frame.assign(w5=3), {}, "suitability", "all answers are the same"),
    "an item all missing": (lambda frame: frame.assign(w5=np.nan), {}, "suitability", "no answers"),
    "two items that are one": (lambda frame: frame.assign(w5=frame["w3"]), {"correlation": "pearson"}, None, None),
    "fewer people than items": (lambda frame: frame.head(14), {"correlation": "pearson"}, None, None),
    "k too large": (lambda frame: frame, {"k": 15}, "loadings", "too many"),
    "hardly anybody": (lambda frame: frame.head(2), {}, "loadings", "fewer than"),
    "a target without a table": (
        lambda frame: frame,
        {"rotation": "target_q"},
        "loadings",
        "needs a table of loadings",
    ),
    "markers of another form": (lambda frame: frame, {"markers": ["haq2_01"]}, None, None),
}


# of the awkward data those that nearly every sample has; the others belong to the slow tests
OFTEN = ("a constant item", "fewer people than items", "hardly anybody")


@pytest.mark.parametrize(
    "case", [case if case in OFTEN else pytest.param(case, marks=pytest.mark.slow) for case in AWKWARD]
)
def test_awkward_data_give_a_row_with_the_reason_or_go_on(tmp_path, case):
    spoil, changes, table, sentence = AWKWARD[case]
    found = analyse(tmp_path, describe(), {"a": spoil(answers())}, **changes)
    if table is not None:
        assert found[table]["note"].str.contains(sentence).any(), found[table]["note"].unique()


def test_a_target_of_the_wrong_shape(tmp_path):
    table = pd.DataFrame({"item": ITEMS[:5], "A": 0.5, "B": 0.0})
    found = analyse(tmp_path, describe(loadings="l.csv"), {"a": answers(), "l": table}, rotation="target_q")
    assert found["loadings"]["note"].str.contains("the target has no row for item wai_sr_06").all()


def test_the_shipped_settings_have_every_key_that_is_tested_here():
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert set(DEFAULTS) == set(shipped["factors"]) | {"missing"}
