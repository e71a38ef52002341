"""Correlations between true scores: observed ones corrected for the unreliability of both scores."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from psychometrics.association.cluster_bootstrap import UnitResamples, cluster_bootstrap_intervals, given_or_none
from psychometrics.association.pairs import (
    COLUMNS,
    PART_WHOLE,
    all_pairs,
    only_score,
    pair_names,
    score_values,
    shares_items,
    why_undefined,
)
from psychometrics.association.weighted import used_by, weighted_pair_correlations
from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.minres import one_factor_minres
from psychometrics.reliability.coefficients import BOOTSTRAP_TOLERANCE, coefficient_alpha
from psychometrics.reliability.item_covariances import ItemCovariances
from psychometrics.reliability.omega_total import omega_total
from psychometrics.resampling.bootstrap_intervals import TOO_WIDE, is_too_wide
from psychometrics.resampling.formula_intervals import check_level, fisher_interval
from psychometrics.resampling.weights import ClusterWeights

STATISTICS = {"alpha": "r_disattenuated", "omega": "r_disattenuated_omega"}
NUMBERS_AT_ONCE = 10_000_000


def disattenuate(
    scores: pd.DataFrame,
    answers: Mapping[str, pd.DataFrame],
    columns: pd.DataFrame,
    *,
    level: float = 0.95,
    missing: str = "pairwise",
    resamples: UnitResamples | None = None,
) -> pd.DataFrame:
    r"""Correct correlations for unreliability, by the alphas and by the omegas of both scores.

    .. math:: r_{xy} \big/ \sqrt{\rho_{xx'} \rho_{yy'}}

    Parameters
    ----------
    scores : pandas.DataFrame
        Clients x score columns, one row per client.
    answers : mapping of str to pandas.DataFrame
        Name of a score column -> its keyed items, with the index of `scores`.
    columns : pandas.DataFrame
        One row per score column (its index), with columns perspective, form, scale.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    missing : {'pairwise', 'listwise', 'em'}, default 'pairwise'
        Rule for missing answers in alpha and omega.
    resamples : UnitResamples, optional
        As for :func:`psychometrics.association.scores.correlate_scores`.

    Returns
    -------
    pandas.DataFrame
        Tidy rows r_disattenuated (alpha) and r_disattenuated_omega (omega total of one factor, in the metric of the
        raw sum), with the columns of :func:`psychometrics.association.scores.correlate_scores`. Every resample
        recomputes r and both reliabilities; r is that of the clients who have both scores.

    Raises
    ------
    ValueError
        If the items of a score have other clients than the scores, or a score is no column of `scores`.

    Notes
    -----
    Spearman (1904), Am. J. Psychol. 15; intervals by resampling: Charles (2005), Psychol. Methods 10, 206-226. A value
    above 1 is reported as it is, with a note. Agrees with the upper triangle of psych::correct.cor.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics import disattenuate, example_answers
    >>> answers = example_answers()
    >>> items = {form: answers.filter(regex=f"{form}_[0-9]") for form in ("wai", "haq")}
    >>> scores = pd.DataFrame({form: block.mean(axis=1) for form, block in items.items()})
    >>> columns = pd.DataFrame({"perspective": "client", "form": ["wai", "haq"], "scale": "total"}, ["wai", "haq"])
    >>> rows = disattenuate(scores, items, columns)
    >>> rows[["form", "form_2", "statistic", "estimate"]].round(2)
      form form_2              statistic  estimate
    0  wai    haq        r_disattenuated       0.8
    1  wai    haq  r_disattenuated_omega       0.8
    """
    check_level(level)
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, statistic) for statistic in STATISTICS.values()], columns=COLUMNS)
    values = score_values(scores, columns)
    for name in columns.index:
        if not answers[name].index.equals(scores.index):
            raise ValueError(f"The items of '{name}' must have the clients of the scores, in the same order.")
    items, pairs = [answers[name] for name in columns.index], all_pairs(columns)
    resamples = given_or_none(resamples, len(values))
    reasons = why_undefined(values, pairs)
    r = weighted_pair_correlations(values, np.ones((1, len(values))), pairs)[0]
    found = _by_coefficient(items, None, missing, 1e-10)
    draws = dict.fromkeys(STATISTICS)
    if resamples.weights is not None:
        sampled = weighted_pair_correlations(values, resamples.weights, pairs)
        each = _by_coefficient(items, resamples.weights, missing, BOOTSTRAP_TOLERANCE)
        draws = {name: disattenuated_correlations(sampled, each[name], pairs) for name in STATISTICS}
    used = used_by(values, pairs)
    return pd.concat(
        [
            corrected_rows(name, r, found[name][0], draws[name], used, reasons, columns, pairs, level, resamples)
            for name in STATISTICS
        ],
        ignore_index=True,
    )


def disattenuated_correlations(r: np.ndarray, reliability: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Divide correlations by the square root of the product of both reliabilities.

    Parameters
    ----------
    r : numpy.ndarray of shape (m, pairs)
        Correlations.
    reliability : numpy.ndarray of shape (m, scores)
        Reliabilities.
    pairs : numpy.ndarray of shape (pairs, 2)
        Positions of the scores.

    Returns
    -------
    numpy.ndarray of shape (m, pairs)
        Disattenuated correlations; missing where a reliability is not positive.
    """
    usable = np.where(reliability > 0, reliability, np.nan)
    return r / np.sqrt(usable[:, pairs[:, 0]] * usable[:, pairs[:, 1]])


def reliabilities(
    answers: pd.DataFrame,
    weights: np.ndarray | ClusterWeights | None,
    *,
    missing: str = "pairwise",
    tolerance: float = 1e-10,
) -> dict[str, np.ndarray]:
    """Compute alpha and omega total of one scale under many weightings of the clients.

    Parameters
    ----------
    answers : pandas.DataFrame
        Clients x keyed items.
    weights : numpy.ndarray or ClusterWeights, (m, n), or None
        How often each client counts; None for once.
    missing : {'pairwise', 'listwise', 'em'}, default 'pairwise'
        Rule of :class:`psychometrics.reliability.item_covariances.ItemCovariances`.
    tolerance : float, default 1e-10
        Largest change of the loadings of the one factor in the last step.

    Returns
    -------
    dict of str to numpy.ndarray
        The keys "alpha" and "omega", each with values of shape (m,), missing where undefined.
    """
    k = answers.shape[1]
    data = ItemCovariances(answers, missing=missing)
    weights = np.ones((1, data.people.sum())) if weights is None else weights[:, data.people]
    found = {name: np.full(len(weights), np.nan) for name in STATISTICS}
    if k < 2 or data.reason:
        return found
    step = max(1, NUMBERS_AT_ONCE // k**2)
    for start in range(0, len(weights), step):
        part = slice(start, start + step)
        covariance = data.resampled(weights[part])
        found["alpha"][part] = coefficient_alpha(covariance)
        if k > 2:
            correlation, sd = to_correlations(covariance)
            found["omega"][part] = omega_total(one_factor_minres(correlation, tolerance=tolerance), sd)
    return found


def _by_coefficient(
    items: Sequence[pd.DataFrame], weights: np.ndarray | ClusterWeights | None, missing: str, tolerance: float
) -> dict[str, np.ndarray]:
    """{"alpha": (m, scores), "omega": (m, scores)}."""
    each = [reliabilities(block, weights, missing=missing, tolerance=tolerance) for block in items]
    return {name: np.column_stack([one[name] for one in each]) for name in STATISTICS}


def corrected_rows(
    coefficient: str,
    r: np.ndarray,
    reliability: np.ndarray,
    draws: np.ndarray | None,
    used: np.ndarray,
    reasons: Sequence[str],
    columns: pd.DataFrame,
    pairs: np.ndarray,
    level: float,
    resamples: UnitResamples,
) -> pd.DataFrame:
    """Make tidy rows of correlations corrected by one coefficient.

    Parameters
    ----------
    coefficient : {'alpha', 'omega'}
        The coefficient that the correlations are corrected by.
    r : numpy.ndarray of shape (pairs,)
        Correlations.
    reliability : numpy.ndarray of shape (scores,)
        Reliabilities.
    draws : numpy.ndarray of shape (m, pairs) or None
        Resampled disattenuated correlations; None where nothing was resampled.
    used : numpy.ndarray of shape (n, pairs)
        True for the clients behind each correlation.
    reasons : sequence of str
        Why each correlation is missing; "" where it is not.
    columns : pandas.DataFrame
        One row per score, with columns perspective, form, scale.
    pairs : numpy.ndarray of shape (pairs, 2)
        Positions of the scores.
    level : float
        Coverage of the intervals, in (0, 1).
    resamples : UnitResamples
        The resamples that `draws` come from.

    Returns
    -------
    pandas.DataFrame
        Tidy rows r_disattenuated or r_disattenuated_omega with bootstrap intervals.
    """
    estimate = disattenuated_correlations(r[None], reliability[None], pairs)[0]
    part = shares_items(columns, pairs)
    notes = []
    for position, (i, j) in enumerate(pairs):
        both = reliability[[i, j]]
        if part[position]:
            notes.append(f"{PART_WHOLE}: shared items make the corrected correlation meaningless")
        elif reasons[position]:
            notes.append(reasons[position])
        elif np.isnan(both).any():
            notes.append(f"{coefficient} is undefined for one of the scores")
        elif (both <= 0).any():
            notes.append(f"{coefficient} is zero or negative for one of the scores")
        else:
            notes.append(f"above 1: more than the two {coefficient}s allow" if abs(estimate[position]) > 1 else "")
            continue
        estimate[position] = np.nan
    rows = pd.DataFrame(pair_names(columns, pairs)).assign(
        statistic=STATISTICS[coefficient],
        estimate=estimate,
        n=used.sum(axis=0),
        method=f"r / sqrt({coefficient} {coefficient}_2)",
        note=notes,
    )
    found = cluster_bootstrap_intervals(rows, draws, used, resamples, level, kind="normal").reindex(columns=COLUMNS)
    limits = zip(found["lower"], found["upper"], strict=True)
    wide = [is_too_wide(low, high, (-1, 1)) for low, high in limits]  # it is meant to lie there
    found.loc[wide, "note"] = [f"{note}; {TOO_WIDE}".removeprefix("; ") for note in found.loc[wide, "note"]]
    return found


def known_reliability_rows(
    r: np.ndarray,
    reliability: np.ndarray,
    coefficient: np.ndarray,
    columns: pd.DataFrame,
    pairs: np.ndarray,
    n: np.ndarray,
    level: float,
    reasons: Sequence[str],
    limits: tuple[np.ndarray, np.ndarray] | None = None,
) -> pd.DataFrame:
    """Correct correlations for reliabilities that are given and not estimated from the same data.

    Parameters
    ----------
    r : numpy.ndarray of shape (pairs,)
        Correlations.
    reliability : numpy.ndarray of shape (scores,)
        Published values, missing where there is none.
    coefficient : numpy.ndarray of shape (scores,)
        Which coefficients they are.
    columns : pandas.DataFrame
        One row per score, with columns perspective, form, scale.
    pairs : numpy.ndarray of shape (pairs, 2)
        Positions of the scores.
    n : numpy.ndarray of shape (pairs,)
        People behind each correlation.
    level : float
        Coverage of the intervals, in (0, 1).
    reasons : sequence of str
        Why each correlation is missing; "" where it is not.
    limits : tuple of numpy.ndarray, optional
        Limits of the correlations where people are known; Fisher's where left out.

    Returns
    -------
    pandas.DataFrame
        Tidy rows r_disattenuated. The limits are those of r divided by the same root: they reflect the sampling
        error of r only, and the note says so.
    """
    root, estimate = np.sqrt(reliability[pairs[:, 0]] * reliability[pairs[:, 1]]), np.full(len(pairs), np.nan)
    part, notes, methods = shares_items(columns, pairs), [], []
    for position, (i, j) in enumerate(pairs):
        methods.append("")
        if part[position]:
            notes.append(f"{PART_WHOLE}: shared items make the corrected correlation meaningless")
        elif reasons[position]:
            notes.append(reasons[position])
        elif np.isnan(root[position]):
            notes.append("no reliability was given for one of the scores")
        else:
            estimate[position] = r[position] / root[position]
            whose = "Fisher interval" if limits is None else "interval"
            methods[-1] = f"r / sqrt({coefficient[i]} {coefficient[j]}_2); {whose} of r divided by the same"
            above = "; above 1: more than the two reliabilities allow" if abs(estimate[position]) > 1 else ""
            which = "" if {coefficient[i], coefficient[j]} == {"alpha"} else f" ({coefficient[i]}, {coefficient[j]})"
            notes.append(f"given reliabilities{which} count as known{above}")
    known = np.where(np.isnan(estimate), np.nan, 1)
    lower, upper = (limit * known / root for limit in (limits or fisher_interval(r * known, n, level)))
    return (
        pd.DataFrame(pair_names(columns, pairs))
        .assign(
            statistic=STATISTICS["alpha"],
            estimate=estimate,
            lower=lower,
            upper=upper,
            level=level,
            n=n,
            method=methods,
            note=notes,
        )
        .reindex(columns=COLUMNS)
    )
