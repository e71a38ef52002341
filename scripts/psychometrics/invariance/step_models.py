"""The model of each step of the invariance of a form, in lavaan's notation."""

from collections.abc import Mapping
from itertools import combinations

from psychometrics.covariance_structures.score_tests import Release
from psychometrics.invariance.design import STEPS, Design


def holds(design: Design, item: str, what: str, step: str, freed: Mapping[str, str]) -> bool:
    """Tell whether a parameter of an item is equal in all units at a step.

    Parameters
    ----------
    design : Design
        What is compared.
    item : str
        The item.
    what : {'thresholds', 'loadings', 'intercepts', 'residuals'}
        Which of its parameters.
    step : str
        The step.
    freed : mapping of str to str
        Item -> the step from which on it is free.

    Returns
    -------
    bool
        What is free at a step is free at all that follow.
    """
    place = STEPS.index(what)
    until = STEPS.index(freed[item]) if item in freed else len(STEPS)
    if what == "thresholds" and not design.ordinal:
        return True
    return place <= STEPS.index(step) and place < until


def model_text(design: Design, step: str, freed: Mapping[str, str]) -> str:
    r"""Write the model of a step.

    Parameters
    ----------
    design : Design
        What is compared.
    step : str
        One of `psychometrics.invariance.design.STEPS`.
    freed : mapping of str to str
        Item -> the step from which on its parameters are free.

    Returns
    -------
    str
        To be fitted with factor variances of 1 in the first unit (lavaan's std.lv = TRUE) and, of ordinal items, with
        parameterization "theta".

    Notes
    -----
    Ordinal items (Wu & Estabrook 2016, Psychometrika 81, 1014-1045): the factors have mean 0 and variance 1, latent
    answers intercept 0 and residual variance 1. Equal thresholds free intercepts and residual variances of the other
    units, equal loadings their factor variances, intercepts of 0 their factor means; residual variances of 1 come last.
    Of an item with two categories the residual variance is free only where its loading is equal, since one threshold
    fixes no scale. Continuous answers: equal loadings free factor variances, equal intercepts factor means. The same
    people: factors of all units covary, and so do the residuals of the same item. Agrees with
    semTools::measEq.syntax(ID.cat = "Wu.Estabrook.2016", ID.fac = "std.lv", parameterization = "theta").
    """
    lines = _loadings(design, step, freed)
    for item in design.items:
        lines += _item(design, item, step, freed)
    for factor, items in design.factors.items():
        scaled = any(
            holds(design, item, "loadings", step, freed)
            and (design.thresholds(item) != 1 or not design.ordinal or holds(design, item, "intercepts", step, freed))
            for item in items
        )
        lines += _by_unit(design, factor, "~~", factor, 1.0, free=scaled)
        free = any(holds(design, item, "intercepts", step, freed) for item in items)
        lines += _by_unit(design, factor, "~", "1", 0.0, free=free)
    if design.paired:
        for item in design.items:
            names = [design.name(item, unit) for unit in range(len(design.units))]
            lines += [f"{one} ~~ {other}" for one, other in combinations(names, 2)]
    return "\n".join(lines)


def _loadings(design: Design, step: str, freed: Mapping[str, str]) -> list[str]:
    lines = []
    for unit in range(len(design.units) if design.paired else 1):
        for factor, items in design.factors.items():
            terms = [
                (f"load.{item}*" if holds(design, item, "loadings", step, freed) else "") + design.name(item, unit)
                for item in items
            ]
            lines.append(f"{design.name(factor, unit)} =~ {' + '.join(terms)}")
    return lines


def _item(design: Design, item: str, step: str, freed: Mapping[str, str]) -> list[str]:
    intercepts, residuals = (holds(design, item, what, step, freed) for what in ("intercepts", "residuals"))
    if not design.ordinal:
        lines = []
        for unit in range(len(design.units) if design.paired else 1):
            name = design.name(item, unit)
            lines.append(f"{name} ~ {f'int.{item}*' if intercepts else ''}1")
            lines.append(f"{name} ~~ {f'res.{item}*' if residuals else ''}{name}")
        return lines
    fixed = holds(design, item, "thresholds", step, freed)
    one = design.thresholds(item) == 1
    loadings = holds(design, item, "loadings", step, freed)
    lines = []
    for unit in range(len(design.units) if design.paired else 1):
        terms = [
            (f"thr.{item}.{number}*" if fixed else "") + f"t{number}" for number in range(1, design.categories[item])
        ]
        lines.append(f"{design.name(item, unit)} | {' + '.join(terms)}")
    lines += _by_unit(design, item, "~", "1", 0.0, free=fixed and not intercepts)
    # one threshold and one loading leave the scale of the latent answer open
    lines += _by_unit(design, item, "~~", item, 1.0, free=fixed and not residuals and (not one or loadings))
    return lines


def _by_unit(design: Design, left: str, operator: str, right: str, value: float, *, free: bool) -> list[str]:
    """A parameter that is fixed in the first unit, and in the others unless it is free there."""
    count = len(design.units)
    if not design.paired:
        values = ", ".join([f"{value:g}", *["NA" if free else f"{value:g}"] * (count - 1)])
        return [f"{left} {operator} c({values})*{right}"]
    lines = []
    for unit in range(count):
        modifier = "NA" if free and unit else f"{value:g}"
        other = right if right == "1" else design.name(right, unit)
        lines.append(f"{design.name(left, unit)} {operator} {modifier}*{other}")
    return lines


def releases(design: Design, item: str, what: str) -> list[Release]:
    """Name the places of an item's parameter that are equal to, or fixed like, that of the first unit.

    Parameters
    ----------
    design : Design
        What is compared.
    item : str
        The item.
    what : {'thresholds', 'loadings', 'intercepts', 'residuals'}
        Which of its parameters.

    Returns
    -------
    list of Release
        Those of all other units.
    """
    factor = next(factor for factor, items in design.factors.items() if item in items)
    found = []
    for unit in range(1, len(design.units)):
        name, group = design.name(item, unit), design.group(unit)
        names = {
            "thresholds": [f"{name}|t{number}" for number in range(1, design.thresholds(item) + 1)],
            "loadings": [f"{design.name(factor, unit)}=~{name}"],
            "intercepts": [f"{name}~1"],
            "residuals": [f"{name}~~{name}"],
        }[what]
        found += [Release(each, group) for each in names]
    return found
