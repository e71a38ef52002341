"""The page on top: links to the reports of the data sets, and the content analysis."""

from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table
from pipeline.report.blocks import Table
from pipeline.report.captions import caption
from pipeline.report.numbers import coefficient
from pipeline.report.page import inline_svg, write_page


def main(
    responses: list[Path],
    audit: Path,
    similarity: Path,
    figure: Path,
    template: Path,
    captions: Path,
    page: Path,
    *,
    config: dict,
) -> None:
    datasets = [Dataset(folder) for folder in responses]
    findings = read_table(audit)
    wrong = findings[findings["verdict"] != "supported"] if "verdict" in findings else findings
    write_page(
        template,
        page,
        datasets=datasets,
        findings=[finding(row) for row in wrong.to_dict("records")],
        similarity=similarity_table(read_table(similarity)),
        figure=inline_svg(figure),
        caption=caption(captions, config, {}),
    )


def finding(row: dict) -> str:
    """One finding of the audit with its place in the published tables."""
    place = [str(row[key]) for key in ("form", "facet", "category") if pd.notna(row[key])]
    return f"{', '.join(place)}: {row['note']}"


def similarity_table(similarity) -> Table:
    """Mean similarity of forms within and across instruments and perspectives, per facet."""
    means = similarity[similarity["form"].isna() & (similarity["statistic"] == "hellinger_similarity")]
    facets = list(means["facet"].unique())
    table = Table(["Pairs of forms", *facets], source="content/similarity.csv")
    for group, rows in means.groupby("group", sort=False):
        by_facet = rows.set_index("facet")["estimate"]
        table.rows.append([str(group), *(coefficient(by_facet[facet]) for facet in facets)])
    return table


if __name__ == "__main__":
    job(main, snakemake)
