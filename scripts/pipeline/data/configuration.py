"""Settings, instruments and data set descriptions: read, checked against their schemas, defaults filled in."""

import difflib
import math
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from pipeline.data.formats.bounds import Limits
from pipeline.data.item_columns import item_names
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.session_variables import check_session_variables
from pipeline.data.therapy_course import check_phases
from pipeline.data.variable_values import variable_columns
from pipeline.data.yaml_files import read_yaml

ANSWERED = ("recruited", "exclusions")  # keys that say something about people who answered
RESERVED = ("all", "content", "figures", "index", "manuscript", "planning")


def check_settings_file(path: Path) -> None:
    """Check that a file of settings can be read, before Snakemake does, which is less strict.

    Raises
    ------
    InputError
        It cannot, or asks Snakemake to run what stands in it.
    """
    name = path.name
    content = read_yaml(path, name)
    if content is None:
        raise InputError(f"{name}: the file is empty; name your data sets, as in `datasets: [example]`.")
    if not isinstance(content, dict):
        raise InputError(f"{name}: should hold keys and values, such as `datasets: [example]`.")
    if "__use_yte__" in content:
        raise InputError(f"{name}: unknown key '__use_yte__'; settings are never run as a program.")


def read_config(config: dict, root: Path) -> dict:
    """The settings of a run, checked, with defaults; every data set that is named exists.

    Raises
    ------
    InputError
        An unknown key, a value of the wrong kind, or a data set without a folder.
    """
    settings = validated(dict(config), "config", root, "config.yaml")
    factors = settings["factors"]
    if settings["missing"] == "em" and factors["correlation"] != "pearson":
        raise InputError("config.yaml: missing: em is for Pearson correlations; set factors: correlation: pearson.")
    if factors["extraction"] == "dwls" and factors["correlation"] != "polychoric":
        raise InputError("config.yaml: factors: extraction: dwls needs factors: correlation: polychoric.")
    present = sorted(path.parent.name for path in (root / "data/datasets").glob("*/dataset.yaml"))
    for name in settings["datasets"]:
        if name not in present:
            hint = _did_you_mean(name, present) or f" The data sets there are: {', '.join(present)}."
            raise InputError(f"config.yaml: datasets: there is no data/datasets/{name}/dataset.yaml.{hint}")
        if name in RESERVED or not name.replace("_", "").replace("-", "").isalnum():
            raise InputError(f"config.yaml: datasets: '{name}' cannot be the name of a data set; rename its folder.")
    return settings


OWN_INSTRUMENTS = "*.instrument.yaml"  # beside dataset.yaml: forms of this data set alone


def with_command_line(config: dict, given: dict) -> dict:
    """Read what `snakemake --config` gave as the file would have been read: Snakemake leaves nested values as text.

    Parameters
    ----------
    config : dict
        The settings, in which the text stands already.
    given : dict
        What stood on the command line.

    Returns
    -------
    dict
        The settings.
    """
    found = dict(config)
    for key, value in given.items():
        if isinstance(value, dict):
            found[key] = with_command_line(found.get(key) or {}, value)
        elif isinstance(value, str):
            found[key] = yaml.safe_load(value)
        elif isinstance(value, list):
            found[key] = [yaml.safe_load(part) if isinstance(part, str) else part for part in value]
    return found


def unknown_target(target: str, known: Iterable[str], root: Path) -> str:
    """Explain a target that cannot be made: mostly a data set that is not in the settings.

    Parameters
    ----------
    target : str
        Of the command line.
    known : iterable of str
        Names of rules and data sets.
    root : Path
        Of the project.

    Returns
    -------
    str
        The sentence for the user; empty where the target is a file.
    """
    if "/" in target or Path(target).suffix:
        return ""
    if (root / "data/datasets" / target / "dataset.yaml").exists():
        return f"{target}: the data set is not among `datasets:` in config.yaml; add its name there."
    return f"{target}: neither a data set in config.yaml nor another target.{_did_you_mean(target, known)}"


def read_instruments(root: Path) -> dict[str, dict]:
    """Every form of every instrument: form -> its key, with `instrument` and `instrument_name` added."""
    forms: dict[str, dict] = {}
    for path in sorted((root / "data/instruments").glob("*.yaml")):
        _add_forms(forms, path, root)
    return forms


def known_forms(name: str, root: Path, shared: dict[str, dict] | None = None) -> dict[str, dict]:
    """The forms of all data sets, and those that one data set brings in its own folder."""
    forms = dict(read_instruments(root) if shared is None else shared)
    for path in sorted((root / "data/datasets" / name).glob(OWN_INSTRUMENTS)):
        _add_forms(forms, path, root)
    return forms


def _add_forms(forms: dict[str, dict], path: Path, root: Path) -> None:
    name = path.relative_to(root).as_posix()
    content = validated(read_yaml(path, name), "instrument", root, name)
    for form, key in content["forms"].items():
        if form in forms:
            raise InputError(f"{name}: the form '{form}' is already in another file; give it another name.")
        check_key(key, f"{name}: forms: {form}")
        if ("D" in key["grades"].values()) != (key["key_status"] == "provisional"):
            raise InputError(f"{name}: forms: {form}: key_status has to be provisional if a grade is D, and only then.")
        forms[form] = key | {"instrument": content["instrument"], "instrument_name": content["name"]}


def check_markers(markers: list[str], instruments: dict[str, dict]) -> None:
    """Every marker of the common factor names an item of a known form."""
    for marker in markers:
        form, _, item = marker.rpartition("_")
        if form not in instruments or not item.isdigit() or not 1 <= int(item) <= instruments[form]["items"]:
            raise InputError(f"config.yaml: factors: markers: '{marker}' names no item of a known form (wai_s_01).")


def read_dataset(name: str, root: Path, instruments: dict[str, dict]) -> dict:
    """The description of one data set, checked: the forms are known and the files exist."""
    content, found = dataset_mistakes(name, root, instruments)
    if found:
        raise InputError(found[0])
    return content


def dataset_mistakes(name: str, root: Path, instruments: dict[str, dict]) -> tuple[dict, list[str]]:
    """The description of one data set, and all that is wrong with a description that has the right keys.

    Raises
    ------
    InputError
        The description is not there, or does not have the keys and values of its schema.
    """
    folder = root / "data/datasets" / name
    place = f"data/datasets/{name}/dataset.yaml"
    content = validated(read_yaml(folder / "dataset.yaml", place), "dataset", root, place)
    found = []
    for i, entry in enumerate(content.get("responses", [])):
        try:
            _check_form(entry, f"{place}: responses: entry {i + 1}", instruments)
        except InputError as mistake:
            found.append(str(mistake))
    by_row = {entry["file"] for entry in content.get("responses", []) if entry["client"] == "row"}
    if by_row and len({entry["file"] for entry in content["responses"]} | _file_of_clients(content)) > 1:
        found.append(f"{place}: `client: row` needs all answers in one file; rows of two files cannot be matched.")
    if "responses" not in content:
        found += [f"{place}: `{key}:` needs answers, under `responses:`." for key in ANSWERED if key in content]
    for number, entry in enumerate(content.get("exclusions", []), start=1):
        if not set(entry) - {"reason", "file"}:
            picks = "clients, therapists, sessions, rows, where or where_not"
            found.append(f"{place}: exclusions: entry {number}: selects nothing to leave out; give {picks}.")
        if "rows" in entry and "file" not in entry:
            found.append(f"{place}: exclusions: entry {number}: `rows:` needs `file:`, the file whose rows they are.")
    for check, key in (
        (_check_clients, "clients"),
        (_check_over_sessions, "session_variables"),
        (_check_course, "title"),
    ):
        if key in content:
            try:
                check(content, instruments)
            except InputError as mistake:
                found.append(f"data/datasets/{name}/{mistake}")
    if "matrix" in content:
        try:
            _check_left_out_of_matrix(content["matrix"], f"{place}: matrix: items_left_out", instruments)
        except InputError as mistake:
            found.append(str(mistake))
    if "scores" in content:
        try:
            _check_scores(content, place, instruments)
        except InputError as mistake:
            found.append(str(mistake))
    files = data_folder(folder, content)
    where = f"data/datasets/{name}/" if "data_root" not in content else "the folder that `data_root:` names"
    for file in dataset_files(content):
        if (files / file).is_dir():
            found.append(f"{place}: '{file}' is a folder; name a file in it.")
        elif not (files / file).is_file():
            found.append(f"{place}: the file '{file}' does not exist in {where}.")
    return content, found


def data_folder(folder: Path, content: dict) -> Path:
    """The folder of a data set's files: that of its description, or the one named there."""
    return folder / Path(content["data_root"]).expanduser() if "data_root" in content else folder


def raw_files(folder: Path, content: dict) -> RawFiles:
    """The files of a data set that its description names."""
    return RawFiles(data_folder(folder, content), Limits(**content["limits"]))


def dataset_files(content: dict) -> list[str]:
    """Names of the files that a data set's description mentions, each once."""
    files = [entry["file"] for entry in content.get("responses", [])]
    files += [content[key]["file"] for key in ("clients", "session_variables") if key in content]
    files += [content[key] for key in ("item_codes", "loadings") if key in content]
    files += [content["matrix"]["correlations"], content["matrix"]["moments"]] if "matrix" in content else []
    if "scores" in content:
        named = [content["scores"].get(key) for key in ("file", "correlations", "n")]
        files += [file for file in named if isinstance(file, str)]
    return list(dict.fromkeys(files))


def check_key(key: dict, place: str) -> None:
    """A scoring key holds together: its range ascends, and scales and reversals name items that exist."""
    low, high = key["range"]
    if low >= high:
        raise InputError(f"{place}: range: {low} to {high}: the first number has to be lower.")
    for part, items in [*key.get("scales", {}).items(), ("reverse", key.get("reverse", []))]:
        beyond = [item for item in items if item > key["items"]]
        if beyond:
            raise InputError(f"{place}: {part}: item {beyond[0]} does not exist; the form has {key['items']} items.")


def _check_known(entry: dict, place: str, instruments: dict[str, dict]) -> None:
    form = entry["form"]
    if form not in instruments:
        hint = _did_you_mean(form, instruments) or f" Known forms: {', '.join(instruments)}."
        raise InputError(f"{place}: there is no form '{form}'.{hint}")
    known = instruments[form]["perspectives"]
    if entry["perspective"] not in known:
        folder = place.partition("dataset.yaml")[0]
        raise InputError(
            f"{place}: {form} is answered by {' or '.join(known)}, not by {entry['perspective']}; a version for the "
            f"{entry['perspective']} is a separate form; ten lines in {folder}my_form.instrument.yaml add it (see "
            "'A form of your own' in docs/data.md)."
        )


def _file_of_clients(content: dict) -> set[str]:
    return {content["clients"]["file"]} if "clients" in content else set()


def _check_clients(content: dict, instruments: dict[str, dict]) -> None:
    for variable, part in content["clients"]["variables"].items():
        variable_columns(variable, part, instruments, f"dataset.yaml: clients: variables: {variable}")


def _check_over_sessions(content: dict, instruments: dict[str, dict]) -> None:
    others = content.get("clients", {}).get("variables", {})
    check_session_variables(content["session_variables"], others, instruments)
    if "responses" not in content:
        raise InputError("dataset.yaml: `session_variables:` needs `responses:`; a matrix has no sessions.")


def _check_course(content: dict, _: dict[str, dict]) -> None:
    """Phases, time and what is analysed at which sessions fit each other and the rest of the description."""
    entries = content.get("responses", [])
    answered = entries or "file" in content.get("scores", {})
    for key in ("phases", "time", "item_sessions", "factor_perspectives"):
        if key in content and not answered:
            raise InputError(f"dataset.yaml: `{key}:` needs sessions of people; a published matrix has none.")
        if key in content and not entries and key in ("item_sessions", "factor_perspectives"):
            raise InputError(f"dataset.yaml: `{key}:` needs answers, under `responses:`; scores have no items.")
    check_phases(content.get("phases"))
    occasion, sessions = content.get("occasion"), content.get("item_sessions", [])
    if sessions and isinstance(occasion, int) and occasion not in sessions:
        raise InputError(f"dataset.yaml: item_sessions: {occasion} is missing, the session that `occasion:` names.")
    perspectives = list(dict.fromkeys(entry["perspective"] for entry in entries))
    for who in content.get("factor_perspectives", []):
        if who not in perspectives:
            raise InputError(
                f"dataset.yaml: factor_perspectives: no answers of the {who}; those who answered: "
                f"{', '.join(perspectives)}."
            )
    by_date = any(isinstance(entry["sessions"], str) for entry in [*entries, content.get("scores", {"sessions": {}})])
    for number, entry in enumerate(entries, start=1):
        place = f"dataset.yaml: responses: entry {number}"
        if "dates" in entry and "date" not in entry:
            raise InputError(f"{place}: `dates:` needs `date:`, the column with the date of the session.")
        if "date" in entry and by_date:
            raise InputError(f"{place}: `date:` is for sessions with numbers, but `session:` already names dates.")
        if "date" in entry and "{session" in str(entry.get("columns", "")):
            raise InputError(f"{place}: `date:` needs one row per session, but one row holds several sessions.")
    if content.get("time") == "weeks" and not by_date and not any("date" in entry for entry in entries):
        raise InputError(
            "dataset.yaml: time: weeks needs dates; name their column under `date:` in an entry of `responses:`, or "
            "say `sessions: dates` if dates identify the sessions."
        )


def _check_form(entry: dict, place: str, instruments: dict[str, dict]) -> None:
    _check_known(entry, place, instruments)
    form = entry["form"]
    for one, other in (("item", "answer"), ("answer", "item")):
        if one in entry and other not in entry:
            raise InputError(f"{place}: `{one}:` needs `{other}:`; they go together where each answer has its own row.")
    if isinstance(entry["sessions"], str) and not isinstance(entry["session"], str):
        raise InputError(f"{place}: `sessions: {entry['sessions']}` needs `session:`, the column with the dates.")
    if "item" not in entry:
        if "columns" not in entry:
            raise InputError(f"{place}: the key 'columns' is missing.")
        item_names(entry["columns"], instruments[form]["items"], place, "1")
    key = instruments[form] | {part: entry[part] for part in ("range", "scales", "reverse") if part in entry}
    if "scales" not in key:
        raise InputError(
            f"{place}: which items belong to which scale of {form} is not known; give `scales:`, or `scales: {{}}` "
            "if the form has only a total."
        )
    check_key(key, place)
    _check_left_out(entry.get("items_left_out", {}), key, f"{place}: items_left_out")


def _check_left_out(items: Iterable[int | str], key: dict, place: str) -> None:
    """Items that a data set leaves out exist, and leave something of every scale."""
    numbers = {int(item) for item in items}
    if unknown := sorted(numbers - set(range(1, key["items"] + 1))):
        raise InputError(f"{place}: item {unknown[0]} does not exist; the form has the items 1 to {key['items']}.")
    for scale, own in [*key["scales"].items(), ("total", range(1, key["items"] + 1))]:
        if numbers >= set(own):
            raise InputError(f"{place}: no item of the scale {scale} is left; declare the `scales:` of this edition.")


def _check_left_out_of_matrix(entry: dict, place: str, instruments: dict[str, dict]) -> None:
    """The same of a published matrix, which names items by their labels."""
    numbers: dict[str, list[str]] = {}
    for label in entry["items_left_out"]:
        form, _, item = label.rpartition("_")
        if form not in instruments or not item.isdigit():
            raise InputError(f"{place}: '{label}' does not name an item of a known form (wai_sr_01, for example).")
        numbers.setdefault(form, []).append(item)
    for form, items in numbers.items():
        if "scales" in instruments[form]:
            _check_left_out(items, instruments[form], place)


def _check_scores(content: dict, place: str, instruments: dict[str, dict]) -> None:
    """Every variable of a matrix of scores is one score of a known form, or an outcome or baseline."""
    for key in ("clients", "item_codes", "loadings", "retest"):
        if key in content:
            raise InputError(f"{place}: `{key}:` does not go with `scores:`, where there are no answers.")
    has = {"file", "client", "correlations", "n"} & set(content["scores"])
    if has not in ({"file", "client"}, {"correlations", "n"}):
        raise InputError(
            f"{place}: scores: give `file:` and `client:` for a file with scores of persons, or `correlations:` and "
            "`n:` where correlations were published."
        )
    of_persons = "file" in has
    if "therapist" in content["scores"] and not of_persons:
        raise InputError(f"{place}: scores: `therapist:` goes with `file:`, the scores of persons.")
    place = f"{place}: scores: variables"
    seen: dict[tuple, str] = {}
    for label, part in content["scores"]["variables"].items():
        here = f"{place}: {label}"
        named, of_role = {"form", "perspective", "scale"} & set(part), {"role", "label"} & set(part)
        if not (({"form", "perspective"} <= named and not of_role) or ("role" in of_role and not named)):
            raise InputError(f"{here}: give `form:` and `perspective:` of a score, or the `role:` of another variable.")
        persons_only = [key for key in ("column", "keep", "missing_codes", "range") if part.get(key)]
        persons_only += ["occasion"] if "occasion" in part else []
        persons_only += ["role: group"] if part.get("role") == "group" else []
        if (further := persons_only) and not of_persons:
            raise InputError(f"{here}: `{further[0]}:` goes with `file:`, the scores of persons.")
        if further := [key for key in ("mean", "sd") if key in part and of_persons]:
            raise InputError(f"{here}: `{further[0]}:` is computed from the scores of persons; remove it.")
        if "role" in part:
            continue
        if "occasion" in part:
            raise InputError(f"{here}: `occasion:` goes with `role:`; set that of the scores at the top level.")
        _check_known(part, here, instruments)
        scale, scales = part.get("scale", "total"), [*instruments[part["form"]].get("scales", {}), "total"]
        if scale not in scales and len(scales) > 1:
            hint = _did_you_mean(scale, scales) or f" Its scales: {', '.join(dict.fromkeys(scales))}."
            raise InputError(f"{here}: {part['form']} has no scale '{scale}'.{hint}")
        other = seen.setdefault((part["form"], part["perspective"], scale), label)
        if other != label:
            raise InputError(f"{here}: the same score as {other}; each score may appear once.")
    if not seen:
        raise InputError(f"{place}: none of them is the score of a form; give `form:` and `perspective:`.")


def validated(content: Any, schema: str, root: Path, name: str) -> dict:
    """Check a document against workflow/schemas/<schema>.schema.yaml and fill in the defaults that stand there."""
    if content is None:
        raise InputError(f"{name}: the file is empty.")
    rules = _rules(root / f"workflow/schemas/{schema}.schema.yaml")
    _require_finite(content, name)
    errors = list(jsonschema.Draft202012Validator(rules).iter_errors(content))
    if errors:
        raise InputError(f"{name}: {_sentences(errors)}")
    return _with_defaults(content, rules, rules.get("$defs", {}))


def _require_finite(content: Any, name: str, place: str = "") -> None:
    """YAML knows .inf and .nan, which pass any limit or none."""
    if isinstance(content, float) and not math.isfinite(content):
        raise InputError(f"{name}: {place}'{content}' is not a finite number.")
    parts = content.items() if isinstance(content, dict) else enumerate(content, 1) if isinstance(content, list) else ()
    for key, value in parts:
        _require_finite(value, name, f"{place}{key}: " if isinstance(content, dict) else f"{place}entry {key}: ")


@cache
def _rules(schema: Path) -> dict:
    return read_yaml(schema, schema.name)


def _with_defaults(content, rules, definitions):
    rules = _resolved(rules, definitions)
    if isinstance(content, list) and "items" in rules:
        return [_with_defaults(item, rules["items"], definitions) for item in content]
    if not isinstance(content, dict):
        return content
    properties = {key: _resolved(part, definitions) for key, part in rules.get("properties", {}).items()}
    others = rules.get("additionalProperties")
    filled = {key: part["default"] for key, part in properties.items() if "default" in part} | content
    others = others if isinstance(others, dict) else {}
    return {key: _with_defaults(value, properties.get(key, others), definitions) for key, value in filled.items()}


def _resolved(rules: dict, definitions: dict) -> dict:
    """The rules that a `$ref` stands for, with what is said beside it."""
    return definitions[rules["$ref"].rsplit("/", 1)[1]] | rules if "$ref" in rules else rules


# validator of JSON schema -> what its limit asks for
LIMITS = {
    "minimum": "should be at least {}",
    "maximum": "should be at most {}",
    "exclusiveMinimum": "should be more than {}",
    "exclusiveMaximum": "should be less than {}",
    "minLength": "should not be empty",
    "maxLength": "should have at most {} characters",
    "minItems": "should have at least {} entries",
    "maxItems": "should have at most {} entries",
    "uniqueItems": "names something twice",
}


MOST_SHOWN = 80  # characters of a value that a sentence repeats
MOST_MISTAKES = 5  # of one file that are named at once


def _sentences(errors: list[jsonschema.ValidationError]) -> str:
    """All schema errors of a document, the most telling first; keys that one place lacks are one sentence."""
    first: Any = jsonschema.exceptions.best_match(errors)
    found = [first, *(jsonschema.exceptions.best_match([error]) for error in errors)]
    sentences = list(dict.fromkeys(_missing(error) or _sentence(error) for error in found))
    more = len(sentences) - MOST_MISTAKES
    return " ".join(sentences[:MOST_MISTAKES]) + (f" And {more} more mistakes of this kind." if more > 0 else "")


def _missing(error: jsonschema.ValidationError) -> str:
    """All keys that are missing in the place where this error found one; empty where it found something else."""
    if error.validator != "required":
        return ""
    place = list(error.absolute_path)
    instance: Any = error.instance
    needed: Any = error.validator_value
    keys = [f"'{key}'" for key in needed if key not in instance]
    if len(keys) < 2:
        return ""
    named = ", ".join(keys[:-1]) + f" and {keys[-1]}"
    return f"{_place(place)}the keys {named} are missing."


def _place(path: Iterable[str | int]) -> str:
    return "".join(f"{part}: " if isinstance(part, str) else f"entry {part + 1}: " for part in path)


def _sentence(error: jsonschema.ValidationError) -> str:
    """What a schema error means, in one sentence that starts with the place."""
    place = _place(error.absolute_path)
    schema: Any = error.schema
    expected: Any = error.validator_value
    instance: Any = error.instance
    shown = _short(instance)
    meaning = schema.get("description") if isinstance(schema, dict) else None
    meaning = f" ({meaning})" if meaning else ""
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        unknown = next(key for key in instance if key not in known)
        hint = _did_you_mean(unknown, known) or f" Known keys: {', '.join(known)}."
        return f"{place}unknown key '{unknown}'.{hint}"
    if error.validator == "required":
        missing = next(key for key in expected if key not in instance)
        return f"{place}the key '{missing}' is missing."
    if error.validator == "enum":
        allowed = [str(value) for value in expected]
        hint = _did_you_mean(shown, allowed)
        return f"{place}'{shown}' is not one of {', '.join(allowed)}.{hint}"
    if error.validator == "type":
        kind = expected if isinstance(expected, str) else " or ".join(expected)
        return f"{place}'{shown}' should be of type {kind}{meaning}."
    if error.validator == "oneOf" and not place:
        return "give one of `responses`, `matrix` and `scores`."
    if error.validator in LIMITS:
        return f"{place}'{shown}' {LIMITS[error.validator].format(expected)}{meaning}."
    return f"{place}'{shown}' does not fit{meaning}."


def _short(value: object) -> str:
    """A value in a sentence: as it is, or how it begins."""
    text = str(value)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _did_you_mean(word: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(word), list(known), n=1)
    return f" Did you mean '{close[0]}'?" if close else ""
