"""What the shares say of the published claim, as observed and corrected for unreliability.

A share counts as below or above a mark only where its whole interval is; a mark inside an interval is compatible with
the data, which does not show that it is the share. Intervals hold pair by pair, not for all pairs at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from shared_variance.facts import Claim, Pair, Share


@dataclass(frozen=True)
class Sides:
    """Names by the side of a published share on which their intervals lie.

    Attributes
    ----------
    less : list of str
        The whole interval lies below.
    open : list of str
        The interval holds the published share.
    more : list of str
        The whole interval lies above.
    """

    less: list[str]
    open: list[str]
    more: list[str]


@dataclass(frozen=True)
class Verdict:
    """How shares stand to the claim.

    Attributes
    ----------
    everyone : list of str
        Names of all shares that have an interval.
    below, typical : Sides
        On which side of the two published shares each of them lies.
    undecided : list of str
        Names of those whose interval holds both.
    unjudged : list of str
        Names of shares without an interval.
    """

    everyone: list[str]
    below: Sides
    typical: Sides
    undecided: list[str]
    unjudged: list[str]


@dataclass(frozen=True)
class SharesOfPairs:
    """What a paragraph tells of pairs that were answered by the same people.

    Attributes
    ----------
    pairs : list of Pair
        Pairs whose share is known.
    sizes : list of int
        How many clients are behind them.
    negative : list of Pair
        Those with a negative correlation.
    verdict : Verdict
        How they stand to the claim.
    """

    pairs: list[Pair]
    sizes: list[int]
    negative: list[Pair]
    verdict: Verdict


@dataclass(frozen=True)
class Change:
    """For how many pairs the whole interval lies below the published share.

    Attributes
    ----------
    before, after : int
        As observed, and corrected for unreliability.
    pairs : int
        How many pairs were corrected.
    """

    before: int
    after: int
    pairs: int


@dataclass(frozen=True)
class Correction:
    """What changes when unreliability is corrected.

    Attributes
    ----------
    corrected : list of tuple of str and Pair
        How each pair is named that could be corrected.
    change : Change or None
        None where a corrected share has no interval.
    beyond : list of str
        Names of pairs whose corrected share exceeds 1.
    not_corrected : list of tuple of str and Pair
        The other pairs.
    lowest_r, highest_r : float or None
        Range of the positive correlations; None where there is none.
    """

    corrected: list[tuple[str, Pair]]
    change: Change | None
    beyond: list[str]
    not_corrected: list[tuple[str, Pair]]
    lowest_r: float | None
    highest_r: float | None


def shares_of_pairs(pairs: Iterable[Pair], claim: Claim) -> SharesOfPairs | None:
    """Gather what is told of pairs and set them against the claim.

    Parameters
    ----------
    pairs : iterable of Pair
        All pairs of one perspective, or of the same two.
    claim : Claim
        The published shares.

    Returns
    -------
    SharesOfPairs or None
        None where nothing is known of any pair.
    """
    told = [pair for pair in pairs if pair.shared.is_known]
    if not told:
        return None
    return SharesOfPairs(
        pairs=told,
        sizes=sorted({int(pair.n) for pair in told if pd.notna(pair.n)}),
        negative=[pair for pair in told if pair.r < 0],
        verdict=judge([(pair.name, pair.shared) for pair in told], claim),
    )


def judge(shares: Sequence[tuple[str, Share]], claim: Claim) -> Verdict:
    """Set named shares against both parts of the claim.

    Parameters
    ----------
    shares : sequence of tuple of str and Share
        Name and share.
    claim : Claim
        The published shares.

    Returns
    -------
    Verdict
        Which of them lie where.
    """
    judged = [(name, share) for name, share in shares if share.has_interval]
    below, typical = _sides(judged, claim.below), _sides(judged, claim.typical)
    return Verdict(
        everyone=[name for name, _ in judged],
        below=below,
        typical=typical,
        undecided=[name for name in below.open if name in typical.open],
        unjudged=[name for name, share in shares if not share.has_interval],
    )


def _sides(judged: list[tuple[str, Share]], mark: float) -> Sides:
    return Sides(
        less=[name for name, share in judged if share.upper < mark],
        open=[name for name, share in judged if share.lower <= mark <= share.upper],
        more=[name for name, share in judged if share.lower > mark],
    )


def correct(pairs: Sequence[Pair], claim: Claim) -> Correction | None:
    """Gather what the correction for unreliability changes.

    Parameters
    ----------
    pairs : sequence of Pair
        All pairs that the paragraph is about; they are named with who answered where they differ in that.
    claim : Claim
        The published shares.

    Returns
    -------
    Correction or None
        None where nothing is known of any pair.
    """
    same_views = len({pair.views for pair in pairs}) == 1
    told = [(pair.name if same_views else pair.full_name, pair) for pair in pairs if pair.shared.is_known]
    if not told:
        return None
    corrected = [(name, pair) for name, pair in told if pair.corrected.is_known]
    positive = [pair.r for _, pair in told if pair.r > 0]
    return Correction(
        corrected=corrected,
        change=_change([pair for _, pair in corrected], claim),
        beyond=[name for name, pair in corrected if pair.corrected.estimate > 1],
        not_corrected=[(name, pair) for name, pair in told if not pair.corrected.is_known],
        lowest_r=min(positive, default=None),
        highest_r=max(positive, default=None),
    )


def _change(corrected: list[Pair], claim: Claim) -> Change | None:
    if not corrected or not all(pair.corrected.has_interval for pair in corrected):
        return None
    return Change(
        before=sum(pair.shared.upper < claim.below for pair in corrected),
        after=sum(pair.corrected.upper < claim.below for pair in corrected),
        pairs=len(corrected),
    )
