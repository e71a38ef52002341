"""Captions of tables say what is in them, from the codebook."""

from pipeline.report.captions import caption, table_caption


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
