"""What another package is given: answers, scores and correlations, made anew from the responses of a data set.

Keying, scoring and the choice of people are written out here once more and not taken from the library, so that a
mistake there shows. Packages that take only raw data are given, where a matrix was published, people made to have
exactly its correlations.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form
from pipeline.steps.cross_checks.comparison import CannotBeChecked
from pipeline.steps.scores import ROLES
from psychometrics.items.variation import varying_items

# How far apart two evaluations of one closed formula may be: sums of a few thousand answers in another order leave
# about 1e-13, made-up people about 1e-12. A slip in a formula or a wrong column is far above.
EXACT = 1e-8
Session = str | float | None  # as a column `session` holds it
MADE = "on people made to have exactly the published correlations"


@dataclass(frozen=True)
class Material:
    """dataset : after ingest; minimum_share : of the items of a scale that must be answered for a score."""

    dataset: Dataset
    minimum_share: float

    @property
    def note(self) -> str:
        """What the reader should know about everything made of it."""
        return "" if self.dataset.has_people else MADE

    def form(self, perspective: str, name: str) -> Form:
        """The form of that name and perspective."""
        return next(form for form in self.dataset.forms if (form.perspective, form.name) == (perspective, name))

    def answers(self, form: Form, session: Session = None) -> pd.DataFrame:
        """Keyed answers to all items of a form, i01, i02, ...: at the chosen occasion, or at what a column `session`
        of a table names; index client."""
        if self.dataset.is_matrix:
            return self._made_items[form.labels].set_axis(form.columns, axis=1)
        return self._keyed(form, self._at(self.dataset.answers(form), session)).set_index("client")[form.columns]

    def items(self, row: pd.Series) -> pd.DataFrame:
        """Keyed answers to the items of the scale of a row of a table, but for those that do not vary."""
        form = self.form(row["perspective"], row["form"])
        return varying_items(self.answers(form, row.get("session"))[form.scale_columns[row["scale"]]])[0]

    def joint(self, items: list[str]) -> pd.DataFrame:
        """Keyed answers at the chosen occasion under joint labels (wai_s_01, ...), of those who gave one of them."""
        parts = [
            self.answers(form).set_axis(form.labels, axis=1)
            for form in self.dataset.forms
            if set(form.labels) & set(items)
        ]
        return pd.concat(parts, axis=1)[items].dropna(how="all")

    def ratings(self, row: pd.Series) -> pd.DataFrame:
        """Mean ratings of the scale of a row, clients x raters."""
        form = self.form(row["perspective"], row["form"])
        rated = self._keyed(form, self._at(self.dataset.ratings(form), row.get("session")))
        score = self._mean(rated[form.scale_columns[row["scale"]]])
        table = rated[["client", "rater"]].assign(score=score).pivot(index="client", columns="rater", values="score")
        return table.dropna(how="all").dropna(how="all", axis=1)

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """Mean scores at every session, index client and session, columns client.wai_s.total, ...; answers only."""
        if self.dataset.of_persons:
            given = self.dataset.person_scores
            named = given.assign(name=given["perspective"] + "." + given["form"] + "." + given["scale"])
            return named.set_index(["client", "session", "name"])["score"].unstack("name")
        columns = {}
        for form in self.dataset.forms:
            keyed = self._keyed(form, self.dataset.answers(form)).set_index(["client", "session"])
            for scale, items in form.scale_columns.items():
                columns[f"{form.perspective}.{form.name}.{scale}"] = self._mean(keyed[items])
        return pd.DataFrame(columns)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Mean scores at the chosen occasion and the numbers known of the clients; index client."""
        if not self.dataset.has_people:
            return pd.DataFrame(
                {
                    f"{form.perspective}.{form.name}.{scale}": self.answers(form)[items].mean(axis=1)
                    for form in self.dataset.forms
                    for scale, items in form.scale_columns.items()
                }
            )
        chosen = self._at(self.sessions.reset_index(), None).set_index("client").drop(columns="session")
        numbers = [name for name, part in self.dataset.variables.items() if part["role"] in ROLES]
        return chosen.join(self.dataset.clients[numbers])

    def people(self, names: list[str]) -> pd.DataFrame:
        """Those scores and numbers of everybody who has all of them."""
        if not self.dataset.has_people and not self.dataset.has_items:
            correlation = self.dataset.score_correlations.loc[names, names]
            pairs = self.dataset.score_pairs.loc[names, names].to_numpy(dtype=float)
            return made_people(correlation, int(np.nanmin(pairs)))
        values = self._values[:, self.scores.columns.get_indexer(pd.Index(names))]
        complete = np.isfinite(values).all(axis=1)
        return pd.DataFrame(values[complete], index=self.scores.index[complete], columns=names)

    @cached_property
    def _values(self) -> np.ndarray:
        """All scores and numbers; taking two columns out of a table takes longer than correlating them."""
        return self.scores.to_numpy(dtype=float)

    def column(self, row: pd.Series, end: str = "") -> str:
        """The score, or number of the clients, that a row of a table names: its form is the role of such a number."""
        if pd.notna(row.get(f"perspective{end}")):
            return ".".join(row[f"{name}{end}"] for name in ("perspective", "form", "scale"))
        role, label = row[f"form{end}"], row[f"scale{end}"]
        variables = self.dataset.variables.items()
        return next(name for name, part in variables if (part["role"], part["label"]) == (role, label))

    @cached_property
    def _made_items(self) -> pd.DataFrame:
        if not self.dataset.has_items:
            raise CannotBeChecked("the items were not published, only scores")
        made = made_people(self.dataset.matrix, self.dataset.people)
        moments = self.dataset.moments.loc[made.columns]
        return made * moments["sd"] + moments["mean"]

    def _at(self, rows: pd.DataFrame, session: Session) -> pd.DataFrame:
        """Rows at the chosen occasion, or at the session that a table names."""
        named = "" if session is None or pd.isna(session) else str(session).removesuffix(".0")
        if named in ("", str(self.dataset.occasion)):
            return self.dataset.at_occasion(rows)
        return rows[rows["session"] == int(named)]

    def _mean(self, items: pd.DataFrame) -> pd.Series:
        answered = items.notna().sum(axis=1)
        return items.mean(axis=1).where(answered >= self.minimum_share * items.shape[1] - 1e-9)

    @staticmethod
    def _keyed(form: Form, answers: pd.DataFrame) -> pd.DataFrame:
        answers = answers.astype(dict.fromkeys(form.columns, "float64"))
        turned = [f"i{item:02d}" for item in form.reverse]
        return answers.assign(**{item: sum(form.range) - answers[item] for item in turned})


def made_people(correlation: pd.DataFrame, n: int) -> pd.DataFrame:
    """Answers of n people whose means are 0, whose SDs are 1 and whose correlations are exactly those given.

    Columns of the discrete cosine transform are orthogonal and sum to 0; a root of the matrix correlates them.
    """
    p = len(correlation)
    if n <= p:
        raise CannotBeChecked(f"{n} people cannot have the correlations of {p} variables")
    values, vectors = np.linalg.eigh(correlation.to_numpy(dtype=float))
    if not values[0] > 1e-10:
        raise CannotBeChecked("the correlations are singular or not those of anybody")
    angle = np.pi * np.outer(np.arange(n) + 0.5, np.arange(1, p + 1)) / n
    made = np.sqrt(2 * (n - 1) / n) * np.cos(angle) @ (vectors * np.sqrt(values)).T
    return pd.DataFrame(made, columns=correlation.columns)
