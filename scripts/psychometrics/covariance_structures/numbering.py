"""Which parameters are one: shared labels, equality over groups, and the order of defined parameters."""

from collections.abc import Sequence
from dataclasses import replace

from psychometrics.covariance_structures.expressions import names_in
from psychometrics.covariance_structures.parameters import Options, Parameter


def numbered(rows: list[Parameter], latent: Sequence[str], options: Options) -> tuple[list[Parameter], int]:
    """Number the free parameters; equal ones share a position or a fixed value.

    Parameters
    ----------
    rows : list of Parameter
        Parameters of all groups.
    latent : sequence of str
        Factors.
    options : Options
        What is equal in all groups.

    Returns
    -------
    rows : list of Parameter
        The same with positions.
    count : int
        Number of free parameters.

    Raises
    ------
    ValueError
        A label of two fixed values, a parameter in `partial` that the model does not have.
    """
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


def _kind(row: Parameter, latent: Sequence[str]) -> str:
    factor = row.left in latent
    if row.operator == "~~":
        if row.left == row.right:
            return "latent_variances" if factor else "residuals"
        return "latent_covariances" if factor and row.right in latent else "residual_covariances"
    kinds = {"=~": "loadings", "~": "regressions", "|": "thresholds", "~*~": "", "~1": "intercepts"}
    return "means" if row.operator == "~1" and factor else kinds[row.operator]


def in_order(defined: list[tuple[str, str]], labels: set[str]) -> tuple[tuple[str, str], ...]:
    """Sort defined parameters, each after those that it uses.

    Parameters
    ----------
    defined : list of tuple of str
        Names and expressions.
    labels : set of str
        Labels of parameters.

    Returns
    -------
    tuple of tuple of str
        Names and expressions.

    Raises
    ------
    ValueError
        A name that is a label too, an unknown label.
    """
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
