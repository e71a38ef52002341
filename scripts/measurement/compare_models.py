"""What do the items of several instruments measure in common? Models of every perspective, side by side."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from measurement.method_factors import METHODS, method_rows
from pipeline.data.dataset import Dataset, Form, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.score_moments import NEEDS_ITEMS
from psychometrics.correlation.polychoric import MOST_CATEGORIES
from psychometrics.items.variation import items_without_variation
from psychometrics.measurement.designs import Design, designs_of_blocks, designs_of_scales
from psychometrics.measurement.given_correlations import answers_with
from psychometrics.measurement.models import MeasurementRows, measurement_models
from psychometrics.not_computable import NotComputable

WAI_SCALES, TOGETHER = ("task", "goal", "bond"), ("task", "goal")
AS_PEARSON = "a published matrix, taken as Pearson correlations"
CONTINUOUS = f"items with more than {MOST_CATEGORIES} different answers are taken as continuous"
TOO_FEW = "fewer than two items vary"
NO_MODEL = "no model was fitted: measurement/models.csv gives the reasons"


def main(
    responses: Path,
    measurement_models: Path,
    measurement_parameters: Path,
    *,
    level: float,
    missing: str,
    minimum_share: float,
    measurement: dict,
) -> None:
    dataset = Dataset(responses)
    if dataset.has_items:
        parts = [
            rows
            for who in dataset.factored
            for rows in of_perspective(dataset, who, measurement["reference"], missing, level)
        ]
        parts.append(method_rows(dataset, minimum_share, level))
    else:
        parts = [refused(NEEDS_ITEMS)]
    settings = {
        "level": level,
        "missing": missing,
        "minimum_answered": minimum_share,
        "reference": measurement["reference"],
        "occasion": dataset.occasion,
    }
    for rows, path in zip(zip(*parts, strict=True), (measurement_models, measurement_parameters), strict=True):
        kept_rows = [part for part in rows if len(part)] or [refused(NO_MODEL).parameters]
        frame = pd.concat(kept_rows, ignore_index=True)
        frame = with_provisional_keys(dataset, frame.assign(dataset=dataset.name))
        write_table(frame, path, settings=settings, inputs=[responses])


def refused(reason: str) -> MeasurementRows:
    """One row in either table."""
    row = {"model": "", "estimate": np.nan, "note": reason}
    models, parameters = ({"statistic": name} | row for name in ("chi_square", "standardized_loading"))
    return MeasurementRows(pd.DataFrame([models]), pd.DataFrame([parameters]))


def of_perspective(dataset: Dataset, who: str, reference: str, missing: str, level: float) -> Iterable[MeasurementRows]:
    """Models of all instruments together, then of each form with the scales of the WAI."""
    forms = dataset.forms_of(who)
    blocks: dict[str, list[str]] = {}
    for form in forms:
        blocks.setdefault(form.instrument, []).extend(form.labels)
    answers, left_out = answers_of(dataset, who)
    blocks = kept(blocks, left_out)
    if sum(map(len, blocks.values())) < 2:
        yield marked(refused(TOO_FEW), who, "", left_out)
        return
    chosen = reference if reference in blocks else max(blocks, key=lambda name: len(blocks[name]))
    designs = designs_of_blocks(blocks, chosen)
    with_scales = [form for form in forms if set(WAI_SCALES) <= set(form.scales)]
    if len(forms) == len(with_scales) == 1:
        designs = designs[1:]  # one factor of the only form is among the models of its scales
    yield marked(fitted(dataset, designs, answers, missing, level), who, "", left_out)
    for form in with_scales:
        scales = kept({scale: form.labels_of(scale) for scale in WAI_SCALES}, left_out)
        scales = {scale: [item for item in items if item in form.labels] for scale, items in scales.items()}
        if set(scales) == set(WAI_SCALES) and all(scales.values()):
            rows = fitted(dataset, designs_of_scales(scales, TOGETHER), answers, missing, level)
        else:
            rows = refused("a scale has no item that varies")
        yield marked(rows, who, form.name, {item: why for item, why in left_out.items() if item in form.labels})


def answers_of(dataset: Dataset, who: str) -> tuple[pd.DataFrame, dict[str, str]]:
    """Answers, or of a matrix its correlations, and which items are left out and why."""
    if dataset.is_matrix:
        labels = [label for form in dataset.forms_of(who) for label in form.labels]
        return dataset.matrix.loc[labels, labels], {}
    answers = dataset.joint_answers(who)
    return answers, items_without_variation(answers)


def kept(blocks: dict[str, list[str]], left_out: dict[str, str]) -> dict[str, list[str]]:
    """Blocks without the items that are left out; no empty ones."""
    found = {name: [item for item in items if item not in left_out] for name, items in blocks.items()}
    return {name: items for name, items in found.items() if items}


def fitted(
    dataset: Dataset, designs: list[Design], answers: pd.DataFrame, missing: str, level: float
) -> MeasurementRows:
    """Fit by the estimator that the answers ask for, and say so where it is not the usual one."""
    items = next((design.items for design in designs if design.blocks), [])
    if not items:
        return measurement_models(designs, answers)
    if dataset.is_matrix:
        try:
            made = answers_with(answers.loc[items, items], dataset.people)
        except NotComputable as reason:
            return refused(str(reason))
        rows = measurement_models(designs, made, estimator="ML", missing="listwise", level=level)
        return noted(rows, AS_PEARSON)
    answers = answers[items].dropna(how="all")
    units = dataset.units(answers.index) if dataset.resampled == "therapists" else None
    if answers.nunique().max() > MOST_CATEGORIES:
        rule = "listwise" if missing == "listwise" else "ml"
        rows = measurement_models(designs, answers, estimator="MLR", missing=rule, units=units, level=level)
        return noted(rows, CONTINUOUS)
    rule = "listwise" if missing == "listwise" else "pairwise"
    return measurement_models(designs, answers, missing=rule, units=units, level=level)


def noted(rows: MeasurementRows, note: str) -> MeasurementRows:
    """The same with a note on every chi-square that there is."""
    models = rows.models
    chi_square = (models["statistic"] == "chi_square") & models["estimate"].notna()
    models.loc[chi_square, "note"] = [append_note(text, note) for text in models.loc[chi_square, "note"]]
    return rows


def marked(rows: MeasurementRows, who: str, form: str, left_out: dict[str, str]) -> MeasurementRows:
    """The same with what it is about, and a row for every item that is left out."""
    models = rows.models
    if left_out:
        rest = [
            {"item": item, "statistic": "left_out", "estimate": np.nan, "note": reason}
            for item, reason in left_out.items()
        ]
        models = pd.concat([models, pd.DataFrame(rest).assign(model="")])
    keys = {"perspective": who, "perspective_2": "", "form": form}
    return MeasurementRows(models.assign(**keys), rows.parameters.assign(**keys))


def with_provisional_keys(dataset: Dataset, frame: pd.DataFrame) -> pd.DataFrame:
    """The note of every chi-square and reliability that rests on a provisional key says so."""
    if "perspective" not in frame:
        return frame
    shown = frame["statistic"].isin(["chi_square", "factor_reliability", "latent_correlation"])
    shown &= frame["form"].eq("") & frame["model"].ne(METHODS) & frame["estimate"].notna()
    for who, one in frame[shown].groupby("perspective"):
        for form in provisional(dataset.forms_of(str(who))):
            mark = f"provisional key ({form.label})"
            frame.loc[one.index, "note"] = [append_note(note, mark) for note in frame.loc[one.index, "note"]]
    return dataset.mark_provisional(frame)


def provisional(forms: list[Form]) -> list[Form]:
    """Forms whose key is not established, each once."""
    return list({form.label: form for form in forms if form.key_status == "provisional"}.values())


if __name__ == "__main__":
    job(main, snakemake)
