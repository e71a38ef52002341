"""What could name a person stands in the raw files alone: nothing that a run writes elsewhere holds any of it."""

import base64
import gzip
import re
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import FEWER_DRAWS, Project, wai_sr_answers, wai_sr_description

FIRST = ["Adelheid", "Bartholomew", "Clothilde", "Dagobert", "Eusebius"]
LAST = ["Quandtmeier", "Rosenzweigova", "Szczepanski", "Thorvaldsen", "Uytterhoeven"]


def planted(people: int) -> pd.DataFrame:
    """Ten kinds of what names a person, one value of each for everybody."""
    number = np.arange(people)
    return pd.DataFrame(
        {
            "client": [f"PAT-{7340 + n}-X" for n in number],
            "therapist": [f"TH_{LAST[n % 5]}" for n in number],
            "rater": [f"RAT{8810 + n % 3}Q" for n in number],
            "name": [f"{FIRST[n % 5]} {LAST[n // 5 % 5]}" for n in number],
            "born": [f"19{50 + n % 40}-0{1 + n % 9}-1{n % 10}" for n in number],
            "email": [f"somebody{n}@clinic-example.org" for n in number],
            "phone": [f"+49 171 55{1000 + n}" for n in number],
            "address": [f"{n + 3} Nightingale Crescent" for n in number],
            "insurance": [f"Z{934000000 + n}" for n in number],
            "ip": [f"203.0.113.{n}" for n in number],
            "comment": [f"my neighbour of house {n} heard everything" for n in number],
            "visit": [f"2023-11-{1 + n % 28:02d}" for n in number],
        }
    )


def forms_of(text: str) -> set[bytes]:
    """A text as the formats of a run could hold it."""
    plain = text.encode()
    return {plain, text.encode("utf-16-le"), base64.b64encode(plain).rstrip(b"=")[:-1]}


@pytest.mark.slow
def test_no_identifier_is_written_outside_the_folder_of_the_raw_data(tmp_path):
    project = Project(tmp_path / "project")
    answers = wai_sr_answers().drop_duplicates("client").drop(columns=["client", "session"]).reset_index(drop=True)
    people = planted(len(answers))
    table = pd.concat([people, answers], axis=1)
    description = wai_sr_description(session="visit", sessions="dates", therapist="therapist", rater="rater")
    clients = people[["client", "email", "born"]].assign(outcome=np.arange(len(people)) % 11, arm="a")
    clients.loc[: len(clients) // 2, "arm"] = "b"
    description["clients"] = {
        "file": "clients.csv",
        "client": "client",
        "variables": {"outcome": {"role": "outcome"}, "arm": {"role": "group"}},
    }
    project.add("study", description, answers=table, clients=clients)
    # a mistake in a second data set: its sentence names nobody either
    broken = table.assign(w3=people["name"])
    project.add("broken", wai_sr_description(session="visit", sessions="dates"), answers=broken)
    # scale scores of the same people, without items
    scored = people.assign(wai=answers.sum(axis=1), haq=answers["w1"] + answers["w5"], arm=clients["arm"])
    variables = {
        "wai": {"form": "wai_sr", "perspective": "client"},
        "haq": {"form": "haq2", "perspective": "client", "range": [2, 10]},
        "arm": {"role": "group"},
    }
    scores = {"file": "answers.csv", "client": "client", "therapist": "therapist", "session": "visit"}
    described = {
        "title": "Scores",
        "source": "a test",
        "scores": scores | {"sessions": "dates", "variables": variables},
    }
    project.add("scored", described, answers=scored)
    project.configure(**FEWER_DRAWS | {"datasets": ["study", "broken", "scored"]})
    outcome = project.run()
    for name in ("study", "scored"):
        assert (project.folder / f"results/{name}/report.html").exists(), outcome.stderr[-3000:]
    assert outcome.returncode == 1 and "not a number" in outcome.stderr
    wanted = {
        part: text
        for column in people
        for text in people[column].astype(str)
        for part in forms_of(text)
        if len(part) >= 8
    }
    pattern = re.compile(b"|".join(re.escape(part) for part in sorted(wanted, key=len, reverse=True)))
    assert not pattern.search((outcome.stdout + outcome.stderr).encode())
    raw = project.folder / "data/datasets"
    assert pattern.search((raw / "study/answers.csv").read_bytes())  # it would be found
    hits, seen = [], 0
    for path in sorted(project.folder.rglob("*")):
        if not path.is_file() or path.is_relative_to(raw):
            continue
        seen += 1
        assert not pattern.search(str(path.relative_to(project.folder)).encode())
        for content in contents(path):
            if match := pattern.search(content):
                hits.append((path.relative_to(project.folder).as_posix(), wanted[match[0]]))
    assert hits == [] and seen > 100
    assert any(path.suffix == ".parquet" for path in (project.folder / "results/study").rglob("*"))
    for path in (project.folder / "results/study").rglob("*.parquet"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def contents(path: Path) -> list[bytes]:
    """What a file holds: as it is, unpacked, the values of a Parquet file, and pictures inside a page."""
    found = [path.read_bytes()]
    if path.suffix == ".parquet":
        found.append(pd.read_parquet(path).to_csv().encode())
    if path.suffix == ".gz":
        found.append(gzip.decompress(found[0]))
    if path.suffix == ".html":
        found += [base64.b64decode(text) for text in re.findall(rb"base64,([A-Za-z0-9+/=]+)", found[0])]
    return found
