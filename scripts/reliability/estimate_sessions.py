"""Reliability of every scale that was answered in several sessions, and how many sessions are enough."""

from itertools import combinations
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_table
from psychometrics.variance.retest import retest
from psychometrics.variance.sessions import repeated_sessions


def main(
    responses: Path,
    scores: Path,
    reliability_sessions: Path,
    d_study: Path,
    *,
    pair: list[int] | None,
    level: float,
    session_draws: int,
    seed: int,
) -> None:
    dataset = Dataset(responses)
    scored = pd.read_parquet(scores)
    units = "clients" if dataset.is_matrix or dataset.therapist_of.empty else "therapists"
    coefficients, decisions = [], []
    for form in dataset.forms if len(dataset.sessions) > 1 else []:
        keyed = dataset.keyed(form)
        who = {"dataset": dataset.name, "perspective": form.perspective, "form": form.name}
        settings = {"level": level, "draws": session_draws, "seed": seed, "resampled": units}
        own = scored[(scored["form"] == form.name) & (scored["perspective"] == form.perspective)]
        for scale, columns in form.scale_columns.items():
            found = repeated_sessions(
                keyed[columns],
                keyed["client"],
                keyed["session"],
                units=dataset.units(pd.Index(keyed["client"])),
                **settings,
            )
            again = compare_two(dataset, own[own["scale"] == scale], pair, settings)
            coefficients += [part.assign(scale=scale, **who) for part in (found.rows, again)]
            decisions.append(found.study.assign(scale=scale, **who))
    if not coefficients:
        note = "a matrix holds no sessions" if dataset.is_matrix else "one session: nothing was repeated"
        alone = pd.DataFrame([{"dataset": dataset.name, "statistic": "repeated_sessions", "note": note}])
        coefficients, decisions = [alone.assign(estimate=float("nan"))], [alone.assign(estimate=float("nan"))]
    settings = {
        "level": level,
        "resamples": session_draws,
        "seed": seed,
        "missing": "listwise per scale and session",
        "retest": pair or "the two sessions that most clients share",
    }
    for parts, path in ((coefficients, reliability_sessions), (decisions, d_study)):
        frame = pd.concat(parts, ignore_index=True)
        if "form" in frame:
            frame = dataset.mark_provisional(frame)
        write_table(frame, path, settings=settings, inputs=[responses, scores])


def compare_two(dataset: Dataset, scored: pd.DataFrame, pair: list[int] | None, settings: dict) -> pd.DataFrame:
    """Test-retest of one score between the named sessions, by default the two that most clients share."""
    wide = scored.pivot(index="client", columns="session", values="mean")
    if len(wide.columns) < 2:
        return pd.DataFrame()
    if pair is None:
        shared = {two: wide[list(two)].notna().all(axis=1).sum() for two in combinations(sorted(wide), 2)}
        pair = max(shared, key=shared.get)
    first, second = wide.reindex(columns=list(pair)).to_numpy(dtype=float).T
    rows = retest(first, second, units=dataset.units(wide.index), **settings)
    between = " and ".join(str(session) for session in pair)
    return rows.assign(method=[method.replace("two sessions", f"sessions {between}") for method in rows["method"]])


if __name__ == "__main__":
    job(main, snakemake)
