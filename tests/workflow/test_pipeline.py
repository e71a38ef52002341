"""The real pipeline: products of the shipped data; staleness, interruptions and same bytes on small data."""

import os
import re
import shutil

import pandas as pd
import pytest
import yaml
from tests.conftest import FEWER_DRAWS, ROOT, SMALL_DRAWS, Project, small_project

from pipeline.data.analyses import features, given_to, perspectives_of, read_analyses

ANALYSES = read_analyses(ROOT / "scripts")


def to_do(project: Project) -> set[str]:
    """Rules that a run would execute now."""
    outcome = project.run("--dry-run", "--quiet", "host", "reason", "rules")
    assert outcome.returncode == 0, outcome.stderr
    said = outcome.stdout + outcome.stderr
    if "Nothing to be done" in said:
        return set()
    table = said.partition("--------------  -------")[2] or said.partition("count\n")[2]
    return {line.split()[0] for line in table.splitlines() if len(line.split()) == 2 and line.split()[1].isdigit()}


def test_every_product_is_there(finished):
    made = finished.results()
    for name in FEWER_DRAWS["datasets"]:
        description = yaml.safe_load((finished.folder / f"data/datasets/{name}/dataset.yaml").read_text())
        has, who = features(description), perspectives_of(description)
        wanted = {f"{name}/{file}" for file in ("report.html", "sections.json", "scores/scores.parquet")}
        wanted |= {f"{name}/factors/{view}/scores.parquet" for view in who}
        for analysis in ANALYSES:
            paths = [entry.path for entry in given_to(analysis.tables.values(), has)]
            paths += [entry.path for entry in analysis.texts.values()]
            for entry in given_to(analysis.figures.values(), has):
                paths += [f"{entry.stem}.{kind}" for kind in ("pdf", "svg", "png")]
            wanted |= {f"{name}/{path.replace('{perspective}', view)}" for path in paths for view in who}
        assert wanted <= set(made)
    sections = [section for analysis in ANALYSES for section in analysis.index.values()]
    index = {entry.path for section in sections for entry in section.tables.values()}
    assert index | {"index.html"} <= set(made)
    assert all(made.values()), "a product is empty"


def test_every_table_has_its_settings_beside_it(finished):
    made = set(finished.results())
    tables = {name for name in made if name.endswith(".csv") and "/responses/" not in name}
    tables -= {name for name in tables if name.endswith(("/correlations.csv", "/pairs.csv")) and "/factors/" in name}
    assert {name.replace(".csv", ".settings.json") for name in tables} <= made


def test_no_estimate_is_missing_without_a_reason(finished):
    for path in (finished.folder / "results").rglob("*.csv"):
        frame = pd.read_csv(path)
        if {"estimate", "note"} <= set(frame):
            silent = frame[frame["estimate"].isna() & frame["note"].isna()]
            assert silent.empty, f"{path.name}: {silent.iloc[0].to_dict()}"


def test_a_second_run_has_nothing_to_do(small):
    assert "Nothing to be done" in small.run().stderr


def test_adding_a_data_set_runs_only_its_own_jobs_and_the_comparison(small):
    """The others are independent of it: only what is about all data sets is made anew."""
    folder = small.folder / "data/datasets"
    shutil.copytree(folder / "answers", folder / "more")
    small.configure(**SMALL_DRAWS | {"datasets": ["answers", "matrix", "more"]})
    try:
        outcome = small.run("--dry-run", "--quiet", "host", "reason")
    finally:
        shutil.rmtree(folder / "more")
        small.configure(**SMALL_DRAWS)
    assert outcome.returncode == 0, outcome.stderr
    jobs = re.findall(r"^Job \d+: (.*)$", outcome.stdout + outcome.stderr, flags=re.MULTILINE)
    assert jobs and all(job.startswith(("more", "do the factors of one data set", "write the page")) for job in jobs)


ESTIMATING = {
    "ingest_dataset", "score_and_audit", "estimate_reliability", "estimate_sessions",
    "correlate_scores", "tabulate_mtmm", "estimate_shared_variance", "correlate_items", "simulate_eigenvalues",
    "extract_factors", "resample_factors", "describe_solution", "split_variance", "compare_data_sets",
    "estimate_invariance", "estimate_course",
}  # fmt: skip
# the figures of scales are many where there are raw answers, and then drawn by two jobs
DRAWING_SCALES, DRAWING_FACTORS = {"draw_figures_1", "draw_figures_4"}, {"draw_figures_3", "draw_figures_5"}
DRAWING_PEOPLE = {"draw_figures_2"}  # perspectives, course and outcome
DRAWING = DRAWING_SCALES | DRAWING_PEOPLE | DRAWING_FACTORS
DESCRIBING = {"describe_data_set", "render_report"}


# what is edited: the rules that run again, and those that do not
EDITS = {
    "scripts/pipeline/steps/cross_checks/by_pingouin.py": ({"cross_check"}, ESTIMATING | DRAWING),
    "scripts/psychometrics/reliability/omega_total.py": (
        {"estimate_reliability", "estimate_sessions"},
        {"ingest_dataset", "score_and_audit", "extract_factors"},
    ),
    # the course reads the reliability of change
    "scripts/psychometrics/variance/decision_study.py": (
        {"estimate_sessions", "estimate_course"},
        ESTIMATING - {"estimate_sessions", "estimate_course"},
    ),
    "scripts/psychometrics/content/audit.py": ({"tabulate_content", "render_index"}, ESTIMATING),
    "scripts/psychometrics/factors/rotation.py": (
        {"extract_factors", "resample_factors", "describe_solution", "compare_data_sets"},
        {"ingest_dataset", "score_and_audit", "tabulate_content", "correlate_items"},
    ),
    "scripts/shared_variance/analyse_commonality.py": (
        {"estimate_shared_variance"},
        {"correlate_scores"} | DRAWING,
    ),
    "scripts/figures/figures.mplstyle": (DRAWING, ESTIMATING | {"describe_data_set"}),
    "scripts/reliability/section_reliability.py": (DESCRIBING, ESTIMATING | DRAWING),
    "workflow/words/reliability.j2": (
        DESCRIBING | DRAWING_SCALES,
        ESTIMATING | DRAWING_FACTORS | DRAWING_PEOPLE | {"tabulate_content"},
    ),
    "workflow/words/factors.j2": (
        DESCRIBING | DRAWING_FACTORS,
        ESTIMATING | DRAWING_SCALES | DRAWING_PEOPLE | {"tabulate_content"},
    ),
    # the notes of the flow of participants and of the histograms are among these words
    "workflow/words/data.j2": (
        DESCRIBING | {"draw_figures_1"},
        ESTIMATING | DRAWING_FACTORS | DRAWING_PEOPLE | {"tabulate_content"},
    ),
    "workflow/words/content.j2": ({"tabulate_content", "render_index"}, ESTIMATING | DRAWING | DESCRIBING),
    "workflow/templates/report.html.j2": ({"render_report"}, ESTIMATING | DRAWING | {"describe_data_set"}),
}
# one edit of each kind: a method, a style, words of a section, the page
OFTEN = [
    "scripts/psychometrics/reliability/omega_total.py",
    "scripts/figures/figures.mplstyle",
    "workflow/words/reliability.j2",
    "workflow/templates/report.html.j2",
]


@pytest.mark.parametrize("edited", [pytest.param(e, marks=() if e in OFTEN else pytest.mark.slow) for e in EDITS])
def test_an_edit_reruns_what_depends_on_it_and_nothing_else(small, edited):
    rerun, untouched = EDITS[edited]
    path = small.folder / edited
    before, times = path.read_bytes(), path.stat()
    path.write_bytes(before + {".j2": b"{# edited #}\n", ".py": b"\nEDITED = 1\n"}.get(path.suffix, b"\n# edited\n"))
    try:
        jobs = to_do(small)
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert rerun <= jobs
    # what only reads a table that is made anew reruns as well, what lies before it does not
    assert not jobs & (untouched - rerun - (DRAWING if rerun & ESTIMATING else set()))


def test_comments_docstrings_and_white_space_rerun_nothing(small):
    """Of code, of a data set and of forms: what they say decides."""
    folder = small.folder
    description = next(iter((folder / "data/datasets/answers").glob("dataset.yaml")))
    texts = {
        folder / "scripts/psychometrics/reliability/omega_total.py": lambda text: (
            "# a comment\n" + text.replace('"""', '""" ', 1)
        ),
        description: lambda text: "# a comment\n" + text,
        folder / "data/instruments/vtas.yaml": lambda text: text + "\n# a comment\n",
        folder / "data/instruments/wai.yaml": lambda text: text + "\n# a comment\n",
    }
    before = {path: (path.read_text(), path.stat()) for path in texts}
    for path, changed in texts.items():
        path.write_text(changed(path.read_text()))
    try:
        assert to_do(small) == set()
    finally:
        for path, (text, times) in before.items():
            path.write_text(text)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.slow
def test_how_figures_look_is_no_matter_of_numbers(small):
    """Other widths and fonts draw the figures and write the pages anew, and nothing else."""
    small.configure(**SMALL_DRAWS | {"figures": {"two_columns": 170, "font": "DejaVu Serif", "decimal_mark": "comma"}})
    try:
        jobs = to_do(small)
    finally:
        small.configure(**SMALL_DRAWS)
    # the figure of the published content is drawn where its tables are made
    assert jobs - {"all", "total"} == DRAWING | {"tabulate_content", "render_report", "render_index"}


@pytest.mark.slow  # as are the jobs that are killed in test_faults.py
def test_an_interrupted_job_is_repeated_and_leaves_no_half_result(small, tmp_path):
    project = small_project(tmp_path / "project")
    script = project.folder / "scripts/reliability/estimate_reliability.py"
    whole = script.read_text()
    # die as a killed job does, in the middle of writing
    assert "write_table(dataset.mark_provisional(frame), reliability" in whole
    script.write_text(
        whole.replace(
            "    write_table(dataset.mark_provisional(frame), reliability",
            "    import os\n    reliability.parent.mkdir(exist_ok=True)\n    reliability.write_text('half')\n"
            "    os._exit(9)\n"
            "    write_table(dataset.mark_provisional(frame), reliability",
        )
    )
    table = "results/matrix/reliability/reliability.csv"  # which has nobody to resample, and takes seconds less
    assert project.run(table).returncode != 0
    assert not (project.folder / table).exists()
    script.write_text(whole)
    assert project.run(table).returncode == 0
    assert (project.folder / table).read_bytes() == (small.folder / table).read_bytes()


def test_named_targets(small):
    outcome = small.run("figures", "content", *SMALL_DRAWS["datasets"], "--dry-run")
    assert outcome.returncode == 0 and "Nothing to be done" in outcome.stdout + outcome.stderr


def test_snakemake_s_own_report(small):
    outcome = small.run("--report", "report.html")
    assert outcome.returncode == 0, outcome.stderr[-2000:]
    page = (small.folder / "report.html").read_text()
    for part in (
        "It is not the report to read",
        "Content analysis",
        "Reliability",
        "Shared variance",
        "Factors",
        "Figures",
        "Not drawn, and why",  # of the matrix, whose answers nobody has
    ):
        assert part in page
