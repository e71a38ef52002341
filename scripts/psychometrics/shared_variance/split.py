"""What the variance of each total score is made of: common to all instruments, shared with some, specific, unique."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

MINIMUM = 0.01  # of the variance of a total: the total correlates .10 with the factor, a small correlation
BY_CONSTRUCTION = "one factor: common by construction; the share is omega total of one factor"
CLASSES = {"common_share": "common to all", "specific_share": "specific", "minor_share": "minor"}


@dataclass(frozen=True)
class TotalScores:
    """Total scores of an analysis of items.

    Two forms of one instrument are two totals; what only they share is specific to the instrument.

    Attributes
    ----------
    forms : list of str
        The form of each of t totals.
    instruments : list of str
        The instrument of each total.
    members : numpy.ndarray of shape (t, p)
        1 for the items that a total sums, else 0.
    """

    forms: list[str]
    instruments: list[str]
    members: np.ndarray

    @classmethod
    def of(cls, totals: Mapping[str, Iterable[str]], instruments: Mapping[str, str], items: pd.Index) -> "TotalScores":
        """Describe the totals of an analysis of items.

        Parameters
        ----------
        totals : mapping of str to iterable of str
            Form -> items of its total.
        instruments : mapping of str to str
            Form -> instrument.
        items : pandas.Index
            The items of the analysis in their order.

        Returns
        -------
        TotalScores
            The totals in the order of `totals`.

        Raises
        ------
        ValueError
            If a total has no item in the analysis, or there are fewer than two instruments.
        """
        members = np.array([items.isin(list(own)) for own in totals.values()], dtype=float).reshape(-1, len(items))
        empty = [form for form, row in zip(totals, members, strict=True) if not row.any()]
        if empty:
            raise ValueError(f"No item of {empty[0]} is in the analysis.")
        found = [instruments[form] for form in totals]
        if len(set(found)) < 2:
            raise ValueError("one instrument: variance is shared only where a second instrument was answered")
        return cls(list(totals), found, members)


def total_loadings(loadings: np.ndarray, uniqueness: np.ndarray, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r"""Correlate unit-weighted totals of standardized items with uncorrelated factors.

    .. math:: a_{tf} = \frac{\sum_{i \in t} \lambda_{if}}{\sqrt{V_t}}, \qquad
              V_t = \sum_f \Big(\sum_{i \in t} \lambda_{if}\Big)^2 + \sum_{i \in t} u_i^2

    Parameters
    ----------
    loadings : numpy.ndarray of shape (..., p, f)
        Loadings of the items on uncorrelated factors.
    uniqueness : numpy.ndarray of shape (..., p)
        Unique variances of the items.
    members : numpy.ndarray of shape (t, p)
        1 for the items that a total sums, else 0.

    Returns
    -------
    loadings_of_totals : numpy.ndarray of shape (..., t, f)
        Correlations a, whose squares are the factors' shares of the variance.
    unique_share : numpy.ndarray of shape (..., t)
        Squares and unique share sum to 1.
    """
    sums = members @ loadings
    unique = uniqueness @ members.T
    variance = (sums**2).sum(axis=-1) + unique
    return sums / np.sqrt(variance)[..., None], unique / variance


@dataclass(frozen=True)
class VarianceSplit:
    r"""Split of the variance of totals by a solution with uncorrelated factors, and the same split of its resamples.

    Attributes
    ----------
    loadings : pandas.DataFrame of shape (p, f)
        For example the general and the group factors of a Schmid-Leiman solution.
    uniqueness : pandas.Series of shape (p,)
        Unique variances of the items.
    totals : TotalScores
        The total scores.
    minimum : float
        A factor counts in an instrument when it holds at least this share of the variance of one of its totals.

    Raises
    ------
    ValueError
        If `minimum` lies outside (0, 1).

    Notes
    -----
    The share of factor f in total t is the squared correlation of the two, see :func:`total_loadings`. When f counts in
    the instrument of t, the share is

    * common to all, when f counts in every other instrument,
    * shared with those instruments, when f counts in some of the others,
    * specific to the instrument, when f counts in none of the others,

    the general factor by the same rule as the group factors; what factors hold that do not count is minor. The rest is
    unique: specific to single items, and error; one administration cannot tell these two apart. Two totals correlate

    .. math:: r_{tu} = \sum_f a_{tf} a_{uf},

    so that each factor's part in a correlation is the geometric mean of its two shares: with common factors behind
    the scores, r and not r^2 is the share of variance that two totals have in common (Ozer 1985, Psychol. Bull. 97,
    307-315).

    The idea of general, group and unique variance of a total: McDonald (1999), Test theory, chapter 6; Reise (2012),
    Multivariate Behav. Res. 47, 667-696. With one instrument's items the general share is psych::omega's omega
    hierarchical and 1 - the unique share its omega total, both over the variance that the model implies. The totals are
    sums of standardized items, as the correlation matrix has them: of latent answers where that is polychoric.
    """

    loadings: pd.DataFrame
    uniqueness: pd.Series
    totals: TotalScores
    minimum: float = MINIMUM

    def __post_init__(self) -> None:
        if not 0 < self.minimum < 1:
            raise ValueError(f"minimum must lie between 0 and 1, not {self.minimum}.")

    @property
    def rule(self) -> str:
        """State the rule in words.

        Returns
        -------
        str
            From what share on a factor counts.
        """
        return f"a factor counts in an instrument from {100 * self.minimum:g}% of the variance of its total on"

    def counts(self, loadings: np.ndarray, uniqueness: np.ndarray) -> np.ndarray:
        """Find where each factor counts.

        Parameters
        ----------
        loadings : numpy.ndarray of shape (..., p, f)
            Loadings of the items.
        uniqueness : numpy.ndarray of shape (..., p)
            Unique variances of the items.

        Returns
        -------
        numpy.ndarray of shape (..., instruments in the order of the totals, f)
            True where the factor counts.
        """
        shares = total_loadings(loadings, uniqueness, self.totals.members)[0] ** 2
        own = np.array(self.totals.instruments)
        return np.stack([(shares[..., own == name, :] >= self.minimum).any(axis=-2) for name in self._names], axis=-2)

    def table(self, observed: pd.DataFrame | None = None) -> pd.DataFrame:
        """Make tidy rows of the solution.

        Parameters
        ----------
        observed : pandas.DataFrame of shape (p, p), optional
            Correlations, for a check of the variances that the model implies.

        Returns
        -------
        pandas.DataFrame
            Columns form, form_2, group, factor, statistic, estimate, method. Per factor `sharing_instruments`, how many
            instruments it counts in (named in group); per total `factor_share` (group: the class it is counted in),
            `common_share`, `shared_share` (group: the other instruments), `specific_share`, `minor_share`,
            `unique_share`, and with `observed` `implied_to_observed_variance`; per pair of totals of different
            instruments `r_by_factor` and its sum `r_implied`.
        """
        rows = pd.DataFrame(self._rows, columns=["form", "form_2", "group", "factor", "statistic"])
        rows = rows.assign(estimate=self.values(self.loadings.to_numpy()[None], self.uniqueness.to_numpy()[None])[0])
        if observed is None:
            return rows.assign(method=self.rule)
        items, members = self.loadings.index, self.totals.members
        within = np.einsum("ti,ij,tj->t", members, observed.loc[items, items].to_numpy(), members)
        implied = ((members @ self.loadings.to_numpy()) ** 2).sum(axis=1) + members @ self.uniqueness.to_numpy()
        check = pd.DataFrame(
            {"form": self.totals.forms, "statistic": "implied_to_observed_variance", "estimate": implied / within}
        )
        return pd.concat([rows, check], ignore_index=True).assign(method=self.rule)

    def values(self, loadings: np.ndarray, uniqueness: np.ndarray) -> np.ndarray:
        """Compute the estimates of the rows, without the check, for many solutions.

        The factors keep the classes that they have in the solution: intervals of a sum are intervals of the same sum.

        Parameters
        ----------
        loadings : numpy.ndarray of shape (draws, p, f)
            Loadings of the items.
        uniqueness : numpy.ndarray of shape (draws, p)
            Unique variances of the items.

        Returns
        -------
        numpy.ndarray of shape (draws, rows)
            The estimates.
        """
        a, unique = total_loadings(loadings, uniqueness, self.totals.members)
        shares = a**2
        present = self.counts(loadings, uniqueness)
        forms, factors = list(self.totals.forms), list(self.loadings.columns)
        columns = []
        for form, form_2, group, factor, statistic in self._rows:
            t, f = forms.index(form) if form else -1, factors.index(factor) if factor else -1
            if statistic == "sharing_instruments":
                column = np.where(np.isfinite(shares[:, 0, f]), present[..., f].sum(axis=-1), np.nan)
            elif statistic == "factor_share":
                column = shares[:, t, f]
            elif statistic == "unique_share":
                column = unique[:, t]
            elif statistic.startswith("r_"):
                parts = a[:, t] * a[:, forms.index(form_2)]
                column = parts[:, f] if factor else parts.sum(axis=1)
            else:
                wanted = CLASSES.get(statistic, f"shared with {group}")
                column = shares[:, t, np.array([label == wanted for label in self._classes[t]])].sum(axis=1)
            columns.append(column)
        return np.column_stack(columns)

    def reproduced(self, loadings: np.ndarray, uniqueness: np.ndarray) -> np.ndarray:
        """Count how often a factor counts in the same instruments as in the solution.

        Parameters
        ----------
        loadings : numpy.ndarray of shape (draws, p, f)
            Loadings of the items.
        uniqueness : numpy.ndarray of shape (draws, p)
            Unique variances of the items, missing where a draw failed.

        Returns
        -------
        numpy.ndarray of shape (f,)
            Share of the draws; missing where all failed.
        """
        usable = np.isfinite(uniqueness).all(axis=1)
        if not usable.any():
            return np.full(self.loadings.shape[1], np.nan)
        return (self.counts(loadings[usable], uniqueness[usable]) == self._present).all(axis=1).mean(axis=0)

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys(self.totals.instruments))

    @property
    def _present(self) -> np.ndarray:
        return self.counts(self.loadings.to_numpy(), self.uniqueness.to_numpy())

    @property
    def _classes(self) -> list[list[str]]:
        """Per total and factor the class: common to all, shared with ..., specific, minor."""
        return [
            [self._class(own, set(np.array(self._names)[counted])) for counted in self._present.T]
            for own in self.totals.instruments
        ]

    def _class(self, own: str, instruments: set[str]) -> str:
        if own not in instruments:
            return "minor"
        if len(instruments) == len(self._names):
            return "common to all"
        partners = [name for name in self._names if name in instruments - {own}]
        return f"shared with {', '.join(partners)}" if partners else "specific"

    @property
    def _rows(self) -> list[tuple[str, str, str, str, str]]:
        factors, forms, classes = list(self.loadings.columns), self.totals.forms, self._classes
        rows = [
            ("", "", ", ".join(np.array(self._names)[counted]), factor, "sharing_instruments")
            for factor, counted in zip(factors, self._present.T, strict=True)
        ]
        for form, own in zip(forms, classes, strict=True):
            rows += [(form, "", label, factor, "factor_share") for factor, label in zip(factors, own, strict=True)]
            shared = sorted({label.removeprefix("shared with ") for label in own if label.startswith("shared with ")})
            rows += [
                (form, "", "", "", "common_share"),
                *((form, "", group, "", "shared_share") for group in shared),
                *((form, "", "", "", name) for name in ("specific_share", "minor_share", "unique_share")),
            ]
        pairs = zip(forms, self.totals.instruments, strict=True)
        for (one, instrument), (two, other) in combinations(pairs, 2):
            if instrument != other:
                rows += [(one, two, "", factor, "r_by_factor") for factor in factors]
                rows.append((one, two, "", "", "r_implied"))
        return rows
