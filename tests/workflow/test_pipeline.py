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


@pytest.mark.parametrize(
    "module, rules",
    [
        ("psychometrics/reliability/omega_total.py", {"estimate_reliability"}),
        ("psychometrics/content/audit.py", {"tabulate_content"}),
        ("psychometrics/factors/cross_check.py", {"summarise_factors"}),
        (
            "psychometrics/factors/rotation.py",
            {"extract_factors", "resample_factors", "summarise_factors", "find_common_factor"},
        ),
        ("pipeline/report/words.py", {"render_report"}),
    ],
)
def test_an_edited_module_reruns_the_rules_that_use_it(finished, module, rules):
    path = finished.folder / "scripts" / module
    before = path.read_text()
    path.write_text(before + "\n# edited\n")
    try:
        jobs = to_do(finished)
    finally:
        path.write_text(before)
        finished.run("--touch")
    users = {rule for rule, modules in rules_and_modules().items() if module in modules}
    assert rules <= users, "the expectation is out of date"
    downstream = {"render_report", "render_index", "all", "figures", "content", *FEWER_DRAWS["datasets"]}
    made_from = {
        "plot_loadings",
        "plot_correlations",
        "plot_mtmm",
        "tabulate_mtmm",
        "plot_reliability",
        "plot_shared_variance",
        "plot_variance_split",
        "plot_overlap",
        "plot_d_study",
        "plot_scree",
        "plot_content_facets",
        "plot_content_structure",
        "relate_content",
        "relate_perspectives",
        "split_variance",
        "relate_score_sets",
        "analyse_commonality",
        "describe_shared_variance",
        "compare_factors",
        "estimate_shared_variance",
        "find_common_factor",
        "summarise_factors",
        "resample_factors",
    }
    assert users <= jobs
    assert jobs - users <= downstream | made_from | {"total"}


def rules_and_modules() -> dict[str, set[str]]:
    """Which modules each script is made of, by the plainest reading of its imports."""
    found = {}
    for script in (ROOT / "scripts").glob("*/*.py"):
        seen, queue = set(), [script]
        while queue:
            for line in queue.pop().read_text().splitlines():
                words = line.split()
                if words[:1] == ["from"] and words[1].split(".")[0] in ("pipeline", "psychometrics"):
                    names = [words[1], *(f"{words[1]}.{name.strip(',')}" for name in words[3:])]
                    for name in names:
                        file = ROOT / "scripts" / (name.replace(".", "/") + ".py")
                        if file.exists() and file not in seen:
                            seen.add(file)
                            queue.append(file)
        found[script.stem] = {file.relative_to(ROOT / "scripts").as_posix() for file in seen}
    return found


def test_an_interrupted_job_is_repeated_and_leaves_no_half_result(finished, tmp_path):
    project = Project(tmp_path / "project")
    shutil.copytree(ROOT / "data/datasets/wai_sr_chatbot", project.folder / "data/datasets/wai_sr_chatbot")
    project.configure(datasets=["wai_sr_chatbot"])
    script = project.folder / "scripts/reliability/estimate_reliability.py"
    whole = script.read_text()
    # die as a killed job does, in the middle of writing
    script.write_text(
        whole.replace(
            "    write_table(dataset.mark_provisional(frame), table",
            "    import os\n    table.parent.mkdir(exist_ok=True)\n    table.write_text('half')\n    os._exit(9)\n"
            "    write_table(dataset.mark_provisional(frame), table",
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
