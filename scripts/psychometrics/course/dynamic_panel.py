"""The dynamic panel model with fixed effects: two variables on both one session before, within clients."""

from itertools import combinations

from psychometrics.course.cross_lagged_panel import PAIRS, carried, lag


def dynamic_panel(sessions: int, *, trend: bool = False, error: tuple[float, float] = (0.0, 0.0)) -> str:
    r"""Write the model of alliance a1, a2, ... and symptoms s1, s2, ... of T sessions.

    .. math:: a_{it} = \mu_t + \phi_a a_{i,t-1} + \beta_a s_{i,t-1} + \alpha_i + t\,\gamma_i + u_{it},
              \qquad t = 2, \ldots, T

    and the same for symptoms.

    Parameters
    ----------
    sessions : int
        Number of sessions, T.
    trend : bool, default False
        Whether clients have linear trends of their own, :math:`\gamma_i`.
    error : tuple of float, default (0, 0)
        Known error variances of alliance and symptoms.

    Returns
    -------
    str
        The model in lavaan's notation, with the labels of
        :func:`psychometrics.course.cross_lagged_panel.cross_lagged_panel`.

    Notes
    -----
    Both equations of Allison, Williams & Moral-Benito (2017), Socius 3, 1-17, fitted together, with errors of the same
    session that correlate; of the article the abstract was read, and what its R package dpm documents. The effects of
    clients correlate freely with both variables at the first session: what came before it is not modelled, whereas the
    cross-lagged panel of Hamaker et al. takes every session to deviate from the same level.

    Examples
    --------
    >>> print(dynamic_panel(3).splitlines()[2])
    a2 ~ carried_a*a1 + lag_a*s1
    """
    times, known = range(2, sessions + 1), any(error)
    lines, effects = [], []

    def _name(variable: str, t: int) -> str:
        return f"true_{variable}{t}" if known else f"{variable}{t}"

    for variable, _ in PAIRS:
        effects.append(f"effect_{variable}")
        lines.append(f"effect_{variable} =~ {' + '.join(f'1*{_name(variable, t)}' for t in times)}")
        if trend:
            effects.append(f"slope_{variable}")
            lines.append(f"slope_{variable} =~ {' + '.join(f'{t - 2}*{_name(variable, t)}' for t in times)}")
    lines += [
        f"{_name(own, t)} ~ {carried(own)}*{_name(own, t - 1)} + {lag(own)}*{_name(other, t - 1)}"
        for t in times
        for own, other in PAIRS
    ]
    lines += [f"{_name('a', t)} ~~ {_name('s', t)}" for t in times]
    given = [_name(variable, 1) for variable, _ in PAIRS]
    lines += [f"{name} ~~ {name}" for name in given]
    lines += [f"{one} ~~ {other}" for one, other in combinations([*given, *effects], 2)]
    if known:
        for (variable, _), variance in zip(PAIRS, error, strict=True):
            for t in range(1, sessions + 1):
                lines += [f"true_{variable}{t} =~ 1*{variable}{t}", f"{variable}{t} ~~ {variance!r}*{variable}{t}"]
    return "\n".join(lines)
