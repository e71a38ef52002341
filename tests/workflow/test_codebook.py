"""The tables that the pipeline writes and the codebook name the same statistics."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Project, wai_sr_answers
from tests.workflow.test_factor_settings import analyse, answers, describe
from tests.workflow.test_raters import rated

from factors import find_common_factor
from ingest import ingest_dataset
from measurement import compare_models
from pipeline.data.codebook import codebook, entry_of, outside_range, table_name, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.steps.score_moments import published_reliabilities
from psychometrics import actor_partner, example_answers
from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.outcome_compensation import compensation
from psychometrics.content.agreement import agreement_by_facet
from psychometrics.course.courses import courses_of
from psychometrics.course.growth_classes import growth_classes
from psychometrics.factors.comparison import compare_solutions
from psychometrics.items.quality import answer_quality
from psychometrics.reliability.scale_reliability import reliability_coefficients
from reliability import compare_raters
from score import describe_participants


@pytest.fixture(scope="module")
def tables(finished) -> dict[Path, pd.DataFrame]:
    """Every table of the shipped data that has statistics, by its path below the results."""
    results = finished.folder / "results"
    found = {path.relative_to(results): read_table(path) for path in results.rglob("*.csv")}
    return {path: rows for path, rows in found.items() if "statistic" in rows and path.name != "cross_checks.csv"}


def test_every_statistic_is_in_the_codebook(tables):
    unknown = {path: unknown_statistics(rows, table_name(path)) for path, rows in tables.items()}
    assert {path: names for path, names in unknown.items() if names} == {}


def test_every_cross_check_is_of_a_statistic_of_its_table(finished):
    for path in (finished.folder / "results").glob("*/cross_checks.csv"):
        for table, rows in read_table(path).groupby("table"):
            assert unknown_statistics(rows, table_name(Path(path.parent.name) / table)) == []


def test_no_entry_is_left_over(tables):
    """Each entry is in each of its tables, but for those that the shipped data do not have it in."""
    wanted = {
        (table, entry.label) for entry in codebook().values() for table in entry.tables if table not in entry.also_from
    }
    found = {
        (table_name(path), entry.label)
        for path, rows in tables.items()
        for entry in map(entry_of, rows["statistic"].unique())
        if entry is not None
    }
    assert found == wanted


def test_estimates_are_in_their_ranges(tables):
    for path, rows in tables.items():
        wrong = outside_range(rows, table_name(path))
        assert wrong.empty, f"{path}: {wrong.iloc[0].to_dict()}"


def from_raters(folder):
    entry = {"file": "answers.csv", "form": "wai_s", "perspective": "observer", "columns": "w{item}"}
    entry |= {name: name for name in ("client", "therapist", "rater")}
    project = Project(folder / "project")
    project.add("study", {"title": "t", "source": "s", "responses": [entry]}, answers=rated())
    ingest_dataset.main("study", project.folder, "first", folder / "responses")
    compare_raters.main(folder / "responses", folder / "raters.csv", minimum_share=0.8, level=0.95, seed=1)
    return {"reliability/raters.csv": read_table(folder / "raters.csv")}


def from_three_coders(_):
    rng = np.random.default_rng(4)
    codes = pd.DataFrame(
        [("f", item, coder) for item in range(1, 13) for coder in "ABC"], columns=["form", "item", "coder"]
    )
    codes["theme"] = rng.choice(["trust", "bond"], len(codes))
    return {"coding/coder_agreement.csv": agreement_by_facet(codes, facets=["theme"])}


def from_two_items(_):
    rng = np.random.default_rng(2)
    scale = rng.normal(size=(30, 1)) + rng.normal(size=(30, 2))
    rows = reliability_coefficients(pd.DataFrame(scale, columns=["i01", "i02"]), draws=0, seed=1)
    return {"reliability/reliability.csv": rows}


def from_published_reliabilities(_):
    """One score for each coefficient that a data set may name."""
    coefficients = ["alpha", "omega_total", "spearman_brown", "retest_r", "icc"]
    names = [f"client.form.{name}" for name in coefficients]
    dataset = SimpleNamespace(
        published_scores=pd.DataFrame({"reliability": 0.8, "coefficient": coefficients}, index=names),
        score_pairs=pd.DataFrame(100, index=names, columns=names),
        of_persons=False,
    )
    form = SimpleNamespace(name="form", perspective="client", scales=coefficients)
    return {"reliability/reliability.csv": published_reliabilities(dataset, form)}


HARDLY_A_DRAW = {"draws": 3, "comparison_draws": 1, "resamples": 3, "splits": 3, "starts": 1}


def from_factors(folder, spoil):
    found = analyse(folder, describe(), {"a": spoil(answers())}, **HARDLY_A_DRAW)
    names = {"general": "general_factor", "common": "common_factor", "content": "content_structure"}
    del found["scores"]
    return {f"factors/*/{names.get(name, name)}.csv": rows for name, rows in found.items()}


def from_a_constant_item(folder):
    found = from_factors(folder, lambda frame: frame.assign(w5=3))
    models, how = folder / "models.csv", {"level": 0.95, "missing": "pairwise", "minimum_share": 0.8}
    compare_models.main(folder / "responses", models, folder / "parameters.csv", measurement={"reference": None}, **how)
    return found | {"measurement/models.csv": read_table(models)}


def from_items_that_repeat_or_do_not_vary(_):
    answers = wai_sr_answers().filter(regex=r"^w\d").assign(w5=3, w2=lambda frame: frame["w1"])
    return {"quality/quality.csv": answer_quality(answers, low=1, high=5, reverse=[])}


def from_groups_of_clients(folder):
    project = Project(folder / "project")
    variables = {"arm": {"role": "group"}}
    described = describe() | {"clients": {"file": "clients.csv", "client": "client", "variables": variables}}
    clients = pd.DataFrame({"client": answers()["client"].unique()}).assign(
        arm=lambda frame: ["a", "b"] * (len(frame) // 2)
    )
    project.add("study", described, a=answers(), clients=clients)
    ingest_dataset.main("study", project.folder, "first", folder / "responses")
    describe_participants.main(folder / "responses", folder / "flow.csv", folder / "variables.csv")
    return {"quality/variables.csv": read_table(folder / "variables.csv")}


def from_two_data_sets_that_share_a_form(_):
    rng = np.random.default_rng(5)
    one = pd.DataFrame({"F1": [0.7, 0.6, 0.1, 0.0], "F2": [0.0, 0.1, 0.8, 0.6]}, index=list("abcd"))
    draws = one.to_numpy() + rng.normal(0, 0.1, size=(20, 4, 2))
    return {"congruence.csv": compare_solutions(one, one.iloc[::-1] + 0.1, a_draws=draws, b_draws=draws[:, ::-1])}


def from_hardly_anybody(folder):
    return from_factors(folder, lambda frame: frame.head(2))


def from_people_who_cannot_be_scored(folder):
    def no_scores(*_):
        raise ValueError("the matrix is singular")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(find_common_factor, "score_people", no_scores)
        return from_factors(folder, lambda frame: frame)


def from_scales_of_high_reliability(_):
    rng = np.random.default_rng(1)
    scales = pd.DataFrame(rng.normal(size=(60, 3)), columns=["bond", "goal", "task"])
    outcome = scales.sum(axis=1) + rng.normal(size=60)
    units = resample_units(np.arange(60) // 6, 2, 1)
    return {"outcome/compensation.csv": compensation(scales, outcome, units, reliabilities=dict.fromkeys(scales, 0.9))}


def from_outcomes_of_both(folder):
    data, rng = example_answers(), np.random.default_rng(1)
    data = data[["client", "therapist"]].assign(
        by_client=data.filter(regex="wai_[0-9]").mean(axis=1), by_therapist=data["wai_therapist"]
    )
    data = data.assign(y=data["by_client"] + rng.normal(size=len(data)), z=rng.normal(size=len(data)))
    outcomes = {"by_client": "y", "by_therapist": "z"}
    return {"perspectives/actor_partner.csv": actor_partner(data, outcomes, draws=2)}


def from_classes_of_growth_curves(_):
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"dyad": np.repeat(np.arange(30), 4), "session": np.tile([1, 2, 3, 4], 30)})
    level = np.repeat(rng.choice([4.0, 6.0], 30), 4)
    rating = level + 0.1 * rows["session"] + 0.3 * rng.normal(size=120)
    courses = courses_of(rows.assign(rating=rating))
    return {"course/shape.csv": growth_classes(courses, 2, starts=2, draws=2)}


def test_other_designs_have_what_the_shipped_data_do_not(tmp_path):
    designs = (
        from_raters,
        from_two_items,
        from_published_reliabilities,
        from_a_constant_item,
        from_items_that_repeat_or_do_not_vary,
        from_groups_of_clients,
        from_two_data_sets_that_share_a_form,
        from_hardly_anybody,
        from_people_who_cannot_be_scored,
        from_three_coders,
        from_scales_of_high_reliability,
        from_outcomes_of_both,
        from_classes_of_growth_curves,
    )
    found = set()
    for made in designs:
        for table, rows in made(tmp_path / made.__name__).items():
            assert unknown_statistics(rows, table) == [], (made.__name__, table)
            found |= {(table, statistic) for statistic in rows["statistic"].unique()}
    wanted = {(table, name) for name, entry in codebook().items() for table in entry.also_from}
    assert wanted <= found
