"""Which factors lie behind the items of all instruments, and which of them do the instruments share?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/factors/: the correlation matrix, suitability, retention, the solution with its neighbours and
fit, resamples of the whole analysis, loadings and general factor with intervals, the common factor and factor scores.
"""
FACTORS = SETTINGS["factors"]
PIECES = FACTORS["pieces"]


rule correlate_items:
    input:
        responses="results/{dataset}/responses",
        code=code("correlate_items.py"),
    output:
        matrix="results/{dataset}/factors/correlations.csv",
        pairs="results/{dataset}/factors/pairs.csv",
        about="results/{dataset}/factors/correlations.json",
        table=report("results/{dataset}/factors/suitability.csv", **factor_report("suitability", "suitability")),
        settings="results/{dataset}/factors/suitability.settings.json",
    log:
        "logs/{dataset}/correlate_items.log",
    params:
        perspective=FACTORS["perspective"],
        method=FACTORS["correlation"],
        missing=SETTINGS["missing"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: correlations between the items"
    script:
        "../../scripts/correlate_items.py"


rule simulate_eigenvalues:
    input:
        responses="results/{dataset}/responses",
        matrix="results/{dataset}/factors/correlations.csv",
        pairs="results/{dataset}/factors/pairs.csv",
        about="results/{dataset}/factors/correlations.json",
        code=code("simulate_eigenvalues.py"),
    output:
        arrays="results/{dataset}/factors/random_eigenvalues/{piece}.npz",
    log:
        "logs/{dataset}/simulate_eigenvalues.{piece}.log",
    params:
        settings=factor_settings("draws"),
        pieces=PIECES,
        seed=SETTINGS["seed"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: parallel analysis, piece {wildcards.piece}"
    script:
        "../../scripts/simulate_eigenvalues.py"


rule extract_factors:
    input:
        matrix="results/{dataset}/factors/correlations.csv",
        pairs="results/{dataset}/factors/pairs.csv",
        about="results/{dataset}/factors/correlations.json",
        random=expand("results/{{dataset}}/factors/random_eigenvalues/{piece}.npz", piece=range(1, PIECES + 1)),
        code=code("extract_factors.py"),
    output:
        retention=report("results/{dataset}/factors/retention.csv", **factor_report("retention", "number of factors")),
        eigenvalues="results/{dataset}/factors/eigenvalues.csv",
        neighbours="results/{dataset}/factors/neighbours.csv",
        fit=report("results/{dataset}/factors/fit.csv", **factor_report("fit", "fit")),
        solution="results/{dataset}/factors/solution.json",
        settings=expand(
            "results/{{dataset}}/factors/{table}.settings.json", table=["retention", "eigenvalues", "neighbours", "fit"]
        ),
    log:
        "logs/{dataset}/extract_factors.log",
    params:
        settings=factor_settings("correlation", "k", "basis", "percentile", "extraction", "rotation", "starts"),
        seed=SETTINGS["seed"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: number of factors, extraction and rotation"
    script:
        "../../scripts/extract_factors.py"


rule resample_factors:
    input:
        responses="results/{dataset}/responses",
        solution="results/{dataset}/factors/solution.json",
        code=code("resample_factors.py"),
    output:
        arrays="results/{dataset}/factors/resamples/{piece}.npz",
    log:
        "logs/{dataset}/resample_factors.{piece}.log",
    params:
        settings=factor_settings("correlation", "resamples", "salient", "minimum_share", "markers")
        | {"missing": SETTINGS["missing"]},
        pieces=PIECES,
        seed=SETTINGS["seed"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: resamples of the solution, piece {wildcards.piece}"
    script:
        "../../scripts/resample_factors.py"


rule summarise_factors:
    input:
        responses="results/{dataset}/responses",
        matrix="results/{dataset}/factors/correlations.csv",
        pairs="results/{dataset}/factors/pairs.csv",
        about="results/{dataset}/factors/correlations.json",
        solution="results/{dataset}/factors/solution.json",
        pieces=expand("results/{{dataset}}/factors/resamples/{piece}.npz", piece=range(1, PIECES + 1)),
        code=code("summarise_factors.py"),
    output:
        loadings=report("results/{dataset}/factors/loadings.csv", **factor_report("loadings", "loadings")),
        general=report("results/{dataset}/factors/general_factor.csv", **factor_report("general_factor", "general factor")),
        settings=expand("results/{{dataset}}/factors/{table}.settings.json", table=["loadings", "general_factor"]),
    log:
        "logs/{dataset}/summarise_factors.log",
    params:
        settings=factor_settings("correlation", "extraction", "rotation", "resamples"),
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: loadings and general factor with intervals"
    script:
        "../../scripts/summarise_factors.py"


rule find_common_factor:
    input:
        responses="results/{dataset}/responses",
        matrix="results/{dataset}/factors/correlations.csv",
        pairs="results/{dataset}/factors/pairs.csv",
        about="results/{dataset}/factors/correlations.json",
        solution="results/{dataset}/factors/solution.json",
        pieces=expand("results/{{dataset}}/factors/resamples/{piece}.npz", piece=range(1, PIECES + 1)),
        code=code("find_common_factor.py"),
    output:
        table=report("results/{dataset}/factors/common_factor.csv", **factor_report("common_factor", "common factor")),
        scores="results/{dataset}/factors/scores.parquet",
        settings="results/{dataset}/factors/common_factor.settings.json",
    log:
        "logs/{dataset}/find_common_factor.log",
    params:
        settings=factor_settings("salient", "minimum_share", "markers", "resamples"),
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
        draws=SETTINGS["resamples"],
        minimum_answered=SETTINGS["minimum_answered"],
    conda:
        "../../envs/environment.yaml"
    message:
        "{wildcards.dataset}: the common factor"
    script:
        "../../scripts/find_common_factor.py"
