"""What is understood where a model says nothing; numbers of free parameters counted by hand."""

import pytest

from psychometrics.covariance_structures.parameter_table import parameter_table
from psychometrics.covariance_structures.parameters import Options
from psychometrics.covariance_structures.syntax import parse_model

TWO = "f =~ x1 + x2 + x3; g =~ x4 + x5 + x6"
SIX = {f"x{j}": 4 for j in range(1, 7)}


def table(model, **options):
    return parameter_table(parse_model(model), Options(**options))


def free(found, group=0):
    return {row.name for row in found.rows if row.free >= 0 and row.group == group}


def test_a_factor_model():
    found = table(TWO)
    assert found.observed == ("x1", "x2", "x3", "x4", "x5", "x6")
    assert found.n_free == 4 + 6 + 2 + 1  # loadings, residuals, variances, covariance
    assert {"f=~x1", "g=~x4"}.isdisjoint(free(found))


def test_options():
    assert table(TWO, std_lv=True).n_free == 13
    assert table(TWO, orthogonal=True).n_free == 12
    assert table(TWO, means=True).n_free == 19
    assert table(TWO, categories=SIX).n_free == 4 + 3 + 6 * 3


def test_outcomes_covary_and_exogenous_variables_are_the_samples():
    found = table("y1 + y2 ~ x + z", means=True)
    assert free(found) == {"y1~x", "y1~z", "y2~x", "y2~z", "y1~~y1", "y2~~y2", "y1~~y2", "y1~1", "y2~1"}
    assert {row.name for row in found.rows if row.of_sample} == {"x~~x", "z~~z", "x~~z", "x~1", "z~1"}
    assert table("y ~ x + z", fixed_x=False).n_free == 2 + 1 + 3
    # who names a variance of an exogenous variable has it in the model
    assert table("y ~ x; x ~~ x").n_free == 3


def test_a_chain_has_uncorrelated_residuals():
    assert free(table("m ~ x; y ~ m")) == {"m~x", "y~m", "m~~m", "y~~y"}


def test_labels_share_a_parameter_also_over_groups():
    assert table("f =~ x1 + a*x2 + a*x3").n_free == 1 + 3 + 1
    assert table("f =~ x1 + c(a, a)*x2 + c(b, d)*x3", groups=2).n_free == 3 + 2 * 4
    assert table("f =~ x1 + a*x2 + x3", groups=2).n_free == 1 + 2 + 2 * 4


def test_equal_in_all_groups():
    found = table(TWO, groups=2, means=True, equal=("loadings", "intercepts"))
    assert found.n_free == 4 + 6 + 2 * (6 + 3) + 2  # and the factor means of the second group
    assert "f~1" in free(found, 1) and "f~1" not in free(found)
    partial = table(TWO, groups=2, means=True, equal=("loadings", "intercepts"), partial=("f =~ x2",))
    assert partial.n_free == found.n_free + 1


def test_scales_are_free_where_thresholds_are_equal():
    options = {"groups": 2, "means": True, "categories": SIX}
    assert table(TWO, equal=("loadings",), **options).n_free == 4 + 2 * (3 + 18)
    both = table(TWO, equal=("loadings", "thresholds"), **options)
    assert both.n_free == 4 + 18 + 2 * 3 + 2 + 6
    assert "x1~*~x1" in free(both, 1)
    theta = table(TWO, equal=("loadings", "thresholds"), parameterization="theta", **options)
    assert theta.n_free == both.n_free and "x1~~x1" in free(theta, 1)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("f =~ x1 + c(1, 2, 3)*x2 + x3", {"groups": 2}, "3 values in c"),
        ("f =~ x1 + x2 + x3; x1 | t1", {}, "has to be an ordered item"),
        (TWO + "; x1 | t4", {"categories": SIX}, "there is no t4"),
        ("f =~ x1 + a*x2 + x3; b := a + d", {}, "names d"),
        ("f =~ x1 + a*x2 + x3; a := 2", {}, "cannot be a label"),
        ("f =~ a*x1 + x2; g =~ a*2*x3 + x4", {}, "two different fixed values"),
        (TWO, {"equal": ("loadings",)}, "only in several groups"),
        (TWO, {"groups": 2, "equal": ("loading",)}, "not 'loading'"),
        (TWO, {"groups": 2, "equal": ("loadings",), "partial": ("f=~x9",)}, "no parameter of the model"),
    ],
)
def test_contradictions(model, options, message):
    with pytest.raises(ValueError, match=message):
        table(model, **options)
