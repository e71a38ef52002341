"""A folder of its own for a run (`snakemake --directory`): links make it a project with settings and results."""

from pathlib import Path

from pipeline.data.job import InputError

OF_PROJECT = ("scripts", "workflow", "data/instruments", "data/published", "CITATION.cff")
OWN_IF_THERE = ("config.yaml", "data/datasets")


def link_project(project: Path, here: Path) -> None:
    """Link what a folder lacks to the project.

    Parameters
    ----------
    project : Path
        Where the code lies.
    here : Path
        Where the run works.

    Raises
    ------
    InputError
        Something else is in the way, or no link can be made.
    """
    for part in (*OF_PROJECT, *OWN_IF_THERE):
        place, original = here / part, project / part
        if place.exists():
            if part in OF_PROJECT and not place.samefile(original):
                raise InputError(
                    f"{place}: a run in a folder of its own links {part} to the project, and something else is there; "
                    "give another folder with --directory."
                )
            continue
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)  # a link to a project that has moved
            place.symlink_to(original, target_is_directory=original.is_dir())
        except OSError as error:
            raise InputError(f"{place}: no link to the project can be made there ({error.strerror}).") from None
