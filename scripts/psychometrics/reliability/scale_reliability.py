"""Internal consistency of a scale at one occasion: alpha, omega total, Guttman's bounds, and what goes with them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.factors.minres import heywood_cases
from psychometrics.reliability.coefficients import METHODS, coefficient_alpha, scale_coefficients
from psychometrics.reliability.item_covariances import ItemCovariances
from psychometrics.reliability.item_statistics import item_coefficients, item_statistics, omega_if_dropped
from psychometrics.reliability.ordinal_alpha import ordinal_alpha
from psychometrics.reliability.scale_resamples import COLUMNS, ScaleResamples
from psychometrics.reliability.split_half import split_half_reliabilities
from psychometrics.resampling.formula_intervals import check_level, feldt_interval
from psychometrics.resampling.weights import leave_out_resamples

OF_CORRELATIONS = {
    "alpha_standardized",
    "mean_inter_item_r",
    "spearman_brown",
    "omega_total",
    "omega_total_standardized",
    "construct_reliability_h",
}
IN_UNITS_OF_THE_SCORE = ("sem", "reliable_change")
ROUNDING = 1e-9  # by which a coefficient of items that are all the same may pass 1
SPLITS: dict[str, Callable[[np.ndarray], float]] = {
    "split_half_mean": np.mean,
    "split_half_minimum": np.min,
    "split_half_maximum": np.max,
    "split_half_median": np.median,
    "split_half_percentile_2_5": lambda values: np.quantile(values, 0.025),
    "split_half_percentile_97_5": lambda values: np.quantile(values, 0.975),
}


class Alpha(NamedTuple):
    """Coefficient alpha with its interval.

    Attributes
    ----------
    estimate : float
        Coefficient alpha; missing where undefined.
    lower : float
        Feldt's lower limit.
    upper : float
        Feldt's upper limit.
    note : str
        Why alpha is undefined, or a remark where it is odd.
    """

    estimate: float
    lower: float
    upper: float
    note: str


def alpha_from_covariance(covariance: ArrayLike, n: int, level: float = 0.95) -> Alpha:
    r"""Compute coefficient alpha with Feldt's interval.

    .. math:: \alpha = \frac{k}{k-1}\left(1 - \frac{\sum_j \sigma_j^2}{\sigma_X^2}\right)

    Parameters
    ----------
    covariance : array_like of shape (k, k)
        Covariance matrix of keyed items; a correlation matrix gives standardized alpha.
    n : int
        Number of people behind it.
    level : float, default 0.95
        Coverage of the interval, in (0, 1).

    Returns
    -------
    Alpha
        Estimate, limits and note.

    Notes
    -----
    Cronbach (1951), Psychometrika 16, eq. 2; interval: Feldt, Woodruff & Salih (1987), Appl. Psychol. Meas. 11.
    Agrees with psych::alpha and psych::alpha.ci.
    """
    covariance = np.asarray(covariance, dtype=float)
    k = len(covariance)
    reason = ""
    if k < 2:
        reason = "one item: internal consistency is not defined"
    elif n < 3:
        reason = "fewer than three people answered every item"
    elif np.isnan(coefficient_alpha(covariance)):
        reason = "the total score does not vary"
    if reason:
        return Alpha(np.nan, np.nan, np.nan, reason)
    alpha = float(coefficient_alpha(covariance))
    lower, upper = feldt_interval(alpha, n, k, level)
    return Alpha(alpha, float(lower), float(upper), "negative: check the keying of the items" if alpha < 0 else "")


def reliability_coefficients(
    answers: pd.DataFrame,
    *,
    missing: str = "pairwise",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    units: ArrayLike | None = None,
    items: bool = True,
) -> pd.DataFrame:
    """Compute the internal consistency of one scale from keyed answers.

    Parameters
    ----------
    answers : pandas.DataFrame
        Administrations x items, keyed (one row per client).
    missing : {'pairwise', 'listwise', 'em'}, default 'pairwise'
        Rule for missing answers, see :class:`psychometrics.reliability.item_covariances.ItemCovariances`.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        The largest number of parts of the units that are left out in turn, for jackknife intervals; 0 leaves these
        intervals out.
    seed : int, default 0
        Seed of the parts and of random splits, at least 0.
    units : array_like of shape (n administrations,), optional
        The unit to leave out, for example the therapist; by default each row is one.
    items : bool, default True
        False leaves the rows of single items out.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: item ("" for the scale), statistic, estimate, uncorrected, se, lower, upper, level, n, method, note.
        Statistics: alpha (Feldt's interval), alpha_jackknife (the same with a jackknife interval), alpha_standardized,
        alpha_ordinal, guttman_lambda_2, guttman_lambda_4, guttman_lambda_6, split_half_mean, split_half_minimum,
        split_half_maximum, split_half_median, split_half_percentile_2_5, split_half_percentile_97_5, mean_inter_item_r,
        spearman_brown (two items only), omega_total, omega_total_standardized, construct_reliability_h, sem,
        reliable_change; and per item item_rest_r, alpha_if_dropped, omega_if_dropped. What is undefined has no estimate
        and a note.

    Raises
    ------
    ValueError
        For an unknown rule for missing answers, or a level outside (0, 1).

    Notes
    -----
    Omega is omega *total* of a one-factor model; see :mod:`psychometrics.reliability.omega_total` for the two
    denominators. The standard error of measurement is in the metric of the mean score; times the number of items it is
    that of the total. A difference of two scores of one person beyond reliable_change is more than error (Jacobson &
    Truax 1991, J. Consult. Clin. Psychol. 59, 12-19); the reliability that it rests on is alpha here.

    Jackknife intervals leave out one unit at a time, or one of the parts into which many units are put together at
    random, and are normal on the scale of the logit (of the logarithm for sem and reliable_change, of Fisher's z for
    item_rest_r, of log(1 - x) for a reliability that is negative or could be) with Student's t of (units - 1) degrees
    of freedom: see :func:`psychometrics.resampling.bootstrap_intervals.with_intervals`. With a ceiling and few people
    resamples understate the sampling error of alpha and overstate that of omega; the jackknife does neither. They are
    around the sample's own value, reach over that value without the jackknife's bias, and are widened by it: with few
    people or few therapists they are otherwise too short. Only guttman_lambda_6 and construct_reliability_h are
    corrected, whose squared multiple correlations and optimal weights capitalise on chance: their estimate is without
    the bias, and uncorrected is the sample's own. Feldt's interval
    presumes normal scores of parallel items and is too short with a ceiling; alpha_jackknife is the one to report
    (docs/recovery_intervals.md). Those of single items are jackknife intervals too; of a matrix, by formula. That of
    guttman_lambda_4 holds the split of the sample fixed and does not know that it was chosen: it lies too high
    in small samples.
    Agrees with psych::alpha, psych::splitHalf(covar = TRUE), psych::omega(nfactors = 1) and psych::fa(nfactors = 1).

    Examples
    --------
    >>> from psychometrics import example_answers, reliability_coefficients
    >>> answers = example_answers()
    >>> bond = answers[["wai_03", "wai_05", "wai_07", "wai_09"]]
    >>> rows = reliability_coefficients(bond, units=answers["therapist"], draws=200)
    >>> wanted = rows["statistic"].isin(["alpha_jackknife", "alpha_ordinal", "omega_total", "sem"])
    >>> rows.loc[wanted, ["statistic", "estimate", "lower", "upper"]].round(2)
              statistic  estimate  lower  upper
    1   alpha_jackknife      0.86   0.84   0.89
    3     alpha_ordinal      0.90   0.88   0.93
    14      omega_total      0.87   0.84   0.89
    17              sem      0.37   0.33   0.42
    """
    check_level(level)
    data = ItemCovariances(answers, missing=missing)
    rows_used = int(data.people.sum())
    units = np.arange(len(answers)) if units is None else np.asarray(units)
    n_units = len(pd.unique(units[data.people]))
    k = answers.shape[1]
    names = list(answers.columns)
    if k > 1 and data.reason:
        return _undefined(k, data.n, level, data.reason)
    covariance = data.matrix()
    resamples = ScaleResamples(None, "no resamples were drawn", n_units, n_units < rows_used)
    if n_units < 3:
        resamples = ScaleResamples(None, "fewer than three units to resample", n_units, n_units < rows_used)
    elif draws and k > 1:
        used = units[data.people]
        left_out = data.resampled(leave_out_resamples(used, draws, seed))
        resamples = ScaleResamples(left_out, "", n_units, n_units < rows_used)
    ordinal = None if k < 2 else ordinal_alpha(answers, missing=missing, level=level, units=units)
    rows = _table(covariance, data.n, names, level, resamples, data.method, ordinal, seed=seed, with_items=items)
    if resamples.nested:
        by_formula = rows["method"].str.endswith(("Feldt interval", "Fisher interval")) & rows["estimate"].notna()
        nested = f"the interval treats the {rows_used} rows as independent although they belong to {n_units} units"
        rows.loc[by_formula, "note"] = [f"{note}; {nested}".removeprefix("; ") for note in rows.loc[by_formula, "note"]]
    return rows


def reliability_from_matrix(
    correlation: pd.DataFrame, sd: pd.Series, n: int, *, level: float = 0.95, seed: int = 0
) -> pd.DataFrame:
    """Compute the internal consistency of one scale from a correlation matrix.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Item x item correlations of keyed items.
    sd : pandas.Series
        Standard deviation by item.
    n : int
        Number of people behind the matrix.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    seed : int, default 0
        Seed of random splits, at least 0.

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`reliability_coefficients`; intervals that need resampling are missing and the note says so.

    Examples
    --------
    >>> from psychometrics import example_answers, reliability_from_matrix
    >>> bond = example_answers()[["wai_03", "wai_05", "wai_07", "wai_09"]].dropna()
    >>> rows = reliability_from_matrix(bond.corr(), bond.std(), len(bond))
    >>> rows.loc[rows["statistic"].isin(["alpha", "omega_total"]), ["statistic", "estimate", "lower", "upper"]].round(2)
          statistic  estimate  lower  upper
    0         alpha      0.86   0.82   0.89
    14  omega_total      0.86    NaN    NaN
    """
    check_level(level)
    items = list(correlation.columns)
    spread = sd.reindex(items).to_numpy(dtype=float)
    covariance = correlation.to_numpy(dtype=float) * np.outer(spread, spread)
    ordinal = {
        "item": "",
        "statistic": "alpha_ordinal",
        "level": level,
        "n": n,
        "method": "polychoric correlations",
        "note": "needs raw answers",
    }
    resamples = ScaleResamples(None, "the interval needs raw answers")
    return _table(covariance, n, items, level, resamples, METHODS["alpha"], ordinal, seed=seed)


def _table(
    covariance: np.ndarray,
    n: int,
    items: list[str],
    level: float,
    resamples: ScaleResamples,
    basis: str,
    ordinal: Mapping[str, object] | None,
    *,
    seed: int,
    with_items: bool = True,
) -> pd.DataFrame:
    alpha = alpha_from_covariance(covariance, n, level)
    k = len(items)
    if np.isnan(alpha.estimate):
        rows = _undefined(k, n, level, alpha.note)
        if k < 2 or n < 3 or not with_items:
            return rows
        return pd.concat([rows, item_statistics(covariance, n, items, level=level)], ignore_index=True)[COLUMNS]
    splits = split_half_reliabilities(covariance, seed=seed)
    found = scale_coefficients(covariance[None], splits.split, tolerance=1e-10)
    loadings = found["loadings"][0]
    how = ("all {:,}" if splits.all_splits else "{:,} random").format(len(splits.coefficients)) + " splits into halves"
    greatest = f"greatest of {how}" if splits.all_splits else "greatest split into halves found by exchanging items"
    methods = (
        METHODS
        | dict.fromkeys(SPLITS, f"{basis}; over {how}")
        | {
            "alpha": f"{basis}; Feldt interval",
            "alpha_jackknife": basis,
            "guttman_lambda_2": basis,
            "guttman_lambda_4": f"{basis}; {greatest}, held fixed in resamples",
        }
    )
    reasons = _reasons(covariance, items, loadings)
    scale: list[Mapping[str, object] | None] = []
    for statistic in _statistics(k):
        if statistic == "alpha_ordinal":
            scale.append(ordinal)
            continue
        in_splits = statistic in SPLITS
        estimate = SPLITS[statistic](splits.coefficients) if in_splits else found[statistic][0]
        note = reasons.get(statistic, "")
        if in_splits:
            note = "describes the splits of this sample: no interval"
        scale.append(
            {
                "item": "",
                "statistic": statistic,
                "estimate": estimate,
                "level": level,
                "n": n,
                "method": methods[statistic],
                "note": note,
            }
        )
    table = pd.DataFrame(scale).reindex(columns=COLUMNS)
    table["note"] = table["note"].fillna("")
    # where an estimate cannot be trusted only the reason is given
    table.loc[
        table["statistic"].isin([name for name, note in reasons.items() if not note.startswith("Heywood")]), "estimate"
    ] = np.nan
    # covariances of different people for each pair of items can be those of nobody
    impossible = (table["estimate"] > 1 + ROUNDING) & ~table["statistic"].isin(IN_UNITS_OF_THE_SCORE)
    table.loc[impossible, "note"] = [
        f"no coefficient: {value:.3f} is above 1, which the covariances of the same people do not give"
        for value in table.loc[impossible, "estimate"]
    ]
    table.loc[impossible, "estimate"] = np.nan
    feldt = table["statistic"] == "alpha"
    table.loc[feldt, "lower"], table.loc[feldt, "upper"], table.loc[feldt, "note"] = (
        alpha.lower,
        alpha.upper,
        alpha.note,
    )
    stack = resamples.left_out
    resampled = {} if stack is None else scale_coefficients(stack, splits.split, start=loadings)
    wanted = [name for name in _statistics(k) if name not in SPLITS and name not in ("alpha", "alpha_ordinal")]
    draws = {name: None if stack is None else resampled[name][:, None] for name in wanted}
    table = resamples.add_to(table, draws, level)
    if not with_items:
        return table
    return pd.concat([table, _item_rows(covariance, n, items, level, resamples, loadings)], ignore_index=True)


def _item_rows(
    covariance: np.ndarray,
    n: int,
    items: list[str],
    level: float,
    resamples: ScaleResamples,
    loadings: np.ndarray,
) -> pd.DataFrame:
    rows = item_statistics(covariance, n, items, level=level)
    stack = resamples.left_out
    if stack is None:
        return resamples.add_to(rows, {"omega_if_dropped": None}, level)
    # intervals by formula, which suppose normal answers of independent people, covered 89 to 92% of skewed answers
    rows["method"] = rows["method"].replace({"Feldt interval": "", "Fisher interval": ""})
    r, alpha = item_coefficients(stack)
    draws = {"item_rest_r": r, "alpha_if_dropped": alpha, "omega_if_dropped": omega_if_dropped(stack, start=loadings)}
    return resamples.add_to(rows, draws, level)


def _statistics(k: int) -> list[str]:
    """Statistics of the whole scale, in the order of the table."""
    names = [name for name in METHODS if name != "spearman_brown" or k == 2]
    after = names.index("alpha_standardized") + 1
    names.insert(after, "alpha_ordinal")
    bounds = names.index("guttman_lambda_6") + 1
    return [*names[:bounds], *SPLITS, *names[bounds:]]


def _reasons(covariance: np.ndarray, items: list[str], loadings: np.ndarray) -> dict[str, str]:
    """Statistic -> why it is undefined, or a Heywood case that has to be known."""
    constant = [item for item, variance in zip(items, np.diag(covariance), strict=True) if not variance > 0]
    if constant:
        return dict.fromkeys(OF_CORRELATIONS | {"guttman_lambda_6"}, f"without variance: {', '.join(constant)}")
    reasons = {}
    factor = [name for name in METHODS if name.startswith("omega")] + ["construct_reliability_h"]
    if len(items) < 3:
        reasons = dict.fromkeys(factor, "two items: a one-factor model is not identified")
    elif not np.isfinite(loadings).all():
        reasons = dict.fromkeys(factor, "the one-factor model has no finite solution")
    elif heywood_cases(loadings).any():
        heywood = ", ".join(items[j] for j in np.flatnonzero(heywood_cases(loadings)))
        reasons = dict.fromkeys(factor, f"Heywood case, no unique variance: {heywood}")
    if np.linalg.eigvalsh(covariance)[0] <= 1e-10 * np.trace(covariance):
        reasons["guttman_lambda_6"] = "the covariance matrix is singular or not positive definite"
    return reasons


def _undefined(k: int, n: int, level: float, reason: str) -> pd.DataFrame:
    rows = [
        {
            "item": "",
            "statistic": statistic,
            "level": level,
            "n": n,
            "method": METHODS.get(statistic, ""),
            "note": reason,
        }
        for statistic in _statistics(k)
    ]
    return pd.DataFrame(rows).reindex(columns=COLUMNS)
