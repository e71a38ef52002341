"""Alliance and outcome within and between therapists, with latent in place of manifest therapist means."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.outcome_levels import COLUMNS, FEW, FEW_THERAPISTS, Sample, complete_clients, sample_of
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block, Residual
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.bootstrap_intervals import PERCENTILE, joined, tail_of_few, with_intervals
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import cluster_resamples
from psychometrics.variance.two_level import moment_covariances
from psychometrics.variance.two_level_moments import two_level_moments

NAMES = ("within_slope_latent", "between_slope_latent", "context_effect_latent")
LATENT = "latent therapist means, REML"
NOTHING_BETWEEN = (
    "therapists' alliance does not vary beyond that of their clients: there is no slope between therapists"
)
SMALL = 1e-6  # share of the variance


def latent_therapist_means(
    outcome: ArrayLike,
    alliance: ArrayLike,
    therapists: Sequence | pd.Series,
    *,
    baseline: pd.DataFrame | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Estimate the slopes within and between therapists where a therapist's alliance is latent.

    .. math:: A_{ij} = \alpha_0 + \alpha_1 y_{0ij} + U_j + W_{ij}, \qquad
              y_{ij} = \gamma_0 + \gamma_1 y_{0ij} + \beta_b U_j + \beta_w W_{ij} + u_j + e_{ij}

    Parameters
    ----------
    outcome : array_like of shape (n,)
        Outcome of each client, missing as NaN.
    alliance : array_like of shape (n,)
        Alliance of each client.
    therapists : sequence of shape (n,)
        Therapist of each client, missing where none is known.
    baseline : pandas.DataFrame of shape (n, k), optional
        What was known before therapy; alliance and outcome have one slope each on it.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples of whole therapists.
    seed : int, default 0
        Seed of the resamples, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows `within_slope_latent`, `between_slope_latent` and `context_effect_latent` (between minus within), in
        points of the outcome for a point of the alliance.

    Raises
    ------
    NotComputable
        As :func:`psychometrics.association.outcome_levels.outcome_within_between`.

    Notes
    -----
    The manifest mean of few clients holds, beside what is the therapist's, what is by chance of these clients. The
    slope on it is about :math:`\lambda \beta_b + (1 - \lambda) \beta_w`, where lambda is the mean's reliability; a
    latent mean corrects for it, at the price of a longer interval. Lüdtke et al. (2008), Psychol. Methods 13, 203-229;
    read were the abstracts of the article and of its draft, not the equations: the model is written out above.

    Alliance and outcome are one model with two roles: slopes are the covariance of both over the variance of the
    alliance, of therapists' effects and of what is left. Agrees with lavaan::sem(cluster = ), with a covariance of both
    at both levels and the baseline at the first, but for REML in place of ML. Intervals: bootstrap of whole therapists,
    normal within therapists, percentiles between them, since the ratio has long tails where therapists hardly differ,
    moved outwards as far as Student's t is wider than the normal distribution. Resamples take moment estimates (MUML),
    moved to REML, with the baselines' slopes of the sample.

    Examples
    --------
    >>> from psychometrics import example_answers
    >>> from psychometrics.association.outcome_latent_means import latent_therapist_means
    >>> answers = example_answers()
    >>> alliance = answers.filter(regex="wai_[0-9]").mean(axis=1)
    >>> rows = latent_therapist_means(answers["outcome"], alliance, answers["therapist"], draws=200, seed=1)
    >>> rows[["statistic", "estimate", "n", "therapists"]].round(2)
                   statistic  estimate    n  therapists
    0    within_slope_latent      4.93  170          39
    1   between_slope_latent      8.93  170          39
    2  context_effect_latent      4.00  170          39
    """
    check_level(level)
    complete, held, lost = complete_clients(outcome, alliance, therapists, baseline)
    sample = sample_of(complete, held)
    fit, left = _fit(sample)
    within, between = fit.residual_covariance.to_numpy(), fit.covariances["therapist"].to_numpy()
    if between[0, 0] <= SMALL * complete["alliance"].var():
        between = np.full((2, 2), np.nan)
    estimate = slopes_of(within[None], between[None])[0]
    few = sample.therapists < FEW_THERAPISTS
    rows = pd.DataFrame({"statistic": list(NAMES), "estimate": estimate, "method": LATENT, "note": ""})
    rows.loc[rows["estimate"].isna(), "note"] = NOTHING_BETWEEN
    drawn = None if few or not draws else _resampled(left, complete["therapist"], estimate, draws, seed)
    parts = []
    for place, kind, coverage in (
        ([0], "normal", level),
        # percentiles of few groups reach not far enough: as far as Student's t would
        ([1, 2], PERCENTILE, 1 - 2 * tail_of_few((1 - level) / 2, sample.therapists)),
    ):
        part = with_intervals(
            rows.iloc[place],
            None if drawn is None else drawn[:, place],
            coverage,
            kind=kind,
            reason=f"no interval: {FEW}" if few else "" if draws else "no resamples were drawn",
            units="therapists",
            n_units=sample.therapists,
        )
        parts.append(part.assign(level=level))
    rows = pd.concat(parts, ignore_index=True)
    rows["note"] = joined(joined(rows["note"], lost), "; ".join(fit.notes))
    return rows.assign(n=len(complete), therapists=sample.therapists).reindex(columns=COLUMNS)


def slopes_of(within: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Compute slopes of the second variable on the first within and between groups, and their difference.

    Parameters
    ----------
    within : numpy.ndarray of shape (m, 2, 2)
        Covariances within groups.
    between : numpy.ndarray of shape (m, 2, 2)
        Covariances between groups.

    Returns
    -------
    numpy.ndarray of shape (m, 3)
        Slope within, between, and between minus within; missing where the first does not vary.

    Examples
    --------
    >>> slopes_of(np.array([[[2.0, 1], [1, 3]]]), np.array([[[0.5, 0.4], [0.4, 1]]])).tolist()
    [[0.5, 0.8, 0.30000000000000004]]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = (np.where(c[:, 0, 0] > 0, c[:, 0, 1] / c[:, 0, 0], np.nan) for c in (within, between))
    return np.column_stack([one, two, two - one])


def _fit(sample: Sample) -> tuple[MixedModel, np.ndarray]:
    """The model of both roles, and what the baselines leave of alliance and outcome, (n, 2)."""
    roles = ["alliance", "outcome"]
    frame = sample.frame.assign(client=range(len(sample.frame)))
    names = [f"held {number}" for number in range(len(sample.held))]
    frame = frame.rename(columns=dict(zip(sample.held, names, strict=True)))
    parts = [frame[["client", "therapist", *names]].assign(role=role, value=frame[role]) for role in roles]
    data = pd.concat(parts, ignore_index=True)
    data["role"] = pd.Categorical(data["role"], roles)
    fixed = ["role", *(f"role:{name}" for name in names)]
    residual = Residual(by="role", within="client", correlated=True)
    try:
        fit = mixed_model(data, "value", fixed, [Block("therapist", ["role"])], residual=residual)
    except FloatingPointError as failure:
        raise NotComputable("the predictors leave nothing of the outcome to chance") from failure
    effects = fit.fixed_effects().set_index("term")["estimate"]
    left = frame[roles].to_numpy(dtype=float)
    for name in names:
        left = left - np.outer(frame[name], [effects[f"role[{role}]:{name}"] for role in roles])
    return fit, left


def _resampled(left: np.ndarray, therapists: pd.Series, estimate: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Moment estimates (MUML) of resampled therapists, moved to the estimates."""
    codes = pd.factorize(therapists, sort=True)[0]
    weights = cluster_resamples(np.arange(codes.max() + 1), 0, draws, seed)
    by = [slopes_of(*moment_covariances(two_level_moments(left, codes, own))) for own in (None, weights)]
    return by[1] + (estimate - by[0])
