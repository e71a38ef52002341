"""YAML files that people write: each key once, words as words, and nothing that grows without bound."""

from pathlib import Path
from typing import Any

import yaml

from pipeline.data.job import InputError

LARGEST = 2**21  # characters of a file
DEEPEST = 50  # lists and keys within each other
MOST_VALUES = 100_000  # of a file, with what its aliases (*name) stand for
MERGE = "tag:yaml.org,2002:merge"
LONGEST_NUMBER = 300  # digits; Python refuses to read much longer ones


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the C one is ten times faster
    """YAML in which a key may stand only once: the second would silently win."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, OverflowError):  # such as 2024-13-45, which has the form of a date
            kind = node.tag.rpartition(":")[2]
            raise _mistake(f"the value is no {kind}; put it between quotation marks", node.start_mark) from None


def _mistake(what: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, what, mark)


def _mapping(loader: Any, node: yaml.MappingNode) -> dict:
    seen = set()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise _mistake("a key should be one word", key.start_mark)
        if key.tag != MERGE:
            key.tag = "tag:yaml.org,2002:str"  # as a key, No, 1 and 2024-05-01 are words of the file
        if key.value in seen and key.tag != MERGE:
            raise _mistake(f"the key '{_short(key.value)}' appears twice", key.start_mark)
        seen.add(key.value)
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


# YAML 1.1 takes yes, no, on and off for true and false; in a questionnaire they are answers
_Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}
_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(path: Path, name: str) -> Any:
    """Read a YAML file.

    Parameters
    ----------
    path : Path
        The file.
    name : str
        How a message calls it.

    Returns
    -------
    Any
        Its content; None where nothing stands in it.

    Raises
    ------
    InputError
        Not there, not text, not YAML, a key twice, or more than such a file can sensibly hold.
    """
    try:
        if path.is_dir():
            raise InputError(f"{name}: this is a folder; a file is needed.")
        if not path.is_file():
            raise InputError(f"{name}: the file does not exist.")
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"{name}: larger than {LARGEST // 2**20} MiB, the most that is read; put data into a file of their own."
            )
        return _content(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{name}: not readable ({type(error).__name__}).") from None
    except UnicodeDecodeError as error:
        broken = error.object.count(b"\n", 0, error.start) + 1
        raise InputError(f"{name}: line {broken} is not text in UTF-8; save the file in the encoding UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        raise InputError(f"{name}:{line} {getattr(error, 'problem', None) or 'not readable as YAML'}.") from None


def _content(text: str) -> Any:
    _check_depth(text)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _expanded(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check_depth(text: str) -> None:
    """Reading a document recurses at each level and would end the process where it is too deep; its events do not."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise _mistake(f"more than {DEEPEST} levels, the most that are read", event.start_mark)


def _expanded(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node stands for; aliases of aliases would grow without bound when they are walked through."""
    if id(node) in known:
        return known[id(node)]
    known[id(node)] = MOST_VALUES  # a node within itself has no end
    if isinstance(node, yaml.ScalarNode):
        if node.tag == "tag:yaml.org,2002:int" and len(node.value) > LONGEST_NUMBER:
            raise _mistake(f"a number of more than {LONGEST_NUMBER} digits", node.start_mark)
        children = []
    elif isinstance(node, yaml.MappingNode):
        children = [part for pair in node.value for part in pair]
    else:
        children = node.value
    size = 1 + sum(_expanded(child, known) for child in children)
    if size > MOST_VALUES:
        raise _mistake(
            f"more than {MOST_VALUES:,} values, the most that are read (aliases count as what they stand for)",
            node.start_mark,
        )
    known[id(node)] = size
    return size


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."
