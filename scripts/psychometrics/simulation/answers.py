"""Answers to alliance questionnaires of known structure: a second-order factor model seen through thresholds.

A client's keyed answer to an item is the number of thresholds below ``loading * f + uniqueness``. Every item loads on
one group factor, and the group factors share one general factor, ``f = g G + sqrt(1 - g^2) u``. So the correlations of
the latent answers are ``Lambda Phi Lambda' + Psi`` with ``Phi_ij = g_i g_j``, and the Schmid-Leiman solution is exact.
G and every u have a part that therapists share among their clients, a part that stays and a part that changes between
sessions. The therapist's answers follow the same model on factors that correlate with the client's.

`truth` is the mapping in data/datasets/example/truth.yaml, where every number is explained.
"""

import numpy as np
import pandas as pd

from psychometrics.content.coding import FACETS

STREAMS = ("scores", "answers", "clients", "missing", "codes", "order")  # one independent random stream per part
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
    if set(truth) != SECTIONS:
        raise ValueError(f"The truth must have exactly these sections: {', '.join(sorted(SECTIONS))}.")
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
) -> np.ndarray:
    """Standard normal components, (sessions, n, k), with the given share between therapists and retest correlation."""
    n = len(therapist)
    between = rng.normal(size=(therapist.max() + 1, k))[therapist]
    stable = (retest - icc) / (1 - icc)
    lasting, passing = rng.normal(size=(n, k)), rng.normal(size=(sessions, n, k))
    return np.sqrt(icc) * between + np.sqrt(1 - icc) * (np.sqrt(stable) * lasting + np.sqrt(1 - stable) * passing)


def draw_scores(truth: dict, therapist: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw the components G, u_1, ..., u_k of each perspective.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    therapist : numpy.ndarray of shape (n,)
        The therapist of each client as 0, 1, ...
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    dict of str to numpy.ndarray
        Perspective -> components of shape (sessions, n, 1 + k).
    """
    shape = (rng, therapist, len(truth["sessions"]), 1 + len(truth["factors"]))
    client = _components(*shape, icc=truth["client"]["icc"], retest=truth["client"]["retest"])
    own = _components(*shape, icc=truth["therapist"]["own_icc"], retest=truth["client"]["retest"])
    agreement = truth["therapist"]["agreement"]
    scores = {"client": client, "therapist": agreement * client + np.sqrt(1 - agreement**2) * own}
    growth = truth["client"]["growth"] * np.arange(len(truth["sessions"]))
    for components in scores.values():
        components[:, :, 0] += growth[:, None]
    return scores


def draw_answers(
    truth: dict, scores: dict[str, np.ndarray], rng: np.random.Generator
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

    Returns
    -------
    dict of tuple to numpy.ndarray
        (form, perspective) -> answers of shape (sessions, n, items), in sorted order.
    """
    general = general_loadings(truth)
    position = {name: index for index, name in enumerate(factor_names(truth))}
    answers = {}
    for form in sorted(truth["forms"]):
        spec, items = truth["forms"][form], item_table(truth, form)
        loading, of = items["loading"].to_numpy(), items["factor"].map(position).to_numpy()
        for perspective in sorted(spec["perspectives"]):
            components = scores[perspective]
            factors = general * components[:, :, :1] + np.sqrt(1 - general**2) * components[:, :, 1:]
            latent = factors[:, :, of] * loading
            latent += rng.normal(size=latent.shape) * np.sqrt(1 - loading**2)
            latent += items["ease"].to_numpy() + (truth["therapist"]["ease"] if perspective == "therapist" else 0.0)
            answers[form, perspective] = ordinal_answers(latent, spec["thresholds"], lowest=spec["range"][0])
    return answers


def draw_outcome(truth: dict, components: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw standardized baseline and outcome from the client's components at the first session.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    components : numpy.ndarray of shape (n, 1 + k)
        The client's components.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    baseline : numpy.ndarray of shape (n,)
        Symptoms before therapy.
    outcome : numpy.ndarray of shape (n,)
        Outcome of therapy.
    """
    general = components[:, 0]
    specific = components[:, 1 + factor_names(truth).index(COMMON)]
    r, b = truth["baseline"]["general"], truth["outcome"]["coefficients"]
    baseline = r * general + np.sqrt(1 - r**2) * rng.normal(size=len(general))
    explained = b["general"] ** 2 + b[COMMON] ** 2 + b["baseline"] ** 2 + 2 * r * b["general"] * b["baseline"]
    outcome = b["general"] * general + b[COMMON] * specific + b["baseline"] * baseline
    return baseline, outcome + np.sqrt(1 - explained) * rng.normal(size=len(general))


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


# --- the data set ----------------------------------------------------------------------------------------------


def simulate(truth: dict) -> dict[str, pd.DataFrame]:
    """Draw the whole example, raw and incomplete as a clinic would hold it.

    Parameters
    ----------
    truth : dict
        The true values, see the module.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``{form}.{perspective}``: client, therapist, session, i01, ... as stored (reverse items not turned), one row per
        form handed back, missing answers as missing. `clients`: client, therapist, baseline, outcome. `item_codes`:
        form, item, coder, voice, dimension, domain, theme.
    """
    check_truth(truth)
    streams = random_streams(truth["seed"])
    caseloads = np.asarray(truth["caseloads"])
    therapist = streams["order"].permutation(np.repeat(np.arange(len(caseloads)), caseloads))
    n = len(therapist)
    codes = {"client": [f"C{i + 1:03d}" for i in range(n)], "therapist": [f"T{t + 1:02d}" for t in therapist]}
    people = pd.DataFrame(codes)
    scores = draw_scores(truth, therapist, streams["scores"])
    answers = draw_answers(truth, scores, streams["answers"])
    baseline, outcome = draw_outcome(truth, scores["client"][0], streams["clients"])
    left = streams["missing"].random(n) < truth["missing"]["dropout"]
    frames = {}
    for form, perspective in answers:
        raw = reverse_answers(answers[form, perspective], truth["forms"][form])
        raw[streams["missing"].random(raw.shape) < truth["missing"]["item"]] = np.nan
        lost = streams["missing"].random(raw.shape[:2]) < truth["missing"]["form"][perspective]
        items = item_table(truth, form)["item"]
        occasions = []
        for occasion, session in enumerate(truth["sessions"]):
            frame = pd.concat([people.assign(session=session), pd.DataFrame(raw[occasion], columns=items)], axis=1)
            occasions.append(frame[~lost[occasion] & ~(left & (occasion > 0))])
        frame = pd.concat(occasions).sort_values(["client", "session"], ignore_index=True)
        frames[f"{form}.{perspective}"] = frame.astype(dict.fromkeys(items, "Int64"))
    clients = people.copy()
    for name, values in (("baseline", baseline), ("outcome", outcome)):
        clients[name] = np.clip(np.round(truth[name]["mean"] + truth[name]["sd"] * values), 0, 100)
        clients[name] = clients[name].astype("Int64")
    clients.loc[left, "outcome"] = pd.NA
    return frames | {"clients": clients, "item_codes": draw_codes(truth, streams["codes"])}


def draw_codes(truth: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the codes of every item by every coder.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    pandas.DataFrame
        Columns form, item (its number), coder, then one column per facet.
    """
    codes, rows = truth["codes"], []
    for form in sorted(truth["forms"]):
        for number in sorted(truth["forms"][form]["items"]):
            shares = codes["shares"][truth["forms"][form]["items"][number][0]]
            true = {facet: rng.choice(len(codes["facets"][facet]), p=shares[facet]) for facet in FACETS}
            for coder in codes["coders"]:
                row = {"form": form, "item": number, "coder": coder}
                for facet in FACETS:
                    categories = codes["facets"][facet]
                    wrong = rng.random() >= codes["accuracy"]
                    shift = rng.integers(1, len(categories)) if wrong else 0
                    row[facet] = categories[(true[facet] + shift) % len(categories)]
                rows.append(row)
    return pd.DataFrame(rows, columns=["form", "item", "coder", *FACETS])
