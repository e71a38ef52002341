"""A data set after ingest: which session, which rater, which way round, and how often its files are read."""

import json

import numpy as np
import pandas as pd
import pytest

from ingest.ingest_dataset import write_all
from pipeline.data.assembling import from_answers, from_matrix, from_scores
from pipeline.data.dataset import Dataset, append_note, one_rating_each
from pipeline.data.raw_files import RawFiles
from pipeline.steps.score_moments import moments_of_scores, published_reliabilities
from pipeline.steps.scores import items_at_occasion, scores_at_occasion

FORM = {
    "label": "Short",
    "instrument": "X",
    "instrument_name": "X",
    "items": 3,
    "range": [1, 5],
    "continuous": False,
    "key_status": "established",
    "scales": {"a": [1, 2], "b": [3]},
    "reverse": [3],
    "perspectives": ["client", "therapist"],
}
# 1 to 7 where Short has 1 to 5, so that a form that is turned by the other's ends shows
OTHER = FORM | {
    "label": "Other",
    "instrument": "Y",
    "instrument_name": "Y",
    "items": 2,
    "range": [1, 7],
    "scales": {},
    "reverse": [1],
}
FORMS = {"short": FORM, "other": OTHER | {"key_status": "provisional"}}

SHORT = """id,th,s,q1,q2,q3
B,,2,2,3,4
A,T2,5,5,5,1
A,T1,1,1,2,5
B,,5,4,,2
C,T1,2,3,3,3
A,T3,2,2,2,2
"""
OTHER_ANSWERS = """id,th,s,q1,q2
C,T2,1,7,1
A,T1,2,6,2
D,T4,7,1,4
"""


def write(folder, files, **changes):
    """What the rule `ingest_dataset` leaves, of a data set that these files describe."""
    files["dataset.json"] |= {
        "name": "study",
        "title": "A study",
        "source": "made for a test",
        "simulated": False,
        "occasion": "first",
    } | changes
    write_all(files, folder / "responses")
    return Dataset(folder / "responses")


def entry(file, form, perspective="client", **changes):
    return {
        "file": file,
        "form": form,
        "perspective": perspective,
        "columns": "q{item}",
        "client": "id",
        "therapist": "th",
        "session": "s",
        "keep": {},
        "missing_codes": [],
        "recode": {},
        "sessions": {},
    } | changes


@pytest.fixture
def study(tmp_path):
    """Clients A to D: Short at sessions 1, 2 and 5, Other at sessions 1, 2 and 7; make it with an occasion."""

    def make(occasion="first"):
        (tmp_path / "short.csv").write_text(SHORT)
        (tmp_path / "other.csv").write_text(OTHER_ANSWERS)
        content = {"responses": [entry("short.csv", "short"), entry("other.csv", "other")]}
        return write(tmp_path, from_answers(content, RawFiles(tmp_path), FORMS)[0], occasion=occasion)

    return make


@pytest.fixture
def rated(tmp_path):
    """Three raters of three sessions; y rated most."""
    (tmp_path / "a.csv").write_text("id,s,who,q1,q2,q3\nA,1,x,1,1,1\nA,1,y,2,2,2\nB,1,y,3,3,3\nC,1,z,4,4,4\n")
    ratings = entry("a.csv", "short", "therapist", rater="who")
    del ratings["therapist"]
    return write(tmp_path, from_answers({"responses": [ratings]}, RawFiles(tmp_path), FORMS)[0])


def test_the_rater_with_most_ratings_counts():
    ratings = pd.DataFrame(
        [["A", 1, "x", 1], ["A", 1, "y", 2], ["B", 1, "y", 3], ["C", 1, "z", 4], ["C", 2, "x", 5], ["C", 2, "z", 6]],
        columns=["client", "session", "rater", "i01"],
    )  # x, y and z rated two sessions each: the first by code
    assert one_rating_each(ratings)["i01"].tolist() == [1, 3, 4, 5]
    more = pd.concat([ratings, pd.DataFrame([["D", 1, "z", 7]], columns=ratings.columns)])
    assert one_rating_each(more.reset_index(drop=True))["i01"].tolist() == [1, 3, 4, 6, 7]


def test_without_raters_every_row_stays():
    ratings = pd.DataFrame({"client": ["B", "A", "A"], "session": [1, 1, 2], "rater": None, "i01": [1, 2, 3]})
    pd.testing.assert_frame_equal(one_rating_each(ratings), ratings)


def test_answers_with_several_raters(rated):
    form = rated.forms[0]
    assert rated.ratings(form)["rater"].tolist() == ["x", "y", "y", "z"]
    assert rated.answers(form)["i01"].tolist() == [2, 3, 4] and "rater" not in rated.answers(form)
    assert rated.keyed(form)["i03"].tolist() == [4, 3, 2]
    assert rated.keyed_ratings(form)["i03"].tolist() == [5, 4, 3, 2]


def test_keyed_turns_the_reversed_items_alone_and_by_the_form_s_own_range(study):
    short, other = study().forms
    keyed = study().keyed(short)
    assert keyed[["client", "session"]].to_numpy().tolist() == [
        ["A", 1],
        ["A", 2],
        ["A", 5],
        ["B", 2],
        ["B", 5],
        ["C", 2],
    ]
    assert keyed["i01"].tolist() == [1, 2, 5, 2, 4, 3]
    np.testing.assert_array_equal(keyed["i02"], [2, 2, 5, 3, np.nan, 3])
    assert keyed["i03"].tolist() == [1, 4, 5, 2, 4, 3]  # 6 - answer
    assert study().keyed(other)["i01"].tolist() == [2, 1, 7]  # 8 - answer, of A, C and D
    assert study().answers(short)["i03"].tolist() == [5, 2, 1, 4, 2, 3]  # as given


@pytest.mark.parametrize(
    "occasion, chosen",
    [
        # over both forms: C answered Other at session 1 and Short at 2
        ("first", {"A": 1, "B": 2, "C": 1, "D": 7}),
        ("last", {"A": 5, "B": 5, "C": 2, "D": 7}),
        (5, {"A": 5, "B": 5}),
        (2, {"A": 2, "B": 2, "C": 2}),
    ],
)
def test_the_chosen_session_is_one_for_all_forms(study, occasion, chosen):
    assert study(occasion).chosen_sessions.to_dict() == chosen


@pytest.mark.parametrize(
    "occasion, short, other",
    [
        ("first", {"A": 1, "B": 2}, {"C": 1, "D": 4}),
        ("last", {"A": 5, "B": 4, "C": 3}, {"D": 4}),
        (2, {"A": 2, "B": 2, "C": 3}, {"A": 2}),
    ],
)
def test_answers_at_the_occasion(study, occasion, short, other):
    dataset = study(occasion)
    found = [dataset.at_occasion(dataset.keyed(form)).set_index("client") for form in dataset.forms]
    assert found[0]["i01"].to_dict() == short
    assert found[1]["i02"].to_dict() == other


def test_occasions_name_the_chosen_one_as_the_settings_do(study):
    dataset = study("last")
    found = dict(dataset.occasions(dataset.keyed(dataset.forms[0])))
    assert list(found) == ["last", "1", "2", "5"]  # at session 7 another form was given
    assert found["last"]["client"].tolist() == ["A", "B", "C"] and found["2"]["client"].tolist() == ["A", "B", "C"]
    assert [name for name, _ in study(2).occasions(dataset.keyed(dataset.forms[0]))] == ["2", "1", "5"]
    assert dataset.sessions == [1, 2, 5, 7]


def test_one_session_is_not_shown_twice(rated):
    assert [name for name, _ in rated.occasions(rated.keyed(rated.forms[0]))] == ["first"]


def test_results_at_the_occasion(study):
    table = pd.DataFrame({"session": [2.0, 5.0, np.nan], "estimate": [1, 2, 3]})
    assert study(2).results_at_occasion(table)["estimate"].tolist() == [1, 3]  # 2.0 is session 2
    named = pd.DataFrame({"session": ["first", "2", "last", "12"], "estimate": [1, 2, 3, 4]})
    assert study("last").results_at_occasion(named)["estimate"].tolist() == [3]
    assert study(2).results_at_occasion(named)["estimate"].tolist() == [2]
    without = table.drop(columns="session")
    assert study(2).results_at_occasion(without)["estimate"].tolist() == [1, 2, 3]


def test_therapists_and_units(study):
    dataset = study()
    # the first session at which one is named, of both forms; B has none
    assert dataset.therapist_of.to_dict() == {"A": "T1", "C": "T2", "D": "T4"}
    units = dataset.units(pd.Index(["B", "C", "A"], name="client"))
    assert units.tolist() == ["client B", "therapist T2", "therapist T1"]


def test_where_all_have_one_therapist_clients_are_resampled(tmp_path):
    (tmp_path / "a.csv").write_text("id,th,s,q1,q2,q3\nA,T,1,1,1,1\nB,T,1,2,2,2\nC,T,1,3,3,3\n")
    dataset = write(tmp_path, from_answers({"responses": [entry("a.csv", "short")]}, RawFiles(tmp_path), FORMS)[0])
    assert dataset.resampled == "clients"
    assert dataset.units(pd.Index(["B", "A"], name="client")).tolist() == ["client B", "client A"]


def test_one_therapist_and_a_client_without_any_are_two_units(tmp_path):
    (tmp_path / "a.csv").write_text("id,th,s,q1,q2,q3\nA,T,1,1,1,1\nB,T,1,2,2,2\nC,,1,3,3,3\n")
    dataset = write(tmp_path, from_answers({"responses": [entry("a.csv", "short")]}, RawFiles(tmp_path), FORMS)[0])
    assert dataset.resampled == "therapists"
    assert dataset.units(pd.Index(["B", "C"], name="client")).tolist() == ["therapist T", "client C"]


def test_an_item_that_the_data_set_leaves_out_is_nowhere(tmp_path):
    """Neither its column nor its score: item 1 of Short, which the file does not hold."""
    (tmp_path / "a.csv").write_text("id,th,s,q2,q3\nA,T,1,1,1\nB,T,1,2,2\nC,T,1,3,5\n")
    content = {"responses": [entry("a.csv", "short", items_left_out={1: "misprinted"})]}
    dataset = write(tmp_path, from_answers(content, RawFiles(tmp_path), FORMS)[0])
    form = dataset.forms[0]
    assert (form.columns, form.labels) == (["i02", "i03"], ["short_02", "short_03"])
    assert form.scale_columns == {"a": ["i02"], "b": ["i03"], "total": ["i02", "i03"]}
    assert form.labels_of("total") == ["short_02", "short_03"]
    assert form.overrides == ["item 1 left out: misprinted"]
    assert list(dataset.joint_answers("client")) == ["short_02", "short_03"]
    assert dataset.keyed(form)["i03"].tolist() == [5, 4, 1]  # turned by the key


def test_joint_answers_stand_side_by_side_per_client(study):
    joint = study().joint_answers("client")
    assert list(joint.columns) == ["short_01", "short_02", "short_03", "other_01", "other_02"]
    assert list(joint.index) == ["A", "B", "C", "D"]
    np.testing.assert_array_equal(joint.loc["A"], [1, 2, 1, np.nan, np.nan])
    np.testing.assert_array_equal(joint.loc["C"], [np.nan, np.nan, np.nan, 1, 1])
    assert study().joint_answers("observer").empty
    assert study().instrument_of_items("client").to_dict() == {
        "short_01": "X",
        "short_02": "X",
        "short_03": "X",
        "other_01": "Y",
        "other_02": "Y",
    }


def test_items_and_scores_go_to_their_client(study, tmp_path):
    dataset = study()
    items = items_at_occasion(dataset, dataset.forms[0], pd.Index(["C", "B", "A"]))
    np.testing.assert_array_equal(items["i01"], [np.nan, 2, 1])
    scores = pd.DataFrame(
        [["B", 2, "a", 2.5], ["B", 5, "a", 4.0], ["A", 1, "a", 1.5], ["A", 1, "b", 1.0]],
        columns=["client", "session", "scale", "mean"],
    )
    scores.assign(perspective="client", form="short").to_parquet(tmp_path / "scores.parquet")
    columns = pd.DataFrame(index=["client.short.b", "client.short.a", "client.other.total"])
    wide = scores_at_occasion(dataset, tmp_path / "scores.parquet", columns)
    np.testing.assert_array_equal(wide.loc["A"], [1.0, 1.5, np.nan])
    np.testing.assert_array_equal(wide.loc["B"], [np.nan, 2.5, np.nan])


def test_what_a_data_set_has(study):
    dataset = study()
    assert dataset.perspectives == ["client"] and dataset.has_items and not dataset.is_matrix
    assert dataset.reliability_name == "alpha" and dataset.people == 4
    assert dataset.clients.empty and not dataset.has_item_codes and not dataset.has_loadings
    assert dataset.forms[0].scale_columns == {"a": ["i01", "i02"], "b": ["i03"], "total": ["i01", "i02", "i03"]}
    assert dataset.forms[0].range == (1, 5)


def test_rows_on_a_provisional_key_say_so_once(study):
    table = pd.DataFrame(
        {
            "form": ["short", "other", "short"],
            "form_2": ["short", "short", "other"],
            "note": ["", "few people", "A sentence. Provisional key (Other)."],
        }
    )
    marked = study().mark_provisional(table)["note"].tolist()
    assert marked == ["", "few people; provisional key (Other)", "A sentence. Provisional key (Other)."]
    assert append_note("A sentence.", "provisional key (Other)") == "A sentence. Provisional key (Other)."


def test_each_file_is_read_and_keyed_once(study, monkeypatch):
    dataset, read = study("last"), []
    original = pd.read_parquet
    monkeypatch.setattr("pandas.read_parquet", lambda path, *rest: read.append(path.name) or original(path, *rest))
    for _ in range(3):
        for form in dataset.forms:
            dataset.at_occasion(dataset.keyed(form))
            dataset.keyed_ratings(form)
        dataset.joint_answers("client")
        dataset.units(dataset.therapist_of.index)
        assert dataset.sessions
    assert sorted(read) == ["other.client.parquet", "short.client.parquet"]


def test_whoever_changes_a_table_changes_no_other(study):
    dataset = study()
    form = dataset.forms[0]
    for table in (dataset.ratings, dataset.answers, dataset.keyed, dataset.keyed_ratings):
        before = table(form).copy()
        mine = table(form)
        mine["i01"] = 0
        mine.loc[0, "i02"] = 5
        mine["new"] = 1
        del mine["session"]
        pd.testing.assert_frame_equal(table(form), before)


# ---------------------------------------------------------------------------------------------------- a matrix of items

CORRELATIONS = """item,short_01,short_02,short_03
short_01,1,.5,-.4
short_02,.5,1,-.3
short_03,-.4,-.3,1
"""
MOMENTS = "item,mean,sd\nshort_01,4,1\nshort_02,3.5,.8\nshort_03,1.5,.5\n"


@pytest.fixture
def matrix(tmp_path):
    def make(keyed=False):
        (tmp_path / "r.csv").write_text(CORRELATIONS)
        (tmp_path / "m.csv").write_text(MOMENTS)
        described = {"correlations": "r.csv", "moments": "m.csv", "n": 120, "perspective": "client", "keyed": keyed}
        return write(tmp_path, from_matrix({"matrix": described}, RawFiles(tmp_path), FORMS)[0])

    return make


def test_a_matrix_as_answered_is_turned(matrix):
    dataset = matrix(keyed=False)
    assert dataset.matrix.to_numpy().tolist() == [[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]]
    assert dataset.moments["mean"].to_dict() == {"short_01": 4, "short_02": 3.5, "short_03": 4.5}  # 1 + 5 - 1.5
    assert dataset.moments["sd"].tolist() == [1, 0.8, 0.5]


def test_a_matrix_that_is_keyed_already_stays(matrix):
    dataset = matrix(keyed=True)
    assert dataset.matrix.loc["short_03", "short_01"] == -0.4
    assert dataset.moments.loc["short_03", "mean"] == 1.5


def test_moments_of_the_scores_of_a_matrix(matrix):
    found = moments_of_scores(matrix())
    # by hand: the mean of item 1 and 2 has variance (1 + .64 + 2 * .5 * .8) / 4, its covariance with item 3 is
    # (.4 * .5 + .3 * .8 * .5) / 2
    assert found.mean["client.short.a"] == pytest.approx(3.75, abs=1e-12)
    assert found.sd["client.short.a"] == pytest.approx(np.sqrt(2.44) / 2, abs=1e-12)
    assert found.mean["client.short.total"] == pytest.approx(4, abs=1e-12)
    expected = 0.16 / (np.sqrt(2.44) / 2 * 0.5)
    assert found.correlation.loc["client.short.a", "client.short.b"] == pytest.approx(expected, abs=1e-12)
    assert (found.n.to_numpy() == 120).all()


def test_a_matrix_has_no_sessions_and_no_clients(matrix):
    dataset = matrix()
    assert dataset.is_matrix and dataset.sessions == [] and dataset.people == 120 and dataset.clients.empty
    assert json.loads((dataset.folder / "dataset.json").read_text())["forms"][0]["counts"] == {}


# --------------------------------------------------------------------------------------------------- a matrix of scores


@pytest.fixture
def published(tmp_path):
    (tmp_path / "s.csv").write_text("score,x,y,z\nx,1,,\ny,.6,1,\nz,.3,.2,1\n")
    (tmp_path / "n.csv").write_text("score,x,y,z\nx,90,,\ny,80,85,\nz,70,60,\n")
    variables = {
        "x": {"form": "short", "perspective": "client", "mean": 4.1, "sd": 0.7, "reliability": 0.8}
        | {"coefficient": "alpha"},
        "y": {"form": "other", "perspective": "therapist", "scale": "total", "reliability": 0.7}
        | {"coefficient": "retest r"},
        "z": {"role": "outcome", "label": "functioning"},
    }
    content = {"scores": {"correlations": "s.csv", "n": "n.csv", "variables": variables}}
    return write(tmp_path, from_scores(content, RawFiles(tmp_path), FORMS)[0])


def test_published_scores(published):
    assert published.is_matrix and not published.has_items and published.reliability_name == "as published"
    names = ["client.short.total", "therapist.other.total", "z"]
    assert list(published.score_correlations.index) == list(published.score_correlations.columns) == names
    assert published.score_correlations.loc["z", "client.short.total"] == 0.3
    assert published.score_pairs.loc["therapist.other.total", "client.short.total"] == 80
    assert published.score_pairs.loc["z", "z"] == 70  # nothing was said: the largest number behind its correlations
    assert published.people == 90
    assert published.variables == {"z": {"role": "outcome", "label": "functioning"}}
    assert published.published_scores.loc["client.short.total", ["mean", "sd", "reliability"]].tolist() == [
        4.1,
        0.7,
        0.8,
    ]
    assert published.forms[0].counts == {"clients": 90} and published.forms[1].counts == {"clients": 85}


def test_published_reliabilities(published):
    short, other = (published_reliabilities(published, form) for form in published.forms)
    assert short[["statistic", "estimate", "n"]].to_numpy().tolist() == [["alpha", 0.8, 90]]
    assert other["statistic"].tolist() == ["alpha", "retest r"]
    assert other["estimate"].isna().tolist() == [True, False] and other["estimate"].iloc[1] == 0.7
    assert "published is retest r = 0.7" in other["note"].iloc[0]


def test_a_single_session_is_the_occasion_whatever_its_number(rated):
    table = pd.DataFrame({"session": [1, 1], "estimate": [1, 2]})
    assert rated.results_at_occasion(table)["estimate"].tolist() == [1, 2]
