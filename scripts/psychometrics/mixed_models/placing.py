"""Random blocks in their places: which groups lie in which, and the levels that follow."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from psychometrics.mixed_models.cross_products import Level
from psychometrics.mixed_models.specification import Block
from psychometrics.mixed_models.terms import columns_of
from psychometrics.not_computable import NotComputable

MOST_NUMBERS = 50_000_000  # of rows times columns: crossed groups have columns of their own


@dataclass(frozen=True)
class PlacedBlock:
    """A random block in its place.

    Attributes
    ----------
    block : Block
        What was asked for.
    effects : list of str
        Names of the effects.
    groups : pandas.Index
        Names of the groups.
    codes : numpy.ndarray of int, shape (n,)
        Group of each row.
    scaled : numpy.ndarray of shape (n, q)
        Columns of the effects, each divided by its scale.
    scale : numpy.ndarray of shape (q,)
        Root mean squares of the columns.
    """

    block: Block
    effects: list[str]
    groups: pd.Index
    codes: np.ndarray
    scaled: np.ndarray
    scale: np.ndarray

    @property
    def n_parameters(self) -> int:
        """Count the variances and covariances.

        Returns
        -------
        int
            Parameters.
        """
        q = len(self.effects)
        return q * (q + 1) // 2 if self.block.correlated else q

    @cached_property
    def positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the places of the parameters in the lower triangular factor of the effects' covariance matrix.

        Returns
        -------
        rows : numpy.ndarray of int
            Rows of the factor.
        columns : numpy.ndarray of int
            Columns of the factor.
        """
        q = np.arange(len(self.effects))
        rows, columns = np.tril_indices(len(q)) if self.block.correlated else (q, q)
        return rows, columns

    @cached_property
    def diagonal(self) -> np.ndarray:
        """Tell which parameters lie on the diagonal of the factor.

        Returns
        -------
        numpy.ndarray of int
            Their numbers within the block.
        """
        return np.flatnonzero(np.equal(*self.positions))


def groups_of(frame: pd.DataFrame, columns: list[str]) -> np.ndarray:
    """Number the groups that columns make, in sorted order.

    Parameters
    ----------
    frame : pandas.DataFrame
        Nothing missing in the columns.
    columns : list of str
        One or more.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        Group of each row.
    """
    groups = np.zeros(len(frame), dtype=int)
    for column in columns:
        codes, values = pd.factorize(frame[column], sort=True)
        groups = groups * len(values) + codes
    return np.unique(groups, return_inverse=True)[1]


def numbered(codes: np.ndarray) -> np.ndarray:
    """Number groups in the order of the rows.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n,)
        Group of each row.

    Returns
    -------
    numpy.ndarray of int, shape (n,)
        0, 1, ... as they come up.
    """
    return pd.factorize(codes)[0]


def nested(inner: np.ndarray, outer: np.ndarray) -> bool:
    """Tell whether every inner group lies in one outer group.

    Parameters
    ----------
    inner : numpy.ndarray of int
        Inner group of each row.
    outer : numpy.ndarray of int
        Outer group of each row.

    Returns
    -------
    bool
        True if so.

    Examples
    --------
    >>> nested(np.array([0, 0, 1]), np.array([5, 5, 5])), nested(np.array([0, 0, 1]), np.array([5, 6, 5]))
    (True, False)
    """
    return len(np.unique(np.column_stack([inner, outer]), axis=0)) == len(np.unique(inner))


def nested_chain(codes: list[np.ndarray]) -> tuple[list[int], list[int]]:
    """Find blocks that lie in each other.

    Parameters
    ----------
    codes : list of numpy.ndarray
        Group of each row, by block.

    Returns
    -------
    chain : list of int
        Blocks, from the one with the most groups, each within the next.
    crossing : list of int
        Blocks that cross these.
    """
    chain: list[int] = []
    crossing = []
    for number in sorted(range(len(codes)), key=lambda number: -int(codes[number].max())):
        if not chain or nested(codes[chain[-1]], codes[number]):
            chain.append(number)
        else:
            crossing.append(number)
    return chain, crossing


def place(frame: pd.DataFrame, block: Block, without: str | None) -> PlacedBlock:
    """Make the columns of a block.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows in order.
    block : Block
        What was asked for.
    without : str or None
        An effect that is left out.

    Returns
    -------
    PlacedBlock
        Its effects and groups.

    Raises
    ------
    NotComputable
        If an effect is 0 throughout.
    """
    table = columns_of(frame, block.terms)
    table = table.drop(columns=without) if without else table
    values = table.to_numpy(float)
    scale = np.sqrt(np.mean(values**2, axis=0))
    if not (scale > 0).all():
        raise NotComputable(f"a term by {block.name} is 0 throughout")
    codes = numbered(groups_of(frame, block.columns))
    first = np.unique(codes, return_index=True)[1]
    names = frame[block.columns].iloc[first]
    groups = pd.Index(names.iloc[:, 0]) if len(block.columns) == 1 else pd.MultiIndex.from_frame(names)
    return PlacedBlock(block, table.columns.tolist(), groups, codes, values / scale, scale)


def levels_of(placed: list[PlacedBlock], chain_length: int) -> tuple[list[Level], list[list[int]], list[np.ndarray]]:
    """Make the levels of a model.

    Parameters
    ----------
    placed : list of PlacedBlock
        Nested blocks from the lowest, then those that cross them.
    chain_length : int
        Number of nested blocks.

    Returns
    -------
    levels : list of Level
        One per nested block, and one for all others.
    of_level : list of list of int
        Blocks of each level.
    parts : list of numpy.ndarray
        Columns of each level.

    Raises
    ------
    NotComputable
        If crossed blocks have too many groups.
    """
    levels, of_level, parts, first = [], [], [], 0
    for number in range(chain_length):
        own = placed[number]
        starts = np.unique(own.codes, return_index=True)[1]
        levels.append(Level(first, own.scaled.shape[1], starts, own.codes, single=False))
        of_level.append([number])
        parts.append(own.scaled)
        first += own.scaled.shape[1]
    crossing = range(chain_length, len(placed))
    if crossing:
        n = len(placed[0].codes)
        width = sum(len(placed[number].groups) * len(placed[number].effects) for number in crossing)
        if n * width > MOST_NUMBERS:
            raise NotComputable(f"{width} effects of crossed groups are too many for {n} rows")
        wide = []
        for number in crossing:
            own = placed[number]
            q = len(own.effects)
            spread = np.zeros((n, len(own.groups) * q))
            for term in range(q):
                spread[np.arange(n), own.codes * q + term] = own.scaled[:, term]
            wide.append(spread)
        parts.append(np.column_stack(wide))
        levels.append(Level(first, width, np.zeros(1, dtype=np.intp), np.zeros(n, dtype=np.intp), single=True))
        of_level.append(list(crossing))
    return levels, of_level, parts
