"""A factor solution: extraction and rotation with stable order, sign and names of the factors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.rotation import rotate


@dataclass(frozen=True)
class FactorSolution:
    """A solution with k factors of p items.

    Attributes
    ----------
    pattern : pandas.DataFrame
        Regression weights of the items on the factors, items x factors.
    phi : pandas.DataFrame
        Correlations of the factors, factors x factors: the identity for an orthogonal rotation.
    uniqueness : pandas.Series
        One value per item, as estimated: with a Heywood case it stays at its bound, and communality and uniqueness no
        longer add up to one.
    n : int
        Sample size.
    extraction : str
        Method of extraction.
    rotation : str
        Method of rotation.
    objective : float
        The value of the discrepancy function of the extraction.
    converged : bool
        Whether extraction and rotation converged.
    starts : int
        Number of starts of the rotation.
    starts_at_best : int
        How many of them reached the lowest value.
    heywood : tuple[str, ...]
        The items whose uniqueness is improper.
    notes : tuple[str, ...]
        Sentences on Heywood cases and convergence.
    rotation_options : Mapping[str, object]
        What was given to `rotate` beside the method.
    labels
    structure
    communality
    variance
    reproduced
    method

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, fit_solution
    >>> found = correlate(example_answers().filter(regex="^wai_[0-9]"))
    >>> solution = fit_solution(found.matrix, found.n_total, 2)
    >>> solution.method, solution.labels
    ('minres, oblimin', ['F1', 'F2'])
    >>> solution.variance.round(1).tolist()
    [4.1, 3.3]
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
        """Extraction and rotation in words, as in the column `method`.

        Returns
        -------
        str
            Separated by commas, with the numbers among the options of the rotation.
        """
        numbers = [f"{key} {value}" for key, value in self.rotation_options.items() if isinstance(value, int | float)]
        return ", ".join([self.extraction, self.rotation, *numbers])

    @property
    def labels(self) -> list[str]:
        """List the names of the factors.

        Returns
        -------
        list[str]
            F1, F2, ... or the names given to `permuted`.
        """
        return list(self.pattern.columns)

    @property
    def structure(self) -> pd.DataFrame:
        """Correlate the items with the factors.

        Returns
        -------
        pandas.DataFrame
            P Phi, items x factors.
        """
        return self.pattern @ self.phi

    @property
    def communality(self) -> pd.Series:
        """Share of each item's variance that the factors explain.

        Returns
        -------
        pandas.Series
            The diagonal of P Phi P', one value per item.
        """
        return (self.structure * self.pattern).sum(axis=1).rename("communality")

    @property
    def variance(self) -> pd.Series:
        """Variance of all items that each factor explains.

        Returns
        -------
        pandas.Series
            The diagonal of Phi P'P, as in psych::fa()$Vaccounted; it sums to the sum of the communalities.
        """
        return (self.structure * self.pattern).sum(axis=0).rename("variance")

    @property
    def reproduced(self) -> pd.DataFrame:
        """Reproduce the correlations that the solution implies.

        Returns
        -------
        pandas.DataFrame
            P Phi P' with ones on the diagonal, items x items.
        """
        matrix = (self.structure @ self.pattern.T).to_numpy(copy=True)
        np.fill_diagonal(matrix, 1.0)
        return pd.DataFrame(matrix, index=self.pattern.index, columns=self.pattern.index)

    def permuted(
        self,
        order: Sequence[int] | np.ndarray,
        signs: Sequence[float] | np.ndarray,
        labels: Sequence[str] | None = None,
    ) -> "FactorSolution":
        """Put the factors into another order and direction.

        Parameters
        ----------
        order : Sequence[int] or numpy.ndarray
            Old positions (from 0) of the k factors in the new order.
        signs : Sequence[float] or numpy.ndarray
            1 or -1 for each of the k factors in the new order.
        labels : Sequence[str], optional
            Names of the k factors; F1, F2, ... by default.

        Returns
        -------
        FactorSolution
            The same solution: pattern, structure and phi move together here and nowhere else.

        Raises
        ------
        ValueError
            The order does not name each factor once, or a sign is not 1 or -1.
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
        """Write the solution as rows, one per number.

        Returns
        -------
        pandas.DataFrame
            Statistics loading, structure, communality, uniqueness, phi (factor, factor_2), variance,
            share_of_common_variance, and converged, starts, starts_at_best with the notes on the solution.
        """
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
    **rotation_options: Any,
) -> FactorSolution:
    """Extract and rotate k factors.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Labelled correlation matrix, item x item.
    n : int
        Sample size that it rests on.
    k : int
        Number of factors.
    extraction : {"minres", "ml", "pa", "dwls"}, optional
        Method of `psychometrics.factors.extraction.extract_factors`.
    weights : numpy.ndarray of shape (p, p), optional
        Weights of the correlations for dwls.
    extraction_starts : int, optional
        Number of starts of the extraction.
    rotation : str, optional
        Method of `psychometrics.factors.rotation.rotate`.
    starts : int, optional
        Number of starts of the rotation.
    seed : int or numpy.random.SeedSequence, optional
        Seed of the random starts of both.
    **rotation_options : Any
        Options of `psychometrics.factors.rotation.rotate`: normalize, gamma, delta, power, target, start.

    Returns
    -------
    FactorSolution
        Factors are ordered by the variance they explain, each turned so that its loadings sum to a positive number;
        after a bifactor rotation the general factor stays first. After a target rotation they stay in the target's
        order, and the direction of a factor is the target's where it wants a loading other than 0.

    Raises
    ------
    ValueError
        Rows and columns of the matrix carry other labels, or what `extract_factors` and `rotate` raise.

    Notes
    -----
    Agrees with psych::fa.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, fit_solution
    >>> found = correlate(example_answers().filter(regex="^wai_[0-9]"))
    >>> fit_solution(found.matrix, found.n_total, 2).pattern.head(3).round(1)
             F1   F2
    wai_01  0.8 -0.0
    wai_02  0.4  0.3
    wai_03  0.0  0.8
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
    """Name factors F1, F2, ..., Fk.

    Parameters
    ----------
    k : int
        Number of factors.

    Returns
    -------
    list[str]
        Their names.
    """
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
