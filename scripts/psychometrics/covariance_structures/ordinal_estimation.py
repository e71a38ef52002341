"""Estimate by diagonally weighted least squares on thresholds and polychoric correlations."""

import numpy as np

from psychometrics.covariance_structures.adjusted_chi_square import sandwich
from psychometrics.covariance_structures.fit_indices import chi_square_rows, srmr
from psychometrics.covariance_structures.moments import group_structures
from psychometrics.covariance_structures.ordinal_sample import OrdinalSample, ordinal_sample
from psychometrics.covariance_structures.parameters import ParameterTable
from psychometrics.covariance_structures.preparation import Prepared
from psychometrics.covariance_structures.result import Estimated, Test, parameter_names
from psychometrics.covariance_structures.search import Discrepancy, check_identified, check_start, minimise
from psychometrics.covariance_structures.starts import starting_values
from psychometrics.covariance_structures.weighted_least_squares import OrdinalStructure, WeightedLeastSquares


def by_weighted_least_squares(
    table: ParameterTable, prepared: Prepared, df: int, sample: OrdinalSample | None = None
) -> Estimated:
    """Estimate by diagonally weighted least squares.

    Parameters
    ----------
    table : ParameterTable
        The model; all observed variables are ordinal.
    prepared : Prepared
        Answers, groups, clusters.
    df : int
        Degrees of freedom.
    sample : OrdinalSample, optional
        Moments of these answers, where they are known from another model.

    Returns
    -------
    Estimated
        Estimates, their covariance matrix, and rows of fit.

    Raises
    ------
    ValueError
        Moments of other items or people; with scales, an ordinal item that predicts another variable.
    NotComputable
        No moments, no estimates, or none that the answers determine.
    """
    options = table.options
    predictors = {row.right for row in table.rows if row.operator == "~"} & {*table.observed}
    if predictors and options.parameterization == "delta":
        raise ValueError(f"{min(predictors)} is ordinal and predicts another variable: parameterization='theta' can")
    sample = ordinal_sample(prepared) if sample is None else sample
    if sample.tested.n != len(prepared.answers):
        raise ValueError(f"the moments are those of {sample.tested.n} people, the answers of {len(prepared.answers)}")
    sample = sample.ordered(table.observed)
    samples = sample.moments
    structures = group_structures(table)
    groups = [
        OrdinalStructure(structure, table, number, part)
        for number, (structure, part) in enumerate(zip(structures, samples, strict=True))
    ]
    discrepancy = WeightedLeastSquares(groups)
    names = parameter_names(table, prepared.groups)
    start = starting_values(
        table,
        [np.zeros(len(table.observed))] * options.groups,
        [part.correlations for part in samples],
        [part.thresholds for part in samples],
    )
    search = Discrepancy(discrepancy.value, discrepancy.gradient, discrepancy.information)
    check_start(search, start, names)
    parameters = minimise(search, start)
    check_identified(discrepancy.information(parameters), names)

    people = sample.tested
    products = sandwich(discrepancy, parameters, people)
    errors = products if sample.varied is people else sandwich(discrepancy, parameters, sample.varied)
    model = products.test(2 * discrepancy.value(parameters), df)
    null = sample.null
    chi_square = model.statistic if df else model.unadjusted
    n = people.n - options.groups
    implied = [group.implied(parameters)[3] for group in groups]
    rows: list[dict[str, object]] = [
        {"statistic": "n_parameters", "estimate": float(table.n_free)},
        {"statistic": "chi_square", "estimate": chi_square},
        {"statistic": "degrees_of_freedom", "estimate": float(df)},
        {"statistic": "chi_square_null", "estimate": null.statistic},
        {"statistic": "degrees_of_freedom_null", "estimate": float(null.df)},
        *chi_square_rows(chi_square, df, null.statistic, null.df, n, options.groups),
        {"statistic": "chi_square_unadjusted", "estimate": model.unadjusted},
        {"statistic": "scaling_factor", "estimate": model.scaling_factor},
        {"statistic": "shift", "estimate": model.shift},
        {
            "statistic": "srmr",
            "estimate": srmr(
                [part.correlations for part in samples],
                implied,
                [part.n for part in samples],
                diagonal=False,
            ),
        },
    ]
    slopes = np.vstack(
        [block.gathered(block.slopes, table.n_free) for group in groups for block in group.blocks(parameters)]
    )
    test = Test(model.unadjusted, df, model.scaling_factor, products, slopes)
    sample_correlations = [part.correlations for part in samples]
    return Estimated(
        table, parameters, errors.covariance(), rows, test, sample_correlations, implied, structures, groups
    )
