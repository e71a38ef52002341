"""What Snakemake does for every job, done once or found faster: of a plan of 200 data sets two fifths of the time, of a
small job more than half.

Each part stands in for one of Snakemake's and gives the same answers, so that the same jobs are planned and run. They are
parts of the version in the lock; another works as it is, only slower.

Needs: nothing.
Makes: nothing.
"""

import os
from collections import defaultdict

import snakemake
import snakemake.common
import snakemake.dag
import snakemake.executors.dryrun
import snakemake.io
import snakemake.jobs
import snakemake.rules
import snakemake.script
from snakemake.exceptions import ChildIOException
from snakemake.io import AnnotatedString, _IOFile
from snakemake.jobs import Job
from snakemake.output_index import OutputIndex
from snakemake.settings.enums import Quietness

FITS = "9.27.1"


class Producers(OutputIndex):
    """Which rules make a file, found by the last part of its name.

    Snakemake looks at what stands before the first wildcard, which is results/ for nearly all outputs, and then compares
    each file that is asked for with hundreds of them.
    """

    def __init__(self, rules):
        self.named = defaultdict(list)
        self.others = []  # whose last part holds a wildcard
        for maker in rules:
            for product in maker.products():
                suffix = str(product.constant_suffix())
                _, slash, name = suffix.rpartition("/")
                known = self.named[name] if slash or suffix == str(product) else self.others
                known.append((suffix, product, maker))

    def match_producers(self, targetfile):
        candidates = [*self.named.get(targetfile.rpartition("/")[2], []), *self.others]
        return {
            maker for suffix, product, maker in candidates if targetfile.endswith(suffix) and product.match(targetfile)
        }


class Scripts(snakemake.dag.ScriptProcessor):
    """Looks whether a script is there: once for all jobs of a rule, and without their params."""

    def __init__(self, dag):
        super().__init__(dag)
        self.seen = set()

    def process_job(self, job):
        if job.is_script and ("{" in str(job.rule.script) or job.rule.name not in self.seen):
            self.seen.add(job.rule.name)
            super().process_job(job)


def known_scripts(look_up):
    """Let the file of a script be found once for all jobs of a rule; only one with wildcards needs params of the job."""
    known = {}

    def path_to_source_file(job, path):
        if "{" in str(path):
            return look_up(job, path)
        key = str(path), str(job.rule.basedir)
        if key not in known:
            known[key] = look_up(job, path)
        return known[key]

    return path_to_source_file


def known_params(look_up):
    """Let the parameters of an input function, a param or a resource be looked up once."""
    known = {}

    def get_function_params(func):
        plain = getattr(func, "__func__", func)  # a method is a new object each time
        key = plain, func is plain
        if key not in known:
            known[key] = look_up(func)
        return known[key]

    return get_function_params


def environment_of(job):
    """The conda environment of a job; only where it is a function, the params are worked out for it."""
    if job._conda_env_spec is None:
        params = job.params if callable(job.rule.conda_env) else None
        job._conda_env_spec = job.rule.expand_conda_env(job.wildcards_dict, params, job.input)
    return job._conda_env_spec


def known_flags(look_up):
    """Let flags of files be read without asking, millions of times, what kind of path they are."""

    def is_flagged(value, flag):
        path = value._file if type(value) is _IOFile else value
        if type(path) is str:
            return False
        if type(path) is AnnotatedString:
            return bool(path._flags.get(flag))
        return look_up(value, flag)

    return is_flagged


def check_directory_outputs(dag):
    """Refuse an output that lies in an output of another job."""
    makers = {os.path.abspath(file): job for job in dag.jobs for file in job.output}
    nearest = {}  # folder -> itself or the folder above it that is an output; nothing where there is none

    def above(folder):
        if folder not in nearest:
            parent = os.path.dirname(folder)
            nearest[folder] = folder if folder in makers else "" if parent == folder else above(parent)
        return nearest[folder]

    for file, job in makers.items():
        parent = above(os.path.dirname(file))
        if parent and makers[parent] != job:
            raise ChildIOException(parent=(parent, makers[parent]), child=(file, job))


class Script(snakemake.script.PythonScript):
    """A script of a job that needs one core and no other Python begins as a copy of a process that has read its modules."""

    def execute_script(self, fname, edit=False):
        elsewhere = self.conda_env or self.container_img or self.env_modules or self.bench_record
        own = dict.fromkeys(("TMPDIR", "TMP", "TEMPDIR", "TEMP"), self.resources.get("tmpdir"))
        own = {name: folder for name, folder in own.items() if folder}
        if not elsewhere and self.threads == 1:
            try:
                return run_as_copy(fname, os.environ | ONE_THREAD | own)
            except OSError:  # the process to copy is gone
                pass
        super().execute_script(fname, edit)


def start_fast(scripts, python):
    """Let jobs of this process begin as copies; where there is no room for the socket of the one to copy, they do not."""
    try:
        prepare(scripts, python)
    except OSError:
        return
    snakemake.script.PythonScript = Script


def plan_fast(quiet):
    """Let Snakemake use what is here; a dry run that names no jobs need not word what it would say of them."""
    snakemake.dag.OutputIndex = Producers
    snakemake.dag.ScriptProcessor = Scripts
    snakemake.dag.DAG.check_directory_outputs = check_directory_outputs
    Job.conda_env_spec = property(environment_of)
    Job._path_to_source_file = known_scripts(Job._path_to_source_file)
    snakemake.common.get_function_params = known_params(snakemake.common.get_function_params)
    snakemake.rules.get_function_params = snakemake.common.get_function_params
    flagged = known_flags(snakemake.io.is_flagged)
    for part in (snakemake.io, snakemake.dag, snakemake.jobs, snakemake.rules):
        part.is_flagged = flagged
    if Quietness.RULES in quiet:
        snakemake.executors.dryrun.Executor.printjob = lambda executor, job: None


if snakemake.__version__ == FITS:
    plan_fast(workflow.output_settings.quiet or ())
