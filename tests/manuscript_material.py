"""The results of a data set as the rule of the manuscript finds them, without Snakemake."""

from pathlib import Path

import yaml

from manuscript.material import Material
from pipeline.data.analyses import features, given_to, perspectives_of, read_analyses
from pipeline.data.configuration import known_forms, read_config, read_dataset
from pipeline.report.results import Results


def material_of(project: Path, name: str) -> Material:
    """The results of a data set, where the rule finds them."""
    description = read_dataset(name, project, known_forms(name, project))
    paths = {}
    for analysis in read_analyses(project / "scripts"):
        tables = given_to(analysis.tables.values(), features(description))
        for key, path in ({entry.name: entry.path for entry in tables} | analysis.files).items():
            path = path if path.startswith("data/") else f"results/{name}/{path}"
            whose = perspectives_of(description) if "{perspective}" in path else [""]
            for who in whose:
                paths[f"{key}.{who}" if who else key] = str(project / path.replace("{perspective}", who))
    config = read_config(yaml.safe_load((project / "config.yaml").read_text()), project)
    results = Results(project / f"results/{name}/responses", paths, {}, config)
    return Material(results, sorted((project / "data/instruments").glob("*.yaml")), "0.1.0")
