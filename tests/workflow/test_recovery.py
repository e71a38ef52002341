"""The shipped example gives back what was planted in it, through the real pipeline.

The truth is truth.yaml (loadings, second-order loadings) and population.yaml (alphas, shared variances of a very large
sample of the same truth).
"""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import MAIN_JOB, ROOT, Project

from pipeline.data.tables import read_table

# minutes of computing, unless the main job is done already
pytestmark = [] if MAIN_JOB else pytest.mark.slow
EXAMPLE = ROOT / "data/datasets/example"
TRUTH = yaml.load((EXAMPLE / "truth.yaml").read_text(), yaml.CSafeLoader)
FACTORS = list(TRUTH["factors"])
PLANTED_OF = {
    f"{form}_{int(item):02d}": (factor, loading)
    for form, part in TRUTH["forms"].items()
    for item, (factor, loading, _) in part["items"].items()
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The example analysed as shipped: by the main job, or here with 200 resamples."""
    tables = [
        "reliability/reliability",
        "shared_variance/shared_variance",
        "shared_variance/variance_split",
        "factors/client/loadings",
        "factors/client/retention",
        "factors/client/general_factor",
        "factors/client/common_factor",
    ]
    folder = Path(MAIN_JOB) / "results/example"
    if not MAIN_JOB:
        project = Project(tmp_path_factory.mktemp("recovery") / "project")
        shutil.copytree(EXAMPLE, project.folder / "data/datasets/example")
        factors = {"draws": 100, "splits": 20, "comparison_draws": 20, "resamples": 200}
        project.configure(datasets=["example"], resamples=500, factors=factors)
        outcome = project.run(*(f"results/example/{table}.csv" for table in tables))
        assert outcome.returncode == 0, outcome.stderr[-3000:]
        folder = project.folder / "results/example"
    return {table.split("/")[-1]: read_table(folder / f"{table}.csv") for table in tables}


@pytest.fixture(scope="module")
def name_of(results):
    """Which planted factor each found one is: the factor whose items load on it most."""
    rows = results["loadings"]
    loadings = rows[rows["statistic"] == "loading"].pivot(index="item", columns="factor", values="estimate")
    planted = pd.Series({item: factor for item, (factor, _) in PLANTED_OF.items()}).reindex(loadings.index)
    means = loadings.groupby(planted).mean()
    names = means.idxmax()
    assert sorted(names) == sorted(FACTORS), "not every planted factor was found"
    return names


def inside(rows, truth) -> np.ndarray:
    return ((rows["lower"] <= truth) & (truth <= rows["upper"])).to_numpy()


def test_the_number_of_planted_factors_is_found(results):
    k = results["retention"].set_index("statistic")["estimate"]
    assert k["factors_extracted"] == k["parallel_analysis_factor"] == k["parallel_analysis_component"] == len(FACTORS)


def test_planted_loadings_are_inside_their_intervals(results, name_of):
    rows = results["loadings"]
    rows = rows[rows["statistic"] == "loading"]
    truth = [
        PLANTED_OF[item][1] if PLANTED_OF[item][0] == name_of[factor] else 0.0
        for item, factor in zip(rows["item"], rows["factor"], strict=True)
    ]
    # 275 loadings with 95% intervals of one sample: they rise and fall together, so 90% is asked for
    assert inside(rows, truth).mean() > 0.90
    assert np.abs(rows["estimate"] - truth).mean() < 0.06


def test_planted_correlations_of_factors_are_inside_their_intervals(results, name_of):
    rows = results["loadings"]
    rows = rows[rows["statistic"] == "phi"]
    general = {name: part["general"] for name, part in TRUTH["factors"].items()}
    truth = [
        general[name_of[one]] * general[name_of[two]] for one, two in zip(rows["factor"], rows["factor_2"], strict=True)
    ]
    # ten correlations: at 95% each, two or fewer outside in 99 of 100 samples
    assert inside(rows, truth).sum() >= 8


def test_planted_alphas_and_shared_variances_are_inside_their_intervals(results):
    population = pd.DataFrame(yaml.load((EXAMPLE / "population.yaml").read_text(), yaml.CSafeLoader)["values"])
    keys = ["perspective", "form", "scale"]
    alpha = (
        results["reliability"]
        .query("statistic == 'alpha' and session == 3")
        .merge(population.query("statistic == 'alpha'"), on=keys, suffixes=("", "_truth"))
    )
    assert len(alpha) == 15 and inside(alpha, alpha["estimate_truth"]).all()

    shared = results["shared_variance"].query("statistic == 'r2'")
    truth = population.query("statistic == 'r2'")
    either = pd.concat([truth, truth.rename(columns={"form": "form_2", "form_2": "form"})])
    within = shared[shared["perspective"] == shared["perspective_2"]]
    within = within[within["perspective"] != "observer"]  # population.yaml has the observers' totals under `course`
    found = within.merge(
        either.drop_duplicates(["perspective", "form", "form_2"]),
        on=["perspective", "form", "form_2"],
        suffixes=("", "_truth"),
    )
    assert len(found) == len(within) == 4
    assert inside(found, found["estimate_truth"]).sum() >= 3


def test_planted_shares_of_true_scores_are_inside_their_intervals(results):
    population = pd.DataFrame(yaml.load((EXAMPLE / "population.yaml").read_text(), yaml.CSafeLoader)["values"])
    totals = population.query("perspective == 'client' and scale == 'total' and statistic == 'alpha'")
    alpha = totals.set_index("form")["estimate"]
    r2 = population.query("perspective == 'client' and statistic == 'r2'")
    rows = results["shared_variance"].query("statistic == 'r2_disattenuated'")
    rows = rows[(rows["perspective"] == "client") & (rows["perspective_2"] == "client")]
    truth = []
    for row in rows.to_dict("records"):
        pair = {row["form"], row["form_2"]}
        share = r2[[{one, two} == pair for one, two in zip(r2["form"], r2["form_2"], strict=True)]]["estimate"].iloc[0]
        truth.append(share / alpha[list(pair)].prod())
    assert len(rows) == 3 and inside(rows, truth).all()


def test_the_planted_parts_of_every_total_are_inside_their_intervals(results, name_of):
    rows = results["variance_split"].query("perspective == 'client'")
    parts = {}
    for form in ("wai_s", "calpas_p", "haq2"):
        own = [(factor, loading) for item, (factor, loading) in PLANTED_OF.items() if item.startswith(f"{form}_")]
        general = {name: TRUTH["factors"][name]["general"] for name in FACTORS}
        sums = {"general": sum(loading * general[factor] for factor, loading in own)}
        for name in FACTORS:
            sums[name] = sum(loading for factor, loading in own if factor == name) * np.sqrt(1 - general[name] ** 2)
        variance = sum(value**2 for value in sums.values()) + sum(1 - loading**2 for _, loading in own)
        parts[form] = {name: value**2 / variance for name, value in sums.items()}
    by_factor = rows.query("statistic == 'factor_share'")
    truth = [
        parts[form][name_of.get(factor, factor)]
        for form, factor in zip(by_factor["form"], by_factor["factor"], strict=True)
    ]
    planted = np.array(truth) > 0.01  # a share of nothing is at the bound of every interval
    assert len(by_factor) == 18 and planted.sum() == 11
    assert inside(by_factor[planted], np.array(truth)[planted]).sum() >= 10
    common = rows.query("statistic == 'common_share'").set_index("form")
    expected = {form: part["general"] + part["confident_collaboration"] for form, part in parts.items()}
    assert inside(common, common.index.map(expected)).all()


def test_the_planted_common_factor_is_the_one_found(results, name_of):
    rows = results["common_factor"]
    row = rows[rows["statistic"] == "common_factor"].iloc[0]
    assert name_of[row["factor"]] == "confident_collaboration"
    assert row["estimate"] > 0.95  # share of the resamples that pick the same one
    breadth = rows[(rows["statistic"] == "breadth") & (rows["factor"] != "general")].set_index("factor")["estimate"]
    assert breadth[row["factor"]] > 0.95 and breadth.drop(row["factor"]).max() < 0.7


def test_the_outcome_depends_on_the_common_factor_beyond_the_general_one(results):
    rows = results["common_factor"]
    factor = rows.loc[rows["statistic"] == "common_factor", "factor"].iloc[0]
    removed = rows[rows["statistic"] == "r_outcome_general_removed"].set_index("factor")
    assert removed.loc[factor, "lower"] > 0
    assert (removed["estimate"].drop(factor) < removed.loc[factor, "estimate"]).all()
    # planted .35 with the true score; the score of about 250 people determines it by less than 1
    assert 0.15 < removed.loc[factor, "estimate"] < 0.40


def test_the_general_factor_holds_its_planted_share(results):
    rows = results["general_factor"]
    ecv = rows[(rows["statistic"] == "ecv") & rows["group"].isna()].iloc[0]
    planted = yaml.load((EXAMPLE / "population.yaml").read_text(), yaml.CSafeLoader)
    shares = planted["share_of_common_variance"] if "share_of_common_variance" in planted else None
    general = sum((loading * TRUTH["factors"][factor]["general"]) ** 2 for factor, loading in PLANTED_OF.values())
    total = sum(loading**2 for _, loading in PLANTED_OF.values())
    if shares is not None:
        assert shares["general"] == pytest.approx(general / total, abs=5e-4)
    assert ecv["lower"] <= general / total <= ecv["upper"]
