"""Functions of parameters that a model defines, with their derivatives."""

import ast
from collections.abc import Callable, Mapping

import numpy as np

Dual = tuple[float, np.ndarray]  # a value and its gradient

_FUNCTIONS: dict[str, tuple[Callable[[float], float], Callable[[float], float]]] = {
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "abs": (abs, np.sign),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "atanh": (np.arctanh, lambda x: 1 / (1 - x * x)),
}


def evaluate(expression: str, known: Mapping[str, Dual]) -> Dual:
    """Compute a function of parameters and its gradient.

    Parameters
    ----------
    expression : str
        Numbers, labels, + - * / ^, brackets, and sqrt, exp, log, abs, tanh, atanh.
    known : mapping of str to tuple
        Label -> (value, gradient).

    Returns
    -------
    value : float
        The value; NaN where it is not defined.
    gradient : numpy.ndarray
        Its gradient, by the rules of differentiation.

    Raises
    ------
    ValueError
        The expression cannot be read, or names an unknown label.

    Examples
    --------
    >>> value, gradient = evaluate("a * b + 1", {"a": (2.0, np.array([1.0, 0])), "b": (3.0, np.array([0, 1.0]))})
    >>> float(value), gradient
    (7.0, array([3., 2.]))
    """
    size = len(next(iter(known.values()))[1]) if known else 0

    def _of(node: ast.AST) -> Dual:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return float(node.value), np.zeros(size)
        if isinstance(node, ast.Name | ast.Attribute):
            name = ast.unparse(node)
            if name not in known:
                raise ValueError(f"'{expression}' names {name}, which is no label of the model")
            return known[name]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            sign = -1.0 if isinstance(node.op, ast.USub) else 1.0
            value, slope = _of(node.operand)
            return sign * value, sign * slope
        if isinstance(node, ast.BinOp):
            return _binary(node.op, _of(node.left), _of(node.right), expression)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1 and not node.keywords:
            if node.func.id not in _FUNCTIONS:
                raise ValueError(f"'{expression}' calls {node.func.id}; known are {', '.join(_FUNCTIONS)}")
            function, derivative = _FUNCTIONS[node.func.id]
            value, slope = _of(node.args[0])
            return float(function(value)), derivative(value) * slope
        raise ValueError(f"'{expression}' cannot be computed: {ast.unparse(node)} is not understood")

    with np.errstate(all="ignore"):
        value, gradient = _of(_tree(expression))
    return float(value), gradient


def names_in(expression: str) -> set[str]:
    """List the labels that an expression uses.

    Parameters
    ----------
    expression : str
        The expression of a defined parameter.

    Returns
    -------
    set of str
        The labels.

    Raises
    ------
    ValueError
        The expression cannot be read.
    """
    tree = _tree(expression)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute)]
    return {ast.unparse(node) for node in names if id(node) not in called | inner}


def _tree(expression: str) -> ast.expr:
    try:
        return ast.parse(expression.replace("^", "**"), mode="eval").body
    except SyntaxError:
        raise ValueError(f"'{expression}' cannot be read as a formula") from None


def _binary(operator: ast.operator, one: Dual, other: Dual, expression: str) -> Dual:
    (a, da), (b, db) = (np.float64(one[0]), one[1]), (np.float64(other[0]), other[1])
    match operator:
        case ast.Add():
            return a + b, da + db
        case ast.Sub():
            return a - b, da - db
        case ast.Mult():
            return a * b, a * db + b * da
        case ast.Div():
            return a / b, da / b - a / b**2 * db
        case ast.Pow():
            slope = b * a ** (b - 1) * da
            return a**b, slope + a**b * np.log(a) * db if np.any(db) else slope
    raise ValueError(f"'{expression}' has an operator that is not understood")
