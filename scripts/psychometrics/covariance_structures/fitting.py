"""Fit a structural equation model."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from psychometrics.covariance_structures.likelihood_estimation import by_likelihood
from psychometrics.covariance_structures.ordinal_estimation import by_weighted_least_squares
from psychometrics.covariance_structures.ordinal_sample import OrdinalSample
from psychometrics.covariance_structures.parameter_table import parameter_table
from psychometrics.covariance_structures.parameters import Options
from psychometrics.covariance_structures.preparation import Prepared, check_possible, prepare
from psychometrics.covariance_structures.result import (
    CovarianceStructureFit,
    check_proper,
    estimate_rows,
    improprieties,
    parameter_names,
)
from psychometrics.covariance_structures.standardized import solutions
from psychometrics.covariance_structures.starts import started
from psychometrics.covariance_structures.syntax import parse_model

ESTIMATORS = ("ML", "MLR", "DWLS")
MISSING = ("listwise", "pairwise", "ml")


def fit_covariance_structure(
    model: str,
    answers: pd.DataFrame,
    *,
    ordered: bool | Sequence[str] = False,
    estimator: str | None = None,
    missing: str = "listwise",
    group: str | None = None,
    cluster: str | None = None,
    equal: Sequence[str] = (),
    partial: Sequence[str] = (),
    parameterization: str = "delta",
    std_lv: bool = False,
    orthogonal: bool = False,
    means: bool | None = None,
    fixed_x: bool = True,
    improper: str = "raise",
    level: float = 0.95,
    sample: OrdinalSample | None = None,
    prepared: Prepared | None = None,
    start: Mapping[tuple[str, int], float] | None = None,
) -> CovarianceStructureFit:
    r"""Fit a structural equation model to continuous or ordinal answers of one or several groups.

    Parameters
    ----------
    model : str
        The model in lavaan's notation, see `psychometrics.covariance_structures.syntax.parse_model`. What it leaves
        out is understood as by lavaan::cfa and lavaan::sem.
    answers : pandas.DataFrame
        People x variables, numbers; missing answers missing.
    ordered : bool or sequence of str, default False
        Whether the variables are ordinal; a model has either ordinal or continuous observed variables.
    estimator : {'ML', 'MLR', 'DWLS'}, optional
        Maximum likelihood; the same with robust standard errors and scaled test; diagonally weighted least squares with
        robust standard errors and mean- and variance-adjusted test (lavaan's WLSMV). By default DWLS where variables
        are ordinal, ML where people are independent, MLR where there are clusters.
    missing : {'listwise', 'pairwise', 'ml'}, default 'listwise'
        Rule for missing answers: only people with all answers; with DWLS, all people who answered both items of a pair;
        with ML and MLR, all answers of everyone by casewise likelihood (lavaan's "fiml").
    group : str, optional
        Column of the groups, whose order is that in which they appear.
    cluster : str, optional
        Column of the clusters, such as therapists, within which people may depend on each other.
    equal : sequence of str, default ()
        What is equal in all groups (lavaan's group.equal): loadings, intercepts, means, thresholds, regressions,
        residuals, residual_covariances, latent_variances, latent_covariances.
    partial : sequence of str, default ()
        Parameters that are not, such as "f=~x2" or "x2~1" (lavaan's group.partial).
    parameterization : {'delta', 'theta'}, default 'delta'
        Whether ordinal items have scales or residual variances as parameters.
    std_lv : bool, default False
        Whether factors have variance 1 instead of a first loading of 1.
    orthogonal : bool, default False
        Whether exogenous factors are uncorrelated.
    means : bool, optional
        Whether means are part of the model; by default where it names any, with several groups, with clusters, with
        casewise likelihood, and with ordinal items.
    fixed_x : bool, default True
        Whether means and covariances of exogenous observed variables are those of the sample.
    improper : {'raise', 'keep'}, default 'raise'
        Whether negative variances and correlations of factors beyond 1 are refused, or noted.
    level : float, default 0.95
        Coverage of the intervals of parameters, in (0, 1). That of RMSEA has 90%, by custom.
    sample : OrdinalSample, optional
        Moments of the same ordinal answers, groups and clusters from
        `psychometrics.covariance_structures.ordinal_sample`, which spares their computation for every further model.
    prepared : Prepared, optional
        The same answers as `psychometrics.covariance_structures.preparation.prepare` sorts them, likewise.
    start : mapping of tuple to float, optional
        Name of a parameter and number of its group -> value to start from, such as from a model before.

    Returns
    -------
    CovarianceStructureFit
        Estimates, standardized solution and fit.

    Raises
    ------
    ValueError
        What cannot be read or does not fit together in the arguments.
    NotComputable
        Before the search: more parameters than moments, or too many for the people; categories that a group does not
        use; a model that is not identified. After it: no convergence; an improper solution.

    Notes
    -----
    .. math:: \Sigma = F (I - A)^{-1} S (I - A)^{-1\prime} F', \qquad \mu = F (I - A)^{-1} m

    (McArdle & McDonald 1984, Br. J. Math. Stat. Psychol. 37). ML minimises the normal discrepancy; DWLS
    :math:`(s - \sigma)' W (s - \sigma)` over thresholds and polychoric correlations s with :math:`W = \mathrm{diag}
    (\Gamma)^{-1}`, standard errors being those of

    .. math:: (\Delta'W\Delta)^{-1} \Delta'W\Gamma W\Delta (\Delta'W\Delta)^{-1} / (n - 1)

    (Muthen, du Toit & Spisic 1997). Every derivative is exact. Tests: `psychometrics.covariance_structures`, modules
    `adjusted_chi_square` and `robust_likelihood`. With clusters :math:`\Gamma` and the scores' products come from sums
    over clusters, times C / (C - 1).

    Agrees with lavaan 0.6-14: cfa and sem with estimator "ML", "MLR", "WLSMV", missing "listwise", "fiml", "pairwise",
    group, group.equal, group.partial, parameterization, std.lv, orthogonal, fixed.x.

    Examples
    --------
    >>> from psychometrics import example_answers, fit_covariance_structure
    >>> answers = example_answers()
    >>> model = '''
    ... task =~ wai_01 + wai_02 + wai_08 + wai_12
    ... bond =~ wai_03 + wai_05 + wai_07 + wai_09
    ... task ~~ r*bond
    ... shared := r^2
    ... '''
    >>> fitted = fit_covariance_structure(model, answers, std_lv=True, missing="ml")
    >>> fitted.estimates.query("op == ':=' or label == 'r'")[["lhs", "estimate", "se"]].round(3)
           lhs  estimate     se
    8     task     0.624  0.063
    29  shared     0.389  0.079
    >>> fitted.fit.set_index("statistic")["estimate"].round(3)[["chi_square", "degrees_of_freedom", "cfi"]]
    statistic
    chi_square            103.941
    degrees_of_freedom     19.000
    cfi                     0.875
    Name: estimate, dtype: float64
    >>> ordinal = fit_covariance_structure(model, answers, std_lv=True, ordered=True)
    >>> ordinal.fit.set_index("statistic")["estimate"].round(3)[["chi_square", "degrees_of_freedom", "cfi"]]
    statistic
    chi_square            75.283
    degrees_of_freedom    19.000
    cfi                    0.961
    Name: estimate, dtype: float64
    """
    estimator = _check(estimator, missing, bool(ordered), cluster, parameterization, improper, level)
    terms = parse_model(model)
    if prepared is None:
        prepared = prepare(terms, answers, ordered=ordered, missing=missing, group=group, cluster=cluster)
    options = Options(
        groups=prepared.count,
        categories=prepared.categories,
        parameterization=parameterization,
        std_lv=std_lv,
        orthogonal=orthogonal,
        means=_with_means(means, [term.operator for term in terms], prepared, estimator, missing),
        fixed_x=fixed_x,
        equal=tuple(equal),
        partial=tuple(partial),
    )
    table = parameter_table(terms, options)
    if start is not None:
        table = started(table, start)
    if table.exogenous and missing == "ml":
        prepared = prepare(
            terms,
            answers,
            ordered=ordered,
            missing=missing,
            group=group,
            cluster=cluster,
            complete=table.exogenous,
        )
    people = np.bincount(prepared.group, minlength=prepared.count).tolist()
    df = check_possible(table, people, prepared.groups, casewise=missing == "ml")
    if estimator == "DWLS":
        found = by_weighted_least_squares(table, prepared, df, sample)
    else:
        found = by_likelihood(table, prepared, df, robust=estimator == "MLR")
    plain, standard = solutions(found.table, found.structures, found.parameters, found.ordinal)
    improper_parts = improprieties(found.table, plain, prepared.groups)
    check_proper(improper_parts, improper)
    labels = list(table.observed)
    names = parameter_names(table, prepared.groups)
    method = {
        "ML": "maximum likelihood",
        "MLR": "maximum likelihood, Yuan-Bentler scaled chi-square",
        "DWLS": "diagonally weighted least squares, mean- and variance-adjusted chi-square",
    }[estimator]
    fit = pd.DataFrame(found.rows).reindex(columns=["statistic", "estimate", "lower", "upper", "level", "note"])
    fit = fit.assign(n=sum(people), method=method, note=fit["note"].astype(object).where(fit["note"].notna(), ""))
    return CovarianceStructureFit(
        estimates=estimate_rows(found.table, plain, standard, found.covariance, prepared.groups, level),
        fit=fit[["statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]],
        covariance=pd.DataFrame(found.covariance, index=names, columns=names),
        implied=tuple(pd.DataFrame(part, index=labels, columns=labels) for part in found.implied),
        sample=tuple(pd.DataFrame(part, index=labels, columns=labels) for part in found.sample),
        groups=prepared.groups,
        n=tuple(people),
        estimator=estimator,
        notes=(*prepared.notes, *improper_parts),
        parameters=found.parameters,
        table=found.table,
        test=found.test,
        gradients=standard.gradients,
    )


def _check(
    estimator: str | None,
    missing: str,
    ordinal: bool,
    cluster: str | None,
    parameterization: str,
    improper: str,
    level: float,
) -> str:
    """The estimator, after everything about it is in order."""
    estimator = estimator or ("DWLS" if ordinal else "MLR" if cluster else "ML")
    for what, value, known in (
        ("the estimator", estimator, ESTIMATORS),
        ("the rule for missing answers", missing, MISSING),
        ("the parameterization", parameterization, ("delta", "theta")),
        ("what to do with improper solutions", improper, ("raise", "keep")),
    ):
        if value not in known:
            raise ValueError(f"{what} is one of {', '.join(known)}, not {value!r}")
    if ordinal != (estimator == "DWLS"):
        raise ValueError(f"{estimator} is for {'continuous' if ordinal else 'ordered'} variables")
    if missing == ("ml" if ordinal else "pairwise"):
        raise ValueError(f"{estimator} does not take missing={missing!r}")
    if cluster and estimator == "ML":
        raise ValueError("standard errors by clusters need the estimator MLR or DWLS")
    if not 0 < level < 1:
        raise ValueError(f"the coverage of intervals lies between 0 and 1, not at {level}")
    return estimator


def _with_means(means: bool | None, operators: Sequence[str], prepared: Prepared, estimator: str, missing: str) -> bool:
    needed = estimator == "DWLS" or missing == "ml"
    if means is None:
        return needed or prepared.count > 1 or prepared.cluster is not None or "~1" in operators
    if not means and (needed or "~1" in operators):
        reason = "the model names means" if "~1" in operators else f"{estimator} with missing={missing!r} needs them"
        raise ValueError(f"means cannot be left out: {reason}")
    return means
