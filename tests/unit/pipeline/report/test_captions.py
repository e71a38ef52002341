"""Captions of tables say what is in them, from the codebook."""

import ast
import re
from pathlib import Path

import pytest

from pipeline.data.yaml_files import read_yaml
from pipeline.report.captions import caption, table_caption

WORKFLOW = Path(__file__).parents[4] / "workflow"
# `config.get("level", 0.95)`, `config.get("ruptures", {}).get("sets", 500)`, and `factors.get("draws", 200)`
SETTING = re.compile(r"""(?:get\(['"](\w+)['"], \{\}\)|(factors)|config)\.get\(['"](\w+)['"], ([^{}()]+)\)""")
DEFAULTS = {
    (path.stem, group or factors or "", key, default)
    for path in sorted((WORKFLOW / "report").glob("*.rst"))
    for group, factors, key, default in SETTING.findall(path.read_text())
    if key != "datasets"  # a run has some
}


def test_a_caption_ends_with_the_statistics_of_the_table(tmp_path):
    text = tmp_path / "nesting.rst"
    text.write_text("Clients of {{ snakemake.config.who }}.\n")
    found = table_caption(text, "reliability/nesting.csv")
    assert found.startswith("Clients of {{ snakemake.config.who }}.\n\nStatistics in this table:\n\n* ")
    assert "* Design effect: " in found and "KMO" not in found
    (tmp_path / "whole.rst").write_text(found)
    assert caption(tmp_path / "whole.rst", {"who": "therapists"}, {}).startswith("Clients of therapists.")


def test_one_name_means_what_it_means_in_this_table(tmp_path):
    one, other = (table_caption(tmp_path / "none.rst", f"factors/*/{name}.csv") for name in ("fit", "retention"))
    assert one != other and one.startswith("Statistics in this table:")


def test_a_table_that_the_codebook_does_not_know_keeps_its_text(tmp_path):
    (tmp_path / "a.rst").write_text("What it shows.\n")
    assert table_caption(tmp_path / "a.rst", "no/such.csv") == "What it shows.\n"


@pytest.mark.parametrize(("name", "group", "key", "default"), sorted(DEFAULTS))
def test_a_setting_that_is_not_given_has_its_own_default(name, group, key, default):
    settings = read_yaml(WORKFLOW / "schemas/config.schema.yaml", "config.schema.yaml")["properties"]
    described = (settings[group]["properties"] if group else settings)[key]
    assert described["default"] == ast.literal_eval(default), name


def test_the_settings_in_captions_are_found():
    assert {
        ("figure_scree", "factors", "draws"),
        ("figure_ruptures", "ruptures", "sets"),
        ("reliability", "", "level"),
    } <= {found[:3] for found in DEFAULTS}
