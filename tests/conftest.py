"""What the tests share: a copy of the project to run the real pipeline in, and small data sets to feed it."""

import copy
import fcntl
import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from pipeline.data import configuration
from pipeline.data.code_inputs import KEPT

ROOT = Path(__file__).parent.parent
MAIN_JOB = os.environ.get("MAIN_JOB", "")
MODULES: list[bytes] = []  # what the last run found out of modules, by their contents


def copied(source: str, target: str) -> None:
    """A copy; byte code, without which every job would compile its modules anew, is nowhere edited in its place."""
    if source.endswith(".pyc"):
        with suppress(OSError):  # on another disk
            os.link(source, target)
            return
    shutil.copy2(source, target)


class Project:
    """A copy of the project with data sets of its own; its scripts, most of its files, come when it is run."""

    def __init__(self, folder: Path):
        self.folder, self.later = folder, ("scripts", "profiles", "envs")
        for part in ("Snakefile", "CITATION.cff", "config.yaml", "workflow", "data/instruments", "data/published"):
            source, target = ROOT / part, folder / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)

    def with_code(self) -> "Project":
        """Everything that a run needs."""
        for part in self.later:
            if not (self.folder / part).exists():
                # but for byte code that is being written
                unfinished = shutil.ignore_patterns("*.pyc.*")
                shutil.copytree(ROOT / part, self.folder / part, ignore=unfinished, copy_function=copied)
        return self

    @classmethod
    def at(cls, folder: Path) -> "Project":
        """A copy that is there already."""
        project = cls.__new__(cls)
        project.folder, project.later = folder, ()
        return project

    def add(self, name: str, description: dict, **tables: pd.DataFrame) -> Path:
        """A data set: its description, and its tables as `<key>.csv`."""
        folder = self.folder / "data/datasets" / name
        folder.mkdir(parents=True)
        (folder / "dataset.yaml").write_text(yaml.safe_dump(description, sort_keys=False))
        for file, table in tables.items():
            table.to_csv(folder / f"{file}.csv", index=False)
        return folder

    def configure(self, **settings) -> None:
        (self.folder / "config.yaml").write_text(yaml.safe_dump(settings))

    def run(self, *arguments: str, cores: int = 2, **changed: str) -> subprocess.CompletedProcess:
        """Call snakemake as a user would, with some environment variables changed."""
        self.with_code()
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")} | changed
        if not changed:  # what Python reads at its start is as it is
            return snakemake(self.folder, environment, ["--cores", str(cores), *arguments])
        with known_modules(self.folder):
            return subprocess.run(
                [sys.executable, "-m", "snakemake", "--cores", str(cores), *arguments],
                cwd=self.folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=900,
                check=False,
            )

    def run_in_one_process(self, *targets: str) -> subprocess.CompletedProcess:
        """Plan as snakemake does and run each script in a fork of one process: no Python is started for a job.

        It succeeds whatever becomes of the jobs: look at their results, and at what it said.
        """
        arguments = ["--cores", "1", "--nolock", *targets]
        return snakemake(self.with_code().folder, os.environ | IN_ONE_PROCESS, arguments, "one_process")

    def run_in_forks(self, *targets: str, cores: int = 2) -> subprocess.CompletedProcess:
        """Call snakemake as a user would, but no Python is started for a job: each is a fork of one that is there."""
        arguments = ["--cores", str(cores), *targets]
        return snakemake(self.with_code().folder, os.environ | IN_ONE_PROCESS, arguments, "one_process", "forks")

    def results(self) -> dict[str, bytes]:
        """Every result by its name."""
        folder = self.folder / "results"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != ".snakemake_timestamp"
        }


@pytest.fixture(scope="session", autouse=True)
def _shipped_instruments_are_checked_once():
    """Hundreds of tests read them, each in a folder of its own: the same text has the same forms."""
    original, known = configuration._add_forms, {}

    def add_forms(forms: dict[str, dict], path: Path, root: Path) -> None:
        text = path.read_bytes()
        if text not in SHIPPED or forms.keys() & known.get(text, {}).keys():
            original(forms, path, root)
            return
        if text not in known:
            known[text] = {}
            original(known[text], path, root)
        forms.update(copy.deepcopy(known[text]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configuration, "_add_forms", add_forms)
        yield


SHIPPED = {path.read_bytes() for path in (ROOT / "data/instruments").glob("*.yaml")}
IN_ONE_PROCESS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}


@cache
def _server(name: str) -> subprocess.Popen:
    """A process that has imported Snakemake; it ends when nobody can write to it any more."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.{name}"],
        cwd=ROOT,
        env=os.environ | (IN_ONE_PROCESS if name == "one_process" else {}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def snakemake(
    folder: Path, environment: dict[str, str], arguments: list[str], by: str = "snakemake_server", way: str = ""
) -> subprocess.CompletedProcess:
    """Call snakemake in a fork of a process that has imported it."""
    server = _server(by)
    with known_modules(folder), tempfile.TemporaryDirectory() as place:
        said = [Path(place) / name for name in ("out", "err")]
        call = {"folder": folder, "environment": environment, "arguments": arguments, "said": said, "way": way}
        server.stdin.write(json.dumps(call, default=str) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(["snakemake", *arguments], code, *(path.read_text() for path in said))


@contextmanager
def known_modules(folder: Path) -> Iterator[None]:
    """Hand what is known of modules on to a copy of the project, as if it had run: else it parses all of them again.

    That takes half of a dry run. The first run of a worker finds out for itself.
    """
    place = folder / KEPT
    if MODULES and not place.exists():
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(MODULES[-1])
    yield
    if place.exists():
        MODULES[:] = [place.read_bytes()]


# the shipped data with fewer random draws
FEWER_DRAWS = {
    "datasets": ["example", "wai_sr_chatbot"],
    "resamples": 100,
    "session_resamples": 50,
    "factors": {"draws": 20, "resamples": 20, "splits": 20, "comparison_draws": 20, "starts": 2},
}


def shipped(folder: Path, **settings) -> Project:
    """A copy of the project with the shipped data sets, few draws and some settings of one's own."""
    project = Project(folder).with_code()
    for name in FEWER_DRAWS["datasets"]:
        shutil.copytree(ROOT / "data/datasets" / name, folder / "data/datasets" / name)
    project.configure(**FEWER_DRAWS | settings)
    return project


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path / "project")


def once(tmp_path_factory, name: str, build) -> Path:
    """A folder that `build(folder)` fills, made once and used by all workers of a run of the tests."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, done = root / name, root / f"{name}.done"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            build(folder)
            done.touch()
    return folder


def run_whole(project: Project, cores: int = 2) -> None:
    outcome = project.run(cores=cores)
    assert outcome.returncode == 0, outcome.stderr[-4000:]


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Project:
    """The main job on the shipped data, done once; tests leave it as they found it.

    MAIN_JOB names a copy of the project in which it is done already, with the settings as shipped.
    """
    if MAIN_JOB:
        return Project.at(Path(MAIN_JOB))
    return Project.at(once(tmp_path_factory, "finished", lambda folder: run_whole(shipped(folder))))


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Project:
    """The main job on two small data sets, done once, without a start of Python for each job; tests leave it as is."""

    def build(folder: Path) -> None:
        outcome = small_project(folder).run_in_forks()
        assert outcome.returncode == 0, outcome.stderr[-4000:]

    return Project.at(once(tmp_path_factory, "small", build))


def pytest_collection_finish() -> None:
    """Python looks for garbage less often, and not among eight thousand tests: that took a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items) -> None:
    """The main job is slow unless it is done already; the longest files come first, so that no worker ends alone.

    The first file makes `small`. Others that need it come when it is there, so that no worker waits for another.
    """
    for item in items:
        if not MAIN_JOB and "finished" in item.fixturenames:
            item.add_marker(pytest.mark.slow)
    waiting = {item.path for item in items if "small" in item.fixturenames}

    def place(item) -> int:
        first = item.path.name == "test_pipeline.py"
        return 0 if first else 3 if "workflow" not in item.path.parts else 1 + (item.path in waiting)

    items.sort(key=place)


def likert(n: int, items: int, low: int, high: int, seed: int = 1) -> np.ndarray:
    """Whole answers of n people with one common source."""
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n, 1)) + rng.normal(size=(n, items))
    middle = (low + high) / 2
    return np.clip(np.round(middle + latent * (high - low) / 5), low, high).astype(int)


def wai_sr_answers(n: int = 40, high: int = 5) -> pd.DataFrame:
    """A small WAI-SR data file: client, session, w1 ... w12."""
    answers = likert(n, 12, 1, high)
    frame = pd.DataFrame(answers, columns=[f"w{i}" for i in range(1, 13)])
    frame.insert(0, "client", [f"person-{i}" for i in range(n)])
    frame.insert(1, "session", 1)
    return frame


def wai_sr_description(**changes) -> dict:
    entry = {
        "file": "answers.csv",
        "form": "wai_sr",
        "perspective": "client",
        "columns": "w{item}",
        "client": "client",
        "session": "session",
    } | changes
    return {"title": "A small study", "source": "made for a test", "responses": [entry]}


SMALL_FORM = """\
instrument: SMALL
name: Two forms of six items and one of eight
colour: "#555555"
source: made for tests
forms:
  six_a:
    label: Six-A
    perspectives: [client, therapist]
    items: 6
    range: [1, 5]
    scales: {one: [1, 2, 3], two: [4, 5, 6]}
    reverse: [2, 6]
    key_status: established
    grades: {scales: A, reverse: A, range: A}
  eight:
    label: Eight
    perspectives: [client]
    items: 8
    range: [1, 5]
    scales: {one: [1, 2, 3, 4], two: [5, 6, 7, 8]}
    reverse: [3, 8]
    key_status: established
    grades: {scales: A, reverse: A, range: A}
"""
OTHER_FORM = """\
instrument: OTHER
name: Another form of six items
source: made for tests
forms:
  six_b:
    label: Six-B
    perspectives: [client, therapist]
    items: 6
    range: [1, 5]
    scales: {total: [1, 2, 3, 4, 5, 6]}
    reverse: []
    key_status: established
    grades: {scales: A, reverse: A, range: A}
"""
# fewer draws than the settings allow; figures as the report shows them, since each further format takes as long
SMALL_DRAWS = {
    "datasets": ["answers", "matrix"],
    "resamples": 20,
    "session_resamples": 10,
    "factors": {"draws": 5, "resamples": 5, "splits": 5, "comparison_draws": 5, "starts": 1},
    "figures": {"formats": []},
}


def small_answers(reverse: tuple[int, ...] = (2, 6)) -> pd.DataFrame:
    """60 clients of 12 therapists, two sessions: two forms of six items from client and therapist, an outcome."""
    rng = np.random.default_rng(8)
    parts = []
    skill = rng.normal(size=12)
    for session in (1, 2):
        shared = 0.4 * np.repeat(skill, 5) + rng.normal(size=60)
        frame = pd.DataFrame({"client": range(1, 61), "therapist": np.repeat(range(1, 13), 5), "session": session})
        for who in ("c", "t"):
            view = shared + 0.7 * rng.normal(size=60)
            for form in ("a", "b"):
                own = view + 0.6 * rng.normal(size=60)
                for item in range(1, 7):
                    scale = 0.5 * rng.normal(size=60) * (item > 3)
                    answer = np.clip(np.round(3.2 + 0.8 * own + scale + 0.7 * rng.normal(size=60)), 1, 5).astype(int)
                    turned = 6 - answer if form == "a" and item in reverse else answer
                    frame[f"{who}{form}{item}"] = turned
        frame["outcome"] = np.round(50 + 5 * shared + 6 * rng.normal(size=60), 1)
        parts.append(frame)
    answers = pd.concat(parts, ignore_index=True)
    for row, column in ((3, "ca1"), (70, "tb4"), (90, "cb2")):
        answers[column] = answers[column].astype("Int64")
        answers.loc[row, column] = pd.NA
    return answers


def small_project(folder: Path) -> Project:
    """Answers to two forms of six items, and a matrix of eight items of which two are reversed."""
    project = Project(folder).with_code()
    for name, text in (("small", SMALL_FORM), ("other", OTHER_FORM)):
        (folder / f"data/instruments/{name}.yaml").write_text(text)
    answers = small_answers()
    common = {"file": "answers.csv", "client": "client", "therapist": "therapist", "session": "session"}
    entries = [
        common | {"form": f"six_{form}", "perspective": who, "columns": f"{who[0]}{form}{{item}}"}
        for form in "ab"
        for who in ("client", "therapist")
    ]
    voices = ["first person", "inference about other"] * 3
    codes = pd.DataFrame(
        [
            {"form": f"six_{form}", "item": item, "coder": coder, "voice": voice, "dimension": kind, "domain": kind,
             "theme": ("trust", "bond/attachment")[(item + (coder == "B" and item == 3)) % 2]}
            for form in "ab"
            for item, voice, kind in zip(range(1, 7), voices, "xyzxyz", strict=True)
            for coder in "AB"
        ]
    )  # fmt: skip
    variables = {"outcome": {"role": "outcome", "label": "outcome"}}
    project.add(
        "answers",
        {
            "title": "Small answers",
            "source": "made for tests",
            "responses": entries,
            "clients": {"file": "clients.csv", "client": "client", "variables": variables},
            "item_codes": "codes.csv",
        },
        answers=answers,
        clients=answers.loc[answers["session"] == 2, ["client", "outcome"]],
        codes=codes,
    )
    given = 0.35 + 0.3 * np.kron(np.eye(2), np.ones((4, 4)))
    signs = np.ones(8)
    signs[[2, 7]] = -1  # as answered, before the key turns them
    matrix = np.where(np.eye(8) > 0, 1.0, given * np.outer(signs, signs)).round(2)
    items = [f"eight_{item:02d}" for item in range(1, 9)]
    moments = pd.DataFrame({"item": items, "mean": 3.0, "sd": 1.0})
    project.add(
        "matrix",
        {
            "title": "Small matrix",
            "source": "made for tests",
            "matrix": {
                "perspective": "client", "n": 200, "correlations": "correlations.csv", "moments": "moments.csv",
            },
        },
        correlations=pd.DataFrame(matrix, index=items, columns=items).rename_axis("item").reset_index(),
        moments=moments,
    )  # fmt: skip
    settings = folder / "workflow/schemas/config.schema.yaml"
    settings.write_text(re.sub(r"((?:resamples|draws|splits): \{[^}]*minimum: )\d+", r"\g<1>5", settings.read_text()))
    project.configure(**SMALL_DRAWS)
    return project
