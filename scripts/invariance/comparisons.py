"""What of a data set is compared: forms from two perspectives, at two sessions, in groups of clients; or why not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from perspectives.pairing import NOT_MIRRORED, scale_pairs, why_none
from pipeline.data.dataset import TOTAL, Dataset, Form
from psychometrics.invariance.design import FEWEST
from psychometrics.invariance.steps import FEWEST_TESTED

LEAST_PEOPLE = 30  # of a group, and of an occasion
MOST_CATEGORIES = 10  # of ordinal answers; with more they are taken as continuous
FEW_THERAPISTS = 10  # fewer say nothing about how they differ
NO_ITEMS = "needs answers to items"
ONE_SESSION = f"needs two sessions at which items are analysed, each with {LEAST_PEOPLE} clients who answered the form"
NO_GROUP = "no variable of the clients has the role group"
NO_SCALE = f"needs a scale with at least {FEWEST} items"
DESIGNS = ("perspectives", "occasions", "groups")


@dataclass
class Comparison:
    """One form in one design.

    Attributes
    ----------
    keys : dict
        Columns that say in a table what is compared.
    form : Form or None
        The form; None where a reason is about the data set.
    answers : dict of str to pandas.DataFrame
        Unit -> people x items, the reference first.
    paired : bool
        Whether the units are about the same people.
    reason : str
        Why nothing can be compared.
    notes : list of str
        What is left out.
    """

    keys: dict[str, Any]
    form: Form | None = None
    answers: dict[str, pd.DataFrame] = field(default_factory=dict)
    paired: bool = True
    reason: str = ""
    notes: list[str] = field(default_factory=list)


def comparisons(dataset: Dataset, designs: list[str]) -> Iterator[Comparison]:
    """Every form in every design that was asked for."""
    if not dataset.has_items or dataset.is_matrix:
        for design in designs:
            yield Comparison({"design": design}, reason=NO_ITEMS)
        return
    makers = {"perspectives": of_perspectives, "occasions": of_occasions, "groups": of_groups}
    for design in designs:
        yield from makers[design](dataset)


def of_perspectives(dataset: Dataset) -> Iterator[Comparison]:
    """Forms that two perspectives answered, at the chosen occasion: the first named minus the second."""
    couples: dict[tuple[str, str, str, str], list] = {}
    for pair in scale_pairs(dataset):
        if pair.first.items and pair.second.items:
            key = (pair.first.perspective, pair.second.perspective, pair.first.name, pair.second.name)
            couples.setdefault(key, []).append(pair)
    if not couples:
        yield Comparison({"design": "perspectives"}, reason=why_none(dataset) or NO_ITEMS)
    for (who, other, *_), pairs in couples.items():
        first, second = pairs[0].first, pairs[0].second
        keys = {"design": "perspectives", "perspective": who, "perspective_2": other, "form": first.name}
        keys |= {"form_2": second.name, "reference": other, "unit": who}
        if not all(pair.mirrored for pair in pairs):
            yield Comparison(keys, first, reason=NOT_MIRRORED)
            continue
        shared = [column for column in first.columns if column in second.columns]
        answers = {
            form.perspective: dataset.at_occasion(dataset.keyed(form)).set_index("client")[shared]
            for form in (second, first)
        }
        yield Comparison(keys, first, answers)


def of_occasions(dataset: Dataset) -> Iterator[Comparison]:
    """Forms with a total in the first and last phase, else at their first and last session: last minus first."""
    for form in with_total(dataset):
        keys = {"design": "occasions", "perspective": form.perspective, "form": form.name}
        rows = dataset.at_item_sessions(dataset.keyed(form))
        rows = rows[rows[form.columns].notna().any(axis=1)]
        if answers := first_in_phases(dataset, rows, form.columns):
            first, last = answers
            yield Comparison(keys | {"reference": first, "unit": last}, form, answers)
            continue
        counts = rows.groupby("session")["client"].nunique()
        # a session that few answered would leave few people who answered both
        enough = sorted(counts.index[counts >= max(LEAST_PEOPLE, counts.max() / 2)]) if len(counts) else []
        if len(enough) < 2:
            yield Comparison(keys, form, reason=ONE_SESSION)
            continue
        ends = [int(enough[0]), int(enough[-1])]
        names = [f"session {session}" for session in ends]
        answers = {
            name: rows[rows["session"] == session].set_index("client")[form.columns]
            for name, session in zip(names, ends, strict=True)
        }
        yield Comparison(keys | {"reference": names[0], "unit": names[1]}, form, answers)


def first_in_phases(dataset: Dataset, rows: pd.DataFrame, columns: list[str]) -> dict[str, pd.DataFrame]:
    """Each client's first answers in the first and the last phase; empty without phases or with too few clients."""
    if not dataset.phase_names:
        return {}
    phase, ordered = dataset.phase_of(rows), rows.sort_values(["client", "session"])
    found = {}
    for name in (dataset.phase_names[0], dataset.phase_names[-1]):
        own = ordered[phase.reindex(ordered.index) == name].drop_duplicates("client")
        found[f"phase {name}"] = own.set_index("client")[columns]
    first, last = found.values()
    return found if len(first.index.intersection(last.index)) >= LEAST_PEOPLE else {}


def of_groups(dataset: Dataset) -> Iterator[Comparison]:
    """Forms with a total at the chosen occasion, by each variable that groups clients; the largest is the reference."""
    variables = dataset.variables_of("group")
    if not variables:
        yield Comparison({"design": "groups"}, reason=NO_GROUP)
    for variable in variables:
        group_of = dataset.clients[variable]
        for form in with_total(dataset):
            keys = {"design": "groups", "perspective": form.perspective, "form": form.name, "variable": variable}
            rows = dataset.at_occasion(dataset.keyed(form)).set_index("client")[form.columns]
            rows = rows[rows.notna().any(axis=1)]
            group = group_of.reindex(rows.index).dropna().astype(str)
            sizes = group.value_counts()
            kept, small = sizes[sizes >= LEAST_PEOPLE], sizes[sizes < LEAST_PEOPLE]
            if len(kept) < 2:
                reason = f"needs two groups of at least {LEAST_PEOPLE} people who answered the form"
                yield Comparison(keys, form, reason=reason)
                continue
            answers = {str(name): rows.loc[group.index[group == name]] for name in kept.index}
            notes = [f"left out, with fewer than {LEAST_PEOPLE} people: {', '.join(small.index)}"] if len(small) else []
            keys |= {"reference": str(kept.index[0])}
            if len(kept) == 2:
                keys["unit"] = str(kept.index[1])
            yield Comparison(keys, form, answers, paired=False, notes=notes)


def with_total(dataset: Dataset) -> list[Form]:
    """Forms with items and a total score."""
    return [form for form in dataset.forms if form.items and form.has_total]


def factors_of(form: Form, columns: list[str], model: str) -> list[dict[str, list[str]]]:
    """Factors to try, in order: the form's scales where they can be factors, then one of all items."""
    scales = {
        scale: [column for column in items if column in columns]
        for scale, items in form.scale_columns.items()
        if scale != TOTAL
    }
    single = [column for columns_of in scales.values() for column in columns_of]
    apart = len(single) == len(set(single)) and len(scales) > 1
    found = []
    if model == "scales" and apart and all(len(items) >= FEWEST for items in scales.values()):
        found.append(scales)
    everything = form.scale_columns.get(TOTAL, columns)
    whole = [column for column in everything if column in columns]
    return [*found, {TOTAL: whole}] if len(whole) >= FEWEST else found


def clusters_of(dataset: Dataset, clients: pd.Index, *, ordinal: bool) -> tuple[pd.Series | None, str]:
    """The therapist of each client where there are enough of them, and what is said of it."""
    if dataset.resampled != "therapists":
        return None, ""
    units = pd.Series(dataset.units(clients), index=clients)
    count, enough = units.nunique(), FEW_THERAPISTS if ordinal else FEWEST_TESTED
    if count < enough:
        taken = "clients of one therapist are taken as independent, and intervals may be too short"
        return None, f"fewer than {enough} therapists: {taken}"
    if count < FEWEST_TESTED:
        return units, f"fewer than {FEWEST_TESTED} therapists: tests take clients of one therapist as independent"
    return units, ""
