"""Compensation: whether a strong bond can make up for missing agreement on goals."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.cluster_bootstrap import UnitResamples, cluster_bootstrap_intervals
from psychometrics.association.compensation_models import (
    ADDITIVE,
    MEAN,
    MODELS,
    PRODUCTS,
    SCALES,
    WEAKEST,
    corrected_aic,
    corrected_fit,
    covariances,
    fit,
    left_out_errors,
    predictors_of,
)
from psychometrics.association.units import Units
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.bootstrap_intervals import MOST_OUTSIDE, PERCENTILE
from psychometrics.resampling.formula_intervals import check_level

ALIKE = 0.85  # correlation of bond and goals from which their parts in an outcome cannot be told apart
PER_PARAMETER = 5  # clients
HELD, NOT_HELD, UNDECIDED, NOT_TESTABLE = "held", "not held", "undecided", "not testable"
LOW, HIGH = "compensation_bond_at_low_goal", "compensation_bond_at_high_goal"  # the first has the verdict
WITHOUT_INTERVAL = ("compensation_aicc", "compensation_weight", "compensation_r2")
FEWEST_UNITS = 3
LEFT_OUT, AS_KNOWN = "left-out units", "reliabilities taken as known"
COLUMNS = ["statistic", "model", "term", "estimate", "se", "lower", "upper", "level", "n", "units", "verdict"]
COLUMNS += ["method", "note"]
NO_RELIABILITY = "the reliability of a scale is not known: nothing can be corrected for it"
NO_MINIMUM = "no correction is known for the lowest of several scores"
NOT_DEFINITE = "reliabilities too low for these correlations: corrected predictors would follow from each other"
NO_UNITS = "fewer than three therapists or clients to leave out"


def compensation(
    scales: pd.DataFrame,
    outcome: ArrayLike,
    resamples: UnitResamples,
    *,
    baseline: pd.DataFrame | None = None,
    reliabilities: Mapping[str, float] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    r"""Compare how bond, goals and tasks together go with an outcome: added up, multiplied, or by the weakest of them.

    .. math:: y = \beta_0 + \beta_b b + \beta_g g + \beta_t t + \beta_{bg} bg + \beta_{bt} bt + \beta_{gt} gt + e

    Parameters
    ----------
    scales : pandas.DataFrame of shape (n, 3)
        Columns bond, goal and task, on one answer scale (means of items), missing as NaN.
    outcome : array_like of shape (n,)
        Outcome of each client.
    resamples : UnitResamples
        Resamples of the therapists of these clients, or of the clients where therapists are unknown.
    baseline : pandas.DataFrame of shape (n, k), optional
        What was known before therapy and is held constant in all models.
    reliabilities : mapping of str to float, optional
        Reliability of each scale; with them slopes are corrected as well.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows of the clients who have everything. Of each `model` (additive, with products, weakest link, mean
        alone): `compensation_aicc`, `compensation_weight` (its share of the Akaike weights), `compensation_r2`,
        `compensation_r2_predicted` (over left-out therapists), `compensation_gain` (of the latter over the additive
        model), `compensation_r2_corrected` (for the unreliability of the scales), and by `term` `compensation_slope`
        and `compensation_slope_corrected`, in points of the outcome for a point of the scale. Of the model with
        products: `compensation_bond_at_low_goal` and `compensation_bond_at_high_goal`, the slope of the bond where
        agreement on goals is a standard deviation below or above its mean (tasks at their mean), also `_corrected`.
        `compensation_r`: correlations of the scales. The column `verdict`, in the row `compensation_bond_at_low_goal`,
        says whether it holds that a strong bond cannot make up for missing agreement on goals:

        * held: the bond goes with more outcome the more goals are agreed on (the interval of its product with goals
          lies on the side of a better outcome), and where they are not, its slope is not above 0;
        * not held: where goals are not agreed on, a stronger bond still goes with a better outcome;
        * undecided: neither can be said, the scales correlate .85 or more, or the mean of all three does not go with
          the outcome;
        * not testable: too few clients for the model with products.

    Raises
    ------
    NotComputable
        If a scale, the outcome or a baseline does not vary, or there are too few clients for any model.

    Notes
    -----
    Ordinary least squares with scales centred at one common point, the mean of all three; products and the slopes at
    low and high goals do not depend on that point. A better outcome is one on the side on which the mean of the three
    scales lies. Agrees with ``lm`` and ``AIC`` in R. AICc: Hurvich & Tsai (1989), Biometrika 76, 297-307.
    Intervals: bootstrap of whole therapists, percentiles where slopes are corrected. The predicted R² is 1 - sum of
    squared errors of prediction over that of the mean of the others, each therapist's clients predicted from all
    others; its intervals take the predictions as given.

    Corrected slopes solve the normal equations with error taken out of the covariances of predictors: the error of a
    product of centred scores has variance :math:`v_b v_g - \tau_b \tau_g` (v observed, :math:`\tau = \rho v`), and
    covariance :math:`(v_b - \tau_b) c_{gt}` with another that shares b. These are the moments of independent errors,
    whatever the distribution of the scores. Reliabilities are taken as known.

    Examples
    --------
    Where the lowest of three scales makes the outcome:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import compensation
    >>> from psychometrics.association.cluster_bootstrap import resample_units
    >>> rng = np.random.default_rng(1)
    >>> scales = pd.DataFrame(rng.normal(5, 1, size=(300, 3)), columns=["bond", "goal", "task"])
    >>> outcome = scales.min(axis=1) + rng.normal(scale=0.5, size=300)
    >>> rows = compensation(scales, outcome, resample_units(range(300), 200, seed=1))
    >>> rows[rows["statistic"] == "compensation_weight"][["model", "estimate"]].round(2)
                model  estimate
    7        additive       0.0
    8   with products       0.0
    9    weakest link       1.0
    10     mean alone       0.0
    """
    check_level(level)
    complete = _complete(scales, outcome, baseline)
    study = _Study(*complete, resamples)
    study.correlations()
    study.fits()
    study.slopes()
    study.corrected(reliabilities)
    return _judged(study.table(level))


def _complete(
    scales: pd.DataFrame, outcome: ArrayLike, baseline: pd.DataFrame | None
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Scales, outcome and centred baselines of the clients who have all, and who these are."""
    values, after = scales[list(SCALES)].to_numpy(dtype=float), np.asarray(outcome, dtype=float)
    before = np.empty((len(after), 0)) if baseline is None else baseline.to_numpy(dtype=float)
    used = np.isfinite(np.column_stack([values, after, before])).all(axis=1)
    values, after, before = values[used], after[used], before[used]
    fewest = PER_PARAMETER * _parameters(MEAN, before.shape[1])
    if used.sum() < fewest:
        raise NotComputable(
            f"{used.sum()} clients have bond, goal, task, outcome and baseline; the smallest model needs {fewest}"
        )
    names = [*SCALES, "the outcome", *([] if baseline is None else [f"the baseline {name}" for name in baseline])]
    for name, column in zip(names, np.column_stack([values, after, before]).T, strict=True):
        if np.ptp(column) == 0:
            raise NotComputable(f"{name} does not vary")
    return pd.DataFrame(values, columns=list(SCALES)), after, before - before.mean(axis=0), used


def _parameters(model: str, held: int) -> int:
    """Intercept, baselines, predictors and the residual variance."""
    return 2 + held + len(MODELS[model])


class _Study:
    """Rows of one data set, each with its resampled values."""

    def __init__(
        self,
        scales: pd.DataFrame,
        outcome: np.ndarray,
        held: np.ndarray,
        used: np.ndarray,
        resamples: UnitResamples,
    ) -> None:
        self.scales, self.outcome, self.held, self.used, self.resamples = scales, outcome, held, used, resamples
        self.predictors = predictors_of(scales)
        self.once = np.ones((1, len(outcome)))
        self.weights = None if resamples.weights is None else resamples.weights[:, used]
        self.reasons = {model: self._why_not(model) for model in MODELS}
        if all(self.reasons.values()):
            raise NotComputable(self.reasons[MEAN])
        self.rows: list[dict] = []
        self.draws: list[np.ndarray | None] = []

    def correlations(self) -> None:
        """Correlations of the scales."""
        values = (self.scales - self.scales.mean()).to_numpy()
        sums = [None if w is None else covariances(values, w) for w in (self.once, self.weights)]
        for i, j in ((0, 1), (0, 2), (1, 2)):
            r = [None if s is None else s[:, i, j] / np.sqrt(s[:, i, i] * s[:, j, j]) for s in sums]
            self._add("compensation_r", r, term=f"{SCALES[i]}:{SCALES[j]}")

    def fits(self) -> None:
        """How well each model fits, and how well it predicts the clients of a therapist who is left out."""
        fitting = [model for model in MODELS if not self.reasons[model]]
        aicc = {model: corrected_aic(self._design(model), self.outcome) for model in fitting}
        best = min(aicc.values())
        odds = {model: np.exp((best - value) / 2) for model, value in aicc.items()}
        coefficients = {model: fit(self._design(model), self.outcome, self.once)[0] for model in fitting}
        left = {m: np.sum((self.outcome - self._design(m) @ own) ** 2) for m, own in coefficients.items()}
        whole = np.sum((self.outcome - self.outcome.mean()) ** 2)
        for model in MODELS:
            self._add("compensation_aicc", [np.array([aicc.get(model, np.nan)]), None], model=model)
        for model in MODELS:
            share = odds.get(model, np.nan) / sum(odds.values())
            self._add("compensation_weight", [np.array([share]), None], model=model)
        for model in MODELS:
            self._add("compensation_r2", [np.array([1 - left.get(model, np.nan) / whole]), None], model=model)
        self._predictions(fitting)

    def slopes(self) -> None:
        """Slopes of every model, and of the bond at low and high agreement on goals."""
        found = {}
        for model, terms in MODELS.items():
            if self.reasons[model]:
                self._add("compensation_slope", [np.array([np.nan]), None], model=model)
                continue
            design = self._design(model)
            found[model] = [None if w is None else fit(design, self.outcome, w) for w in (self.once, self.weights)]
            for place, term in enumerate(terms, start=design.shape[1] - len(terms)):
                own = [None if beta is None else beta[:, place] for beta in found[model]]
                self._add("compensation_slope", own, model=model, term=term)
        middle, spread = self.predictors[list(SCALES)].mean(), self.scales["goal"].std()
        for statistic, side in ((LOW, -1), (HIGH, 1)):
            own = [np.array([np.nan]), None]
            if PRODUCTS in found:
                goal = middle["goal"] + side * spread
                own = [None if b is None else _of_bond(b[:, -6:], goal, middle["task"]) for b in found[PRODUCTS]]
            self._add(statistic, own, model=PRODUCTS, term="bond")

    def corrected(self, reliabilities: Mapping[str, float] | None) -> None:
        """The same with perfectly reliable scales."""
        rho = np.array([(reliabilities or {}).get(scale, np.nan) for scale in SCALES], dtype=float)
        values = (self.scales - self.scales.mean()).to_numpy()
        products = [values[:, i] * values[:, j] for i, j in ((0, 1), (0, 2), (1, 2))]
        table = np.column_stack([self.held, values, *products, self.outcome - self.outcome.mean()])
        sums = [None if w is None else covariances(table, w) for w in (self.once, self.weights)]
        found = {}
        for model in MODELS:
            why = self.reasons[model] or (NO_MINIMUM if model == WEAKEST else "")
            why = why or ("" if np.isfinite(rho).all() else NO_RELIABILITY)
            if not why:
                found[model] = [None if s is None else corrected_fit(s, rho, model) for s in sums]
                why = "" if np.isfinite(found[model][0][:, -1]).all() else NOT_DEFINITE  # type: ignore[index]
            if why:
                found.pop(model, None)
                self._add("compensation_r2_corrected", [np.array([np.nan]), None], model=model, note=why)
                continue
            shares = [None if own is None else own[:, -1] for own in found[model]]
            self._add("compensation_r2_corrected", shares, model=model, method=AS_KNOWN)
            for place, term in enumerate(MODELS[model]):
                own = [None if fitted is None else fitted[:, place] for fitted in found[model]]
                self._add("compensation_slope_corrected", own, model=model, term=term, method=AS_KNOWN)
        if PRODUCTS in found:
            spread = self.scales["goal"].std()
            for statistic, side in ((LOW, -1), (HIGH, 1)):
                own = [None if b is None else _of_bond(b[:, :6], side * spread, 0.0) for b in found[PRODUCTS]]
                self._add(f"{statistic}_corrected", own, model=PRODUCTS, term="bond", method=AS_KNOWN)

    def table(self, level: float) -> pd.DataFrame:
        """Rows with intervals, those of correlations on the scale of Fisher's z."""
        frame, parts = pd.DataFrame(self.rows), []
        correlation = frame["statistic"] == "compensation_r"
        bare, corrected = frame["statistic"].isin(WITHOUT_INTERVAL), frame["statistic"].str.endswith("_corrected")
        plain = ~(correlation | bare | corrected)
        # a few resamples in which corrected predictors nearly follow from each other would stretch a normal interval
        for own, kind in ((correlation, "normal z"), (plain, "normal"), (corrected, PERCENTILE)):
            places = np.flatnonzero(own)
            draws = None
            if self.weights is not None:
                nothing = np.full(len(self.weights), np.nan)
                drawn = [self.draws[place] for place in places.tolist()]
                draws = np.column_stack([nothing if one is None else one for one in drawn])
            used = np.repeat(self.used[:, None], len(places), axis=1)
            rows = frame.iloc[places].reset_index(drop=True)
            rows = cluster_bootstrap_intervals(rows, draws, used, self.resamples, level, kind=kind)
            if draws is not None and kind == PERCENTILE:
                # what is left of the resamples would be those in which the correction is small
                often = ((~np.isfinite(draws)).mean(axis=0) > MOST_OUTSIDE) & rows["estimate"].notna().to_numpy()
                rows.loc[often, ["se", "lower", "upper"]] = np.nan
                rows.loc[often, "note"] = [f"no interval: {note}" for note in rows.loc[often, "note"]]
            parts.append(rows.set_axis(places))
        rows = pd.concat([*parts, frame[bare].assign(level=level)]).sort_index()
        share = rows["statistic"].isin(["compensation_r2_predicted", "compensation_r2_corrected"])
        rows.loc[share, "upper"] = rows.loc[share, "upper"].clip(upper=1.0)
        units = int(self.resamples.units_behind(self.used[:, None])[0])
        return rows.assign(n=int(self.used.sum()), units=units, verdict="").reindex(columns=COLUMNS)

    def _predictions(self, fitting: list[str]) -> None:
        own = Units(pd.factorize(self.resamples.codes[self.used])[0], self.resamples.nested)
        possible = len(np.unique(own.codes)) >= FEWEST_UNITS
        errors = {m: left_out_errors(self._design(m), self.outcome, own.parts) for m in fitting} if possible else {}
        about = left_out_errors(self.once.T, self.outcome, own.parts) if possible else np.zeros(len(self.outcome))
        table = np.column_stack([about, *errors.values()])
        sums = [None if w is None else w @ table for w in (self.once, self.weights)]
        places = {model: place for place, model in enumerate(errors, start=1)}
        for model in MODELS:
            at = places.get(model)
            value = [None if s is None or at is None else 1 - s[:, at] / s[:, 0] for s in sums]
            note = self.reasons[model] or ("" if possible else NO_UNITS)
            self._add("compensation_r2_predicted", value, model=model, method=LEFT_OUT, note=note)
        for model in [model for model in MODELS if model != ADDITIVE]:
            at, base = places.get(model), places.get(ADDITIVE, 0)
            value = [None if s is None or at is None else (s[:, base] - s[:, at]) / s[:, 0] for s in sums]
            note = self.reasons[model] or self.reasons[ADDITIVE] or ("" if possible else NO_UNITS)
            self._add("compensation_gain", value, model=model, method=LEFT_OUT, note=note)

    def _design(self, model: str) -> np.ndarray:
        """Intercept, baselines, and the predictors of a model, which are last."""
        own = self.predictors[list(MODELS[model])].to_numpy()
        return np.column_stack([self.once[0], self.held, own])

    def _why_not(self, model: str) -> str:
        """Too many parameters for the clients, or predictors that follow from each other."""
        fewest, n = PER_PARAMETER * _parameters(model, self.held.shape[1]), len(self.outcome)
        if n < fewest:
            return f"{n} clients; the model {model} needs {fewest}, {PER_PARAMETER} for each parameter"
        design = self._design(model)[:, 1:]
        scaled = (design - design.mean(axis=0)) / design.std(axis=0).clip(1e-300)
        return "" if np.linalg.matrix_rank(scaled) == scaled.shape[1] else "a predictor follows from the others"

    def _add(
        self,
        statistic: str,
        values: Sequence[np.ndarray | None],
        *,
        model: str = "",
        term: str = "",
        method: str = "",
        note: str = "",
    ) -> None:
        """One row: its estimate, in an array of one, and the values of the resamples."""
        estimate, draws = values
        note = note or self.reasons.get(model, "")
        found = np.nan if estimate is None or note else float(estimate[0])
        keys = {"statistic": statistic, "model": model, "term": term, "estimate": found}
        self.rows.append(keys | {"method": "" if note else method, "note": note})
        self.draws.append(draws)


def _of_bond(slopes: np.ndarray, goal: float, task: float) -> np.ndarray:
    """Slope of the bond (m,) at given goals and tasks, from the six of the model with products."""
    return slopes[:, 0] + goal * slopes[:, 3] + task * slopes[:, 4]


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Write the verdict, and its reason, into the row of the bond where goals are not agreed on."""
    verdict, reason = _verdict(rows)
    own = rows["statistic"] == LOW
    said = "; ".join(filter(None, [rows.loc[own, "note"].item(), reason]))
    return rows.assign(verdict=np.where(own, verdict, ""), note=rows["note"].mask(own, said))


def _verdict(rows: pd.DataFrame) -> tuple[str, str]:
    """Whether a strong bond cannot make up for missing agreement on goals, and why this is not decided."""

    def the(statistic: str, term: str, model: str) -> pd.Series:
        return rows[(rows["statistic"] == statistic) & (rows["term"] == term) & (rows["model"] == model)].iloc[0]

    low = the(LOW, "bond", PRODUCTS)
    if not np.isfinite(low["estimate"]):
        return NOT_TESTABLE, ""
    product, mean = the("compensation_slope", "bond:goal", PRODUCTS), the("compensation_slope", "mean", MEAN)
    r = the("compensation_r", "bond:goal", "")["estimate"]
    if not np.isfinite([low["lower"], product["lower"], mean["lower"]]).all():
        return UNDECIDED, "without an interval nothing is decided"
    if r >= ALIKE:
        width = product["upper"] - product["lower"]
        return UNDECIDED, f"bond and goals correlate {r:.2f}: the interval of their product is {width:.2g} points wide"
    if mean["lower"] <= 0 <= mean["upper"]:
        return UNDECIDED, "the mean of the three scales is not related to the outcome beyond chance"
    sides = [sorted(np.sign(mean["estimate"]) * row[["lower", "upper"]].astype(float)) for row in (low, product)]
    (low_lower, _), (product_lower, _) = sides
    if low_lower > 0:
        return NOT_HELD, ""
    if product_lower > 0:
        return HELD, ""
    return UNDECIDED, "neither the product of bond and goals nor the bond's slope at low goals differs from 0"
