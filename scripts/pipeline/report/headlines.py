"""May a finding stand on top of the report? Decided here alone, by the minimums under `headlines` in config.yaml."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from pipeline.report.numbers import coefficient, number, percent
from pipeline.report.results import Results
from pipeline.report.wording import listed, words

KINDS = ("key", "alpha", "people", "people_per_item", "converged", "same_factor", "width")  # first one first
FINDINGS = ("alpha", "course", "shared variance", "account", "common factor")  # in the order of the report
WRONG_KEY = 0.5  # share of the reversed items that run against their form above which the key looks wrong


@dataclass(frozen=True)
class Held:
    """A finding that is shown in its section and not on top.

    Attributes
    ----------
    finding : {"alpha", "course", "shared variance", "account", "common factor"}
        What it is.
    of : str
        Of which scores: `WAI-S`, `WAI-S and HAq-II`; empty for a common factor.
    details : tuple of str
        Who answered, and what is too little: `client`, `n = 8`.
    kind : str
        Why it is held back: one of `KINDS`.
    """

    finding: str
    of: str
    details: tuple[str, ...]
    kind: str


@dataclass(frozen=True)
class Headlines:
    """What a finding needs to stand on top, and the forms of which no number does.

    Attributes
    ----------
    least : mapping of str to float
        The section `headlines` of config.yaml.
    wrong : mapping of tuple of str to str
        Form and perspective -> `key` where its key looks wrong, `alpha` where the alpha of its total is negative.
    labels : mapping of str to str
        Name of a form -> its label.
    """

    least: Mapping[str, float]
    wrong: Mapping[tuple[str, str], str]
    labels: Mapping[str, str]

    @classmethod
    def of(cls, results: Results) -> "Headlines":
        """Read the minimums and the doubtful forms of a data set.

        Parameters
        ----------
        results : Results
            The results of the data set.

        Returns
        -------
        Headlines
            What decides on its findings.
        """
        quality, reliability = results.table("quality"), results.at_occasion("reliability")
        negative = reliability[
            (reliability["statistic"] == "alpha") & (reliability["scale"] == "total") & (reliability["estimate"] < 0)
        ]
        audit = quality[(quality["statistic"] == "sign_audit") & (quality["estimate"] > WRONG_KEY)]
        wrong = dict.fromkeys(negative[["form", "perspective"]].itertuples(index=False, name=None), "alpha")
        wrong |= dict.fromkeys(audit[["form", "perspective"]].itertuples(index=False, name=None), "key")
        return cls(results.config["headlines"], wrong, results.labels)

    @property
    def wrong_keys(self) -> list[str]:
        """Name the forms whose key looks wrong.

        Returns
        -------
        list of str
            `WAI-S (client)`.
        """
        return [f"{self.labels[form]} ({who})" for (form, who), kind in self.wrong.items() if kind == "key"]

    def held(
        self,
        finding: str,
        of: str,
        who: str,
        *,
        forms: Sequence[tuple[str, str]] = (),
        people: float = np.nan,
        people_per_item: float = np.nan,
        converged: float = np.nan,
        same_factor: float = np.nan,
        limits: tuple[float, float] = (np.nan, np.nan),
        show: Callable[[float], str] = coefficient,
    ) -> Held | None:
        """Find the first reason against showing a finding on top; what is missing is not judged.

        Parameters
        ----------
        finding : {"alpha", "course", "shared variance", "account", "common factor"}
            What it is.
        of : str
            Of which scores.
        who : str
            Who answered.
        forms : sequence of tuple of str
            Form and perspective of the scores that it rests on.
        people : float, optional
            How many people are behind it.
        people_per_item : float, optional
            Of a factor analysis.
        converged : float, optional
            Share of the resamples that gave a solution.
        same_factor : float, optional
            Share of the resamples that pick the same common factor.
        limits : tuple of float, optional
            Of its interval.
        show : callable, default coefficient
            How its limits read.

        Returns
        -------
        Held or None
            None where it may stand on top.
        """
        for kind in ("key", "alpha"):
            labels = dict.fromkeys(self.labels[key[0]] for key in forms if self.wrong.get(key) == kind)
            if labels:
                return Held(finding, of, (who, *([f"{kind} of {listed(labels)}"] if len(forms) > 1 else [])), kind)
        measured = {
            "people": (people, lambda: f"n = {people:.0f}"),
            "people_per_item": (people_per_item, lambda: number(people_per_item, 1)),
            "converged": (converged, lambda: percent(converged)),
            "same_factor": (same_factor, lambda: percent(same_factor)),
        }
        for kind, (value, shown) in measured.items():
            if value < self.least[kind]:
                return Held(finding, of, (who, shown()), kind)
        if limits[1] - limits[0] > self.least["width"]:
            return Held(finding, of, (who, f"{show(limits[0])} to {show(limits[1])}"), "width")
        return None


def told(held: Sequence[Held], least: Mapping[str, float]) -> str:
    """Say in one line what is not shown on top, and why.

    Parameters
    ----------
    held : sequence of Held
        What the sections held back.
    least : mapping of str to float
        The section `headlines` of config.yaml.

    Returns
    -------
    str
        One sentence; empty where nothing was held back.
    """
    ordered = sorted(held, key=lambda one: (KINDS.index(one.kind), FINDINGS.index(one.finding)))
    groups = [
        (kind, [(finding, list(found)) for finding, found in groupby(own, key=lambda one: one.finding)])
        for kind, own in groupby(ordered, key=lambda one: one.kind)
    ]
    return words("report").held_back(groups, least) if groups else ""
