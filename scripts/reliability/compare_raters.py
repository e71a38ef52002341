"""How well do several raters of the same sessions agree?"""

from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form, append_note
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.items.scoring import score_scales
from psychometrics.variance.raters import COLUMNS, rater_agreement

DRAWS = 5000
RULE = (
    "ratings that analyses of a single rating leave out: of each session they take the rater who rated the most "
    "sessions with the form, of equals the first by code"
)


def main(responses: Path, raters: Path, *, minimum_share: float, level: float, seed: int) -> None:
    dataset = Dataset(responses)
    frame = pd.concat(
        [
            agreement(dataset, form, minimum_share, level, seed).assign(perspective=form.perspective, form=form.name)
            for form in dataset.forms
        ],
        ignore_index=True,
    ).assign(dataset=dataset.name)
    settings = {
        "level": level,
        "seed": seed,
        "draws": DRAWS,
        "minimum_share": minimum_share,
        "score": "mean of the items",
        "occasion": dataset.occasion,
    }
    write_table(dataset.mark_provisional(frame), raters, settings=settings, inputs=[responses])


def agreement(dataset: Dataset, form: Form, minimum_share: float, level: float, seed: int) -> pd.DataFrame:
    """Rows of every scale at every occasion, and how many ratings other analyses leave out."""
    reason = "needs raw answers" if dataset.is_matrix else "no raters are named"
    ratings = None if dataset.is_matrix else dataset.keyed_ratings(form)
    if ratings is None or ratings["rater"].isna().all():
        return pd.DataFrame([{"statistic": "icc_1", "note": reason}], columns=COLUMNS)
    low, high = form.range
    indexed = ratings.set_index(["client", "session", "rater"])[form.columns]
    scored = score_scales(indexed, form.scale_columns, low=low, high=high, minimum_share=minimum_share)
    left_out = len(ratings) - len(ratings.drop_duplicates(["client", "session"]))
    parts = [pd.DataFrame([{"statistic": "ratings_left_out", "estimate": left_out, "n": len(ratings), "method": RULE}])]
    for scale in form.scales:
        for session, rows in dataset.occasions(scored[scored["scale"] == scale]):
            wide = rows.pivot(index="client", columns="rater", values="mean")
            found = rater_agreement(wide, level=level, draws=DRAWS, seed=seed)
            found = nested(found, dataset, wide).assign(scale=scale)
            parts.append(found.assign(session=session) if len(dataset.sessions) > 1 else found)
    return pd.concat(parts).fillna({"note": ""})


def nested(rows: pd.DataFrame, dataset: Dataset, wide: pd.DataFrame) -> pd.DataFrame:
    """Intervals of clients who share therapists say that they take clients as independent."""
    clients = wide.dropna(how="all").index
    units = len(np.unique(dataset.units(clients)))
    if units == len(clients):
        return rows
    note = f"the interval treats the {len(clients)} clients as independent although they belong to {units} units"
    told = [
        append_note(old, note) if known else old for old, known in zip(rows["note"], rows["lower"].notna(), strict=True)
    ]
    return rows.assign(note=told)


if __name__ == "__main__":
    job(main, snakemake)
