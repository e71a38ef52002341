"""What the totals explain of an outcome: together, in common, beyond a baseline, and freed from unreliability."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from shared_variance.facts import Share, reason_of
from shared_variance.facts_on_parts import LEAST


@dataclass(frozen=True)
class Explained:
    """What the totals that one perspective answered explain of an outcome.

    Attributes
    ----------
    outcome : str
        Label of the outcome.
    who : str
        The perspective.
    share : Share
        What they explain together.
    totals : int
        How many totals there are.
    alike : float or None
        What all of them explain alike; None where that is next to nothing.
    corrected : Share or None
        What they explain, freed from their unreliability.
    baseline : tuple of str
        Labels of what was known before.
    beyond : Share or None
        What they explain beyond the baseline.
    why_unknown : str
        The reason where nothing is known.
    """

    outcome: str
    who: str
    share: Share
    totals: int = 0
    alike: float | None = None
    corrected: Share | None = None
    baseline: tuple[str, ...] = ()
    beyond: Share | None = None
    why_unknown: str = ""


def read_outcomes(commonality: pd.DataFrame | None, labels: Mapping[str, str]) -> list[Explained]:
    """Read what the totals explain of each outcome.

    Parameters
    ----------
    commonality : pandas.DataFrame or None
        The table of the commonality analysis.
    labels : mapping of str to str
        Name of a variable of the clients -> its label.

    Returns
    -------
    list of Explained
        One for each outcome and perspective, in the order of the table.
    """
    if commonality is None or not {"outcome", "form", "model", "scores"} <= set(commonality):
        return []
    rows = commonality[commonality["form"].isna() & commonality["outcome"].notna()]
    return [
        _explained(labels.get(str(outcome), str(outcome)), str(who), own, labels)
        for (outcome, who), own in rows.groupby(["outcome", "perspective"], sort=False)
    ]


def _explained(outcome: str, who: str, rows: pd.DataFrame, labels: Mapping[str, str]) -> Explained:
    observed, alone = rows[rows["scores"] == "observed"], rows["model"] == "instruments"
    plain = observed[observed["model"] == "instruments"]
    together = plain[plain["statistic"] == "r2"].iloc[0]
    if pd.isna(together["estimate"]):
        return Explained(outcome, who, Share.of(together), why_unknown=reason_of(together["note"]))
    corrected = rows[alone & (rows["scores"] == "corrected") & (rows["statistic"] == "r2")]
    beyond = observed[observed["statistic"] == "r2_increment"].dropna(subset="estimate")
    parts = plain[plain["statistic"] == "commonality"]
    sizes = parts["group"].str.count(",") + 1  # totals behind each part
    alike = parts.loc[sizes == sizes.max(), "estimate"].iloc[0]
    before = rows.loc[rows["statistic"] == "r2_baseline", "group"].iloc[0].split(", ") if len(beyond) else []
    return Explained(
        outcome,
        who,
        Share.of(together),
        totals=int(sizes.max()),
        alike=alike if len(parts) > 1 and alike >= LEAST else None,
        corrected=Share.of(corrected.iloc[0]) if corrected["estimate"].notna().any() else None,
        baseline=tuple(labels.get(name, name) for name in before),
        beyond=Share.of(beyond.iloc[0]) if len(beyond) else None,
    )
