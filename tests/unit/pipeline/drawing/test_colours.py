"""Colours of instruments: from their files, or the next one of the palette that is free."""

from types import SimpleNamespace

import pytest
import yaml

from pipeline.drawing.colours import colours_of_instruments, palette


@pytest.fixture
def instruments(tmp_path):
    """Two files with a colour, one without."""
    contents = {"one": {"colour": "#0072B2"}, "two": {}, "three": {"colour": "#123456"}}
    for name, content in contents.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({"instrument": name.upper()} | content))
    return sorted(tmp_path.glob("*.yaml"))


def data_set(*names):
    return SimpleNamespace(forms=[SimpleNamespace(instrument=name) for name in names])


def test_the_file_of_an_instrument_decides_and_others_take_what_is_free(instruments):
    # OWN has no file at all; orange differs most in lightness from what is taken, and then a darker blue
    assert colours_of_instruments(data_set("OWN", "ONE", "TWO", "ONE", "THREE"), instruments) == {
        "OWN": "#E69F00",
        "ONE": "#0072B2",
        "TWO": "#08519C",
        "THREE": "#123456",
    }
    assert colours_of_instruments(data_set("TWO"), instruments) == {"TWO": palette()[0]}


def test_more_instruments_than_colours_share_them(instruments):
    names = [f"own {number}" for number in range(len(palette()) + 1)]
    found = colours_of_instruments(data_set(*names), instruments)
    assert found["own 0"] == found[names[-1]] and len(set(found.values())) == len(palette())
