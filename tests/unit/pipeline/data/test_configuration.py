"""Settings, instruments and descriptions: defaults, and one sentence for each mistake."""

from pathlib import Path

import pytest
import yaml
from tests.conftest import wai_sr_answers, wai_sr_description

from pipeline.data.checking import assembled
from pipeline.data.configuration import (
    check_key,
    check_markers,
    read_config,
    read_dataset,
    read_instruments,
    validated,
)
from pipeline.data.job import InputError
from pipeline.data.yaml_files import read_yaml

ROOT = Path(__file__).parents[4]
FORMS = read_instruments(ROOT)


def test_every_line_of_the_shipped_settings_states_the_default():
    shipped = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert shipped == validated({}, "config", ROOT, "config.yaml")


@pytest.mark.parametrize("name", yaml.safe_load((ROOT / "config.yaml").read_text())["datasets"])
def test_shipped_data_sets_are_described_rightly(name):
    assert read_dataset(name, ROOT, FORMS)["title"]


def test_a_key_that_stands_twice_is_a_mistake(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: 1\nb: 2\na: 3\n")
    with pytest.raises(InputError, match=r"x\.yaml: line 3: the key 'a' appears twice"):
        read_yaml(path, "x.yaml")


def test_unreadable_yaml_names_the_line(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("a: [1, 2\nb: 3\n")
    with pytest.raises(InputError, match=r"x\.yaml: line 2:"):
        read_yaml(path, "x.yaml")


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"levle": 0.9}, "unknown key 'levle'. Did you mean 'level'?"),
        ({"factors": {"k": 0}}, "factors: k: '0' should be at least 1"),
        ({"factors": {"draws": "two"}}, "factors: draws: 'two' should be of type integer"),
        ({"figures": {"columns": 3}}, "figures: columns: '3' is not one of 1, 2."),
        ({"figures": {"formats": ["jpg"]}}, "figures: formats: entry 1: 'jpg' is not one of pdf, png, tiff."),
        ({"figures": {"two_columns": 20}}, "figures: two_columns: '20' should be at least 140 (width of two columns"),
        ({"figures": {"decimal_mark": "dot"}}, "figures: decimal_mark: 'dot' is not one of point, comma."),
        ({"figures": {"fnt": "Arial"}}, "figures: unknown key 'fnt'. Did you mean 'font'?"),
        ({"missing": "pairwize"}, "Did you mean 'pairwise'?"),
        ({"datasets": ["nowhere"]}, "there is no data/datasets/nowhere/dataset.yaml"),
    ],
)
def test_settings_that_do_not_fit(settings, sentence):
    with pytest.raises(InputError) as mistake:
        read_config(settings, ROOT)
    assert sentence in str(mistake.value) and str(mistake.value).startswith("config.yaml: ")


@pytest.mark.parametrize("marker", ["wai_s_13", "wai_s", "wia_s_01"])
def test_markers_name_items(marker):
    check_markers(["wai_s_12", "haq2_01"], FORMS)
    with pytest.raises(InputError, match=f"markers: '{marker}' names no item"):
        check_markers([marker], FORMS)


def test_items_that_a_form_does_not_have():
    with pytest.raises(InputError, match="reverse: item 13 does not exist; the form has 12 items"):
        check_key(FORMS["wai_s"] | {"reverse": [13]}, "here")


def test_every_shipped_key_assigns_each_item_once_and_reverses_items_that_exist():
    for form, key in FORMS.items():
        items = sorted(item for scale in key.get("scales", {}).values() for item in scale)
        assert items in ([], list(range(1, key["items"] + 1))), form
        assert ("scales" in key) == (key["key_status"] != "missing"), form


def test_keys_with_a_shaky_fact_are_provisional():
    assert {form for form, key in FORMS.items() if key["key_status"] == "provisional"} == {"calpas_p", "calpas_t"}


def test_short_forms_keep_the_scales_of_the_items_they_took_from_the_long_form():
    """Only the WAI-S was made of the long form's items and keys; the WAI-SR moved and rephrased some."""
    long, short = FORMS["wai36"], FORMS["wai_s"]
    scale_of = {item: scale for scale, items in long["scales"].items() for item in items}
    for scale, items in short["scales"].items():
        assert {scale_of[short["items_of_wai36"][item - 1]] for item in items} == {scale}
    turned = [item for item, origin in enumerate(short["items_of_wai36"], 1) if origin in long["reverse"]]
    assert turned == sorted(short["reverse"])


def test_a_form_without_an_item_map_asks_for_one(tmp_path):
    for part in ("workflow/schemas", "data/datasets/study"):
        (tmp_path / part).mkdir(parents=True)
    schema = "workflow/schemas/dataset.schema.yaml"
    (tmp_path / schema).write_text((ROOT / schema).read_text())
    entry = {"file": "a.csv", "form": "vtas", "perspective": "observer", "columns": "v{item}", "client": "id"}
    description = {"title": "t", "source": "s", "responses": [entry]}
    (tmp_path / "data/datasets/study/a.csv").write_text("id\n")
    path = tmp_path / "data/datasets/study/dataset.yaml"
    path.write_text(yaml.safe_dump(description))
    with pytest.raises(InputError, match=r"to which scale of vtas is not known; give `scales:`, or `scales: \{\}`"):
        read_dataset("study", tmp_path, FORMS)
    entry["scales"] = {"positive": [1, 2, 3]}
    path.write_text(yaml.safe_dump(description))
    assert read_dataset("study", tmp_path, FORMS)["responses"][0]["scales"] == {"positive": [1, 2, 3]}
    entry["scales"] = {}  # a total only
    path.write_text(yaml.safe_dump(description))
    assert read_dataset("study", tmp_path, FORMS)["responses"][0]["scales"] == {}


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"missing": "em"}, "missing: em is for Pearson correlations"),
        ({"factors": {"extraction": "dwls", "correlation": "pearson"}}, "dwls needs factors: correlation: polychoric"),
    ],
)
def test_settings_that_do_not_go_together(settings, sentence):
    with pytest.raises(InputError, match=sentence):
        read_config({"datasets": ["example"]} | settings, ROOT)


@pytest.mark.parametrize("name", ["content", "a b"])
def test_names_that_a_data_set_cannot_have(tmp_path, name):
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    (tmp_path / "data/datasets" / name).mkdir(parents=True)
    (tmp_path / "data/datasets" / name / "dataset.yaml").write_text("")
    with pytest.raises(InputError, match=f"'{name}' cannot be the name of a data set"):
        read_config({"datasets": [name]}, tmp_path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"x\.yaml: the file does not exist"):
        read_yaml(tmp_path / "x.yaml", "x.yaml")


def test_a_range_that_does_not_ascend():
    with pytest.raises(InputError, match="range: 7 to 1: the first number has to be lower"):
        check_key(FORMS["wai_s"] | {"range": [7, 1]}, "here")


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({}, "the form 'x' is already in another file"),
        ({"grades": {"items": "D"}}, "key_status has to be provisional if a grade is D"),
        ({"key_status": "provisional"}, "key_status has to be provisional if a grade is D"),
    ],
)
def test_instruments_that_do_not_fit(tmp_path, changes, sentence):
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    (tmp_path / "data/instruments").mkdir(parents=True)
    shipped = read_yaml(ROOT / "data/instruments/wai.yaml", "wai")
    form = shipped["forms"]["wai_s"] | changes
    for file in ("a", "b") if not changes else ("a",):
        content = shipped | {"forms": {"x": form}}
        (tmp_path / f"data/instruments/{file}.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=sentence):
        read_instruments(tmp_path)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"form": "wai_sr", "perspective": "therapist"}, "wai_sr is answered by client, not by therapist"),
        ({"form": "wai_z"}, "there is no form 'wai_z'. Did you mean 'wai_s'?"),
        ({"file": "b.csv"}, "the file 'b.csv' does not exist in data/datasets/study/"),
        ({"reverse": [13]}, "reverse: item 13 does not exist"),
    ],
)
def test_descriptions_that_do_not_fit(tmp_path, changes, sentence):
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    folder = tmp_path / "data/datasets/study"
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("id\n")
    entry = {"file": "a.csv", "form": "wai_s", "perspective": "client", "columns": "w{item}", "client": "id"}
    (folder / "dataset.yaml").write_text(yaml.safe_dump({"title": "t", "source": "s", "responses": [entry | changes]}))
    with pytest.raises(InputError) as mistake:
        read_dataset("study", tmp_path, FORMS)
    assert sentence in str(mistake.value)


def test_all_that_is_missing_in_an_instrument_is_named_at_once(tmp_path):
    (tmp_path / "workflow").symlink_to(ROOT / "workflow")
    (tmp_path / "data/instruments").mkdir(parents=True)
    content = {"instrument": "X", "forms": {"x": {"label": "X", "itemz": 4}}}
    (tmp_path / "data/instruments/x.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(InputError) as error:
        read_instruments(tmp_path)
    said = str(error.value)
    assert "the keys 'name' and 'source' are missing" in said
    assert "forms: x: the keys 'perspectives', 'items', 'range', 'key_status' and 'grades' are missing" in said
    assert "unknown key 'itemz'. Did you mean 'items'?" in said


OWN = {
    "instrument": "WAI",
    "name": "Working Alliance Inventory",
    "source": "made for a test",
    "forms": {
        "wai_sr_t12": {
            "label": "WAI-SR (therapist)",
            "perspectives": ["therapist"],
            "items": 12,
            "range": [1, 5],
            "scales": {"goal": [4, 6, 8, 11], "task": [1, 2, 10, 12], "bond": [3, 5, 7, 9]},
            "reverse": [],
            "key_status": "established",
            "grades": {"scales": "B"},
        }
    },
}


def test_a_form_that_one_data_set_brings(project):
    description = wai_sr_description(form="wai_sr_t12", perspective="therapist")
    for name in ("study", "other"):
        project.add(name, description, answers=wai_sr_answers())
    (project.folder / "data/datasets/study/mine.instrument.yaml").write_text(yaml.safe_dump(OWN))
    made = assembled("study", project.folder, "first")
    assert made["dataset.json"]["forms"][0]["scales"]["bond"] == [3, 5, 7, 9]
    with pytest.raises(InputError, match="there is no form 'wai_sr_t12'"):
        assembled("other", project.folder, "first")


def test_a_form_of_its_own_has_a_name_of_its_own(project):
    folder = project.add("study", wai_sr_description(), answers=wai_sr_answers())
    own = OWN | {"forms": {"wai_sr": OWN["forms"]["wai_sr_t12"]}}
    (folder / "mine.instrument.yaml").write_text(yaml.safe_dump(own))
    with pytest.raises(InputError, match=r"data/datasets/study/mine\.instrument\.yaml: the form 'wai_sr' is already"):
        assembled("study", project.folder, "first")
