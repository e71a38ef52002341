"""A published matrix of scale scores: what is read, and the one sentence about what is wrong."""

import json

import numpy as np
import pytest
import yaml
from tests.conftest import ROOT

from ingest.ingest_dataset import main as ingest
from pipeline.data.configuration import read_dataset, read_instruments
from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.score_matrix import read_scores
from pipeline.steps.score_moments import moments_of_scores, published_reliabilities

VARIABLES = {
    "WAI": {"form": "wai_s", "perspective": "client", "reliability": 0.93, "coefficient": "alpha", "mean": 70.1},
    "bond": {"form": "wai_s", "perspective": "client", "scale": "bond"},
    "HAq": {"form": "haq2", "perspective": "client", "reliability": 0.9, "coefficient": "icc"},
    "change": {"role": "outcome", "label": "symptom change"},
}
GOOD = "score,WAI,bond,HAq,change\nWAI,,,,\nbond,.88,,,\nHAq,.70,.61,,\nchange,.30,.25,.35,\n"
INSTRUMENTS = read_instruments(ROOT)


def describe(**changes):
    scores = {"correlations": "r.csv", "n": 80, "variables": VARIABLES} | changes
    return {"title": "t", "source": "s", "scores": {key: value for key, value in scores.items() if value is not None}}


def described(tmp_path, content, table=GOOD):
    """A project with one such data set."""
    folder = tmp_path / "data/datasets/study"
    folder.mkdir(parents=True)
    for part in ("workflow/schemas", "data/instruments"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / part).symlink_to(ROOT / part)
    (folder / "dataset.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    (folder / "r.csv").write_text(table)
    (folder / "n.csv").write_text("score,WAI,bond,HAq,change\nWAI,90,,,\nbond,80,,,\nHAq,70,71,,\nchange,60,61,62,\n")
    return tmp_path


def test_ingest_keeps_what_was_published(tmp_path):
    root = described(tmp_path, describe(n="n.csv"))
    ingest("study", root, "first", tmp_path / "out")
    dataset = Dataset(tmp_path / "out")
    assert dataset.is_matrix and not dataset.has_items and dataset.people == 90 and dataset.perspectives == ["client"]
    wai, haq = dataset.forms
    assert list(wai.scales) == ["bond", "total"] and wai.items == 0 and not wai.labels
    assert wai.key_status == "as published" and wai.counts == {"clients": 90} and haq.counts == {"clients": 71}
    moments = moments_of_scores(dataset)
    names = ["client.wai_s.total", "client.wai_s.bond", "client.haq2.total", "change"]
    assert list(moments.correlation) == list(moments.n) == names
    assert moments.correlation.loc["client.haq2.total", "client.wai_s.bond"] == 0.61
    assert np.diagonal(moments.n).tolist() == [90, 80, 71, 62]
    assert moments.mean["client.wai_s.total"] == 70.1 and np.isnan(moments.sd["client.wai_s.total"])
    assert json.loads((tmp_path / "out/dataset.json").read_text())["variables"] == {
        "change": {"role": "outcome", "label": "symptom change"}
    }
    rows = published_reliabilities(dataset, haq).set_index("statistic")
    assert rows.loc["icc", ["estimate", "method"]].tolist() == [0.9, "as published"]
    assert rows.loc["alpha", "note"] == "published is icc = 0.9" and np.isnan(rows.loc["alpha", "estimate"])


@pytest.mark.parametrize(
    "table, sentence",
    [
        (GOOD.replace("score,", "item,"), "first column should be called 'score'"),
        (GOOD.replace("\nHAq", "\nHaq"), "rows and columns do not name the same scores"),
        (GOOD.replace("HAq", "CALPAS"), "'CALPAS' is not described under"),
        ("score,WAI,bond\nWAI,1,.88\nbond,.88,1\n", "no row and column for 'HAq'"),
        (GOOD.replace("WAI,,,,", "WAI,1,.87,,"), "not symmetric; 'WAI' with 'bond' has two different numbers"),
        (GOOD.replace(".70", "1.70"), "the correlation of 'WAI' with 'HAq' is outside -1 to 1"),
        (GOOD.replace("WAI,,,,", "WAI,.93,,,"), "diagonal has to be ones or empty"),
        (GOOD.replace(".61", ""), "no number for 'bond' with 'HAq'"),
        (GOOD.replace(".61", "-.61"), "not positive semi-definite (smallest eigenvalue -0."),
        (GOOD.replace(".61", "n.s."), "column 'bond', row 4: not a number"),
    ],
)
def test_tables_that_do_not_fit(tmp_path, table, sentence):
    (tmp_path / "r.csv").write_text(table)
    with pytest.raises(InputError) as mistake:
        read_scores(describe()["scores"], RawFiles(tmp_path))
    assert sentence in str(mistake.value) and str(mistake.value).startswith("r.csv")


def test_rounding_is_no_mistake(tmp_path):
    """A total and its two scales, printed with two decimals: no exact matrix, but what three scores give."""
    variables = {name: {"role": "outcome"} for name in ("a", "b", "total")}
    (tmp_path / "r.csv").write_text("score,a,b,total\na,1,,\nb,.31,1,\ntotal,.81,.80,1\n")
    found, _, _ = read_scores({"correlations": "r.csv", "n": 50, "variables": variables}, RawFiles(tmp_path))
    assert -0.01 < np.linalg.eigvalsh(found)[0] < 0.01


@pytest.mark.parametrize(
    "n, sentence", [("90,3,,", "3 is not a number of people"), ("90,70.5,,", "70.5 is not a number")]
)
def test_impossible_numbers_of_people(tmp_path, n, sentence):
    (tmp_path / "r.csv").write_text(GOOD)
    (tmp_path / "n.csv").write_text(f"score,WAI,bond,HAq,change\nWAI,{n}\nbond,,,,\nHAq,70,71,,\nchange,60,61,62,\n")
    with pytest.raises(InputError, match=f"n.csv: {sentence}"):
        read_scores(describe(n="n.csv")["scores"], RawFiles(tmp_path))


@pytest.mark.parametrize(
    "content, sentence",
    [
        (
            describe(n=None),
            "scores: give `file:` and `client:`",
        ),
        (describe(n=3), "scores: n: "),
        (describe(variables=VARIABLES | {"WAI": VARIABLES["WAI"] | {"reliability": 1.1}}), "WAI: reliability: '1.1'"),
        (describe(variables=VARIABLES | {"WAI": VARIABLES["WAI"] | {"reliability": 0}}), "WAI: reliability: '0'"),
        (describe(variables=VARIABLES | {"WAI": VARIABLES["WAI"] | {"coefficient": "alfa"}}), "Did you mean 'alpha'?"),
        (describe(variables=VARIABLES | {"WAI": VARIABLES["WAI"] | {"scale": "bnd"}}), "wai_s has no scale 'bnd'"),
        (
            describe(variables=VARIABLES | {"WAI": {"form": "wai_x", "perspective": "client"}}),
            "there is no form 'wai_x'",
        ),
        (describe(variables=VARIABLES | {"WAI": {"form": "wai_s"}}), "WAI: give `form:` and `perspective:`"),
        (describe(variables=VARIABLES | {"WAI": VARIABLES["WAI"] | {"role": "outcome"}}), "WAI: give `form:`"),
        (describe(variables=VARIABLES | {"bond": VARIABLES["WAI"]}), "bond: the same score as WAI"),
        (describe(variables={name: {"role": "outcome"} for name in ("a", "b")}), "none of them is the score of a form"),
        (describe(correlations="x.csv"), "'x.csv' does not exist"),
        (describe() | {"item_codes": "r.csv"}, "`item_codes:` does not go with `scores:`"),
        (describe() | {"matrix": {}}, "give one of `responses`, `matrix` and `scores`"),
    ],
)
def test_descriptions_that_do_not_fit(tmp_path, content, sentence):
    with pytest.raises(InputError) as mistake:
        read_dataset("study", described(tmp_path, content), INSTRUMENTS)
    assert sentence in str(mistake.value)


def test_nothing_is_written_for_a_wrong_table(tmp_path):
    root = described(tmp_path, describe(), GOOD.replace(".61", "-.61"))
    with pytest.raises(InputError, match=r"^data/datasets/study/r\.csv: not positive semi-definite"):
        ingest("study", root, "first", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_form_without_an_item_map_takes_any_scale(tmp_path):
    unmapped = next(form for form, key in INSTRUMENTS.items() if "scales" not in key)
    who = INSTRUMENTS[unmapped]["perspectives"][0]
    content = describe(variables=VARIABLES | {"bond": {"form": unmapped, "perspective": who, "scale": "anything"}})
    assert read_dataset("study", described(tmp_path, content), INSTRUMENTS)["scores"]["n"] == 80
