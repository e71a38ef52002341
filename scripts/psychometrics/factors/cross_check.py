"""An independent package as witness of a factor solution."""

import numpy as np
import pandas as pd

from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.solution import FactorSolution

LOUD = 1e-3

_EXTRACTIONS = {"minres": "minres", "pa": "minres", "ml": "ml"}
_ROTATIONS = {
    "varimax": "varimax", "quartimax": "quartimax", "oblimin": "oblimin",
    "geomin_q": "geomin_obl", "geomin_t": "geomin_ort",
}  # fmt: skip


def witness_difference(correlations: pd.DataFrame, solution: FactorSolution) -> pd.DataFrame:
    """Largest difference from the solution that the package factor_analyzer finds for the same correlations.

    Parameters
    ----------
    correlations : (p, p) labelled matrix the solution was extracted from.
    solution : the solution to be confirmed.

    Returns
    -------
    Two rows: `witness_largest_difference_reproduced`, of the reproduced correlations and communalities, which no
    rotation touches; `witness_largest_difference`, of the rotated loadings and factor correlations, after the witness's
    factors were brought into our order and direction. A difference above .001 has a note. Missing with the reason where
    factor_analyzer has no such extraction or rotation.

    Notes
    -----
    factor_analyzer 0.5.1 reorders rotated loadings but not Phi. So its unrotated loadings are given to its Rotator, and
    loadings and Phi are put into order here. It rotates from one start and stops at a gradient of 1e-5. Principal axis
    is confirmed by its minres, which has the same minimum.
    """
    named = ["witness_largest_difference_reproduced", "witness_largest_difference"]
    if solution.extraction not in _EXTRACTIONS:
        return pd.DataFrame(
            {
                "statistic": named,
                "estimate": np.nan,
                "n": solution.n,
                "method": solution.method,
                "note": f"factor_analyzer has no {solution.extraction} to confirm it with",
            }
        )

    FactorAnalyzer, Rotator = _import()
    items, k = solution.pattern.index, solution.pattern.shape[1]
    matrix = correlations.loc[items, items].to_numpy(dtype=float, copy=True)
    analyzer = FactorAnalyzer(n_factors=k, rotation=None, method=_EXTRACTIONS[solution.extraction], is_corr_matrix=True)
    analyzer.fit(matrix)
    pattern, phi = solution.pattern.to_numpy(), solution.phi.to_numpy()
    reproduced = np.max(np.abs(analyzer.loadings_ @ analyzer.loadings_.T - pattern @ phi @ pattern.T))
    rotated, reason = np.nan, ""
    if k == 1 or solution.rotation == "none":
        loadings, witness_phi = analyzer.loadings_, np.eye(k)
    elif solution.rotation in _ROTATIONS and not solution.rotation_options:
        rotator = Rotator(method=_ROTATIONS[solution.rotation])
        loadings = rotator.fit_transform(analyzer.loadings_)
        witness_phi = np.eye(k) if rotator.phi_ is None else rotator.phi_
    else:
        reason = f"factor_analyzer has no {solution.rotation} rotation like this one"
    if not reason:
        loadings, witness_phi, _ = align_arrays(loadings, witness_phi, pattern)
        rotated = max(np.max(np.abs(loadings - pattern)), np.max(np.abs(witness_phi - phi)))
    notes = [
        "THE WITNESS DISAGREES: another extraction" if reproduced > LOUD else "",
        "THE WITNESS DISAGREES: another rotation, which may be another local minimum" if rotated > LOUD else reason,
    ]
    return pd.DataFrame(
        {
            "statistic": named,
            "estimate": [reproduced, rotated],
            "n": solution.n,
            "method": f"{solution.method}; factor_analyzer",
            "note": notes,
        }
    )


def _import():
    """The classes of factor_analyzer 0.5.1, which names an argument that scikit-learn 1.8 took away."""
    import factor_analyzer.factor_analyzer as module  # slow
    from sklearn.utils import check_array

    def renamed(array, **options):
        if "force_all_finite" in options:
            options["ensure_all_finite"] = options.pop("force_all_finite")
        return check_array(array, **options)

    module.check_array = renamed
    from factor_analyzer import FactorAnalyzer, Rotator

    return FactorAnalyzer, Rotator
