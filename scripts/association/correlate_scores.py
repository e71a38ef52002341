"""Correlations between all scale scores at one occasion, and with the outcomes and baselines of the clients."""

from functools import partial
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from pipeline.steps.attempts import attempted
from pipeline.steps.left_out import noted_by_score, varying_members
from pipeline.steps.score_moments import NEEDS_ITEMS, moments_of_scores, scale_labels
from pipeline.steps.scores import items_at_occasion, score_columns, scores_at_occasion, variable_columns
from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.disattenuation import disattenuate
from psychometrics.association.latent import latent_correlations
from psychometrics.association.partial import partial_correlations
from psychometrics.association.scores import (
    correct_for_known_reliabilities,
    correlate_composites,
    correlate_published,
    correlate_scores,
    latent_without_items,
)
from psychometrics.factors.minres import one_factor_minres
from psychometrics.items.variation import left_out_note, varying_items
from psychometrics.reliability.omega_total import omega_total
from psychometrics.reliability.scale_reliability import alpha_from_covariance


def main(
    responses: Path, scores: Path, correlations: Path, *, level: float, draws: int, seed: int, missing: str
) -> None:
    dataset = Dataset(responses)
    columns = score_columns(dataset)
    if dataset.of_persons:
        frame = correlations_of_person_scores(dataset, scores, columns, level=level)
    elif not dataset.has_items:
        frame = from_published_scores(dataset, columns, level)
    elif dataset.is_matrix:
        frame = correlations_of_matrix(dataset, columns, level)
    else:
        frame = correlations_of_people(dataset, scores, columns, level=level, draws=draws, seed=seed, missing=missing)
    settings = {"level": level, "resamples": draws, "seed": seed, "missing": missing, "occasion": dataset.occasion}
    write_table(
        dataset.mark_provisional(frame.assign(dataset=dataset.name)),
        correlations,
        settings=settings,
        inputs=[responses, scores],
    )


def correlations_of_people(
    dataset: Dataset, scores: Path, columns: pd.DataFrame, *, level: float, draws: int, seed: int, missing: str
) -> pd.DataFrame:
    wide = scores_at_occasion(dataset, scores, columns)
    forms = {f"{form.perspective}.{form.name}": items_at_occasion(dataset, form, wide.index) for form in dataset.forms}
    scales = {
        f"{form.perspective}.{form.name}.{scale}": (f"{form.perspective}.{form.name}", members)
        for form in dataset.forms
        for scale, members in form.scale_columns.items()
    }
    variables = variable_columns(dataset)
    wide, every = wide.join(dataset.clients[list(variables.index)]), pd.concat([columns, variables])
    held = variables.loc[variables["form"] == "baseline", "scale"].to_dict()
    units = dataset.units(wide.index)
    how = {"level": level, "units": units}
    # normal-theory EM is not for ordinal answers
    ordinal = {"level": level, "missing": "pairwise" if missing == "em" else missing}
    varying, of_varying = varying_members(forms, scales)
    notes = {
        name: f"{columns.loc[name, 'label']} {columns.loc[name, 'scale']} {left_out_note(left_out)}"
        for name, (form, members) in scales.items()
        if (left_out := varying_items(forms[form][members])[1])
    }
    items = {name: varying_items(forms[form][members])[0] for name, (form, members) in scales.items()}
    resamples = resample_units(units, draws, seed)
    corrected = partial(disattenuate, wide, items, columns, missing=missing, level=level, resamples=resamples)
    latent = partial(latent_correlations, varying, of_varying, columns, units=units, **ordinal)
    return pd.concat(
        [
            correlate_scores(wide, every, method="pearson", **how),
            correlate_scores(wide, every, method="spearman", **how),
            noted_by_score(attempted(corrected, "r_disattenuated"), notes),
            noted_by_score(attempted(latent, "r_latent"), notes),
            attempted(partial(partial_correlations, wide, every.drop(index=list(held)), held, **how), "r_partial"),
        ]
    )


def correlations_of_person_scores(
    dataset: Dataset, scores: Path, columns: pd.DataFrame, *, level: float
) -> pd.DataFrame:
    """As of people with answers; corrected for the reliabilities that the data set gives, and without latent ones."""
    variables = variable_columns(dataset)
    wide = scores_at_occasion(dataset, scores, columns).join(dataset.clients[list(variables.index)])
    every = pd.concat([columns, variables])
    held = variables.loc[variables["form"] == "baseline", "scale"].to_dict()
    how = {"level": level, "units": dataset.units(wide.index)}
    observed = correlate_scores(wide, every, method="pearson", **how)
    published = dataset.published_scores
    return pd.concat(
        [
            observed,
            correlate_scores(wide, every, method="spearman", **how),
            correct_for_known_reliabilities(observed, every, published["reliability"], published["coefficient"]),
            latent_without_items(every, NEEDS_ITEMS),
            attempted(partial(partial_correlations, wide, every.drop(index=list(held)), held, **how), "r_partial"),
        ]
    )


def correlations_of_matrix(dataset: Dataset, columns: pd.DataFrame, level: float) -> pd.DataFrame:
    sd, alphas, omegas = dataset.moments["sd"], {}, {}
    for name, labels in scale_labels(dataset).items():
        correlation = dataset.matrix.loc[labels, labels]
        covariance = correlation.mul(sd[labels], axis=0).mul(sd[labels], axis=1)
        alphas[name] = alpha_from_covariance(covariance, dataset.people, level).estimate
        if len(labels) > 2:
            omegas[name] = omega_total(one_factor_minres(correlation), sd[labels].to_numpy())
    moments = moments_of_scores(dataset)
    return correlate_composites(
        moments.correlation, columns, pd.Series(alphas), moments.n, omegas=pd.Series(omegas), level=level
    )


def from_published_scores(dataset: Dataset, columns: pd.DataFrame, level: float) -> pd.DataFrame:
    moments, published, variables = moments_of_scores(dataset), dataset.published_scores, variable_columns(dataset)
    held = variables.loc[variables["form"] == "baseline", "scale"].to_dict()
    return correlate_published(
        moments.correlation,
        pd.concat([columns, variables]),
        moments.n,
        published["reliability"],
        published["coefficient"],
        held,
        level=level,
    )


if __name__ == "__main__":
    job(main, snakemake)
