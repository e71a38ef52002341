"""Who or what is compared by a form, and what its items and factors are called in the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STEPS = ("configural", "thresholds", "loadings", "intercepts", "residuals")
FEWEST = 3  # items of a factor


@dataclass(frozen=True)
class Design:
    """Groups, or occasions or perspectives of the same people, and the factors of a form.

    Attributes
    ----------
    units : tuple of str
        Names of the groups, occasions or perspectives; the first is the reference.
    factors : mapping of str to tuple of str
        Factor -> its items.
    paired : bool
        Whether the units are about the same people.
    categories : mapping of str to int
        Item -> number of categories, the same in all units; empty where answers are continuous.
    """

    units: tuple[str, ...]
    factors: Mapping[str, tuple[str, ...]]
    paired: bool
    categories: Mapping[str, int]

    @property
    def items(self) -> tuple[str, ...]:
        """List the items.

        Returns
        -------
        tuple of str
            In the order of the factors.
        """
        return tuple(item for items in self.factors.values() for item in items)

    @property
    def ordinal(self) -> bool:
        """Tell whether items are ordinal.

        Returns
        -------
        bool
            True with categories.
        """
        return bool(self.categories)

    @property
    def two_categories(self) -> bool:
        """Tell whether no item has more than two categories.

        Returns
        -------
        bool
            False where answers are continuous.
        """
        return max(self.categories.values(), default=0) == 2

    def thresholds(self, item: str) -> int:
        """Count the thresholds of an item.

        Parameters
        ----------
        item : str
            The item.

        Returns
        -------
        int
            0 where it is continuous.
        """
        return self.categories.get(item, 1) - 1

    def name(self, variable: str, unit: int) -> str:
        """Name an item or a factor in the model.

        Parameters
        ----------
        variable : str
            The item or factor.
        unit : int
            Number of the unit.

        Returns
        -------
        str
            With the number of the unit where the same people are rated several times.
        """
        return f"{variable}.{unit + 1}" if self.paired else variable

    def group(self, unit: int) -> int:
        """Find the group of the model in which a unit is.

        Parameters
        ----------
        unit : int
            Number of the unit.

        Returns
        -------
        int
            0 where the same people are rated several times.
        """
        return 0 if self.paired else unit

    def why_not(self, step: str) -> str:
        """Say why a step cannot be tested.

        Parameters
        ----------
        step : str
            One of `STEPS`.

        Returns
        -------
        str
            The reason; empty where it can be tested.
        """
        most = max(self.categories.values(), default=0)
        if step == "thresholds" and not self.ordinal:
            return "continuous answers have no thresholds"
        if self.two_categories and step in ("thresholds", "loadings"):
            return "cannot be tested alone with two categories: thresholds, loadings and intercepts are tested together"
        if step == "thresholds" and most == 3:
            return "nothing to test with three categories: two equal thresholds only fix the scale of the item"
        return ""

    def steps(self) -> tuple[str, ...]:
        """List the steps that can be tested.

        Returns
        -------
        tuple of str
            In their order, the configural model first.
        """
        return tuple(step for step in STEPS if not self.why_not(step))


def check_factors(factors: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Refuse factors with too few items, or that share items.

    Parameters
    ----------
    factors : mapping of str to sequence of str
        Factor -> its items.

    Returns
    -------
    dict of str to tuple of str
        The same.

    Raises
    ------
    ValueError
        No factor, fewer than three items of one, an item of two.
    """
    if not factors:
        raise ValueError("measurement invariance needs a factor with its items")
    for factor, items in factors.items():
        if len(items) < FEWEST:
            raise ValueError(f"the factor {factor} has {len(items)} items and needs at least {FEWEST}")
    items = [item for those in factors.values() for item in those]
    if twice := sorted({item for item in items if items.count(item) > 1}):
        raise ValueError(f"{twice[0]} is an item of two factors")
    return {factor: tuple(those) for factor, those in factors.items()}
