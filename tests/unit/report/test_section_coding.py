"""The section on coded items: sentences word by word, and nothing where there are no codes."""

import json

import numpy as np
import pandas as pd
import pytest

from coding.section_coding import confusion_sentence, few_items, section
from coding.shown_tables import agreement_table, categories_table
from pipeline.data.job import InputError
from pipeline.report.results import Results


def agreement(form, statistic, estimate, lower=np.nan, upper=np.nan, n=20):
    return {
        "form": form, "group": "voice", "statistic": statistic, "estimate": estimate, "lower": lower, "upper": upper,
        "level": 0.95, "n": n, "coders": 2, "note": "",
    }  # fmt: skip


AGREED = pd.DataFrame(
    [
        agreement(form, statistic, *values, n=n)
        for form, n in (("all forms", 60), ("wai_s", 12))
        for statistic, values in {
            "agreement_share": (0.9, 0.8, 0.95),
            "cohen_kappa": (0.5, 0.1, 0.8),
            "krippendorff_alpha": (0.51, 0.1, 0.8),
            "gwet_ac1": (0.7, 0.5, 0.85),
        }.items()
    ]
)


def test_short_forms_have_wide_intervals():
    assert few_items(AGREED, {"wai_s": "WAI-S"}) == (
        "Intervals for single forms are wide: for WAI-S, kappa of voice is .50, 95% CI [.10, .80] with 12 items."
    )
    assert few_items(AGREED.assign(n=200), {}) == ""


def test_table_of_agreement():
    table = agreement_table(AGREED, {"wai_s": "WAI-S"})
    assert table.rows[1] == [
        "WAI-S", "voice", "12", "2", "90% [80, 95]", ".50 [.10, .80]", ".51 [.10, .80]", ".70 [.50, .85]", "",
    ]  # fmt: skip


def test_table_of_categories():
    rows = [
        {"form": "wai_s", "group": "voice", "coder": who, "category": kind, "statistic": statistic, "estimate": value}
        for who, numbers in (("consensus", (3, 0.75)), ("A", (4, 1.0)))
        for kind in ("first person",)
        for statistic, value in zip(("category_items", "category_items_share"), numbers, strict=True)
    ]
    table = categories_table(pd.DataFrame(rows), {"wai_s": "WAI-S", "haq2": "HAq-II"})
    assert (table.head, table.rows) == (["Facet", "Category", "WAI-S"], [["voice", "first person", "3 (75%)"]])


def test_most_confused_categories():
    rows = pd.DataFrame(
        [
            ("all forms", "voice", "coder_pairs_share", one, two, share)
            for one, two, share in (("a", "a", 0.6), ("a", "b", 0.1), ("b", "c", 0.3))
        ],
        columns=["form", "group", "statistic", "category", "category_2", "estimate"],
    )
    assert confusion_sentence(rows) == (
        "Coders most often disagreed between b and c (voice; 30% of the pairs of coders)."
    )
    assert confusion_sentence(rows[rows["category"] == rows["category_2"]]) == ""


def test_no_section_without_codes(tmp_path):
    folder = tmp_path / "study/responses"
    folder.mkdir(parents=True)
    content = {
        "name": "study", "title": "t", "source": "s", "simulated": False, "occasion": 1, "variables": {}, "people": 9,
        "is_matrix": False, "item_codes": False, "loadings": False, "forms": [],
    }  # fmt: skip
    (folder / "dataset.json").write_text(json.dumps(content))
    assert section(Results(folder, {}, {}, {})) == []

    from coding import tabulate_codes

    paths = [tmp_path / name for name in ("a", "b", "c", "d")]
    with pytest.raises(InputError, match=r"study/dataset\.yaml: the content of the items needs item_codes"):
        tabulate_codes.main(folder, tmp_path / "published.yaml", *paths, level=0.95, seed=1)
