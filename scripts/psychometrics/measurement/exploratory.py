"""Exploratory factors in a confirmatory frame: fitted with the fewest restrictions, then rotated to a target."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.linalg import qr

from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.rotation import Rotation, rotate

STARTS = 5


def exploratory_model(correlations: pd.DataFrame, factors: int, weights: np.ndarray | None = None) -> str:
    r"""Write the model of m exploratory factors, identified by m (m - 1) / 2 loadings of 0.

    Parameters
    ----------
    correlations : pandas.DataFrame of shape (p, p)
        Item x item.
    factors : int
        Number m of factors.
    weights : numpy.ndarray of shape (p, p), optional
        Of diagonally weighted least squares; without them starting values are those of maximum likelihood.

    Returns
    -------
    str
        Uncorrelated factors of variance 1 with starting values, in lavaan's notation. Of m items one has no loading on
        any factor but the first, one on none but the first two, and so on (echelon form); which they are is chosen so
        that their loadings are far from dependent. Any m factors can be rotated to it, so that it fits as they do.

    Notes
    -----
    An exploratory model is estimated with m squared restrictions, m (m + 1) / 2 of them on the covariances of the
    factors, and rotated afterwards, as by lavaan's efa() blocks (exploratory structural equation modeling).
    """
    method = "ml" if weights is None else "dwls"
    found = extract_factors(correlations.to_numpy(), factors, method=method, weights=weights).loadings
    # the most independent rows, and the rotation that makes them lower triangular
    turned, _, order = qr(found.T, mode="economic", pivoting=True)
    loadings = found @ turned
    loadings *= np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    markers = {int(item): place for place, item in enumerate(order[:factors])}
    names = [f"f{number + 1}" for number in range(factors)]
    while {*names} & {*correlations.columns}:
        names = [f"{name}_" for name in names]
    lines = []
    for number, name in enumerate(names):
        terms = []
        for place, item in enumerate(correlations.columns):
            fixed = markers.get(place, factors) < number
            terms.append(f"0*{item}" if fixed else f"start({loadings[place, number]:.6f})*{item}")
        lines.append(f"{name} =~ {' + '.join(terms)}")
    lines += [f"{names[i]} ~~ 0*{names[j]}" for i in range(factors) for j in range(i + 1, factors)]
    return "\n".join(lines)


def rotated_to_blocks(fitted: CovarianceStructureFit, blocks: Mapping[str, Sequence[str]]) -> Rotation:
    """Rotate exploratory factors to one for each block: loadings on the factors of other blocks near 0.

    Parameters
    ----------
    fitted : CovarianceStructureFit
        A fitted `exploratory_model`.
    blocks : mapping of str to sequence of str
        Block -> its items, all items in their order.

    Returns
    -------
    Rotation
        Standardized pattern loadings and correlations of the factors, in the order of the blocks, oriented so that the
        loadings of a block's items add up to more than 0.

    Notes
    -----
    Browne (2001), Multivariate Behavioral Research 36, 111-150. Agrees with GPArotation::pstQ and lavaan's rotation
    "pst" with row.weights = "none".
    """
    rows = fitted.estimates[fitted.estimates["op"] == "=~"]
    loadings = rows.pivot(index="rhs", columns="lhs", values="standardized")
    items = [item for members in blocks.values() for item in members]
    values = loadings.loc[items, list(dict.fromkeys(rows["lhs"]))].to_numpy()
    member = np.repeat(np.arange(len(blocks)), [len(members) for members in blocks.values()])
    own = member[:, None] == np.arange(len(blocks))
    if len(blocks) == 1:
        sign = np.array([[-1.0 if values.sum() < 0 else 1.0]])
        return Rotation(values @ sign, np.eye(1), sign, 0.0, True, 1, 1)
    found = rotate(values, method="target_q", target=np.where(own, np.nan, 0.0), starts=STARTS)
    sign = np.where((found.pattern * own).sum(axis=0) < 0, -1.0, 1.0)
    return Rotation(
        found.pattern * sign,
        found.phi * np.outer(sign, sign),
        found.transformation * sign,
        found.value,
        found.converged,
        found.starts,
        found.starts_at_best,
        found.notes,
    )
