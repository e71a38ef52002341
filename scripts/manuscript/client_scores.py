"""Scale and factor scores, a row per client, for SPSS, CSV and Parquet: pseudonyms, readable by their owner alone."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pyreadstat

from manuscript.measures import scale_name
from pipeline.data.dataset import Dataset
from pipeline.data.tables import write_parquet

MADE = b"01 Jan 0000:00:00"  # date and time in the head of an SPSS file, always the same
PLACE_OF_DATE = 92  # bytes before it


def write(dataset: Dataset, scores: Path, factor_scores: dict[str, Path], folder: Path) -> None:
    """Write the scores of all clients at the chosen occasion; nothing where no person is known.

    Parameters
    ----------
    dataset : Dataset
        The data set.
    scores : Path
        Scale scores of every administration.
    factor_scores : dict of str to Path
        Perspective -> scores on its factors.
    folder : Path
        Where `scores.parquet`, `scores.csv` and `scores.sav` go, readable by their owner alone.
    """
    if not dataset.has_people:
        return
    table, labels = wide(
        dataset, pd.read_parquet(scores), {who: pd.read_parquet(path) for who, path in factor_scores.items()}
    )
    write_parquet(table, folder / "scores.parquet")
    for name in ("scores.csv", "scores.sav"):
        (folder / name).touch(mode=0o600)
    table.to_csv(folder / "scores.csv", index=False)
    pyreadstat.write_sav(table, str(folder / "scores.sav"), column_labels=[labels[column] for column in table])
    with (folder / "scores.sav").open("r+b") as file:
        file.seek(PLACE_OF_DATE)
        file.write(MADE)


def wide(
    dataset: Dataset, scores: pd.DataFrame, factor_scores: dict[str, pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Put all scores of a client into one row.

    Parameters
    ----------
    dataset : Dataset
        The data set.
    scores : pandas.DataFrame
        Long, with client, session, perspective, form, scale and mean.
    factor_scores : dict of str to pandas.DataFrame
        Perspective -> client and a column for each factor.

    Returns
    -------
    table : pandas.DataFrame
        Columns client, therapist, and one for each score.
    labels : dict
        Column -> what it is.
    """
    labels = {"client": "pseudonym of the client", "therapist": "pseudonym of the therapist"}
    chosen = dataset.at_occasion(scores)
    clients = sorted(set(scores["client"]).union(*(set(table["client"]) for table in factor_scores.values())))
    table = pd.DataFrame({"client": clients})
    table["therapist"] = table["client"].map(dataset.therapist_of)
    if table["therapist"].isna().all():
        table = table.drop(columns="therapist")
    for name, perspective, form, scale in _scales(dataset):
        rows = chosen[(chosen["perspective"] == perspective) & (chosen["form"] == form) & (chosen["scale"] == scale)]
        table[name] = table["client"].map(rows.set_index("client")["mean"])
        label = next(one.label for one in dataset.forms if one.name == form)
        labels[name] = (
            f"{label}, {scale_name(scale)}, {perspective}: {'score' if dataset.of_persons else 'mean of the items'}"
        )
    for perspective, factors in factor_scores.items():
        for factor in factors.columns.drop("client"):
            name = f"{perspective}_{factor}"
            table[name] = table["client"].map(factors.set_index("client")[factor])
            labels[name] = f"factor score {factor} of the items answered by the {perspective}"
    return table, labels


def _scales(dataset: Dataset) -> Iterable[tuple[str, str, str, str]]:
    for perspective in dataset.perspectives:
        for form in dataset.forms_of(perspective):
            for scale in form.scales:
                yield f"{form.name}_{perspective}_{scale}", perspective, form.name, scale
