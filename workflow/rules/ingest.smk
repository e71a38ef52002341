"""What did people answer?

Needs: data/datasets/<name>/dataset.yaml and the files it names, data/instruments/*.yaml.
Makes: results/{dataset}/responses/, answers as given, one Parquet per form and perspective, with the keys that are used;
nothing at all unless every check passes.
"""


rule ingest_dataset:
    input:
        files=raw_files,
        instruments=sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("data/instruments/*.yaml")),
        schemas=sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("workflow/schemas/*.yaml")),
        code=code("ingest/ingest_dataset.py"),
    output:
        responses=directory("results/{dataset}/responses"),
    log:
        "logs/{dataset}/ingest_dataset.log",
    conda:
        "../../envs/environment.yaml"
    params:
        root=".",
        occasion=SETTINGS["occasion"],
    message:
        "{wildcards.dataset}: read and check the raw answers"
    script:
        "../../scripts/ingest/ingest_dataset.py"
