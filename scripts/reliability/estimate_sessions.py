"""Reliability of every scale that was answered in several sessions, and how many sessions are enough."""

from functools import partial
from itertools import combinations
from pathlib import Path

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import write_parquet, write_table
from pipeline.steps.attempts import FAILURES, attempted, reason_of
from pipeline.steps.correlation_files import NotRun, reason_row
from pipeline.steps.left_out import noted
from pipeline.steps.score_moments import NEEDS_ITEMS
from psychometrics.items.variation import left_out_note, varying_items
from psychometrics.variance.retest import retest
from psychometrics.variance.sessions import RepeatedSessions, repeated_sessions


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
    change_draws: Path | None = None,
) -> None:
    dataset = Dataset(responses)
    scored = pd.read_parquet(scores)
    units = dataset.resampled
    coefficients, decisions, resampled = [], [], [pd.DataFrame(columns=["perspective", "form", "scale", "r_c"])]
    for form in dataset.forms if len(dataset.sessions) > 1 else []:
        keyed = dataset.at_item_sessions(dataset.keyed(form)) if dataset.has_items else None
        who = {"dataset": dataset.name, "perspective": form.perspective, "form": form.name}
        settings = {"level": level, "draws": session_draws, "seed": seed, "resampled": units}
        own = scored[(scored["form"] == form.name) & (scored["perspective"] == form.perspective)]
        for scale, columns in form.scale_columns.items():
            found = estimate(dataset, keyed, columns, settings)
            again = attempted(partial(compare_two, dataset, own[own["scale"] == scale], pair, settings), "retest_r")
            coefficients += [part.assign(scale=scale, **who) for part in (found.rows, again)]
            decisions.append(found.study.assign(scale=scale, **who))
            drawn = pd.DataFrame({"r_c": found.change}).assign(scale=scale, **who)
            resampled.append(drawn.reindex(columns=resampled[0].columns))
    if not coefficients:
        note = "one session: nothing was repeated" if dataset.has_people else "a matrix contains no sessions"
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
    if change_draws is not None:  # what divides by R_C draws it anew
        write_parquet(pd.concat([part.astype({"r_c": float}) for part in resampled]), change_draws)


def estimate(dataset: Dataset, keyed: pd.DataFrame | None, columns: list[str], settings: dict) -> RepeatedSessions:
    """Reliability over sessions of one scale; where it cannot be computed a row in both tables says why."""
    if keyed is None:
        row = reason_row(NotRun(NEEDS_ITEMS), "repeated_sessions")
        return RepeatedSessions(row, row)
    answers, left_out = varying_items(keyed[columns])
    try:
        found = repeated_sessions(
            answers,
            keyed["client"],
            keyed["session"],
            units=dataset.units(pd.Index(keyed["client"])),
            **settings,
        )
        note = left_out_note(left_out)
        return found._replace(rows=noted(found.rows, note), study=noted(found.study, note))
    except FAILURES as failure:
        row = reason_row(reason_of(failure), "repeated_sessions")
        return RepeatedSessions(row, row)


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
