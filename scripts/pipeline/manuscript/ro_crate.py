"""What an archive holds, as RO-Crate 1.1 metadata: plain JSON that repositories and people read."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FORMATS = {
    ".bib": "application/x-bibtex",
    ".csv": "text/csv",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".html": "text/html",
    ".json": "application/json",
    ".lock": "text/plain",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
}
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
CONFORMS_TO = "https://w3id.org/ro/crate/1.1"
PIPELINE = "#alliance-measures"


def metadata(
    files: Mapping[str, bytes],
    *,
    name: str,
    description: str,
    date: str,
    licence: str,
    version: str,
    versions: Mapping[str, str],
    seed: int,
) -> str:
    """Describe an archive.

    Parameters
    ----------
    files : mapping of str to bytes
        Path in the archive -> content.
    name, description : str
        Of the whole.
    date : str
        Of publication, as `2026-11-27`.
    licence : str
        Address or words.
    version : str
        Of this project.
    versions : mapping of str to str
        Package -> version.
    seed : int
        Of all random draws.

    Returns
    -------
    str
        JSON; the same content gives the same text.
    """
    paths = sorted(files)
    inputs = [path for path in paths if not path.startswith("results/")]
    made = [path for path in paths if path.startswith("results/")]
    packages = [{"@id": f"#{package}"} for package in sorted(versions)]
    graph: list[dict[str, Any]] = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": CONFORMS_TO},
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "datePublished": date,
            "description": description,
            "hasPart": _ids(paths),
            "license": {"@id": licence} if licence.startswith("http") else licence,
            "mentions": {"@id": "#run"},
            "name": name,
        },
        {
            "@id": "#run",
            "@type": "CreateAction",
            "description": f"All random draws come from the seed {seed}.",
            "instrument": {"@id": PIPELINE},
            "name": "Computation of the results",
            "object": _ids(inputs),
            "result": _ids(made),
        },
        {
            "@id": PIPELINE,
            "@type": "SoftwareApplication",
            "name": "Alliance measures",
            "softwareRequirements": packages,
            "softwareVersion": version,
        },
    ]
    graph += [
        {"@id": f"#{package}", "@type": "SoftwareApplication", "name": package, "softwareVersion": versions[package]}
        for package in sorted(versions)
    ]
    graph += [
        {
            "@id": path,
            "@type": "File",
            "contentSize": str(len(files[path])),
            "encodingFormat": FORMATS.get(path[path.rfind(".") :], "application/octet-stream"),
            "name": path.rpartition("/")[2],
            "sha256": hashlib.sha256(files[path]).hexdigest(),
        }
        for path in paths
    ]
    return json.dumps({"@context": CONTEXT, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _ids(paths: list[str]) -> list[dict[str, str]]:
    return [{"@id": path} for path in paths]
