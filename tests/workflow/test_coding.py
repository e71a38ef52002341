"""The coded items of the shipped example, from the codes to table, figure and section."""

import pandas as pd
import pytest

from coding.plot_coding import main as plot_coding
from pipeline.data.tables import read_table


@pytest.fixture(scope="module")
def coded(finished):
    return finished.folder / "results/example"


def test_categories_are_those_of_the_file(coded, finished):
    codes = pd.read_csv(finished.folder / "data/datasets/example/item_codes.csv")
    table = read_table(coded / "coding/code_tables.csv")
    rows = table[(table["statistic"] == "category_items") & (table["coder"] == "A") & (table["group"] == "theme")]
    found = rows[rows["estimate"] > 0].set_index(["form", "category"])["estimate"]
    expected = codes[codes["coder"] == "A"].groupby(["form", "theme"]).size().astype(float)
    assert found.sort_index().to_dict() == expected.sort_index().to_dict()


def test_agreement_is_that_of_the_file(coded, finished):
    codes = pd.read_csv(finished.folder / "data/datasets/example/item_codes.csv")
    wide = codes.pivot(index=["form", "item"], columns="coder", values="voice")
    rows = read_table(coded / "coding/coder_agreement.csv")
    own = rows[(rows["form"] == "all forms") & (rows["group"] == "voice")].set_index("statistic")
    assert own.loc["agreement_share", "estimate"] == pytest.approx((wide["A"] == wide["B"]).mean())
    assert own.loc["agreement_share", "n"] == len(wide)


def test_a_form_is_most_like_a_published_one(coded):
    rows = read_table(coded / "coding/published_similarity.csv")
    assert rows["estimate"].between(0, 1).all()
    assert not rows["form"].isin(rows["form_2"]).any()


def test_the_report_shows_it_and_a_data_set_without_codes_does_not(coded):
    page = (coded / "report.html").read_text()
    assert "Agreement of the coders" in page and (coded / "figures/coding.svg").exists()
    other = coded.parent / "wai_sr_chatbot"
    assert not (other / "coding").exists() and "Agreement of the coders" not in (other / "report.html").read_text()


def test_figure_of_one_coder(coded, tmp_path):
    """Without a second coder there is no agreement to draw."""
    agreement = read_table(coded / "coding/coder_agreement.csv").assign(estimate=float("nan"))
    agreement.to_csv(tmp_path / "agreement.csv", index=False)
    plot_coding(coded / "responses", coded / "coding/code_tables.csv", tmp_path / "agreement.csv", [tmp_path / "f.svg"])
    drawn = (tmp_path / "f.svg").read_text()
    assert len(drawn) > 5000
