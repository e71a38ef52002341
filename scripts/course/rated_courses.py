"""Courses of totals in which ruptures are looked for: ratings by dyad and session, and which ratings are possible."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from course.scales import courses, reliability_of_change
from pipeline.data.dataset import Dataset, Form
from psychometrics.course.courses import Courses, courses_of
from psychometrics.course.rupture_criteria import RELIABLE_FALL, Rules
from psychometrics.course.steady_courses import RatingScale

SCORE = "mean of the items"


@dataclass(frozen=True)
class RatedCourses:
    """The courses of one total from one perspective."""

    form: Form
    keys: dict[str, str]
    courses: Courses
    scale: RatingScale
    rules: Rules
    client: np.ndarray  # of each dyad
    units: np.ndarray  # what is independent, for each dyad

    @property
    def who(self) -> str:
        """Whose ratings these are."""
        return self.form.perspective

    @property
    def long(self) -> np.ndarray:
        """The dyads with enough rated sessions."""
        return self.courses.lengths >= self.rules.fewest

    def sees(self, criterion: str) -> bool:
        """Whether the criterion can judge a session; one of them needs the reliability of change."""
        return criterion != RELIABLE_FALL or bool(np.isfinite(self.rules.reliability))

    @property
    def judged(self) -> Courses:
        """Their courses."""
        return self.courses.of(self.long)


def rated_courses(
    dataset: Dataset, scored: pd.DataFrame, reliabilities: pd.DataFrame, ruptures: dict
) -> list[RatedCourses]:
    """Courses of every total that was rated at two sessions or more, in the order of the forms."""
    found = []
    for form, keys, rows in courses(dataset, scored, only_totals=True):
        given = courses_of(rows.rename(columns={"score": "rating"}))
        client = rows.drop_duplicates("dyad").set_index("dyad")["client"].reindex(given.dyads)
        everyone = pd.Index(client.unique())
        units = pd.Series(dataset.units(everyone), index=everyone).reindex(client).to_numpy()
        rules = rules_of(ruptures, reliability_of_change(reliabilities, keys))
        scale = scale_of(form, keys["scale"], given)
        found.append(RatedCourses(form, keys, given, scale, rules, client.to_numpy(), units))
    return found


def rules_of(ruptures: dict, reliability: float) -> Rules:
    """What the criteria are made of, as the settings say."""
    return Rules(
        limit=ruptures["limit"],
        depths=tuple(sorted(ruptures["depths"])),
        line=ruptures["level"] == "trend",
        before=ruptures["before"],
        fewest=ruptures["fewest"],
        repair=ruptures["repair"],
        reliability=reliability,
    )


def scale_of(form: Form, scale: str, given: Courses) -> RatingScale:
    """Ratings that are possible; of scores without items those between the ends that occur."""
    if form.items:
        return RatingScale(*map(float, form.range), 1 / len(form.scales[scale]))
    known = np.unique(given.ratings[given.rated])
    steps = np.diff(known)
    if not len(steps):
        return RatingScale(float(known[0]) - 1, float(known[0]) + 1, 1.0)
    width = known[-1] - known[0]
    return RatingScale(float(known[0]), float(known[-1]), float(width / round(width / max(steps.min(), width / 1000))))
