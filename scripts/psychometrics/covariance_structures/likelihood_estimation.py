"""Estimate by maximum likelihood: complete or incomplete answers, with normal-theory or robust errors and test."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from psychometrics.covariance_structures.fit_indices import chi_square_rows, srmr
from psychometrics.covariance_structures.moments import group_structures
from psychometrics.covariance_structures.normal_likelihood import NormalLikelihood
from psychometrics.covariance_structures.parameters import ParameterTable
from psychometrics.covariance_structures.preparation import Prepared
from psychometrics.covariance_structures.reference_models import (
    baseline_table,
    moments_as_parameters,
    normal_log_likelihood,
    sample_moments,
    single_moments,
)
from psychometrics.covariance_structures.result import Estimated, Test, parameter_names
from psychometrics.covariance_structures.robust_likelihood import (
    sandwich_covariance,
    saturated_trace,
    trace_of,
    unit_sums,
)
from psychometrics.covariance_structures.search import Discrepancy, check_identified, check_start, minimise
from psychometrics.covariance_structures.starts import starting_values, with_sample_values


def by_likelihood(table: ParameterTable, prepared: Prepared, df: int, *, robust: bool) -> Estimated:
    """Estimate by maximum likelihood.

    Parameters
    ----------
    table : ParameterTable
        The model.
    prepared : Prepared
        Answers, groups, clusters.
    df : int
        Degrees of freedom.
    robust : bool
        Whether standard errors and test hold for other than normal answers and for clusters.

    Returns
    -------
    Estimated
        Estimates, their covariance matrix, and rows of fit.

    Raises
    ------
    NotComputable
        No estimates, or none that the answers determine.

    Notes
    -----
    Standard errors rest on expected information with complete answers, on observed information with incomplete ones
    and where they are robust, as in lavaan (estimator "ML", missing "fiml", estimator "MLR").
    """
    options = table.options
    values = prepared.by_group(prepared.answers[list(table.observed)].to_numpy())
    clusters = prepared.clusters()
    means, covariances, saturated = sample_moments(values)
    table = with_sample_values(table, means, covariances)
    structures = group_structures(table)
    likelihood = NormalLikelihood(structures, values, options.means)
    names = parameter_names(table, prepared.groups)
    start = starting_values(table, means, covariances)
    search = Discrepancy(
        likelihood.value, likelihood.gradient, likelihood.expected_information, likelihood.observed_information
    )
    check_start(search, start, names)
    parameters = minimise(search, start)
    incomplete = any(np.isnan(group).any() for group in values)
    observed = robust or incomplete
    information = likelihood.observed_information if observed else likelihood.expected_information
    known = information(parameters)
    check_identified(known, names)

    reference = with_sample_values(baseline_table(table), means, covariances)
    null = NormalLikelihood(group_structures(reference), values, options.means)
    null_parameters = moments_as_parameters(reference, *single_moments(values))
    log_likelihood = -likelihood.value(parameters)
    statistic = 2 * (saturated - log_likelihood)
    null_statistic = 2 * (saturated + null.value(null_parameters))
    df_null = df + table.n_free - reference.n_free
    n = sum(len(group) for group in values)
    scaling, null_scaling = 1.0, 1.0
    if robust:
        scores = unit_sums(likelihood.scores(parameters), clusters)
        covariance = sandwich_covariance(known, scores)
        whole = saturated_trace(table, values, means, covariances, clusters)
        scaling = (whole - trace_of(known, scores)) / df if df else np.nan
        null_scores = unit_sums(null.scores(null_parameters), clusters)
        null_trace = trace_of(null.observed_information(null_parameters), null_scores)
        null_scaling = (whole - null_trace) / df_null if df_null else np.nan
    else:
        covariance = cho_solve(cho_factor(known), np.eye(len(known)))
    adjusted = (statistic / scaling if df else statistic), (null_statistic / null_scaling if df_null else 0.0)
    rows: list[dict[str, object]] = [
        {"statistic": "n_parameters", "estimate": float(table.n_free)},
        {"statistic": "chi_square", "estimate": adjusted[0]},
        {"statistic": "degrees_of_freedom", "estimate": float(df)},
        {"statistic": "chi_square_null", "estimate": adjusted[1]},
        {"statistic": "degrees_of_freedom_null", "estimate": float(df_null)},
        *chi_square_rows(adjusted[0], df, adjusted[1], df_null, n, options.groups),
    ]
    if robust:
        rows += [
            {"statistic": "chi_square_unadjusted", "estimate": statistic},
            {"statistic": "scaling_factor", "estimate": scaling},
            {"statistic": "scaling_factor_null", "estimate": null_scaling},
            *_robust_rows(
                incomplete, (statistic, scaling, df), (null_statistic, null_scaling, df_null), n, options.groups
            ),
        ]
    implied = [structure.at(parameters) for structure in structures]
    residual = srmr(
        covariances,
        [moments.sigma for moments in implied],
        [len(group) for group in values],
        means=[(mean, moments.mu) for mean, moments in zip(means, implied, strict=True)] if options.means else None,
    )
    if table.exogenous:
        place = [table.observed.index(name) for name in table.exogenous]
        parts = zip(covariances, values, strict=True)
        log_likelihood -= sum(normal_log_likelihood(part[np.ix_(place, place)], len(group)) for part, group in parts)
    rows += [
        {"statistic": "srmr", "estimate": residual},
        {"statistic": "log_likelihood", "estimate": log_likelihood},
        {"statistic": "aic", "estimate": 2 * table.n_free - 2 * log_likelihood},
        {"statistic": "bic", "estimate": np.log(n) * table.n_free - 2 * log_likelihood},
    ]
    test = Test(statistic, df, scaling)
    return Estimated(
        table, parameters, covariance, rows, test, covariances, [moments.sigma for moments in implied], structures, None
    )


def _robust_rows(
    incomplete: bool, model: tuple[float, float, int], null: tuple[float, float, int], n: int, groups: int
) -> list[dict[str, object]]:
    r"""CFI, TLI and RMSEA of the population, which scaling alone does not give.

    Brosseau-Liard and Savalei (2014), Multivariate Behavioral Research 49; Brosseau-Liard, Savalei and Li (2012), the
    same 47: T - c df in place of the scaled statistic minus df. Incomplete answers need more.
    """
    (statistic, scale, df), (null_statistic, null_scale, df_null) = model, null
    names = ("cfi_robust", "tli_robust", "rmsea_robust")
    if df == 0 or incomplete:
        note = "no degrees of freedom: the model fits any data" if df == 0 else "not defined with incomplete answers"
        return [{"statistic": name, "estimate": np.nan, "note": note} for name in names]
    misfit, null_misfit = statistic - scale * df, null_statistic - null_scale * df_null
    largest = max(misfit, null_misfit, 0.0)
    values = (
        1 - max(misfit, 0.0) / largest if largest > 0 else 1.0,
        1 - misfit / df * df_null / null_misfit,
        np.sqrt(groups * max(misfit / (df * n), 0.0)),
    )
    return [{"statistic": name, "estimate": value} for name, value in zip(names, values, strict=True)]
