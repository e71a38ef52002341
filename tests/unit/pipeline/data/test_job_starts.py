"""Jobs that begin as copies of a process do what a Python of their own would do."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tests.conftest import ROOT

from pipeline.data.job_starts import ONE_THREAD, prepare, run_as_copy
from pipeline.data.runs import SNAKEMAKE


@pytest.fixture(scope="module", autouse=True)
def prepared():
    prepare(ROOT / "scripts")


def script(folder, text):
    file = folder / "step.py"
    file.write_text(text)
    return file


TOLD = """
import json, os, sys
looked = {"pandas", "scipy.special", "pipeline.data.dataset"} if "ASK" in os.environ else set()
told = {
    "name": __name__, "argv": sys.argv, "folder": os.getcwd(), "here": sys.path[0],
    "variables": {name: value for name, value in os.environ.items() if name != "LC_CTYPE"},
    "known": sorted(looked & set(sys.modules)),
}
open("told.json", "w").write(json.dumps(told))
"""


def test_a_copy_sees_what_a_python_of_its_own_sees(tmp_path, monkeypatch):
    file, work = script(tmp_path, TOLD), tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    variables = {"PATH": os.environ["PATH"], "A": "ä = 1"} | ONE_THREAD
    subprocess.run([sys.executable, file], env=variables, check=True)
    own = json.loads((work / "told.json").read_text())
    run_as_copy(file, variables)
    assert json.loads((work / "told.json").read_text()) == own
    assert own["name"] == "__main__" and own["argv"] == [str(file)] and own["folder"] == str(work)


def test_modules_are_there_before_the_script_begins(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_as_copy(script(tmp_path, TOLD), os.environ | {"ASK": "yes"})
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["known"] == ["pandas", "pipeline.data.dataset", "scipy.special"]


def test_one_thread_computes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = script(
        tmp_path,
        "import json, numpy, threadpoolctl\n"
        "found = [pool['num_threads'] for pool in threadpoolctl.threadpool_info()]\n"
        "open('threads.json', 'w').write(json.dumps(found))\n",
    )
    run_as_copy(file, os.environ | ONE_THREAD)
    assert set(json.loads((tmp_path / "threads.json").read_text())) == {1}


def program(file):
    """A process that runs a script as a copy, and that copies hear of under the name of Snakemake."""
    text = (
        "import os\nfrom pathlib import Path\nfrom pipeline.data.job_starts import prepare, run_as_copy\n"
        f"prepare(Path({str(ROOT / 'scripts')!r}))\n"
        f"run_as_copy(Path({str(file)!r}), os.environ | {{{SNAKEMAKE!r}: str(os.getpid())}})\n"
    )
    variables = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    return {"args": [sys.executable, "-c", text], "env": variables, "cwd": file.parent}


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("import sys; sys.exit('\\nclients.csv: no such file.\\n')", 1, "\nclients.csv: no such file.\n"),
        ("import sys; sys.exit(3)", 3, ""),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL, ""),
    ],
)
def test_how_a_script_fails(tmp_path, text, code, said):
    file = script(tmp_path, text)
    with pytest.raises(subprocess.CalledProcessError) as failure:
        run_as_copy(file, os.environ)
    assert failure.value.returncode == code
    if said:
        run = subprocess.run(**program(file), capture_output=True, text=True)
        assert said in run.stderr and f"non-zero exit status {code}" in run.stderr


def test_a_copy_ends_when_the_run_is_killed(tmp_path):
    file = script(
        tmp_path,
        "import os, time\nfrom pathlib import Path\nfrom pipeline.data.runs import belong_to_run\n"
        "belong_to_run(Path())\nPath('begun').write_text(str(os.getpid()))\ntime.sleep(60)\n",
    )
    run, begun = subprocess.Popen(**program(file)), tmp_path / "begun"
    waited(lambda: begun.exists() and begun.read_text())
    run.kill()
    run.wait()
    waited(lambda: not alive(int(begun.read_text())))


def test_a_folder_of_temporary_files_with_a_long_path_is_an_error(tmp_path):
    folder = tmp_path / ("x" * 60) / ("y" * 60)
    folder.mkdir(parents=True)
    given = program(script(tmp_path, ""))
    given["env"] |= {"TMPDIR": str(folder)}
    run = subprocess.run(**given, capture_output=True, text=True)
    assert run.returncode == 1 and "OSError: AF_UNIX path too long" in run.stderr


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def waited(condition, patience=20):
    end = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
