"""Which factors lie behind the items of all instruments, and which of them do the instruments share?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/factors/{perspective}/, for each perspective that answered: the correlation matrix, suitability,
retention, the solution with its neighbours and fit, resamples of the whole analysis, loadings and general factor with
intervals, the common factor and factor scores. In results/{dataset}/factors/, the content of the items that several
perspectives answered, and how their structure differs. In results/congruence.csv, how far the factors of different data
sets agree.
"""

FACTORS = SETTINGS["factors"]
SOLUTION = ["extraction", "rotation", "gamma", "kaiser", "starts"]
EVERYWHERE = [(name, who) for name in DATASETS for who in PERSPECTIVES[name]]


def other_perspectives(patterns):
    """An input function: files of the factor analysis of the other perspectives of a data set."""

    def found(wildcards):
        others = [who for who in PERSPECTIVES[wildcards.dataset] if who != wildcards.perspective]
        return expand(patterns, dataset=wildcards.dataset, perspective=others)

    return found


def of_all_data_sets(patterns):
    """Files of the factor analysis of every perspective of every data set."""
    return [path for name, who in EVERYWHERE for path in expand(patterns, dataset=name, perspective=who)]


rule correlate_items:
    """correlations between the items"""
    input:
        responses=RESPONSES,
        code=code("factors/correlate_items.py"),
    output:
        **reported_table("suitability"),
        matrix=CORRELATIONS["matrix"],
        pairs=CORRELATIONS["pairs"],
        about=CORRELATIONS["about"],
    params:
        **settings("missing"),
        method=FACTORS["correlation"],
    script:
        "../../scripts/factors/correlate_items.py"


rule simulate_eigenvalues:
    """parallel analysis and comparison data"""
    input:
        **CORRELATIONS,
        code=code("factors/simulate_eigenvalues.py"),
    output:
        arrays=f"{FOLDER}/random_eigenvalues/{{piece}}.npz",
    params:
        **settings("seed"),
        settings=factor_settings("draws", "comparison_draws"),
        pieces=FACTORS["pieces"],
    script:
        "../../scripts/factors/simulate_eigenvalues.py"


rule extract_factors:
    """number of factors, extraction and rotation"""
    input:
        **CORRELATIONS,
        random=expand(f"{FOLDER}/random_eigenvalues/{{piece}}.npz", piece=PIECES, allow_missing=True),
        code=code("factors/extract_factors.py"),
    output:
        **reported_table("retention", "retention"),
        **reported_table("eigenvalues", "eigenvalues"),
        **reported_table("neighbours", "neighbours"),
        **reported_table("fit", "fit"),
        solution=SOLVED["solution"],
    params:
        **settings("seed"),
        settings=factor_settings("k", "percentile", *SOLUTION),
    script:
        "../../scripts/factors/extract_factors.py"


rule resample_factors:
    """resamples of the solution"""
    input:
        **CORRELATIONS,
        solution=SOLVED["solution"],
        code=code("factors/resample_factors.py"),
    output:
        arrays=f"{FOLDER}/resamples/{{piece}}.npz",
        halves=f"{FOLDER}/halves/{{piece}}.npz",
    params:
        **settings("seed"),
        settings=factor_settings("resamples", "splits", "salient", "minimum_share", "markers"),
        pieces=FACTORS["pieces"],
    script:
        "../../scripts/factors/resample_factors.py"


rule summarise_factors:
    """loadings and general factor with intervals"""
    input:
        **CORRELATIONS,
        **SOLVED,
        code=code("factors/summarise_factors.py"),
    output:
        **reported_table("loadings", "loadings"),
        **reported_table("standard_errors", "errors"),
        **reported_table("general_factor", "general"),
        **reported_table("bifactor", "bifactor"),
    params:
        **settings("level", "seed"),
        settings=factor_settings("starts", "resamples"),
    script:
        "../../scripts/factors/summarise_factors.py"


rule compare_factors:
    """do the factors come back?"""
    input:
        **SOLVED,
        responses=RESPONSES,
        halves=expand(f"{FOLDER}/halves/{{piece}}.npz", piece=PIECES, allow_missing=True),
        others=other_perspectives(SOLVED["solution"]),
        other_pieces=other_perspectives(SOLVED["pieces"]),
        code=code("factors/compare_factors.py"),
    output:
        **reported_table("replicability"),
    params:
        **settings("level", "seed"),
        settings=factor_settings("splits", "resamples"),
    script:
        "../../scripts/factors/compare_factors.py"


rule compare_data_sets:
    """do the factors of one data set come back in another?"""
    input:
        responses=expand(RESPONSES, dataset=DATASETS),
        solutions=of_all_data_sets(SOLVED["solution"]),
        pieces=of_all_data_sets(SOLVED["pieces"]),
        code=code("factors/compare_data_sets.py"),
    output:
        table=report(
            "results/congruence.csv",
            caption="../report/congruence.rst",
            category="All data sets",
            labels={"what": "congruence of the factors of different data sets"},
        ),
        settings_of_table="results/congruence.settings.json",
    params:
        **settings("level"),
        settings=factor_settings("resamples"),
    script:
        "../../scripts/factors/compare_data_sets.py"


rule relate_content:
    """content of the items and what they share"""
    input:
        **SOLVED,
        responses=RESPONSES,
        code=code("factors/relate_content.py"),
    output:
        **reported_table("content_structure"),
    params:
        **settings("level", "seed"),
        settings=factor_settings("resamples"),
    script:
        "../../scripts/factors/relate_content.py"


rule find_common_factor:
    """the common factor"""
    input:
        **CORRELATIONS,
        **SOLVED,
        code=code("factors/find_common_factor.py"),
    output:
        **reported_table("common_factor"),
        scores=f"{FOLDER}/scores.parquet",
    params:
        **settings("level", "seed", "minimum_answered", draws="resamples"),
        settings=factor_settings("salient", "minimum_share", "markers", "resamples"),
    script:
        "../../scripts/factors/find_common_factor.py"


rule relate_perspectives:
    """content of the items and the difference between perspectives"""
    input:
        responses=RESPONSES,
        solutions=of_all_perspectives(SOLVED["solution"]),
        pieces=of_all_perspectives(SOLVED["pieces"]),
        code=code("factors/relate_perspectives.py"),
    output:
        **reported_table("perspective_content"),
    params:
        **settings("level", "seed"),
        settings=factor_settings("resamples"),
    script:
        "../../scripts/factors/relate_perspectives.py"
