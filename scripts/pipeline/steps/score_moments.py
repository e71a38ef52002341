"""Moments of the scores of a data set without answers, whether a matrix of items or one of scores was published."""

from dataclasses import dataclass

import pandas as pd

from pipeline.data.dataset import Dataset, Form
from psychometrics.items.scoring import composite_moments

NEEDS_ITEMS = "needs item answers or an item correlation matrix"


@dataclass(frozen=True)
class ScoreMoments:
    """Frames correlation and n, score x score, and Series mean and sd; labels client.wai_s.total, ..., and the outcomes
    and baselines by their names."""

    correlation: pd.DataFrame
    n: pd.DataFrame
    mean: pd.Series
    sd: pd.Series


def moments_of_scores(dataset: Dataset) -> ScoreMoments:
    """The moments of every score of a matrix."""
    if not dataset.has_items:
        published = dataset.published_scores
        return ScoreMoments(dataset.score_correlations, dataset.score_pairs, published["mean"], published["sd"])
    found = composite_moments(dataset.matrix, dataset.moments["mean"], dataset.moments["sd"], scale_labels(dataset))
    n = pd.DataFrame(dataset.people, index=found.sd.index, columns=found.sd.index)
    return ScoreMoments(found.correlation, n, found.mean, found.sd)


def scale_labels(dataset: Dataset) -> dict[str, list[str]]:
    """client.wai_s.total -> labels of its items, for every score."""
    return {
        f"{form.perspective}.{form.name}.{scale}": form.labels_of(scale)
        for form in dataset.forms
        for scale in form.scales
    }


def published_reliabilities(dataset: Dataset, form: Form) -> pd.DataFrame:
    """Rows of the reliabilities that were published for the scores of a form; alpha is there, if only with a reason."""
    rows, given = [], "given in dataset.yaml" if dataset.of_persons else "published"
    for scale in form.scales:
        name = f"{form.perspective}.{form.name}.{scale}"
        found = dataset.published_scores.loc[name]
        row = {
            "scale": scale,
            "estimate": found["reliability"],
            "n": dataset.score_pairs.loc[name, name],
            "statistic": found["coefficient"],
            "method": "as published",
            "note": "",
        }
        if found["coefficient"] != "alpha":
            note = f"no reliability was {given}; {NEEDS_ITEMS}"
            if pd.notna(found["reliability"]):
                note = f"{given} is {found['coefficient']} = {found['reliability']:g}"
            rows.append(row | {"statistic": "alpha", "estimate": None, "method": "", "note": note})
        if pd.notna(found["reliability"]):
            rows.append(row)
    columns = ["scale", "item", "statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]
    return pd.DataFrame(rows, columns=columns).astype({"estimate": float})
