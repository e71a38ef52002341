"""Do the intervals of profiles, items, phases and response surfaces hold what they promise? Coverage over many samples.

Run from the project's root: python benchmarks/recovery_profiles.py --samples 500 > docs/recovery_profiles.md
Every 10 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
table of what is in the file is printed.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from resumable import add_samples

from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Block
from psychometrics.perspectives.asymmetry import asymmetry_by_content, item_asymmetry, phase_asymmetry
from psychometrics.perspectives.convex_hull import convex_hull
from psychometrics.perspectives.profile import profile_agreement
from psychometrics.perspectives.response_surface import CONDITIONS, TERMS, nested_response_surface, surface_rows

TEXT = """Dyads of therapists with as many clients each, and answers of both from 1 to 7. Of profiles and phases the
answers pile up at the top, the members of a dyad share a profile of their own, and truth is the value in
200,000 dyads. Items have no ceiling; their gaps are drawn anew in each sample, and truth is what they are drawn
from. Surfaces: an outcome with a planted surface and a part that is the therapist's; of a ridge the outcome
rises with both ratings and falls with their distance, so that congruence holds, of a saddle it does not. Nested: a
ridge over six sessions within dyads, and a saddle between them, with a part of the therapist and one of the dyad. Too
high: the 95% interval lies above the truth. Without: no interval. The last table says in how many samples
congruence in the broad sense is held, not held, or undecided."""
DESIGNS = {"12 x 8": (12, 8), "12 x 30": (12, 30), "40 x 6": (40, 6), "80 x 3": (80, 3)}
ITEMS = 12
EASE = np.linspace(-0.6, 0.6, ITEMS)
OWN_EASE = 0.4 * np.tile([1.0, -1.0], ITEMS // 2)  # of the second, so that the mean profiles are not the same
SURFACES = {  # b1 to b5 about the middle of the ratings
    "ridge": (0.4, 0.4, -0.35, 0.6, -0.35),
    "saddle": (0.5, 0.1, 0.1, -0.5, -0.2),
}
KINDS = ("profiles", "items", *SURFACES, "nested")
SPREAD, INFERENCE = 0.2, 0.4
LEVEL, LARGE, SESSIONS = 0.95, 200_000, 6
WITHIN, BETWEEN = "nested, within dyads", "nested, between dyads"
PARTS = {"sessions within dyads": WITHIN, "between dyads": BETWEEN}
COLUMNS = ["kind", "design", "sample", "what", "statistic", "truth", "estimate", "lower", "upper", "verdict"]


def answers(rng, therapists, clients, closer):
    """Answers of both to twelve items with a ceiling; `closer`: how much of the second's own view there is."""
    unit = np.repeat(np.arange(therapists), clients)
    n = len(unit)
    shared = 0.4 * rng.normal(size=therapists)[unit] + 0.7 * rng.normal(size=n)
    profile = 0.5 * rng.normal(size=(therapists, ITEMS))[unit] + 0.6 * rng.normal(size=(n, ITEMS))
    parts = []
    for ease, own in ((0.4 + EASE, 0.0), (EASE + OWN_EASE, closer)):
        raw = 5.4 + ease + shared[:, None] + own * rng.normal(size=(n, 1)) + profile
        parts.append(np.clip(np.rint(raw + 0.9 * rng.normal(size=(n, ITEMS))), 1, 7))
    return unit, *parts


def ratings(unit, one, two):
    return pd.DataFrame({"first": one.mean(axis=1), "second": two.mean(axis=1)})


def profiles_and_phases(rng, therapists, clients):
    state = rng.bit_generator.state
    unit, one, two = answers(rng, therapists, clients, 0.8)
    rng.bit_generator.state = state  # late, the same dyads are closer to each other
    _, *late = answers(rng, therapists, clients, 0.5)
    own = profile_agreement(one, two, units=unit, repairings=1, level=LEVEL)
    phases = phase_asymmetry(ratings(unit, one, two), ratings(unit, *late), units=unit, level=LEVEL, possible=(1, 7))
    phases = phases[phases["phase"] == "late against early"]
    kept = ["profile_d2", "profile_shape_share", "shape_r", "distinctive_shape_r", "distinctive_shape_r_beyond_chance"]
    return pd.concat([own[own["statistic"].isin([*kept, "mean_profile_r"])], phases])


def items(rng, therapists, clients):
    unit = np.repeat(np.arange(therapists), clients)
    n = len(unit)
    gaps = 0.3 + SPREAD * rng.normal(size=ITEMS) + INFERENCE * (np.arange(ITEMS) < 4)
    shared = 0.4 * rng.normal(size=therapists)[unit] + 0.7 * rng.normal(size=n)
    parts = [shared[:, None] + own + rng.normal(size=(n, ITEMS)) for own in (gaps, 0.0)]
    names = [f"wai_s_{number:02d}" for number in range(1, ITEMS + 1)]
    one, two = (pd.DataFrame(part, columns=names) for part in parts)
    codes = pd.DataFrame({"form": "wai_s", "item": range(1, ITEMS + 1), "coder": "A"})
    codes["voice"] = ["other"] * 4 + ["own"] * 8
    content = asymmetry_by_content(codes, one, two, units=unit, draws=200, level=LEVEL, seed=int(rng.integers(1 << 30)))
    content = content[(content["statistic"] == "difference_item_gap") & (content["category"] == "other")]
    # the spread is that of items of one kind
    same = item_asymmetry(one.iloc[:, 4:], two.iloc[:, 4:], units=unit, level=LEVEL)
    first = same[(same["statistic"] == "item_gap") & (same["item"] == names[4])].assign(truth=gaps[4])
    spread = same[same["statistic"] == "item_gap_spread"].assign(truth=SPREAD)
    return pd.concat([first, spread, content.assign(truth=INFERENCE)])


def surface(rng, therapists, clients, b):
    unit = np.repeat(np.arange(therapists), clients)
    n = len(unit)
    level = 0.4 * rng.normal(size=therapists)[unit] + 0.5 * rng.normal(size=n)
    c, t = level + 0.7 * rng.normal(size=n), level + 0.7 * rng.normal(size=n)
    terms = pd.DataFrame({"c": c, "t": t, "cc": c * c, "ct": c * t, "tt": t * t})
    outcome = terms.to_numpy() @ np.array(b) + 0.4 * rng.normal(size=therapists)[unit] + rng.normal(size=n)
    frame = terms.assign(outcome=outcome, therapist=unit)
    fit = mixed_model(frame, "outcome", ["1", *TERMS], [Block("therapist")])
    return surface_rows(fit, TERMS, LEVEL, convex_hull(terms[["c", "t"]].to_numpy()))


def nested(rng, therapists, clients):
    """A ridge within dyads, a saddle between the mean ratings of the dyads."""
    unit = np.repeat(np.arange(therapists), clients)
    dyad = np.repeat(np.arange(len(unit)), SESSIONS)
    level = 0.4 * rng.normal(size=therapists)[unit] + 0.5 * rng.normal(size=len(unit))
    own = level + 0.5 * rng.normal(size=(2, len(unit)))
    c, t = own[:, dyad] + 0.6 * rng.normal(size=(2, len(dyad)))
    terms = pd.DataFrame({"c": c, "t": t, "cc": c * c, "ct": c * t, "tt": t * t})
    means = terms.groupby(dyad).mean()
    between = pd.DataFrame(
        {
            "c": means["c"],
            "t": means["t"],
            "cc": means["c"] ** 2,
            "ct": means["c"] * means["t"],
            "tt": means["t"] ** 2,
        }
    )
    outcome = (terms.to_numpy() - means.to_numpy()[dyad]) @ np.array(SURFACES["ridge"])
    outcome += (between.to_numpy() @ np.array(SURFACES["saddle"]))[dyad]
    outcome += (0.4 * rng.normal(size=therapists)[unit] + 0.5 * rng.normal(size=len(unit)))[dyad]
    data = {"client": dyad, "therapist": unit[dyad], "first": c, "second": t}
    frame = pd.DataFrame(data).assign(outcome=outcome + rng.normal(size=len(dyad)))
    return nested_response_surface(frame, midpoint=0.0, level=LEVEL)


def truths_of(b):
    b1, b2, b3, b4, b5 = b
    p11 = (b5 - b3 + np.sqrt((b3 - b5) ** 2 + b4**2)) / b4
    bend = 4 * b3 * b5 - b4**2
    x0, y0 = (b2 * b4 - 2 * b1 * b5) / bend, (b1 * b4 - 2 * b2 * b3) / bend
    found = {"a1": b1 + b2, "a2": b3 + b4 + b5, "a3": b1 - b2, "a4": b3 - b4 + b5, "a5": b3 - b5}
    return found | {"p10": y0 - p11 * x0, "p11": p11}


def estimates(sample: int, kind: str, design: str) -> pd.DataFrame:
    """What a sample of one kind finds, with the truth where it is not that of 200,000 dyads."""
    therapists, clients = DESIGNS[design]
    rng = np.random.default_rng([therapists, clients, sample, KINDS.index(kind)])
    if kind == "profiles":
        rows = profiles_and_phases(rng, therapists, clients)
        rows["what"] = np.where(rows["statistic"].str.startswith("phase"), "phases", "profiles")
    elif kind == "items":
        rows = items(rng, therapists, clients).assign(what="items")
    elif kind == "nested":
        rows = nested(rng, therapists, clients)
        rows["what"] = rows["part"].map(PARTS)
    else:
        rows = surface(rng, therapists, clients, SURFACES[kind]).assign(what=kind)
    own = rows["what"].map({"ridge": "ridge", "saddle": "saddle", WITHIN: "ridge", BETWEEN: "saddle"})
    of_surface = [truths_of(SURFACES[name]) if isinstance(name, str) else {} for name in own]
    if own.notna().any():
        names = rows["statistic"].str.removeprefix("surface_")
        rows["truth"] = [truths.get(name, np.nan) for truths, name in zip(of_surface, names, strict=True)]
        rows = rows[names.isin(list(CONDITIONS)) | (rows["statistic"] == "congruence_broad")]
    return rows.assign(kind=kind, design=design, sample=sample).reindex(columns=COLUMNS)


def told(what, design, statistic, rows, truth):
    """One line of the table."""
    known = (rows["lower"].notna() & rows["upper"].notna()).to_numpy()
    low, high, estimate = (rows[name].to_numpy(float) for name in ("lower", "upper", "estimate"))
    above, below = low[known] > truth[known] + 1e-9, high[known] < truth[known] - 1e-9
    covered = 100 * (1 - above.mean() - below.mean())
    print(
        f"| {what} | {design} | {statistic} | {truth.mean():.3f} | {np.nanmean(estimate):.3f} | {covered:.1f} | "
        f"{100 * above.mean():.1f} | {100 * below.mean():.1f} | {np.median((high - low)[known]):.2f} | "
        f"{100 * (1 - known.mean()):.1f} | {len(rows)} |",
        flush=True,
    )


def table(file: Path) -> None:
    print(f"# Recovery of profiles, items, phases and response surfaces\n\n{' '.join(TEXT.split())}\n")
    heads = "what|therapists x clients|statistic|truth|mean estimate|covered, %|too high, %|too low, %|median width"
    heads += "|without, %|samples"
    print("|".join(["", *(f" {head} " for head in heads.split("|")), ""]))
    print("|---" * 11 + "|")
    found = pd.read_csv(file)
    for design, (_, clients) in DESIGNS.items():
        # as many clients each, or chance is another
        large = profiles_and_phases(np.random.default_rng(1), LARGE // clients, clients)
        large = large.set_index("statistic")["estimate"]
        here = found[(found["design"] == design) & (found["statistic"] != "congruence_broad")]
        for (what, statistic), rows in here.groupby(["what", "statistic"], sort=False):
            truth = rows["truth"].fillna(large.get(statistic, np.nan)).to_numpy()
            told(what, design, statistic, rows, truth)
    print("\n| surface | therapists x clients | held, % | not held, % | undecided, % |\n|---|---|---|---|---|")
    claims = found[found["statistic"] == "congruence_broad"]
    for (what, design), rows in claims.groupby(["what", "design"], sort=False):
        shares = rows["verdict"].value_counts(normalize=True)
        shown = " | ".join(f"{100 * shares.get(name, 0.0):.1f}" for name in ("held", "not held", "undecided"))
        print(f"| {what} | {design} | {shown} |")


def changes_of_r(samples: int) -> None:
    """How often the interval of the change of a correlation holds, by its formula in many samples."""
    for design, (therapists, clients) in DESIGNS.items():
        large = [np.diff(early_and_late(2000, clients, [1, sample])[0])[0] for sample in range(10)]
        held = 0
        for sample in range(samples):
            whole, left_out = early_and_late(therapists, clients, [therapists, clients, sample])
            change, without = whole[1] - whole[0], left_out[:, 1] - left_out[:, 0]
            error = np.sqrt((therapists - 1) / therapists * ((without - without.mean()) ** 2).sum())
            held += abs(change - np.mean(large)) <= stdtrit(therapists - 1, (1 + LEVEL) / 2) * error
        print(f"{design}: {100 * held / samples:.1f}% of {samples}", flush=True)


def early_and_late(therapists: int, clients: int, seed: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of both ratings early and late, of all and without each therapist."""
    rng = np.random.default_rng(seed)
    state = rng.bit_generator.state
    unit, *early = answers(rng, therapists, clients, 0.8)
    rng.bit_generator.state = state
    _, *late = answers(rng, therapists, clients, 0.5)
    found = []
    for one, two in (early, late):
        x, y = (rating.mean(axis=1) - rating.mean() for rating in (one, two))
        sums = np.stack([np.bincount(unit, v) for v in (np.ones(len(x)), x, y, x * x, y * y, x * y)])
        for left in (sums.sum(axis=1, keepdims=True), sums.sum(axis=1, keepdims=True) - sums):
            mx, my, xx, yy, xy = left[1:] / left[0]
            found.append((xy - mx * my) / np.sqrt((xx - mx**2) * (yy - my**2)))
    return np.array([found[0][0], found[2][0]]), np.column_stack([found[1], found[3]])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_profiles.csv"))
    parser.add_argument("--changes", type=int, help="samples of the change of a correlation alone")
    given = parser.parse_args()
    if given.changes:
        changes_of_r(given.changes)
        sys.exit()
    cells = [{"kind": kind, "design": design} for kind in KINDS for design in DESIGNS]
    add_samples(given.file, COLUMNS, cells, estimates, given.samples, given.processes)
    table(given.file)
