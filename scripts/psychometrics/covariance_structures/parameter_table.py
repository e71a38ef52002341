"""Every parameter of a model: those that its text names and those that are understood, free, fixed or shared."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import TypeVar

import numpy as np

from psychometrics.covariance_structures.numbering import in_order, numbered
from psychometrics.covariance_structures.parameters import EQUAL, Options, Parameter, ParameterTable
from psychometrics.covariance_structures.syntax import Term

_T = TypeVar("_T")


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
    rows, n_free = numbered(rows, latent, options)
    defined = in_order([(t.left, t.right) for t in terms if t.operator == ":="], {row.label for row in rows} - {""})
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
