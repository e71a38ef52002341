"""From files to the lines under "To check": each planted problem is found, and honest data give no line."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Project

from ingest import ingest_dataset
from pipeline.report.blocks import Listing, Sentences, Table, Warning
from pipeline.report.results import Results
from score import assess_careless, assess_missing, assess_quality, describe_participants, score_responses
from score.section_data import section

ITEMS = [f"wai_{item}" for item in range(1, 13)]


def honest() -> tuple[pd.DataFrame, pd.DataFrame]:
    """WAI-S of 160 clients of 20 therapists in two sessions, with the file's own total, and a file of clients."""
    rng = np.random.default_rng(12)
    person = rng.normal(size=160)
    means = np.array([5.2, 4.6, 5.6, 2.4, 5.8, 4.4, 5.0, 4.8, 5.4, 2.8, 5.1, 4.7])
    signs = np.where(np.isin(np.arange(1, 13), (4, 10)), -1, 1)
    parts = []
    for session in (1, 2):
        latent = means + signs * 0.9 * (person + 0.4 * rng.normal(size=160))[:, None] + 0.8 * rng.normal(size=(160, 12))
        frame = pd.DataFrame(np.clip(np.round(latent), 1, 7), columns=ITEMS)
        frame[ITEMS] = frame[ITEMS].mask(rng.random((160, 12)) < 0.02)
        parts.append(frame.assign(client=range(1, 161), therapist=np.arange(160) % 20, session=session))
    answers = pd.concat(parts, ignore_index=True)
    turned = answers[ITEMS].assign(wai_4=8 - answers["wai_4"], wai_10=8 - answers["wai_10"])
    answers["total"] = turned.sum(axis=1, skipna=False)
    clients = pd.DataFrame({"id": range(1, 161), "distress": np.round(50 - 5 * person + 5 * rng.normal(size=160))})
    return answers, clients


@pytest.fixture(scope="module")
def to_check(tmp_path_factory):
    """Lines under "To check" after a change of the honest data, and the section as text."""
    project = Project(tmp_path_factory.mktemp("planted") / "project")

    def lines(change):
        name = f"study_{len(list((project.folder / 'data').glob('datasets/*')))}"
        answers, clients = honest()
        change(answers, clients)
        entry = {"file": "answers.csv", "form": "wai_s", "perspective": "client", "columns": "wai_{item}"}
        entry |= {"client": "client", "therapist": "therapist", "session": "session"}
        variables = {"distress": {"role": "outcome", "range": [0, 100]}}
        project.add(
            name,
            {
                "title": "Planted",
                "source": "made for a test",
                "responses": [entry],
                "clients": {"file": "clients.csv", "client": "id", "variables": variables},
            },
            answers=answers,
            clients=clients,
        )
        folder = project.folder / "results" / name
        responses = folder / "responses"
        folder.mkdir(parents=True)
        table = {key: folder / f"{key}.csv" for key in TABLES}
        ingest_dataset.main(name, project.folder, "first", responses)
        score_responses.main(responses, folder / "scores.parquet", table["descriptives"], minimum_share=0.8, level=0.95)
        assess_quality.main(responses, table["quality"], level=0.95)
        assess_missing.main(responses, table["missing"], level=0.95)
        assess_careless.main(responses, table["careless"])
        describe_participants.main(responses, table["flow"], table["variables"])
        blocks = section(Results(responses, {key: str(path) for key, path in table.items()}, {}, {}))
        (found,) = [block.items for block in blocks if isinstance(block, Warning)] or [[]]
        return found, said(blocks), folder

    return lines


TABLES = ("descriptives", "quality", "missing", "careless", "flow", "variables")


def said(blocks) -> str:
    parts = [block.paragraphs for block in blocks if isinstance(block, Sentences)]
    parts += [block.items for block in blocks if isinstance(block, Listing)]
    parts += [row for block in blocks if isinstance(block, Table) for row in block.rows]
    return "\n".join(text for part in parts for text in part)


def test_honest_data_give_no_line(to_check):
    found, text, _ = to_check(lambda answers, clients: None)
    assert found == []
    assert re.search(r"'total' of answers.csv is the sum of the keyed items of the total in all \d{3} rows", text)


def shift(answers, clients):
    answers.loc[20:29, ITEMS] = np.c_[np.full(10, np.nan), answers.loc[20:29, ITEMS].to_numpy()[:, :-1]]


def copy(answers, clients):
    answers.loc[30:36, ITEMS] = answers.loc[[40] * 7, ITEMS].to_numpy()


def carry(answers, clients):
    answers.loc[170:179, ITEMS] = answers.loc[10:19, ITEMS].to_numpy()


def leave_out(answers, clients):
    answers.loc[answers["wai_1"] < 5, "wai_2"] = np.nan


def lose(answers, clients):
    clients.loc[answers.loc[:159, "wai_1"] < 5, "distress"] = np.nan


def drop_out(answers, clients):
    answers.loc[(answers["session"] == 2) & (answers["client"] > 120), ITEMS] = np.nan


def test_sessions_without_any_answer_stand_in_the_report(to_check):
    _, text, _ = to_check(drop_out)
    assert "1\n160\n0%\n2\n160\n25%" in text


def spoil_totals(answers, clients):
    answers.loc[50:52, "total"] += 7


def forget_the_key(answers, clients):
    answers["total"] = answers[ITEMS].sum(axis=1, skipna=False)


def reach_the_ceiling(answers, clients):
    answers[ITEMS] = (answers[ITEMS] + 2.5 * np.where(np.isin(np.arange(1, 13), (4, 10)), -1, 1)).round().clip(1, 7)
    del answers["total"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (shift, r"WAI-S, client: \d+ rows fit far better when shifted by one column"),
        (copy, r"28 pairs of people with the same answers to every item, where \d\.\d\d would be expected"),
        (carry, r"in \d+ of \d+ sessions all answers are the same as in the session before"),
        (leave_out, r"not missing completely at random \(Little's test, p (= \.00\d|< \.001)\)"),
        (lose, r"clients without distress have lower totals \(d = −"),
        (spoil_totals, r"'total' of answers.csv is the sum of the keyed items of the total, but not in [23] of"),
        (forget_the_key, r"with the answers as they stand: 2 items \(4 and 10\) must have been reversed"),
        (reach_the_ceiling, r"most people give the highest answer to \d+ of 12 items"),
    ],
)
def test_each_problem_is_a_line(to_check, change, sentence):
    found, _, _ = to_check(change)
    assert any(re.search(sentence, line) for line in found), found


def test_tables_describe_nobody_alone(to_check):
    """No count of a group is below five, but those of rows and pairs, which describe nobody."""
    _, _, folder = to_check(copy)
    missing, variables = (pd.read_csv(folder / f"{name}.csv") for name in ("missing", "variables"))
    cells = missing[missing["statistic"].isin(["missing_count_share", "missing_pattern_share"])]
    people = (cells["estimate"] * cells["n"]).round()
    assert (people[cells["group"] != "other patterns"] >= 5).all()
    bars = variables.loc[variables["statistic"] == "value_bar_count", "estimate"]
    assert (bars >= 5).all() and bars.sum() == 160
    for path in Path(folder).glob("*.csv"):
        head = pd.read_csv(path, nrows=0)
        assert not {"client", "therapist", "rater"} & set(head), path
