"""Exports of survey programs as they come, through the dialog without a question and without an edit."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.ingest.test_describe_file import description, run

from pipeline.data.checking import assembled

RNG = np.random.default_rng(21)
LEVEL = RNG.normal(size=40)
WAI = np.clip(np.round(3 + LEVEL[:, None] + RNG.normal(size=(40, 12))), 1, 5).astype(int)
CODES = [f"k{number:03d}" for number in range(40)]
TIMES = [f"2024-03-{1 + number % 28:02d} 1{number % 10}:15:00" for number in range(40)]


def limesurvey(path, code: str, codes: bool = True):
    """Response data with question codes as headings and answer codes, in quotation marks, with a byte order mark."""
    frame = pd.DataFrame(
        {"id": range(7, 47), "submitdate": TIMES, "lastpage": 4, "startlanguage": "de", "seed": range(900, 940)}
    )
    frame["token"], frame["startdate"], frame["datestamp"] = CODES, TIMES, TIMES
    for item in range(12):
        frame[f"WAISR[SQ{item + 1:03d}]"] = [code.format(answer) for answer in WAI[:, item]]
    frame["interviewtime"] = RNG.uniform(60, 900, size=40).round(2)
    frame.to_csv(path, index=False, quoting=1, encoding="utf-8-sig")


def sosci(path, labels: bool):
    """Tab-separated, UTF-16, with the row of labels that can be asked for; -9 is no answer."""
    frame = pd.DataFrame(
        {"CASE": range(112, 152), "SERIAL": None, "REF": CODES, "QUESTNNR": "base", "MODE": "interview"}
    )
    frame["STARTED"] = TIMES
    answers = WAI.copy()
    answers[3, 4] = -9
    for item in range(12):
        frame[f"WA01_{item + 1:02d}"] = answers[:, item]
    frame["TIME001"], frame["TIME002"], frame["TIME_SUM"] = 12, 80, 92
    frame["FINISHED"], frame["LASTPAGE"], frame["MAXPAGE"] = 1, 3, 3
    if labels:
        row = {name: f"{name}: label of the variable" for name in frame}
        frame = pd.concat([pd.DataFrame([row]), frame.astype(object)])
    frame.to_csv(path, index=False, sep="\t", encoding="utf-16", quoting=1)


def google(path, words: bool):
    """Timestamp, a code that was asked for, and a grid whose headings hold the wording (here: made up)."""
    steps = dict(enumerate(["Seldom", "Sometimes", "Fairly often", "Very often", "Always"], start=1))
    frame = pd.DataFrame({"Timestamp": [f"{time.replace('-', '/')} AM GMT+1" for time in TIMES], "Your code": CODES})
    wording = [
        "Agree on goals",
        "Trust",
        "Ways",
        "Respect",
        "Tasks",
        "Aims",
        "Liking",
        "Plan",
        "New",
        "Care",
        "Aid",
        "Fit",
    ]
    for item, row in enumerate(wording):
        column = pd.Series(WAI[:, item])
        frame[f"How often does this hold? [{row}]"] = column.map(steps) if words else column
    frame.to_csv(path, index=False)


STEPS = dict(enumerate(["Seldom", "Sometimes", "Fairly often", "Very often", "Always"], start=1))


def qualtrics(path, words: bool):
    """Three rows of headings; numeric values or choice text."""
    frame = pd.DataFrame(
        {"StartDate": TIMES, "EndDate": TIMES, "Status": 0, "IPAddress": "203.0.113.7", "Progress": 100}
    )
    frame["Duration (in seconds)"], frame["Finished"], frame["RecordedDate"] = 300, 1, TIMES
    frame["ResponseId"] = [f"R_{number:015d}" for number in range(40)]
    frame["RecipientLastName"], frame["ExternalReference"], frame["LocationLatitude"] = None, CODES, 48.1
    for item in range(12):
        column = pd.Series(WAI[:, item])
        frame[f"WAISR_{item + 1}"] = column.map(STEPS) if words else column
    labels = [f"How often? - Statement {place}, with a comma" for place in range(frame.shape[1])]
    ids = [f'{{"ImportId":"QID{place}"}}' for place in range(frame.shape[1])]
    head = pd.DataFrame([labels, ids], columns=frame.columns)
    pd.concat([head, frame.astype(object)]).to_csv(path, index=False, quoting=1)


def redcap(path):
    """A longitudinal project: one row per event, other forms in rows of their own, repeats, form status."""
    frame = pd.DataFrame({"record_id": CODES, "redcap_event_name": "session_3_arm_1"})
    frame["redcap_repeat_instrument"], frame["redcap_repeat_instance"] = None, None
    for item in range(12):
        frame[f"wai_sr_{item + 1}"] = WAI[:, item]
    frame["wai_sr_complete"] = 2
    intake = pd.DataFrame({"record_id": CODES, "redcap_event_name": "intake_arm_1", "phq_sum": np.arange(40) % 25})
    pd.concat([intake, frame]).sort_values("record_id", kind="stable").to_csv(path, index=False)


EXPORTS = {
    "Qualtrics, numeric": ("WAI_study_numeric.csv", lambda path: qualtrics(path, words=False), ["--form", "wai_sr"]),
    "Qualtrics, choice text": ("WAI_study_text.csv", lambda path: qualtrics(path, words=True), []),
    "REDCap with events": ("Study_DATA_2024.csv", redcap, []),
    "LimeSurvey, codes with a letter": ("results-survey123.csv", lambda path: limesurvey(path, "A{}"), []),
    "LimeSurvey, newer codes": ("results-survey123.csv", lambda path: limesurvey(path, "AO0{}"), []),
    "LimeSurvey, numbers": ("results-survey123.csv", lambda path: limesurvey(path, "{}"), []),
    "SoSci Survey": ("data_project.csv", lambda path: sosci(path, labels=False), ["--form", "wai_sr"]),
    "SoSci Survey with labels": ("data_project.csv", lambda path: sosci(path, labels=True), ["--form", "wai_sr"]),
    "Google Forms, numbers": ("Form responses.csv", lambda path: google(path, words=False), ["--form", "wai_sr"]),
    "Google Forms, words": ("Form responses.csv", lambda path: google(path, words=True), ["--form", "wai_sr"]),
}


@pytest.mark.parametrize("name", EXPORTS)
def test_the_same_answers_from_every_export(root, name, capsys):
    file, write, options = EXPORTS[name]
    write(root / "files" / file)
    assert run(root, "--file", root / "files" / file, "--turned", "no", *options) == 0, capsys.readouterr()
    found = assembled("study", root, "first")["wai_sr.client.parquet"]
    answers = found.sort_values("client").filter(regex=r"^i\d").to_numpy(dtype=float, na_value=np.nan)
    expected = WAI.astype(float)
    if name.startswith("SoSci"):
        expected[3, 4] = np.nan
    np.testing.assert_array_equal(answers, expected)
    assert found["client"].tolist() == CODES and "clients" not in description(root)


def test_dates_are_sessions_where_people_answered_twice(root, capsys):
    file = root / "files/results-survey123.csv"
    limesurvey(file, "{}")
    frame = pd.read_csv(file)
    frame["token"] = [*CODES[:20], *CODES[:20]]
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--turned", "no", "--form", "wai_sr") == 0, capsys.readouterr()
    (entry,) = description(root)["responses"]
    assert entry["session"] == "submitdate" and entry["sessions"] == "dates" and entry["client"] == "token"
    assert set(assembled("study", root, "first")["wai_sr.client.parquet"]["session"]) == {1, 2}


def test_a_data_dictionary_of_redcap_gives_words_their_numbers(root, capsys):
    words = {1: "hardly", 2: "a bit", 3: "half and half", 4: "mostly", 5: "wholly"}
    frame = pd.DataFrame({"record_id": CODES} | {f"wai_sr_{item + 1}": WAI[:, item] for item in range(12)})
    labelled = frame.assign(**{name: frame[name].map(words) for name in frame if name != "record_id"})
    choices = " | ".join(f"{number}, {word}" for number, word in words.items())
    fields = pd.DataFrame(
        {
            "Variable / Field Name": list(frame),
            "Form Name": "wai",
            "Field Type": ["text", *["radio"] * 12],
            "Choices, Calculations, OR Slider Labels": [None, *[choices] * 12],
        }
    )
    data, dictionary = root / "files/data.csv", root / "files/Study_DataDictionary.csv"
    labelled.to_csv(data, index=False)
    fields.to_csv(dictionary, index=False, quoting=1)
    options = ["--form", "wai_sr", "--turned", "no"]
    assert run(root, "--file", data, "--file", dictionary, *options) == 0, capsys.readouterr()
    (entry,) = description(root)["responses"]
    assert entry["recode"] == {word: number for number, word in words.items()}
    assert not (root / "data/datasets/study/Study_DataDictionary.csv").exists()
    found = assembled("study", root, "first")["wai_sr.client.parquet"].sort_values("client")
    np.testing.assert_array_equal(found.filter(regex=r"^i\d").to_numpy(dtype=int), WAI)
    assert run(root, "--file", dictionary, "--replace") == 1
    assert "a data dictionary contains no answers" in capsys.readouterr().err
