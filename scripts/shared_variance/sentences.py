"""How much variance the measures share, in paragraphs that a reader can paste."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.report.numbers import coefficient
from shared_variance.phrases import any_of, counted, interval, listed, share_verb, whole, without_key
from shared_variance.sentences_on_gaps import missing_sentences, provisional_sentence
from shared_variance.sentences_on_parts import (
    PAIR,
    canonical_sentence,
    course_sentences,
    outcome_sentences,
    split_sentences,
)


@dataclass(frozen=True)
class Pair:
    """What two totals share: observed and corrected as (estimate, lower, upper), missing where unknown, and why."""

    name: str
    views: tuple[str, str]
    shared: tuple[float, float, float]
    corrected: tuple[float, float, float]
    r: float
    level: float
    n: float
    reason: str
    not_corrected: str


def association_paragraphs(
    tables: dict[str, pd.DataFrame],
    forms: list,
    *,
    claim: dict,
    occasion: str = "",
    simulated: bool = False,
    variables: dict[str, str] | None = None,
) -> list[str]:
    """Paragraphs of plain sentences on what the measures have in common.

    Parameters
    ----------
    tables : shared_variance, correlations, and where there are any variance_split, course (correlations over sessions),
        canonical and commonality; those of the pipeline.
    forms : objects with name, perspective, label, instrument, key_status.
    claim : the published shares `below` and `typical`.
    occasion : "session 3"; empty where the data know none.
    variables : name of a variable of the clients -> its label.

    Notes
    -----
    A share counts as below or above a mark only where its whole interval is; a mark inside an interval is compatible
    with the data, which does not show that it is the share. Intervals hold pair by pair, not for all pairs at once.
    """
    labels = {form.name: form.label for form in forms} | (variables or {})
    pairs = read_pairs(tables["shared_variance"], tables.get("correlations"), labels)
    within = [pair for pair in pairs if pair.views[0] == pair.views[1]]
    across = [pair for pair in pairs if pair.views[0] != pair.views[1]]
    opening = [
        "These data are simulated and say nothing about psychotherapy." * simulated,
        f"The claim (Krause, Altimir and Horvath 2011) is that measures of the alliance share less than "
        f"{whole(claim['below'])} % of their variance, usually about {whole(claim['typical'])} %.",
        f"The totals are those of {occasion}." if occasion and known(pairs) else "",
    ]
    paragraphs = [opening]
    for who in dict.fromkeys(pair.views[0] for pair in within):
        paragraphs.append(
            claim_sentences(f"Answered by the {who}", [pair for pair in within if pair.views[0] == who], claim)
        )
    for views in dict.fromkeys(pair.views for pair in across):
        own = [pair for pair in across if pair.views == views]
        lead = f"One instrument answered by the {views[0]} and by the {views[1]}"
        paragraphs.append(claim_sentences(lead, own, claim, beside="The claim is not about such pairs."))
    paragraphs += [
        correction_sentences(within or across, claim),
        split_sentences(tables.get("variance_split"), forms),
        [*course_sentences(tables.get("course"), labels), canonical_sentence(tables.get("canonical"))],
        outcome_sentences(tables.get("commonality"), labels),
        [*missing_sentences(pairs, forms, occasion), provisional_sentence(forms)],
    ]
    joined = [" ".join(filter(None, sentences)) for sentences in paragraphs]
    return [paragraph for paragraph in joined if paragraph]


def read_pairs(shared: pd.DataFrame, correlations: pd.DataFrame | None, labels: dict[str, str]) -> list[Pair]:
    """The pairs of totals in the table of shared variance."""
    if not {*PAIR, "scale", "scale_2"} <= set(shared):
        return []
    observed = {}
    if correlations is not None and {*PAIR, "scale", "scale_2"} <= set(correlations):
        chosen = correlations[
            (correlations["statistic"] == "r_pearson")
            & (correlations["scale"] == "total")
            & (correlations["scale_2"] == "total")
        ]
        observed = {tuple(row[key] for key in PAIR): row["estimate"] for row in chosen.to_dict("records")}
    found = []
    for key, rows in shared.dropna(subset=PAIR).groupby(PAIR, sort=False):
        by = {row["statistic"]: row for row in rows.to_dict("records")}
        if "r2" not in by:
            continue
        one, two = labels[key[2]], labels[key[3]]
        corrected = by.get("r2_disattenuated", {"estimate": np.nan, "note": "no reliabilities"})
        row = by["r2"]
        found.append(
            Pair(
                f"{one} and {two}" if one != two else one,
                (key[0], key[1]),
                limits(row),
                limits(corrected),
                observed.get(key, np.sqrt(row["estimate"])),
                row.get("level", np.nan),
                row.get("n", np.nan),
                without_key(row["note"]) if pd.isna(row["estimate"]) else "",
                without_key(corrected["note"]) if pd.isna(corrected["estimate"]) else "",
            )
        )
    return found


def claim_sentences(lead: str, pairs: list[Pair], claim: dict, beside: str = "") -> list[str]:
    """The shares of the pairs, and what they say of the claim."""
    told = known(pairs)
    if not told:
        return []
    marks = tuple(claim.values())
    sizes = sorted({int(pair.n) for pair in told if pd.notna(pair.n)})
    n = f" (n = {sizes[0]}{f' to {sizes[-1]}' if len(sizes) > 1 else ''})" if sizes else ""
    said = [
        f"{pair.name} share {interval(pair.shared, pair.level, marks)}"
        if " and " in pair.name
        else f"{pair.name} shares {interval(pair.shared, pair.level, marks)}"
        for pair in told
    ]
    negative = [f"{pair.name} ({coefficient(pair.r)})" for pair in told if pair.r < 0]
    return [
        f"{lead}{n}: {listed(said)}.",
        beside,
        f"The correlation is negative for {listed(negative)}." if negative else "",
        *verdict([(pair.name, pair.shared) for pair in told], claim),
    ]


def verdict(shares: list[tuple[str, tuple]], claim: dict) -> list[str]:
    """Whether both parts of the claim hold for all, some or none of the named shares."""
    judged = [(name, share) for name, share in shares if np.isfinite(share).all()]
    if not judged:
        return ["Without an interval no part of the claim is judged."]
    everyone = [name for name, _ in judged]
    below, typical = claim["below"], claim["typical"]
    silent = [name for name, share in shares if not np.isfinite(share).all()]
    unjudged = [f"{listed(silent)}: no interval, so nothing is judged."] if silent else []
    if len(judged) == 1:
        return verdict_of_one(judged[0][1], claim) + unjudged

    def those(meets) -> list[str]:
        return [name for name, (_, low, high) in judged if meets(low, high)]

    less, more = those(lambda low, high: high < below), those(lambda low, high: low > below)
    unclear = [name for name in everyone if name not in less + more]
    held = f"holds for {counted(less, everyone)}" if less else f"is not shown for {any_of(everyone)}"
    parts = [f"“Less than {whole(below)} %” {held}"]
    if unclear:
        parts.append(
            f"what {counted(unclear, everyone)} {share_verb(unclear)} cannot be told apart from {whole(below)} %"
        )
    parts += [f"{counted(more, everyone)} {share_verb(more)} more"] if more else []
    sentences = ["; ".join(parts) + "."]
    inside = those(lambda low, high: low <= typical <= high)
    over, under = those(lambda low, high: low > typical), those(lambda low, high: high < typical)
    fits = f"is compatible with {counted(inside, everyone)}" if inside else f"does not fit {any_of(everyone)}"
    parts = [f"“About {whole(typical)} %” {fits}"]
    parts += [f"{counted(over, everyone)} {share_verb(over)} more than {whole(typical)} %"] if over else []
    parts += [f"{counted(under, everyone)} {share_verb(under)} less than {whole(typical)} %"] if under else []
    sentences.append("; ".join(parts) + ".")
    wide = those(lambda low, high: low <= typical and high >= below)
    if wide:
        sentences.append(
            f"The interval of {counted(wide, everyone)} holds both marks: more people are needed to tell "
            f"{whole(typical)} % from {whole(below)} %."
        )
    return sentences + unjudged


def verdict_of_one(share: tuple[float, float, float], claim: dict) -> list[str]:
    """The same of a single share."""
    (_, low, high), below, typical = share, whole(claim["below"]), whole(claim["typical"])
    if low <= claim["typical"] and high >= claim["below"]:
        return [f"The interval holds {typical} % and {below} %: more people are needed to tell one from the other."]
    if low > claim["below"]:
        return [f"This is more than {below} %, against the claim."]
    first = f"“Less than {below} %” holds" if high < claim["below"] else f"This cannot be told apart from {below} %"
    second = (
        f"it is more than {typical} %"
        if low > claim["typical"]
        else f"it is less than {typical} %"
        if high < claim["typical"]
        else f"it is compatible with “about {typical} %”"
    )
    return [f"{first}; {second}."]


def correction_sentences(pairs: list[Pair], claim: dict) -> list[str]:
    """What changes when unreliability is corrected, and what r says instead of its square."""
    told = known(pairs)
    if not told:
        return []
    marks = tuple(claim.values())
    corrected = [pair for pair in told if np.isfinite(pair.corrected[0])]
    named = [(with_views(pair, pairs), pair) for pair in corrected]
    sentences = []
    if corrected:
        said = [f"{interval(pair.corrected, pair.level, marks)} of {name}" for name, pair in named]
        sentences.append(f"Corrected for the unreliability of both scores the shares are {listed(said)}.")
        before, after = (
            sum(share[2] < claim["below"] for share in shares)
            for shares in ([pair.shared for pair in corrected], [pair.corrected for pair in corrected])
        )
        if np.isfinite([pair.corrected for pair in corrected]).all():
            sentences.append(changed_verdict(before, after, len(corrected), whole(claim["below"])))
        beyond = [name for name, pair in named if pair.corrected[0] > 1]
        if beyond:
            sentences.append(
                f"More than 100 % ({listed(beyond)}) is more than true scores can share: a "
                "reliability is too low for its score, or the correlation too high by chance."
            )
    without = [f"{with_views(pair, pairs)} ({pair.not_corrected})" for pair in told if pair not in corrected]
    if without:
        sentences.append(f"Not corrected: {listed(without)}.")
    positive = sorted(pair.r for pair in told if pair.r > 0)
    if positive:
        sizes = coefficient(positive[0])
        sizes += f" to {coefficient(positive[-1])}" if len(positive) > 1 else ""
        sentences.append(
            f"If one common factor causes both scores, r and not its square is the share that they have "
            f"in common (Ozer 1985): here {sizes}."
        )
    return sentences


def changed_verdict(before: int, after: int, pairs: int, below: str) -> str:
    """For how many pairs the share lies below the mark, corrected and observed."""
    if pairs > 1:
        changed = "as many as before" if before == after else f"before the correction for {before or 'none'}"
        return f"“Less than {below} %” then holds for {after or 'none'} of {pairs} pairs ({changed})."
    if before == after:
        return f"“Less than {below} %” {'still holds' if after else 'is still not shown'}."
    changed = "holds, but not as observed" if after else "no longer holds with the interval"
    return f"“Less than {below} %” then {changed}."


def known(pairs: Iterable[Pair]) -> list[Pair]:
    """Pairs whose share was estimated."""
    return [pair for pair in pairs if np.isfinite(pair.shared[0])]


def with_views(pair: Pair, pairs: list[Pair]) -> str:
    """The name of a pair, with who answered where the pairs differ in that."""
    if len({other.views for other in pairs}) == 1:
        return pair.name
    return f"{pair.name} ({' and '.join(dict.fromkeys(pair.views))})"


def limits(row: dict) -> tuple[float, float, float]:
    return tuple(float(row.get(name, np.nan)) for name in ("estimate", "lower", "upper"))
