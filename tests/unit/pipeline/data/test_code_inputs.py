"""Which modules and templates of words a script is made of."""

from pathlib import Path

import pytest

from pipeline.data import code_inputs
from pipeline.data.code_inputs import code_checksum, imported_modules, keep_known, used_templates

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


def test_templates_are_found_by_the_calls_and_through_each_other(tmp_path):
    (tmp_path / "words").mkdir()
    for name, text in {
        "a": '{% from "phrases.j2" import n %}{% macro m() %}{{ missing | sentence }}{% endmacro %}',
        "b": "",
        "c": "",
        "phrases": '{% include "turns.j2" %}',
        "turns": "",
    }.items():
        (tmp_path / f"words/{name}.j2").write_text(text)
    write(tmp_path, one='from wording import words\ntold = words("a").m()\n', two='def f():\n    return words("b")\n')
    found = {
        name: [path.stem for path in used_templates([tmp_path / f"{name}.py"], tmp_path / "words")]
        for name in ("one", "two")
    }
    assert found == {"one": ["a", "phrases", "turns"], "two": ["b"]}
    write(tmp_path, three='name = "a"\nwords(name)\n')
    with pytest.raises(ValueError, match=r"three.py, line 2: name the template"):
        used_templates([tmp_path / "three.py"], tmp_path / "words")


def test_every_template_is_used_by_something():
    words = ROOT / "workflow/words"
    assert used_templates((ROOT / "scripts").rglob("*.py"), words) == sorted(words.glob("*.j2"))


def test_the_checksum_of_code_is_that_of_what_it_does(tmp_path, monkeypatch):
    def of(text: str) -> str:
        write(tmp_path, module=text)
        code_inputs._names.cache_clear()
        return code_checksum([tmp_path / "module.py"], tmp_path)

    plain = of("import numpy\n\n\ndef one(x):\n    return x\n")
    assert of('"""Text."""\nimport numpy  # for nothing\n\ndef one(x):\n    """Text."""\n\n    return x\n') == plain
    assert of("import numpy\n\n\ndef one(x):\n    return 'Text.'\n") != plain
    monkeypatch.setattr(code_inputs, "_version", lambda package: f"{package} 0")
    assert of("import numpy\n\n\ndef one(x):\n    return x\n") != plain  # another version of numpy


def test_what_is_known_of_modules_is_kept_by_their_contents(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, module="import json\n")
    names(tmp_path, "module.py")
    keep_known()
    for cached in (code_inputs._names, code_inputs._kept, code_inputs._imported_files):
        cached.cache_clear()
    monkeypatch.setattr(code_inputs, "_parsed_module", None)  # nothing is parsed again
    names(tmp_path, "module.py")
    code_inputs._kept.cache_clear()
