"""All checks of a data set in memory, before anything is written: by the first mistake, or all of them."""

from pathlib import Path
from typing import Any

from pipeline.data.assembling import from_answers, from_matrix, from_scores
from pipeline.data.client_variables import read_clients
from pipeline.data.configuration import dataset_mistakes, known_forms, raw_files, read_dataset
from pipeline.data.exclusions import Exclusions
from pipeline.data.ingesting import read_answers, read_item_codes
from pipeline.data.job import InputError
from pipeline.data.plausibility import judged, review
from pipeline.data.raw_files import RawFiles
from pipeline.data.session_variables import read_session_variables

DESCRIBED = ("phases", "time", "item_sessions", "factor_perspectives")  # keys that later steps read as they stand
KINDS = {"responses": from_answers, "matrix": from_matrix, "scores": from_scores}


def assembled(name: str, root: Path, occasion: str | int) -> dict[str, Any]:
    """Read and check a data set.

    Parameters
    ----------
    name : str
        Of the data set.
    root : Path
        Of the project.
    occasion : str or int
        The session that enters single-occasion analyses where the data set names none.

    Returns
    -------
    dict
        Name of a file that ingest writes -> frame or dictionary.

    Raises
    ------
    InputError
        The first mistake.
    """
    forms = known_forms(name, root)
    content = read_dataset(name, root, forms)
    content = content | {"occasion": content.get("occasion", occasion)}
    raw = raw_files(root / "data/datasets" / name, content)
    try:
        assemble = next(KINDS[kind] for kind in KINDS if kind in content)
        files, findings = assemble(content, raw, forms)
        check_sessions(content, files["dataset.json"]["forms"])
        accepted = review(content, files, findings)
    except InputError as mistake:
        raise InputError(f"data/datasets/{name}/{mistake}") from None
    files["dataset.json"] |= {
        "name": name,
        "title": content["title"],
        "source": content["source"],
        "simulated": content["simulated"],
        "occasion": content["occasion"],
        "files": raw.described,
    }
    files["dataset.json"] |= {key: content[key] for key in DESCRIBED if key in content}
    files["dataset.json"] |= {"accepted": accepted} if accepted else {}
    return files


def check_sessions(content: dict, forms: list[dict]) -> None:
    """Sessions that are to be analysed, and phases, have answers."""
    sessions = sorted({int(session) for form in forms for session in form["counts"].get("sessions", {})})
    if not sessions:
        return
    known = ", ".join(map(str, sessions[:20])) + (", ..." if len(sessions) > 20 else "")
    occasion = [content["occasion"]] if isinstance(content["occasion"], int) else []
    for key, wanted in (("occasion", occasion), ("item_sessions", content.get("item_sessions", []))):
        for session in wanted:
            if session not in sessions:
                raise InputError(
                    f"dataset.yaml: {key}: nobody answered in session {session}; the sessions are {known}."
                )
    phases = content.get("phases", {})
    for name, (start, end) in phases.items() if isinstance(phases, dict) else ():
        if not any(start <= session <= end for session in sessions):
            raise InputError(
                f"dataset.yaml: phases: {name}: nobody answered in sessions {start} to {end}; the sessions are {known}."
            )


def mistakes(name: str, root: Path, occasion: str | int) -> tuple[list[str], dict[str, Any]]:
    """Find everything that would stop a run of a data set, not only the first.

    Parameters
    ----------
    name : str
        Of the data set.
    root : Path
        Of the project.
    occasion : str or int
        The session that enters single-occasion analyses where the data set names none.

    Returns
    -------
    found : list of str
        Each with its place and its cure.
    files : dict
        What ingest would write of the parts without a mistake; empty where nothing could be read.
    """
    try:
        forms = known_forms(name, root)
        content, found = dataset_mistakes(name, root, forms)
    except InputError as mistake:
        return [str(mistake)], {}
    if found:
        return found, {}
    content = content | {"occasion": content.get("occasion", occasion)}
    raw, here = raw_files(root / "data/datasets" / name, content), f"data/datasets/{name}/"
    whole = _parts_that_read(content, raw, forms, found)
    files: dict[str, Any] = {}
    try:
        assemble = next(KINDS[kind] for kind in KINDS if kind in whole)
        files, findings = assemble(whole, raw, forms)
        if whole == content:
            check_sessions(content, files["dataset.json"]["forms"])
        found += judged(whole, files, findings)[1]
    except StopIteration:
        pass
    except InputError as mistake:
        found.append(str(mistake))
    if files:
        files["dataset.json"]["files"] = raw.described
    return [here + mistake for mistake in dict.fromkeys(found)], files


def _parts_that_read(content: dict, raw: RawFiles, forms: dict, found: list[str]) -> dict:
    """The description without the parts that cannot be read; why goes into `found`."""
    kept = dict(content)
    used = {}
    exclusions = None
    try:
        exclusions = Exclusions(content, raw) if "responses" in content else None
    except InputError as mistake:
        found.append(str(mistake))
        del kept["exclusions"]
    if "responses" in content:
        kept["responses"] = []
        for number, entry in enumerate(content["responses"], start=1):
            key = forms[entry["form"]] | {part: entry[part] for part in ("range", "scales", "reverse") if part in entry}
            used[entry["form"]] = forms[entry["form"]]
            try:
                read_answers(entry, key, forms, raw, f"dataset.yaml: responses: entry {number}", exclusions)
                kept["responses"].append(entry)
            except InputError as mistake:
                found.append(str(mistake))
        if not kept["responses"]:
            del kept["responses"]
    if "clients" in content:
        try:
            read_clients(content["clients"], raw, exclusions, forms)
        except InputError as mistake:
            found.append(str(mistake))
            del kept["clients"]
    if "session_variables" in content:
        try:
            read_session_variables(content["session_variables"], raw, forms, exclusions)
        except InputError as mistake:
            found.append(str(mistake))
            del kept["session_variables"]
    if "item_codes" in content and used:
        try:
            read_item_codes(content["item_codes"], raw, used)
        except InputError as mistake:
            found.append(str(mistake))
            del kept["item_codes"]
    return kept
