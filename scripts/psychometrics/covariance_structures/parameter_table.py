"""Every parameter of a model: those that its text names and those that are understood, free, fixed or shared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TypeVar

import numpy as np

from psychometrics.covariance_structures.expressions import names_in
from psychometrics.covariance_structures.syntax import Term

_T = TypeVar("_T")
EQUAL = (
    "loadings",
    "intercepts",
    "means",
    "thresholds",
    "regressions",
    "residuals",
    "residual_covariances",
    "latent_variances",
    "latent_covariances",
)


@dataclass(frozen=True)
class Options:
    """What is understood where the text of a model says nothing; the names are those of lavaan.

    Attributes
    ----------
    groups : int
        Number of groups.
    categories : mapping of str to int
        Number of categories of the ordinal items.
    parameterization : {'delta', 'theta'}
        Whether ordinal items have scales, or residual variances.
    std_lv : bool
        Whether factors have variance 1 instead of a first loading of 1.
    orthogonal : bool
        Whether exogenous factors are uncorrelated.
    means : bool
        Whether means are part of the model.
    fixed_x : bool
        Whether means and covariances of exogenous observed variables are those of the sample.
    equal : tuple of str
        Kinds of parameters that are equal in all groups.
    partial : tuple of str
        Parameters that are not, such as "f=~x2".
    """

    groups: int = 1
    categories: Mapping[str, int] = field(default_factory=dict)
    parameterization: str = "delta"
    std_lv: bool = False
    orthogonal: bool = False
    means: bool = False
    fixed_x: bool = True
    equal: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """One parameter in one group.

    Attributes
    ----------
    left : str
        Left side in the text.
    operator : str
        Operator, see `Term`.
    right : str
        Right side.
    group : int
        Number of the group, from 0.
    value : float or None
        Value at which it is fixed; None where it is free or the sample's.
    start : float or None
        Value to start from where one is given.
    label : str
        Label, or empty.
    free : int
        Position among the free parameters, -1 where it is fixed.
    of_sample : bool
        Whether it is fixed at the sample's value.
    """

    left: str
    operator: str
    right: str
    group: int
    value: float | None = None
    start: float | None = None
    label: str = ""
    free: int = -1
    of_sample: bool = False

    @property
    def name(self) -> str:
        """Name as in the text, without the group.

        Returns
        -------
        str
            Both sides and the operator, without blanks.
        """
        return f"{self.left}{self.operator}{self.right}"


@dataclass(frozen=True)
class ParameterTable:
    """The parameters of a model in all groups.

    Attributes
    ----------
    rows : tuple of Parameter
        Parameters, group by group.
    observed : tuple of str
        Observed variables.
    latent : tuple of str
        Factors.
    exogenous : tuple of str
        Observed variables whose means and covariances are the sample's.
    defined : tuple of tuple of str
        Names and expressions of defined parameters, in an order in which they can be computed.
    n_free : int
        Number of free parameters.
    options : Options
        What was understood.
    """

    rows: tuple[Parameter, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    defined: tuple[tuple[str, str], ...]
    n_free: int
    options: Options


def parameter_table(terms: Sequence[Term], options: Options) -> ParameterTable:
    """Add to the terms of a model what is understood, and number the free parameters.

    Parameters
    ----------
    terms : sequence of Term
        The model, from `parse_model`.
    options : Options
        Groups, categories and what is understood.

    Returns
    -------
    ParameterTable
        All parameters.

    Raises
    ------
    ValueError
        Modifiers that do not fit the number of groups, thresholds that an item does not have, an item that would have
        to be ordinal, unknown labels, labels that contradict each other.

    Notes
    -----
    What is understood is what lavaan's cfa() and sem() take for granted: variances of everything, covariances of
    exogenous factors and among final outcomes, the first loading of each factor 1 (or its variance, with `std_lv`),
    intercepts of observed variables free and of factors 0. Where parameters are equal in all groups, those that this
    identifies become free from the second group on: factor means with equal intercepts or thresholds, scales (or
    residual variances, with "theta") of ordinal items with equal thresholds, factor
    variances with `std_lv` and equal loadings.
    """
    _check(options, terms)
    categories = options.categories
    measured = [term for term in terms if term.operator == "=~"]
    regressions = [term for term in terms if term.operator == "~"]
    latent = tuple(dict.fromkeys(term.left for term in measured))
    indicators = {term.right for term in measured}
    outcomes, predictors = {term.left for term in regressions}, {term.right for term in regressions}
    named = [term.right for term in measured] + [n for t in regressions for n in (t.left, t.right)]
    named += [n for t in terms if t.operator == "~~" for n in (t.left, t.right)]
    named += [term.left for term in terms if term.operator in ("~1", "|", "~*~")]
    observed = tuple(name for name in dict.fromkeys(named) if name not in latent)
    for term in terms:
        if term.operator in ("|", "~*~") and term.left not in categories:
            raise ValueError(f"{term.left} has thresholds or a scale in the model, so it has to be an ordered item")
        if term.operator == "|" and int(term.right[1:]) >= categories[term.left]:
            raise ValueError(f"{term.left} has {categories[term.left]} categories, so there is no {term.right}")
    given = {key for term in terms for key in ((term.left, term.operator, term.right), _turned(term))}
    outside = [
        name for name in observed if name in predictors and name not in outcomes | indicators and name not in categories
    ]
    modelled = {name for t in terms if t.operator in ("~~", "~1") for name in (t.left, t.right)}
    fixed_x = options.fixed_x and not modelled & set(outside)
    exogenous = tuple(outside) if fixed_x else ()

    understood: list[Term] = []

    def _add(left: str, operator: str, right: str, fixed: float | None = None) -> None:
        if (left, operator, right) not in given and (operator != "~~" or (right, operator, left) not in given):
            understood.append(Term(left, operator, right, (fixed,)))

    for name in observed:
        if name not in exogenous:
            _add(name, "~~", name, 1.0 if name in categories else None)
    for name in latent:
        _add(name, "~~", name, 1.0 if options.std_lv else None)
    of_factors = [name for name in latent if name not in indicators | outcomes]
    final = [name for name in (*latent, *observed) if name in outcomes and name not in indicators | predictors]
    for left, right in [
        *([] if options.orthogonal else combinations(of_factors, 2)),
        *combinations(final, 2),
        *combinations(outside if not exogenous else [], 2),
    ]:
        _add(left, "~~", right)
    if options.means:
        for name in observed:
            if name not in exogenous:
                _add(name, "~1", "", 0.0 if name in categories else None)
        for name in latent:
            _add(name, "~1", "", 0.0)
    for name in (name for name in observed if name in categories):
        for number in range(1, categories[name]):
            _add(name, "|", f"t{number}")
        if options.parameterization == "delta":
            _add(name, "~*~", name, 1.0)

    first = {term.left: term.right for term in reversed(measured)}
    rows: list[Parameter] = []
    for group in range(options.groups):
        for term in [t for t in terms if t.operator != ":="]:
            row = _in_group(term, group, options.groups)
            marker = term.operator == "=~" and first[term.left] == term.right and not options.std_lv
            if marker and _of_group(term.fixed, group) is None:
                row = replace(row, value=1.0)
            rows.append(row)
        rows += [_freed(_in_group(term, group, options.groups), latent, options) for term in understood]
        for left, right in [(x, x) for x in exogenous] + list(combinations(exogenous, 2)):
            rows.append(Parameter(left, "~~", right, group, of_sample=True))
        if options.means:
            rows += [Parameter(x, "~1", "", group, of_sample=True) for x in exogenous]
    rows, n_free = _numbered(rows, latent, options)
    defined = _in_order([(t.left, t.right) for t in terms if t.operator == ":="], {row.label for row in rows} - {""})
    return ParameterTable(tuple(rows), observed, latent, exogenous, defined, n_free, options)


def _check(options: Options, terms: Sequence[Term]) -> None:
    if unknown := [kind for kind in options.equal if kind not in EQUAL]:
        raise ValueError(f"equal are {', '.join(EQUAL)}, not {unknown[0]!r}")
    if options.equal and options.groups == 1:
        raise ValueError("parameters can be equal only in several groups, and there is one")
    names = {f"{t.left}{t.operator}{t.right}" for t in terms}
    for name in options.partial:
        kind = "".join(name.split())
        if not any(operator in kind for operator in ("~", "|")):
            raise ValueError(f"{name!r} in partial is no parameter such as {next(iter(names))!r}")


def _turned(term: Term) -> tuple[str, str, str]:
    return (term.right, term.operator, term.left) if term.operator == "~~" else (term.left, term.operator, term.right)


def _of_group(values: tuple[_T, ...], group: int) -> _T:
    return values[0] if len(values) == 1 else values[group]


def _in_group(term: Term, group: int, groups: int) -> Parameter:
    for values in (term.fixed, term.start, term.labels):
        if len(values) not in (1, groups):
            name = f"{term.left} {term.operator} {term.right}".strip()
            raise ValueError(f"{name} has {len(values)} values in c(...), and there are {groups} groups")
    fixed, start = _of_group(term.fixed, group), _of_group(term.start, group)
    value = None if fixed is None or np.isnan(fixed) else fixed
    return Parameter(term.left, term.operator, term.right, group, value, start, _of_group(term.labels, group))


def _freed(row: Parameter, latent: Sequence[str], options: Options) -> Parameter:
    """The same, free where what is equal in all groups identifies it."""
    if row.group == 0 or not options.equal:
        return row
    factor, ordinal = row.left in latent, row.left in options.categories
    own = row.operator == "~~" and row.left == row.right
    if row.operator == "~1":
        free = factor and bool({"intercepts", "thresholds"} & {*options.equal}) and "means" not in options.equal
    elif own and factor:
        free = options.std_lv and "loadings" in options.equal and "latent_variances" not in options.equal
    else:
        scale = row.operator == "~*~" or (own and ordinal and options.parameterization == "theta")
        free = scale and "thresholds" in options.equal
    return replace(row, value=None) if free else row


def _kind(row: Parameter, latent: Sequence[str]) -> str:
    factor = row.left in latent
    if row.operator == "~~":
        if row.left == row.right:
            return "latent_variances" if factor else "residuals"
        return "latent_covariances" if factor and row.right in latent else "residual_covariances"
    kinds = {"=~": "loadings", "~": "regressions", "|": "thresholds", "~*~": "", "~1": "intercepts"}
    return "means" if row.operator == "~1" and factor else kinds[row.operator]


def _numbered(rows: list[Parameter], latent: Sequence[str], options: Options) -> tuple[list[Parameter], int]:
    """The rows with the positions of the free parameters; equal ones share a position or a fixed value."""
    partial = {"".join(name.split()) for name in options.partial}
    by_key: dict[str, int] = {}
    fixed: dict[str, float] = {}
    for row in rows:
        if row.label and row.value is not None:
            if fixed.setdefault(row.label, row.value) != row.value:
                raise ValueError(f"the label {row.label} stands for two different fixed values")
    # what the first group holds fixed is the same in the others already
    free_in_first = {row.name for row in rows if row.group == 0 and row.value is None and not row.of_sample}
    numbered = []
    for row in rows:
        if row.label in fixed:
            numbered.append(replace(row, value=fixed[row.label]))
            continue
        if row.value is not None or row.of_sample:
            numbered.append(row)
            continue
        shared = _kind(row, latent) in options.equal and row.name not in partial and row.name in free_in_first
        key = f"label {row.label}" if row.label else f"{row.name} {0 if shared else row.group}"
        numbered.append(replace(row, free=by_key.setdefault(key, len(by_key))))
    wanted = {row.name for row in rows}
    if unknown := partial - wanted:
        raise ValueError(f"{min(unknown)!r} in partial is no parameter of the model")
    return numbered, len(by_key)


def _in_order(defined: list[tuple[str, str]], labels: set[str]) -> tuple[tuple[str, str], ...]:
    """Defined parameters, each after those that it uses."""
    known, waiting, ordered = set(labels), list(defined), []
    for name, _ in defined:
        if name in labels:
            raise ValueError(f"{name} is defined, so it cannot be a label")
    while waiting:
        ready = [(name, text) for name, text in waiting if names_in(text) <= known]
        if not ready:
            name, text = waiting[0]
            missing = min(names_in(text) - known)
            raise ValueError(f"{name} := {text} names {missing}, which is no label of the model")
        ordered += ready
        known |= {name for name, _ in ready}
        waiting = [pair for pair in waiting if pair not in ready]
    return tuple(ordered)
