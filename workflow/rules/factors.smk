"""Which factors lie behind the items of all instruments, and which of them do the instruments share?

Needs: results/{dataset}/responses/.
Makes: results/{dataset}/factors/{perspective}/, for each perspective that answered: the correlation matrix, suitability,
retention, the solution with its neighbours and fit, what other numbers of factors would change, resamples of the whole
analysis, loadings and general factor with intervals, the common factor and factor scores. In results/{dataset}/factors/,
the content of the items that several perspectives answered, and how their structure differs. In results/congruence.csv,
how far the factors of different data sets agree.
"""

FACTORS = SETTINGS["factors"]
SOLUTION = ["extraction", "rotation", "gamma", "kaiser", "starts"]
EXTRACTING = ["factors.extract_factors", "factors.compare_numbers"]
DESCRIBING = [
    "factors.summarise_factors",
    "factors.compare_factors",
    "factors.relate_content",
    "factors.find_common_factor",
]
RELATING = ["shared_variance.split_variance", "factors.relate_perspectives"]


rule correlate_items:
    """correlations between the items"""
    input:
        responses=RESPONSES,
    output:
        **reported_table("suitability"),
        matrix=CORRELATIONS["matrix"],
        pairs=CORRELATIONS["pairs"],
        about=CORRELATIONS["about"],
    priority: FIRST
    group:
        "factors"
    resources:
        **needs("factors"),
    params:
        **settings("missing"),
        code=code("factors/correlate_items.py"),
        method=FACTORS["correlation"],
    script:
        "../../scripts/factors/correlate_items.py"


rule simulate_eigenvalues:
    """parallel analysis and comparison data"""
    input:
        **CORRELATIONS,
    output:
        arrays=f"{FOLDER}/random_eigenvalues/{{piece}}.npz",
    priority: FIRST
    group:
        "factors"
    resources:
        **needs("factors"),
    params:
        **settings("seed"),
        code=code("factors/simulate_eigenvalues.py"),
        settings=factor_settings("draws", "comparison_draws"),
        pieces=lambda wildcards: PIECES[wildcards.dataset],
    script:
        "../../scripts/factors/simulate_eigenvalues.py"


rule extract_factors:
    """number of factors, extraction and rotation; what another number would change"""
    input:
        **CORRELATIONS,
        random=own_pieces(f"{FOLDER}/random_eigenvalues/{{piece}}.npz"),
    output:
        **reported_table("retention"),
        **reported_table("eigenvalues"),
        **reported_table("neighbours"),
        **reported_table("fit"),
        **reported_table("alternatives"),
        solution=SOLUTION_FILE,
    priority: FIRST
    group:
        "factors"
    resources:
        **needs("factors"),
    params:
        **settings("seed"),
        code=code_of(EXTRACTING),
        steps=EXTRACTING,
        settings=factor_settings(
            "k", "percentile", "comparison_draws", "salient", "minimum_share", "markers", *SOLUTION
        ),
    script:
        "../../scripts/run_steps.py"


rule resample_factors:
    """resamples of the solution"""
    input:
        **CORRELATIONS,
        solution=SOLUTION_FILE,
    output:
        arrays=RESAMPLES,
        halves=f"{FOLDER}/halves/{{piece}}.npz",
    priority: FIRST
    group:
        "solutions"
    resources:
        **needs("factors"),
    params:
        **settings("seed"),
        code=code("factors/resample_factors.py"),
        settings=factor_settings("resamples", "splits", "salient", "minimum_share", "markers"),
        pieces=lambda wildcards: PIECES[wildcards.dataset],
    script:
        "../../scripts/factors/resample_factors.py"


rule describe_solution:
    """loadings, general factor and common factor with intervals; do the factors come back?"""
    input:
        **CORRELATIONS,
        solution=SOLUTION_FILE,
        pieces=own_pieces(RESAMPLES),
        halves=own_pieces(f"{FOLDER}/halves/{{piece}}.npz"),
        others=other_perspectives(SOLUTION_FILE),
        other_pieces=other_perspectives(RESAMPLES),
    output:
        **reported_table("loadings"),
        **reported_table("standard_errors"),
        **reported_table("general_factor"),
        **reported_table("bifactor"),
        **reported_table("replicability"),
        **reported_table("content_structure"),
        **reported_table("common_factor"),
        factor_scores=f"{FOLDER}/scores.parquet",
    priority: FIRST
    group:
        "solutions"
    resources:
        **needs("factors"),
    params:
        **settings("level", "seed", "minimum_answered", score_draws="resamples"),
        code=code_of(DESCRIBING),
        steps=DESCRIBING,
        settings=factor_settings("starts", "resamples", "splits", "salient", "minimum_share", "markers"),
    script:
        "../../scripts/run_steps.py"


rule compare_data_sets:
    """do the factors of one data set come back in another?"""
    input:
        responses=expand(RESPONSES, dataset=DATASETS),
        solutions=of_all_data_sets(SOLUTION_FILE),
        pieces=of_all_data_sets(RESAMPLES),
    output:
        congruence=reported_common_table(COMMON_TABLES["congruence"]),
        settings_of_congruence="results/congruence.settings.json",
    localrule: True
    resources:
        **needs("factors"),
    params:
        **settings("level"),
        code=code("factors/compare_data_sets.py"),
        settings=factor_settings("resamples"),
    script:
        "../../scripts/factors/compare_data_sets.py"


rule split_variance:
    """parts of each total's variance; content of the items and the difference between perspectives"""
    input:
        responses=RESPONSES,
        matrices=of_all_perspectives(CORRELATIONS["matrix"]),
        solutions=of_all_perspectives(SOLUTION_FILE),
        pieces=of_all_perspectives(RESAMPLES),
    output:
        **reported_table("variance_split"),
        **reported_table("perspective_content"),
    group:
        "solutions"
    resources:
        **needs("factors"),
    params:
        **settings("level", "seed"),
        code=code_of(RELATING),
        steps=RELATING,
        settings=factor_settings("resamples"),
    script:
        "../../scripts/run_steps.py"
