"""Multitrait-multimethod matrices of the shipped example and of a printed table, counted again."""

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Project

from association import correlate_scores, tabulate_mtmm
from association.plot_mtmm import main as plot_mtmm
from ingest import ingest_dataset
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.steps.scores import items_at_occasion, score_columns, scores_at_occasion
from psychometrics.association.difference_tests import overlapping
from reliability import estimate_reliability
from score import score_responses


@pytest.fixture(scope="module")
def example(finished):
    folder = finished.folder / "results/example"
    dataset = Dataset(folder / "responses")
    wide = scores_at_occasion(dataset, folder / "scores/scores.parquet", score_columns(dataset))
    return dataset, wide, read_table(folder / "association/mtmm.csv")


def counts_of(rows, group):
    return rows[(rows["group"] == group) & (rows["statistic"] == "criterion")].set_index("criterion")


METHODS = ("client", "therapist", "observer")


@pytest.mark.parametrize(
    ("group", "traits", "methods"),
    [
        ("instruments", ["wai_s.total", "haq2.total"], {"wai_s.total": METHODS, "haq2.total": METHODS[:2]}),
        ("scales of WAI", ["wai_s.task", "wai_s.bond", "wai_s.goal"], {}),
    ],
)
def test_counts_of_the_example_from_its_scores(example, group, traits, methods):
    """By pandas, trait by trait as the paper words it; of observers there is no HAq."""
    _, wide, rows = example
    r = wide.corr()
    has = {trait: methods.get(trait, METHODS) for trait in traits}
    second, third, validities = [], [], []
    for (one, two), i in product(combinations(METHODS, 2), traits):
        if not {one, two} <= set(has[i]):
            continue
        validity = r.loc[f"{one}.{i}", f"{two}.{i}"]
        validities.append(validity)
        for j in [other for other in traits if other != i]:
            second += [validity > r.loc[f"{one}.{i}", f"{two}.{j}"]] if two in has[j] else []
            second += [validity > r.loc[f"{one}.{j}", f"{two}.{i}"]] if one in has[j] else []
            third += [validity > r.loc[f"{who}.{i}", f"{who}.{j}"] for who in (one, two) if who in has[j]]
    counts = counts_of(rows, group)
    assert counts.loc[[2, 3], "holds"].tolist() == [sum(second), sum(third)]
    assert counts.loc[[2, 3], "comparisons"].tolist() == [len(second), len(third)]
    own = rows[(rows["group"] == group) & (rows["statistic"] == "validity")]
    assert sorted(own["estimate"]) == pytest.approx(sorted(validities))
    assert counts.loc[1, "holds"] == (own["lower"] > 0).sum() and own["lower"].notna().all()


def test_order_of_the_triangles_of_the_example(example):
    _, wide, rows = example
    r = wide.corr()
    named = {who: [f"{who}.wai_s.{scale}" for scale in ("task", "bond", "goal")] for who in METHODS}
    pairs = [(0, 1), (0, 2), (1, 2)]
    blocks = list(product(METHODS, repeat=2))
    ranks = pd.DataFrame([[r.loc[named[one][i], named[two][j]] for i, j in pairs] for one, two in blocks]).rank(axis=1)
    m = len(blocks)
    w = 12 * np.square(ranks.sum() - m * 2).sum() / (m**2 * (3**3 - 3))
    found = rows[(rows["group"] == "scales of WAI") & (rows["statistic"] == "kendall_w")]
    assert found["estimate"].tolist() == pytest.approx([w])


def test_what_the_example_cannot_show_is_said(example):
    _, _, rows = example
    (note,) = rows.loc[rows["statistic"] == "left_out", "note"]
    assert note == "CALPAS is left out: only the client has it; VTAS is left out: only the observer has it"
    assert "fewer than three traits" in counts_of(rows, "instruments").loc[4, "note"]


def test_htmt_of_the_example_from_its_answers(example):
    dataset, wide, rows = example
    forms = [form for form in dataset.forms if form.perspective == "client" and form.name in ("wai_s", "haq2")]
    answers = [items_at_occasion(dataset, form, wide.index).add_prefix(form.name) for form in forms]
    r = pd.concat(answers, axis=1).corr().abs()
    between = r.loc[answers[0].columns, answers[1].columns].to_numpy().mean()
    within = [
        (part.to_numpy().sum() - len(part)) / (len(part) * (len(part) - 1))
        for part in (r.loc[block.columns, block.columns] for block in answers)
    ]
    found = rows[
        (rows["statistic"] == "htmt")
        & (rows["perspective"] == "client")
        & (rows["form"] == "wai_s")
        & (rows["form_2"] == "haq2")
    ].iloc[0]
    assert found["estimate"] == pytest.approx(between / np.sqrt(within[0] * within[1]))
    assert found["lower"] < found["estimate"] < found["upper"] and "units" in found["method"]


SCORES = {
    "wai": {"form": "wai_s", "perspective": "client", "reliability": 0.92},
    "haq": {"form": "haq2", "perspective": "client", "reliability": 0.9, "coefficient": "omega_total"},
    "wai_t": {"form": "wai_s", "perspective": "therapist"},
    "haq_t": {"form": "haq2", "perspective": "therapist", "reliability": 0.8},
}


def test_a_printed_table_of_two_perspectives(tmp_path):
    project = Project(tmp_path / "project")
    cells = pd.DataFrame(
        [[1, None, None, None], [0.70, 1, None, None], [0.45, 0.20, 1, None], [0.30, 0.15, 0.60, 1]],
        columns=list(SCORES),
    )
    cells.insert(0, "score", list(SCORES))
    project.add(
        "printed",
        {
            "title": "A printed table",
            "source": "made for a test",
            "scores": {"correlations": "r.csv", "n": 100, "variables": SCORES},
        },
        r=cells,
    )
    folder = project.folder / "results/printed"
    responses, scores = folder / "responses", folder / "scores.parquet"
    ingest_dataset.main("printed", project.folder, "first", responses)
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    seeded = {"level": 0.95, "draws": 20, "seed": 1, "missing": "pairwise"}
    tables = [folder / f"{name}.csv" for name in ("correlations", "reliability", "mtmm")]
    correlate_scores.main(responses, scores, tables[0], **seeded)
    estimate_reliability.main(responses, tables[1], folder / "categories.csv", **seeded)
    tabulate_mtmm.main(responses, scores, *tables, **seeded)
    rows = read_table(tables[2])
    counts = counts_of(rows, "instruments")
    # .45 above .30, .20 and .15 above neither; none above .70 or .60
    assert counts["holds"].tolist()[:3] == [1, 2, 0] and counts["comparisons"].tolist() == [2, 4, 4, 0]
    diagonal = rows[rows["statistic"] == "reliability"].set_index("form")
    assert diagonal.loc["haq2", "estimate"].tolist() == [0.9, 0.8]
    assert diagonal.loc["haq2", "method"].tolist() == ["omega_total, as published", "as published"]
    assert "no reliability was published" in diagonal.loc["wai_s", "note"].iloc[1]
    compared = rows[rows["criterion"] == 2].iloc[0]
    known = overlapping(0.45, 0.30, 0.60, 100)
    assert [compared["lower"], compared["upper"]] == pytest.approx([float(known.lower), float(known.upper)])
    assert set(rows.loc[rows["statistic"] == "htmt", "note"]) == {"needs item answers or an item correlation matrix"}
    assert rows.loc[rows["estimate"].isna(), "note"].ne("").all()
    figure = tmp_path / "mtmm.svg"
    plot_mtmm(responses, tables[2], [], [figure])
    assert figure.stat().st_size > 5000
