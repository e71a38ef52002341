"""What the totals of a perspective explain alone and in common: of an outcome, and each of them of the others."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset, Form, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from pipeline.steps.score_moments import ScoreMoments, moments_of_scores
from pipeline.steps.scores import items_at_occasion, score_columns, scores_at_occasion
from psychometrics.association.pairs import smallest_n
from psychometrics.items.variation import varying_items
from psychometrics.shared_variance.commonality import commonality_analysis, commonality_of_matrix

INSTRUMENTS, WITH_BASELINE = "instruments", "instruments and baseline"
NO_OUTCOME = "no variable of the clients has the role outcome: there is no outcome to explain"
NO_BASELINE = "no variable of the clients has the role baseline: there is nothing to go beyond"


def main(
    responses: Path, scores: Path, commonality: Path, *, level: float, draws: int, seed: int, missing: str
) -> None:
    dataset = Dataset(responses)
    totals = totals_of_people(dataset, scores) if dataset.has_people else moments_of_scores(dataset)
    options = {"level": level, "draws": draws, "seed": seed}
    parts = []
    for who in dataset.perspectives:
        forms = [form for form in dataset.forms if form.perspective == who and form.has_total]
        if not forms:
            parts.append(
                pd.DataFrame(
                    [
                        {
                            "perspective": who,
                            "statistic": "r2",
                            "estimate": float("nan"),
                            "note": "no total score: what totals explain needs one",
                        }
                    ]
                )
            )
        for name, variable in dataset.variables.items():
            if variable["role"] == "outcome" and forms:
                analyse = (
                    partial(outcome_of_people, dataset, totals, forms, name, options | {"missing": missing})
                    if dataset.has_people
                    else partial(outcome_in_matrix, dataset, totals, forms, name)
                )
                parts.append(explain_outcome(dataset, analyse).assign(perspective=who, outcome=name))
        for form in forms:
            others = [other for other in forms if other.instrument != form.instrument]
            parts.append(
                explain_total(dataset, totals, form, others, options).assign(
                    perspective=who, form=form.name, scale="total", outcome=f"{form.name} total"
                )
            )
    if not dataset.variables_of("outcome"):
        parts.append(pd.DataFrame([{"statistic": "r2", "estimate": float("nan"), "note": NO_OUTCOME}]))
    frame = pd.concat(parts, ignore_index=True).assign(dataset=dataset.name)
    settings = options | {
        "missing": "listwise within an analysis",
        "missing_in_alpha": missing,
        "occasion": dataset.occasion,
    }
    write_table(frame, commonality, settings=settings, inputs=[responses, scores])


def totals_of_people(dataset: Dataset, scores: Path) -> pd.DataFrame:
    """Totals at the chosen occasion, clients x perspective.form."""
    columns = score_columns(dataset)
    wide = scores_at_occasion(dataset, scores, columns)[columns.index[columns["scale"] == "total"]]
    return wide.rename(columns=lambda column: column.removesuffix(".total"))


def explain_outcome(dataset: Dataset, analyse: Callable[[list[str], bool], pd.DataFrame]) -> pd.DataFrame:
    """An outcome by the instruments alone and with what was known before; as observed, and corrected for unreliability.

    analyse : takes the names of the baselines, and whether to correct.
    """
    held = dataset.variables_of("baseline")
    parts = []
    for model, baseline in ((INSTRUMENTS, []), (WITH_BASELINE, held)):
        if model == WITH_BASELINE and not held:
            none = pd.DataFrame([{"group": "", "statistic": "r2", "estimate": float("nan"), "note": NO_BASELINE}])
            parts.append(none.assign(model=model, scores="observed"))
            continue
        parts += [
            analyse(baseline, corrected).assign(model=model, scores="corrected" if corrected else "observed")
            for corrected in (False, True)
        ]
    return pd.concat(parts, ignore_index=True)


def outcome_of_people(
    dataset: Dataset,
    totals: pd.DataFrame,
    forms: list[Form],
    outcome: str,
    options: dict,
    baseline: list[str],
    corrected: bool,
) -> pd.DataFrame:
    of_clients = dataset.clients.reindex(totals.index)
    if corrected and not dataset.has_items:
        everything = totals.add_suffix(".total").join(of_clients[[*baseline, outcome]])
        return outcome_in_matrix(dataset, moments_of_people(everything, forms), forms, outcome, baseline, corrected)
    answers = (
        {
            form.name: varying_items(items_at_occasion(dataset, form, totals.index)[form.scale_columns["total"]])[0]
            for form in forms
        }
        if corrected
        else None
    )
    return explain(
        dataset,
        totals,
        forms,
        of_clients[outcome],
        options | {"baseline": of_clients[baseline] if baseline else None, "answers": answers},
    )


def moments_of_people(everything: pd.DataFrame, forms: list[Form]) -> ScoreMoments:
    """What a matrix would hold of those who have all that an analysis needs: with given reliabilities and no items."""
    own = [f"{form.perspective}.{form.name}.total" for form in forms]
    complete = everything[[*own, *(name for name in everything if not name.endswith(".total"))]].dropna()
    n = pd.DataFrame(len(complete), index=complete.columns, columns=complete.columns)
    return ScoreMoments(complete.corr(), n, complete.mean(), complete.std())


def outcome_in_matrix(
    dataset: Dataset, moments: ScoreMoments, forms: list[Form], outcome: str, baseline: list[str], corrected: bool
) -> pd.DataFrame:
    reliability = dataset.published_scores["reliability"] if corrected else None
    return explain_in_matrix(moments, forms, [*baseline, outcome], instruments=len(forms), reliability=reliability)


def explain_in_matrix(
    moments: ScoreMoments,
    forms: list[Form],
    others: list[str],
    *,
    instruments: int,
    reliability: pd.Series | None = None,
) -> pd.DataFrame:
    """Commonality analysis of the last of the `others` on the totals of the forms and the rest of the others."""
    totals = [f"{form.perspective}.{form.name}.total" for form in forms]
    names, labels = [*totals, *others], [*(form.name for form in forms), *others]
    correlations = moments.correlation.loc[names, names].set_axis(labels).set_axis(labels, axis=1)
    analyse = partial(
        commonality_of_matrix,
        correlations,
        smallest_n(moments.n, names),
        instruments=instruments,
        reliability=None if reliability is None else reliability[totals].to_numpy(),
    )
    return marked(attempted(analyse, "r2").assign(model=INSTRUMENTS, scores="observed"), forms)


def explain(
    dataset: Dataset, totals: pd.DataFrame, forms: list[Form], outcome: pd.Series, options: dict
) -> pd.DataFrame:
    """Commonality analysis of an outcome on the totals of the forms."""
    predictors = totals[[f"{form.perspective}.{form.name}" for form in forms]].set_axis(
        [form.name for form in forms], axis=1
    )
    analyse = partial(commonality_analysis, predictors, outcome, units=dataset.units(totals.index), **options)
    rows = attempted(analyse, "r2")
    return marked(rows.assign(model=INSTRUMENTS, scores="observed"), forms)


def explain_total(
    dataset: Dataset, totals: pd.DataFrame | ScoreMoments, form: Form, others: list[Form], options: dict
) -> pd.DataFrame:
    """The same of one total on those of the other instruments."""
    if not others:
        return pd.DataFrame(
            [
                {
                    "statistic": "r2",
                    "estimate": float("nan"),
                    "note": "one instrument: its total is explained only where a second instrument was answered",
                }
            ]
        )
    own = f"{form.perspective}.{form.name}"
    if dataset.has_people:
        return marked(explain(dataset, totals, others, totals[own], options), [form])
    return marked(explain_in_matrix(totals, others, [f"{own}.total"], instruments=len(others)), [form])


def marked(rows: pd.DataFrame, forms: list[Form]) -> pd.DataFrame:
    """Every row of an analysis with a provisional key says so."""
    for label in dict.fromkeys(form.label for form in forms if form.key_status == "provisional"):
        rows = rows.assign(note=[append_note(note, f"provisional key ({label})") for note in rows["note"]])
    return rows


if __name__ == "__main__":
    job(main, snakemake)
