"""Agreement of raters of the same clients: intraclass correlations, in complete and in incomplete designs."""

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, diags_array
from scipy.special import expit, fdtri, logit

from psychometrics.resampling.formula_intervals import check_level
from psychometrics.variance.components import one_factor, two_factors
from psychometrics.variance.intervals import contrasts_of, crossed_pivots, ratio_interval, stretch_of_groups

COLUMNS = ["statistic", "estimate", "lower", "upper", "level", "n", "raters", "ratings", "method", "note"]
NAMES = {
    "icc_1": "ICC(1) of McGraw & Wong, ICC(1,1) of Shrout & Fleiss: one rating, raters not told apart",
    "icc_a1": "ICC(A,1) of McGraw & Wong, ICC(2,1) of Shrout & Fleiss: one rating, absolute agreement",
    "icc_c1": "ICC(C,1) of McGraw & Wong, ICC(3,1) of Shrout & Fleiss: one rating, consistency",
    "icc_1k": "ICC(k) of McGraw & Wong, ICC(1,k) of Shrout & Fleiss: mean rating, raters not told apart",
    "icc_ak": "ICC(A,k) of McGraw & Wong, ICC(2,k) of Shrout & Fleiss: mean rating, absolute agreement",
    "icc_ck": "ICC(C,k) of McGraw & Wong, ICC(3,k) of Shrout & Fleiss: mean rating, consistency",
}
CROSSED = "presumes other raters for every client; here raters rated several clients: see ICC(A)"
OF_MEAN = {"icc_1": "icc_1k", "icc_a1": "icc_ak", "icc_c1": "icc_ck"}


def rater_agreement(scores: pd.DataFrame, *, level: float = 0.95, draws: int = 5000, seed: int = 0) -> pd.DataFrame:
    r"""Estimate six intraclass correlations of ratings of the same clients.

    Parameters
    ----------
    scores : pandas.DataFrame
        Clients x raters; missing where a rater did not rate a client.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 5000
        Number of generalized pivots for ICC(A,1) of an incomplete design.
    seed : int, default 0
        Seed of the generator, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic (icc_1, icc_a1, icc_c1, icc_1k, icc_ak, icc_ck), estimate, lower, upper, level, n
        (clients), raters, ratings, method, note. What the design cannot tell has no estimate and a note.

    Notes
    -----
    Complete designs: mean squares and intervals of McGraw & Wong (1996), Psychol. Methods 1, 30-46, tables 4 and 7;
    names of Shrout & Fleiss (1979), Psychol. Bull. 86. An estimate can be negative. Agrees with psych::ICC(lmer =
    FALSE), and with its default where no variance component is estimated as 0 (lmer does not let one be negative).

    Incomplete designs: REML components of ``rating = mean + client + rater + residual``, for ICC(1) without raters, as
    psych::ICC on data with missing ratings; ten Hove, Jorgensen & van der Ark (2024), Psychol. Methods 29, 967-979.
    From there is k of the mean rating: the harmonic mean of the numbers of ratings per client. psych takes the number
    of raters, as if every client had been rated by all, and gives the intervals of a complete design, which are too
    short. Here the interval of ICC(1) and ICC(C,1) is that of
    :func:`psychometrics.variance.intervals.ratio_interval` (in complete designs with normal ratings McGraw and Wong's),
    that of ICC(A,1) comes from generalized pivots (:func:`psychometrics.variance.intervals.crossed_pivots`). All are
    made longer where the clients' own sums of squares vary more than those of normal ratings. Limits below 0 are 0.

    Examples
    --------
    The ratings of Shrout and Fleiss (1979), table 2, and the coefficients of their table 4:

    >>> import pandas as pd
    >>> from psychometrics import rater_agreement
    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> rater_agreement(pd.DataFrame(ratings))[["statistic", "estimate"]].round(2)
      statistic  estimate
    0     icc_1      0.17
    1    icc_a1      0.29
    2    icc_c1      0.71
    3    icc_1k      0.44
    4    icc_ak      0.62
    5    icc_ck      0.91
    """
    check_level(level)
    table = scores.dropna(how="all").dropna(how="all", axis=1)
    values = table.to_numpy(dtype=float)
    n, raters = values.shape
    rated = np.isfinite(values)
    reason = _why_not(values, rated)
    if reason:
        found, notes, how = {}, dict.fromkeys(NAMES, reason), ""
    elif rated.all():
        found, notes, how = _complete(values, level), {}, f"two-way analysis of variance, k = {raters}"
    else:
        k = 1 / np.mean(1 / rated.sum(axis=1))
        found, notes = _incomplete(values, rated, k, level, draws, seed)
        how = f"REML, incomplete design, k = {k:.3g}, the harmonic mean of ratings per client"
    if not reason and (rated.sum(axis=0) > 1).any():
        notes |= {name: notes.get(name) or CROSSED for name in ("icc_1", "icc_1k")}
    rows = []
    for statistic, name in NAMES.items():
        estimate, lower, upper = found.get(statistic, (np.nan,) * 3)
        rows.append(
            {
                "statistic": statistic,
                "estimate": estimate,
                "lower": lower,
                "upper": upper,
                "level": level,
                "n": n,
                "raters": raters,
                "ratings": int(rated.sum()),
                "method": f"{name}; {how}".removesuffix("; "),
                "note": notes.get(statistic, ""),
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _why_not(values: np.ndarray, rated: np.ndarray) -> str:
    """Why nothing can be computed; empty where something can."""
    if rated.size == 0 or rated.shape[1] < 2:
        return "fewer than two raters"
    if len(values) < 3:
        return "fewer than three clients were rated"
    if rated.sum(axis=1).max() < 2:
        return "no client was rated by two raters"
    if not np.ptp(values[rated]) > 0:
        return "the ratings do not vary"
    return ""


def _complete(values: np.ndarray, level: float) -> dict[str, np.ndarray]:
    n, k = values.shape
    total = values - values.mean()
    between = k * np.sum(total.mean(axis=1) ** 2)
    judges = n * np.sum(total.mean(axis=0) ** 2)
    rows, columns = between / (n - 1), judges / (k - 1)
    inside = (np.sum(total**2) - between) / (n * (k - 1))
    error = max(np.sum(total**2) - between - judges, 0.0) / ((n - 1) * (k - 1))
    tails = np.array([(1 + level) / 2, (1 - level) / 2])
    found = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, square, df in (("icc_1", inside, n * (k - 1)), ("icc_c1", error, (n - 1) * (k - 1))):
            ratio = np.array([rows / square, *(rows / square / fdtri(n - 1, df, tails))])
            found[name] = np.where(np.isinf(ratio), 1.0, (ratio - 1) / (ratio + k - 1))
        estimate = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
        a = k * estimate / (n * (1 - estimate))
        b = 1 + k * estimate * (n - 1) / (n * (1 - estimate))
        df = (a * columns + b * error) ** 2 / ((a * columns) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1)))
        high, low = fdtri(n - 1, df, tails[0]), 1 / fdtri(df, n - 1, tails[0])
        rest = k * columns + (k * n - k - n) * error
        limits = [n * (rows - f * error) / (f * rest + n * rows) for f in (high, low)]
    found["icc_a1"] = np.array([estimate, *(limits if estimate < 1 else (1.0, 1.0))])
    return _with_means(found, k)


def _incomplete(
    values: np.ndarray, rated: np.ndarray, k: float, level: float, draws: int, seed: int
) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    client, rater = np.nonzero(rated)
    scores = values[rated]
    found, notes = {}, {}
    try:
        one = one_factor(scores, client)
        stretch = stretch_of_groups(scores, client)
        limits = np.array(ratio_interval(contrasts_of(scores, client), level, stretch))
        found["icc_1"] = np.array([one.first / (one.first + one.residual), *(limits / (1 + limits))])
    except ValueError:
        notes["icc_1"] = "the raters of a client do not differ"
    free, of_raters = contrasts_of(scores, client, rater), contrasts_of(scores, rater, client)
    reason = ""
    if free.df < 1:
        reason = "raters and clients overlap too little to tell raters' differences from the residual"
    elif not free.q or not of_raters.q:
        reason = "no two raters have two clients in common"
    elif not free.residual > 1e-6 * np.sum((scores - scores.mean()) ** 2):
        reason = "there is no residual beside clients and raters"
    if reason:
        notes |= dict.fromkeys(("icc_a1", "icc_c1"), reason)
    else:
        # the factor with fewer levels is the one whose matrix is factored
        client_first = len(values) >= values.shape[1]
        two = two_factors(scores, *((client, rater) if client_first else (rater, client)))
        of_client, of_rater = (two.first, two.second) if client_first else (two.second, two.first)
        stretch = stretch_of_groups(scores - _rater_effects(scores, client, rater), client)
        limits = np.array(ratio_interval(free, level, stretch))
        found["icc_c1"] = np.array([of_client / (of_client + two.residual), *(limits / (1 + limits))])
        pivots = crossed_pivots(scores, client, rater, draws, seed)
        limits = logit(np.quantile(pivots[0] / sum(pivots), [(1 - level) / 2, 0.5, (1 + level) / 2]))
        if np.isfinite(limits).all():
            limits = limits[1] + stretch * (limits - limits[1])
        found["icc_a1"] = np.array([of_client / (of_client + of_rater + two.residual), *expit(limits[[0, 2]])])
    notes |= {OF_MEAN[name]: note for name, note in notes.items()}
    return _with_means(found, k), notes


def _rater_effects(scores: np.ndarray, client: np.ndarray, rater: np.ndarray) -> np.ndarray:
    """Least-squares effect of the rater of each score, clients held constant."""
    size = np.bincount(client)
    free = scores - (np.bincount(client, scores) / size)[client]
    cells = csr_array((np.ones(len(scores)), (client, rater)))
    inside = np.diag(np.bincount(rater).astype(float)) - (cells.T @ diags_array(1 / size) @ cells).toarray()
    return np.linalg.lstsq(inside, np.bincount(rater, free), rcond=1e-10)[0][rater]


def _with_means(found: dict[str, np.ndarray], k: float) -> dict[str, np.ndarray]:
    """Single-rating coefficients with limits, and those of the mean of k ratings by the Spearman-Brown formula."""
    with np.errstate(divide="ignore", invalid="ignore"):
        means = {OF_MEAN[name]: k * value / (1 + (k - 1) * value) for name, value in found.items()}
    return found | means
