"""What stops a run before anything is computed: answers that stand in the data twice, and a form turned the wrong way.

Both give numbers that look like findings, such as 100% of shared variance, and nothing later would stop.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations

import numpy as np
import pandas as pd

from pipeline.data.dataset import Form, one_rating_each, turned
from pipeline.data.file_names import codes_in_file_names
from pipeline.data.findings import Finding
from pipeline.data.item_columns import filled
from pipeline.data.job import InputError
from psychometrics.resampling.formula_intervals import fisher_interval

SAME_ANSWERS, AGAINST_OTHERS = "same_answers", "against_other_forms"

# Two people who answer three or more items, not all of them alike, rarely give the same pattern. That 95% of the
# administrations are the same in every item does not come about by chance, if there are five different patterns (where
# everybody answers alike, one pattern is common). 5% leave room for answers that were corrected in one copy only.
LEAST_ITEMS, LEAST_PATTERNS, SAME_SHARE = 3, 5, 0.95
MOST_ROWS = 20_000  # administrations of a form that are compared: more would show nothing else
SAME_R = 0.995  # of two published scores or items: prints as 1.00, which two different measures do not reach

# Totals of alliance measures that one person answered correlate positively, mostly from .4 on; the total of a form
# turned the wrong way does so with a minus. Of unrelated measures the 99% interval lies below 0 in one sample of 200,
# however small, and the form has to run against all others. Above -.20 a scale is weak rather than turned.
SURE, CLEARLY = 0.99, -0.20
TURN_IT = "reverse its answers with `recode:`, or correct `reverse:`"


def review(content: dict, files: dict, findings: Iterable[Finding] = ()) -> list[str]:
    """Find what honest data do not show, in everything that ingest is about to write.

    Parameters
    ----------
    content : dict
        The description of the data set.
    files : dict
        Name of a file -> frame or dictionary, as assembled.
    findings : iterable of Finding
        What was found on the way.

    Returns
    -------
    list of str
        What was found and is accepted by the data set, each with the reason given there.

    Raises
    ------
    InputError
        Something was found that the data set does not accept.
    """
    told, refused = judged(content, files, findings)
    if refused:
        raise InputError(refused[0])
    return told


def judged(content: dict, files: dict, findings: Iterable[Finding] = ()) -> tuple[list[str], list[str]]:
    """Tell the findings that a data set accepts from those that stop a run.

    Parameters
    ----------
    content : dict
        The description of the data set.
    files : dict
        Name of a file -> frame or dictionary, as assembled.
    findings : iterable of Finding
        What was found on the way.

    Returns
    -------
    told : list of str
        What was found and is accepted, each with the reason given there.
    refused : list of str
        What is not, each with its cure.
    """
    accepted, told, refused = content["accept"], [], []
    forms = [Form(**form) for form in files["dataset.json"]["forms"]]
    for finding in chain(findings, _findings(content, files, forms)):
        if finding.kind in accepted:
            told.append(f"{finding.what}; accepted in dataset.yaml: {accepted[finding.kind]}")
        else:
            refused.append(
                f"dataset.yaml: {finding.what}; {finding.advice}. If the data are right as they are, say why under "
                f"`accept: {finding.kind}:`."
            )
    return told, refused


def _findings(content: dict, files: dict, forms: list[Form]) -> Iterator[Finding]:
    yield from codes_in_file_names(content, files)
    if "responses" in content:
        tables = [(form, one_rating_each(files[f"{form.name}.{form.perspective}.parquet"])) for form in forms]
        yield from same_columns(content["responses"])
        yield from same_answers(tables)
        yield from against_others(forms, *_of_answers(tables))
    elif "matrix" in content:
        matrix = files["correlations.csv"].set_index("item")
        yield from same_items(forms, matrix)
        yield from against_others(forms, _of_items(forms, matrix), files["dataset.json"]["people"])
    else:
        r, n = (files[f"score_{name}.csv"].set_index("score") for name in ("correlations", "pairs"))
        yield from same_scores(forms, r)
        totals = [total(form) for form in forms if form.has_total]
        yield from against_others(forms, r.loc[totals, totals], n.loc[totals, totals])


def named(form: Form) -> str:
    """`wai_s (client)`."""
    return f"{form.name} ({form.perspective})"


def total(form: Form) -> str:
    """`client.wai_s.total`."""
    return f"{form.perspective}.{form.name}.total"


def same_columns(entries: list[dict]) -> Iterator[Finding]:
    """Entries of a description that take the same items from the same columns and rows of a file."""
    for (i, one), (j, two) in combinations(enumerate(entries, start=1), 2):
        apart = any(one["keep"][column] != value for column, value in two["keep"].items() if column in one["keep"])
        if one["file"] == two["file"] and one.get("sheet") == two.get("sheet") and not apart:
            if (column := _first_column(one)) == _first_column(two) and one.get("answer") == two.get("answer"):
                yield Finding(
                    SAME_ANSWERS,
                    f"responses: entries {i} and {j} read the same columns of {one['file']} "
                    f"({column}, ...), as {one['form']} ({one['perspective']}) and as "
                    f"{two['form']} ({two['perspective']})",
                    "name the columns of each under `columns:`, or pick its rows with `keep:`",
                )


def _first_column(entry: dict) -> str:
    """The column of an entry's first item; of answers in rows of their own, what names the item."""
    columns = entry.get("columns", "{item}")
    if isinstance(columns, dict):
        columns = {int(item): name for item, name in columns.items()}
        return str(columns[1])
    return filled(columns, 1, "1", "") if isinstance(columns, str) else str(columns[0])


def same_answers(tables: list[tuple[Form, pd.DataFrame]]) -> Iterator[Finding]:
    """Forms with the same answers, item by item, whoever gave them; or with the same answers reversed."""
    for (one, first), (two, second) in combinations(tables, 2):
        items = [column for column in one.columns if column in two.columns]
        if len(items) < LEAST_ITEMS:
            continue
        both = first.head(MOST_ROWS).merge(second, on=["client", "session"], suffixes=("", "_2"))
        a = both[items].to_numpy(dtype=float, na_value=np.nan)
        b = both[[f"{column}_2" for column in items]].to_numpy(dtype=float, na_value=np.nan)
        for other, how in ((b, "the same answers"), (sum(two.range) - b, "the same answers reversed")):
            same, judged, patterns = _same_patterns(a, other)
            if patterns >= LEAST_PATTERNS and same >= SAME_SHARE * judged:
                yield Finding(
                    SAME_ANSWERS,
                    f"responses: {named(one)} and {named(two)} have {how} in {same} of {judged} administrations "
                    "whose answers are not all alike",
                    "enter the answers that belong to each",
                )


def _same_patterns(a: np.ndarray, b: np.ndarray) -> tuple[int, int, int]:
    """How many administrations are the same, of how many with three known answers not all alike, and their patterns."""
    known = np.isfinite(a) & np.isfinite(b)
    enough = known.sum(axis=1) >= LEAST_ITEMS
    a, b, known = a[enough], b[enough], known[enough]
    varied = np.zeros(len(a), dtype=bool)
    for values in (a, b):
        highest, lowest = np.where(known, values, -np.inf).max(axis=1), np.where(known, values, np.inf).min(axis=1)
        varied |= highest > lowest
    same = ((a == b) | ~known).all(axis=1)
    different = np.unique(np.where(known, a, np.inf)[varied], axis=0)
    return int((same & varied).sum()), int(varied.sum()), len(different)


def same_items(forms: Iterable[Form], matrix: pd.DataFrame) -> Iterator[Finding]:
    """Forms of a published matrix whose items correlate 1 with those of the other at the same place."""
    for one, two in combinations(forms, 2):
        items = min(len(one.labels), len(two.labels))
        first, second = one.labels[:items], two.labels[:items]
        within = matrix.loc[first, first].to_numpy()
        paired = np.diagonal(matrix.loc[first, second].to_numpy())
        if items >= LEAST_ITEMS and (paired >= SAME_R).all() and within.min() < SAME_R:
            yield Finding(
                SAME_ANSWERS,
                f"matrix: every item of {named(one)} correlates 1 with the item of {named(two)} at the same place",
                "enter the correlations of both",
            )


def same_scores(forms: Iterable[Form], correlations: pd.DataFrame) -> Iterator[Finding]:
    """Published scores of two forms, or of two people, that correlate 1."""
    for one, two in combinations(forms, 2):
        rows, columns = ([f"{form.perspective}.{form.name}.{scale}" for scale in form.scales] for form in (one, two))
        if correlations.loc[rows, columns].to_numpy().max() >= SAME_R:
            yield Finding(
                SAME_ANSWERS,
                f"scores: a score of {named(one)} correlates 1 with one of {named(two)}",
                "look for a row that appears in the table twice",
            )


def against_others(forms: list[Form], r: pd.DataFrame, n: pd.DataFrame | int) -> Iterator[Finding]:
    """Forms whose total correlates clearly negatively with that of every other form of the same perspective.

    Parameters
    ----------
    forms : list of Form
        All forms of the data set.
    r : pandas.DataFrame
        Correlations of totals, labels as of :func:`total`; missing where there is none.
    n : pandas.DataFrame or int
        How many people are behind them.
    """
    values = r.to_numpy(dtype=float)
    _, upper = fisher_interval(values, n if isinstance(n, int) else n.to_numpy(), SURE)
    known, against = (
        pd.DataFrame(which, index=r.index, columns=r.columns)
        for which in (np.isfinite(upper), (upper < 0) & (values <= CLEARLY))
    )
    told: set[frozenset[str]] = set()
    for form in forms:
        own = [other for other in forms if other.perspective == form.perspective and other is not form]
        others = [
            other for other in own if {total(form), total(other)} <= set(r) and known.loc[total(form), total(other)]
        ]
        totals = [total(other) for other in others]
        together = frozenset([total(form), *totals])
        if not others or together in told or not against.loc[total(form), totals].all():
            continue
        told |= {together} if len(others) == 1 else set()
        numbers = [f"{number:.2f}" for number in r.loc[total(form), totals].to_numpy(dtype=float)]
        if len(others) == 1:
            what = f"the totals of {form.name} and {others[0].name} ({form.perspective}) correlate {numbers[0]}"
            yield Finding(AGAINST_OTHERS, f"{what}, so one of the two is scored in the wrong direction", TURN_IT)
        else:
            with_whom = ", ".join(f"{other.name} {number}" for other, number in zip(others, numbers, strict=True))
            what = f"the total of {named(form)} correlates negatively with that of every other form of the"
            yield Finding(AGAINST_OTHERS, f"{what} {form.perspective} ({with_whom})", TURN_IT)


def _of_answers(tables: list[tuple[Form, pd.DataFrame]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations of the totals of clients, each the mean over the sessions, and how many clients have both."""
    scores = {}
    for form, table in tables:
        columns = form.scale_columns["total"]
        keyed = turned(table, form).set_index("client")[columns]
        enough = keyed[keyed.notna().mean(axis=1) >= 0.5]
        scores[total(form)] = enough.mean(axis=1).groupby("client").mean()
    wide = pd.DataFrame(scores)
    present = wide.notna().astype(int)
    return wide.corr(min_periods=4), present.T @ present


def _of_items(forms: list[Form], matrix: pd.DataFrame) -> pd.DataFrame:
    """Correlations of the totals of standardized items."""
    labels = [form.labels_of("total") for form in forms]
    members = np.array([matrix.index.isin(own) for own in labels], dtype=float)
    covariance = members @ matrix.to_numpy() @ members.T
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.diagonal(covariance))
        r = covariance / np.outer(sd, sd)
    names = [total(form) for form in forms]
    return pd.DataFrame(np.clip(r, -1, 1), index=names, columns=names)
