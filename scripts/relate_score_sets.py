"""Canonical correlations and redundancies between the scales, and between the items, of every two instruments."""
from itertools import combinations
from pathlib import Path

import pandas as pd

from pipeline.dataset import Dataset, Form
from pipeline.job import job
from pipeline.scores import items_at_occasion, score_columns, scores_at_occasion
from pipeline.tables import write_table
from psychometrics.scoring import composite_moments
from psychometrics.set_association import relate_sets, relate_sets_of_matrix

SETS = ("scales", "items")


def main(responses: Path, scores: Path, table: Path, *, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    wide = None if dataset.is_matrix else scores_at_occasion(dataset, scores, score_columns(dataset))
    rows = []
    for one, two in pairs(dataset):
        for kind in SETS:
            if dataset.is_matrix:
                found = relate_in_matrix(dataset, one, two, kind)
            else:
                first, second = (members(dataset, form, kind, wide) for form in (one, two))
                found = relate_sets(first, second, units=dataset.units(wide.index), level=level, draws=draws, seed=seed)
            rows.append(found.assign(perspective=one.perspective, perspective_2=two.perspective, form=one.name,
                                     form_2=two.name, group=kind))
    if not rows:
        rows = [pd.DataFrame([{"statistic": "canonical_r", "estimate": float("nan"), "note":
                               "one instrument and one perspective: canonical correlations need two sets"}])]
    frame = dataset.mark_provisional(pd.concat(rows, ignore_index=True).assign(dataset=dataset.name))
    settings = {"level": level, "permutations": draws, "seed": seed, "missing": "listwise within a pair",
                "occasion": dataset.occasion}
    write_table(frame, table, settings=settings, inputs=[responses, scores])


def pairs(dataset: Dataset) -> list[tuple[Form, Form]]:
    """Different instruments of one perspective, then one instrument from two perspectives."""
    found = list(combinations(dataset.forms, 2))
    within = [(a, b) for a, b in found if a.perspective == b.perspective and a.instrument != b.instrument]
    return within + [(a, b) for a, b in found if a.perspective != b.perspective and a.instrument == b.instrument]


def scale_items(form: Form) -> dict[str, list[int]]:
    """The scales of a form without its total, or the total where it has no other scale."""
    return {name: items for name, items in form.scales.items() if name != "total"} or form.scales


def members(dataset: Dataset, form: Form, kind: str, wide: pd.DataFrame) -> pd.DataFrame:
    """The scores of a form at the chosen occasion: its scales, or its items."""
    if kind == "items":
        return items_at_occasion(dataset, form, wide.index)
    return wide[[f"{form.perspective}.{form.name}.{scale}" for scale in scale_items(form)]]


def relate_in_matrix(dataset: Dataset, one: Form, two: Form, kind: str) -> pd.DataFrame:
    if kind == "items":
        labels = [*one.labels, *two.labels]
        return relate_sets_of_matrix(dataset.matrix.loc[labels, labels], one.items, dataset.people)
    scales = {f"{form.name}.{name}": [form.labels[item - 1] for item in items]
              for form in (one, two) for name, items in scale_items(form).items()}
    moments = composite_moments(dataset.matrix, dataset.moments["mean"], dataset.moments["sd"], scales)
    return relate_sets_of_matrix(moments.correlation, len(scale_items(one)), dataset.people)


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            scores=Path(snakemake.input.scores),
            table=Path(snakemake.output.table),
            level=snakemake.params.level,
            draws=snakemake.params.draws,
            seed=snakemake.params.seed,
        )
