"""What did people answer?

Needs: data/datasets/<name>/dataset.yaml and the files it names, data/instruments/*.yaml.
Makes: results/{dataset}/responses/, answers as given, one Parquet per form and perspective, with the keys that are used;
nothing at all unless every check passes.
"""


rule ingest_dataset:
    """read and check the raw answers"""
    input:
        # contents decide, see params: a file may be replaced by one with an older time stamp, or get another comment
        files=lambda wildcards: [ancient(file) for file in raw_files(wildcards)],
    output:
        responses=directory(RESPONSES),
    priority: FIRST
    resources:
        **needs("answers"),
    params:
        **settings("occasion"),
        code=code("ingest/ingest_dataset.py"),
        contents=lambda wildcards: contents_of_data_set(wildcards.dataset),
        root=".",
    script:
        "../../scripts/ingest/ingest_dataset.py"


if MISTAKES:

    rule refuse_dataset:
        """say what is wrong with the data set"""
        output:
            f"{OF_DATASET}/{{path}}",
        wildcard_constraints:
            dataset="|".join(MISTAKES),
            path=".+",
        localrule: True
        params:
            mistake=lambda wildcards: MISTAKES[wildcards.dataset],
        script:
            "../../scripts/ingest/refuse_dataset.py"
