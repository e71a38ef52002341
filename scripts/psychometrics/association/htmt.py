"""Are two instruments distinct? The heterotrait-monotrait ratio of the correlations of their items."""

import numpy as np
import pandas as pd

from psychometrics.association.cluster_bootstrap import jackknife_intervals
from psychometrics.association.pairs import all_pairs
from psychometrics.association.weighted import used_by, weighted_pair_correlations
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import leave_out_weights

METHODS = {"htmt": "arithmetic means", "htmt2": "geometric means"}
NUMBERS_AT_ONCE = 3_000_000
MOST_PARTS = 500  # of the units, left out one at a time; each needs all correlations anew
UNDEFINED = "an instrument has one item only, or an item that does not vary or correlates with none"
FEWEST = 3  # clients that a correlation needs


def htmt(correlation: np.ndarray, first: int) -> dict[str, np.ndarray]:
    r"""Both ratios of two sets of items.

    .. math:: \overline{|r_{xy}|} \big/ \sqrt{\overline{|r_{xx'}|}\; \overline{|r_{yy'}|}}

    Parameters
    ----------
    correlation : (..., p, p) correlations of the items of both; the `first` items are those of the one.

    Returns
    -------
    {"htmt": (...), "htmt2": (...)}, missing where a set has one item or a correlation is missing.

    Notes
    -----
    HTMT: Henseler, Ringle & Sarstedt (2015), J. Acad. Mark. Sci. 43, 115-135, eq. 4; it takes all items of a set as
    equally good. HTMT2 has geometric means in place of arithmetic ones and needs no such equality: Roemer, Schuberth &
    Henseler (2021), Ind. Manag. Data Syst. 121, 2637-2650. Correlations count by their size, as Ringle et al. (2023),
    Data Brief 48, advise. Agrees with semTools::htmt(absolute = TRUE, htmt2 = FALSE and TRUE). HTMT is close to the
    correlation of the totals corrected by standardized alpha.
    """
    row, column = all_pairs(range(correlation.shape[-1])).T
    return _ratios(correlation[..., row, column], row, column, first)


def _ratios(r, row, column, first):
    """Of the correlations (..., pairs) of items at the positions `row` < `column`."""
    size = np.abs(r)
    blocks = [size[..., (row < first) & (column >= first)], size[..., column < first], size[..., row >= first]]
    if not all(block.shape[-1] for block in blocks):
        return {name: np.full(size.shape[:-1], np.nan) for name in METHODS}
    with np.errstate(divide="ignore", invalid="ignore"):
        between, x, y = (block.mean(axis=-1) for block in blocks)
        log_between, log_x, log_y = (np.log(block).mean(axis=-1) for block in blocks)
        return {"htmt": between / np.sqrt(x * y), "htmt2": np.exp(log_between - (log_x + log_y) / 2)}


def htmt_of_answers(answers: pd.DataFrame, first: int, *, missing="pairwise", units, level=0.95):
    """Rows htmt and htmt2 with jackknife intervals.

    Parameters
    ----------
    answers : clients x keyed items of two instruments; the `first` columns are the items of the one.
    missing : "pairwise" takes each correlation over the clients who answered both items; "listwise" takes clients who
        answered every item of both instruments.
    units : (n,) what is independent: the therapist, or the client where none is known.
    level : coverage of the intervals, in (0, 1).

    Returns
    -------
    Rows with statistic, estimate, se, lower, upper, level, n, method, note; n is the smallest number of clients behind
    a correlation.

    Notes
    -----
    The sizes of correlations near zero are too large in resamples, and with a ceiling resamples are too much alike:
    bootstrap intervals covered 92 % in 1,000 simulated samples of 200 people and 82 % in samples of 80. Those of
    :func:`psychometrics.association.cluster_bootstrap.jackknife_intervals` covered 94 and 93 % (HTMT2: 97 and 94 %);
    where the truth
    was .91 instead of .51, 95 and 93 % (96 and 95 %).
    """
    check_level(level)
    if missing not in ("pairwise", "listwise"):
        raise ValueError(f"missing must be 'pairwise' or 'listwise', not '{missing}'.")
    values = answers.to_numpy(dtype=float, na_value=np.nan)
    if missing == "listwise":
        values = np.where(np.isfinite(values).all(axis=1, keepdims=True), values, np.nan)
    pairs = all_pairs(answers.columns)
    used = used_by(values, pairs)
    n = used.sum(axis=0)
    if n.min() < FEWEST:
        both = " and ".join(answers.columns[pairs[n.argmin()]])
        return _rows(
            dict.fromkeys(METHODS, np.nan), n.min(), missing, f"fewer than three people answered both {both}"
        ).assign(level=level)

    def ratios(weights):
        return _ratios(weighted_pair_correlations(values, weights, pairs), *pairs.T, first)

    found = {name: value[0] for name, value in ratios(np.ones((1, len(values)))).items()}
    anyone = used.any(axis=1)
    values, units = values[anyone], np.asarray(units)[anyone]
    weights, step = leave_out_weights(units, MOST_PARTS, 0), max(1, NUMBERS_AT_ONCE // len(pairs))
    left_out = np.concatenate(
        [
            np.column_stack(list(ratios(weights[start : start + step]).values()))
            for start in range(0, len(weights), step)
        ]
    )
    rows = _rows(found, n.min(), missing if n.min() < n.max() or missing == "listwise" else "")
    return jackknife_intervals(rows, left_out, len(set(units)), level)


def htmt_of_matrix(correlation: pd.DataFrame, first: int, n: int, level=0.95) -> pd.DataFrame:
    """The same rows for data that are a matrix of item correlations: without intervals."""
    rows = _rows(htmt(correlation.to_numpy(dtype=float), first), n, "published")
    rows["note"] = rows["note"].where(rows["estimate"].isna(), "the interval needs raw answers")
    return rows.assign(se=np.nan, lower=np.nan, upper=np.nan, level=level)


def _rows(found, n, how, reason=UNDEFINED):
    estimates = np.array([float(value) for value in found.values()])
    known = np.isfinite(estimates)
    method = f"Pearson correlations of the items, {how}".removesuffix(", ")
    return pd.DataFrame(
        {
            "statistic": list(found),
            "estimate": np.where(known, estimates, np.nan),
            "n": n,
            "method": [f"{METHODS[name]} of {method}" for name in found],
            "note": np.where(known, "", reason),
        }
    )
