"""Alliance and outcome within and between therapists."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.low_outliers import KEPT, TREATMENTS, Treatment, treat_low_outliers
from psychometrics.association.robustness import robustness_value
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.formula_intervals import check_level

FEWEST_THERAPISTS = 3  # for slopes; two therapists are one difference
FEW_THERAPISTS = 10  # fewer say little about how therapists differ
LOW_RELIABILITY = 0.5
MOSTLY = 0.9  # share of therapists with one client from which the levels can hardly be told apart
SLOPES = pd.DataFrame(
    [[1.0, 0.0], [0.0, 1.0], [-1.0, 1.0]],
    index=["within_slope", "between_slope", "context_effect"],
    columns=["within", "between"],
)
BEFORE, AFTER = "baseline", "baseline and alliance"
ALONE, NOTHING = "alliance", "nothing"  # the same where there is no baseline
COLUMNS = ["model", "treatment", "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "df", "p"]
COLUMNS += ["therapists", "clients", "note"]
NO_THERAPIST = "no therapist is named: differences between therapists need them"
SINGLE = "every therapist has one client: within and between therapists cannot be told apart"
FEW = f"fewer than {FEW_THERAPISTS} therapists: how therapists differ is hardly known"
UNRELIABLE = (
    "the reliability of the therapists' means is below .50: the slope between therapists is drawn to that within"
)
MANIFEST = "means of the clients analysed"


class Sample(NamedTuple):
    """The clients who have all that the model needs.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns outcome, alliance, therapist, within, between, and one per baseline.
    held : list of str
        Columns of the baselines.
    """

    frame: pd.DataFrame
    held: list[str]

    @property
    def therapists(self) -> int:
        """Count them.

        Returns
        -------
        int
            Number.
        """
        return self.frame["therapist"].nunique()


def outcome_within_between(
    outcome: ArrayLike,
    alliance: ArrayLike,
    therapists: Sequence | pd.Series,
    *,
    baseline: pd.DataFrame | None = None,
    level: float = 0.95,
    treatments: Sequence[Treatment] = TREATMENTS,
) -> pd.DataFrame:
    r"""Split the slope of outcome on alliance into that within and that between therapists.

    .. math:: y_{ij} = \gamma_0 + \gamma_1 y_{0ij} + \beta_w (A_{ij} - \bar A_j) + \beta_b \bar A_j + u_j + e_{ij}

    Parameters
    ----------
    outcome : array_like of shape (n,)
        Outcome of each client, missing as NaN.
    alliance : array_like of shape (n,)
        Alliance of each client.
    therapists : sequence of shape (n,)
        Therapist of each client, missing where none is known.
    baseline : pandas.DataFrame of shape (n, k), optional
        What was known before therapy and is held constant; one slope each.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    treatments : sequence of Treatment, default all five
        How low outliers of the alliance are treated. The slopes are given for each, all else where outliers are kept.

    Returns
    -------
    pandas.DataFrame
        Tidy rows of the clients who have everything:

        * `within_slope`, `between_slope`, `context_effect` (between minus within) in points of the outcome for a point
          of the alliance, with CR2 standard errors by therapist, Satterthwaite degrees of freedom, p and limits; the
          same with ``_standardized`` for a standard deviation of all clients;
        * `robustness_value` of the slope within therapists;
        * `therapist_mean_reliability`, of the mean alliance of a therapist's clients, for each number of `clients`
          that occurs, and the mean over therapists (`clients` missing);
        * `therapist_share`, of the variance of the outcome that the predictors leave, and the parts of its whole
          variance, `r2_within`, `r2_between` and `r2_therapist`; both before and after the alliance is in the model.

    Raises
    ------
    NotComputable
        If no therapist is known, there are fewer than three, each has one client, or something does not vary.

    Notes
    -----
    Baldwin, Wampold & Imel (2007), J. Consult. Clin. Psychol. 75, 842-852; neither the article nor its abstract could
    be opened, and the model is written out above. Parts of the variance: Rights & Sterba (2019), Psychol. Methods 24,
    309-338, for predictors centred at the therapists' means, as the authors' package r2mlm computes them (R²_f1, R²_f2
    and R²_m in ``r2mlm_manual``, whose source was read, not the article); a baseline has one slope and goes, as its two
    parts do, into both r2.
    Restricted maximum likelihood. Agrees with ``lme4::lmer(y ~ y0 + within + between + (1 | therapist))`` and
    ``clubSandwich::linear_contrast(fit, vcov = "CR2", test = "Satterthwaite")``. The robustness value takes the model's
    standard error, and the degrees of freedom within therapists: n, less therapists, less predictors within.

    Therapists' means are means of those of their clients who are analysed. Where few clients stand behind them, the
    slope between therapists is drawn to that within: Lüdtke et al. (2008), Psychol. Methods 13, 203-229 (its abstract
    was read). With latent means: :func:`psychometrics.association.outcome_latent_means.latent_therapist_means`.

    Examples
    --------
    >>> from psychometrics import example_answers, outcome_within_between
    >>> answers = example_answers()
    >>> alliance = answers.filter(regex="wai_[0-9]").mean(axis=1)
    >>> rows = outcome_within_between(answers["outcome"], alliance, answers["therapist"])
    >>> rows.loc[:2, ["statistic", "estimate", "se", "df", "n", "therapists"]].round(2)
            statistic  estimate    se     df    n  therapists
    0    within_slope      5.15  1.38  16.53  170          39
    1   between_slope      6.81  2.18  17.39  170          39
    2  context_effect      1.66  2.61  22.97  170          39
    """
    check_level(level)
    complete, names, lost = complete_clients(outcome, alliance, therapists, baseline)
    parts = [_kept(sample_of(complete, names), level).assign(treatment=KEPT.name)]
    for treatment in treatments:
        if treatment != KEPT:
            parts.append(_treated(complete, names, treatment, level).assign(treatment=treatment.name))
    found = pd.concat(parts, ignore_index=True)
    return found.reindex(columns=COLUMNS).assign(note=[_also(note, lost) for note in found["note"]])


def complete_clients(
    outcome: ArrayLike, alliance: ArrayLike, therapists: Sequence | pd.Series, baseline: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[str], str]:
    """Put side by side what is known of each client, and keep those of whom all is.

    Parameters
    ----------
    outcome : array_like of shape (n,)
        Outcome of each client.
    alliance : array_like of shape (n,)
        Alliance of each client.
    therapists : sequence of shape (n,)
        Therapist of each client, missing where none is known.
    baseline : pandas.DataFrame of shape (n, k) or None
        What is held constant.

    Returns
    -------
    complete : pandas.DataFrame
        Columns outcome, alliance, therapist, and one per baseline.
    held : list of str
        Columns of the baselines.
    lost : str
        How many clients without a therapist are left out; empty where none are.

    Raises
    ------
    NotComputable
        If no therapist is known.
    """
    held = [] if baseline is None else list(baseline.columns)
    given = pd.DataFrame({"outcome": np.asarray(outcome, float), "alliance": np.asarray(alliance, float)})
    given["therapist"] = np.asarray(therapists, dtype=object)
    names = [f"baseline {name}" for name in held]
    for name, column in zip(names, held, strict=True):
        given[name] = np.asarray(baseline[column], float)  # type: ignore[index]
    if given["therapist"].isna().all():
        raise NotComputable(NO_THERAPIST)
    complete = given.dropna().reset_index(drop=True)
    unknown = int(given.drop(columns="therapist").notna().all(axis=1).sum()) - len(complete)
    return complete, names, f"{unknown} clients without a therapist left out" if unknown else ""


def _kept(sample: Sample, level: float) -> pd.DataFrame:
    """Everything, with all clients."""
    fit = _fit(sample, ["1", *sample.held, "within", "between"])
    slopes = _slopes(fit, sample, level)
    parts = [slopes, _robustness(slopes, sample), _reliability(sample), _shares(fit, sample)]
    return pd.concat(parts, ignore_index=True)


def _treated(complete: pd.DataFrame, held: list[str], treatment: Treatment, level: float) -> pd.DataFrame:
    """The slopes with low outliers treated; the reason where too few are left."""
    alliance = complete["alliance"].to_numpy()
    treated = treat_low_outliers(alliance, treatment)
    try:
        sample = sample_of(complete.assign(alliance=treated).dropna(), held)
        rows = _slopes(_fit(sample, ["1", *held, "within", "between"]), sample, level)
    except NotComputable as reason:
        return pd.DataFrame([{"statistic": "within_slope", "estimate": np.nan, "note": str(reason)}])
    if np.array_equal(treated, alliance):
        rows["note"] = [_also(note, "nobody lies below, so that nothing changes") for note in rows["note"]]
    return rows


def sample_of(complete: pd.DataFrame, held: list[str]) -> Sample:
    """Split the alliance; stop where there is nothing to tell apart.

    Parameters
    ----------
    complete : pandas.DataFrame
        By :func:`complete_clients`.
    held : list of str
        Columns of the baselines.

    Returns
    -------
    Sample
        With the columns within and between.

    Raises
    ------
    NotComputable
        If there are too few therapists, each has one client, or something does not vary.
    """
    frame = complete.assign(between=complete.groupby("therapist")["alliance"].transform("mean"))
    frame["within"] = frame["alliance"] - frame["between"]
    sample = Sample(frame, held)
    if frame.empty:
        raise NotComputable("no client with a therapist has alliance, outcome and baseline")
    if sample.therapists < FEWEST_THERAPISTS:
        raise NotComputable(
            f"therapists whose clients have alliance, outcome and baseline: {sample.therapists}; "
            f"slopes within and between need {FEWEST_THERAPISTS}"
        )
    if sample.therapists == len(frame):
        raise NotComputable(SINGLE)
    for name, what in [
        ("outcome", "the outcome"),
        *((name, name.replace("baseline", "the baseline")) for name in held),
    ]:
        if np.ptp(frame[name]) == 0:
            raise NotComputable(f"{what} does not vary")
    for name in ("within", "between"):
        # what is left of a mean by rounding is no variation
        if frame[name].std() <= 1e-9 * max(1.0, frame["alliance"].abs().max()):
            raise NotComputable(f"the alliance does not vary {name} therapists")
    predictors = frame[[*held, "within", "between"]].to_numpy()
    if np.linalg.matrix_rank((predictors - predictors.mean(axis=0)) / predictors.std(axis=0)) < predictors.shape[1]:
        raise NotComputable("a predictor follows from the others")
    return sample


def _fit(sample: Sample, fixed: list[str], outcome: str = "outcome") -> MixedModel:
    try:
        return mixed_model(sample.frame, outcome, fixed, [Block("therapist")])
    except FloatingPointError as failure:
        raise NotComputable("the predictors leave nothing of the outcome to chance") from failure


def _slopes(fit: MixedModel, sample: Sample, level: float) -> pd.DataFrame:
    rows = fit.contrasts(SLOPES, level).rename(columns={"term": "statistic"})
    rows = rows.assign(therapists=sample.therapists)
    alone = int((sample.frame["therapist"].value_counts() == 1).sum())
    single = f"{alone} of {sample.therapists} therapists have one client" if alone > MOSTLY * sample.therapists else ""
    rows["note"] = [_also(note, *fit.notes, single) for note in rows["note"]]
    if sample.therapists < FEW_THERAPISTS:
        other = rows["statistic"] != "within_slope"
        rows.loc[other, "note"] = [_also(note, FEW) for note in rows.loc[other, "note"]]
    scale = sample.frame["alliance"].std() / sample.frame["outcome"].std()
    numbers = ["estimate", "se", "se_model", "lower", "upper"]
    standardized = rows.assign(
        statistic=rows["statistic"] + "_standardized", **{key: rows[key] * scale for key in numbers}
    )
    return pd.concat([rows, standardized], ignore_index=True)


def _robustness(slopes: pd.DataFrame, sample: Sample) -> pd.DataFrame:
    within = slopes.iloc[0]
    df = len(sample.frame) - sample.therapists - 1 - len(sample.held)
    row = {"statistic": "robustness_value", "n": len(sample.frame), "therapists": sample.therapists, "note": ""}
    if df < 1 or not within["se_model"] > 0:
        return pd.DataFrame([row | {"estimate": np.nan, "note": "no degrees of freedom are left within therapists"}])
    estimate = float(robustness_value(within["estimate"] / within["se_model"], df))
    return pd.DataFrame(
        [row | {"estimate": estimate, "df": df, "method": "model-based t of the slope within therapists"}]
    )


def _reliability(sample: Sample) -> pd.DataFrame:
    """Reliability of the mean of as many clients as a therapist has, and the mean over therapists."""
    fit = _fit(sample, ["1"], outcome="alliance")
    between, within = _variances(fit)
    sizes = sample.frame["therapist"].value_counts()
    counts = np.sort(sizes.unique())
    common = {"statistic": "therapist_mean_reliability", "n": len(sample.frame), "method": f"REML, {MANIFEST}"}
    reliability = between / (between + within / counts)
    mean = float(np.mean(between / (between + within / sizes.to_numpy())))
    few = FEW if sample.therapists < FEW_THERAPISTS else ""
    rows = [
        {
            "estimate": mean,
            "therapists": sample.therapists,
            "note": _also(few, UNRELIABLE if mean < LOW_RELIABILITY else ""),
        }
    ]
    for count, value in zip(counts, reliability, strict=True):
        behind = int((sizes == count).sum())
        note = "below .50" if value < LOW_RELIABILITY else ""
        rows.append({"estimate": float(value), "clients": int(count), "therapists": behind, "note": _also(few, note)})
    return pd.DataFrame([common | row for row in rows])


def _shares(fit: MixedModel, sample: Sample) -> pd.DataFrame:
    """What therapists make of the outcome, before and after the alliance is in the model, and parts of its variance."""
    before = _fit(sample, ["1", *sample.held])
    models = [(BEFORE, before), (AFTER, fit)] if sample.held else [(NOTHING, before), (ALONE, fit)]
    rows = []
    for model, one in models:
        between, residual = _variances(one)
        slopes = one.fixed_effects().set_index("term")["estimate"].drop("1")
        columns = sample.frame[list(slopes.index)]
        means = columns.groupby(sample.frame["therapist"]).transform("mean")
        explained = {
            "r2_within": float(np.var((columns - means) @ slopes, ddof=1)) if len(slopes) else 0.0,
            "r2_between": float(np.var(means @ slopes, ddof=1)) if len(slopes) else 0.0,
            "r2_therapist": between,
        }
        total = sum(explained.values()) + residual
        values = {"therapist_share": between / (between + residual)}
        values |= {name: value / total for name, value in explained.items()}
        note = FEW if sample.therapists < FEW_THERAPISTS else ""
        rows += [{"model": model, "statistic": name, "estimate": value, "note": note} for name, value in values.items()]
    return pd.DataFrame(rows).assign(n=len(sample.frame), therapists=sample.therapists, method="REML")


def _variances(fit: MixedModel) -> tuple[float, float]:
    """Between therapists, and what is left."""
    return fit.covariances["therapist"].to_numpy().item(), fit.residual_covariance.to_numpy().item()


def _also(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
