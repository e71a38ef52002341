"""The random-intercept cross-lagged panel model: what of two variables leads and what follows within clients."""

from collections.abc import Iterable

ALLIANCE, SYMPTOMS = "a", "s"
PAIRS = ((ALLIANCE, SYMPTOMS), (SYMPTOMS, ALLIANCE))


def carried(variable: str) -> str:
    """Name the lag of a variable on itself.

    Parameters
    ----------
    variable : {'a', 's'}
        The variable.

    Returns
    -------
    str
        Label in the model.
    """
    return f"carried_{variable}"


def lag(on: str) -> str:
    """Name the lag of the other variable on a variable.

    Parameters
    ----------
    on : {'a', 's'}
        The variable that follows.

    Returns
    -------
    str
        Label in the model.
    """
    return f"lag_{on}"


def cross_lagged_panel(
    sessions: int, *, equal: bool = True, trend: bool = False, error: tuple[float, float] = (0.0, 0.0)
) -> str:
    r"""Write the model of alliance a1, a2, ... and symptoms s1, s2, ... of T sessions.

    .. math:: a_{it} = \mu_t + \alpha_i + t\,\gamma_i + a^*_{it} + e_{it}, \qquad
              a^*_{it} = \phi_a a^*_{i,t-1} + \beta_a s^*_{i,t-1} + u_{it}

    and the same for symptoms.

    Parameters
    ----------
    sessions : int
        Number of sessions, T.
    equal : bool, default True
        Whether lags are equal over time.
    trend : bool, default False
        Whether clients have linear trends of their own, :math:`\gamma_i`.
    error : tuple of float, default (0, 0)
        Known error variances of alliance and symptoms.

    Returns
    -------
    str
        The model in lavaan's notation. Labels: `carried_a`, `lag_a` (of symptoms on alliance), `carried_s`, `lag_s`
        (of alliance on symptoms), followed by the session where lags are not equal.

    Notes
    -----
    Hamaker, Kuiper & Grasman (2015), Psychol. Methods 20, 102-116, as known; the model was compared with the lavaan
    code on the page of Mulder & Hamaker (2021), which was read. Means are free at every session, so that the average
    course is no part of what is stable. With trends: the latent curve model with structured residuals (Curran et al.
    2014, J. Consult. Clin. Psychol. 82, 879-894, known).

    Examples
    --------
    >>> print(cross_lagged_panel(3).splitlines()[-1])
    intercept_a ~~ 0*w_a1 + 0*w_s1
    """
    times = range(1, sessions + 1)
    lines, stable = [], []
    for variable, variance in zip((ALLIANCE, SYMPTOMS), error, strict=True):
        stable.append(f"intercept_{variable}")
        lines.append(f"intercept_{variable} =~ {_sum(f'1*{variable}{t}' for t in times)}")
        if trend:
            stable.append(f"slope_{variable}")
            lines.append(f"slope_{variable} =~ {_sum(f'{t - 1}*{variable}{t}' for t in times)}")
        for t in times:
            lines += [f"w_{variable}{t} =~ 1*{variable}{t}", f"{variable}{t} ~~ {variance!r}*{variable}{t}"]
    for t in times[1:]:
        for own, other in PAIRS:
            labels = [name if equal else f"{name}_{t}" for name in (carried(own), lag(own))]
            lines.append(f"w_{own}{t} ~ {labels[0]}*w_{own}{t - 1} + {labels[1]}*w_{other}{t - 1}")
    lines += [f"w_a{t} ~~ w_s{t}" for t in times]
    lines += [f"{one} ~~ {other}" for place, one in enumerate(stable) for other in stable[:place]]
    lines += [f"{name} ~~ 0*w_a1 + 0*w_s1" for name in reversed(stable)]
    return "\n".join(lines)


def _sum(parts: Iterable[str]) -> str:
    return " + ".join(parts)
