"""Which modules a script is made of."""

from pathlib import Path

from pipeline.data.code_inputs import imported_modules

ROOT = Path(__file__).parents[4]


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def names(folder: Path, script: str) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in imported_modules(folder / script, folder)]


def test_every_way_of_importing_and_what_modules_import_from_each_other(tmp_path):
    write(
        tmp_path,
        one="from box.a import f\n",
        two="from box import b\n",
        three="import box.c as c\n",
        four="import numpy, json\n",
        box__init="",
        box__a="from box.d import g\n",
        box__b="",
        box__c="",
        box__d="import box.a\n",
        box__unused="",
    )
    assert names(tmp_path, "one.py") == ["box/a.py", "box/d.py"]
    assert names(tmp_path, "two.py") == ["box/b.py"]
    assert names(tmp_path, "three.py") == ["box/c.py"]
    assert names(tmp_path, "four.py") == []


def test_imports_inside_functions_count(tmp_path):
    write(tmp_path, late="def f():\n    from box.a import g\n    return g\n", box__a="")
    assert names(tmp_path, "late.py") == ["box/a.py"]


def test_the_package_file_counts():
    found = imported_modules(ROOT / "scripts/reliability/estimate_reliability.py", ROOT / "scripts")
    relative = {path.relative_to(ROOT / "scripts").as_posix() for path in found}
    assert {
        "psychometrics/__init__.py",
        "psychometrics/reliability/omega_total.py",
        "pipeline/data/tables.py",
    } <= relative
    assert "psychometrics/content/categories.py" not in relative
