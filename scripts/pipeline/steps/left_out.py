"""Items that do not vary enough are left out of analyses of items, and the rows say so; scores keep them."""

import pandas as pd

from pipeline.data.dataset import append_note
from psychometrics.items.variation import varying_items


def noted(rows: pd.DataFrame, note: str) -> pd.DataFrame:
    """The same remark in every row."""
    return rows.assign(note=[append_note(old, note) for old in rows["note"].fillna("")]) if note else rows


def noted_by_score(rows: pd.DataFrame, notes: dict[str, str]) -> pd.DataFrame:
    """The remark on a score, by its name client.wai_s.total, in every row that pairs it with another."""
    keys = [["perspective", "form", "scale"], ["perspective_2", "form_2", "scale_2"]]
    if not notes or not {column for columns in keys for column in columns} <= set(rows):
        return rows
    told = rows["note"].fillna("").tolist()
    for columns in keys:
        for place, name in enumerate(".".join(map(str, names)) for names in rows[columns].to_numpy()):
            told[place] = append_note(told[place], notes[name]) if name in notes else told[place]
    return rows.assign(note=told)


def varying_members(
    forms: dict[str, pd.DataFrame], scales: dict[str, tuple[str, list[str]]]
) -> tuple[dict[str, pd.DataFrame], dict[str, tuple[str, list[str]]]]:
    """Forms, and scales as form and items, without what does not vary; a scale of nothing else stays as it is."""
    left_out = {form: set(varying_items(answers)[1]) for form, answers in forms.items()}
    for form, members in scales.values():
        if set(members) <= left_out[form]:
            left_out[form] -= set(members)
    varying = {
        name: (form, [item for item in members if item not in left_out[form]])
        for name, (form, members) in scales.items()
    }
    return {form: answers.drop(columns=list(left_out[form])) for form, answers in forms.items()}, varying
