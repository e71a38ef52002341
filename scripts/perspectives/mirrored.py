"""Forms that two perspectives answered with the same items, and their answers and totals side by side."""

from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from perspectives.pairing import ORDER, ScalePair, ratings_of, scale_pairs, why_none
from pipeline.data.dataset import TOTAL, Dataset, Form
from pipeline.data.tables import with_text

NO_ITEMS = "needs answers to items: the data set holds scores"
NOT_MIRRORED = "needs items that both perspectives answered on the same scale: no form mirrors another"
CLIENT, THERAPIST = "client", "therapist"
THIRDS = "the first and the last third of the sessions that both rated, of two sessions the first and the last"


@dataclass(frozen=True)
class MirroredForm:
    """A form as two perspectives answered it.

    Attributes
    ----------
    first, second : Form
        The form from both perspectives.
    columns : list of str
        The items that both answered: i01, i02, ...
    """

    first: Form
    second: Form
    columns: list[str]

    @property
    def labels(self) -> list[str]:
        """Items as codes name them: wai_s_01, ..."""
        return [f"{self.first.name}_{column[1:]}" for column in self.columns]

    @property
    def reverse(self) -> list[str]:
        """Labels of the reverse-keyed items."""
        turned = {f"i{item:02d}" for item in self.first.reverse}
        return [label for label, column in zip(self.labels, self.columns, strict=True) if column in turned]

    def answers(self, dataset: Dataset) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Keyed answers of both at the chosen occasion, one row per client who has both, items by label."""
        found = []
        for form in (self.first, self.second):
            rows = dataset.at_occasion(dataset.keyed(form)).set_index("client")
            found.append(rows[self.columns].set_axis(self.labels, axis=1))
        both = found[0].index.intersection(found[1].index).sort_values()
        return found[0].loc[both], found[1].loc[both]

    def described(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Rows with the columns that say what they are about; those of one rating name its perspective first."""
        who, other = self.first.perspective, self.second.perspective
        rows = rows.assign(perspective=who, perspective_2=other, form=self.first.name)
        if "role" in rows:
            turned = rows["role"] == "second"
            rows.loc[turned, ["perspective", "perspective_2"]] = other, who
        if "method" in rows:
            methods = with_text(rows, "method")["method"]
            rows["method"] = [in_words(method, who, other) for method in methods]
        return rows


def in_words(method: str, first: str, second: str) -> str:
    """A method with both perspectives by name."""
    named = method.replace("first minus second", f"{first} minus {second}").replace("of the first", f"of the {first}")
    return named.replace("of the second", f"of the {second}")


def mirrored_forms(dataset: Dataset) -> list[MirroredForm]:
    """Every form that two perspectives answered on the same answer scale."""
    found = []
    for one, two in combinations([who for who in ORDER if who in dataset.perspectives], 2):
        for first in dataset.forms_of(one):
            for second in dataset.forms_of(two):
                if first.name == second.name and first.range == second.range and first.items:
                    shared = [column for column in first.columns if column in second.columns]
                    found.append(MirroredForm(first, second, shared))
    return found


def why_no_items(dataset: Dataset) -> str:
    """Why no answers can be compared; empty where some can."""
    reason = why_none(dataset)
    if reason:
        return reason
    if dataset.of_persons or dataset.is_matrix:
        return NO_ITEMS
    return "" if mirrored_forms(dataset) else NOT_MIRRORED


def totals_of_both(dataset: Dataset) -> list[ScalePair]:
    """Totals that two perspectives rated."""
    return [pair for pair in scale_pairs(dataset) if pair.scale == TOTAL] if dataset.has_people else []


def early_and_late(dataset: Dataset, pair: ScalePair, scored: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean ratings of both early and late in each therapy, one row per client; missing where there are none.

    Early and late are the first and the last phase that the data set names; without phases the first and the last third
    of the sessions that both rated, at least one session each.
    """
    ratings = ratings_of(pair, scored, dataset).dropna(subset=["first", "second"]).sort_values(["client", "session"])
    if names := dataset.phase_names:
        phase = dataset.phase_of(ratings)
        chosen = [phase == names[0], phase == names[-1]]
    else:
        place = ratings.groupby("client").cumcount()
        many = ratings.groupby("client")["session"].transform("size")
        third = (many // 3).clip(lower=1)
        chosen = [(many > 1) & (place < third), (many > 1) & (place >= many - third)]
    early, late = (ratings[rows].groupby("client")[["first", "second"]].mean() for rows in chosen)
    return early, late.reindex(early.index)


def phases_in_words(dataset: Dataset) -> str:
    """What early and late are."""
    names = dataset.phase_names
    if not names:
        return THIRDS
    if (names[0], names[-1]) == ("early", "late"):
        return "the phases with these names in the data set"
    return f"{names[0]} and {names[-1]}, as the data set names them"


def blank(column: pd.Series) -> pd.Series:
    """Where a column of text is empty, as a file may hold it."""
    return column.isna() | column.eq("")
