"""Do perspectives agree on what an instrument measures? Multitrait-multimethod matrices, and HTMT of instruments."""

from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from pipeline.steps.attempts import attempted
from pipeline.steps.left_out import noted
from pipeline.steps.mtmm_cells import correlation_cells, reliability_cells
from pipeline.steps.score_moments import NEEDS_ITEMS
from pipeline.steps.scores import items_at_occasion, score_columns, scores_at_occasion
from pipeline.steps.shown_alpha import with_alpha_to_report
from psychometrics.association.cluster_bootstrap import UnitResamples, no_resamples, resample_units
from psychometrics.association.htmt import htmt_of_answers, htmt_of_matrix
from psychometrics.association.mtmm import COLUMNS, campbell_fiske
from psychometrics.association.mtmm_design import MtmmDesign, mtmm_designs
from psychometrics.association.pairs import all_pairs, score_values
from psychometrics.association.weighted import used_by, weighted_pair_correlations
from psychometrics.items.variation import left_out_note, varying_items


def main(
    responses: Path,
    scores: Path,
    correlations: Path,
    reliability: Path,
    mtmm: Path,
    *,
    level: float,
    draws: int,
    seed: int,
    missing: str,
) -> None:
    dataset = Dataset(responses)
    columns, wide = score_columns(dataset), None
    resamples = no_resamples(dataset.people)
    if dataset.has_people:
        wide = scores_at_occasion(dataset, scores, columns)
        resamples = resample_units(dataset.units(wide.index), draws, seed)
    tables = read_table(correlations), with_alpha_to_report(dataset.results_at_occasion(read_table(reliability)))
    # normal-theory EM is not for single ordinal answers
    rule = "pairwise" if missing == "em" else missing
    parts = [matrix(design, *tables, wide, resamples, level) for design in mtmm_designs(columns)]
    parts += [distinct(dataset, who, wide, level, rule) for who in dataset.perspectives]
    frame = pd.concat([part.dropna(axis=1, how="all") for part in parts], ignore_index=True)
    frame = frame.reindex(columns=[*COLUMNS, "group"]).fillna({"note": ""})
    settings = {"level": level, "resamples": draws, "seed": seed, "missing": rule, "occasion": dataset.occasion}
    write_table(
        dataset.mark_provisional(frame.assign(dataset=dataset.name)),
        mtmm,
        settings=settings,
        inputs=[responses, scores, correlations, reliability],
    )


def matrix(
    design: MtmmDesign,
    correlations: pd.DataFrame,
    reliability: pd.DataFrame,
    wide: pd.DataFrame | None,
    resamples: UnitResamples,
    level: float,
) -> pd.DataFrame:
    """Cells and criteria of one matrix; the first row of the criteria says what the matrix leaves out."""
    measures = design.measures
    if measures.empty:
        return pd.DataFrame([{"group": design.group, "statistic": "validity", "estimate": np.nan, "note": design.note}])
    cells, pairs = correlation_cells(measures, correlations), all_pairs(measures)
    draws, used = None, np.ones((len(resamples.codes), len(pairs)), dtype=bool)
    if wide is not None:
        values = score_values(wide, measures)
        used = used_by(values, pairs)
        draws = None if resamples.weights is None else weighted_pair_correlations(values, resamples.weights, pairs)
    criteria = campbell_fiske(measures, cells, draws, used, resamples, level)
    parts = [reliability_cells(measures, reliability), cells, criteria]
    if design.note:
        parts.append(pd.DataFrame([{"statistic": "left_out", "note": design.note}]))
    return pd.concat([part.dropna(axis=1, how="all") for part in parts], ignore_index=True).assign(group=design.group)


def distinct(dataset: Dataset, perspective: str, wide: pd.DataFrame | None, level: float, missing: str) -> pd.DataFrame:
    """HTMT of every two forms of different instruments that one perspective answered."""
    forms = dataset.forms_of(perspective)
    parts = []
    for one, two in combinations(forms, 2):
        if one.instrument == two.instrument or not dataset.has_items:
            continue
        totals = [(form, form.scale_columns["total"]) for form in (one, two)]
        first, left_out = len(totals[0][1]), {}
        if wide is None:
            labels = [f"{form.name}_{item[1:]}" for form, items in totals for item in items]
            estimate = partial(htmt_of_matrix, dataset.matrix.loc[labels, labels], first, dataset.people, level)
        else:
            varying = [varying_items(items_at_occasion(dataset, form, wide.index)[items]) for form, items in totals]
            answers = [kept.add_prefix(f"{form.label} ") for (form, _), (kept, _) in zip(totals, varying, strict=True)]
            first = len(answers[0].columns)
            left_out = {
                f"{form.label} {item}": reason
                for (form, _), (_, found) in zip(totals, varying, strict=True)
                for item, reason in found.items()
            }
            units = dataset.units(wide.index)
            estimate = partial(
                htmt_of_answers, pd.concat(answers, axis=1), first, missing=missing, units=units, level=level
            )
        rows = noted(attempted(estimate, "htmt"), left_out_note(left_out))
        parts.append(rows.assign(form=one.name, form_2=two.name, scale="total", scale_2="total"))
    alone = f"one instrument ({perspective}): the items of a second one are needed"
    reason = alone if dataset.has_items else NEEDS_ITEMS
    rows = pd.concat(parts) if parts else pd.DataFrame([{"statistic": "htmt", "estimate": np.nan, "note": reason}])
    return rows.assign(perspective=perspective, perspective_2=perspective, group="items")


if __name__ == "__main__":
    job(main, snakemake)
