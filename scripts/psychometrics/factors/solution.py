"""A factor solution: extraction and rotation with stable order, sign and names of the factors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.rotation import rotate


@dataclass(frozen=True)
class FactorSolution:
    """k factors of p items.

    pattern : items x factors, regression weights of the items on the factors.
    phi : factors x factors, correlations of the factors (the identity for an orthogonal rotation).
    uniqueness : one value per item, as estimated: with a Heywood case it stays at its bound, and communality and
        uniqueness no longer add up to one.
    heywood : the items whose uniqueness is improper; rotation_options : what was given to `rotate` beside the method.
    """

    pattern: pd.DataFrame
    phi: pd.DataFrame
    uniqueness: pd.Series
    n: int
    extraction: str
    rotation: str
    objective: float
    converged: bool
    starts: int
    starts_at_best: int
    heywood: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rotation_options: Mapping[str, object] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """Extraction and rotation in words, as in the column `method`."""
        numbers = [f"{key} {value}" for key, value in self.rotation_options.items() if isinstance(value, int | float)]
        return ", ".join([self.extraction, self.rotation, *numbers])

    @property
    def labels(self) -> list[str]:
        return list(self.pattern.columns)

    @property
    def structure(self) -> pd.DataFrame:
        """Correlations of the items with the factors: P Phi."""
        return self.pattern @ self.phi

    @property
    def communality(self) -> pd.Series:
        """diag(P Phi P')."""
        return (self.structure * self.pattern).sum(axis=1).rename("communality")

    @property
    def variance(self) -> pd.Series:
        """Variance of all items explained by each factor, diag(Phi P'P), as in psych::fa()$Vaccounted; it sums to the
        sum of the communalities."""
        return (self.structure * self.pattern).sum(axis=0).rename("variance")

    @property
    def reproduced(self) -> pd.DataFrame:
        """P Phi P' with ones on the diagonal."""
        matrix = (self.structure @ self.pattern.T).to_numpy(copy=True)
        np.fill_diagonal(matrix, 1.0)
        return pd.DataFrame(matrix, index=self.pattern.index, columns=self.pattern.index)

    def permuted(
        self, order: Sequence[int], signs: Sequence[float], labels: Sequence[str] | None = None
    ) -> "FactorSolution":
        """The same solution with factors in another order and direction.

        order : k old positions (from 0) in the new order; signs : k values 1 or -1 in the new order; labels : k names,
        F1, F2, ... by default. Pattern, structure and phi move together here and nowhere else.
        """
        order, signs = np.asarray(order, dtype=int), np.asarray(signs, dtype=float)
        k = self.pattern.shape[1]
        if sorted(order) != list(range(k)) or signs.shape != (k,) or not np.all(np.abs(signs) == 1):
            raise ValueError(f"order must name each of the {k} factors once, and signs must be {k} times 1 or -1")
        labels = factor_labels(k) if labels is None else list(labels)
        pattern = self.pattern.to_numpy()[:, order] * signs
        phi = self.phi.to_numpy()[np.ix_(order, order)] * np.outer(signs, signs)
        return replace(
            self,
            pattern=pd.DataFrame(pattern, index=self.pattern.index, columns=labels),
            phi=pd.DataFrame(phi, index=labels, columns=labels),
        )

    def tidy(self) -> pd.DataFrame:
        """One row per number: loading, structure, communality, uniqueness, phi (factor, factor_2), variance,
        share_of_common_variance, and converged, starts, starts_at_best with the notes on the solution."""
        blocks = [_long(self.pattern, "loading"), _long(self.structure, "structure")]
        uniqueness = self.uniqueness.rename("uniqueness")
        for series in (self.communality, uniqueness):
            blocks.append(pd.DataFrame({"item": series.index, "statistic": series.name, "estimate": series.to_numpy()}))
        k, labels, phi = len(self.labels), self.labels, self.phi.to_numpy()
        pairs = [(i, j) for i in range(k) for j in range(i + 1, k)]
        blocks.append(
            pd.DataFrame(
                [(labels[i], labels[j], "phi", phi[i, j]) for i, j in pairs],
                columns=["factor", "factor_2", "statistic", "estimate"],
            )
        )
        share = (self.variance / self.variance.sum()).rename("share_of_common_variance")
        for series in (self.variance, share):
            blocks.append(
                pd.DataFrame({"factor": series.index, "statistic": series.name, "estimate": series.to_numpy()})
            )
        summary = {"converged": float(self.converged), "starts": self.starts, "starts_at_best": self.starts_at_best}
        blocks.append(pd.DataFrame({"statistic": list(summary), "estimate": [float(v) for v in summary.values()]}))
        frame = pd.concat(blocks, ignore_index=True)
        frame = frame.reindex(columns=["item", "factor", "factor_2", "statistic", "estimate"])
        note = np.full(len(frame), "", dtype=object)
        note[((frame["statistic"] == "uniqueness") & frame["item"].isin(self.heywood)).to_numpy()] = "Heywood case"
        note[(frame["statistic"] == "converged").to_numpy()] = "; ".join(self.notes)
        return frame.assign(n=self.n, method=self.method, note=note)


def fit_solution(
    correlations: pd.DataFrame,
    n: int,
    k: int,
    *,
    extraction: str = "minres",
    weights: np.ndarray | None = None,
    extraction_starts: int = 1,
    rotation: str = "oblimin",
    starts: int = 10,
    seed: int | np.random.SeedSequence = 0,
    **rotation_options,
) -> FactorSolution:
    """Extract and rotate k factors.

    Parameters
    ----------
    correlations : (p, p) labelled correlation matrix; n : sample size it rests on; k : number of factors.
    extraction, weights (of dwls), extraction_starts : see `extraction.extract`; rotation : see `rotation.rotate`.
    starts : starts of the rotation; seed : of the random ones of both.
    rotation_options : normalize, gamma, delta, power, target, start of `rotation.rotate`.

    Returns
    -------
    FactorSolution. Factors are ordered by the variance they explain, each turned so that its loadings sum to a positive
    number; after a bifactor rotation the general factor stays first. After a target rotation they stay in the target's
    order, and the direction of a factor is the target's where it wants a loading other than 0. Agrees with psych::fa.
    """
    if not correlations.index.equals(correlations.columns):
        raise ValueError("rows and columns of the correlation matrix must carry the same items in the same order")
    items = [str(item) for item in correlations.index]
    extracted = extract_factors(
        correlations.to_numpy(dtype=float),
        k,
        method=extraction,
        weights=weights,
        starts=extraction_starts,
        seed=seed,
        labels=items,
    )
    rotated = rotate(extracted.loadings, method=rotation, starts=starts, seed=seed, **rotation_options)
    labels = factor_labels(k)
    solution = FactorSolution(
        pattern=pd.DataFrame(rotated.pattern, index=correlations.index, columns=labels),
        phi=pd.DataFrame(rotated.phi, index=labels, columns=labels),
        uniqueness=pd.Series(extracted.uniqueness, index=correlations.index, name="uniqueness"),
        n=n,
        extraction=extraction,
        rotation=rotation,
        objective=extracted.objective,
        converged=extracted.converged and rotated.converged,
        starts=rotated.starts,
        starts_at_best=rotated.starts_at_best,
        heywood=tuple(items[i] for i in extracted.heywood),
        notes=extracted.notes + rotated.notes,
        rotation_options=rotation_options,
    )
    variance = solution.variance.to_numpy().copy()
    if rotation.startswith("bifactor"):
        variance[0] = np.inf
    order = np.argsort(-variance, kind="stable")
    directed = np.zeros(k, dtype=bool)
    if rotation.startswith("target"):
        order = np.arange(k)
        directed = (np.nan_to_num(np.asarray(rotation_options["target"], dtype=float)) != 0).any(axis=0)
    sums = solution.pattern.sum(axis=0).to_numpy()[order]
    return solution.permuted(order, np.where((sums < 0) & ~directed, -1.0, 1.0))


def factor_labels(k: int) -> list[str]:
    """F1, F2, ..., Fk."""
    return [f"F{j + 1}" for j in range(k)]


def _long(frame: pd.DataFrame, statistic: str) -> pd.DataFrame:
    p, k = frame.shape
    return pd.DataFrame(
        {
            "item": np.repeat(frame.index.to_numpy(), k),
            "factor": np.tile(frame.columns.to_numpy(), p),
            "statistic": statistic,
            "estimate": frame.to_numpy().ravel(),
        }
    )
