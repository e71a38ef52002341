"""Fit linear mixed models by restricted or full maximum likelihood."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from psychometrics.mixed_models.deviance import Deviance
from psychometrics.mixed_models.feasible import check_feasible
from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.layout import Layout, lay_out
from psychometrics.mixed_models.search import Minima, minimize_each, second_derivatives
from psychometrics.mixed_models.specification import Block, Residual

STARTS = (1.0, 0.3, 3.0)  # standard deviations of the random effects relative to the residuals
FLAT = 1e-9  # of the criterion: a difference that means nothing
LEVEL = 1e-7  # smallest second derivative relative to the largest
SMALL = 0.03  # relative standard deviation from which 0 is tried


def mixed_model(
    data: pd.DataFrame,
    outcome: str,
    fixed: Sequence[str],
    blocks: Sequence[Block],
    *,
    residual: Residual | None = None,
    restricted: bool = True,
) -> MixedModel:
    r"""Fit a linear mixed model with nested or crossed random blocks.

    .. math:: y = X\beta + \sum_k Z_k b_k + e, \qquad b_k \sim N(0, \Psi_k), \quad e \sim N(0, R)

    Parameters
    ----------
    data : pandas.DataFrame
        One row per value of the outcome. Rows with a missing value in a column of the model are left out, with a note.
    outcome : str
        Column of the outcome. Two outcomes at once, such as the ratings of both roles, stand below each other, and a
        column says which is which.
    fixed : sequence of str
        Terms of the fixed effects: ``"1"`` the intercept, the name of a numeric column, the name of another column for
        an indicator of each of its values (of each but the first beside ``"1"``), names joined by colons for products.
    blocks : sequence of Block
        Random effects of each kind of group. Groups may be nested in each other or cross.
    residual : Residual, optional
        Residuals that differ in variance between roles, or correlate between roles or over time. By default they are
        independent with one variance.
    restricted : bool, default True
        Restricted maximum likelihood (REML), which takes account of the fixed effects; False for maximum likelihood, by
        which models with different fixed effects are compared.

    Returns
    -------
    MixedModel
        Estimates, random effects, likelihood and notes. A variance of 0 or a correlation of 1 or -1 is an estimate with
        a note.

    Raises
    ------
    NotComputable
        If the model has too many parameters for the rows or groups, or levels cannot be told apart. Nothing is searched
        then.
    ValueError
        If a column does not exist, or groups of residuals do not lie within those of the random effects.

    Notes
    -----
    Profiled deviance over the relative Cholesky factors of the covariance matrices: Bates, Maechler, Bolker & Walker
    (2015), J. Stat. Softw. 67(1), section 3, with its gradient, from three starts. Residuals: Pinheiro & Bates
    (2000), Mixed-effects models in S and S-PLUS, chapter 5.

    Agrees with ``lme4::lmer(y ~ session + (session | client))`` for ``["1", "session"]`` and
    ``[Block("client", ["1", "session"])]``; with ``lme4::lmer(y ~ 1 + (1 | therapist / client))`` for
    ``[Block("therapist"), Block(["therapist", "client"])]``; and with ``nlme::lme(y ~ 0 + role, random = ~ 0 + role |
    therapist, correlation = corSymm(form = ~ 1 | therapist / client), weights = varIdent(form = ~ 1 | role))`` for
    ``["role"]``, ``[Block("therapist", ["role"])]`` and ``Residual(by="role", within="client", correlated=True)``.

    Examples
    --------
    Both rate the same alliance: do therapists whose clients rate it high rate it high themselves?

    >>> import pandas as pd
    >>> from psychometrics import Block, Residual, example_answers, mixed_model
    >>> answers = example_answers()
    >>> ids = answers[["client", "therapist"]]
    >>> of_client = ids.assign(role="client", rating=answers.filter(regex="wai_[0-9]").mean(axis=1))
    >>> of_therapist = ids.assign(role="therapist", rating=answers["wai_therapist"])
    >>> both = pd.concat([of_client, of_therapist])
    >>> residual = Residual(by="role", within="client", correlated=True)
    >>> fit = mixed_model(both, "rating", ["role"], [Block("therapist", ["role"])], residual=residual)
    >>> fit.components()[["statistic", "group", "term", "estimate"]].round(2)
         statistic      group                               term  estimate
    0     variance  therapist                       role[client]      0.16
    1     variance  therapist                    role[therapist]      0.18
    2  correlation  therapist  role[client] with role[therapist]      0.72
    3     variance   residual                             client      0.54
    4     variance   residual                          therapist      0.71
    5  correlation   residual              client with therapist      0.28
    >>> fit.fixed_effects()[["term", "estimate", "se", "se_model", "df"]].round(2)
                  term  estimate    se  se_model     df
    0     role[client]      5.88  0.09      0.09  36.19
    1  role[therapist]      5.49  0.10      0.10  35.50
    >>> fit.notes
    ['23 rows with missing values left out']
    """
    layout = lay_out(data, outcome, fixed, blocks, residual)
    return fit_layout(layout, restricted=restricted, notes=check_feasible(layout))


def fit_layout(layout: Layout, *, restricted: bool, notes: list[str]) -> MixedModel:
    """Fit a model whose rows and columns are in order.

    Parameters
    ----------
    layout : Layout
        Rows and columns.
    restricted : bool
        Whether the likelihood is restricted (REML).
    notes : list of str
        What to be careful about so far.

    Returns
    -------
    MixedModel
        Result.
    """
    objective = Deviance(layout, restricted=restricted)
    found = minimize_each(objective, np.stack([start_of(layout, size) for size in STARTS]))
    best = int(np.argmin(found.value))
    if not np.isfinite(found.value[best]):
        raise FloatingPointError("no set of parameters has a finite likelihood")
    parameters = _polished(objective, layout, found, best)
    if not found.converged[best]:
        notes = [*notes, "the search did not converge: the likelihood may be higher elsewhere"]
    elif _is_level(objective, layout, parameters):
        notes = [*notes, "the likelihood is level: some variances cannot be told from each other"]
    return MixedModel(objective, parameters, notes)


def start_of(layout: Layout, size: float) -> np.ndarray:
    """Give parameters from which a search begins.

    Parameters
    ----------
    layout : Layout
        Rows and columns.
    size : float
        Relative standard deviation of every random effect.

    Returns
    -------
    numpy.ndarray
        Uncorrelated random effects.
    """
    parts = [size * (np.equal(*block.positions)).astype(float) for block in layout.blocks]
    return np.concatenate([*parts, layout.residual.start if layout.residual else np.empty(0)])


def _is_level(objective: Deviance, layout: Layout, parameters: np.ndarray) -> bool:
    """Whether other parameters do as well; where a variance is 0, that means nothing."""
    first = 0
    for block in layout.blocks:
        if (parameters[first + block.diagonal] == 0).any():
            return False
        first += block.n_parameters
    if not len(parameters):
        return False
    bends = np.linalg.eigvalsh(second_derivatives(objective, parameters))
    return bool(bends[0] < LEVEL * bends[-1])


def _polished(objective: Deviance, layout: Layout, found: Minima, best: int) -> np.ndarray:
    """The best end of a search, with standard deviations that are 0 but for rounding set to 0."""
    parameters, value = found.parameters[best].copy(), found.value[best]
    first = 0
    for block in layout.blocks:
        rows, columns = block.positions
        for place in np.flatnonzero(rows == columns):
            # the row of a term is its standard deviation; its last element what the other terms leave
            row = first + np.flatnonzero(rows == rows[place])
            for put in (row, np.array([first + place])):
                if 0 < np.abs(parameters[put]).max() < SMALL:
                    trial = parameters.copy()
                    trial[put] = 0
                    reached = float(objective.state(trial[None]).deviance[0])
                    if reached <= value + FLAT * max(1, abs(value) * 1e-3):
                        parameters, value = trial, min(reached, value)
            if parameters[first + place] < 0:
                # the sign of a column of the factor does not matter
                column = first + np.flatnonzero(columns == columns[place])
                parameters[column] *= -1
        first += block.n_parameters
    return parameters
