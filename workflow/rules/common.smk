"""Shared by all parts of the workflow: checked settings, the data sets, and which code a step is made of.

Needs: config.yaml, data/instruments/*.yaml, data/datasets/<name>/dataset.yaml.
Makes: nothing.
"""
import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "scripts"))

from pipeline.configuration import dataset_files, read_config, read_dataset, read_instruments
from pipeline.job import InputError
from pipeline.sources import imported_modules
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
    return [*code(script), "scripts/figures.mplstyle"]


def figure_files(stem):
    """One figure in the three formats that journals and slides ask for."""
    return {kind: f"{stem}.{kind}" for kind in ("pdf", "svg", "png")}


SETTINGS = checked(read_config, config, ROOT)
INSTRUMENTS = checked(read_instruments, ROOT)
DATASETS = {name: checked(read_dataset, name, ROOT, INSTRUMENTS) for name in SETTINGS["datasets"]}


def raw_files(wildcards):
    """Everything that the description of a data set names, and the description itself."""
    folder = f"data/datasets/{wildcards.dataset}"
    return [f"{folder}/{file}" for file in ("dataset.yaml", *dataset_files(DATASETS[wildcards.dataset]))]


def factor_settings(*names):
    """The settings of the factor analysis that a step depends on; others do not rerun it."""
    return {name: SETTINGS["factors"][name] for name in ("perspective", *names)}


def factor_report(stem, what):
    """Keywords of report() for a table of the factor analysis."""
    return {"caption": f"../report/{stem}.rst", "category": "{dataset}", "subcategory": "Factors", "labels": {"what": what}}


def reported_figure(stem, what):
    """The files of one figure of a data set; the report shows the SVG."""
    files = figure_files(f"results/{{dataset}}/figures/{stem}")
    caption = {"caption": f"../report/figure_{stem}.rst", "category": "{dataset}", "subcategory": "Figures"}
    return files | {"svg": report(files["svg"], labels={"what": what}, **caption)}


wildcard_constraints:
    dataset="|".join(DATASETS) or "none",
