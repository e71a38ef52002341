"""From a file to a data set that passes all checks, without writing YAML; without a terminal and with one."""

import re
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from ingest import check_dataset, describe_file
from pipeline.data.checking import assembled
from pipeline.data.yaml_files import read_yaml

ROOT = Path(__file__).parents[3]


def answers(name: str, items: int, high: int, people: int = 40, seed: int = 1, sessions: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    level = np.repeat(rng.normal(size=people), sessions)
    values = level[:, None] + rng.normal(size=(people * sessions, items))
    values = np.clip(np.round((high + 1) / 2 + high / 5 * values), 1, high).astype(int)
    frame = pd.DataFrame(values, columns=[name.format(item=item) for item in range(1, items + 1)])
    frame.insert(0, "client", np.repeat([f"P{n:03d}" for n in range(people)], sessions))
    if sessions > 1:
        frame.insert(1, "session", list(range(1, sessions + 1)) * people)
    return frame


def run(root, *arguments) -> int:
    return describe_file.main(["--root", str(root), "--name", "study", *map(str, arguments)])


def description(root) -> dict:
    return read_yaml(root / "data/datasets/study/dataset.yaml", "dataset.yaml")


def test_one_file_without_a_question(root, capsys):
    file = root / "files/answers.csv"
    answers("wai_{item}", 12, 7, sessions=2).assign(therapist="T1").to_csv(file, index=False, sep=";")
    assert run(root, "--file", file, "--turned", "no") == 0
    (entry,) = description(root)["responses"]
    assert entry == {
        "file": "answers.csv",
        "form": "wai_s",
        "perspective": "client",
        "columns": "wai_{item}",
        "client": "client",
        "session": "session",
    }
    said = capsys.readouterr().out
    assert "semicolon-separated" in said and "nothing stops a run" in said and "P00" not in said
    assert len(assembled("study", root, "first")["wai_s.client.parquet"]) == 80
    assert not (root / "results").exists()


def test_what_it_writes_only_the_owner_can_read(root):
    file = root / "files/answers.csv"
    answers("waisr{item}", 12, 5).to_csv(file, index=False)
    assert run(root, "--file", file) == 0
    folder = root / "data/datasets/study"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {
        "answers.csv": 0o600,
        "dataset.yaml": 0o600,
    }


def test_a_description_that_is_there_stays(root, capsys):
    file = root / "files/answers.csv"
    answers("waisr{item}", 12, 5).to_csv(file, index=False)
    assert run(root, "--file", file) == 0
    (root / "data/datasets/study/dataset.yaml").write_text("mine")
    assert run(root, "--file", file) == 1
    assert "--replace" in capsys.readouterr().err
    assert (root / "data/datasets/study/dataset.yaml").read_text() == "mine"
    assert run(root, "--file", file, "--replace") == 0


def test_without_a_terminal_a_sentence_names_the_option_that_decides(root, capsys):
    file = root / "files/answers.csv"
    answers("wai_{item}", 12, 5).to_csv(file, index=False)
    assert run(root, "--file", file) == 1
    assert "say --form; wai_sr is suggested, which --yes takes" in capsys.readouterr().err
    assert not (root / "data/datasets/study").exists()
    assert run(root, "--file", file, "--form", "wai_sr") == 0


def test_in_a_terminal_it_asks(root, monkeypatch, capsys):
    file = root / "files/answers.csv"
    answers("wai_{item}", 12, 5).assign(bdi_end=np.arange(40) % 23).to_csv(file, index=False)
    said = iter(["7", "1", "bdi_end=0..63", ""])
    monkeypatch.setattr("builtins.input", lambda question: next(said))
    given = describe_file.parser().parse_args(["--root", str(root), "--name", "study", "--file", str(file)])
    dialog = describe_file.Dialog(terminal=True, yes=False)
    assert describe_file.describe(given, dialog) == 0
    assert dialog.asked == 3  # the form; outcomes and baselines
    assert description(root)["clients"]["variables"] == {
        "bdi_end": {"role": "outcome", "range": [0, 63], "label": "bdi end"}
    }
    assert "please answer with one of wai_sr, wai_s" in capsys.readouterr().out


def test_spss_with_two_perspectives_and_codes_for_missing(root):
    both = []
    for code, seed in ((1, 1), (2, 2)):
        frame = answers("WAI{item:02d}", 12, 7, seed=seed).astype({f"WAI{item:02d}": float for item in range(1, 13)})
        frame["role"], frame["th_id"] = float(code), np.repeat([1.0, 2.0, 3.0, 4.0], 10)
        frame.loc[3, "WAI05"] = 99
        both.append(frame)
    file = root / "files/answers.sav"
    labels = {"role": {1: "patient", 2: "therapist"}}
    pyreadstat.write_sav(pd.concat(both, ignore_index=True), file, variable_value_labels=labels)
    assert run(root, "--file", file, "--turned", "no") == 0
    entries = description(root)["responses"]
    assert [(e["perspective"], e["keep"], e["therapist"], e["missing_codes"]) for e in entries] == [
        ("client", {"role": "1"}, "th_id", [99]),
        ("therapist", {"role": "2"}, "th_id", [99]),
    ]


def test_several_files_and_outcomes_that_stand_in_many_rows(root):
    one, two = root / "files/wai.csv", root / "files/haq.xlsx"
    first = answers("wai_s_{item}", 12, 7, sessions=2)
    first["gaf_post"] = np.repeat(np.arange(40) % 17 + 40, 2)
    first.to_csv(one, index=False)
    answers("haq{item}", 11, 6, seed=3).to_excel(two, index=False)
    assert run(root, "--file", one, "--file", two, "--outcome", "gaf_post=0..100", "--yes") == 0
    made = assembled("study", root, "first")
    assert len(made["clients.parquet"]) == 40 and made["clients.parquet"]["gaf_post"].min() == 40
    assert {"wai_s.client.parquet", "haq1.client.parquet"} <= set(made)


def test_files_that_cannot_go_together(root, capsys):
    one, two = root / "files/answers.csv", root / "files/more/answers.csv"
    two.parent.mkdir()
    for file in (one, two):
        answers("waisr{item}", 12, 5).drop(columns="client").to_csv(file, index=False)
    assert run(root, "--file", one, "--file", two) == 1
    assert "two files are called answers.csv" in capsys.readouterr().err
    two = two.rename(two.with_name("other.csv"))
    assert run(root, "--file", one, "--file", two) == 1
    assert "nobody can be matched" in capsys.readouterr().err


def test_what_is_made_replaces_no_file(root):
    file = root / "files/clients.csv"
    frame = answers("waisr{item}", 12, 5, sessions=2)
    frame.assign(end=np.repeat(np.arange(40) % 19, 2)).to_csv(file, index=False)
    assert run(root, "--file", file, "--outcome", "end=0..20") == 0
    assert description(root)["clients"]["file"] == "one_row_per_client.csv"
    assert len(pd.read_csv(root / "data/datasets/study/clients.csv")) == 80


def test_a_count_of_sessions_is_no_session(root):
    file = root / "files/answers.csv"
    answers("waisr{item}", 12, 5).assign(sessions_attended=range(40)).to_csv(file, index=False)
    assert run(root, "--file", file) == 0
    assert "session" not in description(root)["responses"][0]


def test_few_numbers_named_after_therapy_may_be_no_therapists(root, capsys):
    file = root / "files/answers.csv"
    answers("waisr{item}", 12, 5).assign(therap=[1, 2, 3, 4] * 10).to_csv(file, index=False)
    assert run(root, "--file", file) == 1
    assert "'therap' has 4 different numbers; are they codes of therapists: say --therapist" in capsys.readouterr().err
    assert run(root, "--file", file, "--yes") == 0
    assert "therapist" not in description(root)["responses"][0]
    assert run(root, "--file", file, "--therapist", "therap", "--replace") == 0
    assert description(root)["responses"][0]["therapist"] == "therap"


def test_a_form_of_its_own(root):
    folder = root / "data/datasets/study"
    folder.mkdir()
    (folder / "mood.instrument.yaml").write_text(
        "{instrument: MOOD, name: Mood, source: a test, forms: {mood6: {label: MOOD-6, perspectives: [client], "
        "items: 6, range: [1, 4], scales: {}, key_status: established, grades: {range: A}}}}"
    )
    file = root / "files/answers.csv"
    answers("mood{item}", 6, 4).to_csv(file, index=False)
    assert run(root, "--file", file) == 0
    assert description(root)["responses"][0]["form"] == "mood6"
    (form,) = assembled("study", root, "first")["dataset.json"]["forms"]
    assert form["scales"] == {"total": [1, 2, 3, 4, 5, 6]}


def test_a_column_of_codes_whose_name_says_nothing(root, capsys):
    file = root / "files/answers.csv"
    frame = answers("waisr{item}", 12, 5, people=8, sessions=10)
    frame["编号"] = frame.pop("client").str[1:].astype(int) + 1
    frame.to_csv(file, index=False)
    assert run(root, "--file", file) == 1
    assert "but '编号' has each value once per session; which is it: say --client" in capsys.readouterr().err
    assert run(root, "--file", file, "--yes") == 0
    entry = description(root)["responses"][0]
    assert (entry["client"], entry["session"]) == ("编号", "session")
    assert (
        run(root, "--file", file, "--client", "row", "--replace") == 0
    )  # every row another client, whatever the session
    assert description(root)["responses"][0]["client"] == "row"


def scores_at_sessions(people: int = 40) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"id": np.repeat([f"P{n:03d}" for n in range(people)], 3), "visit": [1, 2, 3] * people})
    frame["therapist"] = [f"T{n % 8}" for n in frame.index // 3]
    for name in ("wai", "haq"):
        frame[name] = rng.integers(30, 60, size=len(frame)).astype(str)
    frame["bdi"] = rng.integers(0, 40, size=len(frame)).astype(str)
    frame.loc[rng.random(len(frame)) < 0.2, ["wai", "bdi"]] = "#NULL!"
    return frame.assign(arm=["A", "A", "A", "B", "B", "B"] * (people // 2))


def test_scores_at_sessions_with_a_text_for_nothing(root, capsys):
    file = root / "files/answers.csv"
    scores_at_sessions().to_csv(file, index=False)
    options = ["--score", "wai=wai_s:client", "--score", "haq=haq2:client", "--group", "arm"]
    options += ["--baseline", "bdi@first=0..63", "--outcome", "bdi@last=0..63"]
    assert run(root, "--file", file, *options) == 1
    said = capsys.readouterr()
    assert re.search(r"wai: n = 120, 3\d to 5\d and '#NULL!'", said.out)
    assert "column 'wai': #NULL! is among the numbers; does it mean missing" in said.err
    own = ["--missing-codes", "wai=#NULL!", "--missing-codes", "bdi=#NULL!,99", "--replace"]
    for further in (["--missing-codes", "#NULL!"], ["--yes", "--replace"], own):
        assert run(root, "--file", file, *options, *further) == 0
        scores = description(root)["scores"]
        assert (scores["client"], scores["therapist"], scores["session"]) == ("id", "therapist", "visit")
        assert scores["variables"]["wai"]["missing_codes"] == ["#NULL!"]
        if further is own:
            assert "missing_codes" not in scores["variables"]["haq"]
            assert scores["variables"]["bdi_last"]["missing_codes"] == ["#NULL!", 99]
        first, last = scores["variables"]["bdi_first"], scores["variables"]["bdi_last"]
        assert (first["occasion"], first["role"], last["occasion"]) == ("first", "baseline", "last")
    files = assembled("study", root, "first")
    assert files["person_scores.parquet"]["therapist"].nunique() == 8
    assert set(files["clients.parquet"]) == {"client", "bdi_first", "bdi_last", "arm"}


def test_a_text_of_few_rows_is_not_shown(root, capsys):
    file = root / "files/answers.csv"
    frame = scores_at_sessions()
    frame.loc[:3, "haq"] = "Anna"
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--show") == 0
    assert "Anna" not in capsys.readouterr().out


def test_an_outcome_with_a_text_for_nothing(root):
    file = root / "files/answers.csv"
    frame = answers("waisr{item}", 12, 5, people=60).assign(bdi_end=[str(n % 50) for n in range(60)])
    frame.loc[:6, "bdi_end"] = "#NULL!"
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--outcome", "bdi_end=0..63", "--yes") == 0
    assert description(root)["clients"]["variables"]["bdi_end"]["missing_codes"] == ["#NULL!"]


def test_whom_to_leave_out_and_what_is_right_as_it_is(root, capsys):
    file = root / "files/answers.csv"
    one, two = answers("waisr{item}", 12, 5), answers("haq2_{item}", 19, 6, seed=1)
    items = [column for column in two if column != "client"]
    frame = one.assign(**{column: 7 - two[column] for column in items}, site="A", check=1)  # distress, say
    frame = pd.concat([frame, frame.iloc[[3]]], ignore_index=True)
    frame.loc[5, "site"], frame.loc[6, "check"] = "pilot", 2
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--turned", "no") == 1
    assert "rows: [42]}" in capsys.readouterr().out
    options = [
        *("--exclude", "entered twice=rows:42"),
        *("--exclude", "test entries=where:site:pilot"),
        *("--exclude", "failed the check=where_not:check:1"),
    ]
    assert run(root, "--file", file, "--turned", "no", "--replace", *options) == 1
    assert "against_other_forms" in capsys.readouterr().out
    accepted = ["--accept", "against_other_forms=it measures distress"]
    assert run(root, "--file", file, "--turned", "no", "--replace", *options, *accepted) == 0
    content = description(root)
    assert content["exclusions"] == [
        {"reason": "entered twice", "file": "answers.csv", "rows": [42]},
        {"reason": "test entries", "where": {"site": "pilot"}},
        {"reason": "failed the check", "where_not": {"check": "1"}},
    ]
    assert content["accept"] == {"against_other_forms": "it measures distress"}
    assert len(assembled("study", root, "first")["wai_sr.client.parquet"]) == 38


@pytest.mark.parametrize(
    "option, says",
    [
        (("--exclude", "rows:42"), "should be a reason and whom it picks"),
        (("--exclude", "twice=rows:last"), "rows are numbers as in a spreadsheet"),
        (("--exclude", "pilot=where:place:B"), "there is no column 'place'"),
        (("--accept", "against_other_forms"), "give the reason"),
    ],
)
def test_whom_to_leave_out_that_cannot_be(root, option, says, capsys):
    file = root / "files/answers.csv"
    answers("waisr{item}", 12, 5).to_csv(file, index=False)
    assert run(root, "--file", file, *option) == 1
    assert says in capsys.readouterr().err
    assert not (root / "data/datasets/study").exists()


def test_names_below_a_heading_on_another_sheet(root):
    file = root / "files/book.xlsx"
    with pd.ExcelWriter(file) as book:
        pd.DataFrame({"variable": ["client"], "meaning": ["code"]}).to_excel(book, sheet_name="Codebook", index=False)
        answers("waisr{item}", 12, 5).to_excel(book, sheet_name="Data", index=False, startrow=1)
    assert run(root, "--file", file) == 0
    (entry,) = description(root)["responses"]
    assert (entry["sheet"], entry["header"]) == ("Data", 2)


@pytest.mark.parametrize(
    "columns", ["q{item}", "q1..q12", "#2..#4,q4..q11,#13", ",".join(f"q{item}" for item in range(1, 13))]
)
def test_columns_without_a_name_that_tells(root, columns, capsys):
    file = root / "files/answers.csv"
    answers("q{item}", 12, 5).to_csv(file, index=False)
    assert run(root, "--file", file) == 1
    assert "--form KEY=COLUMNS" in capsys.readouterr().err
    assert run(root, "--file", file, "--form", f"wai_sr:client={columns}") == 0
    assert len(assembled("study", root, "first")["wai_sr.client.parquet"]) == 40


def test_answers_in_words(root):
    file = root / "files/answers.csv"
    frame = answers("waisr{item}", 12, 5)
    words = dict(enumerate(("selten", "manchmal", "öfters", "sehr oft", "immer"), start=1))
    frame = frame.replace(words)
    frame.to_csv(file, index=False, encoding="cp1252")
    assert run(root, "--file", file) == 0
    assert description(root)["responses"][0]["recode"] == {word: number for number, word in words.items()}


def test_a_row_per_answer(root):
    file = root / "files/long.csv"
    answers("waisr{item}", 12, 5).melt("client", var_name="item", value_name="value").to_csv(file, index=False)
    assert run(root, "--file", file) == 0
    (entry,) = description(root)["responses"]
    assert (entry["item"], entry["answer"], entry["columns"]) == ("item", "value", "waisr{item}")


def test_items_that_were_turned_before(root, capsys):
    file = root / "files/answers.csv"
    answers("wai_{item}", 12, 7).to_csv(file, index=False)  # items 4 and 10 go with the others
    assert run(root, "--file", file) == 1
    assert "say --turned" in capsys.readouterr().err
    assert run(root, "--file", file, "--turned", "yes") == 0
    assert description(root)["responses"][0]["reverse"] == []


def test_what_stops_a_run_is_told_at_once_and_by_the_check(root, capsys):
    file = root / "files/answers.csv"
    frame = answers("waisr{item}", 12, 5)
    frame.loc[frame.index[2], "waisr3"] = 55
    frame.loc[frame.index[7], "client"] = "P000"
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--missing-codes", "none") == 1
    assert "column 'waisr3', row 4" in capsys.readouterr().out
    assert check_dataset.main(["study", "--root", str(root)]) == 1
    said = capsys.readouterr()
    assert "55 is outside the range" in said.err and "1 finding stops a run" in said.err and "P000" not in said.err


def test_showing_writes_nothing(root, capsys):
    file = root / "files/answers.csv"
    answers("waisr{item}", 12, 5).to_csv(file, index=False)
    assert run(root, "--file", file, "--show") == 0
    assert "waisr{item}: 12 items, answers 1 to 5 -> wai_sr" in capsys.readouterr().out
    assert list((root / "data/datasets").iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "all", "a b", ""])
def test_names_that_cannot_be(root, name, capsys):
    file = root / "files/answers.csv"
    answers("waisr{item}", 12, 5).to_csv(file, index=False)
    arguments = ["--root", str(root), "--file", str(file), "--name", name, "--yes"]
    assert describe_file.main(arguments) == (1 if name else 0)  # without a name, the file's own is suggested


def test_an_outcome_in_a_file_without_codes(root, capsys):
    file = root / "files/answers.csv"
    frame = answers("waisr{item}", 12, 5).drop(columns="client").assign(bdi_end=np.arange(40) % 23)
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--outcome", "bdi_end=0..63", "--turned", "no") == 0, capsys.readouterr()
    assert description(root)["clients"]["client"] == "row"
    made = assembled("study", root, "first")
    pairs = made["wai_sr.client.parquet"].merge(made["clients.parquet"], on="client")
    assert pairs["bdi_end"].tolist() == frame["bdi_end"].tolist() and pairs["i01"].tolist() == frame["waisr1"].tolist()


def test_of_two_blocks_the_one_with_the_answers_of_the_form(root, capsys):
    file = root / "files/answers.csv"
    frame = answers("waisr_{item}", 12, 5)
    for item in range(1, 13):  # whether it is a problem, as some questionnaires ask beside
        frame[f"waisr_{item}Prob"] = np.arange(40) % 2
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--form", "wai_sr", "--turned", "no") == 0, capsys.readouterr()
    assert [entry["columns"] for entry in description(root)["responses"]] == ["waisr_{item}"]
    assert "left out, because its answers 0 to 1 are not those of wai_sr" in capsys.readouterr().out


def test_a_column_that_stands_twice_and_is_not_needed(root, capsys):
    file = root / "files/answers.csv"
    frame = answers("waisr{item}", 12, 5).assign(note=1)
    frame = pd.concat([frame, frame[["note"]]], axis=1)
    frame.to_csv(file, index=False)
    assert run(root, "--file", file, "--turned", "no") == 0, capsys.readouterr()
    assert "left out, because they appear twice: note" in capsys.readouterr().out


def test_scale_scores_without_items(root, capsys):
    file = root / "files/dyads.xlsx"
    rng = np.random.default_rng(3)
    names = [f"WAI {who} {scale}" for who in "CT" for scale in ("task", "bond", "goal")]
    frame = pd.DataFrame(rng.integers(4, 21, size=(37, 6)), columns=names).assign(bdi=rng.integers(0, 40, size=37))
    frame.insert(0, "Dyad", range(101, 138))
    frame.to_excel(file, index=False)
    scores = [
        f"--score={name}={'wai_sr:client' if ' C ' in name else 'wai_s:therapist'}:{name.split()[2]}" for name in names
    ]
    assert run(root, "--file", file, *scores, "--outcome", "bdi=0..63") == 0, capsys.readouterr()
    made = description(root)["scores"]
    assert made["client"] == "Dyad" and made["variables"]["bdi"]["range"] == [0, 63]
    assert made["variables"]["wai_t_bond"] == {
        "column": "WAI T bond",
        "form": "wai_s",
        "perspective": "therapist",
        "scale": "bond",
    }
    found = assembled("study", root, "first")["score_correlations.csv"].set_index("score")
    expected = frame["WAI C task"].corr(frame["WAI T task"])
    assert found.loc["client.wai_sr.task", "therapist.wai_s.task"] == pytest.approx(expected)
    known = "WAI T bond=wai_s:therapist:bond,range=4..28,reliability=.85"
    assert run(root, "--file", file, "--replace", "--score", known, *scores[:3], "--outcome", "bdi=0..63") == 0
    about = description(root)["scores"]["variables"]["wai_t_bond"]
    assert about["range"] == [4, 28] and about["reliability"] == 0.85
    for wrong, said in [
        (known.replace("range", "rnge"), "'rnge' is not known"),
        (known.replace(".85", "8"), "at most 1"),
    ]:
        capsys.readouterr()
        assert run(root, "--file", file, "--replace", "--score", wrong) == 1 and said in capsys.readouterr().err
    assert run(root, "--file", file, "--replace", "--missing-codes", "no=9", *scores) == 1
    assert "there is no column 'no'" in capsys.readouterr().err
    assert run(root, "--file", file, "--replace", "--score", "WAI C task=wai_x:client") == 1
    assert "should be like WAI_T_task=wai_s:therapist:task" in capsys.readouterr().err
