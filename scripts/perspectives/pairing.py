"""Which scales two perspectives of a dyad have both rated, and the ratings side by side."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form

ORDER = ("client", "therapist", "observer")  # the difference is the first minus the second
OTHERS = "needs ratings of both clients and therapists"
NOT_MIRRORED = "not mirrored: the items differ between the perspectives, so that a difference is one of the items too"
POINTS, PERCENT = "points of the answer scale", "percent of the range"
AS_GIVEN = "points of the scores"


@dataclass(frozen=True)
class ScalePair:
    """One scale as rated from two perspectives.

    Attributes
    ----------
    first, second : Form
        The forms, from different perspectives.
    scale : str
        Name of the scale, the same in both.
    mirrored : bool
        Whether it has the same items, answered on the same scale.
    """

    first: Form
    second: Form
    scale: str
    mirrored: bool

    @property
    def keys(self) -> dict[str, str]:
        """Columns that say in a table what it is about."""
        one, two = self.first, self.second
        return {
            "perspective": one.perspective,
            "perspective_2": two.perspective,
            "form": one.name,
            "form_2": two.name,
            "scale": self.scale,
        }

    @property
    def unit(self) -> str:
        """What a difference is counted in."""
        if not self.mirrored:
            return PERCENT
        return POINTS if self.first.items else AS_GIVEN

    @property
    def possible(self) -> tuple[float, float]:
        """The lowest and the highest possible score."""
        if not self.mirrored:
            return 0.0, 100.0
        return self.first.range if self.first.items else (-np.inf, np.inf)


def scale_pairs(dataset: Dataset) -> list[ScalePair]:
    """Every scale that two perspectives have rated: of the same form, or of two forms of one instrument.

    Two forms are compared only where neither was answered from the other perspective.
    """
    found = []
    perspectives = [who for who in ORDER if who in dataset.perspectives]
    for one, two in combinations(perspectives, 2):
        first, second = dataset.forms_of(one), dataset.forms_of(two)
        shared = {form.name for form in first} & {form.name for form in second}
        couples = [(a, b) for a in first for b in second if a.name == b.name]
        couples += [
            (a, b)
            for a in first
            for b in second
            if a.instrument == b.instrument and not {a.name, b.name} & shared and a.items and b.items
        ]
        for a, b in couples:
            found += [
                ScalePair(a, b, scale, a.name == b.name and items == b.scales[scale] and a.range == b.range)
                for scale, items in a.scales.items()
                if scale in b.scales
            ]
    return found


def dyadic_totals(dataset: Dataset) -> list[ScalePair]:
    """The totals that clients and therapists have rated, or every scale of forms without one in common.

    Models of dyads take these alone: each subscale would take as long again.
    """
    found = scale_pairs(dataset) if dataset.has_people else []
    return [
        pair
        for pair in found
        if (pair.first.perspective, pair.second.perspective) == ("client", "therapist")
        and (pair.scale == "total" or not (pair.first.has_total and pair.second.has_total))
    ]


def ratings_of(pair: ScalePair, scored: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Columns client, session, therapist, first, second: a row where either was rated, the other missing."""
    metric = "mean" if pair.mirrored else "pomp"
    parts = []
    for name, form in (("first", pair.first), ("second", pair.second)):
        own = scored["perspective"].eq(form.perspective) & scored["form"].eq(form.name)
        own = scored[own & scored["scale"].eq(pair.scale)].dropna(subset=metric)
        parts.append(own.set_index(["client", "session"])[[metric, "therapist"]].set_axis([name, f"of_{name}"], axis=1))
    both = parts[0].join(parts[1], how="outer").reset_index()
    named = both["of_first"].fillna(both["of_second"])
    if named.isna().any():
        named = named.fillna(both["client"].map(dataset.therapist_of))
    therapist = named.astype(object)
    return both.assign(therapist=therapist.where(therapist.notna(), None))[
        ["client", "session", "therapist", "first", "second"]
    ]


def why_none(dataset: Dataset) -> str:
    """Why no scale can be compared; empty where one can."""
    if not dataset.has_people:
        return "needs raw answers: a matrix contains no dyads"
    if len(dataset.perspectives) < 2:
        return f"needs two perspectives: only one answered ({dataset.perspectives[0]})"
    if not scale_pairs(dataset):
        return "needs a scale that both perspectives rated: no form and no instrument was answered from two"
    return ""
