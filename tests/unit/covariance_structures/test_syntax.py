"""What lavaan's notation means, and what is said of a line that cannot be read."""

import math

import pytest

from psychometrics.covariance_structures.syntax import parse_model


def test_a_factor_with_modifiers():
    terms = parse_model("f =~ x1 + 0.5*x2 + a*x3 + NA*x4 + start(0.7)*b*x5")
    assert [(t.left, t.operator, t.right) for t in terms] == [("f", "=~", f"x{j}") for j in range(1, 6)]
    assert [t.fixed for t in terms[:3]] == [(None,), (0.5,), (None,)]
    assert terms[2].labels == ("a",) and math.isnan(terms[3].fixed[0])
    assert terms[4].start == (0.7,) and terms[4].labels == ("b",)


def test_a_formula_goes_on_after_a_sign_and_on_a_line_without_operator():
    first, second = parse_model("f =~ x1 +\n  x2 # a comment\n"), parse_model("f =~ x1\n + x2 ! another")
    assert first == second == parse_model("f =~ x1 + x2")


def test_several_on_the_left_and_values_of_groups():
    terms = parse_model("y1 + y2 ~ c(a, b)*x; y1 ~~ c(0, NA)*y2; y1 ~ -1.5*1; y2 | t1 + c(t, t)*t2; y1 ~*~ 1*y1")
    assert [(t.left, t.operator, t.right) for t in terms] == [
        ("y1", "~", "x"),
        ("y2", "~", "x"),
        ("y1", "~~", "y2"),
        ("y1", "~1", ""),
        ("y2", "|", "t1"),
        ("y2", "|", "t2"),
        ("y1", "~*~", "y1"),
    ]
    assert terms[0].labels == ("a", "b") and terms[2].fixed[0] == 0.0
    assert terms[3].fixed == (-1.5,) and terms[5].labels == ("t", "t")


def test_a_parameter_that_stands_twice_is_one():
    (one,) = parse_model("x ~~ a*y; y ~~ start(0.2)*x")
    assert (one.labels, one.start) == (("a",), (0.2,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the model is empty"),
        ("f x1", "has no operator"),
        ("f =~ ", "nothing on one side of =~"),
        ("f =~ x1 ++ x2", "something is missing beside"),
        ("f =~ c(1, 2*x1", "brackets"),
        ("f =~ 2x", "no name of a variable"),
        ("a == b", "a shared label"),
        ("f <~ x1", "composites"),
        ("a > 0", "inequalities"),
        ("y ~ x:z", "products such as x:z"),
        ("y ~ y", "both sides"),
        ("y =~ 1", "only after ~"),
        ("y | x1", "thresholds are named t1"),
        ("y ~*~ x", "a scale is that of one item"),
        ("f =~ 1*2*x", "two values are given"),
        ("f =~ c(a, 1)*x", "neither numbers and NA nor labels"),
        ("f =~ 1*x; f =~ 2*x", "stands twice with different fixed"),
        ("a := b; a := c", "defined twice"),
        ("level: 1\nf =~ x", "blocks such as"),
        ("f =~ x ~ y", "two operators"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(text, message):
    with pytest.raises(ValueError, match=message):
        parse_model(text)
