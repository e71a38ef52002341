"""Measurement models of the same answers, fitted one after the other and compared in one table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.correlation.polychoric import encode, pair_tables
from psychometrics.covariance_structures.comparison import compare_covariance_structures
from psychometrics.covariance_structures.fitting import fit_covariance_structure
from psychometrics.covariance_structures.ordinal_sample import OrdinalSample, ordinal_sample
from psychometrics.covariance_structures.preparation import prepare
from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.covariance_structures.syntax import Term
from psychometrics.measurement.consistency import consistency_rows
from psychometrics.measurement.designs import Design
from psychometrics.measurement.exploratory import exploratory_model, rotated_to_blocks
from psychometrics.measurement.factor_reliability import factor_reliabilities
from psychometrics.measurement.standard_solution import correlation_limits, reach
from psychometrics.not_computable import NotComputable

FIT = ("n_parameters", "chi_square", "degrees_of_freedom", "p_value", "cfi", "tli", "rmsea", "srmr")
LARGEST = 3  # residual correlations that are named
MODELS = [
    "model",
    "model_2",
    "item",
    "item_2",
    "statistic",
    "estimate",
    "lower",
    "upper",
    "level",
    "n",
    "method",
    "note",
]
PARAMETERS = [
    "model",
    "factor",
    "factor_2",
    "block",
    "item",
    "statistic",
    "estimate",
    "lower",
    "upper",
    "level",
    "n",
    "method",
    "note",
]
UNIT = "unit of the people"
ROTATED = "no interval: standard errors of rotated loadings are not computed here"
FEW_UNITS = "no interval: fewer than three units"
MANY_EMPTY = 0.5
EMPTY = "most combinations of answers to two items were given by nobody: chi-square and standard errors are rough"


class MeasurementRows(NamedTuple):
    """Tables of measurement models.

    Attributes
    ----------
    models : pandas.DataFrame
        Fit of every model, one row per statistic.
    parameters : pandas.DataFrame
        Loadings, correlations of factors, reliabilities, consistency and specificity.
    """

    models: pd.DataFrame
    parameters: pd.DataFrame


@dataclass(frozen=True)
class Material:
    """Answers, and how models are fitted to them.

    Attributes
    ----------
    answers : pandas.DataFrame
        People x items, in the order of the designs.
    estimator : {'DWLS', 'MLR', 'ML'}
        How the parameters are estimated.
    missing : {'listwise', 'pairwise', 'ml'}
        Rule for missing answers.
    units : pandas.Series or None
        Unit of every person, where people depend on each other.
    level : float
        Coverage of the intervals.
    sample : OrdinalSample or None
        Moments of ordinal answers.
    """

    answers: pd.DataFrame
    estimator: str
    missing: str
    units: pd.Series | None
    level: float
    sample: OrdinalSample | None = None

    @property
    def count(self) -> int:
        """Count the independent units.

        Returns
        -------
        int
            Number of units, or of people.
        """
        answered = self.answers.notna()
        kept = answered.all(axis=1) if self.missing == "listwise" else answered.any(axis=1)
        return int(kept.sum() if self.units is None else self.units[kept].nunique())

    def fit(self, text: str) -> CovarianceStructureFit:
        """Fit a model.

        Parameters
        ----------
        text : str
            The model.

        Returns
        -------
        CovarianceStructureFit
            The fit, improper or not.
        """
        answers, cluster = self.answers, None
        if self.units is not None and self.estimator == "MLR":
            answers, cluster = answers.assign(**{UNIT: self.units}), UNIT
        return fit_covariance_structure(
            text,
            answers,
            ordered=self.estimator == "DWLS",
            estimator=self.estimator,
            missing=self.missing,
            cluster=cluster,
            std_lv=True,
            means=None if self.estimator != "ML" or self.missing == "ml" else False,
            improper="keep",
            level=self.level,
            sample=self.sample,
        )


def measurement_models(
    designs: Sequence[Design],
    answers: pd.DataFrame,
    *,
    estimator: str = "DWLS",
    missing: str = "pairwise",
    units: ArrayLike | None = None,
    level: float = 0.95,
) -> MeasurementRows:
    r"""Fit several models to the same answers and compare them.

    Parameters
    ----------
    designs : sequence of Design
        The models, all about the same items, from `psychometrics.measurement.designs`.
    answers : pandas.DataFrame
        People x items, keyed; missing answers missing.
    estimator : {'DWLS', 'MLR', 'ML'}, default 'DWLS'
        Diagonally weighted least squares on polychoric correlations for ordinal items; robust or plain maximum
        likelihood for others.
    missing : {'pairwise', 'listwise', 'ml'}, default 'pairwise'
        Rule for missing answers, as `fit_covariance_structure` has it.
    units : array_like of shape (people,), optional
        Independent units, such as therapists, for standard errors; by default each person is one. Chi-squares of
        ordinal items take people as independent.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1). That of RMSEA has 90%, by custom.

    Returns
    -------
    MeasurementRows
        `models`: for each design the statistics of fit, the largest residual correlations, how many estimates are
        improper, and the difference to the nearest model that holds it (model_2). `parameters`: standardized loadings,
        correlations of the factors, reliability of each factor, and of models with a general or a trait factor
        consistency and specificity. A model that cannot be fitted is one row with its reason.

    Notes
    -----
    Agrees with lavaan::cfa (std.lv = TRUE; estimator = "WLSMV", "MLR" or "ML"), lavTestLRT and semTools::compRelSEM. A
    Heywood case is kept, counted and named.

    Examples
    --------
    >>> from psychometrics import example_answers, measurement_models
    >>> from psychometrics.measurement.designs import designs_of_scales
    >>> wai = [f"wai_{item:02d}" for item in range(1, 13)]
    >>> scales = {"task": [1, 2, 8, 12], "bond": [3, 5, 7, 9], "goal": [4, 6, 10, 11]}
    >>> scales = {name: [wai[item - 1] for item in items] for name, items in scales.items()}
    >>> found = measurement_models(designs_of_scales(scales, ["task", "goal"]), example_answers())
    >>> found.models.query("statistic == 'cfi'").set_index("model")["estimate"].round(3)
    model
    one_factor       0.860
    two_factors      0.939
    three_factors    0.941
    exploratory      1.000
    Name: estimate, dtype: float64
    """
    usable = [design for design in designs if design.text or design.factors]
    reasons = {design.name: design.reason for design in designs if design.reason}
    fits: dict[str, CovarianceStructureFit] = {}
    parts: dict[str, list[pd.DataFrame]] = {"models": [], "parameters": []}
    if usable:
        own = None if units is None else pd.Series(np.asarray(units), index=answers.index)
        try:
            material = _material(answers[usable[0].items], estimator, missing, own, level)
        except NotComputable as failure:
            reasons |= {design.name: str(failure) for design in usable}
        else:
            for design in usable:
                try:
                    fits[design.name] = material.fit(_text(design, material))
                except (NotComputable, np.linalg.LinAlgError) as failure:
                    reasons[design.name] = str(failure)
            if material.sample is not None:
                parts["models"].append(pd.DataFrame([_empty_cells(material)]))
            for design in usable:
                if design.name in fits:
                    parts["models"].append(_fit_rows(design, fits).assign(model=design.name))
                    rows = _parameter_rows(design, fits[design.name], material)
                    parts["parameters"].append(rows.assign(model=design.name))
    refused = [{"statistic": "chi_square", "note": note, "model": name} for name, note in reasons.items()]
    parts["models"].append(pd.DataFrame(refused))
    models = _tidy(pd.concat(parts["models"]), MODELS)
    order = {design.name: place for place, design in enumerate(designs)}
    models = models.sort_values("model", key=lambda names: names.map(order).fillna(-1), kind="stable")
    parameters = pd.concat(parts["parameters"]) if parts["parameters"] else pd.DataFrame()
    return MeasurementRows(models.reset_index(drop=True), _tidy(parameters, PARAMETERS))


def _material(answers: pd.DataFrame, estimator: str, missing: str, units: pd.Series | None, level: float) -> Material:
    if estimator != "DWLS":
        return Material(answers, estimator, missing, units, level)
    terms = [Term("a factor", "=~", str(item)) for item in answers.columns]
    own = answers if units is None else answers.assign(**{UNIT: units})
    prepared = prepare(terms, own, ordered=True, missing=missing, group=None, cluster=None if units is None else UNIT)
    sample = ordinal_sample(prepared, independent_tests=True)
    return Material(answers, estimator, missing, units, level, sample)


def _text(design: Design, material: Material) -> str:
    if not design.factors:
        return design.text
    if material.sample is None:
        correlations = material.answers.corr()
        if np.linalg.eigvalsh(correlations.fillna(0).to_numpy())[0] <= 0:
            raise NotComputable("the correlations are not positive definite")
        return exploratory_model(correlations, design.factors)
    moments = material.sample.moments[0]
    p = len(material.sample.items)
    weights = np.zeros((p, p))
    weights[np.triu_indices(p, 1)] = moments.weights[len(moments.item) :]
    correlations = pd.DataFrame(moments.correlations, index=material.sample.items, columns=material.sample.items)
    try:
        return exploratory_model(correlations, design.factors, weights + weights.T)
    except ValueError as reason:
        raise NotComputable(f"no exploratory solution to start from: {reason}") from None


def _fit_rows(design: Design, fits: Mapping[str, CovarianceStructureFit]) -> pd.DataFrame:
    fitted = fits[design.name]
    rows = fitted.fit.set_index("statistic").loc[list(FIT)].reset_index()
    rows.loc[rows["statistic"] == "chi_square", "note"] = design.note
    bad = [note for note in fitted.notes if note in _improper(fitted)]
    common = {"n": sum(fitted.n), "method": rows["method"].iloc[0]}
    further: list[dict[str, Any]] = [
        {"statistic": "improper_estimates", "estimate": float(len(bad)), "note": _named(bad, design)} | common
    ]
    residual = fitted.residuals()[0]
    first, second = np.triu_indices(len(residual), 1)
    values = residual.to_numpy()[first, second]
    for k in np.argsort(-np.abs(values), kind="stable")[:LARGEST]:
        pair = {"item": residual.index[first[k]], "item_2": residual.index[second[k]]}
        further.append({"statistic": "item_residual_correlation", "estimate": values[k]} | pair | common)
    general = next((name for name in design.nested_in if name in fits), None)
    if general is not None:
        further += _difference(fitted, fits[general], general)
    return pd.concat([rows, pd.DataFrame(further)])


def _difference(fitted: CovarianceStructureFit, general: CovarianceStructureFit, name: str) -> list[dict[str, Any]]:
    names = {
        "chi_square_difference": "chi_square_difference",
        "degrees_of_freedom": "degrees_of_freedom_difference",
        "p_value": "p_value_difference",
    }
    try:
        found = compare_covariance_structures(fitted, general)
    except (NotComputable, np.linalg.LinAlgError) as failure:
        return [{"statistic": "chi_square_difference", "model_2": name, "note": str(failure), "n": sum(fitted.n)}]
    found = found[found["statistic"].isin(names)]
    found = found.assign(statistic=found["statistic"].map(names), model_2=name)
    return [{str(key): value for key, value in row.items()} for row in found.to_dict("records")]


def _improper(fitted: CovarianceStructureFit) -> list[str]:
    """Of the notes, those on improper estimates."""
    return [note for note in fitted.notes if "people left out" not in note]


def _named(sentences: Sequence[str], design: Design) -> str:
    """What is improper, with factors by their names."""
    text = "; ".join(sentences)
    for factor, label in design.labels.items():
        text = text.replace(f"variance of {factor} ", f"variance of {label} ")
    return text


def _parameter_rows(design: Design, fitted: CovarianceStructureFit, material: Material) -> pd.DataFrame:
    if design.factors:
        return _rotated_rows(design, fitted)
    units = material.count
    by = f"delta method, a twentieth longer, {units} units"
    factors = set(fitted.table.latent)
    rows: list[dict[str, Any]] = []
    estimates = fitted.estimates[fitted.estimates["op"].isin(["=~", "~~"])]
    columns = (estimates[name].tolist() for name in ("lhs", "op", "rhs", "standardized", "standardized_se"))
    free = np.abs(fitted.gradients[estimates.index]).max(axis=1) > 1e-12
    for left, operator, right, value, error, moves in zip(*columns, free, strict=True):
        one, two = (design.labels.get(name, name) for name in (left, right))
        known = {"estimate": value, "level": material.level, "method": by, "factor": one}
        if operator == "=~":
            half = reach(error, units, material.level)
            where = {"factor_2": two} if right in factors else {"item": right}
            limits = {"lower": value - half, "upper": value + half, "note": FEW_UNITS if units < 3 else ""}
            rows.append(known | where | limits | {"statistic": "standardized_loading"})
        elif left in factors and left != right and moves:
            lower, upper = correlation_limits(value, error, units, material.level)
            note = "" if abs(value) < 1 else "no interval: a correlation beyond 1 is improper"
            note = FEW_UNITS if units < 3 else note
            rows.append(
                known
                | {"statistic": "latent_correlation", "factor_2": two, "lower": lower, "upper": upper, "note": note}
            )
    moments = None if material.sample is None else material.sample.ordered(fitted.table.observed).moments[0]
    if not _improper(fitted) and not (design.specific and not design.general):
        reliabilities = factor_reliabilities(fitted, material.answers, moments)
        how = "sum of the ordinal answers (Green & Yang 2009)" if moments is not None else "sum of the items"
        for factor, (value, count) in reliabilities.items():
            rows.append(
                {
                    "factor": design.labels.get(factor, factor),
                    "statistic": "factor_reliability",
                    "estimate": value,
                    "method": f"{how} of {count} items; the variance that the model implies",
                }
            )
    found = pd.DataFrame(rows)
    if (design.general and len(factors) > 1) or design.specific:
        shares = consistency_rows(fitted, design, units, material.level)
        found = pd.concat([found, shares.assign(method=f"delta method, a tenth longer, {units} units")])
    return found.assign(n=sum(fitted.n))


def _rotated_rows(design: Design, fitted: CovarianceStructureFit) -> pd.DataFrame:
    found = rotated_to_blocks(fitted, design.blocks)
    items, blocks = design.items, list(design.blocks)
    method = "rotated to one factor for each block (target rotation)"
    rows = [
        {"factor": block, "item": item, "statistic": "standardized_loading", "estimate": found.pattern[i, j]}
        for j, block in enumerate(blocks)
        for i, item in enumerate(items)
    ]
    rows += [
        {"factor": blocks[i], "factor_2": blocks[j], "statistic": "latent_correlation", "estimate": found.phi[i, j]}
        for i, j in zip(*np.triu_indices(len(blocks), 1), strict=True)
    ]
    note = "; ".join((ROTATED, *found.notes))
    return pd.DataFrame(rows).assign(n=sum(fitted.n), method=method, note=note)


def _empty_cells(material: Material) -> dict[str, Any]:
    """Share of the combinations of answers to two items that nobody gave."""
    codes, values = encode(material.answers)
    count = max(len(value) for value in values)
    tables = pair_tables(codes, count)
    used = np.array([len(value) for value in values])
    empty = (tables == 0).sum(axis=(1, 3)) - (count**2 - np.outer(used, used))
    pairs = np.triu_indices(len(used), 1)
    share = float(empty[pairs].sum() / np.outer(used, used)[pairs].sum())
    note = EMPTY if share > MANY_EMPTY else ""
    return {"model": "", "statistic": "empty_cells", "estimate": share, "n": len(codes), "method": "", "note": note}


def _tidy(rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    found = rows.reset_index(drop=True).reindex(columns=list(columns))
    for name in ("model", "model_2", "factor", "factor_2", "block", "item", "item_2", "method", "note"):
        if name in found:
            found[name] = found[name].astype(object).where(found[name].notna(), "")
    missing = found["estimate"].isna()
    found.loc[missing, ["level"]] = np.nan
    return found
