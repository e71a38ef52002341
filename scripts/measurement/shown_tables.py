"""Tables of the report on measurement models."""

from typing import Any

import numpy as np
import pandas as pd

from measurement.model_names import KEYS, NAMES, subject_of
from pipeline.report.blocks import Table
from pipeline.report.numbers import ABSENT, count, number, p_value, percent, remark, with_interval
from pipeline.report.results import Results

INDICES = ("rmsea", "cfi", "tli", "srmr", "improper_estimates")
SOURCE, SOURCE_OF_PARAMETERS = "measurement/models.csv", "measurement/parameters.csv"


class Shown:
    """The tables of one data set.

    Parameters
    ----------
    results : Results
        The results of the data set.
    models, parameters, correlations : pandas.DataFrame
        Its tables, with empty strings where a key is missing.
    """

    def __init__(
        self, results: Results, models: pd.DataFrame, parameters: pd.DataFrame, correlations: pd.DataFrame
    ) -> None:
        self.results, self.models, self.parameters, self.scores = results, models, parameters, correlations

    def _of(self, keys: dict[str, Any]) -> str:
        return subject_of(keys, self.results.labels)

    def _gathered(self, rows: pd.DataFrame, *further: str) -> list[tuple[dict[str, Any], dict[str, dict[str, Any]]]]:
        names = [*KEYS, "model", *further]
        return [
            (dict(zip(names, keys, strict=True)), {row["statistic"]: row for row in own.to_dict("records")})
            for keys, own in rows.groupby(names, sort=False)
        ]

    def fit(self) -> Table:
        """One row per model: parameters, chi-square, indices; one row with the reason where models were not fitted."""
        table = Table(
            ["Of", "Model", "n", "Parameters", "χ²", "df", "p", "RMSEA", "CFI", "TLI", "SRMR", "Remark"], source=SOURCE
        )
        last: tuple[str, str] | None = None
        for keys, rows in self._gathered(self.models[self.models["model"] != ""]):
            reason = (self._of(keys), rows["chi_square"]["note"])
            refused = pd.isna(rows["chi_square"]["estimate"])
            if refused and reason == last:  # several models for one reason
                table.rows[-1][1] += f", {NAMES[keys['model']]}"
                continue
            last = reason if refused else None
            get = {
                name: rows.get(name, ABSENT)
                for name in (*INDICES, "n_parameters", "chi_square", "degrees_of_freedom", "p_value")
            }
            table.rows.append(
                [
                    self._of(keys),
                    NAMES[keys["model"]],
                    count(get["chi_square"].get("n", np.nan)),
                    count(get["n_parameters"]["estimate"]),
                    number(get["chi_square"]["estimate"], 1),
                    count(get["degrees_of_freedom"]["estimate"]),
                    p_value(get["p_value"]["estimate"]),
                    with_three_digits(get["rmsea"]),
                    *(three_digits(get[name]["estimate"]) for name in ("cfi", "tli", "srmr")),
                    remark(get["chi_square"], get["improper_estimates"]),
                ]
            )
        return table

    def latent_correlations(self) -> Table:
        """One row per pair of instruments, beside the disattenuated correlations of their totals."""
        table = Table(
            [
                "Answered by",
                "Instruments",
                "Latent correlation",
                "Disattenuated (ordinal)",
                "Disattenuated (alpha)",
                "n",
            ],
            source=SOURCE_OF_PARAMETERS,
        )
        rows = self._rows("correlated_factors", "latent_correlation")
        for row in rows.to_dict("records"):
            others = [
                self._disattenuated(row["perspective"], row["factor"], row["factor_2"], name)
                for name in ("r_latent_disattenuated", "r_disattenuated")
            ]
            table.rows.append(
                [
                    row["perspective"],
                    f"{row['factor']} and {row['factor_2']}",
                    with_interval(row),
                    *map(with_interval, others),
                    count(row["n"]),
                ]
            )
        return table

    def _rows(self, model: str, *statistics: str) -> pd.DataFrame:
        chosen = (self.parameters["model"] == model) & self.parameters["statistic"].isin(statistics)
        return self.parameters[chosen]

    def _disattenuated(self, who: str, one: str, two: str, statistic: str) -> dict[str, Any]:
        """The corrected correlation of the totals of two instruments, each with one form from this perspective."""
        forms = [
            [form.name for form in self.results.dataset.forms_of(who) if form.instrument == name] for name in (one, two)
        ]
        if any(len(found) != 1 for found in forms) or "form_2" not in self.scores:
            return ABSENT
        (first,), (second,) = forms
        rows = self.scores
        own = rows["statistic"].eq(statistic) & rows["perspective"].eq(who) & rows["perspective_2"].eq(who)
        own &= rows["scale"].eq("total") & rows["scale_2"].eq("total")
        pair = (
            rows["form"].isin([first, second]) & rows["form_2"].isin([first, second]) & rows["form"].ne(rows["form_2"])
        )
        found = rows[own & pair].to_dict("records")
        return found[0] if found else ABSENT

    def shares(self) -> Table:
        """Of the sum of each instrument's items: what is the reference's true score, what is specific, and both."""
        return self._shares("bifactor_s_minus_1", ["Answered by", "Instrument"], lambda keys: [keys["perspective"]])

    def method_shares(self) -> Table:
        """Of the sum of the other perspective's scales: what it shares with the reference, what it adds, and both."""
        return self._shares("ctc_m_minus_1", ["Perspectives", "Instrument"], lambda keys: [self._of(keys)])

    def _shares(self, model: str, head: list[str], who: Any) -> Table:
        table = Table([*head, "n", "Consistency", "Specificity", "Reliability", "Remark"], source=SOURCE_OF_PARAMETERS)
        rows = self._rows(model, "consistency", "specificity", "indicator_reliability")
        for keys, own in self._gathered(rows[rows["item"] == ""], "block"):
            parts = [own.get(name, ABSENT) for name in ("consistency", "specificity", "indicator_reliability")]
            table.rows.append(
                [
                    *who(keys),
                    keys["block"],
                    count(parts[0].get("n", np.nan)),
                    *(with_interval(row, percent) for row in parts),
                    remark(*parts),
                ]
            )
        return table

    def differences(self) -> Table:
        """One row per model that another one holds."""
        table = Table(["Of", "Model", "Held by", "Δχ²", "Δdf", "p", "Remark"], source=SOURCE)
        rows = self.models[self.models["model_2"] != ""]
        for keys, own in self._gathered(rows, "model_2"):
            get = [own.get(f"{name}_difference", ABSENT) for name in ("chi_square", "degrees_of_freedom", "p_value")]
            table.rows.append(
                [
                    self._of(keys),
                    NAMES[keys["model"]],
                    NAMES[keys["model_2"]],
                    number(get[0]["estimate"], 1),
                    count(get[1]["estimate"]),
                    p_value(get[2]["estimate"]),
                    remark(get[0]),
                ]
            )
        return table

    def residuals(self) -> Table:
        """The largest residual correlations of each model, in one cell."""
        table = Table(["Of", "Model", "Largest residual correlations"], source=SOURCE)
        rows = self.models[self.models["statistic"] == "item_residual_correlation"]
        for keys, own in rows.groupby([*KEYS, "model"], sort=False):
            pairs = [
                f"{row['item']} with {row['item_2']} {three_digits(row['estimate'])[:-1]}"
                for row in own.to_dict("records")
            ]
            named = dict(zip([*KEYS, "model"], keys, strict=True))
            table.rows.append([self._of(named), NAMES[named["model"]], "; ".join(pairs)])
        return table


def three_digits(value: float) -> str:
    """`.045`: fit is reported with three decimals."""
    text = number(value, 3)
    return text.replace("0.", ".", 1) if pd.notna(value) and abs(value) < 1 else text


def with_three_digits(row: dict[str, Any]) -> str:
    """`.045 [.038, .052]`."""
    return with_interval(row, three_digits)
