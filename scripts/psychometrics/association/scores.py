"""Correlations between the scores of several forms and perspectives."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.cluster_bootstrap import UnitResamples, no_resamples
from psychometrics.association.disattenuation import corrected_rows, known_reliability_rows
from psychometrics.association.pairs import (
    COLUMNS,
    NEEDS_ANSWERS,
    all_pairs,
    only_score,
    pair_names,
    score_values,
    smallest_n,
    why_undefined,
)
from psychometrics.association.partial import partial_correlations_of_matrix
from psychometrics.association.rows import correlation_rows
from psychometrics.association.units import Units
from psychometrics.association.weighted import used_by, weighted_pair_correlations, weighted_rank_correlations
from psychometrics.resampling.formula_intervals import check_level, fisher_interval, spearman_interval

METHODS = {
    "pearson": (weighted_pair_correlations, fisher_interval, "Fisher"),
    "spearman": (weighted_rank_correlations, spearman_interval, "Bonett-Wright"),
}


def correlate_scores(
    scores: pd.DataFrame,
    columns: pd.DataFrame,
    *,
    level: float = 0.95,
    method: str = "pearson",
    units: ArrayLike | None = None,
) -> pd.DataFrame:
    """Correlate every pair of scores, on the clients who have both.

    Parameters
    ----------
    scores : pandas.DataFrame
        Clients x score columns, one row per client. Outcomes and other numbers may be among the columns.
    columns : pandas.DataFrame
        One row per score column (its index), with columns perspective, form, scale.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    method : {'pearson', 'spearman'}, default 'pearson'
        Pearson's r or Spearman's rho.
    units : array_like of shape (n clients,), optional
        Units that are independent, such as therapists; by default each client is one.

    Returns
    -------
    pandas.DataFrame
        Tidy rows per unique pair: perspective, perspective_2, form, form_2, scale, scale_2, statistic, estimate, se,
        lower, upper, level, n, method, note. Statistics:

        * r_{method} with the interval to be shown: the jackknife's over the units on the scale of Fisher's z. Of
          Spearman's rho of independent clients it is that of Bonett and Wright;
        * r_pearson_fisher, r_spearman_bonett: the same estimate with the interval by formula, where the jackknife's is
          shown;
        * p_{method}, p_{method}_holm.

        A total and a scale of the same form and perspective share items: their row has the note "part-whole", no test,
        and no place in Holm's family. A single score gives one row that says so.

    Raises
    ------
    ValueError
        For an unknown method, a level outside (0, 1), or a score that is no column of `scores`.

    Notes
    -----
    Intervals: :func:`psychometrics.association.jackknife.shown_intervals`. Where there is no jackknife interval (fewer
    than three units; r is 1 or -1, or undefined without a unit) the formula's is shown, and the note says so. In 21
    simulated designs, 19 of them with a ceiling, Fisher's interval of two totals that correlate .70 to .83 held the
    truth in 80 to 95% of 1,000 samples each, the jackknife's in 93 to 96%.

    p: two-sided t with n - 2 degrees of freedom, also for ranks; where clients share units, t of Fisher's z over its
    jackknife error, with one degree fewer than there are units. Holm (1979), Scand. J. Stat. 6, 65-70.
    r_pearson_fisher and the tests agree with stats::cor.test(exact = FALSE), psych::corr.test and stats::p.adjust where
    every client is a unit.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics import correlate_scores, example_answers
    >>> answers = example_answers()
    >>> scores = pd.DataFrame({form: answers.filter(regex=f"{form}_[0-9]").mean(axis=1) for form in ("wai", "haq")})
    >>> columns = pd.DataFrame({"perspective": "client", "form": ["wai", "haq"], "scale": "total"}, ["wai", "haq"])
    >>> rows = correlate_scores(scores, columns)
    >>> rows[["form", "form_2", "statistic", "estimate", "lower", "upper", "n"]].round(2)
      form form_2         statistic  estimate  lower  upper    n
    0  wai    haq         r_pearson      0.67   0.59   0.75  200
    1  wai    haq  r_pearson_fisher      0.67   0.59   0.74  200
    2  wai    haq         p_pearson      0.00    NaN    NaN  200
    3  wai    haq    p_pearson_holm      0.00    NaN    NaN  200
    """
    check_level(level)
    if method not in METHODS:
        raise ValueError(f"method must be 'pearson' or 'spearman', not '{method}'.")
    values = score_values(scores, columns)
    pairs = all_pairs(columns)
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, f"r_{method}")], columns=COLUMNS)
    own = Units.of(units, len(values))
    correlate = METHODS[method][0]
    reasons = why_undefined(values, pairs)
    r = np.where([not reason for reason in reasons], correlate(values, np.ones((1, len(values))), pairs)[0], np.nan)
    # of ranks of independent clients the formula holds what it promises
    left_out = correlate(values, own.parts, pairs) if own.nested or method == "pearson" else None
    return _rows(r, left_out, used_by(values, pairs), reasons, columns, pairs, level, method, own)


def correlate_composites(
    correlation: pd.DataFrame,
    columns: pd.DataFrame,
    alphas: pd.Series,
    n: int | pd.DataFrame,
    *,
    omegas: pd.Series | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Correlate and disattenuate the scores of data that are an item matrix.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Score x score, for example of :func:`psychometrics.items.scoring.composite_moments`.
    columns : pandas.DataFrame
        As for :func:`correlate_scores`; its index names the scores.
    alphas : pandas.Series
        Alpha by score.
    n : int or pandas.DataFrame
        Number of people behind the matrix, or a frame score x score.
    omegas : pandas.Series, optional
        Omega by score; without omegas there is no correction by them.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`correlate_scores` and :func:`psychometrics.association.disattenuation.disattenuate`.
        Spearman's rho, latent and partial correlations and what needs resampling are missing.
    """
    check_level(level)
    if len(columns) == 1:
        rows = [only_score(columns, statistic) for statistic in ("r_pearson", "r_spearman", "r_disattenuated")]
        return pd.DataFrame(rows, columns=COLUMNS)
    pairs, known, reasons, used, nobody = _of_matrix(correlation, columns, n)
    parts = [
        _rows(known, None, used, reasons, columns, pairs, level, "pearson", nobody),
        *_needs_answers(columns, pairs, used, level, nobody, "r_partial"),
    ]
    for name, values in (("alpha", alphas), ("omega", omegas)):
        if values is not None:
            coefficient = values.reindex(columns.index).to_numpy(dtype=float)
            parts.append(corrected_rows(name, known, coefficient, None, used, reasons, columns, pairs, level, nobody))
    return pd.concat(parts, ignore_index=True)


def correlate_published(
    correlation: pd.DataFrame,
    columns: pd.DataFrame,
    n: int | pd.DataFrame,
    reliability: pd.Series,
    coefficient: pd.Series,
    held: Mapping[str, str],
    *,
    level: float = 0.95,
) -> pd.DataFrame:
    """Make the rows of all functions that correlate scores, for data that are a matrix of scores.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Score x score, with outcomes and baselines.
    columns : pandas.DataFrame
        As for :func:`correlate_scores`; its index names the scores.
    n : int or pandas.DataFrame
        Number of people behind the matrix, or a frame score x score.
    reliability : pandas.Series
        Published reliability by score.
    coefficient : pandas.Series
        Which coefficient the reliability is, by score.
    held : mapping of str to str
        Name of a baseline -> what it is called in the method; held constant in partial correlations.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`correlate_composites`. Reliabilities count as known, so that the interval of a corrected
        correlation is Fisher's divided by the same, as in
        :func:`psychometrics.association.disattenuation.known_reliability_rows`.
    """
    check_level(level)
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, "r_pearson")], columns=COLUMNS)
    pairs, known, reasons, used, nobody = _of_matrix(correlation, columns, n)
    names = list(columns.index)
    return pd.concat(
        [
            _rows(known, None, used, reasons, columns, pairs, level, "pearson", nobody),
            *_needs_answers(columns, pairs, used, level, nobody),
            known_reliability_rows(
                known,
                reliability[names].to_numpy(dtype=float),
                coefficient[names].to_numpy(),
                columns,
                pairs,
                used.sum(axis=0),
                level,
                reasons,
            ),
            partial_correlations_of_matrix(correlation, n, columns.drop(index=list(held)), held, level=level),
        ],
        ignore_index=True,
    )


def correct_for_known_reliabilities(
    observed: pd.DataFrame, columns: pd.DataFrame, reliability: pd.Series, coefficient: pd.Series
) -> pd.DataFrame:
    """Correct the correlations of people for reliabilities that were not estimated from their answers.

    Parameters
    ----------
    observed : pandas.DataFrame
        Rows of :func:`correlate_scores`, by Pearson.
    columns : pandas.DataFrame
        The scores, as there.
    reliability : pandas.Series
        Given reliability by score, missing where there is none.
    coefficient : pandas.Series
        Which coefficient the reliability is, by score.

    Returns
    -------
    pandas.DataFrame
        Tidy rows r_disattenuated, with the limits of the correlation divided by the same root.

    Examples
    --------
    >>> scores = pd.DataFrame({"wai": [1.0, 2, 3, 4, 5], "haq": [1.0, 3, 2, 5, 4]})
    >>> columns = pd.DataFrame(
    ...     {"perspective": "client", "form": scores.columns, "scale": "total"}, index=scores.columns
    ... )
    >>> given = pd.Series({"wai": 0.9, "haq": 1.0}), pd.Series({"wai": "alpha", "haq": "alpha"})
    >>> correct_for_known_reliabilities(correlate_scores(scores, columns), columns, *given)["estimate"].round(
    ...     3
    ... ).tolist()
    [0.843]
    """
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, "r_disattenuated")], columns=COLUMNS)
    rows, names = observed[observed["statistic"] == "r_pearson"], list(columns.index)
    return known_reliability_rows(
        rows["estimate"].to_numpy(dtype=float),
        reliability.reindex(names).to_numpy(dtype=float),
        coefficient.reindex(names).to_numpy(),
        columns,
        all_pairs(columns),
        rows["n"].to_numpy(dtype=float),
        float(rows["level"].dropna().max()) if rows["level"].notna().any() else np.nan,
        list(rows["note"].where(rows["estimate"].isna(), "")),
        (rows["lower"].to_numpy(dtype=float), rows["upper"].to_numpy(dtype=float)),
    )


def latent_without_items(columns: pd.DataFrame, note: str) -> pd.DataFrame:
    """Say of every pair of scores that latent correlations need more than scores.

    Parameters
    ----------
    columns : pandas.DataFrame
        The scores, as for :func:`correlate_scores`.
    note : str
        What they need.

    Returns
    -------
    pandas.DataFrame
        Tidy rows r_latent and r_latent_disattenuated without an estimate.
    """
    if len(columns) == 1:
        return pd.DataFrame([only_score(columns, "r_latent")], columns=COLUMNS)
    named = pd.DataFrame(pair_names(columns, all_pairs(columns)), columns=COLUMNS)
    return pd.concat([named.assign(statistic=name, note=note) for name in ("r_latent", "r_latent_disattenuated")])


def _of_matrix(
    correlation: pd.DataFrame, columns: pd.DataFrame, n: int | pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray, UnitResamples]:
    """Pairs, their correlations, why one is missing, (largest n, pairs) flags of people counted, and no resamples."""
    names, pairs = list(columns.index), all_pairs(columns)
    r = np.clip(correlation.loc[names, names].to_numpy(dtype=float)[pairs[:, 0], pairs[:, 1]], -1, 1)
    counts = np.array([smallest_n(n, [names[i], names[j]]) for i, j in pairs])
    reasons = [
        ("fewer than four clients have both scores" if count < 4 else "")
        if np.isfinite(value)
        else "the matrix has no value"
        for value, count in zip(r, counts, strict=True)
    ]
    people = np.arange(counts.max())
    nobody = no_resamples(len(people))
    return pairs, np.where([not reason for reason in reasons], r, np.nan), reasons, people[:, None] < counts, nobody


def _needs_answers(
    columns: pd.DataFrame, pairs: np.ndarray, used: np.ndarray, level: float, nobody: UnitResamples, *more: str
) -> list[pd.DataFrame]:
    """Rows of what a matrix cannot give."""
    absent, needs = np.full(len(pairs), np.nan), [NEEDS_ANSWERS] * len(pairs)
    named = pd.DataFrame(pair_names(columns, pairs), columns=COLUMNS)
    return [_rows(absent, None, used, needs, columns, pairs, level, "spearman", nobody)] + [
        named.assign(statistic=name, n=used.sum(axis=0), note=NEEDS_ANSWERS)
        for name in ("r_latent", "r_latent_disattenuated", *more)
    ]


def _rows(
    r: np.ndarray,
    left_out: np.ndarray | None,
    used: np.ndarray,
    reasons: Sequence[str],
    columns: pd.DataFrame,
    pairs: np.ndarray,
    level: float,
    method: str,
    units: Units,
) -> pd.DataFrame:
    _, limits, formula = METHODS[method]
    n = used.sum(axis=0)
    return correlation_rows(
        method,
        r,
        columns,
        pairs,
        left_out=left_out,
        used=used,
        reasons=reasons,
        limits=limits(r, n, level),
        formula=formula,
        freedom=n - 2,
        level=level,
        units=units,
    )
