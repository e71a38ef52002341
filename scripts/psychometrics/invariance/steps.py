"""Fit the models of the steps to the same answers, and compare each with the one before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.covariance_structures.comparison import compare_covariance_structures
from psychometrics.covariance_structures.fitting import fit_covariance_structure
from psychometrics.covariance_structures.ordinal_sample import OrdinalSample, ordinal_sample
from psychometrics.covariance_structures.parameter_table import parameter_table
from psychometrics.covariance_structures.parameters import Options
from psychometrics.covariance_structures.preparation import Prepared, check_possible, prepare
from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.covariance_structures.score_tests import ReleasedModel, values_by_name
from psychometrics.covariance_structures.syntax import parse_model
from psychometrics.invariance.design import Design
from psychometrics.invariance.step_models import model_text, releases
from psychometrics.measurement.standard_solution import reach

GROUP, CLUSTER = "unit.", "cluster."  # columns; no item is called so
FEWEST_TESTED = 20  # clusters from which on tests rest on sums over them


@dataclass(frozen=True)
class FittedStep:
    """The model of one step.

    Attributes
    ----------
    step : str
        Its name.
    freed : dict of str to str
        Item -> the step from which on it is free.
    fit : CovarianceStructureFit
        Estimates and fit.
    difference : pandas.DataFrame or None
        Comparison with the model before; None of the first.
    """

    step: str
    freed: dict[str, str]
    fit: CovarianceStructureFit
    difference: pd.DataFrame | None = None

    def changed(self, statistic: str) -> float:
        """Look up a number of the comparison with the model before.

        Parameters
        ----------
        statistic : str
            Its name.

        Returns
        -------
        float
            NaN where there is none.
        """
        if self.difference is None:
            return np.nan
        rows = self.difference.loc[self.difference["statistic"] == statistic, "estimate"]
        return float(rows.iloc[0]) if len(rows) else np.nan

    def index(self, statistic: str) -> float:
        """Look up an index of fit.

        Parameters
        ----------
        statistic : str
            Its name.

        Returns
        -------
        float
            NaN where the model has no degrees of freedom.
        """
        return float(self.fit.fit.loc[self.fit.fit["statistic"] == statistic, "estimate"].iloc[0])


@dataclass
class StepModels:
    """The answers, and what all models of them have alike.

    Attributes
    ----------
    design : Design
        What is compared.
    answers : pandas.DataFrame
        One row per person, with columns of all units; of groups one row per person and a column of the group.
    level : float
        Coverage of intervals.
    clustered : bool
        Whether people are in clusters. Intervals know it, and tests of continuous answers; those of ordinal ones where
        there are 20 clusters or more.
    prepared : Prepared
        The answers as the models take them.
    sample : OrdinalSample or None
        Moments of ordinal answers.
    """

    design: Design
    answers: pd.DataFrame
    level: float
    clustered: bool
    prepared: Prepared = field(init=False)
    sample: OrdinalSample | None = field(init=False)

    def __post_init__(self) -> None:
        terms = parse_model(model_text(self.design, "configural", {}))
        self.prepared = prepare(
            terms,
            self.answers,
            ordered=self.design.ordinal,
            missing="pairwise" if self.design.ordinal else "ml",
            group=None if self.design.paired else GROUP,
            cluster=CLUSTER if self.clustered else None,
        )
        # too many parameters are said before anything is computed
        options = Options(
            groups=self.prepared.count,
            categories=self.prepared.categories,
            parameterization="theta" if self.design.ordinal else "delta",
            std_lv=True,
            means=True,
        )
        people = np.bincount(self.prepared.group, minlength=self.prepared.count).tolist()
        casewise = not self.design.ordinal
        check_possible(parameter_table(terms, options), people, self.prepared.groups, casewise=casewise)
        few = self.clusters is not None and self.clusters < FEWEST_TESTED
        self.sample = ordinal_sample(self.prepared, independent_tests=few) if self.design.ordinal else None

    @property
    def clusters(self) -> int | None:
        """Count the clusters.

        Returns
        -------
        int or None
            None where people are independent.
        """
        return None if self.prepared.cluster is None else int(self.prepared.cluster.max()) + 1

    @property
    def method(self) -> str:
        """Say what a latent difference is measured in, and how its interval is made.

        Returns
        -------
        str
            For the column method.
        """
        unit = "in standard deviations of the factor in the reference, sandwich standard error"
        return unit if self.clusters is None else f"{unit}, Student's t, a twentieth longer, {self.clusters} clusters"

    def half(self, error: float) -> float:
        """Compute half the length of an interval.

        Parameters
        ----------
        error : float
            Standard error.

        Returns
        -------
        float
            By the normal distribution; with clusters by Student's t, a twentieth longer.
        """
        if self.clusters is None:
            return float(ndtri((1 + self.level) / 2) * error)
        return reach(error, self.clusters, self.level)

    def fit(self, step: str, freed: Mapping[str, str], before: FittedStep | None = None) -> FittedStep:
        """Fit the model of a step.

        Parameters
        ----------
        step : str
            The step.
        freed : mapping of str to str
            Item -> the step from which on it is free.
        before : FittedStep, optional
            The model that it restricts.

        Returns
        -------
        FittedStep
            The fitted model.

        Raises
        ------
        NotComputable
            As `fit_covariance_structure`.
        """
        ordinal = self.design.ordinal
        fitted = fit_covariance_structure(
            model_text(self.design, step, freed),
            self.answers,
            ordered=ordinal,
            estimator="DWLS" if ordinal else "MLR",
            missing="pairwise" if ordinal else "ml",
            group=None if self.design.paired else GROUP,
            cluster=CLUSTER if self.clustered else None,
            parameterization="theta" if ordinal else "delta",
            std_lv=True,
            improper="keep",
            level=self.level,
            sample=self.sample,
            prepared=self.prepared,
            start=None if before is None else values_by_name(before.fit.table, before.fit.parameters),
        )
        difference = None if before is None else compare_covariance_structures(fitted, before.fit)
        return FittedStep(step, dict(freed), fitted, difference)

    def item_tests(self, fitted: FittedStep, items: Sequence[str]) -> pd.DataFrame:
        """Test for each item whether what the step made equal is.

        Parameters
        ----------
        fitted : FittedStep
            The model of a step.
        items : sequence of str
            Items that are not free in it.

        Returns
        -------
        pandas.DataFrame
            Rows in the order of the items: item, and the columns of `ReleasedModel.test`.
        """
        sets = {item: releases(self.design, item, fitted.step) for item in items}
        if not sets:
            return pd.DataFrame(columns=["item", "score_test", "score_test_ordinary", "df", "p_value", "change"])
        wanted = [each for those in sets.values() for each in those]
        few = self.clusters is not None and self.clusters < FEWEST_TESTED
        model = self.released(fitted, wanted, independent=few)
        return pd.DataFrame([{"item": item, **model.test(those)} for item, those in sets.items()])

    def released(self, fitted: FittedStep, wanted: list, *, independent: bool = False) -> ReleasedModel:
        """Prepare to free parameters of a fitted model.

        Parameters
        ----------
        fitted : FittedStep
            The model of a step.
        wanted : list of Release
            The parameters.
        independent : bool, default False
            Whether people are taken as independent in spite of clusters.

        Returns
        -------
        ReleasedModel
            The model with them.
        """
        clusters = None if independent else self.clusters
        return ReleasedModel(fitted.fit, wanted, sample=self.sample, prepared=self.prepared, clusters=clusters)


def put_together(design: Design, answers: Mapping[str, pd.DataFrame], cluster: pd.Series | None) -> pd.DataFrame:
    """Put the answers of all units into one table.

    Parameters
    ----------
    design : Design
        What is compared.
    answers : mapping of str to pandas.DataFrame
        Unit -> people x items.
    cluster : pandas.Series or None
        Cluster of each person, by the index of the answers.

    Returns
    -------
    pandas.DataFrame
        As in `StepModels`.
    """
    items = list(design.items)
    if design.paired:
        parts = [
            answers[unit][items].set_axis([design.name(item, number) for item in items], axis=1)
            for number, unit in enumerate(design.units)
        ]
        table = pd.concat(parts, axis=1)
    else:
        table = pd.concat([answers[unit][items].assign(**{GROUP: unit}) for unit in design.units])
    if cluster is None:
        return table
    # where nobody is known to share a cluster with others, a person is one
    known = cluster.reindex(table.index).astype(object)
    alone = pd.Series([f"person {number}" for number in range(len(table))], index=table.index, dtype=object)
    return table.assign(**{CLUSTER: known.where(known.notna(), alone)})
