"""Is a variance of random effects above 0? A likelihood ratio whose hypothesis lies on the edge of what is possible."""

import pandas as pd
from scipy.special import chdtrc

from psychometrics.mixed_models.fitted import MixedModel
from psychometrics.mixed_models.layout import lay_out
from psychometrics.mixed_models.mixed_model import fit_layout


def variance_test(fit: MixedModel, group: str, term: str = "1") -> pd.DataFrame:
    r"""Test a variance of random effects against 0.

    .. math:: p = \tfrac12 P(\chi^2_{q-1} > T) + \tfrac12 P(\chi^2_q > T)

    Parameters
    ----------
    fit : MixedModel
        Result of :func:`psychometrics.mixed_models.mixed_model.mixed_model`.
    group : str
        Name of the block, such as ``"therapist"``.
    term : str, default "1"
        Effect whose variance, with its q - 1 covariances, is taken out.

    Returns
    -------
    pandas.DataFrame
        One row: statistic (likelihood_ratio), group, term, estimate (T, 0 or more), df (q), p, n, method, note.

    Raises
    ------
    ValueError
        If the model has no such block or term.

    Notes
    -----
    Half-half mixture of chi-squares (Self & Liang 1987, J. Am. Stat. Assoc. 82, 605-610, case 5; Stram & Lee 1994,
    Biometrics 50, 1171-1177, cases 1 to 3). Both models have the same fixed effects, so that restricted likelihoods may
    be compared. For a single variance T agrees with twice the difference of ``logLik(lme4::lmer(...))`` of both models,
    and p is half that of ``anova``.

    Examples
    --------
    >>> from psychometrics import Block, example_answers, mixed_model, variance_test
    >>> answers = example_answers()
    >>> answers["rating"] = answers.filter(regex="wai_[0-9]").mean(axis=1)
    >>> fit = mixed_model(answers, "rating", ["1"], [Block("therapist")])
    >>> variance_test(fit, "therapist")[["estimate", "df", "p"]].round(4)
       estimate  df    p
    0      19.0   1  0.0
    """
    effects = {block.block.name: block.effects for block in fit.layout.blocks}
    if term not in effects.get(group, []):
        raise ValueError(f"the model has no effect {term!r} by {group!r}")
    outcome, fixed, blocks, residual = fit.layout.asked
    alone = len(effects[group]) == 1
    block = next(block for block in blocks if block.name == group)
    q = len(effects[group]) if block.correlated else 1
    kept = [block for block in blocks if block.name != group or not alone]
    smaller = lay_out(fit.layout.frame, outcome, fixed, kept, residual, without=None if alone else (group, term))
    other = fit_layout(smaller, restricted=fit.deviance_of.restricted, notes=[])
    ratio = max(0.0, 2 * (fit.log_likelihood - other.log_likelihood))
    p = (float(ratio <= 0) if q == 1 else float(chdtrc(q - 1, ratio))) / 2 + float(chdtrc(q, ratio)) / 2
    row = {
        "statistic": "likelihood_ratio",
        "group": group,
        "term": term,
        "estimate": ratio,
        "df": q,
        "p": 1.0 if ratio == 0 else p,
        "n": fit.n,
        "method": f"half-half mixture of chi-squares with {q - 1} and {q} degrees of freedom",
        "note": "",
    }
    return pd.DataFrame([row])
