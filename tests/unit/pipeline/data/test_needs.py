"""What is asked of a cluster is more than what was measured, and every rule asks."""

import re

import pytest
from tests.conftest import ROOT

from pipeline.data.needs import KINDS, Extent, extent, factored_items, pieces

# MB at most of one job of each kind (the peak of the script itself), as measured for docs/cluster.md
MEASURED = {
    "shipped": (Extent(0.77, 79), {"tables": 478, "answers": 242, "factors": 236, "figures": 545}),
    "2,000 clients": (Extent(0.41, 35), {"tables": 478, "answers": 280, "factors": 201, "figures": 462}),
    "20,000 clients": (Extent(4.25, 35), {"tables": 478, "answers": 559, "factors": 322, "figures": 522}),
    "196 items": (Extent(0.33, 196), {"tables": 478, "answers": 361, "factors": 385, "figures": 1203}),
}
SNAKEMAKE = 2 * 200  # MB that a submission needs beside the script
MARGIN = 4 / 3


@pytest.mark.parametrize("data", MEASURED)
@pytest.mark.parametrize("kind", KINDS)
def test_more_is_asked_than_was_measured(data, kind):
    size, peaks = MEASURED[data]
    assert KINDS[kind].memory(size) >= MARGIN * peaks[kind] + SNAKEMAKE
    assert KINDS[kind].memory(size) <= 3_000  # what any node has


def test_a_million_clients():
    """212 MB of text: 7.8 GB were the most of all rules that were measured (docs/performance.md)."""
    assert KINDS["answers"].memory(Extent(212, 35)) > 7_800 * MARGIN
    assert KINDS["factors"].memory(Extent(212, 35)) > KINDS["answers"].memory(Extent(212, 35))


def test_the_pairs_of_items_count_up_to_a_bound():
    """No more is held than 800 MB at a time, three of them in a step."""
    grows = [KINDS["factors"].memory(Extent(1, items)) for items in (50, 100, 200)]
    assert grows == sorted(set(grows))
    assert KINDS["factors"].memory(Extent(1, 10_000)) == KINDS["factors"].memory(Extent(1, 400))
    assert [KINDS["factors"].time(Extent(0, items)) for items in (0, 100, 200)] == [10, 20, 50]


def test_the_extent_of_a_data_set(tmp_path):
    for name, size in (("a.csv", 500_000), ("b.xlsx", 100_000)):
        (tmp_path / name).write_bytes(b"x" * size)
    entries = [{"form": "six", "perspective": who, "file": "a.csv"} for who in ("client", "client", "therapist")]
    files = [tmp_path / "a.csv", tmp_path / "b.xlsx", tmp_path / "missing.csv"]
    # a MB of a workbook holds as much as 8 of text; the form is asked of clients and of therapists
    assert extent(files, {"responses": entries}, {"six": {"items": 6}}) == Extent(1.3, 12)
    assert Extent(1, 2) + Extent(3, 4) == Extent(4, 6)


def test_items_that_are_not_factored_cut_nothing_into_jobs():
    entries = [{"form": "six", "perspective": who, "file": "a.csv"} for who in ("client", "observer", "therapist")]
    description = {"responses": entries, "factor_perspectives": ["client", "therapist"]}
    assert factored_items(description, {"six": {"items": 6}}) == 12
    assert extent([], description, {"six": {"items": 6}}).items == 18


def test_every_rule_with_a_script_says_what_it_needs():
    for file in (ROOT / "workflow/rules").glob("*.smk"):
        for step in re.split(r"^ *rule\b[ \w]*:", file.read_text(), flags=re.MULTILINE)[1:]:
            if "    script:\n" in step and "refuse_dataset" not in step:
                assert "**needs(" in step, f"{file.name}: {step[:200]}"
                assert ("group:" in step) + ("localrule: True" in step) <= 1


@pytest.mark.parametrize("items, jobs", [(0, 1), (86, 1), (99, 1), (100, 2), (200, 5), (5_000, 16)])
def test_random_draws_are_cut_into_more_jobs_where_there_are_more_items(items, jobs):
    assert pieces(items) == jobs
