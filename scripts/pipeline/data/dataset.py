"""A data set after ingest: what every later script reads."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.ingesting import INDEX
from pipeline.data.therapy_course import Phases, phase_names, phase_of
from psychometrics.items.scoring import reverse_key

TOTAL = "total"  # the scale of all items


@dataclass(frozen=True)
class Form:
    """One form as answered from one perspective, with the key that this data set uses."""

    name: str
    perspective: str
    label: str
    instrument: str
    items: int
    range: tuple[float, float]
    scales: dict[str, list[int]]
    reverse: list[int]
    key_status: str
    overrides: list[str]
    counts: dict
    anchors: dict[str, str] = field(default_factory=dict)  # labels of the lowest and the highest answer, if any
    left_out: dict[str, str] = field(default_factory=dict)  # i03 -> why the data set leaves the item out
    instrument_name: str = ""  # in full

    @property
    def columns(self) -> list[str]:
        """Item columns of the response table: i01, i02, ..., without those that the data set leaves out."""
        columns = [f"i{item:02d}" for item in range(1, self.items + 1)]
        return [column for column in columns if column not in self.left_out]

    @property
    def labels(self) -> list[str]:
        """Item labels in joint analyses: wai_s_01, ..., of the same items."""
        return [f"{self.name}_{column[1:]}" for column in self.columns]

    @property
    def has_total(self) -> bool:
        """Whether one of its scales is the total: the score over all items, which analyses of totals take."""
        return TOTAL in self.scales

    def labels_of(self, scale: str) -> list[str]:
        """Item labels of a scale."""
        return [f"{self.name}_{item:02d}" for item in self.scales[scale]]

    @property
    def scale_columns(self) -> dict[str, list[str]]:
        """Scale -> its item columns; the total last."""
        return {scale: [f"i{item:02d}" for item in items] for scale, items in self.scales.items()}


class Dataset:
    """Reads `results/<dataset>/responses/`.

    Parameters
    ----------
    folder : what the rule `ingest_dataset` made.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        content = json.loads((self.folder / "dataset.json").read_text())
        self.name: str = content["name"]
        self.title: str = content["title"]
        self.source: str = content["source"]
        self.simulated: bool = content["simulated"]
        self.occasion: str | int = content["occasion"]
        self.variables: dict[str, dict] = content["variables"]
        self.people: int = content["people"]  # clients with an answer, or the n of a matrix
        self.is_matrix: bool = content["is_matrix"]  # of items or of scores: there are no answers
        self.of_persons: bool = content.get("of_persons", False)  # scores, from a file of persons
        self.has_item_codes: bool = content["item_codes"]
        self.has_loadings: bool = content["loadings"]
        self.accepted: list[str] = content.get("accepted", [])  # what looks wrong and is right, as the data set says
        self.files: list[dict] = content.get("files", [])  # how each was read
        self.in_common: list[dict] = content.get("in_common", [])  # clients that two forms or files share
        self.totals: list[dict] = content.get("totals", [])  # totals that stand in the files, and how they match
        self.flow: list[dict] = content.get("flow", [])  # who was recruited, returned, excluded and why, analysed
        self.phases: Phases | None = content.get("phases")
        self.time: str = content.get("time", "session")  # session or weeks
        self.item_sessions: list[int] = content.get("item_sessions", [])  # none: all of them
        self._factored: list[str] = content.get("factor_perspectives", [])
        self.over_sessions: dict[str, str] = content.get("over_sessions", {})
        self.rupture_codes: dict[str, str] = content.get("rupture_codes", {})  # name -> label
        self.forms = [Form(**form | {"range": tuple(form["range"])}) for form in content["forms"]]
        self._tables: dict[tuple[str, str, str], pd.DataFrame] = {}

    @property
    def perspectives(self) -> list[str]:
        """Who answered, in the order of the data set's description."""
        return list(dict.fromkeys(form.perspective for form in self.forms))

    @property
    def factored(self) -> list[str]:
        """Perspectives whose items are factor-analysed, in the same order."""
        return [who for who in self.perspectives if not self._factored or who in self._factored]

    def forms_of(self, perspective: str) -> list[Form]:
        """The forms that a perspective answered, in the order of the data set's description."""
        return [form for form in self.forms if form.perspective == perspective]

    @property
    def has_items(self) -> bool:
        """Whether there is anything about items: answers or their correlations, not only a matrix of scores."""
        return any(form.items for form in self.forms)

    def variables_of(self, role: str) -> list[str]:
        """Variables of the clients with a role, such as ``outcome``."""
        return [name for name, part in self.variables.items() if part["role"] == role]

    def measured_before(self, outcome: str) -> str:
        """The baseline that was measured as an outcome was, at another occasion; empty where there is none."""
        measure = self.variables[outcome].get("measure")
        same = [name for name in self.variables_of("baseline") if self.variables[name].get("measure") == measure]
        return same[0] if measure and same else ""

    @property
    def has_people(self) -> bool:
        """Whether scores of persons are known: from their answers, or from a file of scores."""
        return not self.is_matrix or self.of_persons

    @property
    def reliability_name(self) -> str:
        """Which reliability corrects correlations: alpha, or whichever was published with a matrix of scores."""
        return "alpha" if self.has_items else "as published"

    def ratings(self, form: Form) -> pd.DataFrame:
        """Answers as given, of every rater: columns client, therapist, session, rater, i01, ..."""
        path = self.folder / f"{form.name}.{form.perspective}.parquet"
        return self._made_once("ratings", form, lambda: pd.read_parquet(path))

    def answers(self, form: Form) -> pd.DataFrame:
        """Answers as given, one row per client and session: columns client, therapist, session, i01, ...

        Where several raters rated a session, the one of them counts who rated the most sessions with this form; of
        several who rated as many, the first by code.
        """
        return self._made_once("answers", form, lambda: one_rating_each(self.ratings(form)).drop(columns="rater"))

    def keyed(self, form: Form) -> pd.DataFrame:
        """Answers with reverse-keyed items turned, as floating-point numbers; same columns."""
        return self._made_once("keyed", form, lambda: turned(self.answers(form), form))

    def keyed_ratings(self, form: Form) -> pd.DataFrame:
        """The same of every rater."""
        return self._made_once("keyed_ratings", form, lambda: turned(self.ratings(form), form))

    def _made_once(self, what: str, form: Form, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A table of a form, read or computed at the first call; whoever changes it changes a copy of their own."""
        key = (what, form.name, form.perspective)
        if key not in self._tables:
            self._tables[key] = make()
        return self._tables[key].copy(deep=False)  # copies a column only when it is written to

    @cached_property
    def clients(self) -> pd.DataFrame:
        """Client variables, indexed by client; without columns where the data set has none."""
        path = self.folder / "clients.parquet"
        if not path.exists():
            return pd.DataFrame(index=pd.Index([], name="client"))
        return pd.read_parquet(path).set_index("client")

    @cached_property
    def session_variables(self) -> pd.DataFrame:
        """What is measured at every session besides the alliance: columns client, session, then the variables."""
        path = self.folder / "session_variables.parquet"
        return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=["client", "session"])

    @cached_property
    def coded_ruptures(self) -> pd.DataFrame:
        """Ruptures that somebody coded, 0 or 1: columns client, session, then one for each of `rupture_codes`."""
        path = self.folder / "rupture_codes.parquet"
        return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=["client", "session"])

    @cached_property
    def days(self) -> pd.DataFrame:
        """Days since the client's first session, where sessions are dates: columns client, session, day."""
        path = self.folder / "sessions.parquet"
        return pd.read_parquet(path) if path.exists() else pd.DataFrame(columns=["client", "session", "day"])

    @cached_property
    def endings(self) -> pd.Series:
        """Client -> how the therapy ended: planned, dropped or unknown; empty where the data set does not say."""
        path = self.folder / "endings.parquet"
        if not path.exists():
            return pd.Series([], index=pd.Index([], name="client"), dtype=object, name="ended")
        return pd.read_parquet(path).set_index("client")["ended"]

    @cached_property
    def course(self) -> pd.DataFrame:
        """Client -> first and last session at which anything was answered or measured."""
        known = pd.concat([self.administrations[["client", "session"]], self.session_variables[["client", "session"]]])
        own = known.groupby("client")["session"]
        return pd.DataFrame({"first": own.min(), "last": own.max()})

    @property
    def phase_names(self) -> list[str]:
        """The phases of a therapy in their order; none where the data set tells none apart."""
        return phase_names(self.phases)

    def phase_of(self, frame: pd.DataFrame) -> pd.Series:
        """The phase of each row of a table with columns client and session; missing outside all phases."""
        return phase_of(frame["session"], frame["client"], self.phases, self.course)

    def time_of(self, frame: pd.DataFrame) -> pd.Series:
        """The time of each row of a table with columns client and session, as `time:` of the data set says.

        Numbers of sessions, or weeks since the client's first session, which are missing where its date is.
        """
        if self.time == "session":
            return frame["session"].astype(float)
        days = self.days.set_index(["client", "session"])["day"]
        rows = pd.MultiIndex.from_frame(frame[["client", "session"]])
        return pd.Series(days.reindex(rows).to_numpy(dtype=float) / 7, index=frame.index)

    @cached_property
    def item_codes(self) -> pd.DataFrame:
        """Content codes of the items, as the data set supplies them."""
        return pd.read_csv(self.folder / "item_codes.csv")

    @cached_property
    def loadings(self) -> pd.DataFrame:
        """The published table of loadings that the data set supplies: items x factors, missing where free."""
        return pd.read_csv(self.folder / "loadings.csv", index_col="item")

    @cached_property
    def matrix(self) -> pd.DataFrame:
        """Published item correlations, reverse-keyed items turned; labels wai_sr_01, ..."""
        return pd.read_csv(self.folder / "correlations.csv", index_col="item")

    @cached_property
    def moments(self) -> pd.DataFrame:
        """Published item means and SDs, reverse-keyed items turned; index as of the matrix."""
        return pd.read_csv(self.folder / "moments.csv", index_col="item")

    @cached_property
    def published_scores(self) -> pd.DataFrame:
        """What was published of every score of a matrix of scores: mean, sd, reliability, coefficient."""
        return pd.read_csv(self.folder / "scores.csv", index_col="score", dtype={"coefficient": object})

    @cached_property
    def score_correlations(self) -> pd.DataFrame:
        """Published correlations of scores, outcomes and baselines; labels client.wai_s.total, ..."""
        return pd.read_csv(self.folder / "score_correlations.csv", index_col="score")

    @cached_property
    def score_pairs(self) -> pd.DataFrame:
        """Number of people behind each of them, of every score on the diagonal."""
        return pd.read_csv(self.folder / "score_pairs.csv", index_col="score")

    @cached_property
    def person_scores(self) -> pd.DataFrame:
        """Scores of persons without items: columns client, therapist, session, perspective, form, scale, score."""
        return pd.read_parquet(self.folder / "person_scores.parquet")

    @cached_property
    def administrations(self) -> pd.DataFrame:
        """Who answered when, form by form: columns client, therapist, session."""
        if self.of_persons:
            return self.person_scores[INDEX]
        return pd.concat([self.answers(form)[INDEX] for form in self.forms])

    @cached_property
    def chosen_sessions(self) -> pd.Series:
        """Client -> the session that enters single-occasion analyses, the same for all forms and perspectives."""
        sessions = self.administrations[["client", "session"]]
        if isinstance(self.occasion, int):
            return sessions.loc[sessions["session"] == self.occasion].drop_duplicates().set_index("client")["session"]
        return sessions.groupby("client")["session"].agg({"first": "min", "last": "max"}[self.occasion])

    @cached_property
    def sessions(self) -> list[int]:
        """Every session that anyone answered at, in order; none where the data are a matrix."""
        if not self.has_people:
            return []
        return sorted(int(session) for session in self.administrations["session"].unique())

    def at_occasion(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a table with columns client and session that belong to the chosen occasion."""
        return frame.loc[frame["session"] == frame["client"].map(self.chosen_sessions)]

    def occasions(self, frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
        """The chosen occasion under its name in the settings, and each other session of the rows under its number."""
        found = [(str(self.occasion), self.at_occasion(frame))]
        if len(self.sessions) < 2:
            return found
        others = sorted(set(frame["session"]) - {self.occasion})
        return found + [(str(session), frame[frame["session"] == session]) for session in others]

    def item_occasions(self, frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
        """The occasions at which items are analysed: the chosen one, and the others that the data set names."""
        chosen = str(self.occasion)
        return [
            (name, rows)
            for name, rows in self.occasions(frame)
            if name == chosen or not self.item_sessions or int(name) in self.item_sessions
        ]

    def at_item_sessions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a table with a column session that belong to sessions at which items are analysed."""
        return frame[frame["session"].isin(self.item_sessions)] if self.item_sessions else frame

    def results_at_occasion(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of a result table that belong to the chosen occasion; all rows where no other session is in it."""
        if "session" not in table or (isinstance(self.occasion, str) and len(self.sessions) == 1):
            return table
        if table["session"].nunique(dropna=False) < 2:
            return table
        named = table["session"].astype(str).str.removesuffix(".0")
        return table.loc[table["session"].isna() | (named == str(self.occasion))]

    def results_at_item_sessions(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of a result table of the sessions at which items are analysed, and those of no single session."""
        if "session" not in table or not self.item_sessions:
            return table
        kept = {str(self.occasion), *map(str, self.item_sessions)}
        return table.loc[table["session"].isna() | table["session"].astype(str).str.removesuffix(".0").isin(kept)]

    @cached_property
    def therapist_of(self) -> pd.Series:
        """Client -> the first therapist named for the client; the client where none is named."""
        pairs = self.administrations.dropna(subset="therapist")
        first = pairs.sort_values(["client", "session"], kind="stable").drop_duplicates("client")
        return first.set_index("client")["therapist"]

    @cached_property
    def one_therapist(self) -> bool:
        """Whether everybody has the same therapist, so that there are no therapists to draw from."""
        if not self.has_people or len(set(self.therapist_of)) != 1:
            return False
        return bool(self.administrations["client"].isin(self.therapist_of.index).all())

    @property
    def resampled(self) -> str:
        """What the units of resampling are called."""
        return "clients" if not self.has_people or self.therapist_of.empty or self.one_therapist else "therapists"

    def units(self, clients: pd.Index) -> np.ndarray:
        """The unit to resample for each client: the therapist, or the client where no therapist is known.

        Where all clients have the same therapist the units are the clients: nothing can be learnt about therapists.
        """
        client = pd.Series("client " + clients.astype(str), index=clients)
        if self.one_therapist:
            return client.to_numpy(dtype=str)
        # the prefixes keep a therapist and a client with the same code apart
        therapist = "therapist " + self.therapist_of.reindex(clients)
        return therapist.fillna(client).to_numpy(dtype=str)

    def joint_answers(self, perspective: str) -> pd.DataFrame:
        """Keyed answers to all forms of one perspective at the chosen occasion.

        Returns
        -------
        (clients, items) indexed by client, labels wai_s_01, ...; a form that was not returned is missing.
        """
        parts = []
        for form in self.forms_of(perspective):
            answers = self.at_occasion(self.keyed(form)).set_index("client")[form.columns]
            parts.append(answers.set_axis(form.labels, axis=1))
        return pd.concat(parts, axis=1).sort_index() if parts else pd.DataFrame()

    def instrument_of_items(self, perspective: str) -> pd.Series:
        """Item label -> instrument, for the forms of one perspective."""
        forms = self.forms_of(perspective)
        return pd.Series({label: form.instrument for form in forms for label in form.labels}, dtype=object)

    def mark_provisional(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The note of every row that rests on a provisional key says so."""
        provisional = {form.name: form.label for form in self.forms if form.key_status == "provisional"}
        frame = frame.copy()
        for column in [column for column in ("form", "form_2", "form_3", "form_4") if column in frame]:
            for name, label in provisional.items():
                mark = f"provisional key ({label})"
                rows = (frame[column] == name) & ~frame["note"].str.contains(mark, regex=False, case=False)
                frame.loc[rows, "note"] = [append_note(note, mark) for note in frame.loc[rows, "note"]]
        return frame


def one_rating_each(ratings: pd.DataFrame) -> pd.DataFrame:
    """One row per client and session, as :meth:`Dataset.answers` says; the order of the rows is kept."""
    if ratings["rater"].isna().all():  # ingest lets no administration stand there twice
        return ratings.reset_index(drop=True)
    counts = ratings["rater"].value_counts()
    order = {rater: rank for rank, rater in enumerate(sorted(counts.index, key=lambda rater: (-counts[rater], rater)))}
    ranked = ratings.assign(rank=ratings["rater"].map(order)).sort_values("rank", kind="stable")
    return ratings.loc[ranked.drop_duplicates(["client", "session"]).index.sort_values()].reset_index(drop=True)


def turned(answers: pd.DataFrame, form: Form) -> pd.DataFrame:
    """Reverse-keyed items turned, all items as floating-point numbers."""
    answers = answers.astype(dict.fromkeys(form.columns, "float64"))
    reverse = [f"i{item:02d}" for item in form.reverse]
    answers[form.columns] = reverse_key(answers[form.columns], reverse, *form.range)
    return answers


def append_note(note: str, addition: str) -> str:
    """One note after another: behind a sentence as a sentence of its own, else behind a semicolon."""
    if note.endswith("."):
        return f"{note} {addition[0].upper()}{addition[1:]}."
    return f"{note}; {addition}" if note else addition
