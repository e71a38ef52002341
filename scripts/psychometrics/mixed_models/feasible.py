"""Whether a mixed model can be told from the people there are, before anything is searched."""

import numpy as np

from psychometrics.mixed_models.layout import Layout
from psychometrics.mixed_models.placing import PlacedBlock, groups_of, nested
from psychometrics.not_computable import NotComputable

MOSTLY = 0.9  # share of groups with one member from which levels cannot be told apart


def check_feasible(layout: Layout) -> list[str]:
    """Stop where a model has too many parameters, and say what its levels can bear.

    Parameters
    ----------
    layout : Layout
        Rows and columns.

    Returns
    -------
    list of str
        What to be careful about.

    Raises
    ------
    NotComputable
        If there are too few groups, rows or people for the parameters; the message says how many.
    """
    left_out = layout.left_out
    notes = [f"{left_out} row{'s' if left_out > 1 else ''} with missing values left out"] if left_out else []
    for block in layout.blocks:
        _check_block(block, layout)
        _check_residuals(block, layout)
    parameters = len(layout.effects) + sum(block.n_parameters for block in layout.blocks) + 1
    parameters += layout.residual.n_parameters if layout.residual else 0
    if parameters >= layout.n:
        raise NotComputable(f"the model has {parameters} parameters for {layout.n} rows")
    for number, upper in enumerate(layout.blocks):
        for lower in layout.blocks[:number]:
            if note := _alike(lower, upper):
                notes.append(note)
    return notes


def _check_block(block: PlacedBlock, layout: Layout) -> None:
    groups, name, n = len(block.groups), block.block.name, layout.n
    if groups < 2:
        raise NotComputable(f"there is one {name}: no variance between {name}s")
    if len(block.effects) * groups >= n:
        raise NotComputable(
            f"{len(block.effects)} effects of each of {groups} {name}s cannot be told from the residuals of {n} rows"
        )
    if block.n_parameters >= groups and block.n_parameters > 1:
        raise NotComputable(
            f"{block.n_parameters} variances and covariances by {name} are too many for {groups} {name}s"
        )


def _check_residuals(block: PlacedBlock, layout: Layout) -> None:
    """Residuals that correlate freely within a group leave nothing for random effects of the same group."""
    residual = layout.asked[3]
    if residual is None or not residual.correlated or residual.time is not None:
        return
    groups = groups_of(layout.frame, residual.columns)
    if nested(groups, block.codes) and nested(block.codes, groups):
        raise NotComputable(
            f"effects by {block.block.name} cannot be told from residuals that correlate within the same groups"
        )


def _alike(lower: PlacedBlock, upper: PlacedBlock) -> str:
    """What to say where nearly every upper group holds one lower group only; empty where there are enough."""
    pairs = np.unique(np.column_stack([upper.codes, lower.codes]), axis=0)
    members = np.bincount(pairs[:, 0])
    alone = int((members == 1).sum())
    crossing = len(pairs) > len(lower.groups)
    if crossing or alone <= MOSTLY * len(members) or not set(lower.effects) & set(upper.effects):
        return ""
    one, many = lower.block.name, upper.block.name
    if alone == len(members):
        raise NotComputable(
            f"every {many} has one {one}: variance between {many}s cannot be told from that between {one}s"
        )
    return (
        f"{alone} of {len(members)} {many}s have one {one}: "
        f"variance between {many}s can hardly be told from that between {one}s"
    )
