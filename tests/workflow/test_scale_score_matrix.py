"""A published matrix of scale scores: the same numbers as from the answers behind it, and a report at the end."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest
from tests.conftest import FEWER_DRAWS, ROOT, Project

from association import compare_correlations, correlate_scores
from ingest import ingest_dataset
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.steps.scores import score_columns, scores_at_occasion
from psychometrics.association.disattenuation import reliabilities
from score import score_responses
from shared_variance import analyse_commonality, estimate_shared_variance, relate_score_sets

SEEDED = {"level": 0.95, "draws": 20, "seed": 1}
PAIR = ["perspective", "perspective_2", "form", "form_2", "scale", "scale_2"]
OTHER = [f"{name}_{position}" for name in ("perspective", "form", "scale") for position in (3, 4)]


def square(values, labels):
    """As a file: the labels, then a column per score."""
    table = pd.DataFrame(values, columns=labels)
    table.insert(0, "score", labels)
    return table


def analyse(project, name):
    """Every table that a matrix of scores determines, from what ingest wrote."""
    folder = project.folder / "results" / name
    responses, scores, tables = folder / "responses", folder / "scores.parquet", {}
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    correlate_scores.main(responses, scores, folder / "correlations.csv", missing="pairwise", **SEEDED)
    estimate_shared_variance.main(
        responses,
        folder / "correlations.csv",
        project.folder / "data/published/claims.yaml",
        folder / "shared_variance.csv",
    )
    compare_correlations.main(responses, scores, folder / "differences.csv", level=SEEDED["level"])
    relate_score_sets.main(responses, scores, folder / "canonical.csv", **SEEDED)
    analyse_commonality.main(responses, scores, folder / "commonality.csv", missing="pairwise", **SEEDED)
    for path in folder.glob("*.csv"):
        tables[path.stem] = read_table(path)
    return tables


# three instruments, one of them from both perspectives
FORMS = [("wai_s", "client"), ("calpas_p", "client"), ("haq2", "client"), ("haq2", "therapist")]


def complete(folder):
    """Leave some forms of those clients who returned them at the chosen occasion, with every item and no therapist."""
    about = json.loads((folder / "dataset.json").read_text())
    about["forms"] = [form for form in about["forms"] if (form["name"], form["perspective"]) in FORMS]
    (folder / "dataset.json").write_text(json.dumps(about))
    dataset = Dataset(folder)
    tables = []
    clients = set(dataset.clients.dropna().index)
    for form in dataset.forms:
        table = dataset.at_occasion(dataset.ratings(form)).assign(therapist=None)
        table[form.columns] = table[form.columns].fillna(table[form.columns].median().round())
        clients &= set(table["client"])
        tables.append((f"{form.name}.{form.perspective}.parquet", table))
    for name, table in tables:
        table[table["client"].isin(clients)].to_parquet(dataset.folder / name, index=False)


def printed(dataset, wide):
    """What a paper would print of the scores: description and correlations."""
    variables, columns = {}, score_columns(dataset)
    for form in dataset.forms:
        answers = dataset.keyed(form)
        for scale, items in form.scale_columns.items():
            variables[f"{form.name}_{scale}_{form.perspective}"] = {
                "form": form.name,
                "perspective": form.perspective,
                "scale": scale,
                "reliability": float(reliabilities(answers[items], None)["alpha"][0]),
            }
    labels = [*variables, *dataset.variables]
    described = {
        "title": "The same as a matrix",
        "source": "a test",
        "simulated": True,
        "scores": {
            "correlations": "correlations.csv",
            "n": len(wide),
            "variables": variables
            | {name: {key: part[key] for key in ("role", "label")} for name, part in dataset.variables.items()},
        },
    }
    scores = wide[[*columns.index, *dataset.variables]]
    r = np.corrcoef(scores, rowvar=False)
    r[np.triu_indices(len(r))] = np.nan  # papers print one half, without the diagonal
    return described, square(r, labels)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Tables of the completed answers of the shipped example, and of the matrix of their scores."""
    project = Project(tmp_path_factory.mktemp("scores") / "project")
    shutil.copytree(ROOT / "data/datasets/example", project.folder / "data/datasets/example")
    folder = project.folder / "results/example/responses"
    ingest_dataset.main("example", project.folder, "first", folder)
    complete(folder)
    found = {"answers": analyse(project, "example")}
    dataset = Dataset(folder)
    wide = scores_at_occasion(dataset, folder.parent / "scores.parquet", score_columns(dataset))
    description, matrix = printed(dataset, wide.join(dataset.clients))
    project.add("matrix", description, correlations=matrix)
    ingest_dataset.main("matrix", project.folder, "first", project.folder / "results/matrix/responses")
    return found | {"matrix": analyse(project, "matrix")}


def by_formula(rows):
    """Show the intervals by formula, which are all that a matrix has, in place of the jackknife's."""
    name = rows["statistic"].str.extract("(.*)_(?:fisher|zou)$")[0]
    return rows[~rows["statistic"].isin(name.dropna())].assign(statistic=name.fillna(rows["statistic"]))


@pytest.mark.parametrize(
    ("table", "statistics", "columns", "keys"),
    [
        ("correlations", r"[rp]_pearson(_holm)?|[rp]_partial(_holm)?", ["estimate", "lower", "upper", "n"], PAIR),
        ("correlations", "r_disattenuated", ["estimate", "n"], PAIR),
        ("shared_variance", r"r2|distance.*", ["estimate", "n"], PAIR),
        ("differences", r"r_first|r_second|(p_)?difference(_holm)?", ["estimate", "lower", "upper", "n"], PAIR + OTHER),
        (
            "canonical",
            r"canonical_r.*|redundancy.*|wilks_lambda|p_wilks|p_bartlett",
            ["estimate", "n"],
            ["form", "form_2", "perspective", "perspective_2", "factor"],
        ),
        (
            "commonality",
            r"(?!.*reproduced).*",
            ["estimate", "n"],
            ["perspective", "form", "outcome", "model", "scores", "group"],
        ),
    ],
)
def test_the_same_from_answers_and_from_the_matrix(tables, table, statistics, columns, keys):
    both = [by_formula(tables["answers"][table]), tables["matrix"][table]]
    both = [rows[rows["statistic"].str.fullmatch(statistics) & rows["estimate"].notna()] for rows in both]
    if table == "canonical":
        both = [rows[rows["group"] == "scales"] for rows in both]
    if statistics == "r_disattenuated":  # a published reliability corrects pairs with an outcome as well
        both[1] = both[1][~both[1]["form_2"].isin(["outcome", "baseline"])]
    keyed = [rows.assign(**rows[keys].astype(object).fillna("")).set_index([*keys, "statistic"]) for rows in both]
    one, two = (rows[columns].astype(float).sort_index() for rows in keyed)
    assert len(one) > 5 and one.index.is_unique
    pd.testing.assert_frame_equal(one, two, rtol=1e-8, atol=1e-9)


SCORES = {
    "task": {"form": "wai_s", "perspective": "client", "scale": "task", "reliability": 0.85, "mean": 5.4, "sd": 0.9},
    "bond": {"form": "wai_s", "perspective": "client", "scale": "bond"},
    "wai": {"form": "wai_s", "perspective": "client", "reliability": 0.92, "coefficient": "omega_total"},
    "calpas": {"form": "calpas_p", "perspective": "client", "reliability": 0.55},
    "haq": {"form": "haq2", "perspective": "client", "reliability": 0.9, "mean": 92.0, "sd": 11.5},
    "haq_t": {"form": "haq2", "perspective": "therapist", "reliability": 0.8, "coefficient": "retest_r"},
    "gaf": {"role": "outcome", "label": "functioning"},
    "scl": {"role": "baseline", "label": "symptoms"},
}
HALF = [
    [],
    [0.70],
    [0.93, 0.90],
    [0.55, 0.60, 0.65],
    [0.60, 0.66, 0.70, 0.72],
    [0.22, 0.25, 0.30, 0.25, 0.33],
    [0.25, 0.20, 0.28, 0.22, 0.31, 0.24],
    [-0.10, -0.08, -0.11, -0.05, -0.12, -0.09, -0.35],
]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The whole pipeline on nothing but a printed matrix with two decimals."""
    project = Project(tmp_path_factory.mktemp("site") / "project")
    cells = [[*row, *[None] * (len(HALF) - len(row))] for row in HALF]
    people = np.full((len(HALF), len(HALF)), 120)
    people[:5, 5] = people[5, :5] = 90
    people[5, 5] = 95
    project.add(
        "printed",
        {
            "title": "A printed table",
            "source": "made for a test",
            "scores": {"correlations": "r.csv", "n": "n.csv", "variables": SCORES},
        },
        r=square(cells, list(SCORES)),
        n=square(people, list(SCORES)),
    )
    project.configure(**FEWER_DRAWS | {"datasets": ["printed"], "figures": {"formats": []}})
    outcome = project.run_in_one_process("printed")
    assert (project.folder / "results/printed/report.html").exists(), outcome.stderr[-4000:]
    return project.folder / "results"


def test_the_pipeline_runs_through(site):
    folder = site / "printed"
    assert not list(folder.glob("factors/*/")) and not list(folder.glob("figures/loadings*"))
    for path in folder.rglob("*.csv"):
        if path.parent.name != "responses" and path.name != "cross_checks.csv":
            rows = read_table(path)
            missing = rows["estimate"].isna() if "estimate" in rows else rows.index >= 0
            assert rows.loc[missing, "note"].ne("").all(), path
    for figure in ("correlations", "shared_variance", "overlap", "reliability"):
        assert (folder / f"figures/{figure}.svg").stat().st_size > 5000, figure


def test_what_needs_items_says_so(site):
    folder = site / "printed"
    needs = "needs item answers or an item correlation matrix"
    for path in ("quality/quality.csv", "shared_variance/variance_split.csv", "factors/perspective_content.csv"):
        assert read_table(folder / path)["note"].eq(needs).all(), path
    page = (folder / "report.html").read_text()
    assert "neither answers nor items" in page and "A factor analysis of the items needs item answers" in page
    assert "provisional key" not in page.lower() and "nan" not in re.sub(r"<[^>]*>", " ", page).split()


def test_numbers_of_the_printed_matrix(site):
    folder = site / "printed"
    rows = read_table(folder / "association/correlations.csv")
    pair = rows[(rows["form"] == "calpas_p") & (rows["form_2"] == "haq2") & (rows["perspective_2"] == "client")]
    pair = pair.set_index("statistic")
    half = 1.959963984540054 / np.sqrt(117)
    limits = np.tanh(np.arctanh(0.72) + np.array([-half, half]))
    assert pair.loc["r_pearson", ["lower", "upper"]].tolist() == pytest.approx(limits.tolist())
    corrected = pair.loc["r_disattenuated"]
    assert corrected["estimate"] == pytest.approx(0.72 / np.sqrt(0.55 * 0.9)) and corrected["estimate"] > 1
    assert "count as known" in corrected["note"] and "above 1" in corrected["note"]
    assert [corrected["lower"], corrected["upper"]] == pytest.approx((limits / np.sqrt(0.55 * 0.9)).tolist())
    held = pair.loc["r_partial"]
    assert held["estimate"] == pytest.approx((0.72 - 0.05 * 0.12) / np.sqrt((1 - 0.05**2) * (1 - 0.12**2)))
    across = rows[(rows["form"] == "haq2") & (rows["form_2"] == "haq2") & (rows["statistic"] == "r_pearson")]
    assert across["n"].tolist() == [90]
    reliability = read_table(folder / "reliability/reliability.csv").dropna(subset="estimate")
    assert set(reliability["method"]) == {"as published"} and len(reliability) == 5
    assert set(reliability["statistic"]) == {"alpha", "omega_total", "retest_r"}
    canonical = read_table(folder / "shared_variance/canonical.csv")
    assert canonical.loc[canonical["statistic"] == "p_wilks", "estimate"].notna().any()
    commonality = read_table(folder / "shared_variance/commonality.csv")
    explained = commonality[commonality["outcome"] == "gaf"]
    assert {"r2", "r2_baseline", "r2_increment", "commonality"} <= set(explained["statistic"])
