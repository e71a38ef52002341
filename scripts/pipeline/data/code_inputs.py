"""Which of the project's own modules and templates of words a script is made of, and what they say.

What a module or a template names is kept in a file by its contents, because parsing all of them takes a second.
"""

import ast
import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

KEPT = Path(".snakemake/modules.json")  # below the folder in which Snakemake runs
DISTRIBUTIONS = {"PIL": "pillow", "docx": "python-docx", "fontTools": "fonttools", "yaml": "PyYAML"}


def imported_modules(script: Path, root: Path) -> list[Path]:
    """Find the modules under a folder that a script imports, directly or through each other.

    Parameters
    ----------
    script : Path
        The file to start from.
    root : Path
        The folder that is on the import path (`scripts/`).

    Returns
    -------
    list of Path
        Sorted, the script itself not among them. A package counts through its `__init__.py`.
    """
    found: set[Path] = set()
    queue = [Path(script)]
    while queue:
        file = queue.pop()
        new = _imported_files(file, file.stat().st_mtime_ns, root) - found
        found |= new
        queue += new
    return sorted(found)


def used_templates(files: Iterable[Path], words: Path) -> list[Path]:
    """Find the templates of words that modules use, directly or through each other.

    Parameters
    ----------
    files : iterable of Path
        The modules; each names its templates in calls such as ``words("factors")``.
    words : Path
        The folder of the templates (`workflow/words/`).

    Returns
    -------
    list of Path
        Sorted.

    Raises
    ------
    ValueError
        A call names its template by anything but a literal, so that nobody knows which one it is.
    """
    found: set[Path] = set()
    queue = list(files)
    while queue:
        file = queue.pop()
        new = {words / name for name in _names(file, file.stat().st_mtime_ns).templates} - found
        found |= new
        queue += new
    return sorted(found)


def code_checksum(files: Iterable[Path], root: Path) -> str:
    """Return one checksum of what modules do: of their code and the versions of the packages that they import.

    Parameters
    ----------
    files : iterable of Path
        The modules.
    root : Path
        The folder that is on the import path (`scripts/`).

    Returns
    -------
    str
        64 hexadecimal digits. Comments, docstrings, white space and the order of the files do not count.
    """
    digest, packages = hashlib.sha256(), set()
    for file in sorted(files):
        named = _names(file, file.stat().st_mtime_ns)
        digest.update(f"{file.relative_to(root).as_posix()} {named.code}\n".encode())
        packages |= {name.partition(".")[0] for name in named.modules} - sys.stdlib_module_names
    for package in sorted(packages):
        digest.update(f"{package} {_version(package)}\n".encode())
    return digest.hexdigest()


@cache
def _version(package: str) -> str:
    """Of an installed package; empty of the project's own."""
    try:
        return version(DISTRIBUTIONS.get(package, package))
    except PackageNotFoundError:
        return ""


@dataclass(frozen=True)
class _Named:
    """What a module names: modules to import, and files of templates by calls of ``words``; and a checksum of its code.

    A template names templates alone.
    """

    modules: list[str]
    templates: list[str]
    code: str


@cache
def _kept() -> dict[str, dict]:
    """What is known of modules and templates, by the checksum of their contents."""
    try:
        return json.loads(KEPT.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def keep_known() -> None:
    """Write what is known, for the next run; where nothing can be written, it is found out again."""
    if _used.keys() <= _kept().keys():
        return
    new = KEPT.with_name(f".{KEPT.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        KEPT.parent.mkdir(exist_ok=True)
        new.write_text(json.dumps(_used))
        new.replace(KEPT)


_used: dict[str, dict] = {}  # entries of this run: the file keeps no others


@cache
def _own() -> bytes:
    """What the entries depend on beside the contents of a file: this module, and the Python that parses."""
    return Path(__file__).read_bytes() + sys.version.encode()


@cache  # many scripts share their modules, and parsing all of them for each would take seconds
def _names(path: Path, changed: int) -> _Named:
    content = path.read_bytes()
    key = hashlib.sha256(_own() + path.suffix.encode() + content).hexdigest()
    if key not in _used:
        parsed = _parsed_template if path.suffix == ".j2" else _parsed_module
        _used[key] = _kept().get(key) or asdict(parsed(path, content.decode()))
    return _Named(**_used[key])


def _parsed_template(path: Path, content: str) -> _Named:
    import jinja2.meta  # nearly always known, and then not needed

    included = jinja2.meta.find_referenced_templates(jinja2.Environment().parse(content))
    return _Named([], [name for name in included if name], "")


def _parsed_module(path: Path, content: str) -> _Named:
    imported, templates = [], []
    tree = ast.parse(content)
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from package import module` and `from package.module import name` look alike: try both readings
            imported += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    for node in ast.walk(tree) if "words" in content else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "words":
            if not (len(node.args) == 1 and isinstance(node.args[0], ast.Constant)):
                raise ValueError(f"{path}, line {node.lineno}: name the template of words as it is")
            templates.append(f"{node.args[0].value!s}.j2")
    parents = [name.rsplit(".", i)[0] for name in imported for i in range(name.count(".") + 1)]
    return _Named(sorted({*imported, *parents}), templates, hashlib.sha256(_code(tree).encode()).hexdigest())


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The statements below a node, inner ones too, without their expressions, which are nine of ten nodes."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for statement in getattr(node, part, []):
            yield statement
            yield from _statements(statement)


def _code(tree: ast.Module) -> str:
    """A module's code without docstrings, line numbers and comments."""
    for node in (tree, *_statements(tree)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node, clean=False) is not None
        ):
            del node.body[0]
    return ast.dump(tree)


@cache
def _imported_files(path: Path, changed: int, root: Path) -> frozenset[Path]:
    own = {name.partition(".")[0] for name in os.listdir(root)}
    named = [name.split(".") for name in _names(path, changed).modules]
    places = [os.path.join(root, *parts) for parts in named if parts[0] in own]
    candidates = [file for place in places for file in (f"{place}.py", f"{place}/__init__.py")]
    return frozenset(Path(file) for file in candidates if os.path.isfile(file))
