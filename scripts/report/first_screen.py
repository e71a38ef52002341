"""The first screen of a report: the answer, who answered, and what to be careful about."""

from collections.abc import Sequence

from factors.section_common_factor import hardly_carried, number_of_warnings
from pipeline.data.dataset import Dataset
from pipeline.report.blocks import Block, Figure, Folded, Listing, Note, Section, Sentences, Warning
from pipeline.report.headlines import Headlines, Held, told
from pipeline.report.results import Results
from pipeline.report.wording import words
from shared_variance.facts import PAIR_OF_SCALES, Claim, Pair, read_pairs
from shared_variance.facts_on_claim import correct, judge
from shared_variance.facts_on_parts import ONE_FACTOR, Composition, compositions
from shared_variance.section_shared_variance import lack_of

FIGURE_OF_THE_ANSWER = "shared_variance"  # the section whose first figure stands on top


def first_screen(results: Results, front: Sequence[Block | Held], sections: Sequence[Section]) -> list[Block]:
    """Answer the question of the report, as far as the data carry an answer.

    Parameters
    ----------
    results : Results
        The results of the data set.
    front : sequence of Block or Held
        What the sections say in brief, and what they hold back.
    sections : sequence of Section
        The sections; the figure of the answer is taken out of its own.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say = words("first_screen")
    held = [one for one in front if isinstance(one, Held)]
    pairs = pairs_on_top(results)
    parts = parts_on_top(results)
    claim = results.file("claims")["shared_variance"]
    answer = answer_of(pairs, parts, Claim(claim["below"], claim["typical"]))
    findings = Listing([item for block in front if isinstance(block, Listing) for item in block.items])
    careful = cautions(results, front, pairs, parts)
    return [
        Sentences(answer or [say.no_answer(bool(held))]),
        *([findings] if findings.items and not answer else []),
        Sentences([f"{say.heading('who')}: {who_answered(results)}"]),
        Note(say.abbreviations(instrument_names(results.dataset))),
        Note(say.source(results.dataset.source)),
        *([Warning(say.heading("careful"), items=careful)] if careful else []),
        *(moved_figure(sections) if pairs and not any(one.finding == "shared variance" for one in held) else []),
        *([Folded(say.heading("findings"), [findings], printed=True)] if findings.items and answer else []),
    ]


def pairs_on_top(results: Results) -> list[Pair]:
    """Read the pairs whose share is known and may stand on top.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Pair
        Those of two instruments from one perspective; where there are none, of one instrument from two perspectives.
    """
    shared, decide = results.table("shared_variance"), Headlines.of(results)
    if not {*PAIR_OF_SCALES} <= set(shared):
        return []
    observed = shared[(shared["statistic"] == "r2") & shared["estimate"].notna() & shared["form"].notna()]
    kept = [row for row in observed.to_dict("records") if lack_of(row, decide) is None]
    keys = {tuple(row[name] for name in PAIR_OF_SCALES) for row in kept}
    allowed = shared[[key in keys for key in shared[PAIR_OF_SCALES].itertuples(index=False, name=None)]]
    pairs = read_pairs(allowed, results.table("correlations"), results.labels)
    return [pair for pair in pairs if pair.within] or pairs


def parts_on_top(results: Results) -> list[Composition]:
    """Read what the totals of every perspective are made of, where the factor analysis may stand on top.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Composition
        Without those that rest on a single factor, which shows nothing of what instruments share.
    """
    if not results.dataset.has_items:
        return []
    decide = Headlines.of(results)
    return [
        own
        for own in compositions(results.table("variance_split"), results.dataset.forms)
        if own.totals and own.rests_on != ONE_FACTOR and hardly_carried(results, own.who, decide) is None
    ]


def answer_of(pairs: Sequence[Pair], parts: Sequence[Composition], claim: Claim) -> list[str]:
    """Say what the instruments share, by each way of reckoning, why these differ, and how the claim fares.

    Parameters
    ----------
    pairs : sequence of Pair
        What may stand on top.
    parts : sequence of Composition
        Likewise.
    claim : Claim
        The published shares.

    Returns
    -------
    list of str
        One paragraph of at most five sentences; none where nothing is known.
    """
    say = words("first_screen")
    within = any(pair.within for pair in pairs)
    corrected = [pair for pair in pairs if pair.corrected.is_known]
    common = [
        (own.who, [sum(part.share.estimate for part in total.parts if part.kind == "common") for total in own.totals])
        for own in parts
    ]
    told = [say.observed(pairs, within)] if pairs else []
    if corrected:
        told.append(say.corrected(corrected, len(pairs)))
    if common:
        told.append(say.common(common))
    # the correlations of one instrument from two perspectives are nothing to compare the common part with
    both = bool(common) and within
    correction = correct(pairs, claim)
    if correction and (corrected or both):
        told.append(say.why(bool(corrected), both, correction.lowest_r, correction.highest_r))
    if correction and within:
        verdict = judge([(pair.full_name, pair.shared) for pair in pairs], claim)
        told.append(say.claimed(len(verdict.below.less), len(verdict.everyone), correction.change, claim.below))
    return [" ".join(told)] if told else []


def who_answered(results: Results) -> str:
    """Say how many clients, therapists and sessions there are, and who answered which forms.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    str
        A few short sentences.
    """
    dataset = results.dataset
    answered = [(who, [form.label for form in dataset.forms_of(who)]) for who in dataset.perspectives]
    therapists = dataset.therapist_of.nunique() if dataset.has_people else 0
    occasion = results.occasion if len(dataset.sessions) > 1 else ""
    return words("first_screen").who(dataset, therapists, len(dataset.sessions), occasion, answered)


def instrument_names(dataset: Dataset) -> dict[str, str]:
    """Spell out the instruments.

    Parameters
    ----------
    dataset : Dataset
        The data set.

    Returns
    -------
    dict of str to str
        Abbreviation -> name, of the instruments whose name is another.
    """
    return {
        form.instrument: form.instrument_name
        for form in dataset.forms
        if form.instrument_name not in ("", form.instrument)
    }


def cautions(
    results: Results, front: Sequence[Block | Held], pairs: Sequence[Pair], parts: Sequence[Composition]
) -> list[str]:
    """List what a reader must not overlook.

    Parameters
    ----------
    results : Results
        The results of the data set.
    front : sequence of Block or Held
        What the sections say in brief, and what they hold back.
    pairs : sequence of Pair
        What stands on top.
    parts : sequence of Composition
        Likewise.

    Returns
    -------
    list of str
        One line each, the gravest first.
    """
    say, dataset = words("first_screen"), results.dataset
    warnings = [block for block in front if isinstance(block, Warning)]
    provisional = [f"{form.label} ({form.perspective})" for form in dataset.forms if form.key_status == "provisional"]
    correction = correct(pairs, Claim(1.0, 1.0))
    negative = [pair for pair in pairs if pair.r < 0]
    counted = [(who, number_of_warnings(results, who)) for who in dataset.factored] if dataset.has_items else []
    counted = [(who, many) for who, many in counted if many]
    return [
        *([say.simulated()] if dataset.simulated else []),
        *(item for block in warnings for item in block.items or [f"{block.title} {block.text}"]),
        *(say.accepted(what) for what in dataset.accepted),
        *([say.provisional(provisional)] if provisional else []),
        *([say.negative(negative)] if negative else []),
        *([say.beyond(correction.beyond)] if correction and correction.beyond else []),
        *(
            words("shared_variance").rests_on(parts, what)
            for what in dict.fromkeys(own.rests_on for own in parts if own.rests_on)
        ),
        *([say.factor_warnings(counted)] if counted else []),
        *(
            [line]
            if (line := told([one for one in front if isinstance(one, Held)], results.config["headlines"]))
            else []
        ),
    ]


def moved_figure(sections: Sequence[Section]) -> list[Figure]:
    """Take the figure of the answer out of its section, so that a page shows it once.

    Parameters
    ----------
    sections : sequence of Section
        The section of the figure loses it.

    Returns
    -------
    list of Figure
        One, or none where it was not drawn.
    """
    for section in sections:
        if section.id == FIGURE_OF_THE_ANSWER:
            for block in section.blocks:
                if isinstance(block, Figure):
                    section.blocks.remove(block)
                    return [block]
    return []
