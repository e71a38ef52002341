"""Which factors lie behind the items of all instruments, and which of them do the instruments share?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/factors/{perspective}/, for each perspective that answered: the correlation matrix, suitability,
retention, the solution with its neighbours and fit, resamples of the whole analysis, loadings and general factor with
intervals, the common factor and factor scores. In results/{dataset}/factors/, the content of the items that several
perspectives answered, and how their structure differs.
"""

FACTORS = SETTINGS["factors"]
PIECES = range(1, FACTORS["pieces"] + 1)
FOLDER = "results/{dataset}/factors/{perspective}"
SOLUTION = ["extraction", "rotation", "gamma", "kaiser", "starts"]
CORRELATIONS = {
    "responses": "results/{dataset}/responses",
    "matrix": f"{FOLDER}/correlations.csv",
    "pairs": f"{FOLDER}/pairs.csv",
    "about": f"{FOLDER}/correlations.json",
}
SOLVED = {
    "solution": f"{FOLDER}/solution.json",
    "pieces": expand(f"{FOLDER}/resamples/{{piece}}.npz", piece=PIECES, allow_missing=True),
}


rule correlate_items:
    input:
        responses="results/{dataset}/responses",
        code=code("factors/correlate_items.py"),
    output:
        matrix=f"{FOLDER}/correlations.csv",
        pairs=f"{FOLDER}/pairs.csv",
        about=f"{FOLDER}/correlations.json",
        table=report(f"{FOLDER}/suitability.csv", **factor_report("suitability", "suitability")),
        settings=f"{FOLDER}/suitability.settings.json",
    log:
        "logs/{dataset}/correlate_items.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        method=FACTORS["correlation"],
        missing=SETTINGS["missing"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: correlations between the items"
    script:
        "../../scripts/factors/correlate_items.py"


rule simulate_eigenvalues:
    input:
        **CORRELATIONS,
        code=code("factors/simulate_eigenvalues.py"),
    output:
        arrays=f"{FOLDER}/random_eigenvalues/{{piece}}.npz",
    log:
        "logs/{dataset}/simulate_eigenvalues.{perspective}.{piece}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("draws", "comparison_draws"),
        pieces=FACTORS["pieces"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: parallel analysis and comparison data, piece {wildcards.piece}"
    script:
        "../../scripts/factors/simulate_eigenvalues.py"


rule extract_factors:
    input:
        **CORRELATIONS,
        random=expand(f"{FOLDER}/random_eigenvalues/{{piece}}.npz", piece=PIECES, allow_missing=True),
        code=code("factors/extract_factors.py"),
    output:
        retention=report(f"{FOLDER}/retention.csv", **factor_report("retention", "number of factors")),
        eigenvalues=f"{FOLDER}/eigenvalues.csv",
        neighbours=f"{FOLDER}/neighbours.csv",
        fit=report(f"{FOLDER}/fit.csv", **factor_report("fit", "fit")),
        solution=f"{FOLDER}/solution.json",
        settings=[f"{FOLDER}/{table}.settings.json" for table in ("retention", "eigenvalues", "neighbours", "fit")],
    log:
        "logs/{dataset}/extract_factors.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("k", "percentile", *SOLUTION),
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: number of factors, extraction and rotation"
    script:
        "../../scripts/factors/extract_factors.py"


rule resample_factors:
    input:
        **CORRELATIONS,
        solution=f"{FOLDER}/solution.json",
        code=code("factors/resample_factors.py"),
    output:
        arrays=f"{FOLDER}/resamples/{{piece}}.npz",
        halves=f"{FOLDER}/halves/{{piece}}.npz",
    log:
        "logs/{dataset}/resample_factors.{perspective}.{piece}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("resamples", "splits", "salient", "minimum_share", "markers"),
        pieces=FACTORS["pieces"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: resamples of the solution, piece {wildcards.piece}"
    script:
        "../../scripts/factors/resample_factors.py"


rule summarise_factors:
    input:
        **CORRELATIONS,
        **SOLVED,
        code=code("factors/summarise_factors.py"),
    output:
        loadings=report(f"{FOLDER}/loadings.csv", **factor_report("loadings", "loadings")),
        errors=report(f"{FOLDER}/standard_errors.csv", **factor_report("standard_errors", "analytic standard errors")),
        general=report(f"{FOLDER}/general_factor.csv", **factor_report("general_factor", "general factor")),
        bifactor=report(f"{FOLDER}/bifactor.csv", **factor_report("bifactor", "exploratory bifactor solution")),
        settings=[
            f"{FOLDER}/{table}.settings.json"
            for table in ("loadings", "standard_errors", "general_factor", "bifactor")
        ],
    log:
        "logs/{dataset}/summarise_factors.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("starts", "resamples"),
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: loadings and general factor with intervals"
    script:
        "../../scripts/factors/summarise_factors.py"


rule compare_factors:
    input:
        **SOLVED,
        responses="results/{dataset}/responses",
        halves=expand(f"{FOLDER}/halves/{{piece}}.npz", piece=PIECES, allow_missing=True),
        others=other_solutions,
        other_pieces=other_resamples,
        code=code("factors/compare_factors.py"),
    output:
        table=report(f"{FOLDER}/replicability.csv", **factor_report("replicability", "replicability")),
        settings=f"{FOLDER}/replicability.settings.json",
    log:
        "logs/{dataset}/compare_factors.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("splits", "resamples"),
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: do the factors come back?"
    script:
        "../../scripts/factors/compare_factors.py"


rule relate_content:
    input:
        **SOLVED,
        responses="results/{dataset}/responses",
        code=code("factors/relate_content.py"),
    output:
        table=report(f"{FOLDER}/content_structure.csv", **factor_report("content_structure", "content and structure")),
        settings=f"{FOLDER}/content_structure.settings.json",
    log:
        "logs/{dataset}/relate_content.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("resamples"),
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: content of the items and what they share"
    script:
        "../../scripts/factors/relate_content.py"


rule find_common_factor:
    input:
        **CORRELATIONS,
        **SOLVED,
        code=code("factors/find_common_factor.py"),
    output:
        table=report(f"{FOLDER}/common_factor.csv", **factor_report("common_factor", "common factor")),
        scores=f"{FOLDER}/scores.parquet",
        settings=f"{FOLDER}/common_factor.settings.json",
    log:
        "logs/{dataset}/find_common_factor.{perspective}.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("salient", "minimum_share", "markers", "resamples"),
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
        draws=SETTINGS["resamples"],
        minimum_answered=SETTINGS["minimum_answered"],
    message:
        "{wildcards.dataset}, {wildcards.perspective}: the common factor"
    script:
        "../../scripts/factors/find_common_factor.py"


rule relate_perspectives:
    input:
        responses="results/{dataset}/responses",
        solutions=of_all_perspectives(SOLVED["solution"]),
        pieces=of_all_perspectives(SOLVED["pieces"]),
        code=code("factors/relate_perspectives.py"),
    output:
        table=report(
            "results/{dataset}/factors/perspective_content.csv",
            caption="../report/perspective_content.rst",
            category="{dataset}",
            subcategory="Factors",
            labels={"what": "content and perspective"},
        ),
        settings="results/{dataset}/factors/perspective_content.settings.json",
    log:
        "logs/{dataset}/relate_perspectives.log",
    conda:
        "../../envs/environment.yaml"
    params:
        settings=factor_settings("resamples"),
        level=SETTINGS["level"],
        seed=SETTINGS["seed"],
    message:
        "{wildcards.dataset}: content of the items and the difference between perspectives"
    script:
        "../../scripts/factors/relate_perspectives.py"
