"""What the steps of the joint factor analysis share: the answers behind the matrix, and the settings of a solution."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.steps.correlation_files import NotRun
from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.bootstrap import CommonFactorRule
from psychometrics.factors.target import target_from_table
from psychometrics.shared_variance.split import TotalScores


def answers_behind(dataset: Dataset, perspective: str, items: Iterable[str]) -> pd.DataFrame:
    """Keyed answers at the chosen occasion to the items of an analysis, of the people who answered at least one."""
    return dataset.joint_answers(perspective)[list(items)].dropna(how="all")


def units_of_everyone(dataset: Dataset) -> np.ndarray:
    """The units of all who answered at the chosen occasion, whoever of client, therapist and observer.

    Resamples that draw among them take the same units in the same draw, whichever perspective they are of.
    """
    answered = [dataset.joint_answers(perspective).dropna(how="all").index for perspective in dataset.factored]
    return dataset.units(pd.Index(np.unique(np.concatenate(answered)), name="client"))


def draws_of_piece(draws: int, piece: int, pieces: int) -> dict[str, int]:
    """Which of the draws a piece makes, counted from 0; the pieces, counted from 1, make each draw once."""
    first, last = (draws * number // pieces for number in (piece - 1, piece))
    return {"first_draw": first, "n_draws": last - first}


def correlator_behind(
    dataset: Dataset, perspective: str, correlations: CorrelationMatrix, extraction: str = "minres"
) -> Correlator | None:
    """What gives the matrix again under other weights of the people; None for a published matrix."""
    if dataset.is_matrix:
        return None
    answers = answers_behind(dataset, perspective, correlations.matrix.index)
    return Correlator(answers, method=correlations.method, missing=correlations.missing, variances=extraction == "dwls")


def with_variances(
    correlations: CorrelationMatrix, correlator: Correlator | None, extraction: str
) -> CorrelationMatrix:
    """The matrix with the asymptotic variances that weighted least squares needs.

    Raises
    ------
    NotRun
        Weighted least squares without answers.
    """
    if extraction != "dwls":
        return correlations
    if correlator is None:
        raise NotRun("dwls needs the variances of the correlations, and a matrix alone does not give them")
    return replace(correlations, variance=correlator().variance)


def solution_options(dataset: Dataset, correlations: CorrelationMatrix, settings: dict) -> dict:
    """Arguments of `fit_solution` beside the matrix, n and k.

    Raises
    ------
    NotRun
        A rotation to a target that the data set does not supply.
    """
    options = {
        "extraction": settings["extraction"],
        "rotation": settings["rotation"],
        "starts": settings["starts"],
        "extraction_starts": settings["starts"],
    }
    if settings["kaiser"] != "default":
        options["normalize"] = settings["kaiser"]
    if settings["rotation"] == "oblimin" and settings["gamma"]:
        options["gamma"] = settings["gamma"]
    if settings["rotation"].startswith("target"):
        if not dataset.has_loadings:
            raise NotRun(f"{settings['rotation']} needs a table of loadings in the data set (`loadings:`)")
        options["target"] = target(dataset, list(correlations.matrix.index))
    if settings["extraction"] == "dwls":
        assert correlations.variance is not None  # with_variances gave them
        options["weights"] = diagonal_weights(correlations.variance.to_numpy(), list(correlations.matrix.index))[0]
    return options


def common_factor_rule(dataset: Dataset, perspective: str, items: list[str], settings: dict) -> CommonFactorRule:
    """How the common factor is found: by breadth, or by those of the configured markers that are among the items."""
    markers = [marker for marker in settings["markers"] if marker in items]
    return CommonFactorRule(
        dataset.instrument_of_items(perspective), settings["salient"], settings["minimum_share"], markers or None
    )


def total_scores(dataset: Dataset, perspective: str, items: pd.Index) -> TotalScores:
    """The totals over the items of an analysis.

    Raises
    ------
    ValueError
        There are fewer than two instruments with a total, or a total has no item in the analysis.
    """
    forms = [form for form in dataset.forms if form.perspective == perspective and form.has_total]
    members = {form.name: form.labels_of("total") for form in forms}
    return TotalScores.of(members, {form.name: form.instrument for form in forms}, items)


def codes_of_items(dataset: Dataset) -> pd.DataFrame:
    """The content codes of the items.

    Raises
    ------
    NotRun
        The data set supplies none.
    """
    if not dataset.has_item_codes:
        raise NotRun("the data set has no content codes of its items (`item_codes:`)")
    return dataset.item_codes


def target(dataset: Dataset, items: list[str]) -> np.ndarray:
    """The published table of loadings as the target of a rotation."""
    try:
        return target_from_table(dataset.loadings, items)
    except ValueError as error:
        raise NotRun(str(error)) from None


def chosen(settings: dict, *names: str) -> dict:
    """The settings of the factor analysis that decide a table, for the file beside it."""
    return {name: settings[name] for name in names}
