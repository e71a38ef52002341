"""Whether factors come back in the halves of a sample."""

import numpy as np
import pandas as pd

from psychometrics.correlation.correlator import Correlator
from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.bootstrap import refit
from psychometrics.factors.solution import FactorSolution
from psychometrics.resampling.formula_intervals import percentile_interval
from psychometrics.resampling.weights import generator_of

SIMILAR = 0.85  # congruence from which factors count as similar (Lorenzo-Seva & ten Berge 2006)


def random_halves(units: np.ndarray, *, first_draw: int, n_draws: int, seed: int) -> np.ndarray:
    """Split whole units at random into halves of about equal size, many times.

    Parameters
    ----------
    units : numpy.ndarray
        Unit of each row, (n_rows,): the therapist, or the client where none is known.
    first_draw : int
        First of the splits wanted, counted from 0; any division into pieces gives the same splits.
    n_draws : int
        How many splits.
    seed : int
        Seed of the splits, at least 0.

    Returns
    -------
    numpy.ndarray
        True for the rows in the first half, (n_draws, n_rows).

    Raises
    ------
    ValueError
        A row has no unit, or there is only one unit.

    Notes
    -----
    In random order each unit goes to the half with fewer rows so far, so that the halves are about equal. The order of
    the rows does not matter.

    Examples
    --------
    >>> import numpy as np
    >>> from psychometrics.factors.split_halves import random_halves
    >>> therapists = np.array(["t1", "t1", "t2", "t3", "t3", "t4"])
    >>> random_halves(therapists, first_draw=0, n_draws=2, seed=1).astype(int)
    array([[1, 1, 0, 0, 0, 1],
           [1, 1, 1, 0, 0, 0]])
    """
    code, unique = pd.factorize(np.asarray(units), sort=True)
    if (code < 0).any():
        raise ValueError("every row needs a unit to be split by; at least one row has none")
    if len(unique) < 2:
        raise ValueError("one unit cannot be split into halves")
    sizes = np.bincount(code).tolist()
    first = np.zeros((n_draws, len(unique)), dtype=bool)
    for row, draw in enumerate(range(first_draw, first_draw + n_draws)):
        generator = generator_of(seed, draw)
        balance = 0
        for unit in generator.permutation(len(unique)):
            first[row, unit] = balance < 0 or (balance == 0 and generator.random() < 0.5)
            balance += sizes[unit] if first[row, unit] else -sizes[unit]
    return first[:, code]


def solve_halves(
    correlator: Correlator, units: np.ndarray, solution: FactorSolution, *, first_draw: int, n_draws: int, seed: int
) -> dict[str, np.ndarray]:
    """Fit a solution in both halves of the sample, many times.

    Parameters
    ----------
    correlator : Correlator
        Answers of n people to p items.
    units : numpy.ndarray
        Unit of each person, (n,), see `random_halves`.
    solution : FactorSolution
        Solution with k factors of the whole sample: its extraction and rotation are repeated in each half. The first
        half is aligned to it, for the names of the factors, and the second half to the first.
    first_draw : int
        First of the splits wanted, counted from 0; any division into pieces gives the same splits.
    n_draws : int
        How many splits.
    seed : int
        Seed of the splits, at least 0.

    Returns
    -------
    dict of str to numpy.ndarray
        Arrays whose first axis is the split: `congruence` (k,) of the two halves; `home` (2, p), for each half the
        position of each item's largest absolute loading, -1 where there is none; `failed`, whether a half had no
        solution, as where all people are of one unit.
    """
    p, k = solution.pattern.shape
    if len(np.unique(units)) < 2:  # nothing to split
        halves = np.zeros((0, len(units)), dtype=bool)
    else:
        halves = random_halves(units, first_draw=first_draw, n_draws=n_draws, seed=seed)
    congruence = np.full((n_draws, k), np.nan)
    home = np.full((n_draws, 2, p), -1)
    for draw, half in enumerate(halves):
        one = refit(correlator, half.astype(int), solution)
        two = None if one is None else refit(correlator, (~half).astype(int), solution)
        if one is None or two is None:
            continue
        pattern, _, congruence[draw] = align_arrays(two[0], two[1], one[0])
        home[draw] = np.abs(one[0]).argmax(axis=1), np.abs(pattern).argmax(axis=1)
    return {"congruence": congruence, "home": home, "failed": home[:, 0, 0] < 0}


def split_half_table(
    draws: dict[str, np.ndarray], solution: FactorSolution, *, level: float = 0.95, units: str = "clients"
) -> pd.DataFrame:
    """Put the results of `solve_halves` into tidy rows.

    Parameters
    ----------
    draws : dict of str to numpy.ndarray
        Results of `solve_halves`.
    solution : FactorSolution
        Solution of the whole sample.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    units : str, default "clients"
        What was split, for the method.

    Returns
    -------
    pandas.DataFrame
        Columns item, factor, statistic, estimate, lower, upper, level, n, method, note. Per factor
        `split_half_congruence`, the median over the splits, and `split_half_similar`, the share of splits in which it
        is at least .85; `split_half_items_stay`, the mean share of items with their largest loading on the same factor
        in both halves; per item, with its factor in the whole sample, `split_half_item_changes`, the share of splits in
        which it changes factor; `splits_without_solution`.

    Notes
    -----
    Everett (1983), Multivariate Behav. Res. 18, 197-218 (comparability of halves); congruence: Lorenzo-Seva & ten Berge
    (2006), Methodology 2, 57-64. The intervals are percentiles over the splits: they show how much the answer depends
    on the split, in halves of the sample.
    """
    failed = draws["failed"]
    used = int((~failed).sum())
    congruence = draws["congruence"][~failed]
    moved = draws["home"][:, 0] != draws["home"][:, 1]
    stays, changed = 1 - moved.mean(axis=1), moved[~failed]
    common = {
        "level": np.nan,
        "n": solution.n,
        "note": "" if used else "no split had a solution in both halves",
        "method": f"{used} of {len(failed)} random splits of {units} into halves, {solution.method}",
    }
    rows: list[dict] = []
    lower, upper = percentile_interval(np.column_stack([draws["congruence"], np.where(failed, np.nan, stays)]), level)
    for j, factor in enumerate(solution.labels):
        values = congruence[:, j]
        rows.append(
            {
                "factor": factor,
                "statistic": "split_half_congruence",
                "lower": lower[j],
                "upper": upper[j],
                "estimate": np.median(values) if used else np.nan,
                "level": level,
            }
        )
        rows.append(
            {
                "factor": factor,
                "statistic": "split_half_similar",
                "estimate": np.mean(values >= SIMILAR) if used else np.nan,
            }
        )
    rows.append(
        {
            "statistic": "split_half_items_stay",
            "estimate": stays[~failed].mean() if used else np.nan,
            "lower": lower[-1],
            "upper": upper[-1],
            "level": level,
        }
    )
    if len(solution.labels) == 1:
        rows[-1]["note"] = "with one factor every item stays"
    places = np.abs(solution.pattern.to_numpy()).argmax(axis=1)
    for i, item in enumerate(solution.pattern.index):
        rows.append(
            {
                "item": item,
                "factor": solution.labels[places[i]],
                "statistic": "split_half_item_changes",
                "estimate": changed[:, i].mean() if used else np.nan,
            }
        )
    rows.append({"statistic": "splits_without_solution", "estimate": float(failed.sum()), "note": ""})
    columns = ["item", "factor", "statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]
    return pd.DataFrame([common | row for row in rows], columns=columns)
