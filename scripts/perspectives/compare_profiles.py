"""Do client and therapist answer the same items alike, and more so than people of other dyads?"""

from pathlib import Path

import pandas as pd

from perspectives.mirrored import MirroredForm, mirrored_forms, why_no_items
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import with_text, write_table
from psychometrics.perspectives.profile import profile_agreement

REPAIRINGS = 1000


def main(responses: Path, perspective_profiles: Path, *, level: float, seed: int) -> None:
    dataset = Dataset(responses)
    if reason := why_no_items(dataset):
        frame = pd.DataFrame([{"statistic": "profile_d2", "estimate": float("nan"), "note": reason}])
    else:
        parts = [compare(dataset, mirrored, level, seed) for mirrored in mirrored_forms(dataset)]
        frame = dataset.mark_provisional(pd.concat(parts, ignore_index=True))
    settings = {
        "level": level,
        "seed": seed,
        "repairings": REPAIRINGS,
        "missing": "items that both answered, at least half of the form",
        "occasion": dataset.occasion,
    }
    write_table(frame.assign(dataset=dataset.name), perspective_profiles, settings=settings, inputs=[responses])


def compare(dataset: Dataset, mirrored: MirroredForm, level: float, seed: int) -> pd.DataFrame:
    """Rows of one form at the chosen occasion."""
    first, second = mirrored.answers(dataset)
    rows = profile_agreement(
        first, second, units=dataset.units(first.index), level=level, repairings=REPAIRINGS, seed=seed
    )
    return mirrored.described(with_text(rows, "role", "method")).drop(columns="role")


if __name__ == "__main__":
    job(main, snakemake)
