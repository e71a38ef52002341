"""The account: how a few percent of explained outcome become many, step by step."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.cluster_bootstrap import UnitResamples, cluster_bootstrap_intervals
from psychometrics.association.weighted import weighted_matrices
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.bootstrap_intervals import SHIFTED, joined
from psychometrics.resampling.formula_intervals import check_level, squared_interval
from psychometrics.resampling.weights import ClusterWeights
from psychometrics.variance.components import one_factor
from psychometrics.variance.two_level import moment_covariances
from psychometrics.variance.two_level_moments import two_level_moments

FEWEST = 10  # clients from whom a step is computed
FEWEST_THERAPISTS = 3
COLUMNS = ["statistic", "sessions", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
SQUARE, SHARE, PART, BETWEEN = "square", "normal logit", SHIFTED, "between"
KINDS = {SQUARE: "normal z", SHARE: SHARE, PART: SHIFTED, BETWEEN: "normal"}
BOUNDS = {SQUARE: (0.0, 1.0), SHARE: (0.0, 1.0), PART: (-1.0, 1.0), BETWEEN: (-1.0, 1.0)}
ONE_SESSION = "one early session: variation between the sessions of a dyad requires two"
NO_RELIABILITY = "the reliability of the outcome is not known"
NO_CHANGE = "no symptom measure by session: change up to the last of these sessions is not known"
NO_OTHER = "the alliance was not rated from another perspective"
NO_THERAPIST = "no therapist is named: the part that lies between therapists is not known"
ONE_EACH = "every therapist has one client: the part that lies between therapists cannot be told from the rest"
NO_DIFFERENCE = "the alliance of the dyads differs no more than from session to session: there is no reliability"
LACKS = {"reliability": NO_RELIABILITY, "change": NO_CHANGE, "other": NO_OTHER, "therapists": NO_THERAPIST}


def generalizability_of_mean(single: ArrayLike, sessions: ArrayLike) -> np.ndarray:
    r"""Compute the generalizability of a mean of sessions from that of a single one.

    .. math:: G(m) = \frac{m\,G(1)}{1 + (m - 1)\,G(1)}

    Parameters
    ----------
    single : array_like
        Generalizability of one session, in [0, 1].
    sessions : array_like
        Number of sessions m, above 0; infinite for perfect reliability.

    Returns
    -------
    numpy.ndarray
        Generalizability of their mean.

    Notes
    -----
    Spearman (1910) and Brown (1910); Brennan (2001), Generalizability theory, for dyads x sessions.

    Examples
    --------
    >>> generalizability_of_mean(0.77, [1, 4, 7]).round(2).tolist()
    [0.77, 0.93, 0.96]
    """
    single = np.asarray(single, dtype=float)
    return single * gain(single, sessions)


def gain(single: ArrayLike, sessions: ArrayLike) -> np.ndarray:
    r"""Compute by what an explained share grows where reliability alone grows with the number of sessions.

    .. math:: \frac{G(m)}{G(1)} = \frac{m}{1 + (m - 1)\,G(1)} \longrightarrow \frac{1}{G(1)}

    Parameters
    ----------
    single : array_like
        Generalizability of one session, in [0, 1].
    sessions : array_like
        Number of sessions m, above 0; infinite for perfect reliability.

    Returns
    -------
    numpy.ndarray
        Factor, at least 1.

    Notes
    -----
    Spearman (1904), Am. J. Psychol. 15, 72-101: the squared correlation with an outcome is proportional to the
    reliability of the score. Published: sessions 3 to 9 explain 14.7% of the outcome, session 3 alone 4.7%, with
    G(1) = .77 (Crits-Christoph et al., 2011, J. Consult. Clin. Psychol. 79, 267-278); reliability alone makes 4.7% into
    5.9% with seven sessions, and into 6.1% with any number.

    Examples
    --------
    >>> (4.7 * gain(0.77, [7, float("inf")])).round(1).tolist()
    [5.9, 6.1]
    """
    single, sessions = np.asarray(single, dtype=float), np.asarray(sessions, dtype=float)
    with np.errstate(divide="ignore"):
        return 1 / (single + (1 - single) / sessions)


class Step(NamedTuple):
    """One number of the account.

    Attributes
    ----------
    statistic : str
        Its name.
    sessions : float
        How many sessions it is about.
    estimate : float
        Value; of a square its signed root.
    draws : numpy.ndarray of shape (m,) or None
        The same of the resamples.
    used : numpy.ndarray of shape (n,)
        True for the clients behind it.
    kind : str
        Its interval: :data:`SQUARE`, :data:`SHARE`, :data:`PART` or :data:`BETWEEN`.
    method : str
        How it was computed.
    note : str
        Why it is missing, or what to be careful about.
    chance : float, default missing
        Of :data:`BETWEEN`: what of r² lies between therapists by chance of their clients.
    """

    statistic: str
    sessions: float
    estimate: float
    draws: np.ndarray | None
    used: np.ndarray
    kind: str
    method: str
    note: str
    chance: float = np.nan


def outcome_account(
    alliance: pd.DataFrame,
    outcome: ArrayLike,
    resamples: UnitResamples,
    *,
    therapists: Sequence | pd.Series | None = None,
    reliability: float | None = None,
    change: ArrayLike | None = None,
    other: pd.DataFrame | None = None,
    level: float = 0.95,
    lacking: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    r"""Take apart what early sessions of the alliance explain of an outcome.

    .. math:: r^2(m) = r^2(1)\,\frac{G(m)}{G(1)} + \text{excess}, \qquad G(m) = \frac{m\,G(1)}{1 + (m - 1)\,G(1)}

    Parameters
    ----------
    alliance : pandas.DataFrame of shape (n, M)
        Clients x early sessions in order, missing where not rated. Clients without the first one are left out, so that
        all steps rest on the same people.
    outcome : array_like of shape (n,)
        Outcome of each client.
    resamples : UnitResamples
        Resamples of the therapists of these clients, or of the clients where therapists are unknown.
    therapists : sequence of shape (n,), optional
        Therapist of each client, missing where none is known.
    reliability : float, optional
        Reliability of the outcome, in (0, 1].
    change : array_like of shape (n,), optional
        How far symptoms had changed at the last of these sessions.
    other : pandas.DataFrame of shape (n, M), optional
        The same sessions as rated by somebody who did not rate the outcome, where `alliance` is by who did.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    lacking : mapping of str to str, optional
        Why `reliability`, `change`, `other` or `therapists` are not given, where more is known than that.

    Returns
    -------
    pandas.DataFrame
        Tidy rows; `sessions` says of how many:

        * `account_r2`, of the mean of the first m sessions, m = 1 ... M, as observed;
        * `account_generalizability`, G(m), between dyads over sessions;
        * `account_r2_predicted`, what reliability alone makes of r²(1), and `account_excess`, what is observed beyond;
        * `account_r2_outcome_corrected`, `account_r2_alliance_corrected` and `account_r2_corrected`: of one session and
          of M, corrected for the unreliability of the outcome, of the alliance over sessions, of both;
        * `account_r2_given_change`, what M sessions explain beyond the change up to the last of them, as a share of the
          whole variance (squared semipartial correlation), and `account_early_gains`, the part that goes;
        * `account_r2_other_rater` and `account_rater`, the part that goes where another person rates the alliance;
        * `account_between_therapists`, the part that lies between therapists.

        What is lacking has no estimate and a reason.

    Raises
    ------
    NotComputable
        If fewer than ten clients have the first session and the outcome, or one of both does not vary.

    Notes
    -----
    Dyads and sessions: variances by REML (as ``lme4::lmer(score ~ session + (1 | dyad))`` but for the degree of
    freedom of each session mean), sessions' means taken out first; m is the harmonic mean of the numbers that clients
    have. The steps of reliability presume that all sessions measure the same: where a later session is closer to the
    outcome, or neighbours resemble each other more than distant ones, excess is what is left of that.

    Between therapists: r times the covariance between therapists, by the analysis of variance, over both standard
    deviations. It adds up to r² with the part within, and may be negative.

    Intervals: bootstrap of whole therapists; of squares by the signed correlation on the scale of Fisher's z, of parts
    percentiles moved by the bias, of G on the logit scale and over both the estimate and that minus its bias, of the
    part between therapists normal on a scale on which its error is the same everywhere,
    :math:`\operatorname{arsinh}(1 + x / c)`, where c is r² over the mean number of clients of a therapist. Those of
    parts and of G are a twentieth longer than resamples make them.
    How often they hold the true value stands in the documentation (recovery of alliance and outcome); 12 therapists
    show too little of how therapists differ. Resampled generalizabilities are moment estimates (MUML), moved to REML on
    the scale of Fisher's z. The reliability of the outcome is taken as known.

    Examples
    --------
    Sixty dyads whose alliance of three sessions predicts the outcome by what is common to the sessions:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import outcome_account
    >>> from psychometrics.association.cluster_bootstrap import resample_units
    >>> rng = np.random.default_rng(1)
    >>> bond = rng.normal(size=60)
    >>> sessions = pd.DataFrame(bond[:, None] + rng.normal(scale=0.7, size=(60, 3)), columns=[3, 4, 5])
    >>> outcome = 0.5 * bond + rng.normal(size=60)
    >>> rows = outcome_account(sessions, outcome, resample_units(range(60), 200, seed=1), reliability=0.9)
    >>> rows.loc[[0, 2, 4, 6], ["statistic", "sessions", "estimate"]].round(2)
                  statistic  sessions  estimate
    0            account_r2       1.0      0.12
    2            account_r2       3.0      0.21
    4  account_r2_predicted       3.0      0.16
    6        account_excess       3.0      0.05
    """
    check_level(level)
    if reliability is not None and not 0 < reliability <= 1:
        raise ValueError("the reliability of the outcome lies above 0 and not above 1")
    account = _Account(alliance, outcome, resamples)
    reasons = LACKS | dict(lacking or {})
    account.of_sessions()
    account.corrected(reliability, reasons["reliability"])
    account.early_gains(change, reasons["change"])
    account.of_rater(other, reasons["other"])
    account.between_therapists(therapists, reasons["therapists"])
    return _rows(account.steps, resamples, level)


class _Account:
    """Steps that share the clients who have the outcome and the first session."""

    def __init__(self, alliance: pd.DataFrame, outcome: ArrayLike, resamples: UnitResamples) -> None:
        self.sessions, self.outcome = alliance.to_numpy(dtype=float), np.asarray(outcome, dtype=float)
        self.weights, self.most = resamples.weights, alliance.shape[1]
        self.base = np.isfinite(self.outcome) & np.isfinite(self.sessions[:, 0])
        if self.base.sum() < FEWEST:
            raise NotComputable(
                f"fewer than {FEWEST} clients have the outcome and the first of the early sessions ({self.base.sum()})"
            )
        if not (np.ptp(self.outcome[self.base]) > 0 and np.ptp(self.sessions[self.base, 0]) > 0):
            raise NotComputable("the outcome, or the alliance of the first session, does not vary")
        self.means = _running_means(self.sessions)
        known = np.isfinite(self.sessions[self.base]).cumsum(axis=1)
        self.typical = 1 / np.mean(1 / known, axis=0)
        self.steps: list[Step] = []
        self.single, self.single_draws, self.reason = self._generalizability()

    def of_sessions(self) -> None:
        """As observed, and as reliability alone predicts."""
        self.r, self.r_draws = self._correlations(self.base, self.means.T)
        for m in range(self.most):
            self._add("account_r2", m + 1, self.r[m], _column(self.r_draws, m), SQUARE)
        roots, root_draws = np.sqrt(self._gains(self.single)), None
        if self.single_draws is not None:
            root_draws = np.sqrt(self._gains(self.single_draws[:, None]))
        beyond = []
        for m in range(1, self.most):
            predicted = self.r[0] * roots[m]
            draws = None if root_draws is None or self.r_draws is None else self.r_draws[:, 0] * root_draws[:, m]
            how = f"r²(1) G(m) / G(1), m = {self.typical[m]:.4g}"
            self._add("account_r2_predicted", m + 1, predicted, draws, SQUARE, how, self.reason)
            beyond.append((m, predicted, draws))
        for m, predicted, draws in beyond:
            excess = None if draws is None or self.r_draws is None else self.r_draws[:, m] ** 2 - draws**2
            own = self.r[m] ** 2 - predicted**2
            self._add("account_excess", m + 1, own, excess, PART, "observed minus predicted", self.reason)
        for m in range(self.most):
            several, how = self.typical[m], "REML, dyads over sessions"
            draws = None if self.single_draws is None else generalizability_of_mean(self.single_draws, several)
            estimate = float(generalizability_of_mean(self.single, several))
            self._add("account_generalizability", m + 1, estimate, draws, SHARE, how, self.reason)

    def corrected(self, reliability: float | None, reason: str) -> None:
        """As with perfect reliability of the outcome, of the alliance, of both."""
        of_outcome = np.nan if reliability is None else reliability
        reason = "" if reliability is not None else reason
        for m in dict.fromkeys((0, self.most - 1)):
            of_alliance = float(generalizability_of_mean(self.single, self.typical[m]))
            drawn = None if self.single_draws is None else generalizability_of_mean(self.single_draws, self.typical[m])
            for what, by, by_draws, why in (
                ("outcome", of_outcome, np.array([of_outcome]), reason),
                ("alliance", of_alliance, drawn, self.reason),
                ("", of_outcome * of_alliance, None if drawn is None else of_outcome * drawn, self.reason or reason),
            ):
                r_draws = _column(self.r_draws, m)
                draws = None if r_draws is None or by_draws is None else r_draws / np.sqrt(by_draws)
                name = f"account_r2_{what}_corrected".replace("__", "_")
                by_what = {"outcome": "r² / reliability of the outcome", "alliance": "r² / G(m)"}
                how = by_what.get(what, "r² / (G(m) x reliability of the outcome)")
                self._add(name, m + 1, self.r[m] / np.sqrt(by), draws, SQUARE, how, why)

    def early_gains(self, change: ArrayLike | None, reason: str) -> None:
        """What is left beyond the change up to the last of the sessions, and what goes."""
        names = ("account_r2_given_change", "account_early_gains")
        if change is None:
            self._missing(names, reason)
            return
        held = np.asarray(change, dtype=float)
        used = self.base & np.isfinite(held)
        if (why := self._too_few(used, held)) or np.ptp(held[used]) == 0:
            self._missing(names, why or "nobody's symptoms had changed, or all by as much")
            return
        matrix, matrices = self._matrices(used, np.vstack([self.means[:, -1], held]))
        own, drawn = _semipartial(matrix), None if matrices is None else _semipartial(matrices)
        whole, whole_draws = matrix[:, 0, 1], None if matrices is None else matrices[:, 0, 1]
        how = "squared semipartial correlation, change held constant"
        self._add(names[0], self.most, own[0], drawn, SQUARE, how, used=used)
        part = None if drawn is None or whole_draws is None else whole_draws**2 - drawn**2
        self._add(names[1], self.most, whole[0] ** 2 - own[0] ** 2, part, PART, "r² minus that given change", used=used)

    def of_rater(self, other: pd.DataFrame | None, reason: str) -> None:
        """The same dyads and sessions as another person rates them."""
        names = ("account_r2_other_rater", "account_rater")
        if other is None:
            self._missing(names, reason)
            return
        theirs = _running_means(other.to_numpy(dtype=float))[:, -1]
        used = self.base & np.isfinite(theirs)
        if (why := self._too_few(used, theirs)) or np.ptp(theirs[used]) == 0:
            self._missing(names, why or "the other person's ratings do not vary")
            return
        r, draws = self._correlations(used, np.vstack([self.means[:, -1], theirs]))
        self._add(names[0], self.most, r[1], _column(draws, 1), SQUARE, "as observed", used=used)
        part = None if draws is None else draws[:, 0] ** 2 - draws[:, 1] ** 2
        self._add(names[1], self.most, r[0] ** 2 - r[1] ** 2, part, PART, "r² minus that of the other rater", used=used)

    def between_therapists(self, therapists: Sequence | pd.Series | None, reason: str) -> None:
        """The part of r² that is of therapists and not of their single clients."""
        names = ("account_between_therapists",)
        named = np.asarray([None] * len(self.base) if therapists is None else therapists, dtype=object)
        used = self.base & ~pd.isna(named)
        size = pd.Series(named[used]).value_counts()
        few = (
            f"clients of fewer than {FEWEST_THERAPISTS} therapists: the part that lies between therapists is not known"
        )
        why = reason if not used.any() else few if len(size) < FEWEST_THERAPISTS else ONE_EACH if size.max() < 2 else ""
        why = why or self._too_few(used, self.means[:, -1])
        if why:
            self._missing(names, why)
            return
        codes, _ = pd.factorize(named[used])
        values = np.column_stack([self.means[used, -1], self.outcome[used]])
        first = np.unique(codes, return_index=True)[1]
        weights = (
            None if self.weights is None else np.asarray(self.weights[:, np.flatnonzero(used)[first]], dtype=float)
        )
        estimate = _between(values, codes, np.ones((1, len(first))))[0]
        draws = None if weights is None else _between(values, codes, weights)
        how = "r x covariance between therapists (analysis of variance) / (SD x SD)"
        chance = float(np.corrcoef(values.T)[0, 1] ** 2 * len(first) / len(values))
        self._add(names[0], self.most, estimate, draws, BETWEEN, how, used=used, chance=max(chance, 1e-6))

    def _too_few(self, used: np.ndarray, values: np.ndarray) -> str:
        if used.sum() < FEWEST:
            return f"fewer than {FEWEST} of these clients have what this step needs ({used.sum()})"
        return "" if np.ptp(self.outcome[used]) > 0 and np.isfinite(values[used]).all() else "the outcome does not vary"

    def _gains(self, single: float | np.ndarray) -> np.ndarray:
        return gain(single, self.typical)

    def _matrices(self, used: np.ndarray, predictors: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Correlations (1, p, p) of outcome and predictors, and (m, p, p) of the resamples."""
        values = np.column_stack([self.outcome[used], predictors[:, used].T])
        own = weighted_matrices(values, np.ones((1, len(values))))
        return own, None if self.weights is None else weighted_matrices(values, self.weights[:, used])

    def _correlations(self, used: np.ndarray, predictors: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Correlations (p,) of the predictors with the outcome, and (m, p) of the resamples."""
        own, drawn = self._matrices(used, predictors)
        return own[0, 0, 1:], None if drawn is None else drawn[:, 0, 1:]

    def _generalizability(self) -> tuple[float, np.ndarray | None, str]:
        """G(1), the same of the resamples, and the reason where it is not known."""
        own = self.sessions[self.base]
        client, session = np.nonzero(np.isfinite(own))
        repeated = np.bincount(client) > 1
        if repeated.sum() < 3:
            return np.nan, None, ONE_SESSION if self.most < 2 else "fewer than three clients have two of these sessions"
        values = own[client, session]
        values = values - (np.bincount(session, values) / np.maximum(np.bincount(session), 1))[session]
        try:
            found = one_factor(values, client)
        except ValueError:
            return np.nan, None, "the alliance of a dyad does not vary between these sessions"
        single = found.first / (found.first + found.residual)
        if not single > 1e-6:
            return np.nan, None, NO_DIFFERENCE
        if self.weights is None:
            return single, None, ""
        return single, _resampled_share(single, values, client, self.weights[:, self.base]), ""

    def _add(
        self,
        statistic: str,
        sessions: int,
        estimate: float,
        draws: np.ndarray | None,
        kind: str,
        method: str = "",
        note: str = "",
        used: np.ndarray | None = None,
        chance: float = np.nan,
    ) -> None:
        used = self.base if used is None else used
        if note:
            estimate, draws, method = np.nan, None, ""
        self.steps.append(Step(statistic, sessions, float(estimate), draws, used, kind, method, note, chance))

    def _missing(self, statistics: Sequence[str], reason: str) -> None:
        for statistic in statistics:
            self._add(statistic, self.most, np.nan, None, PART, note=reason)


def _running_means(sessions: np.ndarray) -> np.ndarray:
    """Means of the first 1 ... M sessions that are known, clients x M; missing where none is."""
    known = np.isfinite(sessions)
    count = known.cumsum(axis=1)
    return np.where(count > 0, np.where(known, sessions, 0.0).cumsum(axis=1) / np.maximum(count, 1), np.nan)


def _resampled_share(single: float, values: np.ndarray, client: np.ndarray, weights: ClusterWeights) -> np.ndarray:
    """Moment estimates of the share of dyads, moved to the estimate on the scale of Fisher's z; missing at 0 and 1."""

    def _share(by: ClusterWeights | None) -> np.ndarray:
        within, between = moment_covariances(two_level_moments(values[:, None], client, by))
        return between[:, 0, 0] / (between[:, 0, 0] + within[:, 0, 0])

    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.tanh(np.arctanh(_share(weights)) + np.arctanh(single) - np.arctanh(_share(None)))
    return np.where((moved > 0) & (moved < 1), moved, np.nan)


def _column(draws: np.ndarray | None, place: int) -> np.ndarray | None:
    return None if draws is None else draws[:, place]


def _semipartial(matrices: np.ndarray) -> np.ndarray:
    """Correlate the first variable with what of the second the third leaves."""
    with np.errstate(divide="ignore", invalid="ignore"):
        left = 1 - matrices[:, 1, 2] ** 2
        return (matrices[:, 0, 1] - matrices[:, 0, 2] * matrices[:, 1, 2]) / np.sqrt(
            np.where(left > 1e-10, left, np.nan)
        )


def _between(values: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """r times the covariance between groups over both standard deviations, for weights (m, groups)."""
    values = values - values.mean(axis=0)
    size = np.bincount(codes).astype(float)
    means = np.column_stack([np.bincount(codes, column) for column in values.T]) / size[:, None]
    apart = values - means[codes]
    products = np.column_stack(
        [values[:, 0] * values[:, 1], values[:, 0] ** 2, values[:, 1] ** 2, apart[:, 0] * apart[:, 1]]
    )
    sums = np.column_stack([np.bincount(codes, column) for column in products.T])
    of_groups = np.column_stack([np.ones(len(size)), size, size**2, size[:, None] * means, sums])
    groups, n, squares, x, y, xy, xx, yy, within = (weights @ of_groups).T
    with np.errstate(divide="ignore", invalid="ignore"):
        cross, spread = xy - x * y / n, np.sqrt((xx - x**2 / n) * (yy - y**2 / n))
        per = (n - squares / n) / (groups - 1)
        covariance = ((cross - within) / (groups - 1) - within / (n - groups)) / per
        found = cross / spread * covariance / (spread / (n - 1))
    return np.where(np.isfinite(found), found, np.nan)


def _rows(steps: Sequence[Step], resamples: UnitResamples, level: float) -> pd.DataFrame:
    """Tidy rows in the order of the steps, with intervals of their kinds."""
    frame = pd.DataFrame([step._asdict() for step in steps]).drop(columns=["draws", "used"])
    frame["sessions"] = frame["sessions"].astype(float)
    frame["n"] = [int(step.used.sum()) for step in steps]
    used = np.column_stack([step.used for step in steps])
    parts = []
    for kind in frame["kind"].unique():
        own = np.flatnonzero(frame["kind"] == kind)
        draws = None
        if resamples.weights is not None:
            nothing = np.full(len(resamples.weights), np.nan)
            drawn = [steps[place].draws for place in own.tolist()]
            draws = np.column_stack([nothing if one is None else one for one in drawn])
        rows = frame.iloc[own].reset_index(drop=True)
        chance = rows["chance"].to_numpy()
        if kind == BETWEEN:
            rows["estimate"] = _stretched(rows["estimate"].to_numpy(), chance)
            draws = None if draws is None else _stretched(draws, chance)
        # without these, G held 92% of 500 samples with 12 and with 40 therapists, a part 91%
        reaching, longer = kind == SHARE, "a twentieth" if kind in (SHARE, PART) else ""
        how = {"level": level, "kind": KINDS[kind], "reaching": reaching, "longer": longer}
        rows = cluster_bootstrap_intervals(rows, draws, used[:, own], resamples, **how)
        if kind == BETWEEN:
            rows["se"] *= chance * np.cosh(rows["estimate"])  # delta method
            for end in ("estimate", "lower", "upper"):
                rows[end] = chance * (np.sinh(rows[end]) - 1)
        if kind == SQUARE:
            rows = _squared(rows)
        low, high = BOUNDS[kind]
        limits = {end: rows[end].clip(low, high) for end in ("lower", "upper")}
        parts.append(rows.assign(**limits).set_axis(own))
    return pd.concat(parts).sort_index().reindex(columns=COLUMNS)


def _stretched(part: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """A scale on which parts between therapists vary alike: their error grows with the part and its chance."""
    return np.arcsinh(part / chance + 1)


def _squared(rows: pd.DataFrame) -> pd.DataFrame:
    """Squares of signed roots; the reason where a correction makes more than the whole."""
    lower, upper = squared_interval(rows["lower"], rows["upper"])
    beyond = rows["estimate"].abs() > 1
    square = rows["estimate"] ** 2
    said = [
        f"more than the whole variance ({value:.2f})" if no else "" for value, no in zip(square, beyond, strict=True)
    ]
    se = 2 * rows["estimate"].abs() * rows["se"]  # delta method
    return rows.assign(
        estimate=square.mask(beyond),
        se=se.mask(beyond),
        lower=np.where(beyond, np.nan, lower),
        upper=np.where(beyond, np.nan, upper),
        note=joined(rows["note"].where(~beyond, ""), said),
    )
