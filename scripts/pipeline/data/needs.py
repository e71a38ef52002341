"""What a step takes at most of a cluster, reckoned from what is known before anything runs: raw files and items.

The most memory of every rule was measured on the shipped data, 2,000 and 20,000 clients with 35 items, and 400 clients
with 196 items (docs/cluster.md). A request is at least a third above what was measured, and holds the two Snakemakes
beside the script (200 MB each) that a submission starts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.data.analyses import perspectives_of

# a MB of these holds as many answers as several MB of text
PACKED = {".xlsx": 8, ".xlsm": 8, ".ods": 8, ".zsav": 8, ".parquet": 8, ".rds": 8, ".rdata": 8, ".rda": 8, ".zip": 8}
INFLUENCES = 800  # MB; most that one number for each person and pair of items takes, see docs/performance.md


@dataclass(frozen=True)
class Extent:
    """How large a data set is, or several together.

    Parameters
    ----------
    megabytes : float
        Of the raw files, as text.
    items : int
        Of all forms and perspectives.
    """

    megabytes: float = 0
    items: int = 0

    def __add__(self, other: "Extent") -> "Extent":
        return Extent(self.megabytes + other.megabytes, self.items + other.items)


@dataclass(frozen=True)
class Kind:
    """How what a step takes grows.

    Parameters
    ----------
    base : int
        MB that it takes of the smallest data.
    each_megabyte : int, default 0
        MB for each MB of answers.
    each_item : int, default 0
        MB for each item.
    influences : bool, default False
        Whether it may hold numbers for each person and pair of items.
    minutes : int, default 10
        Of the smallest data.
    """

    base: int
    each_megabyte: int = 0
    each_item: int = 0
    influences: bool = False
    minutes: int = 10

    def memory(self, extent: Extent) -> int:
        """Reckon the memory in MB.

        Parameters
        ----------
        extent : Extent
            Of the data.

        Returns
        -------
        int
            Rounded up to 100.
        """
        pairs = min(INFLUENCES, 2 * extent.megabytes * extent.items) if self.influences else 0
        exact = self.base + self.each_megabyte * extent.megabytes + self.each_item * extent.items + 3 * pairs
        return -int(-exact // 100) * 100

    def time(self, extent: Extent) -> int:
        """Reckon the minutes.

        Parameters
        ----------
        extent : Extent
            Of the data.

        Returns
        -------
        int
            A minute more for each MB, and more with the pairs of items: ten for a hundred items, forty for two hundred.
        """
        return round(self.minutes + extent.megabytes + extent.items**2 / 1000)


# Below so many items one job is cheaper than several: each starts Python and reads the data anew, most of a second. The
# perspectives of the shipped example, with 86 items, fill two cores anyway.
IN_ONE_PIECE = 100


def pieces(items: int) -> int:
    """Tell into how many jobs the random draws and resamples of a factor analysis are cut, which changes no result.

    Parameters
    ----------
    items : int
        Of all forms and perspectives that are factored, see `factored_items`.

    Returns
    -------
    int
        One below a hundred items, at most 16; it grows with the pairs of items, as the time does.
    """
    return min(16, 1 + (items // IN_ONE_PIECE) ** 2)


KINDS = {
    "tables": Kind(base=1100),  # reads and writes results only
    "answers": Kind(base=800, each_megabyte=120),
    "factors": Kind(base=800, each_megabyte=120, influences=True),
    "figures": Kind(base=1200, each_megabyte=40, each_item=8),
}


def extent(files: Iterable[Path], description: dict[str, Any], forms: dict[str, dict]) -> Extent:
    """Tell how large a data set is, without reading answers.

    Parameters
    ----------
    files : iterable of Path
        Its raw files.
    description : dict
        Of the data set.
    forms : dict of str to dict
        Scoring keys that it can use.

    Returns
    -------
    Extent
        Items of a form count once for each perspective.
    """
    found = [path for path in files if path.exists()]
    size = sum(path.stat().st_size * PACKED.get(path.suffix.lower(), 1) for path in found)
    return Extent(size / 1e6, _items(description, forms, ("client", "therapist", "observer")))


def factored_items(description: dict[str, Any], forms: dict[str, dict]) -> int:
    """Count the items that are factor-analysed.

    Parameters
    ----------
    description : dict
        Of the data set.
    forms : dict of str to dict
        Scoring keys that it can use.

    Returns
    -------
    int
        Items of a form count once for each perspective whose items are.
    """
    return _items(description, forms, perspectives_of(description))


def _items(description: dict[str, Any], forms: dict[str, dict], perspectives: Collection[str]) -> int:
    """Items of the forms of some perspectives."""
    entries = [entry for entry in description.get("responses", []) if "form" in entry]
    asked = {(entry["form"], entry["perspective"]) for entry in entries if entry["perspective"] in perspectives}
    return sum(forms[form]["items"] for form, _ in asked if form in forms)
