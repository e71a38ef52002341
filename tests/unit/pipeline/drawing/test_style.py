"""Drawing starts fast and looks the same whatever a machine prefers."""

import subprocess
import sys
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from pipeline.drawing.style import figure_style, numbered_clips, save_figure

SCRIPTS = Path(__file__).parents[4] / "scripts"


def test_no_figure_imports_pyplot():
    """Its import takes as long as drawing a figure."""
    modules = [f"{path.parent.name}.{path.stem}" for path in sorted(SCRIPTS.glob("*/plot_*.py"))]
    modules += [f"pipeline.drawing.{path.stem}" for path in sorted(SCRIPTS.glob("pipeline/drawing/[a-z]*.py"))]
    assert len(modules) > 10
    imported = "print('matplotlib.figure' in sys.modules, 'matplotlib.pyplot' in sys.modules)"
    told = f"import sys, {', '.join(modules)}; {imported}"
    answer = subprocess.run([sys.executable, "-c", told], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert answer.stdout.split() == ["True", "False"]


def test_settings_of_the_machine_change_nothing(tmp_path):
    def draw(name):
        with figure_style():
            figure = Figure(figsize=(2, 1))
            figure.subplots().plot([1, 2])
            save_figure(figure, [tmp_path / name / "figure.svg"])
        return (tmp_path / name / "figure.svg").read_bytes()

    plain = draw("plain")
    with matplotlib.rc_context({"axes.labelsize": 20, "lines.linestyle": ":", "axes.facecolor": "red"}):
        assert draw("own") == plain
        assert matplotlib.rcParams["axes.facecolor"] == "red"


def test_clip_paths_are_numbered_and_nothing_else_changes():
    """Names made of the last digits of a layout do not reach the file."""
    svg = b'<g clip-path="url(#p6c22dc68ad)"/><g clip-path="url(#p0000000001)"/><g clip-path="url(#p6c22dc68ad)"/>'
    svg += b'<clipPath id="p6c22dc68ad"/><clipPath id="p0000000001"/><use id="p1234567890"/>'
    expected = b'<g clip-path="url(#clip1)"/><g clip-path="url(#clip2)"/><g clip-path="url(#clip1)"/>'
    expected += b'<clipPath id="clip1"/><clipPath id="clip2"/><use id="p1234567890"/>'
    assert numbered_clips(svg) == expected
