"""The keys of dataset.yaml, config.yaml and of an instrument as pages, from the schemas that check them."""

from collections.abc import Iterator
from pathlib import Path

import yaml

SCHEMAS = Path(__file__).parents[2] / "workflow/schemas"
PAGES = {  # schema -> the file it is about, and an example of it
    "dataset": ("dataset.yaml", "data/datasets/example/dataset.yaml"),
    "config": ("config.yaml", "config.yaml"),
    "instrument": ("an instrument", "data/instruments/wai.yaml"),
}
TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "`true` or `false`",
    "array": "list",
    "object": "keys of its own",
    "null": "empty",
}
BOUNDS = {
    "minimum": "at least",
    "exclusiveMinimum": "above",
    "maximum": "at most",
    "exclusiveMaximum": "below",
}


def code(value: object) -> str:
    """A value as it is written in YAML."""
    written = yaml.safe_dump(value, default_flow_style=True, width=1000).removesuffix("...\n").strip()
    return f"`{written}`"


def resolved(node: dict, schema: dict) -> dict:
    """The node with what it refers to; its own description wins."""
    if "$ref" not in node:
        return node
    name = node["$ref"].removeprefix("#/$defs/")
    target = {"description": "", **schema["$defs"][name]}
    if name == "file":
        target["values"] = "name of a file"
    return target | {key: value for key, value in node.items() if key != "$ref"}


def values(node: dict, schema: dict) -> str:
    """What may stand behind a key, in words."""
    node = resolved(node, schema)
    if "values" in node:
        return node["values"]
    if "enum" in node:
        return ", ".join(code(value) for value in node["enum"])
    if "oneOf" in node and "type" not in node:
        return " or ".join(values(option, schema) for option in node["oneOf"])
    kind = node.get("type", "object")
    if isinstance(kind, list):
        return " or ".join(TYPES[each] for each in kind)
    if kind == "array":
        length = f" of {node['minItems']}" if node.get("minItems") == node.get("maxItems") is not None else ""
        return f"list{length}: {values(node['items'], schema)}" if "items" in node else f"list{length}"
    bounds = [f"{words} {node[key]}" for key, words in BOUNDS.items() if key in node]
    return " ".join([TYPES[kind], " and ".join(bounds)]).strip()


def parts(path: str, node: dict, schema: dict) -> Iterator[tuple[str, dict]]:
    """An object with named keys, and all such objects within it, each with the words that say where it stands."""
    node = resolved(node, schema)
    if "properties" in node:
        yield path, node
    inner = [(f"`{name}`", child) for name, child in node.get("properties", {}).items()]
    for name, child in inner:
        yield from parts(f"{name} in {path}" if path else name, child, schema)
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from parts(f"Each entry of {path}" if path else "Each entry", node[key], schema)


def cell(text: str) -> str:
    """One line of a table of Markdown, whose own signs are taken as they are."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def key_table(node: dict, schema: dict) -> list[str]:
    """One row per key."""
    lines = ["| key | what it is | values | if left out |", "| --- | --- | --- | --- |"]
    for name, child in node["properties"].items():
        known = resolved(child, schema)
        if name in node.get("required", []):
            without = "**required**"
        else:
            without = code(known["default"]) if known.get("default") not in (None, {}, []) else ""
        lines.append(f"| `{name}` | {cell(known.get('description', ''))} | {cell(values(child, schema))} | {without} |")
    return lines


def schema_page(name: str) -> str:
    """The page of one schema, in Markdown."""
    schema = yaml.safe_load((SCHEMAS / f"{name}.schema.yaml").read_text())
    about, example = PAGES[name]
    lines = [f"# Every key of {about}", "", f"{cell(schema['description'])}. An example is `{example}`.", ""]
    for path, node in parts("", schema, schema):
        if path:
            lines += [f"## {path}", ""]
            if node.get("description"):
                lines += [f"{cell(node['description'])[0].upper()}{cell(node['description'])[1:]}.", ""]
        alternatives = [option["required"] for option in node.get("oneOf", []) if set(option) == {"required"}]
        if alternatives:
            lines += [
                "Exactly one of " + ", ".join(f"`{key}`" for keys in alternatives for key in keys) + " is needed.",
                "",
            ]
        lines += [*key_table(node, schema), ""]
    return "\n".join(lines)
