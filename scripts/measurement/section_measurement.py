"""The section on measurement models: which fit how, what the instruments share, what is specific."""

from typing import Any

import pandas as pd

from measurement import shown_tables as shown
from measurement.model_names import KEYS, NAMES, subject_of
from pipeline.data.tables import with_text
from pipeline.report.blocks import Block, Folded, Listing, Note, Sentences, under
from pipeline.report.numbers import percent
from pipeline.report.results import Results
from pipeline.report.wording import words


def section(results: Results) -> list[Block]:
    """Show sentences, figure and tables; the reason alone where there are no items.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say = words("measurement")
    models, parameters = results.table("measurement_models"), results.table("measurement_parameters")
    if "perspective" not in models:
        return [Sentences([say.nothing(models["note"].iloc[0])])]
    models = with_text(models, *KEYS, "model", "model_2", "item", "item_2")
    parameters = with_text(parameters, *KEYS, "model", "factor", "factor_2", "item", "block")
    told = [text for keys, own in models.groupby(KEYS, sort=False) for text in told_of(keys, own, parameters, results)]
    correlations = results.table("correlations") if results.has("correlations") else pd.DataFrame()
    tables = shown.Shown(results, models, parameters, correlations)
    return [
        Sentences([say.intro(results.occasion, results.dataset.is_matrix)]),
        *([Listing(told)] if told else []),
        *results.figure("measurement"),
        tables.fit(),
        Note(say.how_to_read_fit()),
        *under(say.heading("correlations"), tables.latent_correlations()),
        *under(say.heading("shares"), Note(say.how_to_read_shares()), tables.shares()),
        *under(say.heading("methods"), Note(say.how_to_read_methods()), tables.method_shares()),
        *folded(say.heading("differences"), tables.differences()),
        *folded(say.heading("residuals"), tables.residuals()),
    ]


def folded(heading: str, table: Any) -> list[Block]:
    """A table behind its heading; nothing where it has no row."""
    return [Folded(heading, [table])] if table.rows else []


def told_of(keys: tuple, models: pd.DataFrame, parameters: pd.DataFrame, results: Results) -> list[str]:
    """Sentences on one set of models: the closest fit, latent correlations, what is specific."""
    say, named = words("measurement"), dict(zip(KEYS, keys, strict=True))
    subject = subject_of(named, results.labels)
    own = parameters[(parameters[KEYS] == list(keys)).all(axis=1)]
    by = {
        name: rows.set_index("statistic")
        for name, rows in models[models["statistic"].isin(shown.INDICES)].groupby("model")
    }
    found = []
    if len(by) > 1:
        proper = [name for name, rows in by.items() if rows["estimate"].get("improper_estimates", 0) == 0]
        known = [name for name in proper if pd.notna(by[name]["estimate"].get("rmsea"))]
        if known:
            best = min(known, key=lambda name: by[name]["estimate"]["rmsea"])
            facts = {index: by[best].loc[index].to_dict() for index in ("rmsea", "cfi", "srmr")}
            found.append(say.closest(subject, NAMES[best], facts, len(known)))
    improper = [(NAMES[name], rows.loc["improper_estimates", "note"]) for name, rows in by.items() if not_proper(rows)]
    if improper:
        found.append(say.improper(subject, improper))
    pairs = own[(own["model"] == "correlated_factors") & (own["statistic"] == "latent_correlation")]
    if len(pairs):
        found.append(say.latent(subject, [(row["factor"], row["factor_2"], row) for row in pairs.to_dict("records")]))
    for model, way in (("bifactor_s_minus_1", say.specific), ("ctc_m_minus_1", say.method)):
        sums = own[(own["model"] == model) & (own["item"] == "") & (own["block"] != "")]
        parts = {
            block: {row["statistic"]: row for row in rows.to_dict("records")}
            for block, rows in sums.groupby("block", sort=False)
        }
        told = [(block, rows) for block, rows in parts.items() if "specificity" in rows]
        told = [(block, rows) for block, rows in told if pd.notna(rows["specificity"]["estimate"])]
        if told:
            first = next((block for block, rows in parts.items() if "specificity" not in rows), "")
            found.append(way(subject, first or named["perspective"], told, named["perspective_2"], percent))
    return found


def not_proper(rows: pd.DataFrame) -> bool:
    """Whether a model has an estimate that cannot be."""
    return rows["estimate"].get("improper_estimates", 0) > 0
