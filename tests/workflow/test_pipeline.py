"""The real pipeline on the shipped data, with fewer random draws: products, staleness, interruptions, same bytes."""

import shutil

import pandas as pd
import pytest
from tests.conftest import FEWER_DRAWS, ROOT, Project, shipped

STAGES = {
    "responses": ["dataset.json"],
    "scores": ["scores.parquet", "descriptives.csv"],
    "quality": ["quality.csv"],
    "reliability": [
        "reliability.csv",
        "response_categories.csv",
        "nesting.csv",
        "sessions.csv",
        "d_study.csv",
        "raters.csv",
    ],
    "association": ["correlations.csv", "differences.csv", "mtmm.csv", "sessions.csv"],
    "shared_variance": [
        "shared_variance.csv",
        "variance_split.csv",
        "canonical.csv",
        "commonality.csv",
        "paragraph.txt",
    ],
    "factors": ["perspective_content.csv"],
    "factors/client": [
        "suitability.csv",
        "retention.csv",
        "loadings.csv",
        "standard_errors.csv",
        "general_factor.csv",
        "common_factor.csv",
        "bifactor.csv",
        "replicability.csv",
        "content_structure.csv",
        "scores.parquet",
    ],
}
FIGURES = [
    "reliability",
    "correlations",
    "mtmm",
    "shared_variance",
    "variance_split",
    "overlap",
    "scree.client",
    "loadings.client",
]


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
    for dataset in FEWER_DRAWS["datasets"]:
        wanted = [f"{dataset}/{stage}/{file}" for stage, files in STAGES.items() for file in files]
        wanted += [f"{dataset}/figures/{figure}.{kind}" for figure in FIGURES for kind in ("pdf", "svg", "png")]
        assert {*wanted, f"{dataset}/report.html"} <= set(made)
    tables = ["table_1", "table_2a", "table_2b", "table_2c", "table_2d", "audit", "association", "similarity"]
    assert {*(f"content/{table}.csv" for table in tables), "index.html"} <= set(made)
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


def test_a_second_run_has_nothing_to_do(finished):
    assert "Nothing to be done" in finished.run().stderr


def test_the_same_bytes_with_one_core(finished, tmp_path):
    alone = shipped(tmp_path / "project")
    outcome = alone.run(cores=1)
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    one, two = alone.results(), finished.results()
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []


def test_the_number_of_pieces_changes_no_result(finished, tmp_path):
    project = shipped(tmp_path / "project")
    factors = FEWER_DRAWS["factors"] | {"pieces": 3}
    project.configure(**FEWER_DRAWS | {"datasets": ["example"], "factors": factors})
    tables = [f"results/example/factors/client/{name}.csv" for name in ("retention", "loadings", "common_factor")]
    assert project.run(*tables).returncode == 0
    for table in tables:
        assert (project.folder / table).read_bytes() == (finished.folder / table).read_bytes(), table


ESTIMATING = {
    "ingest_dataset", "score_and_audit", "estimate_reliability", "estimate_nesting", "estimate_sessions",
    "correlate_scores", "tabulate_mtmm", "estimate_shared_variance", "correlate_items", "simulate_eigenvalues",
    "extract_factors", "resample_factors", "describe_solution", "split_variance", "compare_data_sets",
}  # fmt: skip
DRAWING = {f"draw_figures_{number}" for number in (1, 2, 3, 4)}


@pytest.mark.parametrize(
    "edited, rerun, untouched",
    [
        ("scripts/pipeline/steps/cross_checks/by_pingouin.py", {"cross_check"}, ESTIMATING | DRAWING),
        (
            "scripts/psychometrics/reliability/omega_total.py",
            {"estimate_reliability", "estimate_sessions"},
            {"ingest_dataset", "score_and_audit", "estimate_nesting", "extract_factors"},
        ),
        ("scripts/psychometrics/variance/nesting.py", {"estimate_nesting"}, ESTIMATING - {"estimate_nesting"}),
        ("scripts/psychometrics/content/audit.py", {"tabulate_content", "render_index"}, ESTIMATING),
        (
            "scripts/psychometrics/factors/rotation.py",
            {"extract_factors", "resample_factors", "describe_solution", "compare_data_sets"},
            {"ingest_dataset", "score_and_audit", "estimate_nesting", "correlate_items", "tabulate_content"},
        ),
        (
            "scripts/shared_variance/analyse_commonality.py",
            {"estimate_shared_variance"},
            {"correlate_scores"} | DRAWING,
        ),
        ("scripts/figures/figures.mplstyle", DRAWING, ESTIMATING | {"describe_data_set"}),
        ("scripts/reliability/section_reliability.py", {"describe_data_set", "render_report"}, ESTIMATING | DRAWING),
        ("workflow/words/reliability.j2", {"describe_data_set", "render_report"}, ESTIMATING | DRAWING),
        ("workflow/templates/report.html.j2", {"render_report"}, ESTIMATING | DRAWING | {"describe_data_set"}),
    ],
)
def test_an_edit_reruns_what_depends_on_it_and_nothing_else(finished, edited, rerun, untouched):
    path = finished.folder / edited
    before = path.read_bytes()
    path.write_bytes(before + (b"{# edited #}\n" if path.suffix == ".j2" else b"\n# edited\n"))
    try:
        jobs = to_do(finished)
    finally:
        path.write_bytes(before)
        finished.run("--touch")
    assert rerun <= jobs
    # what only reads a table that is made anew reruns as well, what lies before it does not
    assert not jobs & (untouched - rerun - (DRAWING if rerun & ESTIMATING else set()))


def test_an_interrupted_job_is_repeated_and_leaves_no_half_result(finished, tmp_path):
    project = Project(tmp_path / "project")
    shutil.copytree(ROOT / "data/datasets/wai_sr_chatbot", project.folder / "data/datasets/wai_sr_chatbot")
    project.configure(datasets=["wai_sr_chatbot"])
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
    table = "results/wai_sr_chatbot/reliability/reliability.csv"
    assert project.run(table).returncode != 0
    assert not (project.folder / table).exists()
    script.write_text(whole)
    assert project.run(table).returncode == 0
    assert (project.folder / table).read_bytes() == (finished.folder / table).read_bytes()


def test_named_targets(finished):
    for target in ("figures", "content", *FEWER_DRAWS["datasets"]):
        outcome = finished.run(target, "--dry-run")
        assert outcome.returncode == 0, target


def test_snakemake_s_own_report(finished):
    outcome = finished.run("--report", "report.html")
    assert outcome.returncode == 0, outcome.stderr[-2000:]
    page = (finished.folder / "report.html").read_text()
    for part in ("Content analysis", "Reliability", "Shared variance", "Factors", "Figures"):
        assert part in page
