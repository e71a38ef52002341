"""Values by hand; gradients against differences of the values."""

import math

import numpy as np
import pytest

from psychometrics.covariance_structures.expressions import evaluate, names_in

EXPRESSIONS = {
    "a * b + a / b - 3": lambda a, b: a * b + a / b - 3,
    "-a^2 + b^a": lambda a, b: -(a**2) + b**a,
    "sqrt(a) * exp(b) - log(a)": lambda a, b: math.sqrt(a) * math.exp(b) - math.log(a),
    "tanh(a) + atanh(b / 4) + abs(-a)": lambda a, b: math.tanh(a) + math.atanh(b / 4) + a,
}


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_value_and_gradient(text):
    function, (a, b), step = EXPRESSIONS[text], (0.8, 1.7), 1e-6
    value, gradient = evaluate(text, {"a": (a, np.array([1.0, 0.0])), "b": (b, np.array([0.0, 1.0]))})
    assert value == pytest.approx(function(a, b), rel=1e-12)
    by_a = (function(a + step, b) - function(a - step, b)) / (2 * step)
    by_b = (function(a, b + step) - function(a, b - step)) / (2 * step)
    np.testing.assert_allclose(gradient, [by_a, by_b], rtol=1e-8)  # differences of 1e-6 hold 9 digits


def test_names():
    assert names_in("sqrt(a.b) + c^2 - a.b") == {"a.b", "c"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("a +", "cannot be read"), ("a + z", "no label of the model"), ("sin(a)", "calls sin"), ("a if a else a", "not")],
)
def test_what_cannot_be_computed(text, message):
    with pytest.raises(ValueError, match=message):
        evaluate(text, {"a": (1.0, np.zeros(1))})
