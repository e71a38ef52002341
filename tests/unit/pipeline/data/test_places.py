"""Links that make a folder a project, and settings of the command line."""

import pytest

from pipeline.data.configuration import with_command_line
from pipeline.data.job import InputError
from pipeline.data.places import OF_PROJECT, OWN_IF_THERE, link_project


@pytest.fixture
def project(tmp_path):
    place = tmp_path / "project"
    for part in (*OF_PROJECT, *OWN_IF_THERE):
        (place / part).parent.mkdir(parents=True, exist_ok=True)
        if "." in part:
            (place / part).touch()
        else:
            (place / part).mkdir()
    return place


def test_what_is_there_stays_and_the_rest_is_linked(project, tmp_path):
    here = tmp_path / "here"
    (here / "data/datasets").mkdir(parents=True)
    for _ in range(2):  # again with the links there
        link_project(project, here)
        assert not (here / "data/datasets").is_symlink()
        assert all((here / part).samefile(project / part) for part in (*OF_PROJECT, "config.yaml"))


def test_links_to_a_project_that_has_moved_are_made_anew(project, tmp_path):
    here = tmp_path / "here"
    link_project(project, here)
    project.rename(tmp_path / "moved")
    link_project(tmp_path / "moved", here)
    assert (here / "scripts").samefile(tmp_path / "moved/scripts")


def test_another_workflow_in_the_folder_is_left_alone(project, tmp_path):
    here = tmp_path / "here"
    (here / "workflow").mkdir(parents=True)
    with pytest.raises(InputError, match="something else is there"):
        link_project(project, here)


def test_text_of_the_command_line_is_read_as_in_the_file():
    config = {"level": "0.9", "factors": {"draws": "30", "k": 3, "markers": ["a", "2"]}, "seed": 1}
    given = {"level": "0.9", "factors": {"draws": "30", "markers": ["a", "2"]}}
    found = with_command_line(config, given)
    assert found == {"level": 0.9, "factors": {"draws": 30, "k": 3, "markers": ["a", 2]}, "seed": 1}
