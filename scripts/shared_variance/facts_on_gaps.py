"""What a data set cannot say of what the measures share, and what it would need."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.data.dataset import Form
from shared_variance.facts import Pair

PERSPECTIVES = ("client", "observer", "therapist")


@dataclass(frozen=True)
class Unknown:
    """Pairs of which nothing is known for the same reason.

    Attributes
    ----------
    pairs : list of str
        Their names.
    reason : str
        Without a full stop; empty where none was given.
    """

    pairs: list[str]
    reason: str

    @property
    def needs_clients(self) -> bool:
        """Say whether more clients with both scores would help.

        Returns
        -------
        bool
            True where the reason is about them.
        """
        return "both scores" in self.reason


@dataclass(frozen=True)
class Gaps:
    """What the data cannot say.

    Attributes
    ----------
    unknown : list of Unknown
        Pairs of which nothing is known, by reason.
    alone : list of tuple of str
        Perspectives with only one instrument, and that instrument.
    only : str
        The only perspective; empty where there are several.
    others : list of str
        The perspectives that the data set lacks.
    no_instrument_twice : bool
        Whether several perspectives answered, but none of them the same instrument.
    provisional : list of str
        Labels of forms with a provisional key.
    """

    unknown: list[Unknown]
    alone: list[tuple[str, str]]
    only: str
    others: list[str]
    no_instrument_twice: bool
    provisional: list[str]


def find_gaps(pairs: Sequence[Pair], forms: Sequence[Form]) -> Gaps:
    """Find what cannot be said.

    Parameters
    ----------
    pairs : sequence of Pair
        As of :func:`shared_variance.facts.read_pairs`.
    forms : sequence of Form
        The forms of the data set.

    Returns
    -------
    Gaps
        What is missing.
    """
    missing = [pair for pair in pairs if not pair.shared.is_known]
    instruments: dict[str, list[str]] = {}
    for form in forms:
        instruments.setdefault(form.perspective, []).append(form.instrument)
    several = [set(names) for names in instruments.values()]
    twice = sum(map(len, several)) > len(set().union(*several))
    return Gaps(
        unknown=[
            Unknown([pair.full_name for pair in missing if pair.reason == reason], reason)
            for reason in dict.fromkeys(pair.reason for pair in missing)
        ],
        alone=[(who, names[0]) for who, names in instruments.items() if len(set(names)) == 1],
        only=next(iter(instruments)) if len(instruments) == 1 else "",
        others=[who for who in PERSPECTIVES if who not in instruments],
        no_instrument_twice=len(instruments) > 1 and not twice,
        provisional=list(dict.fromkeys(form.label for form in forms if form.key_status == "provisional")),
    )
