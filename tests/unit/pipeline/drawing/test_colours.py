"""Colours of instruments: from their files, or the next one of the palette that is free."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from matplotlib.colors import to_rgb

from pipeline.drawing.colours import colours_of_instruments, palette

# what is left of linear red, green and blue without one kind of cones (Machado, Oliveira & Fernandes, 2009, severity 1)
WITHOUT_CONES = {
    "none": np.eye(3),
    "long": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "middle": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "short": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = XYZ.sum(axis=1)


def cielab(colour, cones):
    """L*, a* and b* of a colour of sRGB as somebody without these cones sees it."""
    channels = np.array(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    share = XYZ @ np.clip(np.asarray(WITHOUT_CONES[cones]) @ linear, 0, 1) / WHITE
    x, y, z = np.where(share > 216 / 24389, np.cbrt(share), (24389 / 27 * share + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("cones", WITHOUT_CONES)
def test_hues_of_instruments_are_told_apart_without_one_kind_of_cones(cones):
    seen = [cielab(colour, cones) for colour in palette()]
    # of areas side by side the eye tells 2.3 (Mahy et al., 1994); of points and lines apart six times as much is safe
    assert min(np.linalg.norm(one - two) for one, two in combinations(seen, 2)) > 15


def test_the_simulation_leaves_grey_as_it_is_and_takes_red_from_green():
    # every row of the matrices sums to 1; who lacks the middle cones confuses red with green
    for cones in WITHOUT_CONES:
        np.testing.assert_allclose(cielab("#808080", cones), [53.585, 0, 0], atol=0.01)
    red_and_green = "#E00000", "#008A00"
    apart = {
        cones: np.linalg.norm(np.subtract(*(cielab(one, cones) for one in red_and_green))) for cones in WITHOUT_CONES
    }
    assert apart["middle"] < 0.3 * apart["none"]


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
