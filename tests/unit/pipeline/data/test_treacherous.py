"""A hundred and more inputs that would be read wrongly: each gets its sentence; nothing is written or given away."""

import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from tests import hostile_files

from ingest import ingest_dataset
from pipeline.data.configuration import check_settings_file, read_config, read_dataset, read_instruments
from pipeline.data.job import InputError
from pipeline.data.yaml_files import read_yaml

ROOT = Path(__file__).parents[4]
CASES = yaml.load((Path(__file__).parent / "treacherous.yaml").read_text(), yaml.CSafeLoader)
ITEMS = [f"wai_{item}" for item in range(1, 13)]
CODES = [f"P{number:03d}" for number in range(1, 31)]
LEVELS = {  # YAML that stands for more than it says, or lies too deep
    "aliases": "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
    "merged": "a0: &a0 {k: v}\n"
    + "".join(f"a{n}: &a{n} {{{', '.join(f'k{key}: *a{n - 1}' for key in range(10))}}}\n" for n in range(1, 10)),
    "deep": "title: " + "[" * 100_000 + "]" * 100_000 + "\n",
    "long": "title: " + "x" * 3_000_000 + "\n",
    "digits": "occasion: " + "9" * 100_000 + "\n",
}


def answers() -> list[list[str]]:
    values = np.random.default_rng(11).integers(1, 6, size=(30, 12))
    return [["id", *ITEMS], *([code, *map(str, row)] for code, row in zip(CODES, values, strict=True))]


def text_of(change: dict) -> bytes:
    """The text of answers.csv after what a case does to it."""
    rows = answers()
    if "rows" in change:
        rows = rows[: 1 + change["rows"]]
    for place, value in change.get("cells", {}).items():
        row, column = place.split(",")
        rows[int(row)][rows[0].index(column)] = str(value)
    if "column" in change:
        name, value = change["column"]
        rows = [[*row, name if number == 0 else str(value)] for number, row in enumerate(rows)]
    if "times" in change:
        rows[1:] = [[row[0], *(str(round(change["times"] * int(value))) for value in row[1:])] for row in rows[1:]]
    if change.get("empty_items"):
        rows[1:] = [[row[0], *([""] * 12)] for row in rows[1:]]
    if "header_replace" in change:
        old, new = change["header_replace"]
        rows[0] = [new if name == old else name for name in rows[0]]
    if change.get("number_rows"):
        rows[1:] = [[str(number), *row] for number, row in enumerate(rows[1:], start=1)]
    if "cut" in change:
        rows[change["cut"]] = rows[change["cut"]][:-1]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=change.get("delimiter", ","), lineterminator="\n").writerows(rows)
    text = change.get("text", change.get("before", "") + buffer.getvalue())
    if "end" in change:
        first, *others = text.splitlines()
        text = "\n".join([first, *(line + change["end"] for line in others)])
    for old, new in change.get("replace", []):
        text = text.replace(old, new)
    return bytes.fromhex(change.get("hex", "")) + text.encode(change.get("encode", "utf-8"))


def clients_text(change: dict) -> str:
    values = np.random.default_rng(12).integers(20, 61, size=30)
    rows = ["id,outcome,arm"]
    for number, (code, value) in enumerate(zip(CODES, values, strict=True)):
        code = change.get("codes", {}).get(number, change.get("prefix", "P") + code[1:])
        value = change.get("outliers", {}).get(number, value)
        arm = "b" if number < change.get("groups", 15) else "a"
        rows.append(f"{code},{value},{arm}")
    return "\n".join(rows) + "\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("treacherous")
    for part in ("data/instruments", "workflow/schemas"):
        shutil.copytree(ROOT / part, folder / part)
    return folder


def build(root: Path, case: dict) -> None:
    folder = root / "data/datasets/study"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(root / "results", ignore_errors=True)
    folder.mkdir(parents=True)
    entry = {"file": "answers.csv", "form": "wai_sr", "perspective": "client", "columns": "wai_{item}", "client": "id"}
    entry = {key: value for key, value in (entry | case.get("entry", {})).items() if value is not None}
    content = {"title": "Made up", "source": "a test", "responses": [entry] * case.get("entries", 1)}
    if "clients" in case:
        (folder / "clients.csv").write_text(clients_text(case["clients"]))
        content["clients"] = {"file": "clients.csv", "client": "id", "variables": case["clients"]["variables"]}
    content = {key: value for key, value in (content | case.get("dataset", {})).items() if value is not None}
    if "levels" in case:
        case = case | {"yaml": LEVELS[case["levels"]]}
    text = case.get("yaml", yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    if "yaml_entry" in case:
        text += f"  {case['yaml_entry']}\n"
    (folder / "dataset.yaml").write_bytes(bytes.fromhex(case["yaml_bytes"]) if "yaml_bytes" in case else text.encode())
    if "made" in case:
        getattr(hostile_files, case["made"])(folder / entry["file"])
    elif case.get("folder"):
        (folder / "answers.csv").mkdir()
    else:
        (folder / "answers.csv").write_bytes(text_of(case.get("csv", {})))
    if case.get("outside"):
        (folder.parent / "outside.csv").write_bytes(text_of({}))
    config = yaml.safe_dump({"datasets": ["study"]} | case.get("config", {}))
    config += case.get("config_yaml", "") + "\n"
    (root / "config.yaml").write_text(case.get("config_text", config))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_one_sentence_that_gives_nothing_away_and_nothing_written(root, case):
    build(root, case)
    with pytest.raises(InputError) as mistake:
        check_settings_file(root / "config.yaml")
        settings = read_config(read_yaml(root / "config.yaml", "config.yaml"), root)
        read_dataset("study", root, read_instruments(root))
        ingest_dataset.main("study", root, settings["occasion"], root / "results/study/responses")
    sentence = str(mistake.value)
    for part in case["says"]:
        assert part in sentence
    assert "\n" not in sentence and sentence.endswith((".", "?"))
    assert not any(code in sentence for code in CODES) and "nobody answered a q" not in sentence
    assert not (root / "results").exists()


def test_the_data_set_without_a_mistake_is_read(root):
    build(root, {})
    ingest_dataset.main("study", root, "first", root / "results/study/responses")
    assert (root / "results/study/responses/wai_sr.client.parquet").exists()
    shutil.rmtree(root / "results")


def test_there_are_a_hundred():
    names = [case["name"] for case in CASES]
    assert len(names) >= 100 and len(set(names)) == len(names)
