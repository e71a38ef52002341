"""Answers to alliance questionnaires of known structure: a second-order factor model seen through thresholds.

A client's keyed answer to an item is the number of thresholds below ``loading * f + uniqueness``. Every item loads on
one group factor, and the group factors share one general factor, ``f = g G + sqrt(1 - g^2) u``. So the correlations of
the latent answers are ``Lambda Phi Lambda' + Psi`` with ``Phi_ij = g_i g_j``, and the Schmid-Leiman solution is exact.
G and every u have a part that therapists share among their clients, a part that stays and a part that changes between
sessions. The therapist's answers follow the same model on factors that correlate with the client's. The outcome depends
on what stays, which is the alliance of the dyad, and not on what one session adds.

`truth` is the mapping in data/datasets/example/truth.yaml, where every number is explained.
"""

import numpy as np
import pandas as pd

# one independent random stream per part; a new part goes last, so that the numbers of the others stay
STREAMS = ("scores", "answers", "clients", "missing", "codes", "order", "course", "endings", "symptoms", "observers")
SECTIONS = {
    "seed",
    "caseloads",
    "sessions",
    "factors",
    "client",
    "therapist",
    "forms",
    "missing",
    "baseline",
    "outcome",
    "codes",
}
FURTHER = {"course", "symptoms", "observers"}  # sections of sessions beside the first two; all of them or none
COMMON = "confident_collaboration"


def check_truth(truth: dict) -> None:
    """Check that `truth` describes a population.

    Parameters
    ----------
    truth : dict
        The true values, see the module.

    Raises
    ------
    ValueError
        With one sentence that says what is wrong.
    """
    if set(truth) - FURTHER != SECTIONS or set(truth) & FURTHER not in (set(), FURTHER):
        named = ", ".join(sorted(SECTIONS))
        raise ValueError(
            f"The truth must have exactly these sections: {named}; and all or none of {', '.join(sorted(FURTHER))}."
        )
    for name, factor in truth["factors"].items():
        if not 0 <= factor["general"] < 1:
            raise ValueError(f"Factor {name}: `general` must be at least 0 and below 1.")
    for form, spec in truth["forms"].items():
        low, high = spec["range"]
        if len(spec["thresholds"]) != high - low or np.any(np.diff(spec["thresholds"]) <= 0):
            raise ValueError(f"Form {form}: {high - low} rising thresholds are needed for answers {low} to {high}.")
        if sorted(spec["items"]) != list(range(1, len(spec["items"]) + 1)):
            raise ValueError(f"Form {form}: the items must be numbered 1 to {len(spec['items'])}.")
        for item, (factor, loading, _) in spec["items"].items():
            if factor not in truth["factors"] or not 0 < loading < 1:
                raise ValueError(f"Form {form}, item {item}: needs a known factor and a loading between 0 and 1.")
    for form, biased in truth["therapist"]["biased"].items():
        if unknown := set(biased) - set(truth["forms"][form]["items"]):
            raise ValueError(f"therapist: biased: {form} has no item {min(unknown)}.")
    if explained_outcome(truth) > truth["outcome"]["reliability"]:
        raise ValueError("outcome: the coefficients explain more than the `reliability` leaves.")
    if not truth["client"]["icc"] <= truth["client"]["retest"] <= 1:
        raise ValueError("client: `retest` must lie between `icc` and 1, because therapists stay the same.")


def factor_names(truth: dict) -> list[str]:
    """Name the group factors in the order of every array of this module.

    Parameters
    ----------
    truth : dict
        The true values, see the module.

    Returns
    -------
    list of str
        Alphabetical, so that the order in the file does not matter.
    """
    return sorted(truth["factors"])


def general_loadings(truth: dict) -> np.ndarray:
    """Take the loadings g of the group factors on the general factor.

    Parameters
    ----------
    truth : dict
        The true values, see the module.

    Returns
    -------
    numpy.ndarray of shape (k,)
        In the order of :func:`factor_names`.
    """
    return np.array([truth["factors"][name]["general"] for name in factor_names(truth)], dtype=float)


def item_table(truth: dict, form: str) -> pd.DataFrame:
    """Tabulate the items of a form in their order.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    form : str
        Name of the form.

    Returns
    -------
    pandas.DataFrame
        Columns item (i01, ...), factor, loading, ease.
    """
    items = truth["forms"][form]["items"]
    rows = [(f"i{number:02d}", *items[number]) for number in sorted(items)]
    return pd.DataFrame(rows, columns=["item", "factor", "loading", "ease"])


def ordinal_answers(latent: np.ndarray, thresholds: np.ndarray, *, lowest: int = 1) -> np.ndarray:
    """Cut latent answers into categories: `lowest` plus the number of thresholds below the latent answer.

    Parameters
    ----------
    latent : numpy.ndarray
        Latent answers, any shape.
    thresholds : numpy.ndarray of shape (c - 1,)
        Thresholds, rising, for c categories.
    lowest : int, default 1
        The lowest category.

    Returns
    -------
    numpy.ndarray
        Answers, shape as `latent`.

    Raises
    ------
    ValueError
        If the thresholds do not rise.

    Examples
    --------
    >>> ordinal_answers(np.array([-2.0, 0.1, 1.7]), np.array([-1.0, 0.0, 1.5]))
    array([1, 3, 4])
    """
    thresholds = np.asarray(thresholds, dtype=float)
    if thresholds.ndim != 1 or np.any(np.diff(thresholds) <= 0):
        raise ValueError("The thresholds of an item must rise.")
    return lowest + np.searchsorted(thresholds, latent, side="left")


# --- drawing people and answers --------------------------------------------------------------------------------


def random_streams(seed: int) -> dict[str, np.random.Generator]:
    """Seed one generator per part of the simulation, so that a change in one part leaves the others alone.

    Parameters
    ----------
    seed : int
        At least 0.

    Returns
    -------
    dict of str to numpy.random.Generator
        Name of the part -> its PCG64 generator.
    """
    return {name: np.random.Generator(np.random.PCG64([seed, part])) for part, name in enumerate(STREAMS)}


def _components(
    rng: np.random.Generator, therapist: np.ndarray, sessions: int, k: int, *, icc: float, retest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Components as what stays, (n, k), and what is of one session only, (sessions, n, k); the sum has variance 1.

    Two sessions correlate `retest`, two clients of a therapist `icc`; both lie in what stays.
    """
    n = len(therapist)
    between = rng.normal(size=(therapist.max() + 1, k))[therapist]
    stable = (retest - icc) / (1 - icc)
    lasting, passing = rng.normal(size=(n, k)), rng.normal(size=(sessions, n, k))
    stays = np.sqrt(icc) * between + np.sqrt((1 - icc) * stable) * lasting
    return stays, np.sqrt((1 - icc) * (1 - stable)) * passing


def passing_correlation(sessions: np.ndarray, *, carried: float, reach: int) -> np.ndarray:
    """Correlate what is of one session only between sessions.

    Parameters
    ----------
    sessions : numpy.ndarray of shape (s,)
        Numbers of sessions.
    carried : float
        Correlation of two sessions in a row.
    reach : int
        Sessions after which nothing is carried over.

    Returns
    -------
    numpy.ndarray of shape (s, s)
        From `carried` down to 0 in equal steps; 1 on the diagonal.
    """
    lag = np.abs(np.subtract.outer(sessions, sessions))
    return np.where(lag == 0, 1.0, carried * np.clip(reach - lag, 0, None) / (reach - 1))


def _at_every_session(
    passing: np.ndarray, known: np.ndarray, sessions: np.ndarray, rng: np.random.Generator, *, sd: float, carried: float
) -> np.ndarray:
    """What is of one session only, at all `sessions`: drawn given what it is at those that are `known`."""
    reach = int(np.diff(np.sort(known)).min())  # so that those that are known stay uncorrelated, as they were drawn
    correlation = passing_correlation(sessions, carried=carried, reach=reach)
    here = np.isin(sessions, known)
    of_known = np.linalg.inv(correlation[np.ix_(here, here)])
    weights = correlation[np.ix_(~here, here)] @ of_known
    left = correlation[np.ix_(~here, ~here)] - weights @ correlation[np.ix_(here, ~here)]
    drawn = np.linalg.cholesky(left) @ rng.normal(size=(int((~here).sum()), passing[0].size))
    every = np.empty((len(sessions), *passing.shape[1:]))
    every[here] = passing
    every[~here] = np.tensordot(weights, passing, axes=1) + sd * drawn.reshape(-1, *passing.shape[1:])
    return every


def sessions_of(truth: dict) -> list[int]:
    """List the sessions of a therapy that ends last.

    Parameters
    ----------
    truth : dict
        The true values, see the module.

    Returns
    -------
    list of int
        1, 2, ... where the truth has a course, else those of which it speaks.
    """
    return list(range(1, truth["course"]["sessions"] + 1)) if "course" in truth else list(truth["sessions"])


def growth_of(truth: dict, sessions: np.ndarray) -> np.ndarray:
    """Compute how much the mean of G has risen since the first session of which the truth speaks.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    sessions : numpy.ndarray
        Numbers of sessions.

    Returns
    -------
    numpy.ndarray
        By the same amount from session to session; below 0 before that session.
    """
    first, second = truth["sessions"]
    return truth["client"]["growth"] * (np.asarray(sessions) - first) / (second - first)


def draw_scores(
    truth: dict, therapist: np.ndarray, rng: np.random.Generator, course: np.random.Generator | None = None
) -> dict[str, np.ndarray]:
    """Draw the components G, u_1, ..., u_k of each perspective.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    therapist : numpy.ndarray of shape (n,)
        The therapist of each client as 0, 1, ...
    rng : numpy.random.Generator
        Source of the random numbers.
    course : numpy.random.Generator, optional
        Source of the random numbers of all other sessions, which are drawn given the first two; without it only
        those two are drawn.

    Returns
    -------
    dict of str to numpy.ndarray
        Perspective -> components of shape (sessions, n, 1 + k); and under `level` what stays of the client's, with
        variance 1, (n, 1 + k).
    """
    known, retest = np.asarray(truth["sessions"]), truth["client"]["retest"]
    shape = (rng, therapist, len(known), 1 + len(truth["factors"]))
    parts = [
        _components(*shape, icc=icc, retest=retest) for icc in (truth["client"]["icc"], truth["therapist"]["own_icc"])
    ]
    sessions = known
    if course is not None:
        sessions = np.asarray(sessions_of(truth))
        how = {"sd": np.sqrt(1 - retest), "carried": truth["course"]["carried"]}
        parts = [(stays, _at_every_session(passing, known, sessions, course, **how)) for stays, passing in parts]
    client, own = (stays + passing for stays, passing in parts)
    agreement = truth["therapist"]["agreement"]
    scores = {"client": client, "therapist": agreement * client + np.sqrt(1 - agreement**2) * own}
    growth = growth_of(truth, sessions)
    for components in scores.values():
        components[:, :, 0] += growth[:, None]
    return scores | {"level": parts[0][0] / np.sqrt(retest)}


def ease_of_items(truth: dict, form: str, perspective: str, session: int) -> np.ndarray:
    """Give how easily each item is answered high.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    form : str
        Name of the form.
    perspective : str
        Who answers; therapists rate lower, some items in particular, and less so late in therapy.
    session : int
        Number of the session.

    Returns
    -------
    numpy.ndarray of shape (items,)
        In the order of the items.
    """
    ease = item_table(truth, form)["ease"].to_numpy(dtype=float)
    if perspective != "therapist":
        return ease
    own = truth["therapist"]
    biased = own["biased"].get(form, {})
    late = max(session - max(truth["sessions"]), 0)
    return ease + own["ease"] + own["easing"] * late + [biased.get(number, 0.0) for number in range(1, len(ease) + 1)]


def draw_answers(
    truth: dict,
    scores: dict[str, np.ndarray],
    rng: np.random.Generator,
    *,
    sessions: list[int] | None = None,
    forms: list[str] | None = None,
) -> dict[tuple[str, str], np.ndarray]:
    """Draw complete keyed answers.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    scores : dict of str to numpy.ndarray
        Components of each perspective, see :func:`draw_scores`.
    rng : numpy.random.Generator
        Source of the random numbers.
    sessions : list of int, optional
        The sessions of the components; the first two where left out.
    forms : list of str, optional
        The forms that are given; all where left out.

    Returns
    -------
    dict of tuple to numpy.ndarray
        (form, perspective) -> answers of shape (sessions, n, items), in sorted order.
    """
    general, sessions = general_loadings(truth), truth["sessions"] if sessions is None else sessions
    position = {name: index for index, name in enumerate(factor_names(truth))}
    answers = {}
    for form in sorted(truth["forms"] if forms is None else forms):
        spec, items = truth["forms"][form], item_table(truth, form)
        loading, of = items["loading"].to_numpy(), items["factor"].map(position).to_numpy()
        for perspective in sorted(spec["perspectives"]):
            components = scores[perspective]
            factors = general * components[:, :, :1] + np.sqrt(1 - general**2) * components[:, :, 1:]
            latent = factors[:, :, of] * loading
            latent += rng.normal(size=latent.shape) * np.sqrt(1 - loading**2)
            latent += np.array([ease_of_items(truth, form, perspective, session) for session in sessions])[:, None]
            answers[form, perspective] = ordinal_answers(latent, spec["thresholds"], lowest=spec["range"][0])
    return answers


def explained_outcome(truth: dict) -> float:
    """Compute the share of the outcome's variance that its true predictors explain.

    Parameters
    ----------
    truth : dict
        The true values, see the module.

    Returns
    -------
    float
        The product b' R b, with R the correlations of what stays of G and of u, the baseline and the early gain.
    """
    b, stays = truth["outcome"]["coefficients"], np.sqrt(truth["client"]["retest"])
    r, gain = truth["baseline"]["general"], truth["outcome"]["gain_general"]
    correlation = np.eye(4)
    for (one, two), value in {(0, 2): r * stays, (0, 3): gain * stays, (2, 3): r * gain}.items():
        correlation[one, two] = correlation[two, one] = value
    weights = np.array([b["general"], b[COMMON], b["baseline"], b["early_gain"]])
    return float(weights @ correlation @ weights)


def draw_outcome(
    truth: dict, components: np.ndarray, level: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw standardized baseline and outcome, and the early gain between them.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    components : numpy.ndarray of shape (n, 1 + k)
        The client's components at the first session of which the truth speaks.
    level : numpy.ndarray of shape (n, 1 + k)
        What stays of them.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    baseline : numpy.ndarray of shape (n,)
        Symptoms before therapy.
    outcome : numpy.ndarray of shape (n,)
        Outcome of therapy, as measured.
    gain : numpy.ndarray of shape (n,)
        How much the symptoms fall early, which goes with the alliance and with the outcome.
    """
    general, n = components[:, 0], len(components)
    specific = level[:, 1 + factor_names(truth).index(COMMON)]
    r, b = truth["baseline"]["general"], truth["outcome"]["coefficients"]
    baseline = r * general + np.sqrt(1 - r**2) * rng.normal(size=n)
    rest = np.sqrt(1 - explained_outcome(truth)) * rng.normal(size=n)
    g = truth["outcome"]["gain_general"]
    gain = g * general + np.sqrt(1 - g**2) * rng.normal(size=n)
    outcome = b["general"] * level[:, 0] + b[COMMON] * specific + b["baseline"] * baseline + b["early_gain"] * gain
    return baseline, outcome + rest, gain


def reverse_answers(answers: np.ndarray, spec: dict) -> np.ndarray:
    """Reverse the answers to reverse-keyed items: raw answers become keyed ones and keyed ones raw.

    Parameters
    ----------
    answers : numpy.ndarray of shape (..., items)
        Answers to a form.
    spec : dict
        The form in the true values: `reverse` (numbers of the items) and `range`.

    Returns
    -------
    numpy.ndarray of shape (..., items)
        Answers with these items reversed.
    """
    turned = np.array(answers, dtype=float)
    columns = np.array(spec["reverse"], dtype=int) - 1
    turned[..., columns] = sum(spec["range"]) - turned[..., columns]
    return turned
