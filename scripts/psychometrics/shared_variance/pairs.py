"""How much variance two instruments share, set against "less than 50%, usually about 20%"."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from psychometrics.association.pairs import COLUMNS, PAIR
from psychometrics.resampling.bootstrap_intervals import TOO_WIDE, is_too_wide
from psychometrics.resampling.formula_intervals import squared_interval

CLAIM_BELOW = 0.50
CLAIM_TYPICAL = 0.20


def shared_variance_of_pairs(
    correlations: pd.DataFrame,
    columns: pd.DataFrame,
    *,
    labels: Mapping[str, str] | None = None,
    published_below: float = CLAIM_BELOW,
    published_typical: float = CLAIM_TYPICAL,
) -> pd.DataFrame:
    """Square the correlations of instrument totals and test them against the published shares.

    A form without a total, as in a publication that printed subscales only, is represented by its scales.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Tidy rows r_pearson and r_disattenuated of :mod:`psychometrics.association.scores`.
    columns : pandas.DataFrame
        One row per score, with columns perspective, form, instrument, scale.
    labels : mapping of str to str, optional
        Form -> how the sentence names it; by default the form itself.
    published_below : float, default 0.5
        The published upper bound of the share, in (0, 1).
    published_typical : float, default 0.2
        The published usual share, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows per pair of totals, of different instruments within a perspective first, then of one instrument across
        perspectives (of scales: each with the scale of the same name): r2 (its note is the sentence), p_r2_below_0.50
        and distance_from_0.20 (named after the published shares), r2_disattenuated. Without a pair, one row that says
        so.

    Notes
    -----
    Intervals are the squared limits of r's interval. p_r2_below_* is the one-sided p value of the hypothesis that
    rho^2 is *not* below the share, z = (atanh|r| - atanh sqrt(share)) / se, with se from the length of r's interval on
    Fisher's scale: 1 / sqrt(n - 3) for Fisher's; for the jackknife's its standard error, enlarged by the quantile of t
    over the normal one. A small p speaks for "below".
    Claim: Krause, Altimir & Horvath (2011), Clinica y Salud 22, 267-283.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics import correlate_scores, example_answers, shared_variance_of_pairs
    >>> answers = example_answers()
    >>> scores = pd.DataFrame({form: answers.filter(regex=f"{form}_[0-9]").mean(axis=1) for form in ("wai", "haq")})
    >>> columns = pd.DataFrame(
    ...     {"perspective": "client", "form": ["wai", "haq"], "instrument": ["WAI", "HAq"], "scale": "total"},
    ...     index=["wai", "haq"],
    ... )
    >>> shares = shared_variance_of_pairs(
    ...     correlate_scores(scores, columns), columns, labels={"wai": "WAI", "haq": "HAq"}
    ... )
    >>> shares[["statistic", "estimate", "lower", "upper"]].round(2)
                statistic  estimate  lower  upper
    0                  r2      0.46   0.35   0.56
    1     p_r2_below_0.50      0.20    NaN    NaN
    2  distance_from_0.20      0.26   0.15   0.36
    >>> print(shares["note"][0])
    WAI and HAq (client) share 46% of their variance (95% CI [35, 56]): more than 20%, not distinguishable from 50%.
    """
    instrument = columns.drop_duplicates("form").set_index("form")["instrument"]
    labels = labels or {}
    forms = columns.groupby(["perspective", "form"], sort=False)["scale"]
    stands_for = {key: ["total"] if "total" in set(scales) else list(scales) for key, scales in forms}
    kind = np.array([_kind(row, instrument, stands_for) for row in correlations.to_dict("records")], dtype="O")
    rows = []
    for wanted in ("instruments", "perspectives"):
        chosen = correlations[kind == wanted]
        for pair, group in chosen.groupby(PAIR, sort=False):
            by_statistic = {row["statistic"]: row for row in group.to_dict("records")}
            names = dict(zip(PAIR, pair, strict=True))
            named = _name(names, labels, wanted)
            rows += [names | row for row in _pair_rows(by_statistic, named, published_below, published_typical)]
    if not rows:
        rows = [{"statistic": "r2", "note": _why_none(columns)}]
    return pd.DataFrame(rows, columns=COLUMNS)


def statement(
    named: str,
    estimate: float,
    lower: float,
    upper: float,
    level: float,
    *,
    published_below: float = CLAIM_BELOW,
    published_typical: float = CLAIM_TYPICAL,
) -> str:
    """Say in one sentence what is shared, its interval, and where that leaves the two published shares.

    A share counts as less or more than a published one only where the whole interval does.

    Parameters
    ----------
    named : str
        Who shares, for example "WAI-S and HAq-II share".
    estimate : float
        The squared correlation.
    lower : float
        Lower limit of its interval.
    upper : float
        Upper limit of its interval.
    level : float
        Coverage of the interval, in (0, 1).
    published_below : float, default 0.5
        The published upper bound of the share, in (0, 1).
    published_typical : float, default 0.2
        The published usual share, in (0, 1).

    Returns
    -------
    str
        The sentence.

    Examples
    --------
    >>> statement("WAI and HAq share", 0.46, 0.35, 0.55, 0.95)
    'WAI and HAq share 46% of their variance (95% CI [35, 55]): more than 20%, not distinguishable from 50%.'
    """
    if not np.isfinite([estimate, lower, upper]).all():
        return f"{named} {100 * estimate:.0f}% of their variance; without an interval no claim is judged."

    shares = (published_below, published_typical)
    under, over = [share for share in shares if upper < share], [share for share in shares if lower > share]
    undecided = [f"{100 * share:.0f}%" for share in shares if share not in under + over]
    judged = [f"less than {100 * min(under):.0f}%"] if under else []
    judged += [f"more than {100 * max(over):.0f}%"] if over else []
    judged += [f"not distinguishable from {' or '.join(undecided)}"] if undecided else []
    interval = f"{100 * level:.0f}% CI [{100 * lower:.0f}, {100 * upper:.0f}]"
    return f"{named} {100 * estimate:.0f}% of their variance ({interval}): {', '.join(judged)}."


def _kind(row: dict, instrument: pd.Series, stands_for: Mapping[tuple, list]) -> str:
    """Whether a row of correlations pairs two instruments, or one instrument from two perspectives; "" for others."""
    first, second = (row["perspective"], row["form"]), (row["perspective_2"], row["form_2"])
    if row["scale"] not in stands_for.get(first, ()) or row["scale_2"] not in stands_for.get(second, ()):
        return ""
    one, two = instrument[row["form"]], instrument[row["form_2"]]
    if row["perspective"] == row["perspective_2"]:
        return "instruments" if one != two else ""
    return "perspectives" if one == two and row["scale"] == row["scale_2"] else ""


def _name(names: Mapping[str, str], labels: Mapping[str, str], kind: str) -> str:
    one, two = (
        f"{labels.get(form, form)}{'' if scale == 'total' else ' ' + scale}"
        for form, scale in ((names["form"], names["scale"]), (names["form_2"], names["scale_2"]))
    )
    if kind == "instruments":
        return f"{one} and {two} ({names['perspective']}) share"
    return f"{one} ({names['perspective']}) and {two} ({names['perspective_2']}) share"


def _pair_rows(by_statistic: Mapping[str, dict], named: str, below: float, typical: float) -> list[dict]:
    rows = []
    for source, statistic in [("r_pearson", "r2"), ("r_disattenuated", "r2_disattenuated")]:
        if source not in by_statistic:
            continue
        r = by_statistic[source]
        lower, upper = map(float, squared_interval(r["lower"], r["upper"]))
        row = {
            "statistic": statistic,
            "estimate": r["estimate"] ** 2,
            "lower": lower,
            "upper": upper,
            "level": r["level"],
            "n": r["n"],
            "method": f"square of {source}; squared limits",
            "note": r["note"],
        }
        if statistic == "r2_disattenuated":
            row |= _possible(row)
        rows.append(row)
        if statistic == "r2":
            rows += _against_claims(r, row, below, typical)
            if np.isfinite(r["estimate"]):
                said = statement(
                    named, row["estimate"], lower, upper, r["level"], published_below=below, published_typical=typical
                )
                row["note"] = said if r["estimate"] >= 0 else f"{said} The correlation is negative."
    return rows


def _possible(row: dict) -> dict:
    """What changes in the share of a corrected correlation so that it is no more than all of the variance."""
    if row["estimate"] > 1:
        note = row["note"].replace("above 1", "no share, for the corrected correlation is above 1", 1)
        return {"estimate": np.nan, "lower": np.nan, "upper": np.nan, "note": note}
    upper = min(row["upper"], 1.0)  # a missing limit stays missing
    wide = is_too_wide(row["lower"], upper, (0.0, 1.0)) and TOO_WIDE not in row["note"]
    return {"upper": upper, "note": f"{row['note']}; {TOO_WIDE}".removeprefix("; ") if wide else row["note"]}


def _against_claims(r: dict, squared: dict, below: float, typical: float) -> list[dict]:
    """The test against one published share and the distance from the other."""
    n = r["n"]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = (np.arctanh(r["upper"]) - np.arctanh(r["lower"])) / (2 * ndtri((1 + r["level"]) / 2))
        z = (np.arctanh(abs(r["estimate"])) - np.arctanh(np.sqrt(below))) / error
    return [
        {
            "statistic": f"p_r2_below_{below:.2f}",
            "estimate": float(ndtr(z)),
            "n": n,
            "method": "one-sided, Fisher z with the standard error of the interval of r; small: the share is below",
            "note": r["note"] if np.isfinite(z) else r["note"] or "the correlation is 1, or has no interval",
        },
        {
            "statistic": f"distance_from_{typical:.2f}",
            "estimate": squared["estimate"] - typical,
            "lower": squared["lower"] - typical,
            "upper": squared["upper"] - typical,
            "level": r["level"],
            "n": n,
            "method": "r2 minus the published share",
            "note": r["note"],
        },
    ]


def _why_none(columns: pd.DataFrame) -> str:
    instruments, perspectives = columns["instrument"].nunique(), columns["perspective"].nunique()
    if instruments == 1 and perspectives == 1:
        return "one instrument and one perspective: there is no variance to share"
    if instruments == 1:
        return "one instrument, of which the perspectives have no score in common"
    return "no two instruments were answered from the same perspective, and none from two perspectives"
