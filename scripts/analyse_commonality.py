"""What the totals of a perspective explain alone and in common: of an outcome, and each of them of the others."""
from pathlib import Path

import pandas as pd

from pipeline.dataset import Dataset, Form, append_note
from pipeline.job import job
from pipeline.scores import items_at_occasion, score_columns, scores_at_occasion
from pipeline.tables import write_table
from psychometrics.commonality import commonality_analysis, commonality_of_matrix
from psychometrics.scoring import composite_moments

INSTRUMENTS, WITH_BASELINE = "instruments", "instruments and baseline"
NO_OUTCOME = "no variable of the clients has the role outcome: there is no outcome to explain"
NO_BASELINE = "no variable of the clients has the role baseline: there is nothing to go beyond"


def main(responses: Path, scores: Path, table: Path, *, level: float, draws: int, seed: int, missing: str) -> None:
    dataset = Dataset(responses)
    totals = totals_of_matrix(dataset) if dataset.is_matrix else totals_of_people(dataset, scores)
    options = {"level": level, "draws": draws, "seed": seed}
    parts = []
    for who in dataset.perspectives:
        forms = [form for form in dataset.forms if form.perspective == who and "total" in form.scales]
        for name, variable in dataset.variables.items():
            if variable["role"] == "outcome" and not dataset.is_matrix:
                parts.append(explain_outcome(dataset, totals, forms, name, options, missing).assign(
                    perspective=who, outcome=name))
        for form in forms:
            others = [other for other in forms if other.instrument != form.instrument]
            parts.append(explain_total(dataset, totals, form, others, options).assign(
                perspective=who, form=form.name, scale="total", outcome=f"{form.name} total"))
    if not any(variable["role"] == "outcome" for variable in dataset.variables.values()):
        parts.append(pd.DataFrame([{"statistic": "r2", "estimate": float("nan"), "note": NO_OUTCOME}]))
    frame = pd.concat(parts, ignore_index=True).assign(dataset=dataset.name)
    settings = options | {"missing": "listwise within an analysis", "missing_in_alpha": missing,
                          "occasion": dataset.occasion}
    write_table(frame, table, settings=settings, inputs=[responses, scores])


def totals_of_people(dataset: Dataset, scores: Path) -> pd.DataFrame:
    """Totals at the chosen occasion, clients x perspective.form."""
    columns = score_columns(dataset)
    wide = scores_at_occasion(dataset, scores, columns)[columns.index[columns["scale"] == "total"]]
    return wide.rename(columns=lambda column: column.removesuffix(".total"))


def totals_of_matrix(dataset: Dataset) -> pd.DataFrame:
    """Correlations of the totals of a published matrix."""
    scales = {f"{form.perspective}.{form.name}": [form.labels[item - 1] for item in form.scales["total"]]
              for form in dataset.forms if "total" in form.scales}
    return composite_moments(dataset.matrix, dataset.moments["mean"], dataset.moments["sd"], scales).correlation


def explain_outcome(dataset: Dataset, totals: pd.DataFrame, forms: list[Form], outcome: str, options: dict,
                    missing: str) -> pd.DataFrame:
    """An outcome by the instruments alone and with what was known before; as observed, and corrected for alpha."""
    of_clients = dataset.clients.reindex(totals.index)
    held = [name for name, part in dataset.variables.items() if part["role"] == "baseline"]
    answers = {}
    for form in forms:
        answers[form.name] = items_at_occasion(dataset, form, totals.index)[form.scale_columns["total"]]
    parts = []
    for model, baseline in ((INSTRUMENTS, None), (WITH_BASELINE, of_clients[held])):
        if baseline is not None and not held:
            none = pd.DataFrame([{"group": "", "statistic": "r2", "estimate": float("nan"), "note": NO_BASELINE}])
            parts.append(none.assign(model=model, scores="observed"))
            continue
        for scores, items in (("observed", None), ("corrected", answers)):
            rows = explain(dataset, totals, forms, of_clients[outcome],
                           options | {"baseline": baseline, "answers": items, "missing": missing})
            parts.append(rows.assign(model=model, scores=scores))
    return pd.concat(parts, ignore_index=True)


def explain(dataset: Dataset, totals: pd.DataFrame, forms: list[Form], outcome: pd.Series, options: dict
            ) -> pd.DataFrame:
    """Commonality analysis of an outcome on the totals of the forms."""
    predictors = totals[[f"{form.perspective}.{form.name}" for form in forms]].set_axis(
        [form.name for form in forms], axis=1)
    rows = commonality_analysis(predictors, outcome, units=dataset.units(totals.index), **options)
    return marked(rows.assign(model=INSTRUMENTS, scores="observed"), forms)


def explain_total(dataset: Dataset, totals: pd.DataFrame, form: Form, others: list[Form], options: dict
                  ) -> pd.DataFrame:
    """The same of one total on those of the other instruments."""
    if not others:
        return pd.DataFrame([{"statistic": "r2", "estimate": float("nan"), "note":
                              "one instrument: its total is explained only where a second instrument was answered"}])
    own = f"{form.perspective}.{form.name}"
    if not dataset.is_matrix:
        return marked(explain(dataset, totals, others, totals[own], options), [form])
    names = [*(f"{other.perspective}.{other.name}" for other in others), own]
    labels = [*(other.name for other in others), "outcome"]
    correlations = totals.loc[names, names].set_axis(labels).set_axis(labels, axis=1)
    return marked(commonality_of_matrix(correlations, dataset.people), [*others, form])


def marked(rows: pd.DataFrame, forms: list[Form]) -> pd.DataFrame:
    """Every row of an analysis with a provisional key says so."""
    for label in dict.fromkeys(form.label for form in forms if form.key_status == "provisional"):
        rows = rows.assign(note=[append_note(note, f"provisional key ({label})") for note in rows["note"]])
    return rows


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            scores=Path(snakemake.input.scores),
            table=Path(snakemake.output.table),
            level=snakemake.params.level,
            draws=snakemake.params.draws,
            seed=snakemake.params.seed,
            missing=snakemake.params.missing,
        )
