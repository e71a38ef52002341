"""Samples of a simulation in a file that a run which was ended goes on with."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd

AT_ONCE = 10


def add_samples(
    file: Path,
    columns: list[str],
    cells: list[dict],
    estimate: Callable[..., pd.DataFrame],
    samples: int,
    processes: int | None,
) -> None:
    """Add to the file what it does not hold yet, 10 samples at a time.

    Parameters
    ----------
    cells : the designs; keywords of `estimate`, and columns of its rows.
    estimate : takes the number of the sample and a cell, and returns rows with the columns, one of which is `sample`.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    known = pd.read_csv(file) if file.exists() else pd.DataFrame(columns=columns)
    with ProcessPoolExecutor(processes) as pool:
        for cell in cells:
            done = set(known.loc[(known[list(cell)] == pd.Series(cell)).all(axis=1), "sample"])
            left = [number for number in range(samples) if number not in done]
            for first in range(0, len(left), AT_ONCE):
                found = pool.map(partial(estimate, **cell), left[first : first + AT_ONCE])
                pd.concat(found)[columns].to_csv(file, mode="a", header=not file.exists(), index=False)
