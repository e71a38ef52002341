"""Do independent packages find the same headline numbers in the same data?"""

from pathlib import Path

from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import MADE_BY, read_table, write_table
from pipeline.steps.correlation_files import NotRun
from pipeline.steps.cross_checks import by_factor_analyzer, by_pingouin, by_statsmodels
from pipeline.steps.cross_checks.comparison import carry_out, with_sample_values
from pipeline.steps.cross_checks.factoring import read_factored
from pipeline.steps.cross_checks.material import Material

PACKAGES = ("pingouin", "statsmodels", "factor_analyzer")


def main(
    responses: Path,
    tables: list[Path],
    solutions: list[Path],
    cross_checks: Path,
    *,
    missing: str,
    minimum_share: float,
) -> None:
    """Compare what the tables hold with what other packages make of the responses.

    Parameters
    ----------
    responses : Path
        What the rule `ingest_dataset` made; all other results of the data set lie beside it.
    tables : list of Path
        The result tables to be checked, but for those of the factor analysis.
    solutions : list of Path
        The factor solution of each perspective, with its correlations, suitability and loadings beside it.
    cross_checks : Path
        The table to write.
    missing : str
        The rule for missing answers in alpha.
    minimum_share : float
        Share of the items of a scale that must be answered for a score.
    """
    dataset, folder = Dataset(responses), responses.parent
    material = Material(dataset, minimum_share)
    ours = {path.relative_to(folder).as_posix(): with_sample_values(read_table(path)) for path in tables}
    factored = []
    for path in solutions:
        try:
            factored.append(read_factored(path.parent, material))
        except NotRun:
            continue
    checks = [
        *by_pingouin.checks(ours, material, missing),
        *by_statsmodels.checks(ours, material, factored),
        *by_factor_analyzer.checks(factored),
    ]
    frame = dataset.mark_provisional(carry_out(checks).assign(dataset=dataset.name))
    settings = {"missing": missing, "minimum_share": minimum_share, "occasion": dataset.occasion}
    write_table(frame, cross_checks, settings=settings, inputs=[responses, *tables], packages=(*MADE_BY, *PACKAGES))


if __name__ == "__main__":
    job(main, snakemake)
