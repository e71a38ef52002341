"""What honest data do not show: found before anything is computed, and accepted only with a reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """Something that honest data do not show.

    Attributes
    ----------
    kind : str
        The key under `accept:` that lets the data pass.
    what : str
        What was found, without a full stop.
    advice : str
        What to do about it.
    """

    kind: str
    what: str
    advice: str
