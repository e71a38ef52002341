"""How long association and shared variance take: five instruments, two perspectives, 300 clients, 1,000 resamples.

Run from the project's root: python benchmarks/association.py             (seconds of one processor per step)
                             python benchmarks/association.py --profile STEP  (where the time of one step goes)
The scripts of the pipeline run one after the other on a simulated data set in a temporary folder. Of the split of the
totals' variance, whose solutions come from the factor analysis, the splitting itself is timed, on made-up solutions.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import cProfile
import pstats
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

sys.path.pop(0)  # this folder, whose association.py and reliability.py would hide the folders of scripts
sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from association import compare_correlations, correlate_scores, correlate_sessions, tabulate_mtmm
from ingest import ingest_dataset
from psychometrics.shared_variance.split import TotalScores, VarianceSplit
from reliability import estimate_reliability
from score import score_responses
from shared_variance import analyse_commonality, estimate_shared_variance, relate_score_sets

ROOT = Path(__file__).parents[1]
CLIENTS, THERAPISTS, SESSIONS, RESAMPLES, SOLUTIONS = 300, 40, 2, 1000, 500
FORMS = [  # form, perspective, items, lowest answer, categories
    ("wai_s", "client", 12, 1, 7), ("calpas_p", "client", 24, 1, 7), ("haq2", "client", 19, 1, 6),
    ("arm5", "client", 5, 1, 7), ("srs", "client", 4, 0, 11),
    ("wai_s", "therapist", 12, 1, 7), ("calpas_t", "therapist", 24, 1, 7), ("haq2", "therapist", 19, 1, 6),
    ("arm5", "therapist", 5, 1, 7), ("star", "therapist", 12, 0, 5),
]  # fmt: skip


def simulate(folder: Path, seed: int = 20111) -> None:
    """A data set as a researcher would hand it in: a general factor, one of each form, two sessions, 3% missing."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    index = pd.MultiIndex.from_product([range(CLIENTS), range(1, SESSIONS + 1)], names=["client", "session"])
    codes = index.to_frame(index=False)
    codes.insert(1, "therapist", codes["client"] % THERAPISTS)
    general = rng.normal(size=(CLIENTS, 1)).repeat(SESSIONS, axis=0)
    entries = []
    for form, perspective, items, lowest, categories in FORMS:
        own = rng.normal(size=(CLIENTS, 1)).repeat(SESSIONS, axis=0) + 0.7 * rng.normal(size=(len(codes), 1))
        latent = 0.5 * general + 0.4 * own + 0.6 * rng.normal(size=(len(codes), items))
        answers = lowest + np.searchsorted(np.linspace(-1.8, 1, categories - 1), latent).astype(float)
        answers[rng.random(answers.shape) < 0.03] = np.nan
        file = f"{form}_{perspective}.csv"
        frame = pd.DataFrame(answers, columns=[f"q{item + 1}" for item in range(items)])
        pd.concat([codes, frame], axis=1).to_csv(folder / file, index=False)
        entries.append(
            {
                "file": file,
                "form": form,
                "perspective": perspective,
                "columns": "q{item}",
                "client": "client",
                "therapist": "therapist",
                "session": "session",
            }
        )
        if form == "star":
            entries[-1] |= {"scales": {"total": list(range(1, items + 1))}, "reverse": []}
    before = rng.normal(size=CLIENTS) - 0.2 * general[::SESSIONS, 0]
    after = 0.5 * before + 0.3 * general[::SESSIONS, 0] + rng.normal(size=CLIENTS)
    clients = pd.DataFrame({"client": range(CLIENTS), "before": before, "after": after})
    clients.to_csv(folder / "clients.csv", index=False)
    variables = {
        role: {"column": column, "role": role} for role, column in (("baseline", "before"), ("outcome", "after"))
    }
    (folder / "dataset.yaml").write_text(
        yaml.safe_dump(
            {
                "title": "Benchmark",
                "simulated": True,
                "source": "benchmarks/association.py",
                "responses": entries,
                "clients": {"file": "clients.csv", "client": "client", "variables": variables},
            }
        )
    )


def split_variance() -> None:
    """The split of five totals on five factors, and of as many resampled solutions as by default."""
    rng = np.random.default_rng(1)
    sizes = {form: items for form, perspective, items, _, _ in FORMS if perspective == "client"}
    items = [f"{form}_{item:02d}" for form, size in sizes.items() for item in range(size)]
    loadings = pd.DataFrame(rng.uniform(0, 0.5, (len(items), 6)), index=items, columns=list("gabcde"))
    members = {form: [item for item in items if item.startswith(form)] for form in sizes}
    totals = TotalScores.of(members, {form: form for form in sizes}, loadings.index)
    split = VarianceSplit(loadings, 1 - (loadings**2).sum(axis=1), totals)
    split.table()
    drawn = loadings.to_numpy() * rng.uniform(0.8, 1.2, (SOLUTIONS, *loadings.shape))
    split.values(drawn, 1 - (drawn**2).sum(axis=-1))


def steps(root: Path) -> dict:
    """What to time -> how to do it; every step reads the files of those before it."""
    responses, scores, results = root / "responses", root / "scores.parquet", root / "results"
    inputs = {"responses": responses, "scores": scores}
    how = {"level": 0.95, "draws": RESAMPLES, "seed": 20111}
    correlations = results / "correlations.csv"
    return {
        "correlations": lambda: correlate_scores.main(**inputs, correlations=correlations, missing="pairwise", **how),
        "differences": lambda: compare_correlations.main(**inputs, differences=results / "differences.csv", **how),
        "sessions": lambda: correlate_sessions.main(**inputs, association_sessions=results / "sessions.csv", **how),
        "shared_variance": lambda: estimate_shared_variance.main(
            responses, correlations, ROOT / "data/published/claims.yaml", results / "shared_variance.csv"
        ),
        "canonical": lambda: relate_score_sets.main(**inputs, canonical=results / "canonical.csv", **how),
        "commonality": lambda: analyse_commonality.main(
            **inputs, commonality=results / "commonality.csv", missing="pairwise", **how
        ),
        "mtmm": lambda: tabulate_mtmm.main(
            **inputs,
            correlations=correlations,
            reliability=results / "reliability.csv",
            mtmm=results / "mtmm.csv",
            missing="pairwise",
            **how,
        ),
        "variance_split": split_variance,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "data").mkdir()
        (root / "data/instruments").symlink_to(ROOT / "data/instruments")
        (root / "workflow").symlink_to(ROOT / "workflow")
        simulate(root / "data/datasets/benchmark")
        ingest_dataset.main("benchmark", root, "first", root / "responses")
        score_responses.main(
            root / "responses", root / "scores.parquet", root / "descriptives.csv", minimum_share=0.8, level=0.95
        )
        (root / "results").mkdir()
        estimate_reliability.main(
            root / "responses",
            root / "results/reliability.csv",
            root / "results/categories.csv",
            missing="pairwise",
            level=0.95,
            draws=20,
            seed=1,
        )
        work = steps(root)
        if "--profile" in sys.argv:
            step = sys.argv[-1]
            if step in ("shared_variance", "mtmm"):
                work["correlations"]()
            profile = cProfile.Profile()
            profile.runcall(work[step])
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            return
        total = 0.0
        for name, step in work.items():
            start = time.process_time()
            step()
            spent = time.process_time() - start
            total += spent
            print(f"{name}: {spent:.1f} s", flush=True)
        print(f"together: {total:.1f} s of one processor")


if __name__ == "__main__":
    main()
