"""Shared by all parts of the workflow: checked settings, the data sets, and which code a step is made of.

Needs: config.yaml, data/instruments/*.yaml, data/datasets/<name>/dataset.yaml.
Makes: nothing.
"""

import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "scripts"))

from pipeline.data.configuration import check_markers, dataset_files, read_config, read_dataset, read_instruments
from pipeline.data.job import InputError
from pipeline.data.code_inputs import imported_modules
from snakemake.exceptions import WorkflowError


def checked(read, *arguments):
    """Call a reader; a user's mistake ends the run with its one sentence."""
    try:
        return read(*arguments)
    except InputError as mistake:
        raise WorkflowError(str(mistake)) from None


def code(script):
    """The modules a script is made of, as inputs: Snakemake watches the script itself but not what it imports."""
    return [str(path.relative_to(ROOT)) for path in imported_modules(ROOT / "scripts" / script, ROOT / "scripts")]


def figure_code(script):
    """The same for a script that draws, with the style sheet."""
    return [*code(script), "scripts/figures/figures.mplstyle"]


def figure_files(stem):
    """One figure in the three formats that journals and slides ask for."""
    return {kind: f"{stem}.{kind}" for kind in ("pdf", "svg", "png")}


SETTINGS = checked(read_config, config, ROOT)
INSTRUMENTS = checked(read_instruments, ROOT)
checked(check_markers, SETTINGS["factors"]["markers"], INSTRUMENTS)
DATASETS = {name: checked(read_dataset, name, ROOT, INSTRUMENTS) for name in SETTINGS["datasets"]}


def perspectives(name):
    """Whose items a data set holds, in the order of its description; nobody's where only scores were published."""
    content = DATASETS[name]
    entries = content.get("responses", [content["matrix"]] if "matrix" in content else [])
    return list(dict.fromkeys(entry["perspective"] for entry in entries))


def other_solutions(wildcards):
    """Solutions of the other perspectives and data sets."""
    everywhere = [(name, who) for name in DATASETS for who in perspectives(name)]
    others = [pair for pair in everywhere if pair != (wildcards.dataset, wildcards.perspective)]
    return [f"results/{name}/factors/{who}/solution.json" for name, who in others]


def other_resamples(wildcards):
    """Resamples of the other perspectives and data sets."""
    folders = [path.rpartition("/")[0] for path in other_solutions(wildcards)]
    return [f"{folder}/resamples/{piece}.npz" for folder in folders for piece in PIECES]


def of_all_perspectives(pattern):
    """An input function: a file of the factor analysis for each perspective of the data set."""
    return lambda wildcards: expand(pattern, dataset=wildcards.dataset, perspective=perspectives(wildcards.dataset))


def may_repeat(name):
    """Whether a data set can have several sessions: a column of sessions, or more than one number. Ingest knows more."""
    sessions = {entry.get("session", 1) for entry in DATASETS[name].get("responses", [])}
    return len(sessions) > 1 or any(isinstance(session, str) for session in sessions)


def figure_stems(name):
    """Figures of a data set: what the report calls it -> path without ending."""
    kinds = ["reliability"] + ["d_study"] * may_repeat(name) + ["correlations", "mtmm", "shared_variance", "overlap"]
    kinds += ["variance_split"] * bool(perspectives(name))
    stems = {kind: kind for kind in kinds}
    for perspective in perspectives(name):
        kinds = ["scree", "loadings"] + ["content_structure"] * ("item_codes" in DATASETS[name])
        stems |= {f"{kind}_{perspective}": f"{kind}.{perspective}" for kind in kinds}
    return {key: f"results/{name}/figures/{stem}" for key, stem in stems.items()}


def report_inputs(wildcards):
    """Everything that the report of a data set shows, by name, and the settings beside its tables."""
    folder = f"results/{wildcards.dataset}"
    tables = {key: f"{folder}/{path}" for key, path in REPORT_TABLES.items()}
    for perspective in perspectives(wildcards.dataset):
        tables |= {
            f"{key}_{perspective}": f"{folder}/factors/{perspective}/{path}" for key, path in FACTOR_TABLES.items()
        }
    settings = [path.replace(".csv", ".settings.json") for path in tables.values() if path.endswith(".csv")]
    figures = {f"figure_{key}": f"{stem}.svg" for key, stem in figure_stems(wildcards.dataset).items()}
    return tables | figures | {"settings": settings}


def raw_files(wildcards):
    """Everything that the description of a data set names, and the description itself."""
    folder = f"data/datasets/{wildcards.dataset}"
    return [f"{folder}/{file}" for file in ("dataset.yaml", *dataset_files(DATASETS[wildcards.dataset]))]


def factor_settings(*names):
    """The settings of the factor analysis that a step depends on; others do not rerun it."""
    return {name: SETTINGS["factors"][name] for name in names}


def factor_report(stem, what):
    """Keywords of report() for a table of the factor analysis."""
    labels = {"what": f"{what}, {{perspective}}"}
    return {"caption": f"../report/{stem}.rst", "category": "{dataset}", "subcategory": "Factors", "labels": labels}


def reported_figure(stem, what, suffix=""):
    """The files of one figure of a data set; the report shows the SVG."""
    files = figure_files(f"results/{{dataset}}/figures/{stem}{suffix}")
    caption = {"caption": f"../report/figure_{stem}.rst", "category": "{dataset}", "subcategory": "Figures"}
    return files | {"svg": report(files["svg"], labels={"what": what}, **caption)}


wildcard_constraints:
    dataset="|".join(DATASETS),
    perspective="client|therapist|observer",
