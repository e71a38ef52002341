"""Where do client and therapist differ: item by item, by what the items ask, and early against late?"""

from pathlib import Path

import pandas as pd

from perspectives.mirrored import (
    MirroredForm,
    early_and_late,
    in_words,
    mirrored_forms,
    phases_in_words,
    totals_of_both,
    why_no_items,
)
from perspectives.pairing import NOT_MIRRORED, ScalePair, why_none
from pipeline.data.dataset import Dataset, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.factor_settings import codes_of_items
from psychometrics.perspectives.asymmetry import asymmetry_by_content, item_asymmetry, phase_asymmetry

DRAWS = 1000
ONE_SESSION = "needs two sessions: there is one"
NO_TOTAL = "needs a total that both perspectives rated"


def main(
    responses: Path, scores: Path, perspective_items: Path, perspective_phases: Path, *, level: float, seed: int
) -> None:
    dataset = Dataset(responses)
    if reason := why_no_items(dataset):
        items = pd.DataFrame([{"statistic": "item_gap", "estimate": float("nan"), "note": reason}])
    else:
        parts = [compare(dataset, mirrored, level, seed) for mirrored in mirrored_forms(dataset)]
        items = dataset.mark_provisional(pd.concat(parts, ignore_index=True))
    settings = {"level": level, "seed": seed, "resamples": DRAWS, "occasion": dataset.occasion}
    write_table(items.assign(dataset=dataset.name), perspective_items, settings=settings, inputs=[responses])
    phases = compare_phases(dataset, pd.read_parquet(scores), level)
    settings = {"level": level, "phases": phases_in_words(dataset)}
    write_table(phases.assign(dataset=dataset.name), perspective_phases, settings=settings, inputs=[responses, scores])


def compare(dataset: Dataset, mirrored: MirroredForm, level: float, seed: int) -> pd.DataFrame:
    """Rows of one form at the chosen occasion: items, and the kinds of item."""
    first, second = mirrored.answers(dataset)
    units = dataset.units(first.index)
    low, high = mirrored.first.range
    rows = item_asymmetry(first, second, units=units, reverse=mirrored.reverse, level=level, possible=(low, high))
    try:
        by_content = asymmetry_by_content(
            codes_of_items(dataset),
            first,
            second,
            units=units,
            level=level,
            draws=DRAWS,
            seed=seed,
            resampled=dataset.resampled,
        )
    except (NotRun, ValueError) as reason:
        by_content = reason_row(NotRun(str(reason)), "difference_item_gap").assign(facet="", category="", item="")
    known = [part for part in (rows, by_content) if len(part)]
    return mirrored.described(pd.concat(known, ignore_index=True).fillna({"item": "", "facet": "", "category": ""}))


def compare_phases(dataset: Dataset, scored: pd.DataFrame, level: float) -> pd.DataFrame:
    """Rows of every total that both rated; one row with the reason where there is none, or one session."""
    pairs = totals_of_both(dataset)
    reason = why_none(dataset) or ("" if pairs else NO_TOTAL) or ("" if len(dataset.sessions) > 1 else ONE_SESSION)
    if reason:
        return pd.DataFrame([{"statistic": "phase_gap", "phase": "", "estimate": float("nan"), "note": reason}])
    return dataset.mark_provisional(pd.concat([phases_of(dataset, pair, scored, level) for pair in pairs]))


def phases_of(dataset: Dataset, pair: ScalePair, scored: pd.DataFrame, level: float) -> pd.DataFrame:
    early, late = early_and_late(dataset, pair, scored)
    rows = phase_asymmetry(early, late, units=dataset.units(early.index), level=level, possible=pair.possible)
    who = pair.first.perspective, pair.second.perspective
    rows["method"] = [in_words(method, *who) for method in rows["method"].fillna("")]
    if not pair.mirrored:
        rows["note"] = [append_note(note, NOT_MIRRORED) for note in rows["note"]]
    return rows.assign(**pair.keys, unit=pair.unit)


if __name__ == "__main__":
    job(main, snakemake)
