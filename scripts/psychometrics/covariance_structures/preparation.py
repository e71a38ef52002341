"""The answers that a model is about, sorted into groups, and what makes a model impossible before any search."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.covariance_structures.ordinal_moments import count_categories
from psychometrics.covariance_structures.parameters import ParameterTable
from psychometrics.covariance_structures.syntax import Term
from psychometrics.not_computable import NotComputable


@dataclass(frozen=True)
class Prepared:
    """Answers ready for estimation.

    Attributes
    ----------
    answers : pandas.DataFrame
        People x variables of the model.
    group : numpy.ndarray of int
        Number of each person's group.
    groups : tuple of str
        Names of the groups, in the order in which they appear; empty where there is one.
    cluster : numpy.ndarray of int or None
        Number of each person's cluster.
    categories : dict of str to int
        Number of categories of ordinal items.
    notes : tuple of str
        Who was left out.
    """

    answers: pd.DataFrame
    group: np.ndarray
    groups: tuple[str, ...]
    cluster: np.ndarray | None
    categories: dict[str, int]
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """Count the groups.

        Returns
        -------
        int
            At least 1.
        """
        return max(1, len(self.groups))

    def by_group(self, values: np.ndarray) -> list[np.ndarray]:
        """Split rows by group.

        Parameters
        ----------
        values : numpy.ndarray
            One row for each person.

        Returns
        -------
        list of numpy.ndarray
            Rows by group.
        """
        return [values[self.group == number] for number in range(self.count)]

    def clusters(self) -> list[np.ndarray] | None:
        """Split the clusters of the people by group.

        Returns
        -------
        list of numpy.ndarray or None
            None where people are independent.
        """
        return None if self.cluster is None else self.by_group(self.cluster)


def prepare(
    terms: Sequence[Term],
    answers: pd.DataFrame,
    *,
    ordered: bool | Sequence[str],
    missing: str,
    group: str | None,
    cluster: str | None,
    complete: Sequence[str] = (),
) -> Prepared:
    """Pick variables and people.

    Parameters
    ----------
    terms : sequence of Term
        The model.
    answers : pandas.DataFrame
        People x variables.
    ordered : bool or sequence of str
        Ordinal items: all, none, or these.
    missing : {'listwise', 'pairwise', 'ml'}
        Rule for missing answers.
    group : str or None
        Column of the groups.
    cluster : str or None
        Column of the clusters.
    complete : sequence of str
        Variables without which nobody is kept.

    Returns
    -------
    Prepared
        Answers, groups and clusters.

    Raises
    ------
    ValueError
        Columns that do not exist, ordinal and other items together.
    NotComputable
        Nobody is left, or a variable without variation.
    """
    factors = {term.left for term in terms if term.operator == "=~"}
    named = [name for term in terms if term.operator != ":=" for name in _variables(term)]
    names = [name for name in dict.fromkeys(named) if name not in factors]
    for name in factors:
        if name in answers.columns:
            raise ValueError(f"{name} is a factor of the model and a column of the answers: rename one of them")
    for name in names + [column for column in (group, cluster) if column]:
        if name not in answers.columns:
            raise ValueError(f"there is no column {name} in the answers")
    if not names:
        raise ValueError("the model has no observed variable")
    items = names if ordered is True else [] if ordered is False else list(ordered)
    if items and set(items) != set(names):
        odd = sorted(set(names) ^ set(items))[0]
        reason = "is not in the model" if odd in items else "is not ordered"
        raise ValueError(f"either all variables of a model are ordered or none: {odd} {reason}")
    chosen = answers[names]
    for name in names:
        if not pd.api.types.is_numeric_dtype(chosen[name].dtype):
            raise ValueError(f"the answers to {name} are no numbers")
    chosen = chosen.astype("Float64").astype(float)
    keep = (
        chosen.notna().all(axis=1)
        if missing == "listwise"
        else (chosen.notna().any(axis=1) & chosen[list(complete)].notna().all(axis=1))
    )
    for column in (group, cluster):
        if column:
            keep &= answers[column].notna()
    notes = []
    if out := int((~keep).sum()):
        why = "an answer is missing" if missing == "listwise" else "all answers, or those that others depend on, are"
        notes.append(f"{out} people left out because {why}" + ("" if missing == "listwise" else " missing"))
    if keep.sum() < 3:
        raise NotComputable("fewer than three people have the answers that the model needs")
    chosen = chosen[keep]
    codes, labels = (
        (np.zeros(len(chosen), dtype=int), np.array([])) if group is None else pd.factorize(answers.loc[keep, group])
    )
    if group is not None and len(labels) < 2:
        raise NotComputable(f"{group} has one value: there are no groups to compare")
    units = None if cluster is None else pd.factorize(answers.loc[keep, cluster])[0]
    if units is not None and units.max() < 1:
        raise NotComputable("standard errors by clusters need at least two clusters")
    for name in names:
        for number in range(max(1, len(labels))):
            if chosen.loc[codes == number, name].nunique() < 2:
                where = f" in group {labels[number]}" if len(labels) else ""
                raise NotComputable(f"all answers to {name}{where} are the same")
    categories = count_categories(chosen) if items else {}
    return Prepared(chosen, np.asarray(codes), tuple(map(str, labels)), units, categories, tuple(notes))


def _variables(term: Term) -> tuple[str, ...]:
    return (term.left,) if term.operator in ("|", "~1") else (term.left, term.right)


def count_moments(table: ParameterTable) -> int:
    """Count the means, covariances, thresholds and correlations that a model is to reproduce.

    Parameters
    ----------
    table : ParameterTable
        The model.

    Returns
    -------
    int
        Number over all groups.
    """
    p, outside, categories = len(table.observed), len(table.exogenous), table.options.categories
    if categories:
        moments = p * (p - 1) // 2 + sum(count - 1 for count in categories.values())
    else:
        means = table.options.means
        moments = p * (p + 1) // 2 + p * means - (outside * (outside + 1) // 2 + outside * means)
    return moments * table.options.groups


def check_possible(table: ParameterTable, people: Sequence[int], names: Sequence[str], *, casewise: bool) -> int:
    """Refuse a model that needs more moments or people than there are.

    Parameters
    ----------
    table : ParameterTable
        The model.
    people : sequence of int
        Number of people, by group.
    names : sequence of str
        Names of the groups; empty where there is one.
    casewise : bool
        Whether the answers of a person may be incomplete.

    Returns
    -------
    int
        Degrees of freedom.

    Raises
    ------
    NotComputable
        More parameters than moments; at least as many parameters, thresholds and intercepts not counted, as people; at
        least as many variables as people in a group, with complete continuous answers.
    """
    moments = count_moments(table)
    if table.n_free == 0:
        raise NotComputable("the model has no free parameter")
    if table.n_free > moments:
        raise NotComputable(f"the model has {table.n_free} free parameters and {moments} moments to estimate them from")
    structural = {row.free for row in table.rows if row.free >= 0 and row.operator not in ("|", "~1")}
    total = sum(people)
    if len(structural) >= total:
        raise NotComputable(
            f"the model has {len(structural)} parameters beside thresholds and intercepts, too many for {total} people"
        )
    if not table.options.categories and not casewise:
        for number, n in enumerate(people):
            if n <= len(table.observed):
                where = f" in group {names[number]}" if names else ""
                raise NotComputable(
                    f"{n} people{where} are too few for the covariances of {len(table.observed)} variables"
                )
    return moments - table.n_free
