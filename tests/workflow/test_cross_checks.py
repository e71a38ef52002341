"""The cross-checks on small studies, from raw answers to verdicts: all agree, and every planted mistake is seen."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project
from tests.workflow.test_factor_settings import answers, describe
from tests.workflow.test_raters import rated

from association import compare_correlations, correlate_scores, correlate_sessions
from cross_checks import cross_check
from cross_checks.section_cross_checks import warning_of
from factors import correlate_items
from ingest import ingest_dataset
from pipeline.data.analyses import read_analyses
from pipeline.data.job import arguments
from pipeline.data.tables import read_table, write_table
from pipeline.steps.correlation_files import CorrelationFiles, read_correlations
from pipeline.steps.cross_checks.comparison import differing
from pipeline.steps.solution_files import write_solution
from psychometrics.factors.solution import fit_solution
from reliability import compare_raters, estimate_nesting, estimate_reliability, estimate_sessions
from score import score_responses
from shared_variance import analyse_commonality, estimate_shared_variance, relate_score_sets

ANALYSES = read_analyses(ROOT / "scripts")
TABLES = [entry.path for analysis in ANALYSES for entry in analysis.tables.values() if entry.cross_checked]


def study(n: int = 60) -> dict[str, pd.DataFrame]:
    """Two forms of clients and one of therapists at two sessions; two raters of every session; outcome and baseline."""
    rng = np.random.default_rng(8)
    therapist = np.arange(n) // 6
    lasting = rng.normal(size=n) + 0.6 * rng.normal(size=n // 6)[therapist]
    clients = pd.DataFrame({"client": [f"c{i:02d}" for i in range(n)], "therapist": [f"t{i}" for i in therapist]})
    parts = []
    for session in (1, 2):
        state = lasting + 0.8 * rng.normal(size=n)
        latent = 0.8 * state[:, None] + rng.normal(size=(n, 22))
        latent[:, [14, 19]] *= -1  # item 3 of each ARM-5 is reverse-keyed
        values = np.clip(np.round(4.5 + 1.3 * latent), 1, 7)
        values[rng.random(values.shape) < 0.03] = np.nan
        names = [*(f"w{i}" for i in range(1, 13)), *(f"a{i}" for i in range(1, 6)), *(f"t{i}" for i in range(1, 6))]
        parts.append(clients.assign(session=session, **dict(zip(names, values.T, strict=True))))
    known = clients.assign(outcome=lasting + rng.normal(size=n), start=0.5 * lasting + rng.normal(size=n))
    return {"a": pd.concat(parts), "b": known, "r": rated()}


def responses_of(folder: Path, description: dict, tables: dict[str, pd.DataFrame]) -> Path:
    project = Project(folder / "project")
    project.add("study", description, **tables)
    ingest_dataset.main("study", project.folder, "first", folder / "responses")
    return folder / "responses"


MAINS = [
    score_responses.main,
    estimate_reliability.main,
    compare_raters.main,
    estimate_nesting.main,
    estimate_sessions.main,
    correlate_scores.main,
    correlate_sessions.main,
    compare_correlations.main,
    estimate_shared_variance.main,
    analyse_commonality.main,
    relate_score_sets.main,
]


def make_tables(responses: Path) -> None:
    """The tables, by the scripts' own main functions."""
    out = responses.parent
    tables = {name: str(out / entry.path) for analysis in ANALYSES for name, entry in analysis.tables.items()}
    files = {"responses": responses, "scores": out / "scores.parquet", "claims": ROOT / "data/published/claims.yaml"}
    params = {"level": 0.95, "draws": 20, "session_draws": 20, "seed": 1, "missing": "pairwise", "pair": None}
    rule = SimpleNamespace(
        rule="all",
        # of the parameters and tables of one name, these scripts ask for the parameter
        output={name: path for name, path in tables.items() if name not in params},
        input={name: str(path) for name, path in files.items()},
        params=params | {"minimum_share": 0.8},
        wildcards={},
    )
    for main in MAINS:
        main(**arguments(main, rule))


def checked(folder: Path, *solutions: Path) -> pd.DataFrame:
    """The cross-checks of those tables that there are."""
    table, tables = folder / "cross_checks.csv", [folder / name for name in TABLES if (folder / name).exists()]
    cross_check.main(folder / "responses", tables, list(solutions), table, missing="pairwise", minimum_share=0.8)
    return read_table(table)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A study with everything that can be checked but for factors."""
    common = {"client": "client", "therapist": "therapist"}
    own = common | {"file": "a.csv", "session": "session"}
    observed = common | {"file": "r.csv", "form": "wai_s", "perspective": "observer", "columns": "w{item}"}
    entries = [
        own | {"form": "wai_s", "perspective": "client", "columns": "w{item}"},
        own | {"form": "arm5", "perspective": "client", "columns": "a{item}"},
        own | {"form": "arm5", "perspective": "therapist", "columns": "t{item}"},
        observed | {"rater": "rater"},
    ]
    variables = {"outcome": {"role": "outcome"}, "start": {"role": "baseline"}}
    known = {"file": "b.csv", "client": "client", "variables": variables}
    tables = study()
    tables["r"] = tables["r"][tables["r"]["rater"] != "cleo"]  # two raters of everybody
    folder = tmp_path_factory.mktemp("study")
    make_tables(responses_of(folder, {"title": "t", "source": "s", "responses": entries, "clients": known}, tables))
    return folder


@pytest.fixture(scope="module")
def verdicts(made) -> pd.DataFrame:
    return checked(made)


def test_all_agree(verdicts):
    told = verdicts[verdicts["verdict"] != "agrees"]
    # two sets of one score each, which are a correlation that is checked elsewhere, and an R squared near 0
    assert (told["reason"] != "").all() and set(told["statistic"]) <= {"canonical_r", "r2"} and len(told) < 4
    assert differing(verdicts).empty


CHECKED = [
    ("reliability/reliability.csv", "alpha", "pingouin"),
    ("reliability/raters.csv", "icc_a1", "pingouin"),
    ("reliability/sessions.csv", "retest_icc", "pingouin"),
    ("association/correlations.csv", "r_pearson", "statsmodels"),
    ("association/correlations.csv", "r_spearman", "statsmodels"),
    ("association/correlations.csv", "r_partial", "statsmodels"),
    ("association/sessions.csv", "r_within", "pingouin"),
    ("association/correlations.csv", "p_pearson_holm", "statsmodels"),
    ("association/correlations.csv", "p_spearman_holm", "statsmodels"),
    ("association/correlations.csv", "p_partial_holm", "statsmodels"),
    ("association/sessions.csv", "p_within_holm", "statsmodels"),
    ("association/sessions.csv", "p_between_holm", "statsmodels"),
    ("association/differences.csv", "p_difference_holm", "statsmodels"),
    ("reliability/nesting.csv", "variance_therapist", "statsmodels"),
    ("reliability/nesting.csv", "variance_client", "statsmodels"),
    ("reliability/nesting.csv", "variance_session", "statsmodels"),
    ("shared_variance/shared_variance.csv", "r2", "statsmodels"),
    ("shared_variance/commonality.csv", "r2", "statsmodels"),
    ("shared_variance/commonality.csv", "r2_adjusted", "statsmodels"),
    ("shared_variance/commonality.csv", "r2_baseline", "statsmodels"),
    ("shared_variance/commonality.csv", "r2_increment", "statsmodels"),
    ("shared_variance/commonality.csv", "commonality", "statsmodels"),
    ("shared_variance/canonical.csv", "canonical_r", "statsmodels"),
]


def kinds(rows: pd.DataFrame) -> set[tuple[str, ...]]:
    """Table and statistic of each row, and the package without its version; any of the six ICCs is icc_a1."""
    statistic = rows["statistic"].replace(r"icc_\w+", "icc_a1", regex=True)
    package = rows["package"].str.partition(" ")[0]
    return set(zip(rows["table"], statistic, package, strict=True))


def test_everything_is_checked(verdicts):
    agrees = verdicts[verdicts["verdict"] == "agrees"]
    assert kinds(agrees) == set(CHECKED)
    assert (agrees["quantity"] == "se").sum() >= 4  # the errors of R squared


def copied(made: Path, folder: Path) -> Path:
    """A copy with the therapists' shares of one form from one perspective: each is a search by a package."""
    shutil.copytree(made, folder / "copy")
    nesting = folder / "copy/reliability/nesting.csv"
    rows = read_table(nesting)
    rows[(rows["form"] == "arm5") & (rows["perspective"] == "client")].to_csv(nesting, index=False)
    return folder / "copy"


def test_one_wrong_number_in_each_table_is_seen(made, tmp_path):
    folder = copied(made, tmp_path)
    for path, statistic, _ in CHECKED:
        table = read_table(folder / path)
        rows = (table["statistic"] == statistic) & table["estimate"].notna()
        for name, value in (("scores", "observed"), ("item", np.nan), ("group", "scales")):
            if name in table and (statistic in ("alpha", "canonical_r") or name == "scores"):
                rows &= table[name].isna() if value is np.nan else table[name] == value
        if statistic == "commonality":
            rows &= ~table["group"].str.contains(",")
        if statistic in ("r_within", "variance_therapist", "variance_client", "variance_session"):
            rows &= table["scale"] == "total"
        if statistic == "r_within":
            rows &= (table["scale_2"] == "total") & (table["perspective"] == table["perspective_2"])
        # a slip in the second decimal, of p values that are not 1
        worst = table.index[rows & (table["estimate"] < 0.98)][0]
        table.loc[worst, "estimate"] += 0.01
        table.to_csv(folder / path, index=False)
    verdicts = checked(folder)
    rows = differing(verdicts)
    assert kinds(rows) == set(CHECKED)
    assert len(rows) == len(CHECKED) and f"and {len(CHECKED) - 3} more" in warning_of(verdicts)


def test_tables_of_another_key_are_seen(made, tmp_path):
    """Theirs come from the responses: as if the tables had been made with item 3 of the ARM-5 the wrong way round."""
    folder = copied(made, tmp_path)
    about = folder / "responses/dataset.json"
    content = json.loads(about.read_text())
    for form in content["forms"]:
        form["reverse"] = [] if form["name"] == "arm5" else form["reverse"]
    about.write_text(json.dumps(content))
    rows = differing(checked(folder))
    assert {"alpha", "r_pearson", "r_partial", "retest_icc", "variance_client", "r2"} <= set(rows["statistic"])
    assert set(rows.loc[rows["statistic"] == "alpha", "form"]) == {"arm5"}


@pytest.mark.parametrize(
    "changes",
    [
        {"correlation": "pearson", "extraction": "ml", "rotation": "geomin_q"},
        {"correlation": "spearman", "missing": "listwise", "extraction": "pa", "rotation": "varimax"},
        {"correlation": "polychoric", "extraction": "dwls"},
    ],
    ids=["pearson", "spearman", "polychoric"],
)
def test_factors(tmp_path, changes):
    responses, out = responses_of(tmp_path, describe(), {"a": answers()}), tmp_path / "factors/client"
    files = CorrelationFiles(out / "correlations.csv", out / "pairs.csv", out / "correlations.json")
    missing = changes.get("missing", "pairwise")
    how = {"perspective": "client", "method": changes["correlation"], "missing": missing}
    correlate_items.main(responses, files.matrix, files.pairs, files.about, out / "suitability.csv", **how)
    found, extraction = read_correlations(files), changes["extraction"]
    options = {"extraction": extraction.replace("dwls", "minres"), "rotation": changes.get("rotation", "oblimin")}
    solution = replace(fit_solution(found.matrix, found.n_total, 2, **options), extraction=extraction)
    write_solution(solution, out / "solution.json")
    write_table(solution.tidy(), out / "loadings.csv", settings={}, inputs=[])
    rows = checked(tmp_path, out / "solution.json").set_index("statistic")
    assert rows["table"].str.startswith("factors/").all()  # no other table was given
    assert {"kmo", "bartlett_chi2", "communality", "loading"} <= set(rows.index)
    dwls = changes["extraction"] == "dwls"
    assert (rows.loc[["kmo", "bartlett_chi2"], "verdict"] == "agrees").all()
    assert (rows.loc[["communality", "loading"], "verdict"] == ("cannot be checked" if dwls else "agrees")).all()
    told = rows.loc[["kmo", "bartlett_chi2"], "note"].str.contains("no such package computes them")
    assert (told == (changes["correlation"] == "polychoric")).all()


def test_a_matrix_allows_less(tmp_path):
    """The shipped matrix: people are made to have its correlations."""
    shutil.copytree(ROOT / "data/datasets/wai_sr_chatbot", tmp_path / "project/data/datasets/wai_sr_chatbot")
    project = Project(tmp_path / "project")
    ingest_dataset.main("wai_sr_chatbot", project.folder, "first", tmp_path / "responses")
    make_tables(tmp_path / "responses")
    rows = checked(tmp_path)
    assert set(rows["statistic"]) == {"alpha", "r_pearson", "p_pearson_holm"} and (rows["verdict"] == "agrees").all()
    made = rows[rows["statistic"] != "p_pearson_holm"]
    assert made["note"].str.contains("people made to have exactly the published correlations").all()


def test_published_scores_allow_correlations(tmp_path):
    total = {"perspective": "client", "coefficient": "alpha", "reliability": 0.9}
    variables = {"WAI": total | {"form": "wai_s"}, "HAq": total | {"form": "haq2"}}
    variables |= {"change": {"role": "outcome"}, "start": {"role": "baseline"}}
    r = pd.DataFrame([[1, 0.7, 0.3, 0.1], [0.7, 1, 0.35, 0.2], [0.3, 0.35, 1, 0.4], [0.1, 0.2, 0.4, 1]])
    r = r.set_axis(list(variables), axis=1)
    r.insert(0, "score", list(variables))
    scores = {"correlations": "r.csv", "n": 80, "variables": variables}
    responses_of(tmp_path, {"title": "t", "source": "s", "scores": scores}, {"r": r})
    make_tables(tmp_path / "responses")
    rows = checked(tmp_path)
    assert (rows.loc[rows["statistic"] == "alpha", "reason"] == "published without the items").all()
    others = rows[~rows["statistic"].isin(["alpha", "canonical_r"])]
    assert (others["verdict"] == "agrees").all()
    assert {"r_pearson", "r_partial", "r2", "r2_adjusted", "r2_baseline"} <= set(others["statistic"])


def test_without_the_packages_nothing_fails(made, monkeypatch):
    for name in ("pingouin", "statsmodels", "factor_analyzer"):
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, name, None)
    rows = checked(made)
    assert (rows["verdict"] == "cannot be checked").all()
    assert rows["reason"].str.contains("ModuleNotFoundError|published without|one score").all()
