"""What stands in for parts of Snakemake while it plans gives the answers of those parts."""

import functools
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import snakemake.cli  # first of all: its parts import each other in a circle
from snakemake.common import get_function_params
from snakemake.dag import DAG, ScriptProcessor
from snakemake.exceptions import ChildIOException
from snakemake.io import AnnotatedString, IOFile, ancient, flag, is_flagged, temp
from snakemake.output_index import OutputIndex
from snakemake.script import PythonScript

ROOT = Path(__file__).parents[4]
SHORTCUTS = ROOT / "workflow/rules/shortcuts.smk"


@pytest.fixture(scope="module")
def shortcuts() -> SimpleNamespace:
    """What the file of rules defines, without that Snakemake uses it."""
    source, end = SHORTCUTS.read_text(), "\n\nif snakemake.__version__"
    assert end in source
    names: dict = {}
    exec(compile(source.partition(end)[0], str(SHORTCUTS), "exec"), names)
    return SimpleNamespace(**names)


def test_it_fits_the_version_in_the_lock(shortcuts):
    assert f"\nsnakemake=={shortcuts.FITS} " in (ROOT / "envs/requirements.lock").read_text()
    assert snakemake.__version__ == shortcuts.FITS


class Maker:
    """A rule with nothing but its outputs."""

    def __init__(self, *outputs):
        self.outputs = [IOFile(output, rule=None) for output in outputs]

    def products(self):
        return self.outputs

    def is_producer(self, file):
        return any(output.match(file) for output in self.outputs)


MAKERS = [
    Maker(
        "results/{dataset,a|b}/levels.csv", "results/{dataset,a|b}/levels.settings.json", "logs/{dataset}/levels.log"
    ),
    Maker("results/{dataset,c}/levels.csv"),
    Maker("results/{dataset}/factors/{who,client|therapist}/levels.csv"),
    Maker("results/{dataset}/factors/{who}/random/{piece}.npz", "logs/{dataset}/random.{who}.{piece}.log"),
    Maker("results/{dataset}/resamples/{piece}.npz"),
    Maker("results/index.html", "results/levels.csv", "here.csv"),
    Maker("results/{dataset,wrong|c}/{path}"),
]
FILES = [
    *("results/a/levels.csv", "results/b/levels.settings.json", "logs/a/levels.log", "results/c/levels.csv"),
    *("results/a/factors/client/levels.csv", "results/d/levels.csv", "results/a/factors/client/random/2.npz"),
    *("logs/a/random.client.2.log", "results/a/resamples/1.npz", "results/index.html", "results/levels.csv"),
    *("here.csv", "results/wrong/levels.csv", "results/wrong/a/b.csv", "levels.csv", "", "data/a.csv"),
]


@pytest.mark.parametrize("file", FILES)
def test_the_same_rules_make_a_file(shortcuts, file):
    expected = OutputIndex(MAKERS).match_producers(file)
    assert shortcuts.Producers(MAKERS).match_producers(file) == expected


def test_files_are_made_by_none_one_and_several():
    """So that the comparison above has something to find."""
    assert {len(OutputIndex(MAKERS).match_producers(file)) for file in FILES} == {0, 1, 2}


def plain(wildcards, input):
    """An input function."""


class Resource:
    def evaluate(self, attempt):
        """A method, as resources have."""


@pytest.mark.parametrize(
    "func",
    [plain, functools.partial(plain, 1), Resource().evaluate, Resource.evaluate],
    ids=["plain", "part", "bound", "own"],
)
def test_params_of_functions_are_those_of_snakemake_and_looked_up_once(shortcuts, func):
    asked = []
    known = shortcuts.known_params(lambda of: asked.append(of) or get_function_params(of))
    assert known(func) == known(func) == get_function_params(func)
    assert len(asked) == 1


def test_a_method_and_its_function_have_params_of_their_own(shortcuts):
    known = shortcuts.known_params(get_function_params)
    assert [list(known(func)) for func in (Resource.evaluate, Resource().evaluate)] == [
        ["self", "attempt"],
        ["attempt"],
    ]


@functools.total_ordering
class Job:
    """A job with nothing but its outputs."""

    def __init__(self, *output):
        self.output = output

    def __lt__(self, other):
        return self.output < other.output

    __hash__ = object.__hash__
    __eq__ = object.__eq__


@pytest.mark.parametrize(
    "outputs, refused",
    [
        ([["a/b", "a/c"], ["a/d/e"]], False),
        ([["a/b", "a/bc"], ["a/b.csv"]], False),
        ([["a/b", "a/b/c"]], False),
        ([["a/b"], ["a/b/c"]], True),
        ([["a/b/c/d"], ["x"], ["a/b"]], True),
    ],
)
def test_an_output_within_an_output_is_refused_as_snakemake_does(shortcuts, outputs, refused):
    dag = SimpleNamespace(jobs=[Job(*files) for files in outputs])
    for check in (DAG.check_directory_outputs, shortcuts.check_directory_outputs):
        if refused:
            with pytest.raises(ChildIOException, match=re.escape("child to another output")):
                check(dag)
        else:
            check(dag)


def test_a_script_is_looked_for_once_for_a_rule(shortcuts, monkeypatch):
    looked = []
    monkeypatch.setattr(ScriptProcessor, "process_job", lambda self, job: looked.append(job.rule.name))
    scripts = shortcuts.Scripts(None)
    for name, script in {"a": "a.py", "b": "a.py", "c": "{wildcards.x}.py"}.items():
        rule = SimpleNamespace(name=name, script=script)
        for is_script in (True, True, False):
            scripts.process_job(SimpleNamespace(rule=rule, is_script=is_script))
    assert looked == ["a", "b", "c", "c"]


@pytest.mark.parametrize("environment, needed", [("environment.yaml", False), (plain, True)])
def test_only_an_environment_by_a_function_needs_params(shortcuts, environment, needed):
    given = []
    rule = SimpleNamespace(conda_env=environment, expand_conda_env=lambda *of: given.append(of) or "spec")
    job = SimpleNamespace(_conda_env_spec=None, rule=rule, wildcards_dict={}, params="params", input=[])
    assert shortcuts.environment_of(job) == shortcuts.environment_of(job) == "spec"
    assert given == [({}, "params" if needed else None, [])]


def test_the_file_of_a_script_is_found_once_unless_it_has_wildcards(shortcuts):
    asked = []
    found = shortcuts.known_scripts(
        lambda job, path: asked.append((job.rule.basedir, path)) or f"{job.rule.basedir}/{path}"
    )
    jobs = [SimpleNamespace(rule=SimpleNamespace(basedir=folder)) for folder in ("a", "b", "a")]
    assert [found(job, "x.py") for job in jobs] == ["a/x.py", "b/x.py", "a/x.py"]
    assert [found(job, "{wildcards.x}.py") for job in jobs[::2]] == ["a/{wildcards.x}.py"] * 2
    assert asked == [("a", "x.py"), ("b", "x.py"), *[("a", "{wildcards.x}.py")] * 2]


def of_function(wildcards):
    """An input function."""


@pytest.mark.parametrize(
    "value",
    ["a", AnnotatedString("a"), ancient("a"), temp(ancient("a")), flag("a", "ancient", False), of_function],
    ids=["plain", "annotated", "ancient", "both", "off", "function"],
)
@pytest.mark.parametrize("as_file", [False, True])
def test_flags_are_those_of_snakemake(shortcuts, value, as_file):
    value = IOFile(value, rule=None) if as_file else value
    known = shortcuts.known_flags(is_flagged)
    assert [known(value, name) for name in ("ancient", "temp", "pipe")] == [
        is_flagged(value, name) for name in ("ancient", "temp", "pipe")
    ]


@pytest.mark.parametrize(
    ("given", "copied"),
    [({}, True), ({"threads": 2}, False), ({"conda_env": "x"}, False), ({"container_img": "x"}, False)],
)
def test_a_script_that_needs_another_python_or_several_cores_is_run_by_snakemake(shortcuts, monkeypatch, given, copied):
    plain = {"threads": 1, "conda_env": None, "container_img": None, "env_modules": None, "bench_record": None}
    ran = []
    starts = shortcuts.Script.execute_script.__globals__
    monkeypatch.setitem(starts, "run_as_copy", lambda script, variables: ran.append(("copy", script, variables)))
    monkeypatch.setitem(starts, "ONE_THREAD", {"OMP_NUM_THREADS": "1"})
    monkeypatch.setattr(PythonScript, "execute_script", lambda self, name, edit: ran.append(("snakemake", name, {})))
    job = shortcuts.Script.__new__(shortcuts.Script)
    vars(job).update(plain | {"resources": {"tmpdir": "/somewhere"}} | given)
    job.execute_script("step.py")
    ((by, name, variables),) = ran
    assert (by, name) == ("copy" if copied else "snakemake", "step.py")
    if not copied:
        return
    assert variables["TMPDIR"] == variables["TEMP"] == "/somewhere" and variables["OMP_NUM_THREADS"] == "1"

    def gone(script, variables):
        raise ConnectionRefusedError

    monkeypatch.setitem(starts, "run_as_copy", gone)  # the process to copy has been killed
    job.execute_script("step.py")
    assert ran[1][:2] == ("snakemake", "step.py")


@pytest.mark.parametrize("possible", [True, False])
def test_without_a_process_to_copy_snakemake_runs_scripts_as_ever(shortcuts, monkeypatch, possible):
    def prepare(scripts, python):
        if not possible:
            raise OSError("AF_UNIX path too long")

    monkeypatch.setattr(snakemake.script, "PythonScript", PythonScript)
    monkeypatch.setitem(shortcuts.start_fast.__globals__, "prepare", prepare)
    shortcuts.start_fast("scripts", "python")
    assert snakemake.script.PythonScript is (shortcuts.Script if possible else PythonScript)
