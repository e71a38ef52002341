"""Parameters of a model, and what is understood where its text says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

EQUAL = (
    "loadings",
    "intercepts",
    "means",
    "thresholds",
    "regressions",
    "residuals",
    "residual_covariances",
    "latent_variances",
    "latent_covariances",
)


@dataclass(frozen=True)
class Options:
    """What is understood where the text of a model says nothing; the names are those of lavaan.

    Attributes
    ----------
    groups : int
        Number of groups.
    categories : mapping of str to int
        Number of categories of the ordinal items.
    parameterization : {'delta', 'theta'}
        Whether ordinal items have scales, or residual variances.
    std_lv : bool
        Whether factors have variance 1 instead of a first loading of 1.
    orthogonal : bool
        Whether exogenous factors are uncorrelated.
    means : bool
        Whether means are part of the model.
    fixed_x : bool
        Whether means and covariances of exogenous observed variables are those of the sample.
    equal : tuple of str
        Kinds of parameters that are equal in all groups.
    partial : tuple of str
        Parameters that are not, such as "f=~x2".
    """

    groups: int = 1
    categories: Mapping[str, int] = field(default_factory=dict)
    parameterization: str = "delta"
    std_lv: bool = False
    orthogonal: bool = False
    means: bool = False
    fixed_x: bool = True
    equal: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parameter:
    """One parameter in one group.

    Attributes
    ----------
    left : str
        Left side in the text.
    operator : str
        Operator, see `Term`.
    right : str
        Right side.
    group : int
        Number of the group, from 0.
    value : float or None
        Value at which it is fixed; None where it is free or the sample's.
    start : float or None
        Value to start from where one is given.
    label : str
        Label, or empty.
    free : int
        Position among the free parameters, -1 where it is fixed.
    of_sample : bool
        Whether it is fixed at the sample's value.
    """

    left: str
    operator: str
    right: str
    group: int
    value: float | None = None
    start: float | None = None
    label: str = ""
    free: int = -1
    of_sample: bool = False

    @property
    def name(self) -> str:
        """Name as in the text, without the group.

        Returns
        -------
        str
            Both sides and the operator, without blanks.
        """
        return f"{self.left}{self.operator}{self.right}"


@dataclass(frozen=True)
class ParameterTable:
    """The parameters of a model in all groups.

    Attributes
    ----------
    rows : tuple of Parameter
        Parameters, group by group.
    observed : tuple of str
        Observed variables.
    latent : tuple of str
        Factors.
    exogenous : tuple of str
        Observed variables whose means and covariances are the sample's.
    defined : tuple of tuple of str
        Names and expressions of defined parameters, in an order in which they can be computed.
    n_free : int
        Number of free parameters.
    options : Options
        What was understood.
    """

    rows: tuple[Parameter, ...]
    observed: tuple[str, ...]
    latent: tuple[str, ...]
    exogenous: tuple[str, ...]
    defined: tuple[tuple[str, str], ...]
    n_free: int
    options: Options
