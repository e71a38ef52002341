"""The rows of a mixed model in the order of their groups, and the columns in the order of elimination."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.mixed_models.cross_products import Level
from psychometrics.mixed_models.placing import PlacedBlock, groups_of, levels_of, nested, nested_chain, numbered, place
from psychometrics.mixed_models.residual_covariance import ResidualCovariance
from psychometrics.mixed_models.specification import Block, Residual
from psychometrics.mixed_models.terms import columns_of, names_in
from psychometrics.not_computable import NotComputable


@dataclass(frozen=True)
class Layout:
    """Everything that does not change while parameters are sought.

    Attributes
    ----------
    n : int
        Rows.
    left_out : int
        Rows of the data left out because something is missing.
    asked : tuple
        Outcome, fixed effects, blocks and residuals as they were asked for.
    frame : pandas.DataFrame
        The rows in order, with the columns that the model uses.
    blocks : list of PlacedBlock
        Random blocks: nested ones from the lowest, then crossed ones.
    levels : list of Level
        Levels: one per nested block, and one for all crossed ones.
    of_level : list of list of int
        The blocks of each level.
    columns : numpy.ndarray of shape (n, c)
        Random effects level by level, fixed effects (orthogonal, mean square 1) and outcome (without them, mean square
        1).
    design : numpy.ndarray of shape (n, p)
        Fixed effects as given.
    outcome : numpy.ndarray of shape (n,)
        Outcome as given.
    effects : list of str
        Names of the fixed effects.
    turn : numpy.ndarray of shape (p, p)
        What makes fixed effects out of the orthogonal ones: design = orthogonal columns @ turn.
    about : numpy.ndarray of shape (p,)
        Fixed effects by least squares, taken from the outcome.
    unit : float
        What the outcome was divided by.
    residual : ResidualCovariance or None
        Covariances of the residuals, where they have parameters.
    strata : list
        Values between which residual variances differ; one, "residual", where they do not.
    clusters : numpy.ndarray of int, shape (n,)
        Independent clusters: groups of the highest nested block, or those within which residuals correlate; one
        cluster where blocks cross.
    cluster_name : str
        What the clusters are.
    """

    n: int
    left_out: int
    asked: tuple[str, tuple[str, ...], tuple[Block, ...], Residual | None]
    frame: pd.DataFrame
    blocks: list[PlacedBlock]
    levels: list[Level]
    of_level: list[list[int]]
    columns: np.ndarray
    design: np.ndarray
    outcome: np.ndarray
    effects: list[str]
    turn: np.ndarray
    about: np.ndarray
    unit: float
    residual: ResidualCovariance | None
    strata: list
    clusters: np.ndarray
    cluster_name: str

    @property
    def crossed(self) -> bool:
        """Tell whether blocks cross.

        Returns
        -------
        bool
            True if no cluster is independent of the others.
        """
        return bool(self.levels) and self.levels[-1].single

    def given_effects(self, orthogonal: np.ndarray) -> np.ndarray:
        """Turn effects of the orthogonal columns into fixed effects on the outcome as given.

        Parameters
        ----------
        orthogonal : numpy.ndarray of shape (m, p)
            Effects of m fits in the units of the layout.

        Returns
        -------
        numpy.ndarray of shape (m, p)
            Fixed effects.
        """
        return self.about + orthogonal @ (self.unit * np.linalg.inv(self.turn)).T


def lay_out(
    data: pd.DataFrame,
    outcome: str,
    fixed: Sequence[str],
    blocks: Sequence[Block],
    residual: Residual | None,
    *,
    without: tuple[str, str] | None = None,
) -> Layout:
    """Bring data into the order of a model.

    Parameters
    ----------
    data : pandas.DataFrame
        One row per value of the outcome.
    outcome : str
        Column of the outcome.
    fixed : sequence of str
        Terms of the fixed effects.
    blocks : sequence of Block
        Random blocks.
    residual : Residual or None
        Covariances of residuals.
    without : tuple of str, optional
        Name of a block and of one of its effects that is left out.

    Returns
    -------
    Layout
        Rows and columns in order.

    Raises
    ------
    ValueError
        If a column does not exist, fixed effects depend on each other, or residuals correlate across groups.
    NotComputable
        If no row is complete, the outcome does not vary, or crossed blocks have too many groups.
    """
    asked = (outcome, tuple(fixed), tuple(blocks), residual)
    residual = residual or Residual()
    used = [outcome, *names_in(fixed), *(name for block in blocks for name in [*block.columns, *names_in(block.terms)])]
    used += [*residual.columns, *(name for name in (residual.by, residual.time) if name)]
    used = list(dict.fromkeys(used))
    missing = [name for name in used if name not in data]
    if missing:
        raise ValueError(f"the data have no column {missing[0]!r}")
    frame = data[used].dropna()
    if frame.empty:
        raise NotComputable("no row is complete")
    names = [block.name for block in blocks]
    if len(set(names)) < len(names):
        raise ValueError("two blocks of the same groups: one block with the terms of both is meant")
    codes = [groups_of(frame, block.columns) for block in blocks]
    chain, crossing = nested_chain(codes)
    within = groups_of(frame, residual.columns) if residual.columns else np.arange(len(frame))
    order = np.lexsort([within, *(codes[number] for number in chain)])
    frame = frame.iloc[order]
    left_out = {without[0]: without[1]} if without else {}
    placed = [place(frame, own, left_out.get(own.name)) for own in (blocks[number] for number in [*chain, *crossing])]
    levels, of_level, parts = levels_of(placed, len(chain))
    table = columns_of(frame, fixed)
    design, values = table.to_numpy(float), frame[outcome].to_numpy(float)
    orthogonal, turn = _orthogonal(design, table.columns.tolist())
    about = np.linalg.solve(turn, orthogonal.T @ values / len(values)) if turn.size else np.empty(0)
    rest = values - design @ about
    unit = float(np.sqrt(np.mean(rest**2)))
    if not unit > 1e-10 * float(np.abs(values).max()):
        raise NotComputable(f"{outcome} does not vary beyond the fixed effects")
    covariance = _residual_covariance(frame, residual, placed[0] if placed else None)
    clusters, name = np.zeros(len(frame), dtype=np.intp), ""
    if not crossing:
        if placed:
            clusters, name = placed[-1].codes, placed[-1].block.name
        else:
            clusters = numbered(groups_of(frame, residual.columns)) if residual.columns else np.arange(len(frame))
            name = ":".join(residual.columns) or "row"
    return Layout(
        n=len(frame),
        left_out=len(data) - len(frame),
        asked=asked,
        frame=frame,
        blocks=placed,
        levels=levels,
        of_level=of_level,
        columns=np.column_stack([*parts, orthogonal, rest / unit]),
        design=design,
        outcome=values,
        effects=table.columns.tolist(),
        turn=turn,
        about=about,
        unit=unit,
        residual=covariance,
        strata=np.unique(frame[residual.by]).tolist() if residual.by else ["residual"],
        clusters=clusters,
        cluster_name=name,
    )


def _orthogonal(design: np.ndarray, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Columns of mean square 1 that span the same, and what makes the design of them."""
    n, p = design.shape
    if p == 0:
        return np.empty((n, 0)), np.empty((0, 0))
    scale = np.sqrt(np.mean(design**2, axis=0))
    if n < p or not (scale > 0).all():
        raise NotComputable(f"{p} fixed effects cannot be told apart in {n} rows")
    q, r = np.linalg.qr(design / scale)
    small = np.flatnonzero(np.abs(np.diag(r)) < 1e-9 * np.sqrt(n))
    if small.size:
        raise NotComputable(f"{names[small[0]]} follows from the other fixed effects")
    return q * np.sqrt(n), r / np.sqrt(n) * scale


def _residual_covariance(
    frame: pd.DataFrame, residual: Residual, lowest: PlacedBlock | None
) -> ResidualCovariance | None:
    if residual.correlated and (residual.by is None or residual.within is None):
        raise ValueError("correlated residuals need a column of roles (by) and one of groups (within)")
    if residual.time and residual.within is None:
        raise ValueError("residuals that correlate over time need the groups within which they do (within)")
    if residual.within is not None and not (residual.correlated or residual.time):
        raise ValueError("groups of residuals (within) need correlated=True or a column of times")
    if residual.by is None and residual.time is None:
        return None
    groups = numbered(groups_of(frame, residual.columns)) if residual.columns else np.arange(len(frame))
    if lowest is not None and not nested(groups, lowest.codes):
        raise ValueError(f"residuals correlate within {residual.columns}, which do not lie within {lowest.block.name}")
    stratum = groups_of(frame, [residual.by]) if residual.by else np.zeros(len(frame), dtype=np.intp)
    time = frame[residual.time].to_numpy(float) if residual.time else None
    if residual.columns:
        keys = [groups, stratum] if residual.by else [groups]
        keys += [] if time is None else [time]
        if len(np.unique(np.column_stack(keys), axis=0)) < len(frame):
            what = "time" if residual.time else str(residual.by)
            raise ValueError(f"a group of residuals ({':'.join(residual.columns)}) has the same {what} twice")
    return ResidualCovariance(groups, stratum, time, correlated=residual.correlated)
