"""Measurement models from answers to sentences and figure: what can be fitted is, and the rest says why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project

from ingest import ingest_dataset
from measurement import compare_models, plot_measurement, section_measurement
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.report.blocks import Folded, Listing, Sentences, Table
from pipeline.report.page import NOTHING_DRAWN
from pipeline.report.results import Results

TABLES = {"measurement_models": "measurement/models.csv", "measurement_parameters": "measurement/parameters.csv"}
ITEMS = {"wai_sr": (12, 5), "haq2": (19, 6), "haq1": (11, 6), "wai_s": (12, 7), "srs": (4, 10)}
TURNED = {"haq2": [4, 8, 11, 16, 19], "wai_s": [4, 10]}


def answers(form: str, *, people: int = 120, cut: int = 0, seed: int = 0, decimals: int = 0) -> pd.DataFrame:
    """Answers of the clients of fifteen therapists: a general factor and one of the form."""
    rng, shared = np.random.default_rng([seed, len(form), ITEMS[form][0]]), np.random.default_rng(9)
    count, high = ITEMS[form]
    score = (
        0.6 * shared.normal(size=people)
        + 0.4 * rng.normal(size=people)
        + 0.3 * shared.normal(size=15)[np.arange(people) % 15]
    )
    raw = (high + 1) / 2 + high / 5 * (score[:, None] + 0.8 * rng.normal(size=(people, count)))
    keyed = np.clip(np.round(raw, decimals), 1, high)
    if cut:
        keyed = np.where(keyed > cut, high, 1)
    for item in TURNED.get(form, []):
        keyed[:, item - 1] = 1 + high - keyed[:, item - 1]
    frame = pd.DataFrame(keyed if decimals else keyed.astype(int), columns=[f"q{item + 1}" for item in range(count)])
    frame.insert(0, "client", [f"c{code:03d}" for code in range(people)])
    frame.insert(1, "therapist", [f"t{code % 15}" for code in range(people)])
    return frame


def made(folder: Path, *parts: tuple[str, str, pd.DataFrame], matrix: pd.DataFrame | None = None, people: int = 0):
    """Ingest and fit; `parts`: form, perspective, answers."""
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):  # all that ingest reads of a project
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    described, files = {"title": "t", "source": "s"}, {}
    if matrix is None:
        entries = []
        for form, who, frame in parts:
            entry = {"file": f"{form}_{who}.csv", "form": form, "perspective": who, "columns": "q{item}"}
            entries.append(entry | {name: name for name in ("client", "therapist") if name in frame})
            files[f"{form}_{who}"] = frame
        described["responses"] = entries
    else:
        named = {"correlations": "r.csv", "moments": "m.csv", "n": people, "perspective": "client", "keyed": True}
        described["matrix"] = named
        moments = pd.DataFrame({"item": matrix.columns, "mean": 3.0, "sd": 1.0})
        files = {"r": matrix.rename_axis("item").reset_index(), "m": moments}
    project.add("study", described, **files)
    responses = folder / "responses"
    ingest_dataset.main("study", project.folder, "first", responses)
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    how = {"level": 0.95, "missing": "pairwise", "minimum_share": 0.8, "measurement": {"reference": "WAI"}}
    compare_models.main(responses, *paths.values(), **how)
    tables = {name: read_table(path) for name, path in paths.items()}
    for name, rows in tables.items():
        assert unknown_statistics(rows, TABLES[name]) == []
        assert not_holding(rows).empty and outside_range(rows, TABLES[name]).empty
        assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    given = {name: str(path) for name, path in paths.items()}
    return (
        tables["measurement_models"],
        tables["measurement_parameters"],
        Results(responses, given, {}, {"level": 0.95}),
    )


def said(results: Results) -> list[str]:
    """Every sentence of the section, whose tables have text in all cells."""
    found = []
    for block in section_measurement.section(results):
        for part in block.blocks if isinstance(block, Folded) else [block]:
            if isinstance(part, Table):
                assert all(isinstance(cell, str) for row in part.rows for cell in row)
        if isinstance(block, Listing):
            found += block.items
        elif isinstance(block, Sentences):
            found += block.paragraphs
    return found


def figure(folder: Path, results: Results) -> str:
    plot_measurement.main(folder / "responses", results.path("measurement_models"), [folder / "figure.svg"])
    return (folder / "figure.svg").read_text()


def reasons(models: pd.DataFrame) -> dict[str, str]:
    rows = models[(models["statistic"] == "chi_square") & models["estimate"].isna()]
    return dict(zip(rows["model"], rows["note"], strict=True))


def test_two_instruments_from_two_perspectives(tmp_path):
    parts = [
        (form, who, answers(form, seed=k))
        for k, who in enumerate(("client", "therapist"))
        for form in ("wai_s", "haq1")
    ]
    models, parameters, results = made(tmp_path, *parts)
    fitted = models[(models["statistic"] == "cfi") & models["estimate"].notna()]
    assert set(fitted.loc[fitted["form"] == "wai_s", "model"]) == {
        "one_factor",
        "two_factors",
        "three_factors",
        "exploratory",
    }
    assert {"correlated_factors", "bifactor", "bifactor_s_minus_1"} <= set(fitted["model"])
    methods = models[models["model"] == "ctc_m_minus_1"].set_index("statistic")
    # 12 indicators: 78 variances and covariances, 12 means; 18 loadings, 2 correlations, 12 residuals, 12 means
    assert methods.loc["degrees_of_freedom", "estimate"] == 90 - 44
    shares = parameters[(parameters["model"] == "ctc_m_minus_1") & parameters["item"].isna()]
    sums = shares[shares["block"].notna()].pivot(index="block", columns="statistic", values="estimate")
    np.testing.assert_allclose(sums["consistency"] + sums["specificity"], sums["indicator_reliability"])
    text = " ".join(said(results))
    assert "All instruments, client: as factors, WAI and HAq correlate ." in text
    assert "with WAI as the reference: what WAI measures accounts for" in text
    assert "of the variance of WAI as the therapist answers it" in text
    assert "Client and therapist, CT-C(M−1): RMSEA" in figure(tmp_path, results)


def test_one_instrument_alone(tmp_path):
    models, _, results = made(tmp_path, ("wai_sr", "client", answers("wai_sr")))
    found = reasons(models)
    assert found["bifactor"] == "one instrument (WAI): the model needs at least two"
    assert found["ctc_m_minus_1"] == "needs two perspectives: only one answered (client)"
    (table, *_) = [block for block in section_measurement.section(results) if isinstance(block, Table)]
    refused = [row for row in table.rows if "one instrument" in row[-1]]
    assert [row[1] for row in refused] == [
        "correlated factors, second-order factor, bifactor, bifactor-(S−1), exploratory (ESEM)"
    ]


def test_thirty_people_for_many_items(tmp_path):
    parts = [(form, "client", answers(form, people=30, cut=3)) for form in ("wai_sr", "haq2")]
    models, _, results = made(tmp_path, *parts)
    assert "too many for 30 people" in reasons(models)["bifactor"] or "no estimate" in reasons(models)["bifactor"]
    assert said(results)
    figure(tmp_path, results)


def test_an_item_that_does_not_vary_is_left_out_and_named(tmp_path):
    frame = answers("wai_sr").assign(q3=5)
    models, parameters, _ = made(tmp_path, ("wai_sr", "client", frame), ("haq1", "client", answers("haq1", seed=4)))
    left = models[models["statistic"] == "left_out"]
    assert set(left["item"]) == {"wai_sr_03"} and set(left["note"]) == {"all answers are the same"}
    assert "wai_sr_03" not in set(parameters["item"])
    assert models[(models["model"] == "three_factors") & (models["statistic"] == "cfi")]["estimate"].notna().all()


def test_answers_on_a_line_are_continuous(tmp_path):
    parts = [("srs", "client", answers("srs", decimals=1)), ("haq1", "client", answers("haq1", seed=4))]
    models, _, _ = made(tmp_path, *parts)
    row = models[(models["model"] == "correlated_factors") & (models["statistic"] == "chi_square")].iloc[0]
    assert row["note"] == compare_models.CONTINUOUS
    assert row["method"].startswith("maximum likelihood, Yuan-Bentler")


def matrix_of(people: int) -> pd.DataFrame:
    named = {f"q{item}": f"wai_sr_{item:02d}" for item in range(1, 13)}
    return answers("wai_sr", people=people).filter(regex="^q").rename(columns=named).corr().round(4)


def test_a_matrix_by_maximum_likelihood(tmp_path):
    models, _, results = made(tmp_path, matrix=matrix_of(200), people=200)
    row = models[(models["model"] == "three_factors") & (models["statistic"] == "chi_square")].iloc[0]
    assert (row["method"], row["note"], row["n"]) == ("maximum likelihood", compare_models.AS_PEARSON, 200)
    assert reasons(models)["ctc_m_minus_1"] == "needs raw answers: a matrix contains no dyads"
    assert "fitted to the published correlations by maximum likelihood" in said(results)[0]


def test_a_matrix_of_too_few_people(tmp_path):
    models, parameters, results = made(tmp_path, matrix=matrix_of(200), people=12)
    assert models["estimate"].isna().all() and parameters["estimate"].isna().all()
    assert "12 people are too few for the correlations of 12 items" in set(models["note"])
    assert said(results)
    assert NOTHING_DRAWN in figure(tmp_path, results)


@pytest.mark.parametrize(
    ("first", "second", "reason"), [("wai_sr", "haq2", "needs an instrument that both perspectives answered")]
)
def test_perspectives_that_answered_different_instruments(tmp_path, first, second, reason):
    models, _, _ = made(tmp_path, (first, "client", answers(first)), (second, "therapist", answers(second)))
    assert reasons(models)["ctc_m_minus_1"].startswith(reason)
