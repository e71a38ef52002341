"""Psychometrics of the therapeutic alliance: reliability, association, shared variance, factors, content.

The names in ``__all__`` are the public interface. Each is imported when it is first used, so that importing the package
costs nothing and a step of the pipeline depends on the modules it uses and no others.
"""

from importlib import import_module

_HOMES = {
    "example_data": ["example_answers"],
    "items.scoring": ["reverse_key", "score_scales"],
    "items.quality": ["answer_quality"],
    "correlation.correlator": ["correlate"],
    "factors.suitability": ["suitability"],
    "factors.retention.criteria": ["retention_table"],
    "factors.extraction": ["extract_factors"],
    "factors.rotation": ["rotate"],
    "factors.solution": ["FactorSolution", "fit_solution"],
    "factors.fit": ["fit_indices"],
    "factors.alignment": ["tucker_congruence"],
    "factors.schmid_leiman": ["schmid_leiman"],
    "factors.common_factor": ["common_factor"],
    "factors.factor_scores": ["factor_scores"],
    "factors.standard_errors.loading_errors": ["standard_errors"],
    "covariance_structures.fitting": ["fit_covariance_structure"],
    "covariance_structures.comparison": ["compare_covariance_structures"],
    "covariance_structures.result": ["CovarianceStructureFit"],
    "measurement.models": ["measurement_models"],
    "invariance.measurement_invariance": ["measurement_invariance"],
    "reliability.coefficients": ["coefficient_alpha"],
    "reliability.scale_reliability": ["reliability_coefficients", "reliability_from_matrix"],
    "reliability.omega_hierarchical": ["omega_rows"],
    "reliability.omega_categorical": ["categorical_omega"],
    "reliability.ordinal_alpha": ["ordinal_alpha"],
    "variance.nesting": ["clients_in_therapists"],
    "variance.raters": ["rater_agreement"],
    "variance.sessions": ["repeated_sessions"],
    "mixed_models.specification": ["Block", "Residual"],
    "mixed_models.mixed_model": ["mixed_model"],
    "mixed_models.component_bootstrap": ["bootstrap_components"],
    "mixed_models.variance_test": ["variance_test"],
    "association.scores": ["correlate_scores"],
    "association.disattenuation": ["disattenuate"],
    "association.within_between": ["repeated_correlations"],
    "association.htmt": ["htmt"],
    "association.outcome_levels": ["outcome_within_between"],
    "association.outcome_latent_means": ["latent_therapist_means"],
    "association.outcome_account": ["outcome_account"],
    "association.outcome_early_gains": ["early_gains"],
    "association.outcome_compensation": ["compensation"],
    "perspectives.level": ["level_and_agreement"],
    "perspectives.one_with_many": ["one_with_many"],
    "perspectives.profile": ["profile_agreement"],
    "perspectives.asymmetry": ["item_asymmetry", "phase_asymmetry"],
    "perspectives.response_surface": ["response_surface"],
    "perspectives.truth_and_bias": ["truth_and_bias"],
    "perspectives.actor_partner": ["actor_partner"],
    "course.variance_over_course": ["variance_over_course"],
    "course.growth_rows": ["growth_of_scores"],
    "course.phases": ["phases_of_course"],
    "course.courses": ["courses_of"],
    "course.course_shape": ["course_shape"],
    "course.steady_courses": ["RatingScale"],
    "course.rupture_false_alarms": ["rupture_rates"],
    "course.lead_and_lag": ["lead_and_lag"],
    "planning.assumptions": ["Assumptions"],
    "planning.study": ["plan_study"],
    "shared_variance.pairs": ["shared_variance_of_pairs"],
    "shared_variance.canonical": ["canonical_correlations"],
    "shared_variance.commonality": ["commonality_analysis"],
}
_HOME_OF = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}
__all__ = list(_HOME_OF)


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
