"""Canonical correlations and redundancies between the scales, and between the items, of every two instruments."""

from functools import partial
from itertools import combinations
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset, Form
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from pipeline.steps.left_out import noted
from pipeline.steps.score_moments import NEEDS_ITEMS, ScoreMoments, moments_of_scores
from pipeline.steps.scores import items_at_occasion, score_columns, scores_at_occasion
from psychometrics.association.pairs import smallest_n
from psychometrics.items.variation import left_out_note, varying_items
from psychometrics.shared_variance.canonical_rows import relate_sets, relate_sets_of_matrix

SETS = ("scales", "items")


def main(responses: Path, scores: Path, canonical: Path, *, level: float, draws: int, seed: int) -> None:
    dataset = Dataset(responses)
    if dataset.has_people:
        wide = scores_at_occasion(dataset, scores, score_columns(dataset))
    else:
        moments = moments_of_scores(dataset)
    sets = (
        {
            (form.name, form.perspective, kind): members(dataset, form, kind, wide)
            for form in dataset.forms
            for kind in (SETS if dataset.has_items else SETS[:1])
        }
        if dataset.has_people
        else {}
    )
    rows = []
    for one, two in pairs(dataset):
        for kind in SETS:
            left_out = ""
            if not dataset.has_items and kind == "items":
                relate = without_items
            elif not dataset.has_people:
                relate = partial(relate_in_matrix, dataset, moments, one, two, kind)
            else:
                both = [sets[form.name, form.perspective, kind] for form in (one, two)]
                left_out = left_out_of(dataset, (one, two), both) if kind == "items" else ""
                units = dataset.units(wide.index)
                relate = partial(relate_sets, *both, units=units, level=level, draws=draws, seed=seed)
            rows.append(
                noted(attempted(relate, "canonical_r"), left_out).assign(
                    perspective=one.perspective,
                    perspective_2=two.perspective,
                    form=one.name,
                    form_2=two.name,
                    group=kind,
                )
            )
    if not rows:
        rows = [
            pd.DataFrame(
                [
                    {
                        "statistic": "canonical_r",
                        "estimate": float("nan"),
                        "note": "canonical correlations need two instruments of one perspective, or one of two",
                    }
                ]
            )
        ]
    frame = dataset.mark_provisional(pd.concat(rows, ignore_index=True).assign(dataset=dataset.name))
    settings = {
        "level": level,
        "permutations": draws,
        "seed": seed,
        "missing": "listwise within a pair",
        "occasion": dataset.occasion,
    }
    write_table(frame, canonical, settings=settings, inputs=[responses, scores])


def left_out_of(dataset: Dataset, forms: tuple[Form, Form], sets: list[pd.DataFrame]) -> str:
    """Which items the two sets do without, because they do not vary."""
    notes = []
    for form, kept in zip(forms, sets, strict=True):
        _, left_out = varying_items(items_at_occasion(dataset, form, kept.index))
        notes += [f"{form.label} {left_out_note(left_out)}"] if left_out else []
    return "; ".join(notes)


def pairs(dataset: Dataset) -> list[tuple[Form, Form]]:
    """Different instruments of one perspective, then one instrument from two perspectives."""
    found = list(combinations(dataset.forms, 2))
    within = [(a, b) for a, b in found if a.perspective == b.perspective and a.instrument != b.instrument]
    return within + [(a, b) for a, b in found if a.perspective != b.perspective and a.instrument == b.instrument]


def scores_of_form(form: Form) -> list[str]:
    """Scores of the scales of a form without its total, or of the total where it has no other scale."""
    scales = [scale for scale in form.scales if scale != "total"] or list(form.scales)
    return [f"{form.perspective}.{form.name}.{scale}" for scale in scales]


def members(dataset: Dataset, form: Form, kind: str, wide: pd.DataFrame) -> pd.DataFrame:
    """The scores of a form at the chosen occasion: its scales, or its items."""
    if kind == "items":
        return varying_items(items_at_occasion(dataset, form, wide.index))[0]
    return wide[scores_of_form(form)]


def without_items() -> pd.DataFrame:
    """Why there are no canonical correlations of items."""
    return pd.DataFrame([{"statistic": "canonical_r", "estimate": float("nan"), "note": NEEDS_ITEMS}])


def relate_in_matrix(dataset: Dataset, moments: ScoreMoments, one: Form, two: Form, kind: str) -> pd.DataFrame:
    if kind == "scales":
        names = [name for form in (one, two) for name in scores_of_form(form)]
        return relate_sets_of_matrix(
            moments.correlation.loc[names, names], len(scores_of_form(one)), smallest_n(moments.n, names)
        )
    labels = [*one.labels, *two.labels]
    return relate_sets_of_matrix(dataset.matrix.loc[labels, labels], len(one.labels), dataset.people)


if __name__ == "__main__":
    job(main, snakemake)
