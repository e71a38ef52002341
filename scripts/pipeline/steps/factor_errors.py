"""Analytic standard errors of the factor solution of a data set."""

import numpy as np

from pipeline.data.dataset import Dataset
from pipeline.steps.correlation_files import NotRun
from pipeline.steps.factor_settings import answers_behind, correlator_behind
from psychometrics.correlation.influence import clustered
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.solution import FactorSolution
from psychometrics.factors.standard_errors.bias_correction import small_sample_errors
from psychometrics.factors.standard_errors.loading_errors import LoadingErrors
from psychometrics.not_computable import NotComputable


def analytic_errors(
    dataset: Dataset, perspective: str, correlations: CorrelationMatrix, found: FactorSolution, seed: int
) -> LoadingErrors:
    """Standard errors from the influences of the therapists (clients where none is known) on the correlations; of a
    published matrix those of normal theory.

    Raises
    ------
    NotRun
        The theory is not for these correlations or does not hold for this solution; the message says why.
    """
    try:
        correlator = correlator_behind(dataset, perspective, correlations)
        if correlator is None:
            errors = small_sample_errors(found, seed=seed)
        else:
            influence = correlator.influence()
            if undefined := int((~np.isfinite(influence).all(axis=0)).sum()):
                raise NotComputable(f"{undefined} of {influence.shape[1]} correlations have no variance")
            people = answers_behind(dataset, perspective, correlations.matrix.index).index[correlator.people]
            errors = small_sample_errors(
                found,
                clustered(influence, dataset.units(people)),
                len(influence),
                seed=seed,
                units=dataset.resampled,
            )
    except ValueError as error:
        raise NotRun(f"no standard errors: {error}") from None
    if errors.note:
        raise NotRun(errors.note)
    return errors
