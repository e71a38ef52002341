"""Observers who rate recordings of some sessions: a view that they share, of which each sees something else."""

import numpy as np
import pandas as pd

from psychometrics.simulation.answers import (
    factor_names,
    general_loadings,
    ordinal_answers,
    reverse_answers,
    sessions_of,
)

OBSERVER = "observer"


def observed_items(truth: dict, form: str) -> pd.DataFrame:
    """Tabulate the items of a form that observers rate.

    Parameters
    ----------
    truth : dict
        The true values.
    form : str
        Name of the form, under `observers`.

    Returns
    -------
    pandas.DataFrame
        Columns item (i01, ...), factor, loading, ease: those of the client's form of this name, or what `observers`
        says about the form.
    """
    about = truth["observers"]["forms"][form]
    items = truth["forms"][form]["items"] if form in truth["forms"] else about["items"]
    rows = [(f"i{number:02d}", *items[number]) for number in sorted(items)]
    return pd.DataFrame(rows, columns=["item", "factor", "loading", "ease"])


def form_of(truth: dict, form: str) -> dict:
    """Give range, thresholds and reversed items of a form that observers rate.

    Parameters
    ----------
    truth : dict
        The true values.
    form : str
        Name of the form, under `observers`.

    Returns
    -------
    dict
        The client's form of this name, or what `observers` says about the form.
    """
    return truth["forms"][form] if form in truth["forms"] else truth["observers"]["forms"][form]


def draw_views(truth: dict, client: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw what each observer sees of G and of every u.

    Parameters
    ----------
    truth : dict
        The true values.
    client : numpy.ndarray of shape (sessions, n, 1 + k)
        The client's components.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    numpy.ndarray of shape (observers, sessions, n, 1 + k)
        Components with variance 1 of every observer.
    """
    about = truth["observers"]
    seen, shared = about["agreement"], about["between"]
    common = seen / np.sqrt(shared) * client + np.sqrt(1 - seen**2 / shared) * rng.normal(size=client.shape)
    own = rng.normal(size=(len(about["severity"]), *client.shape))
    return np.sqrt(shared) * common + np.sqrt(1 - shared) * own


def keyed_ratings(truth: dict, form: str, views: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw the keyed ratings of all items of a form.

    Parameters
    ----------
    truth : dict
        The true values.
    form : str
        Name of the form, under `observers`.
    views : numpy.ndarray of shape (observers, sessions, n, 1 + k)
        What each observer sees, see :func:`draw_views`.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    numpy.ndarray of shape (observers, sessions, n, items)
        Ratings with reversed items turned.
    """
    about, general = truth["observers"], general_loadings(truth)
    spec, items = form_of(truth, form), observed_items(truth, form)
    position = {name: index for index, name in enumerate(factor_names(truth))}
    loading, of = items["loading"].to_numpy(), items["factor"].map(position).to_numpy()
    factors = general * views[..., :1] + np.sqrt(1 - general**2) * views[..., 1:]
    latent = factors[..., of] * loading + rng.normal(size=(*views.shape[:3], len(items))) * np.sqrt(1 - loading**2)
    severity = np.array([about["severity"][name] for name in sorted(about["severity"])])[:, None, None, None]
    latent += items["ease"].to_numpy() + about["ease"] - severity
    return ordinal_answers(latent, spec["thresholds"], lowest=spec["range"][0])


def draw_observers(
    truth: dict, people: pd.DataFrame, scores: dict[str, np.ndarray], last: np.ndarray, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """Draw the ratings of all observers, of some clients at some sessions.

    Parameters
    ----------
    truth : dict
        The true values.
    people : pandas.DataFrame
        Columns client, therapist.
    scores : dict of str to numpy.ndarray
        Components of the clients at every session.
    last : numpy.ndarray of shape (n,)
        The last session of each client.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``{form}.observer``: client, therapist, session, observer, i01, ... as stored; recordings are rated completely.
    """
    about, every = truth["observers"], sessions_of(truth)
    sessions = about["sessions"]
    chosen = np.sort(rng.permutation(len(people))[: about["clients"]])
    views = draw_views(truth, scores["client"][[every.index(s) for s in sessions]][:, chosen], rng)
    frames = {}
    for form in sorted(about["forms"]):
        items = observed_items(truth, form)["item"]
        raw = reverse_answers(keyed_ratings(truth, form, views, rng), form_of(truth, form)).astype(int)
        parts = []
        for observer, name in enumerate(sorted(about["severity"])):
            for occasion, session in enumerate(sessions):
                rated = people.iloc[chosen].reset_index(drop=True).assign(session=session, observer=name)
                frame = pd.concat([rated, pd.DataFrame(raw[observer, occasion], columns=items)], axis=1)
                parts.append(frame[session <= last[chosen]])
        frame = pd.concat(parts).sort_values(["client", "session", "observer"], ignore_index=True)
        frames[f"{form}.{OBSERVER}"] = frame
    return frames
