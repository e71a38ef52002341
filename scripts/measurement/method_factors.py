"""What two perspectives share of each instrument, and what one of them adds: correlated traits, methods minus one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form
from psychometrics.items.scoring import score_scales
from psychometrics.measurement.designs import FEWEST_SPECIFIC, design_of_methods
from psychometrics.measurement.models import MeasurementRows, measurement_models

METHODS = "ctc_m_minus_1"
ORDER = ("client", "therapist", "observer")  # the first of them that answered is the reference
PARCELS = 3
NOT_MIRRORED = "the items differ between the perspectives in "
FEWEST_PEOPLE = 3


@dataclass(frozen=True)
class Trait:
    """One instrument from two perspectives: indicators of either, scores by client."""

    name: str
    first: pd.DataFrame
    second: pd.DataFrame
    mirrored: bool
    provisional: tuple[str, ...]


def method_rows(dataset: Dataset, minimum_share: float, level: float) -> MeasurementRows:
    """Rows of the model for the reference and each other perspective; one row with the reason where there are none."""
    answered = [who for who in ORDER if who in dataset.perspectives]
    if not dataset.has_people or dataset.is_matrix:
        return refused("needs raw answers: a matrix contains no dyads", answered[0], "")
    if len(answered) < 2:
        return refused(f"needs two perspectives: only one answered ({answered[0]})", answered[0], "")
    parts = [of_pair(dataset, answered[0], other, minimum_share, level) for other in answered[1:]]
    return MeasurementRows(*(pd.concat(rows, ignore_index=True) for rows in zip(*parts, strict=True)))


def refused(reason: str, who: str, other: str) -> MeasurementRows:
    """One row with the reason."""
    row = {"model": METHODS, "statistic": "chi_square", "estimate": np.nan, "note": reason}
    keys = {"perspective": who, "perspective_2": other, "form": ""}
    return MeasurementRows(pd.DataFrame([row | keys]), pd.DataFrame(columns=[*row, *keys]))


def of_pair(dataset: Dataset, first: str, second: str, minimum_share: float, level: float) -> MeasurementRows:
    """Rows of the reference and one other perspective, the clients whom both rated."""
    traits = traits_of(dataset, first, second, minimum_share)
    if not traits:
        reason = "needs an instrument that both perspectives answered, with three scales or three items in common"
        return refused(reason, first, second)
    frame = pd.concat([part for trait in traits for part in (trait.first, trait.second)], axis=1)
    own = {place: [name for trait in traits for name in getattr(trait, place)] for place in ("first", "second")}
    both = frame[own["first"]].notna().any(axis=1) & frame[own["second"]].notna().any(axis=1)
    frame = frame[both]
    if len(frame) < FEWEST_PEOPLE:
        return refused("fewer than three dyads have both ratings", first, second)
    design = design_of_methods(
        {trait.name: list(trait.first) for trait in traits},
        {trait.name: list(trait.second) for trait in traits},
        (first, second),
    )
    units = dataset.units(frame.index) if dataset.resampled == "therapists" else None
    rows = measurement_models([design], frame, estimator="MLR", missing="ml", units=units, level=level)
    differing = [trait.name for trait in traits if not trait.mirrored]
    notes = [NOT_MIRRORED + ", ".join(differing)] if differing else []
    notes += [f"provisional key ({label})" for trait in traits for label in trait.provisional]
    models = rows.models
    chi_square = models["statistic"] == "chi_square"
    models.loc[chi_square, "note"] = [
        "; ".join(filter(None, [text, *notes])) for text in models.loc[chi_square, "note"]
    ]
    keys = {"perspective": first, "perspective_2": second, "form": ""}
    return MeasurementRows(*(part.assign(**keys) for part in rows))


def traits_of(dataset: Dataset, first: str, second: str, minimum_share: float) -> list[Trait]:
    """Instruments that both answered, each by one form: the same where there is one."""
    found: dict[str, Trait] = {}
    one, two = dataset.forms_of(first), dataset.forms_of(second)
    couples = [(a, b) for a in one for b in two if a.name == b.name]
    couples += [(a, b) for a in one for b in two if a.instrument == b.instrument and a.name != b.name]
    for a, b in couples:
        parts = indicators(a, b)
        if a.instrument not in found and len(parts) >= FEWEST_SPECIFIC:
            scored = [
                scores(dataset, form, {name: items[k] for name, items in parts.items()}, minimum_share)
                for k, form in enumerate((a, b))
            ]
            if all(frame.notna().any().all() for frame in scored):
                mirrored = a.name == b.name and a.range == b.range and all(x == y for x, y in parts.values())
                keys = tuple(dict.fromkeys(form.label for form in (a, b) if form.key_status == "provisional"))
                found[a.instrument] = Trait(a.instrument, *scored, mirrored, keys)
    return list(found.values())


def indicators(first: Form, second: Form) -> dict[str, tuple[list[str], list[str]]]:
    """Three or more scales that both have, without an item in two of them; else every third item of the same form."""
    shared = {
        scale: (first.scale_columns[scale], second.scale_columns[scale])
        for scale in first.scales
        if scale in second.scales and scale != "total"
    }
    shared = {
        scale: tuple([i for i in items if i in form.columns] for items, form in zip(both, (first, second), strict=True))
        for scale, both in shared.items()
    }
    apart = all(
        len(items) == len(set(items)) for items in ([i for both in shared.values() for i in both[k]] for k in (0, 1))
    )
    if len(shared) >= FEWEST_SPECIFIC and apart and all(one and two for one, two in shared.values()):
        return shared
    if first.name != second.name:
        return {}
    items = [item for item in first.columns if item in second.columns]
    if len(items) < PARCELS:
        return {}
    return {f"parcel{k + 1}": (items[k::PARCELS], items[k::PARCELS]) for k in range(PARCELS)}


def scores(dataset: Dataset, form: Form, parts: dict[str, list[str]], minimum_share: float) -> pd.DataFrame:
    """Mean scores of the indicators at the chosen occasion, by client: client_wai_s_task, ..."""
    keyed = dataset.at_occasion(dataset.keyed(form)).set_index("client")[form.columns]
    low, high = form.range
    long = score_scales(keyed, parts, low=low, high=high, minimum_share=minimum_share)
    wide = long.pivot(index="client", columns="scale", values="mean")[list(parts)]
    return wide.set_axis([f"{form.perspective}_{form.name}_{name}" for name in parts], axis=1)
