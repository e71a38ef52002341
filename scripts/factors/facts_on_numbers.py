"""Facts on the number of factors: how the criteria spread, and what rests on the number that was extracted."""

from dataclasses import dataclass

import pandas as pd

from psychometrics.factors.retention.criteria import counted

SIMILAR, EQUAL = 0.85, 0.95  # Tucker's congruence; Lorenzo-Seva & ten Berge (2006)


@dataclass(frozen=True)
class Spread:
    """How many criteria find which number of factors.

    Attributes
    ----------
    extracted : int
        The number that was extracted.
    found : dict of int to list of str
        Number -> the criteria that find it, the number that most find first.
    silent : int
        How many criteria could not be applied.
    """

    extracted: int
    found: dict[int, list[str]]
    silent: int

    @classmethod
    def of(cls, retention: pd.DataFrame) -> "Spread":
        """Count the criteria in the table of the number of factors."""
        rows = counted(retention)
        known = rows.dropna(subset="estimate")
        found = {int(k): list(own["statistic"]) for k, own in known.groupby("estimate")}
        extracted = retention.loc[retention["statistic"] == "factors_extracted", "estimate"].iloc[0]
        ordered = dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))
        return cls(int(extracted), ordered, len(rows) - len(known))

    @property
    def applied(self) -> int:
        """How many criteria were applied."""
        return sum(map(len, self.found.values()))

    @property
    def lies_apart(self) -> bool:
        """Whether two numbers lie more than one apart, or no second criterion finds the number extracted."""
        return max(self.found) - min(self.found) > 1 or len(self.found.get(self.extracted, [])) < 2


@dataclass(frozen=True)
class Survival:
    """What becomes of the common factor with other numbers of factors.

    Attributes
    ----------
    same : list of int
        The numbers with which a factor similar to it is the common factor.
    low, high : float
        The smallest and the largest congruence with these.
    other : dict of int to tuple of float
        Number -> congruence of the factor that is the common one instead, and of the factor closest to it.
    none : list of int
        The numbers with which there is no common factor.
    """

    same: list[int]
    low: float
    high: float
    other: dict[int, tuple[float, float]]
    none: list[int]

    @classmethod
    def of(cls, alternatives: pd.DataFrame, extracted: int) -> "Survival | None":
        """Sort the other numbers of factors; None where there is nothing to compare.

        A single factor holds all items and is the common one by construction: it tells nothing of another.
        """
        rows = alternatives[alternatives["statistic"].isin(["common_factor_congruence", "closest_factor_congruence"])]
        if rows.empty or extracted == 1:
            return None
        values = rows.pivot(index="factors", columns="statistic", values="estimate")
        values.index = values.index.astype(int)
        others = values.drop(index=[1, extracted], errors="ignore")
        if others.empty or values.loc[extracted].isna().all():
            return None
        congruence = others["common_factor_congruence"]
        same = congruence[congruence >= SIMILAR]
        other = {
            k: (congruence[k], others.loc[k, "closest_factor_congruence"])
            for k in congruence[congruence < SIMILAR].index
        }
        return cls(list(same.index), same.min(), same.max(), other, list(congruence.index[congruence.isna()]))

    @property
    def whole(self) -> bool:
        """Whether the same factor is the common one with every number."""
        return not self.other and not self.none
