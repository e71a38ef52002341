"""Models of items that fall into blocks, such as instruments: one factor, correlated factors, bifactor and others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FEWEST_SPECIFIC = 3  # items of a specific factor; with two their loadings are not determined
GENERAL = "general"


@dataclass(frozen=True)
class Design:
    """One model, or why there is none for these blocks.

    Attributes
    ----------
    name : str
        What the model is called.
    text : str
        The model in lavaan's notation, with factors of variance 1; empty where there is none.
    reason : str
        Why there is none.
    labels : dict of str to str
        Factor of the text -> what it is called.
    general : str
        The factor that all items load on, or empty.
    blocks : dict of str to tuple of str
        Block -> its items, whose sums are looked at.
    specific : dict of str to str
        Block -> its specific factor.
    nested_in : tuple of str
        Models that hold this one, the nearest first.
    factors : int
        Number of factors of an exploratory model; 0 in others.
    note : str
        What to mind.
    further : tuple of str
        Observed variables that are in no block.
    """

    name: str
    text: str = ""
    reason: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    general: str = ""
    blocks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    specific: dict[str, str] = field(default_factory=dict)
    nested_in: tuple[str, ...] = ()
    factors: int = 0
    note: str = ""
    further: tuple[str, ...] = ()

    @property
    def items(self) -> list[str]:
        """List the observed variables.

        Returns
        -------
        list of str
            Those of the blocks, then others.
        """
        return [*(item for members in self.blocks.values() for item in members), *self.further]


def designs_of_blocks(blocks: Mapping[str, Sequence[str]], reference: str) -> list[Design]:
    r"""Write the models of several blocks of items.

    Parameters
    ----------
    blocks : mapping of str to sequence of str
        Block, such as an instrument -> its items.
    reference : str
        The block whose true scores are the general factor of the bifactor-(S-1) model.

    Returns
    -------
    list of Design
        Models one_factor; correlated_factors; second_order; bifactor, all factors uncorrelated; bifactor_s_minus_1, in
        which the reference has no specific factor and those of the others correlate; exploratory, as many factors as
        blocks.

    Raises
    ------
    ValueError
        No block, an item in two blocks, an unknown reference.

    Notes
    -----
    Bifactor-(S-1): Eid, Geiser, Koch & Heene (2017), Psychological Methods 22, 541-562, as described in the open
    article of Eid, Krumm, Koch & Schulze (2018), Journal of Intelligence 6(3), 42. The general factor is the true score
    of the reference; specific factors hold what the other instruments measure beyond it. Correlated factors are
    nested in it (all loadings of a block on both factors proportional), and it is nested in the exploratory model with
    as many factors as blocks.
    """
    blocks = _checked(blocks)
    if reference not in blocks:
        raise ValueError(f"the reference {reference} is none of {', '.join(blocks)}")
    ids, labels = _ids(blocks)
    items = [item for block in blocks.values() for item in block]
    whole: dict[str, Any] = {"blocks": blocks, "labels": labels}
    general = f"{GENERAL} =~ {_sum(items)}"
    own = [f"{ids[block]} =~ {_sum(members)}" for block, members in blocks.items()]
    one = Design("one_factor", general, general=GENERAL, nested_in=("correlated_factors", "bifactor"), **whole)
    if len(blocks) == 1:
        reason = f"one instrument ({next(iter(blocks))}): the model needs at least two"
        names = ("correlated_factors", "second_order", "bifactor", "bifactor_s_minus_1", "exploratory")
        return [one, *(Design(name, reason=reason) for name in names)]
    found = [one]
    single = [block for block, members in blocks.items() if len(members) < 2]
    if single:
        found.append(Design("correlated_factors", reason=f"{single[0]} has one item, which measures no factor"))
    else:
        found.append(
            Design("correlated_factors", "\n".join(own), nested_in=("bifactor_s_minus_1", "exploratory"), **whole)
        )
    found.append(_second_order(own, ids, whole, bool(single)))
    short = {block: len(members) for block, members in blocks.items() if len(members) < FEWEST_SPECIFIC}
    found.append(_bifactor(blocks, ids, general, short, whole))
    found.append(_s_minus_1(blocks, ids, general, {k: n for k, n in short.items() if k != reference}, reference, whole))
    found.append(exploratory_design(blocks))
    return found


def _second_order(own: list[str], ids: dict[str, str], whole: dict[str, Any], single: bool) -> Design:
    name = "second_order"
    if single or len(ids) < 3:
        reason = "a block has one item" if single else "two instruments: a second-order factor needs at least three"
        return Design(name, reason=reason)
    note = "with three instruments it fits as correlated factors do" if len(ids) == 3 else ""
    nested = ("bifactor",) if len(ids) == 3 else ("correlated_factors", "bifactor")
    text = "\n".join([*own, f"{GENERAL} =~ {' + '.join(ids.values())}"])
    return Design(name, text, nested_in=nested, note=note, **whole)


def _too_short(short: Mapping[str, int]) -> str:
    block, count = next(iter(short.items()))
    return f"the specific factor of {block} would have {count} items: it needs at least {FEWEST_SPECIFIC}"


def _bifactor(
    blocks: Mapping[str, Sequence[str]],
    ids: dict[str, str],
    general: str,
    short: Mapping[str, int],
    whole: dict[str, Any],
) -> Design:
    if short:
        return Design("bifactor", reason=_too_short(short))
    lines = [general, *(f"{ids[block]} =~ {_sum(members, 0.3)}" for block, members in blocks.items())]
    names = [GENERAL, *ids.values()]
    lines += [f"{names[i]} ~~ 0*{names[j]}" for i in range(len(names)) for j in range(i + 1, len(names))]
    return Design("bifactor", "\n".join(lines), general=GENERAL, specific=dict(ids), **whole)


def _s_minus_1(
    blocks: Mapping[str, Sequence[str]],
    ids: dict[str, str],
    general: str,
    short: Mapping[str, int],
    reference: str,
    whole: dict[str, Any],
) -> Design:
    name = "bifactor_s_minus_1"
    if short:
        return Design(name, reason=_too_short(short))
    others = {block: ids[block] for block in blocks if block != reference}
    lines = [general, *(f"{ids[block]} =~ {_sum(blocks[block], 0.3)}" for block in others)]
    lines += [f"{GENERAL} ~~ 0*{factor}" for factor in others.values()]
    return Design(
        name,
        "\n".join(lines),
        general=GENERAL,
        specific=others,
        nested_in=("exploratory",),
        note=f"reference: {reference}",
        **whole,
    )


def exploratory_design(blocks: Mapping[str, Sequence[str]]) -> Design:
    """Make the exploratory model with as many factors as blocks, to be rotated to them.

    Parameters
    ----------
    blocks : mapping of str to sequence of str
        Block -> its items.

    Returns
    -------
    Design
        Without a text, which takes loadings to start from: `psychometrics.measurement.exploratory`.
    """
    blocks = _checked(blocks)
    labels = _ids(blocks)[1]
    p, m = sum(map(len, blocks.values())), len(blocks)
    if ((p - m) ** 2 - p - m) < 0:
        return Design("exploratory", reason=f"{p} items are too few for {m} exploratory factors")
    return Design("exploratory", factors=m, blocks=blocks, labels=labels)


def designs_of_scales(scales: Mapping[str, Sequence[str]], together: Sequence[str]) -> list[Design]:
    """Write the models of the three scales of one form: one factor, two, and one for each.

    Parameters
    ----------
    scales : mapping of str to sequence of str
        Scale -> its items, without an item in common.
    together : sequence of str
        The two scales that are one factor of two, such as task and goal of the WAI.

    Returns
    -------
    list of Design
        Models one_factor, two_factors, three_factors and exploratory, with as many factors as scales.

    Raises
    ------
    ValueError
        As `designs_of_blocks`; scales of `together` that there are not.
    """
    blocks = _checked({name: scales[name] for name in (*together, *(s for s in scales if s not in together))})
    merged = "_".join(together)
    pair = {merged: tuple(item for name in together for item in blocks[name])}
    pair |= {name: blocks[name] for name in blocks if name not in together}
    found = []
    for name, parts, nested in (
        (
            "one_factor",
            {GENERAL: tuple(item for members in blocks.values() for item in members)},
            ("two_factors", "three_factors"),
        ),
        ("two_factors", pair, ("three_factors",)),
        ("three_factors", blocks, ("exploratory",)),
    ):
        ids, labels = _ids(parts)
        if single := [block for block, members in parts.items() if len(members) < 2]:
            found.append(Design(name, reason=f"{single[0]} has one item, which measures no factor"))
            continue
        text = "\n".join(f"{ids[block]} =~ {_sum(members)}" for block, members in parts.items())
        found.append(Design(name, text, labels=labels, blocks=_checked(parts), nested_in=nested))
    return [*found, exploratory_design(blocks)]


def design_of_methods(
    reference: Mapping[str, Sequence[str]], others: Mapping[str, Sequence[str]], names: tuple[str, str]
) -> Design:
    r"""Write the model of correlated traits and correlated methods minus one, with several indicators of each trait.

    Parameters
    ----------
    reference : mapping of str to sequence of str
        Trait, such as an instrument -> its indicators from the perspective that the others are compared with.
    others : mapping of str to sequence of str
        The same traits -> indicators from the other perspective.
    names : tuple of str
        The reference, and the other perspective.

    Returns
    -------
    Design
        Traits are what the reference perspective's indicators have in common; the other perspective has a method
        factor for each trait. Traits correlate, and so do method factors; traits and method factors do not.

    Notes
    -----
    Eid (2000), Psychometrika 65, 241-261, which was not opened: the model is as Geiser, Koch & Eid (2014), Struct. Equ.
    Modeling 21, 509-523, describe it in their abstract; with several indicators and a method factor for each trait:
    Eid, Lischetzke, Nussbeck & Trierweiler (2003), Psychological Methods 8, 38-60. A method factor is what the other
    perspective's true scores hold beyond the reference's, so that it is uncorrelated with its own trait; that it is so
    with the other traits is a restriction here.
    """
    name = "ctc_m_minus_1"
    if short := [trait for trait in reference if min(len(reference[trait]), len(others[trait])) < FEWEST_SPECIFIC]:
        return Design(
            name, reason=f"{short[0]} has fewer than {FEWEST_SPECIFIC} indicators from one of the perspectives"
        )
    ids, labels = _ids(reference)
    methods = {trait: f"{ids[trait]}_{names[1]}" for trait in reference}
    lines = [f"{ids[trait]} =~ {_sum([*reference[trait], *others[trait]])}" for trait in reference]
    lines += [f"{methods[trait]} =~ {_sum(others[trait], 0.4)}" for trait in reference]
    lines += [f"{trait} ~~ 0*{method}" for trait in ids.values() for method in methods.values()]
    labels |= {factor: f"{trait}, {names[1]}" for trait, factor in methods.items()}
    return Design(
        name,
        "\n".join(lines),
        labels=labels,
        blocks={trait: tuple(others[trait]) for trait in reference},
        specific=methods,
        note=f"reference: {names[0]}",
        further=tuple(item for members in reference.values() for item in members),
    )


def _checked(blocks: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    if not blocks:
        raise ValueError("there is no block of items")
    seen: set[str] = set()
    for block, members in blocks.items():
        if again := seen & {*members}:
            raise ValueError(f"{min(again)} stands in {block} and in another block")
        seen |= {*members}
    return {block: tuple(members) for block, members in blocks.items()}


def _ids(blocks: Mapping[str, Sequence[str]]) -> tuple[dict[str, str], dict[str, str]]:
    """Block -> name of its factor in the text, and that name -> block."""
    items = {item for members in blocks.values() for item in members}
    ids: dict[str, str] = {}
    for block in blocks:
        name = re.sub(r"[^A-Za-z0-9_]", "_", block)
        name = name if re.match(r"[A-Za-z_]", name) else f"_{name}"
        while name in items or name in ids.values() or (name == GENERAL and len(blocks) > 1):
            name += "_"
        ids[block] = name
    return ids, {GENERAL: GENERAL} | {factor: block for block, factor in ids.items()}


def _sum(items: Sequence[str], start: float | None = None) -> str:
    return " + ".join(items if start is None else [f"start({start})*{item}" for item in items])
