"""Tables of the report on the content of the items: categories, agreement of coders, similarity to published forms."""

import pandas as pd

from pipeline.report.blocks import Table
from pipeline.report.numbers import by_statistic, count, percent, remark, with_interval
from psychometrics.content.categories import MEAN
from psychometrics.content.coded_forms import CONSENSUS

KAPPAS = ("cohen_kappa", "fleiss_kappa")  # of two coders, of more


def categories_table(tables: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per facet and category: items and their share per form, by consensus."""
    forms = [form for form in labels if form in set(tables["form"])]
    table = Table(["Facet", "Category", *(labels[form] for form in forms)], source="coding/code_tables.csv")
    agreed = tables[(tables["coder"] == CONSENSUS) & tables["category"].notna()]
    for (facet, category), rows in agreed.groupby(["group", "category"], sort=False):
        cells = rows.pivot_table(index="form", columns="statistic", values="estimate", dropna=False)
        shown = [
            f"{count(cells.loc[form, 'category_items'])} ({percent(cells.loc[form, 'category_items_share'])})"
            if form in cells.index and "category_items_share" in cells
            else "–"
            for form in forms
        ]
        table.rows.append([str(facet), str(category), *shown])
    return table


def agreement_table(agreement: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per facet over all forms, and per form: share of agreement, kappa, alpha, AC1."""
    table = Table(
        ["Items of", "Facet", "Items", "Coders", "Agreement", "Kappa", "Krippendorff's alpha", "Gwet's AC1", "Remark"],
        source="coding/coder_agreement.csv",
    )
    rows = agreement[agreement["coder"].isna()] if "coder" in agreement else agreement
    for keys, own in by_statistic(rows, ["form", "group"]):
        kappa = next((own[name] for name in KAPPAS if name in own), None)
        if kappa is None:
            pairs = agreement[(agreement["form"] == keys["form"]) & (agreement["group"] == keys["group"])]
            kappa = next(iter(pairs[pairs["statistic"] == "cohen_kappa"].to_dict("records")), own["agreement_share"])
        shown = [own["agreement_share"], kappa, own["krippendorff_alpha"], own["gwet_ac1"]]
        table.rows.append(
            [
                labels.get(keys["form"], keys["form"]),
                keys["group"],
                count(shown[0]["n"]),
                count(shown[0]["coders"]),
                with_interval(shown[0], percent),
                *map(with_interval, shown[1:]),
                remark(*shown),
            ]
        )
    return table


def similarity_table(similarity: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per coded form: similarity to each published form, mean over the facets, and what chance would give."""
    means = similarity[similarity["facet"] == MEAN]
    published = list(dict.fromkeys(means["form_2"]))
    table = Table(["Form", *published], source="coding/published_similarity.csv")
    for form, own in means.groupby("form", sort=False):
        values = own.set_index(["form_2", "statistic"])["estimate"]
        table.rows.append(
            [
                labels.get(str(form), str(form)),
                *(
                    f"{values[other, 'hellinger_similarity']:.2f} "
                    f"({values[other, 'hellinger_similarity_if_alike']:.2f})".replace("0.", ".")
                    for other in published
                ),
            ]
        )
    return table
