"""Shared by all parts of the workflow: checked settings, the data sets, and what every analysis adds.

Needs: config.yaml, data/instruments/*.yaml, data/datasets/<name>/dataset.yaml, scripts/*/analysis.yaml.
Makes: nothing.
"""

import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "scripts"))

from pipeline.data.analyses import features, given_to, perspectives_of, read_analyses
from pipeline.data.code_inputs import imported_modules
from pipeline.data.configuration import check_markers, dataset_files, read_config, read_dataset, read_instruments
from pipeline.data.job import InputError
from snakemake.exceptions import WorkflowError


def checked(read, *arguments):
    """Call a reader; a user's mistake ends the run with its one sentence."""
    try:
        return read(*arguments)
    except InputError as mistake:
        raise WorkflowError(str(mistake)) from None


SETTINGS = checked(read_config, config, ROOT)
INSTRUMENTS = checked(read_instruments, ROOT)
checked(check_markers, SETTINGS["factors"]["markers"], INSTRUMENTS)
DATASETS = {name: checked(read_dataset, name, ROOT, INSTRUMENTS) for name in SETTINGS["datasets"]}
FEATURES = {name: features(description) for name, description in DATASETS.items()}
PERSPECTIVES = {name: perspectives_of(description) for name, description in DATASETS.items()}

ANALYSES = read_analyses(ROOT / "scripts")
TABLES = {name: entry for analysis in ANALYSES for name, entry in analysis.tables.items()}
FIGURES = {name: entry for analysis in ANALYSES for name, entry in analysis.figures.items()}
TEXTS = {name: entry for analysis in ANALYSES for name, entry in analysis.texts.items()}
OF_DATASET = "results/{dataset}"
RESPONSES = f"{OF_DATASET}/responses"
SCORES = f"{OF_DATASET}/scores/scores.parquet"
FOLDER = f"{OF_DATASET}/factors/{{perspective}}"
PIECES = range(1, SETTINGS["factors"]["pieces"] + 1)
CORRELATIONS = {
    "responses": RESPONSES,
    "matrix": f"{FOLDER}/correlations.csv",
    "pairs": f"{FOLDER}/pairs.csv",
    "about": f"{FOLDER}/correlations.json",
}
SOLVED = {
    "solution": f"{FOLDER}/solution.json",
    "pieces": expand(f"{FOLDER}/resamples/{{piece}}.npz", piece=PIECES, allow_missing=True),
}


wildcard_constraints:
    dataset="|".join(DATASETS),
    perspective="client|therapist|observer",


def code(*scripts):
    """The modules that scripts are made of, as inputs: Snakemake watches a script itself but not what it imports."""
    found = {path for script in scripts for path in imported_modules(ROOT / "scripts" / script, ROOT / "scripts")}
    return sorted(str(path.relative_to(ROOT)) for path in found)


def project_files(pattern):
    """Files of the project by a pattern such as data/instruments/*.yaml."""
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))


def settings(*names, **renamed):
    """Settings that a step depends on, as params: by their own name, or as `parameter="setting"`; others do not rerun it."""
    wanted = {name: name for name in names} | renamed
    return {parameter: SETTINGS[name] for parameter, name in wanted.items()}


def factor_settings(*names):
    """The settings of the factor analysis that a step depends on."""
    return {name: SETTINGS["factors"][name] for name in names}


def table(name):
    """Path of a result table, with wildcards."""
    return f"{OF_DATASET}/{TABLES[name].path}"


def reported_table(name, parameter="table"):
    """Outputs of a rule: a table, shown in Snakemake's report, and the settings beside it."""
    entry, path = TABLES[name], table(name)
    who = ", {perspective}" if entry.by_perspective else ""
    caption = ROOT / f"workflow/report/{name}.rst"
    shown = {"category": "{dataset}", "subcategory": entry.title, "labels": {"what": entry.what + who}}
    return {
        parameter: report(path, caption=str(caption), **shown) if caption.exists() else path,
        f"settings_of_{parameter}": path.replace(".csv", ".settings.json"),
    }


def figure_files(stem):
    """One figure in the three formats that journals and slides ask for."""
    return {kind: f"{stem}.{kind}" for kind in ("pdf", "svg", "png")}


def reported_figure(entry):
    """Outputs of a rule: one figure of a data set; Snakemake's report shows the SVG."""
    files = figure_files(f"{OF_DATASET}/{entry.stem}")
    who = ", {perspective}" if entry.by_perspective else ""
    shown = {"category": "{dataset}", "subcategory": "Figures", "labels": {"what": f"figure: {entry.what}{who}"}}
    files["svg"] = report(files["svg"], caption=f"{ROOT}/workflow/report/figure_{entry.name}.rst", **shown)
    return {f"{entry.name}_{kind}": path for kind, path in files.items()}


def of_all_perspectives(pattern):
    """An input function: a file of the factor analysis for each perspective of the data set."""
    return lambda wildcards: expand(pattern, dataset=wildcards.dataset, perspective=PERSPECTIVES[wildcards.dataset])


def for_each_perspective(path, dataset):
    """A path below the results of a data set, by key: one, or one for each perspective, whose key ends in its name."""
    path = f"results/{dataset}/{path}"
    if "{perspective}" not in path:
        return {"": path}
    return {f".{who}": path.replace("{perspective}", who) for who in PERSPECTIVES[dataset]}


def raw_files(wildcards):
    """Everything that the description of a data set names, and the description itself."""
    folder = f"data/datasets/{wildcards.dataset}"
    return [f"{folder}/{file}" for file in ("dataset.yaml", *dataset_files(DATASETS[wildcards.dataset]))]


def fill_in(rules):
    """What all rules with a script have alike: a log named after the rule, the environment, the docstring as message."""
    for step in rules:
        if not step.script:
            continue
        wildcards = [name for name in ("dataset", "perspective", "piece") if name in step.wildcard_names]
        folder = "logs/{dataset}" if "dataset" in wildcards else "logs"
        further = "".join(f".{{{name}}}" for name in wildcards if name != "dataset")
        about = ", ".join(f"{{wildcards.{name}}}" for name in wildcards)
        step.log_modifier = step.output_modifier
        step.set_log(f"{folder}/{step.name}{further}.log")
        step.conda_env = "../../envs/environment.yaml"
        step.message = f"{about}: {step.docstring.strip()}" if about else step.docstring.strip()
