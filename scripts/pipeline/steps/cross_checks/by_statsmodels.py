"""statsmodels: correlations, explained variance by least squares, errors robust to clusters, mixed models, Holm's
correction, canonical correlations, factor extraction.

Correlations are many: pingouin, which adds power and a Bayes factor to each, takes six times as long.
"""

import gc
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from pipeline.steps.cross_checks.comparison import CannotBeChecked, Check, Theirs, each, rows_of, together
from pipeline.steps.cross_checks.factoring import CLOSE, Factored
from pipeline.steps.cross_checks.material import EXACT, Material

# REML is found by search on both sides. Powell's stopped up to 2e-5 of the whole variance away in 15 models of the
# example; ML in place of REML would be some 2e-3 away.
OF_THE_VARIANCE = 1e-3
LEVELS = ("therapist", "client", "session")
MOST_GROUPS = 3_000  # of a mixed model, which statsmodels takes one by one: some ten seconds
R2 = ["r2", "r2_adjusted", "r2_baseline", "r2_increment", "commonality"]
FAMILIES = {
    "association/correlations.csv": ["p_pearson", "p_spearman", "p_partial"],
    "association/sessions.csv": ["p_within", "p_between"],
    "association/differences.csv": ["p_difference"],
}


def checks(tables: Mapping[str, pd.DataFrame], material: Material, factored: list[Factored]) -> Iterator[Check]:
    """What statsmodels can make again.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The result tables by their paths below the folder of the data set.
    material : Material
        The data set.
    factored : list of Factored
        The factor solutions, one per perspective that has any.

    Yields
    ------
    Check
        Each comparison.
    """
    again: Theirs
    path = "association/correlations.csv"
    for statistic, make, function in (
        ("r_pearson", r, "DescrStatsW.corrcoef"),
        ("r_spearman", r_spearman, "DescrStatsW.corrcoef"),
        ("r_partial", r_partial, "OLS"),
    ):
        for rows in together(rows_of(tables, path, statistic), ["perspective", "perspective_2"]):
            again = partial(each_estimated, material, rows, make)
            yield Check(rows, path, again, "statsmodels", function, EXACT, note=material.note)
    path = "shared_variance/shared_variance.csv"
    for row in each(rows_of(tables, path, "r2")):
        again = partial(shared, material, row.iloc[0])
        yield Check(row, path, again, "statsmodels", "OLS", EXACT, note=material.note)
    path = "shared_variance/commonality.csv"
    table = rows_of(tables, path, *R2)
    observed = table[table["scores"] == "observed"] if "scores" in table else table.head(0)
    for row in each(observed):
        if row["statistic"].iloc[0] == "commonality" and "," in row["group"].iloc[0]:
            continue  # no difference between two regressions
        again = partial(explained, material, row.iloc[0])
        yield Check(row, path, again, "statsmodels", "OLS", EXACT, note=material.note)
        if row["statistic"].iloc[0] == "r2" and "se" in row and row["se"].notna().all():
            units = len(set(material.dataset.units(model(material, row.iloc[0])[0].index)))
            yield Check(
                row,
                path,
                partial(clustered_error, material, row.iloc[0]),
                "statsmodels",
                'OLS.fit(cov_type="cluster")',
                partial(np.multiply, error_of_errors(units, row["method"].iloc[0])),
                quantity="se",
                reason=partial(near_zero, row.iloc[0]),
                note="the linear approximation of the error, robust to units that clients share; ours is resampled",
            )
    path = "reliability/nesting.csv"
    yield from mixed(rows_of(tables, path, *(f"variance_{name}" for name in LEVELS)), path, material)
    for path, families in FAMILIES.items():
        for family in families:
            raw, adjusted = rows_of(tables, path, family), rows_of(tables, path, f"{family}_holm")
            yield Check(adjusted, path, partial(holm, raw), "statsmodels", "multipletests", EXACT)
    path = "shared_variance/canonical.csv"
    for rows in together(
        rows_of(tables, path, "canonical_r"), ["group", "perspective", "perspective_2", "form", "form_2"]
    ):
        if "group" in rows and rows["group"].iloc[0] == "scales":
            again = partial(canonical, material, rows)
            yield Check(rows, path, again, "statsmodels", "CanCorr", EXACT, note=material.note)
    for found in factored:
        yield from factor_checks(found)


def factor_checks(found: Factored) -> Iterator[Check]:
    """The communalities of a factor solution."""
    extracted = cache(partial(extraction, found))
    yield Check(
        found.rows("communality"),
        found.path("loadings.csv"),
        partial(communality, found, extracted),
        "statsmodels",
        "Factor",
        CLOSE,
        reason=partial(found.why_another_extraction, extracted, "statsmodels"),
        note=found.note,
    )


def each_estimated(material: Material, rows: pd.DataFrame, make: Callable[[Material, str, str], float]) -> np.ndarray:
    """The correlation of the two scores of each row of ours that has one."""
    return np.array(
        [
            make(material, material.column(row), material.column(row, "_2")) if pd.notna(row["estimate"]) else np.nan
            for _, row in rows.iterrows()
        ]
    )


def r(material: Material, one: str, two: str) -> float:
    """Product-moment correlation of two scores."""
    return correlation(material.people([one, two]))


def r_spearman(material: Material, one: str, two: str) -> float:
    """Correlation of their ranks."""
    if not material.dataset.has_people:
        raise CannotBeChecked("ranks need raw answers")
    return correlation(material.people([one, two]).rank())


def correlation(people: pd.DataFrame) -> float:
    """Correlation of two columns."""
    from statsmodels.stats.weightstats import DescrStatsW

    return DescrStatsW(people.to_numpy()).corrcoef[0, 1]


def r_partial(material: Material, one: str, two: str) -> float:
    """Correlation of two scores with every baseline of the clients held constant, from the t of a regression."""
    held = material.dataset.variables_of("baseline")
    people = material.people([one, two, *held])
    fitted = least_squares(people[one], people[[two, *held]])
    t = fitted.tvalues[1]
    return t / np.sqrt(t**2 + fitted.df_resid)


def least_squares(outcome: pd.Series, predictors: pd.DataFrame) -> Any:
    """The fitted regression of an outcome on predictors and a constant."""
    from statsmodels.regression.linear_model import OLS

    return OLS(outcome.to_numpy(), np.column_stack([np.ones(len(outcome)), predictors.to_numpy()])).fit()


def shared(material: Material, row: pd.Series) -> float:
    """R squared of one total on another."""
    one, two = material.column(row), material.column(row, "_2")
    people = material.people([one, two])
    return least_squares(people[one], people[[two]]).rsquared


def model(material: Material, row: pd.Series) -> tuple[pd.DataFrame, list[str], list[str]]:
    """People with everything that the analysis of a row needs, outcome first; instruments; and baseline."""
    dataset, who, own = material.dataset, row["perspective"], row.get("form")
    forms = [form for form in dataset.forms if form.perspective == who and form.has_total]
    baseline = []
    if pd.notna(own):
        outcome = f"{who}.{own}.total"
        instrument = material.form(who, own).instrument
        forms = [form for form in forms if form.instrument != instrument]
    else:
        outcome = row["outcome"]
        if "baseline" in row["model"]:
            baseline = dataset.variables_of("baseline")
    instruments = [f"{who}.{form.name}.total" for form in forms]
    return material.people([outcome, *instruments, *baseline]), instruments, baseline


def explained(material: Material, row: pd.Series) -> float:
    """The explained variance that a row of the commonality analysis states."""
    people, instruments, baseline = model(material, row)
    outcome, names = people.iloc[:, 0], [*instruments, *baseline]
    whole, statistic = least_squares(outcome, people[names]), row["statistic"]
    if statistic in ("r2", "r2_adjusted"):
        return whole.rsquared if statistic == "r2" else whole.rsquared_adj
    if statistic == "r2_baseline":
        return least_squares(outcome, people[baseline]).rsquared
    own = instruments
    if statistic == "commonality":  # of one predictor: its unique part
        who = row["perspective"]
        own = [name for name in names if name in (row["group"], f"{who}.{row['group']}.total")]
    return whole.rsquared - least_squares(outcome, people[[name for name in names if name not in own]]).rsquared


def clustered_error(material: Material, row: pd.Series) -> float:
    r"""Standard error of R squared, robust to units that people share.

    R squared is 1 - E[e^2] / Var(y); what each person adds to it is (1 - R^2) z^2 - e^2 / Var(y). The cluster-robust
    error of the mean of these is that of R squared.
    """
    from statsmodels.regression.linear_model import OLS

    people, instruments, baseline = model(material, row)
    outcome = people.iloc[:, 0]
    fitted = least_squares(outcome, people[[*instruments, *baseline]])
    variance = outcome.var(ddof=0)
    squared = ((outcome - outcome.mean()) ** 2).to_numpy() / variance
    adds = (1 - fitted.rsquared) * squared - fitted.resid**2 / variance
    groups = pd.factorize(material.dataset.units(people.index))[0]
    return OLS(adds, np.ones(len(adds))).fit(cov_type="cluster", cov_kwds={"groups": groups}).bse[0]


def error_of_errors(units: int, method: str) -> float:
    """Two relative standard errors of a standard error from so many units and resamples.

    A standard error from m independent values has the relative error 1 / sqrt(2 (m - 1)). Two estimators of the same
    error that differ by more than the uncertainty of either are not of the same error.
    """
    drawn = re.search(r"(\d+) of \d+ resamples", method)
    counts = [units, *(int(number) for number in (drawn.groups() if drawn else ()))]
    return 2 * np.sqrt(sum(1 / (2 * max(count - 1, 1)) for count in counts))


def near_zero(row: pd.Series) -> str:
    """The linear approximation of the error of an R squared fails at its lower end, where its derivative is 0."""
    if row["estimate"] > 2 * row["se"]:
        return ""
    return "R squared is within two standard errors of 0, where the linear approximation of its error does not hold"


def mixed(table: pd.DataFrame, path: str, material: Material) -> Iterator[Check]:
    """The variances of the totals by therapist, client and session: at the chosen occasion, and over all sessions."""
    chosen = str(material.dataset.occasion)
    session = table.get("session", pd.Series(chosen, index=table.index)).astype(object)
    named = session.where(session.isna(), session.astype(str).str.removesuffix(".0"))
    table = table[named.isna() | (named == chosen)]
    totals = table[table["scale"] == "total"] if "scale" in table else table
    for rows in together(totals, ["perspective", "form", "session"]):
        row, names = rows.iloc[0], list(rows["statistic"].str.removeprefix("variance_"))
        over_sessions = partial(fit_sessions, material, row, three="therapist" in names)
        fit = cache(over_sessions if "session" in names else partial(fit_clients, material, row))
        for name, own in zip(names, each(rows), strict=True):
            yield Check(
                own,
                path,
                partial(variance, fit, name),
                "statsmodels",
                "MixedLM",
                OF_THE_VARIANCE * rows["estimate"].sum(),
                reason=partial(lower_likelihood, fit, rows),
            )


def variance(fit: Callable[[], "MixedFit"], name: str) -> float:
    """One of the variances of a model."""
    return fit().variances[name]


@dataclass(frozen=True)
class MixedFit:
    """variances : by their names (therapist, client, session); likelihood : the restricted log-likelihood there;
    at : gives the same at other variances."""

    variances: dict[str, float]
    likelihood: float
    at: Callable[[dict[str, float]], float]


def fit_clients(material: Material, row: pd.Series) -> MixedFit:
    """Clients within therapists at the chosen occasion."""
    score = material.scores[[f"{row['perspective']}.{row['form']}.total"]].set_axis(["score"], axis=1)
    score["therapist"] = material.dataset.therapist_of.reindex(score.index)
    return fit_groups(score.dropna(), "therapist", "client")


def fit_sessions(material: Material, row: pd.Series, three: bool) -> MixedFit:
    """Sessions within clients, and clients within therapists where our model has them."""
    score = material.sessions[f"{row['perspective']}.{row['form']}.total"].rename("score").reset_index().dropna()
    if not three:
        return fit_groups(score, "client", "session")
    score["therapist"] = score["client"].map(material.dataset.therapist_of)
    return fit_nested(score.dropna())


def fit_groups(frame: pd.DataFrame, group: str, member: str) -> MixedFit:
    """REML variances of `score = mean + group + member`."""
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

    groups = pd.factorize(frame[group])[0]
    refuse_many(groups)
    model = MixedLM(frame["score"].to_numpy(), np.ones((len(frame), 1)), groups=groups)

    def at(variances: dict[str, float]) -> float:
        ratio = np.array([[variances[group] / variances[member]]])
        return model.loglike(MixedLMParams.from_components(np.zeros(1), cov_re=ratio))

    found = searched(model)
    return MixedFit({group: found.cov_re[0, 0], member: found.scale}, found.llf, at)


def fit_nested(frame: pd.DataFrame) -> MixedFit:
    """REML variances of `score = mean + therapist + client + session`."""
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec

    therapist, client = (pd.factorize(frame[name])[0] for name in ("therapist", "client"))
    refuse_many(therapist)
    columns, indicators = [], []
    by_therapist = np.argsort(therapist, kind="stable")
    for own in np.split(client[by_therapist], np.cumsum(np.bincount(therapist))[:-1]):
        columns.append([str(name) for name in np.unique(own)])
        indicators.append((own[:, None] == np.unique(own)).astype(float))
    one = np.ones((len(frame), 1))
    components = VCSpec(["client"], [columns], [indicators])
    model = MixedLM(frame["score"].to_numpy(), one, groups=therapist, exog_re=one, exog_vc=components)

    def at(variances: dict[str, float]) -> float:
        ratio = {name: variances[name] / variances["session"] for name in ("therapist", "client")}
        cov_re, vcomp = np.array([[ratio["therapist"]]]), np.array([ratio["client"]])
        return model.loglike(MixedLMParams.from_components(np.zeros(1), cov_re=cov_re, vcomp=vcomp))

    found = searched(model)
    variances = {"therapist": found.cov_re[0, 0], "client": found.vcomp[0], "session": found.scale}
    return MixedFit(variances, found.llf, at)


def refuse_many(groups: np.ndarray) -> None:
    """Leave out what would take hours."""
    if (count := groups.max() + 1) > MOST_GROUPS:
        raise CannotBeChecked(f"statsmodels takes the {count:,} groups one by one, which would take too long")


def searched(model: Any) -> Any:
    """The fitted model, by Powell's search: L-BFGS stops with a variance of 0 and calls that convergence, and BFGS
    stops where the therapists' variance is small."""
    found = model.fit(reml=True, method=["powell"])
    if not found.converged:
        raise CannotBeChecked("statsmodels does not converge")
    return found


def lower_likelihood(fit: Callable[[], MixedFit], rows: pd.DataFrame) -> str:
    """Whether statsmodels itself finds our variances more likely than its own."""
    names = rows["statistic"].str.removeprefix("variance_")
    found, ours = fit(), dict(zip(names, rows["estimate"], strict=True))
    at_ours = found.at(ours)
    if at_ours < found.likelihood:
        return ""
    return f"statsmodels stops at a log-likelihood of {found.likelihood:.6g}; at our values it is {at_ours:.6g}"


def holm(raw: pd.DataFrame) -> np.ndarray:
    """Holm's adjusted p values of a family; missing ones do not count."""
    from statsmodels.stats.multitest import multipletests

    p = raw["estimate"].to_numpy(dtype=float)
    known, adjusted = np.isfinite(p), np.full(len(p), np.nan)
    gc.freeze()  # multipletests collects garbage, which in all that is imported takes longer than the rest of it
    try:
        adjusted[known] = multipletests(p[known], method="holm")[1]
    finally:
        gc.unfreeze()
    return adjusted


def canonical(material: Material, rows: pd.DataFrame) -> np.ndarray:
    """Canonical correlations between the scales of two forms, the largest first."""
    from statsmodels.multivariate.cancorr import CanCorr

    sets = []
    for end in ("", "_2"):
        form = material.form(rows.iloc[0][f"perspective{end}"], rows.iloc[0][f"form{end}"])
        scales = [scale for scale in form.scales if scale != "total"] or list(form.scales)
        sets.append([f"{form.perspective}.{form.name}.{scale}" for scale in scales])
    first, second = sorted(sets, key=len, reverse=True)  # it fails where the first set has one score
    if len(first) == 1:
        raise CannotBeChecked("CanCorr of statsmodels fails on two sets of one score")
    people = material.people([*first, *second])
    found = CanCorr(people[first].to_numpy(), people[second].to_numpy()).cancorr
    return found[rows["factor"].astype(int) - 1]


def extraction(found: Factored) -> np.ndarray:
    """Unrotated loadings. Principal axes iterated to the end are the minimum of minres."""
    from statsmodels.multivariate.factor import Factor

    matrix, k = found.correlations.to_numpy(copy=True), len(found.solution.labels)
    if found.solution.extraction in ("minres", "pa"):
        return Factor(corr=matrix, n_factor=k, method="pa").fit(maxiter=10_000, tol=1e-9).loadings_no_rot
    if found.solution.extraction == "ml":
        return Factor(corr=matrix, n_factor=k, method="ml", nobs=found.solution.n).fit().loadings
    raise CannotBeChecked(f"statsmodels has no {found.solution.extraction}")


def communality(found: Factored, extracted: Callable[[], np.ndarray]) -> np.ndarray:
    """Communalities in the order of our rows."""
    values = pd.Series((extracted() ** 2).sum(axis=1), index=found.correlations.index)
    return values[found.rows("communality")["item"]].to_numpy()
