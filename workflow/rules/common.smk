"""Shared by all parts of the workflow: checked settings, the data sets, and what every analysis adds.

Needs: config.yaml, data/instruments/*.yaml, data/datasets/<name>/dataset.yaml and *.instrument.yaml, scripts/*/analysis.yaml.
Makes: nothing.
"""

import atexit
import os
import resource
import shlex
import sys
import time
from functools import cache
from pathlib import Path

import snakemake.dag
import snakemake.exceptions
from snakemake.exceptions import LockException, MissingRuleException, WorkflowError


def say_last(*sentences):
    """Print sentences for the user when the process ends, behind Snakemake's own lines."""
    atexit.register(print, "", *sentences, sep="\n", file=sys.stderr)


# Below, OpenBLAS and Snakemake's threads have no room to start, and a run waits for them for ever
LEAST_MEMORY = 600 * 2**20
if 0 <= (allowed := resource.getrlimit(resource.RLIMIT_AS)[0]) < LEAST_MEMORY:
    say_last(
        f"Only {allowed // 2**20} MB of memory are allowed here, and at least {LEAST_MEMORY // 2**20} are needed: raise "
        "the limit (ulimit -v)."
    )
    raise WorkflowError("Nothing was run; the reason is given below.")

PROJECT = Path(str(workflow.current_basedir)).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "scripts"))
# every job is a Python of its own; without byte code each compiles all its modules anew, which takes seconds
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# by default the C library hands freed memory back at once and asks for it again, which is half of the time jobs spend in
# the kernel; here only pieces of 64 MB and more go back
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(64 * 2**20))
os.environ.setdefault("MALLOC_TRIM_THRESHOLD_", str(256 * 2**20))
# Snakemake puts the path of Python into commands of the shell as it is, which ends at the first blank or apostrophe of a
# project in "OneDrive - Lab (Zoë's)"
PYTHON, sys.executable = sys.executable, shlex.quote(sys.executable)

from pipeline.data.analyses import features, given_to, perspectives_of, read_analyses
from pipeline.data.checksums import checksum, checksum_of
from pipeline.data.code_inputs import code_checksum, imported_modules, keep_known, used_templates
from pipeline.data.configuration import (
    OWN_INSTRUMENTS,
    check_markers,
    check_settings_file,
    data_folder,
    dataset_files,
    known_forms,
    read_config,
    read_dataset,
    read_instruments,
    unknown_target,
    with_command_line,
)
from pipeline.data.job import InputError
from pipeline.data.job_starts import ONE_THREAD, prepare, run_as_copy
from pipeline.data.needs import KINDS, Extent, extent, factored_items, pieces
from pipeline.data.places import link_project
from pipeline.data.progress import speak
from pipeline.data.runs import SNAKEMAKE, begin, check_permissions, unlock, why_locked
from pipeline.data.verdicts import dated_ahead, is_dry_run, last_words, remembered, verdict
from pipeline.data.yaml_files import read_yaml
from pipeline.report.captions import table_caption


def checked(read, *arguments):
    """Call a reader; a user's mistake ends the run, and its one sentence is the last thing on the screen."""
    try:
        return read(*arguments)
    except InputError as mistake:
        say_last(mistake)
    raise WorkflowError("Nothing was run; the reason is given below.")


# where the run works: the project, or a folder of its own that links make one
ROOT = Path.cwd()
if workflow.is_main_process and ROOT.resolve() != PROJECT:
    checked(link_project, PROJECT, ROOT)
if workflow.is_main_process:
    checked(check_permissions, ROOT)


class Locked(LockException):
    """Snakemake's, whose reason and cure are the last thing on the screen."""

    def __init__(self):
        super().__init__()
        say_last(why_locked())


class NotMade(MissingRuleException):
    """Snakemake's, which takes a data set that it does not know for a file that no rule makes."""

    def __init__(self, file, *further, **named):
        super().__init__(file, *further, **named)
        if sentence := unknown_target(str(file), [step.name for step in workflow.rules], ROOT):
            say_last(sentence)


snakemake.exceptions.LockException, snakemake.dag.MissingRuleException = Locked, NotMade
if "--unlock" in sys.argv:
    checked(unlock)
os.environ[SNAKEMAKE] = str(os.getpid())  # jobs end with the process that started them
if workflow.is_main_process and not is_dry_run(sys.argv) and not workflow.output_settings.verbose:
    speak(workflow.logger_manager.logger)


# Snakemake takes the second of two keys, and says of other mistakes neither the file nor the line
for file in map(Path, [*workflow.overwrite_configfiles, "config.yaml"]):
    if file.exists() or not workflow.overwrite_configfiles:
        checked(check_settings_file, file)


configfile: "config.yaml"


SETTINGS = checked(read_config, with_command_line(config, workflow.config_settings.config), ROOT)
INSTRUMENTS = checked(read_instruments, ROOT)


@cache
def modules(*scripts):
    """Scripts and all modules that they import."""
    files = {ROOT / "scripts" / script for script in scripts}
    return files.union(*(imported_modules(file, ROOT / "scripts") for file in files))


def code(*scripts):
    """One checksum of what scripts and all modules that they import do, as a param: a step whose code changes runs again.

    Snakemake watches a script itself but not what it imports; the modules as inputs would be thousands of files to look at.
    """
    return code_checksum(modules(*scripts), ROOT / "scripts")


def project_files(pattern):
    """Files of the project by a pattern such as data/instruments/*.yaml."""
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))


def files_of_data_set(name, description):
    """Everything that the description of a data set names, the description itself, and the forms that it brings."""
    folder = data_folder(Path(f"data/datasets/{name}"), description)
    files = [f"data/datasets/{name}/dataset.yaml", *(str(folder / file) for file in dataset_files(description))]
    return files + project_files(f"data/datasets/{name}/{OWN_INSTRUMENTS}")


def refused(name, description):
    """The mistake of a data set that stands beside others: it fails alone, because it is known before anything runs."""
    if len(SETTINGS["datasets"]) == 1:
        return ""  # its own ingest says so; files are read once
    if not workflow.is_main_process:
        return remembered(name).get("mistake", "")
    inputs = map(Path, files_of_data_set(name, description))
    return verdict(name, ROOT, SETTINGS["occasion"], inputs, how_checked(), planned=is_dry_run(sys.argv))


@cache
def how_checked():
    """One checksum of all that checks of different data sets have alike: code, forms and schemas."""
    alike = [*project_files("data/instruments/*.yaml"), *project_files("workflow/schemas/*.yaml")]
    return checksum(ROOT, [*modules("ingest/ingest_dataset.py"), *(ROOT / file for file in alike)])


def read_all(names):
    """The descriptions of the data sets that can be computed, and what is wrong with the others."""
    good, bad = {}, {}
    for name in names:
        try:
            FORMS[name] = known_forms(name, ROOT, INSTRUMENTS)
            description = read_dataset(name, ROOT, FORMS[name])
            mistake = dated_ahead(map(Path, files_of_data_set(name, description)), STARTED) or refused(
                name, description
            )
        except InputError as error:
            mistake = str(error)
        if mistake:
            bad[name] = mistake
        else:
            good[name] = description
    if not good:
        say_last(*bad.values())
        raise WorkflowError("Nothing was run; the reason is given below.")
    return good, bad


if {"{", "}"} & set(str(PROJECT)):
    say_last(f"{PROJECT}: Snakemake takes braces in the name of a folder for a variable; rename the folder.")
    raise WorkflowError("Nothing was run; the reason is given below.")

STARTED = time.time()
FORMS = {}
DATASETS, MISTAKES = read_all(SETTINGS["datasets"])
all_forms = {form: key for forms in (INSTRUMENTS, *FORMS.values()) for form, key in forms.items()}
checked(check_markers, SETTINGS["factors"]["markers"], all_forms)
FEATURES = {name: features(description) for name, description in DATASETS.items()}
PERSPECTIVES = {name: perspectives_of(description) for name, description in DATASETS.items()}

WITH_ANSWERS = "|".join(name for name, has in FEATURES.items() if "answers" in has) or "none"
WITHOUT_ANSWERS = "|".join(name for name, has in FEATURES.items() if "answers" not in has) or "none"
ANALYSES = read_analyses(ROOT / "scripts")
TABLES = {name: entry for analysis in ANALYSES for name, entry in analysis.tables.items()}
FIGURES = {name: entry for analysis in ANALYSES for name, entry in analysis.figures.items()}
TEXTS = {name: entry for analysis in ANALYSES for name, entry in analysis.texts.items()}
INDEX = sorted(
    (section for analysis in ANALYSES for section in analysis.index.values()),
    key=lambda section: not section.of_data_sets,  # what compares the data sets goes first
)
COMMON_TABLES = {name: entry for section in INDEX for name, entry in section.tables.items()}
OF_DATASET = "results/{dataset}"
RESPONSES = f"{OF_DATASET}/responses"
SCORES = f"{OF_DATASET}/scores/scores.parquet"
FOLDER = f"{OF_DATASET}/factors/{{perspective}}"
CORRELATIONS = {
    "responses": RESPONSES,
    "matrix": f"{FOLDER}/correlations.csv",
    "pairs": f"{FOLDER}/pairs.csv",
    "about": f"{FOLDER}/correlations.json",
}
SOLUTION_FILE = f"{FOLDER}/solution.json"
RESAMPLES = f"{FOLDER}/resamples/{{piece}}.npz"
# the longest chain of steps goes first and the longest single step next, so that no core waits for them at the end; only
# the pages wait for figures, which go last, the job with most of them first: meanwhile the other core writes the text
FIRST, SOON, LATE = 20, 10, -1000


wildcard_constraints:
    dataset="|".join(DATASETS),
    perspective="client|therapist|observer",


@cache
def extent_of(dataset):
    """How large a data set is; without a name, all of them together."""
    if not dataset:
        return sum(map(extent_of, DATASETS), start=Extent())
    files = map(Path, files_of_data_set(dataset, DATASETS[dataset]))
    return extent(files, DATASETS[dataset], FORMS[dataset])


# random draws are cut into jobs; a matrix has nobody to resample, so that one is enough
PIECES = {
    name: pieces(factored_items(DATASETS[name], FORMS[name])) if "answers" in has else 1
    for name, has in FEATURES.items()
}


def needs(kind):
    """Resources of a rule, which a cluster has to set aside; twice as much when a job is tried again."""
    kind = KINDS[kind]
    return {
        "mem_mb": lambda wildcards, attempt: attempt * kind.memory(extent_of(wildcards.get("dataset"))),
        "runtime": lambda wildcards, attempt: attempt * kind.time(extent_of(wildcards.get("dataset"))),
    }


def words_of(*scripts):
    """The templates of words that scripts use: only what is worded anew is written or drawn again."""
    return [str(path.relative_to(ROOT)) for path in used_templates(modules(*scripts), ROOT / "workflow/words")]


def script_of(module):
    """Path of a module below scripts/."""
    return f"{module.replace('.', '/')}.py"


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


def code_of(steps):
    """The same of steps that run in one job."""
    return code("run_steps.py", *map(script_of, steps))


def written_caption(name, path):
    """The caption of a table with the statistics in it, as a file that Snakemake's report can read."""
    text = table_caption(ROOT / f"workflow/report/{name}.rst", path.replace("{perspective}", "*"))
    file = Path(".snakemake/captions").absolute() / f"{name}.rst"
    if not file.exists() or file.read_text() != text:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return str(file)


def reported_table(name):
    """Outputs of a rule: a table by its name, shown in Snakemake's report, and the settings beside it."""
    entry, path = TABLES[name], table(name)
    who = ", {perspective}" if entry.by_perspective else ""
    shown = {"category": "{dataset}", "subcategory": entry.title, "labels": {"what": entry.what + who}}
    return {
        name: report(path, caption=written_caption(name, entry.path), **shown),
        f"settings_of_{name}": path.replace(".csv", ".settings.json"),
    }


def reported_common(path, caption, title, what):
    """A file that belongs to all data sets or to none, shown in Snakemake's report."""
    caption = f"{ROOT}/workflow/report/{caption}.rst"
    return report(
        f"results/{path}", caption=caption, category="All data sets", subcategory=title, labels={"what": what}
    )


def reported_common_table(entry):
    """The same of a table."""
    return reported_common(entry.path, entry.caption or entry.name, entry.title, entry.what)


def figure_files(stem):
    """One figure as SVG, which the report shows, and in the formats that were asked for."""
    return {kind: f"{stem}.{kind}" for kind in ("svg", *SETTINGS["figures"]["formats"])}


# what figures look like, besides their settings
STYLE = ["scripts/figures/figures.mplstyle", "scripts/figures/palette.yaml"]


def settings_of_text():
    """All settings that what is written depends on: not which data sets there are, nor how figures look."""
    return {name: value for name, value in SETTINGS.items() if name not in ("datasets", "figures")}


def files_of(pattern, dataset, perspectives):
    """Files of the factor analysis of perspectives of a data set; every piece, where there are pieces."""
    pieces = range(1, PIECES[dataset] + 1)
    found = [expand(pattern, dataset=dataset, perspective=who, piece=pieces) for who in perspectives]
    return list(dict.fromkeys(path for paths in found for path in paths))


def own_pieces(pattern):
    """An input function: all pieces of the factor analysis of one perspective."""
    return lambda wildcards: files_of(pattern, wildcards.dataset, [wildcards.perspective])


def of_all_perspectives(pattern):
    """An input function: files of the factor analysis of each perspective of the data set."""
    return lambda wildcards: files_of(pattern, wildcards.dataset, PERSPECTIVES[wildcards.dataset])


def other_perspectives(pattern):
    """An input function: files of the factor analysis of the other perspectives of the data set."""

    def found(wildcards):
        others = [who for who in PERSPECTIVES[wildcards.dataset] if who != wildcards.perspective]
        return files_of(pattern, wildcards.dataset, others)

    return found


def of_all_data_sets(pattern):
    """Files of the factor analysis of every perspective of every data set."""
    return [path for name in DATASETS for path in files_of(pattern, name, PERSPECTIVES[name])]


def for_each_perspective(path, dataset):
    """A path below the results of a data set, by key: one, or one for each perspective, whose key ends in its name."""
    path = f"results/{dataset}/{path}"
    if "{perspective}" not in path:
        return {"": path}
    return {f".{who}": path.replace("{perspective}", who) for who in PERSPECTIVES[dataset]}


@cache
def said_in(file):
    """One checksum of what a YAML file of the project says."""
    return checksum_of(read_yaml(ROOT / file, file))


def contents_of_data_set(name):
    """What the answers depend on: what the description and the forms that it names say, and checksums of the files."""
    description = DATASETS[name]
    named = str(description)
    forms = {form: key for form, key in FORMS[name].items() if repr(form) in named}
    return [
        checksum_of([description, forms]),
        *(checksum(Path(file)) for file in files_of_data_set(name, description) if not file.endswith(".yaml")),
    ]


def raw_files(wildcards):
    """Everything that the description of a data set names, and the description itself."""
    return files_of_data_set(wildcards.dataset, DATASETS[wildcards.dataset])


def fill_in(rules):
    """What all rules with a script have alike: a log named after the rule, the environment, the docstring as message."""
    for step in rules:
        if not step.script or PROJECT not in Path(str(step.basedir)).resolve().parents:
            continue  # rules of a workflow that has this one as a module are its own affair
        wildcards = [name for name in ("dataset", "perspective", "piece", "path") if name in step.wildcard_names]
        folder = "logs/{dataset}" if "dataset" in wildcards else "logs"
        further = "".join(f".{{{name}}}" for name in wildcards if name != "dataset")
        about = ", ".join(f"{{wildcards.{name}}}" for name in wildcards)
        step.log_modifier = step.output_modifier
        step.set_log(f"{folder}/{step.name}{further}.log")
        step.conda_env = "../../envs/environment.yaml"
        step.message = f"{about}: {step.docstring.strip()}" if about else step.docstring.strip()


def say_what_stopped():
    """Repeat what jobs said that failed for a mistake in the data."""
    sentences = last_words(Path("logs"), STARTED)
    if sentences:
        say_last("Not finished:", *sentences)
