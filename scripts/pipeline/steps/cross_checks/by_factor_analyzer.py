"""factor_analyzer: sampling adequacy, sphericity, extraction and rotation; its known faults put right.

Version 0.5.1 replaces missing answers by medians or fails on them, so that it is given correlations, or people made to
have them. It reorders the loadings of an oblique rotation but not the correlations of the factors, and leaves these out
of the communalities: so it extracts and rotates in two steps, and order and communalities are made here. Its oblimin is
wrong for a gamma other than 0. It names an argument of scikit-learn that scikit-learn 1.8 took away.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline.steps.cross_checks.comparison import CannotBeChecked, Check
from pipeline.steps.cross_checks.factoring import CLOSE, Factored
from pipeline.steps.cross_checks.material import made_people
from psychometrics.factors.alignment import align_arrays

# Closed formulas of a matrix that is inverted: of 55 items of one questionnaire that costs some 6 of 16 digits.
INVERTED = 1e-7
Extracted = Callable[[], np.ndarray]
Rotated = Callable[[], tuple[np.ndarray, np.ndarray]]
EXTRACTIONS = {"minres": "minres", "pa": "minres", "ml": "ml"}  # principal axes have the minimum of minres
ROTATIONS = {
    "varimax": "varimax",
    "quartimax": "quartimax",
    "oblimin": "oblimin",
    "geomin_q": "geomin_obl",
    "geomin_t": "geomin_ort",
}


def checks(factored: list[Factored]) -> Iterator[Check]:
    """What factor_analyzer can make again of the factor solutions, one per perspective that has any."""
    for found in factored:
        path, table = found.path("suitability.csv"), found.tables["suitability.csv"]
        kmo = table[table["statistic"] == "kmo"]
        for rows in (kmo[kmo["item"].isna()], kmo[kmo["item"].notna()]):
            again = partial(adequacy, found, rows)
            yield Check(rows, path, again, "factor_analyzer", "calculate_kmo", INVERTED, note=found.note)
        yield Check(
            table[table["statistic"] == "bartlett_chi2"],
            path,
            partial(sphericity, found),
            "factor_analyzer",
            "calculate_bartlett_sphericity",
            lambda chi2: INVERTED * chi2,
            note=found.note,
        )
        extracted = cache(partial(extraction, found))
        rotated = cache(partial(rotation, found, extracted))
        why_extracted = partial(found.why_another_extraction, extracted, "factor_analyzer")
        why_rotated = partial(found.why_another_rotation, rotated, "factor_analyzer")
        for statistic, again, function, reason in (
            ("communality", partial(communality, found, extracted), "FactorAnalyzer", why_extracted),
            ("loading", partial(loading, found, rotated), "FactorAnalyzer, Rotator", why_rotated),
            ("phi", partial(phi, found, rotated), "FactorAnalyzer, Rotator", why_rotated),
        ):
            rows = found.rows(statistic)
            if statistic == "phi" and np.allclose(rows["estimate"], 0):
                continue  # of an orthogonal rotation
            path = found.path("loadings.csv")
            yield Check(rows, path, again, "factor_analyzer", function, CLOSE, reason=reason, note=found.note)


def adequacy(found: Factored, rows: pd.DataFrame) -> np.ndarray:
    """Kaiser-Meyer-Olkin measure overall, or of the items of the rows."""
    items = found.correlations
    people = made_people(items, max(found.n, len(items) + 2))  # it does not depend on n
    per_item, overall = package().calculate_kmo(people.to_numpy())
    return overall if rows["item"].isna().all() else pd.Series(per_item, index=items.index)[rows["item"]].to_numpy()


def sphericity(found: Factored) -> float:
    """Bartlett's chi-square."""
    return package().calculate_bartlett_sphericity(made_people(found.correlations, found.n).to_numpy())[0]


def extraction(found: Factored) -> np.ndarray:
    """Unrotated loadings."""
    method = EXTRACTIONS.get(found.solution.extraction)
    if method is None:
        raise CannotBeChecked(f"factor_analyzer has no {found.solution.extraction}")
    k = len(found.solution.labels)
    analyzer = package().FactorAnalyzer(n_factors=k, rotation=None, method=method, is_corr_matrix=True)
    return analyzer.fit(found.correlations.to_numpy(dtype=float, copy=True)).loadings_


def rotation(found: Factored, extracted: Extracted) -> tuple[np.ndarray, np.ndarray]:
    """Loadings and correlations of the factors, in our order and direction of the factors."""
    loadings, solution = extracted(), found.solution
    k = loadings.shape[1]
    if k == 1 or solution.rotation == "none":
        return align_arrays(loadings, np.eye(k), found.pattern)[:2]
    if solution.rotation not in ROTATIONS or solution.rotation_options:
        numbers = {name: value for name, value in solution.rotation_options.items() if isinstance(value, int | float)}
        options = "".join(f", {name} {value}" for name, value in numbers.items())
        raise CannotBeChecked(f"factor_analyzer has no right {solution.rotation}{options}")
    rotator = package().Rotator(method=ROTATIONS[solution.rotation], max_iter=10_000, tol=1e-6)
    rotated = rotator.fit_transform(loadings)
    return align_arrays(rotated, np.eye(k) if rotator.phi_ is None else rotator.phi_, found.pattern)[:2]


def communality(found: Factored, extracted: Extracted) -> np.ndarray:
    """Communalities in the order of our rows; no rotation changes them."""
    values = pd.Series(np.sum(extracted() ** 2, axis=1), index=found.correlations.index)
    return values[found.rows("communality")["item"]].to_numpy()


def loading(found: Factored, rotated: Rotated) -> np.ndarray:
    """Rotated loadings in the order of our rows."""
    table = pd.DataFrame(rotated()[0], index=found.correlations.index, columns=found.solution.labels)
    rows = found.rows("loading")
    return np.array([table.loc[item, factor] for item, factor in zip(rows["item"], rows["factor"], strict=True)])


def phi(found: Factored, rotated: Rotated) -> np.ndarray:
    """Correlations of the factors in the order of our rows."""
    table = pd.DataFrame(rotated()[1], index=found.solution.labels, columns=found.solution.labels)
    rows = found.rows("phi")
    return np.array([table.loc[one, two] for one, two in zip(rows["factor"], rows["factor_2"], strict=True)])


@cache
def package() -> Any:
    """factor_analyzer, ready for any scikit-learn; slow to import."""
    import factor_analyzer
    import factor_analyzer.factor_analyzer as inner
    from sklearn.utils import check_array

    def renamed(array: Any, **options: Any) -> Any:
        if "force_all_finite" in options:
            options["ensure_all_finite"] = options.pop("force_all_finite")
        return check_array(array, **options)

    inner.check_array = renamed
    return factor_analyzer
