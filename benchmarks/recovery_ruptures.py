"""Do criteria find planted ruptures, how often do they see some where there are none, and does the ratio know?

Run from the project's root: python benchmarks/recovery_ruptures.py --samples 200 > docs/recovery_ruptures.md
Two hundred samples take about ten minutes of one core.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.course.courses import Courses, trend_of
from psychometrics.course.rupture_criteria import Rules, criteria_of, first_sessions, flag_sessions
from psychometrics.course.rupture_false_alarms import rupture_rates
from psychometrics.course.steady_courses import RatingScale, SteadyModel, draw_steady

TEXT = """Dyads with courses of the same length, drawn from the growth model that was fitted to the clients' WAI-S of
the simulated example: mean 6.0 of 7, so that ratings pile up at the top and vary less there, lines of their own with
slopes that differ, a quarter of a residual carried on to the next session, means of twelve items. In a third of the
dyads one session, from the fourth to the last but one, is lower by so many standard deviations within dyads (about .4
points each). False alarms: in data in which nothing was planted, per 100 sessions that the criterion judges. Found:
planted sessions that are flagged. Planted: of the ruptures that are seen when they are two standard deviations deep,
those that were planted."""
RATIO = """The ratio of ruptures seen to those expected, 100 dyads: how often p (100 data sets of steady courses) is
below .05, in percent. With depth 0 it should be five or less."""
SCALE = RatingScale(1, 7, 1 / 12)
EVEN = SCALE._replace(exponent=1.3)
MODEL = SteadyModel(3.545, 0.0155, np.diag([0.164, 0.00013]), 0.078, 0.02, 0.26, 8.0)
RULES = Rules(reliability=0.75)
LENGTHS, DEPTHS = (5, 8, 12, 16, 20, 30), (0.5, 1.0, 1.5, 2.0)
DYADS = 99
OF_RATIO = ((5, 10, 20), (0.0, 1.0, 2.0))


def courses_of_length(length, dyads):
    sessions = np.tile(np.arange(1.0, length + 1)[:, None], (1, dyads))
    return Courses(np.zeros((length, dyads)), sessions, np.ones((length, dyads), dtype=bool), np.arange(dyads))


def planted(values, depth, spread, rng):
    """One session of every third dyad is lower; where it is."""
    length, sets, dyads = values.shape
    place = rng.integers(3, length - 1, size=(sets, dyads))
    where = (np.arange(length)[:, None, None] == place) & (np.arange(dyads) % 3 == 0)
    lower = np.rint(depth * spread / SCALE.step) * SCALE.step
    return np.where(where, np.maximum(values - lower, SCALE.lowest), values), where


def told(value):
    return "–" if np.isnan(value) else f"{value:.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=200)
    samples = parser.parse_args().samples
    print("# Recovery of ruptures\n")
    print(f"{samples} samples of {DYADS} dyads per row. {' '.join(TEXT.split())}\n")
    heads = ["sessions", "criterion", "false alarms per 100 sessions", "courses with one, %"]
    heads += [f"found at {depth:g} SD, %" for depth in DEPTHS] + ["planted, %"]
    print("|".join(["", *(f" {head} " for head in heads), ""]))
    print("|---" * len(heads) + "|")
    for length in LENGTHS:
        given = courses_of_length(length, DYADS)
        found = {name: [0.0, 0.0, *[0.0] * len(DEPTHS), 0.0] for name in criteria_of(RULES)}
        for first in range(0, samples, 10):
            rng = np.random.default_rng([length, first])
            values = draw_steady(MODEL, given, EVEN, 10, rng)
            line = trend_of(values, given, line=True)
            spread = float(np.sqrt(line.squares.sum() / (10 * line.freedom.sum())))
            for flags in flag_sessions(values, given, RULES):
                starts, judged = first_sessions(flags.below), flags.judged.sum() * 10
                found[flags.criterion][0] += 100 * starts.sum() / judged / samples * 10
                found[flags.criterion][1] += 100 * starts.any(axis=0).mean() / samples * 10
            for number, depth in enumerate(DEPTHS):
                lower, where = planted(values, depth, spread, rng)
                for flags in flag_sessions(lower, given, RULES):
                    found[flags.criterion][2 + number] += 100 * flags.below[where].mean() / samples * 10
                    if number == len(DEPTHS) - 1:
                        seen = first_sessions(flags.below).sum()
                        share = (flags.below & where).sum() / seen if seen else np.nan
                        found[flags.criterion][-1] += 100 * share / samples * 10
        for name, values in found.items():
            print(f"| {length} | {name} | {' | '.join(told(value) for value in values)} |", flush=True)
    print(f"\n{samples} samples per row without ruptures, half as many with them. {' '.join(RATIO.split())}\n")
    print("| sessions | depth, SD | " + " | ".join(criteria_of(RULES)) + " | mean ratio of all |")
    print("|---" * (3 + len(criteria_of(RULES))) + "|")
    for length in OF_RATIO[0]:
        given = courses_of_length(length, 100)
        for depth in OF_RATIO[1]:
            p, ratios = [], []
            for sample in range(samples if depth == 0 else samples // 2):
                rng = np.random.default_rng([length, int(10 * depth), sample])
                values = draw_steady(MODEL, given, EVEN, 1, rng)
                line = trend_of(values, given, line=True)
                spread = float(np.sqrt(line.squares.sum() / line.freedom.sum()))
                lower, _ = planted(values, depth, spread, rng)
                rows = rupture_rates(given._replace(ratings=lower[:, 0]), SCALE, RULES, sets=100, seed=sample)
                rows = rows[(rows["statistic"] == "rupture_ratio") & (rows["length"] == "all")]
                p.append(rows["p"].to_numpy(dtype=float))
                ratios.append(rows["estimate"].to_numpy(dtype=float))
            shares = 100 * (np.array(p) < 0.05).mean(axis=0)
            numbers = " | ".join(f"{share:.1f}" for share in shares)
            print(f"| {length} | {depth:g} | {numbers} | {np.nanmean(ratios):.2f} |", flush=True)


if __name__ == "__main__":
    main()
