"""What an infinitely large sample of a simulated truth shows: exactly where a formula exists, else by simulation.

Latent correlations, loadings and means follow from the truth. Statistics of sum scores of ordinal answers (alpha,
correlations of totals, intraclass correlations) are taken from one very large simulated sample.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from psychometrics.factors.schmid_leiman import orthogonalised
from psychometrics.reliability.coefficients import coefficient_alpha
from psychometrics.simulation.answers import (
    COMMON,
    draw_answers,
    draw_outcome,
    draw_scores,
    ease_of_items,
    factor_names,
    general_loadings,
    item_table,
    random_streams,
)

CHUNK = 5_000  # therapists drawn at once, two clients each: bounds the memory
OTHER = "another client"
COLUMNS = [
    "perspective",
    "perspective_2",
    "form",
    "form_2",
    "scale",
    "scale_2",
    "session",
    "statistic",
    "estimate",
    "n",
]


def factor_correlation(truth: dict) -> pd.DataFrame:
    """Correlate the group factors.

    Parameters
    ----------
    truth : dict
        The simulated truth, as in the file that the example is made from.

    Returns
    -------
    pandas.DataFrame
        Phi, k x k: the products of the factors' loadings on the general factor.
    """
    general = general_loadings(truth)
    phi = np.outer(general, general)
    np.fill_diagonal(phi, 1.0)
    return pd.DataFrame(phi, index=factor_names(truth), columns=factor_names(truth))


def pattern(truth: dict, forms: list[str]) -> pd.DataFrame:
    """Collect the loadings of the items of several forms on the group factors.

    Parameters
    ----------
    truth : dict
        The simulated truth, as in the file that the example is made from.
    forms : list[str]
        Names of forms.

    Returns
    -------
    pandas.DataFrame
        Items x factors; rows are named ``{form}_{nn}``.
    """
    tables = [item_table(truth, form) for form in forms]
    names = [f"{form}_{item[1:]}" for form, table in zip(forms, tables, strict=True) for item in table["item"]]
    items = pd.concat(tables).set_axis(names)
    on = {name: items["loading"].where(items["factor"] == name, 0.0) for name in factor_names(truth)}
    return pd.DataFrame(on, index=names)


def population_correlation(loadings: pd.DataFrame, phi: pd.DataFrame) -> pd.DataFrame:
    """Correlate the latent answers to p items.

    Parameters
    ----------
    loadings : pandas.DataFrame
        Lambda, items x factors.
    phi : pandas.DataFrame
        Correlations of the factors, k x k.

    Returns
    -------
    pandas.DataFrame
        Lambda Phi Lambda' with ones on the diagonal, p x p.

    Raises
    ------
    ValueError
        The loadings leave an item no unique variance.
    """
    implied = loadings.to_numpy() @ phi.to_numpy() @ loadings.to_numpy().T
    if np.any(np.diag(implied) >= 1):
        raise ValueError("The loadings leave an item no unique variance.")
    np.fill_diagonal(implied, 1.0)
    return pd.DataFrame(implied, index=loadings.index, columns=loadings.index)


def true_schmid_leiman(truth: dict, forms: list[str]) -> pd.DataFrame:
    """Give the Schmid-Leiman solution of the population.

    Parameters
    ----------
    truth : dict
        The simulated truth, as in the file that the example is made from.
    forms : list[str]
        Names of forms.

    Returns
    -------
    pandas.DataFrame
        Items x (1 + k): column `general`, then the group factors.

    Notes
    -----
    By `psychometrics.factors.schmid_leiman.orthogonalised`.
    """
    loadings, general = pattern(truth, forms), general_loadings(truth)
    on_general, group = orthogonalised(loadings.to_numpy(), general)
    solution = pd.DataFrame(group, index=loadings.index, columns=loadings.columns)
    solution.insert(0, "general", on_general)
    return solution


def expected_answers(truth: dict, form: str, perspective: str = "client") -> pd.Series:
    """Compute the mean keyed answer to every item at the first session.

    Parameters
    ----------
    truth : dict
        The simulated truth, as in the file that the example is made from.
    form : str
        Name of a form.
    perspective : str, optional
        Whose answers: client or therapist.

    Returns
    -------
    pandas.Series
        Item -> lowest answer + the sum of P(latent answer > threshold).
    """
    spec, items = truth["forms"][form], item_table(truth, form)
    ease = ease_of_items(truth, form, perspective, truth["sessions"][0])
    above = ndtr(ease[:, None] - np.asarray(spec["thresholds"]))
    return pd.Series(spec["range"][0] + above.sum(axis=1), index=items["item"])


@dataclass(frozen=True)
class Moments:
    """Moments of a large complete sample of keyed answers.

    Attributes
    ----------
    position : dict[tuple, int]
        Form, perspective, occasion, item -> index. Occasions 0 and 1 are the first two sessions, OTHER is the first
        session of another client of the same therapist. Without a form: the variables of the client.
    mean : numpy.ndarray of shape (p,)
        Means.
    covariance : numpy.ndarray of shape (p, p)
        Covariances.
    """

    position: dict[tuple, int]
    mean: np.ndarray
    covariance: np.ndarray

    def covary(self, x: list[int], y: list[int]) -> float:
        """Compute the covariance of two means of answers.

        Parameters
        ----------
        x : list[int]
            Indices of the answers of the first mean.
        y : list[int]
            Those of the second.

        Returns
        -------
        float
            Their covariance.
        """
        return float(self.covariance[np.ix_(x, y)].mean())

    def correlate(self, x: list[int], y: list[int]) -> float:
        """Compute the correlation of two means of answers.

        Parameters
        ----------
        x : list[int]
            Indices of the answers of the first mean.
        y : list[int]
            Those of the second.

        Returns
        -------
        float
            Their correlation.
        """
        return float(self.covary(x, y) / np.sqrt(self.covary(x, x) * self.covary(y, y)))

    def alpha(self, x: list[int]) -> float:
        """Compute Cronbach's alpha.

        Parameters
        ----------
        x : list[int]
            Indices of the items.

        Returns
        -------
        float
            Alpha.
        """
        return float(coefficient_alpha(self.covariance[np.ix_(x, x)]))


def large_sample(truth: dict, *, n: int, seed: int) -> Moments:
    """Draw clients, two for each therapist, and compute their moments.

    Parameters
    ----------
    truth : dict
        The simulated truth, as in the file that the example is made from.
    n : int
        Number of clients; they are drawn in chunks whose sums are added up.
    seed : int
        Seed of the draws.

    Returns
    -------
    Moments
        Of the answers of all forms and of the clients' variables.
    """
    streams, drawn = random_streams(seed), 0
    total: np.ndarray | float = 0.0
    products: np.ndarray | float = 0.0
    labels: list[tuple[str, str, int | str, str]] = []
    common = 1 + factor_names(truth).index(COMMON)
    while drawn < n:
        therapist = np.repeat(np.arange(min(CHUNK, (n - drawn + 1) // 2)), 2)
        other = np.arange(len(therapist)) ^ 1  # the other client of the same therapist
        scores = draw_scores(truth, therapist, streams["scores"])
        components = scores["client"][0]
        baseline, outcome, _ = draw_outcome(truth, components, scores["level"], streams["clients"])
        blocks = [np.column_stack([components[:, 0], components[:, common], baseline, outcome])]
        labels = [("", "client", 0, name) for name in ("general", COMMON, "baseline", "outcome")]
        for (form, perspective), keyed in draw_answers(truth, scores, streams["answers"]).items():
            for occasion, block in ((0, keyed[0]), (1, keyed[1]), (OTHER, keyed[0][other])):
                blocks.append(block)
                labels += [(form, perspective, occasion, item) for item in item_table(truth, form)["item"]]
        sample = np.hstack(blocks).astype(float)
        total, products, drawn = total + sample.sum(axis=0), products + sample.T @ sample, drawn + len(sample)
    mean = np.asarray(total / drawn)
    covariance = (products - drawn * np.outer(mean, mean)) / (drawn - 1)
    return Moments({label: index for index, label in enumerate(labels)}, mean, covariance)


def population_values(truth: dict, *, n: int, seed: int) -> pd.DataFrame:
    """Estimate statistics of scale scores (means of keyed answers) in the population from a large sample.

    Parameters
    ----------
    truth : dict
        The simulated truth, as in the file that the example is made from.
    n : int
        Number of clients of the sample.
    seed : int
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        Per scale mean, sd, alpha, retest_r (with the second session) and icc_therapist (correlation of two clients of
        one therapist). Between the totals of two forms or perspectives r; within a perspective also r2 and
        r_disattenuated (by alpha). r_outcome: correlation of the outcome with the totals, G, u of confident
        collaboration and the baseline. The standard error of a correlation is about 1 / sqrt(n).
    """
    sample = large_sample(truth, n=n, seed=seed)
    forms = truth["forms"]
    keys = [(form, perspective) for form in sorted(forms) for perspective in sorted(forms[form]["perspectives"])]
    rows = [
        row
        for key in keys
        for scale in sorted(forms[key[0]]["scales"])
        for row in _scale_rows(sample, key, scale, forms[key[0]]["scales"][scale])
    ]
    totals = {key: _columns(sample, key, forms[key[0]]["scales"]["total"]) for key in keys}
    for first, second in itertools.combinations(keys, 2):
        rows += _pair_rows(sample, totals, first, second)
    of_client = {name: [sample.position["", "client", 0, name]] for name in ("general", COMMON, "baseline", "outcome")}
    outcome = of_client.pop("outcome")
    predictors = {(*key, "total"): columns for key, columns in totals.items()}
    predictors |= {("", "client", name): column for name, column in of_client.items()}
    for (form, perspective, scale), columns in predictors.items():
        rows.append(
            {
                "form": form,
                "perspective": perspective,
                "scale": scale,
                "statistic": "r_outcome",
                "estimate": sample.correlate(columns, outcome),
            }
        )
    table = pd.DataFrame(rows).assign(session=truth["sessions"][0], n=n)[COLUMNS]
    return table.fillna(dict.fromkeys(("perspective_2", "form_2", "scale_2"), ""))


def _columns(sample: Moments, key: tuple[str, str], items: Iterable[int], occasion: int | str = 0) -> list[int]:
    """Indices of the answers to the items of a form and perspective at an occasion."""
    return [sample.position[(*key, occasion, f"i{item:02d}")] for item in items]


def _scale_rows(sample: Moments, key: tuple[str, str], scale: str, items: list[int]) -> list[dict[str, object]]:
    """Rows of one scale."""
    x = _columns(sample, key, items)
    found = {
        "mean": sample.mean[x].mean(),
        "sd": np.sqrt(sample.covary(x, x)),
        "alpha": sample.alpha(x),
        "retest_r": sample.correlate(x, _columns(sample, key, items, 1)),
        "icc_therapist": sample.correlate(x, _columns(sample, key, items, OTHER)),
    }
    return [
        {"form": key[0], "perspective": key[1], "scale": scale, "statistic": statistic, "estimate": estimate}
        for statistic, estimate in found.items()
    ]


def _pair_rows(
    sample: Moments, totals: dict[tuple[str, str], list[int]], first: tuple[str, str], second: tuple[str, str]
) -> list[dict[str, object]]:
    """Rows of the totals of two forms or perspectives."""
    r = sample.correlate(totals[first], totals[second])
    found = {"r": r}
    if first[1] == second[1]:
        reliability = sample.alpha(totals[first]) * sample.alpha(totals[second])
        found |= {"r2": r**2, "r_disattenuated": r / np.sqrt(reliability)}
    pair = {
        "form": first[0],
        "form_2": second[0],
        "perspective": first[1],
        "perspective_2": second[1],
        "scale": "total",
        "scale_2": "total",
    }
    return [pair | {"statistic": statistic, "estimate": estimate} for statistic, estimate in found.items()]
