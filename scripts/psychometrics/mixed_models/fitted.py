"""What a mixed model has found."""

from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from psychometrics.mixed_models.cluster_robust import cluster_robust
from psychometrics.mixed_models.component_values import component_rows, component_values, covariances_of, edges
from psychometrics.mixed_models.deviance import Deviance
from psychometrics.resampling.formula_intervals import check_level

NO_CLUSTERS = "the groups cross, so that no clusters are independent: model-based standard error"


class MixedModel:
    """Estimates of a mixed model, as :func:`psychometrics.mixed_models.mixed_model.mixed_model` gives them.

    Parameters
    ----------
    deviance : Deviance
        The model.
    parameters : numpy.ndarray of shape (k,)
        Parameters at the maximum of the likelihood.
    notes : list of str
        What to be careful about.

    Attributes
    ----------
    notes : list of str
        What to be careful about.
    covariances : dict of str to pandas.DataFrame
        Covariance matrix of the random effects of each block.
    residual_covariance : pandas.DataFrame
        Residual variances of the roles, and covariances where they correlate; 1 x 1 without roles.
    serial_correlation : float
        Correlation of residuals one unit of time apart, missing where the model has none.
    n : int
        Rows.
    n_groups : dict of str to int
        Groups of each block.
    log_likelihood : float
        Log-likelihood, restricted or not.
    n_parameters : int
        Fixed effects, variances, covariances and parameters of the residuals.
    """

    def __init__(self, deviance: Deviance, parameters: np.ndarray, notes: list[str]) -> None:
        layout = deviance.layout
        self.deviance_of, self.layout, self.parameters, self.notes = deviance, layout, parameters, notes
        self._state = deviance.state(parameters[None])
        self._components = covariances_of(deviance, parameters[None], self._state.variance)
        self.covariances = {
            block.block.name: pd.DataFrame(
                self._components.blocks[block.block.name][0], index=block.effects, columns=block.effects
            )
            for block in layout.blocks
        }
        self.residual_covariance = pd.DataFrame(
            self._components.residual[0], index=layout.strata, columns=layout.strata
        )
        serial = layout.residual is not None and layout.residual.serial
        self.serial_correlation = float(self._components.serial[0]) if serial else np.nan
        self.n = layout.n
        self.n_groups = {block.block.name: len(block.groups) for block in layout.blocks}
        self.log_likelihood = -float(self._state.deviance[0]) / 2
        self.n_parameters = len(layout.effects) + len(parameters) + 1
        # orthogonal effects of the scaled outcome to those of the outcome
        self._back = layout.unit * np.linalg.inv(layout.turn)
        self._effects = layout.given_effects(self._state.fixed)[0]

    @property
    def deviance(self) -> float:
        """Compute minus twice the log-likelihood, the criterion that lme4 prints.

        Returns
        -------
        float
            Criterion.
        """
        return -2 * self.log_likelihood

    @property
    def aic(self) -> float:
        """Compute Akaike's information criterion (AIC).

        Returns
        -------
        float
            Criterion; of REML fits, comparable only where the fixed effects are the same.
        """
        return self.deviance + 2 * self.n_parameters

    @property
    def aicc(self) -> float:
        """Compute Akaike's information criterion, corrected for few rows (AICc).

        Returns
        -------
        float
            Criterion; missing where there are hardly more rows than parameters.
        """
        k, left = self.n_parameters, self.n - self.n_parameters - 1
        return self.aic + 2 * k * (k + 1) / left if left > 0 else np.nan

    @property
    def bic(self) -> float:
        """Compute the Bayesian information criterion (BIC) with the number of rows.

        Returns
        -------
        float
            Criterion.
        """
        return self.deviance + np.log(self.n) * self.n_parameters

    @cached_property
    def model_covariance(self) -> pd.DataFrame:
        """Compute the covariance matrix of the fixed effects if the model is right.

        Returns
        -------
        pandas.DataFrame
            Effects x effects.
        """
        inside = np.linalg.inv(self._state.done.rest[0, :-1, :-1]) * self._state.variance[0]
        names = self.layout.effects
        return pd.DataFrame(self._back @ inside @ self._back.T, index=names, columns=names)

    def fixed_effects(self, level: float = 0.95) -> pd.DataFrame:
        """Give the fixed effects with cluster-robust standard errors and intervals.

        Parameters
        ----------
        level : float, default 0.95
            Coverage of the intervals, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            Tidy rows: term, estimate, se (CR2 by the highest level), se_model (if the model is right), df
            (Satterthwaite), t, p, lower, upper, level, n (rows), clusters, method, note. Where groups cross, se is
            missing, and t, p and limits are those of the model by the normal distribution.

        Notes
        -----
        Pustejovsky & Tipton (2018), J. Bus. Econ. Stat. 36, 672-683. Agrees with
        ``clubSandwich::coef_test(fit, vcov = "CR2", test = "Satterthwaite")``; `se_model` with ``summary(fit)``.
        """
        effects = self.layout.effects
        return self.contrasts(pd.DataFrame(np.eye(len(effects)), index=effects, columns=effects), level)

    def contrasts(self, weights: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
        """Give weighted sums of fixed effects, such as differences, with cluster-robust standard errors and intervals.

        Parameters
        ----------
        weights : pandas.DataFrame
            One row per sum, by its name; one column per fixed effect that it needs.
        level : float, default 0.95
            Coverage of the intervals, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            Rows as of :meth:`fixed_effects`; the term is the name of the sum.

        Raises
        ------
        ValueError
            If a column is no fixed effect of the model.

        Notes
        -----
        Agrees with ``clubSandwich::linear_contrast(fit, vcov = "CR2", contrasts, test = "Satterthwaite")``.
        """
        check_level(level)
        unknown = weights.columns.difference(self.layout.effects)
        if len(unknown):
            raise ValueError(f"the model has no fixed effect {unknown[0]!r}")
        matrix = weights.reindex(columns=self.layout.effects, fill_value=0.0).to_numpy(float)
        estimate = matrix @ self._effects
        se_model = np.sqrt(np.diag(matrix @ self.model_covariance.to_numpy() @ matrix.T))
        if self.layout.crossed:
            used, se, df = se_model, np.full(len(matrix), np.nan), np.full(len(matrix), np.inf)
            clusters, method, note = np.nan, "model-based, normal", NO_CLUSTERS
        else:
            robust = cluster_robust(self.layout, self._components, self._effects, matrix)
            used = se = np.sqrt(np.diag(robust.covariance))
            df, clusters, note = robust.df, robust.clusters, ""
            method = f"CR2 by {self.layout.cluster_name}, Satterthwaite"
        with np.errstate(divide="ignore", invalid="ignore"):  # a sum of nothing but zeros
            t = estimate / used
        half = stdtrit(df, (1 + level) / 2) * used
        return pd.DataFrame(
            {
                "term": weights.index,
                "estimate": estimate,
                "se": se,
                "se_model": se_model,
                "df": df,
                "t": t,
                # Student's t of infinitely many degrees of freedom is normal
                "p": 2 * stdtr(df, -np.abs(t)),
                "lower": estimate - half,
                "upper": estimate + half,
                "level": level,
                "n": self.n,
                "clusters": clusters,
                "method": method,
                "note": note,
            }
        )

    def components(self) -> pd.DataFrame:
        """Give variances and correlations of the random effects and residuals.

        Returns
        -------
        pandas.DataFrame
            Tidy rows: statistic (variance, correlation, serial_correlation), group (the block, or residual), term,
            estimate, groups (their number), n (rows), method, note.
        """
        rows = component_rows(self.layout)
        values = component_values(self.layout, self._components)[0]
        method = "REML" if self.deviance_of.restricted else "maximum likelihood"
        rows.insert(3, "estimate", values)
        return rows.assign(n=self.n, method=method, note=edges(rows, values, self.layout))

    def random_effects(self, name: str) -> pd.DataFrame:
        """Give the predicted effects of each group (best linear unbiased predictions, conditional modes).

        Parameters
        ----------
        name : str
            Name of the block, such as ``"therapist"`` or ``"therapist:client"``.

        Returns
        -------
        pandas.DataFrame
            Groups x effects.

        Raises
        ------
        KeyError
            If there is no such block.

        Notes
        -----
        Agrees with ``lme4::ranef(fit)``.
        """
        return self._random_effects[name]

    @cached_property
    def _random_effects(self) -> dict[str, pd.DataFrame]:
        layout, done = self.layout, self._state.done
        factors = self.deviance_of.level_factors(self.deviance_of.block_factors(self.parameters[None]))
        # from the top: each level's effects, given those above and the fixed ones
        given = np.zeros((layout.n, layout.columns.shape[1]))
        given[:, -1], given[:, layout.columns.shape[1] - 1 - len(layout.effects) : -1] = 1.0, -self._state.fixed[0]
        found: dict[str, pd.DataFrame] = {}
        for number in reversed(range(len(layout.levels))):
            level, members = layout.levels[number], layout.of_level[number]
            own = np.einsum("gij,gj->gi", done.solved[number][0], given[level.starts, level.end :])
            effects = own @ factors[number][0].T
            given[:, level.first : level.end] = -effects[level.codes]
            first = 0
            for member in members:
                block = layout.blocks[member]
                count = len(block.groups) * len(block.effects) if level.single else len(block.effects)
                values = effects[:, first : first + count].reshape(-1, len(block.effects))
                frame = pd.DataFrame(values * layout.unit / block.scale, index=block.groups, columns=block.effects)
                found[block.block.name] = frame.sort_index()
                first += count
        return found
