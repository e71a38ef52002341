"""Content and the difference between perspectives, from answers to the table, as the rules call the scripts."""

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Project

from factors import correlate_items, extract_factors, relate_perspectives, resample_factors, simulate_eigenvalues
from factors.shown_tables import perspectives_table
from ingest import ingest_dataset
from pipeline.data.tables import read_table
from pipeline.steps.correlation_files import CorrelationFiles

SETTINGS = {
    "k": 2, "draws": 5, "comparison_draws": 5, "percentile": 95, "extraction": "minres", "rotation": "oblimin",
    "gamma": 0, "kaiser": "default", "starts": 2, "resamples": 40, "splits": 1, "salient": 0.4, "minimum_share": 0.05,
    "markers": [],
}  # fmt: skip
VOICE = np.where(np.arange(12) % 4 < 2, "first person", "inference about other")


def answers(seed: int, n: int = 240) -> pd.DataFrame:
    """WAI short forms of both sides, from common factors of the dyad; those about the other hold less for therapists.

    Every sixth therapist has no client who answered, and every eighth did not answer.
    """
    rng = np.random.default_rng(seed)
    dyad, sides = rng.normal(size=(n, 3)), []
    for weak in (0.75, 0.45):
        own = 0.8 * dyad + 0.6 * rng.normal(size=(n, 3))
        loading = np.where(VOICE == "first person", 0.75, weak)
        factors = 0.8 * own[:, :1] + 0.6 * own[:, 1 + np.arange(12) % 2]
        sides.append(loading * factors + np.sqrt(1 - loading**2) * rng.normal(size=(n, 12)))
    values = np.clip(np.round(4 + 1.3 * np.hstack(sides)), 1, 7)
    values[:, [3, 9, 15, 21]] = 8 - values[:, [3, 9, 15, 21]]  # items 4 and 10 are reverse-keyed
    frame = pd.DataFrame(values, columns=[f"{side}{i}" for side in "ct" for i in range(1, 13)])
    therapist = np.arange(n) % 48
    frame.loc[therapist % 6 == 5, frame.columns[:12]] = np.nan
    frame.loc[therapist % 8 == 0, frame.columns[12:]] = np.nan
    return frame.assign(client=[f"p{i}" for i in range(n)], therapist=[f"t{i}" for i in therapist])


CODES = pd.DataFrame({"form": "wai_s", "item": range(1, 13), "coder": "A", "voice": VOICE, "dimension": "affective",
                      "domain": "change process", "theme": "trust"})  # fmt: skip
COMMON = {"file": "a.csv", "client": "client", "therapist": "therapist"}
CLIENT = COMMON | {"form": "wai_s", "perspective": "client", "columns": "c{item}"}
THERAPIST = COMMON | {"form": "wai_s", "perspective": "therapist", "columns": "t{item}"}


def compare(
    folder, entries: list[dict], codes: pd.DataFrame | None = CODES, frame: pd.DataFrame | None = None, **changes
) -> tuple[pd.DataFrame, dict]:
    """The table, and the resamples of each perspective."""
    settings = SETTINGS | changes
    project = Project(folder / "project")
    tables = {"a": answers(5) if frame is None else frame} | ({} if codes is None else {"codes": codes})
    description = {"title": "t", "source": "s", "responses": entries, "accept": {"same_answers": "made so by a test"}}
    project.add("study", description | ({} if codes is None else {"item_codes": "codes.csv"}), **tables)
    responses = folder / "responses"
    ingest_dataset.main("study", project.folder, "first", responses)
    solutions, pieces = {}, {}
    for who in [entry["perspective"] for entry in entries]:
        out = folder / "factors" / who
        paths = [out / name for name in ("correlations.csv", "pairs.csv", "correlations.json")]
        matrix = CorrelationFiles(*paths)
        made = [out / f"{name}.csv" for name in ("retention", "eigenvalues", "neighbours", "fit")]
        solutions[who], pieces[who] = out / "solution.json", [out / "resamples.npz"]
        one = {"perspective": who, "settings": settings, "piece": 1, "pieces": 1, "seed": 3}
        correlate_items.main(responses, *paths, out / "suitability.csv", perspective=who, method="pearson",
                             missing="pairwise")  # fmt: skip
        simulate_eigenvalues.main(responses, matrix, out / "random.npz", **one)
        extract_factors.main(responses, matrix, [out / "random.npz"], solutions[who], *made,
                             perspective=who, settings=settings, seed=3)  # fmt: skip
        resample_factors.main(responses, matrix, solutions[who], *pieces[who], out / "halves.npz", **one)
    table = folder / "perspective_content.csv"
    made = [*solutions.values()], [path for paths in pieces.values() for path in paths]
    relate_perspectives.main(responses, *made, table, settings=settings, level=0.95, seed=3)
    found = read_table(table)
    assert not (found["estimate"].isna() & (found["note"] == "")).any()
    return found, {who: np.load(paths[0]) for who, paths in pieces.items()}


def test_a_planted_difference_of_voice_is_found(tmp_path):
    found, _ = compare(tmp_path, [THERAPIST, CLIENT])  # client minus therapist, in whichever order they are named
    assert found[["perspective", "perspective_2"]].drop_duplicates().to_numpy().tolist() == [["client", "therapist"]]
    rows = found[(found["statistic"] == "difference_general_gap") & (found["facet"] == "voice")].set_index("category")
    assert rows.loc["inference about other", "lower"] > 0 > rows.loc["first person", "upper"]
    assert rows["method"].str.contains("40 of 40 resamples of therapists, the same in both perspectives").all()
    assert rows["note"].str.contains("client: two factors do not identify the general factor").all()
    shown = perspectives_table(found)
    assert len(shown.rows) == 6  # all; two voices; one category in each of the other facets
    assert [row[1:4] for row in shown.rows[:2]] == [["all", "all", "12"], ["voice", "first person", "6"]]
    assert "two factors" in shown.rows[0][-1] and not shown.rows[1][-1]


def test_therapists_who_answered_from_one_side_only_do_not_break_the_pairs_of_draws(tmp_path):
    """Both sides give the same answers, but a quarter of the therapists has no client who answered.

    They are the first in order: numbers drawn among fewer therapists would mean others.
    """
    frame = answers(7)
    sides = [[f"{side}{i}" for i in range(1, 13)] for side in "ct"]
    complete = frame[sides[1]].dropna()
    frame = frame.loc[complete.index]
    frame[sides[0]] = complete.to_numpy()
    names = sorted(frame["therapist"].unique())
    frame.loc[frame["therapist"].isin(names[: len(names) // 4]), sides[0]] = np.nan
    found, drawn = compare(tmp_path, [CLIENT, THERAPIST], frame=frame)
    alike = [values["communality"].mean(axis=1) for values in drawn.values()]
    assert np.corrcoef(*alike)[0, 1] > 0.7  # about the root of 3/4; with other draws about 0
    gap = found.loc[found["statistic"] == "mean_communality_gap", "se"].iloc[0]
    assert gap < 0.75 * max(values.std() for values in alike)  # about half; with other draws more than once


DIFFERENT = CODES.assign(coder="B", voice="v", dimension="d", domain="d", theme="t")
OTHER_FORM = COMMON | {"form": "wai_sr", "perspective": "client", "columns": "c{item}"}
CASES = {
    "no codes": ([CLIENT, THERAPIST], None, {}, "no content codes of its items"),
    "one perspective": ([CLIENT], CODES, {}, "only the client answered"),
    "one factor": ([CLIENT, THERAPIST], CODES, {"k": 1}, "client: the solution has no general factor"),
    "no solution": ([CLIENT, THERAPIST], CODES, {"k": 11}, "client: 11 factors are too many for 12 items"),
    "other forms": ([OTHER_FORM, THERAPIST], CODES, {}, "no form was answered by both client and therapist"),
    "coders differ": ([CLIENT, THERAPIST], pd.concat([CODES, DIFFERENT]), {}, "none of the items has a code"),
}


@pytest.mark.parametrize(
    "case",
    [case if case in ("no codes", "one perspective") else pytest.param(case, marks=pytest.mark.slow) for case in CASES],
)
def test_a_pair_that_cannot_be_compared_has_the_reason(tmp_path, case):
    entries, codes, changes, reason = CASES[case]
    if case == "other forms":
        entries = [entry | {"range": [1, 7]} for entry in entries]
    found, _ = compare(tmp_path, entries, codes, **{"resamples": 4} | changes)
    assert len(found) == 1 and reason in found["note"].item()
    shown = perspectives_table(found)
    assert shown.rows == [] if case == "one perspective" else reason in shown.rows[0][-1]
