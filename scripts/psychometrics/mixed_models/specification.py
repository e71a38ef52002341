"""What a mixed model is made of: random blocks and the covariances of residuals."""

from collections.abc import Sequence
from typing import NamedTuple


class Block(NamedTuple):
    """Random effects of one kind of group, such as intercept and slope of each dyad.

    Attributes
    ----------
    group : str or sequence of str
        Column that says to which group a row belongs, or several columns whose combinations are the groups.
    terms : sequence of str, default ("1",)
        Terms with an effect in each group, as of :func:`psychometrics.mixed_models.terms.columns_of`: ``"1"`` is the
        intercept.
    correlated : bool, default True
        Whether the effects of a group may correlate: a full covariance matrix, otherwise variances alone.

    Examples
    --------
    >>> Block(["therapist", "client"], ["1", "session"]).name
    'therapist:client'
    """

    group: str | Sequence[str]
    terms: Sequence[str] = ("1",)
    correlated: bool = True

    @property
    def columns(self) -> list[str]:
        """List the columns of the group.

        Returns
        -------
        list of str
            One or more.
        """
        return [self.group] if isinstance(self.group, str) else list(self.group)

    @property
    def name(self) -> str:
        """Name the block, as lme4 does.

        Returns
        -------
        str
            The columns, joined by colons.
        """
        return ":".join(self.columns)


class Residual(NamedTuple):
    """Residuals that differ in variance, or correlate within groups.

    Attributes
    ----------
    by : str or None
        Column whose values, such as roles, have residual variances of their own (nlme's varIdent).
    within : str, sequence of str, or None
        Column, or columns, of the groups within which residuals correlate. They lie within the groups of the random
        blocks.
    correlated : bool, default False
        Whether residuals of the values of `by` correlate within a group (nlme's corSymm). Without `time`, each value
        occurs once in a group.
    time : str or None
        Column of times between which residuals correlate by phi to the power of their distance: AR(1) with its gaps
        kept (nlme's corAR1), or, for times that are not whole numbers, its continuous form with phi above 0 (corCAR1).
        With `by` and not `correlated`, each value of `by` is a series of its own. With `correlated`, the covariance is
        the product of both: correlation of the values times phi to the power of the distance.

    Examples
    --------
    Both roles at each session, with variances of their own and a correlation:

    >>> Residual(by="role", within=["client", "session"], correlated=True).columns
    ['client', 'session']
    """

    by: str | None = None
    within: str | Sequence[str] | None = None
    correlated: bool = False
    time: str | None = None

    @property
    def columns(self) -> list[str]:
        """List the columns of the groups within which residuals correlate.

        Returns
        -------
        list of str
            None, one or more.
        """
        if self.within is None:
            return []
        return [self.within] if isinstance(self.within, str) else list(self.within)
