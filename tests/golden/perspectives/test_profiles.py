"""Profiles, items, phases and response surfaces against R; see SOURCE.md for data, versions and tolerances."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.perspectives.asymmetry import item_asymmetry, phase_asymmetry
from psychometrics.perspectives.convex_hull import convex_hull
from psychometrics.perspectives.profile import profile_agreement
from psychometrics.perspectives.response_surface import (
    BETWEEN,
    WITHIN,
    gradient_of,
    nested_response_surface,
    response_surface,
)
from psychometrics.perspectives.response_surface import _axes as axes

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "profiles.json").read_text())
FORMULA = {"rel": 1e-9, "abs": 1e-12}
SEARCH = {"rel": 1e-4, "abs": 1e-6}
NUMERIC = {"rel": 1e-4}  # R's gradient is a difference quotient
LINEAR = [f"surface_{name}" for name in "b1 b2 b3 b4 b5 a1 a2 a3 a4 a5".split()]
AXIS = [f"surface_{name}" for name in "x0 y0 p10 p11".split()]


@pytest.fixture(scope="module")
def profiles():
    data = pd.read_csv(HERE / "profiles.csv")
    first, second = (data.filter(regex=f"^{who}[0-9]") for who in "ct")
    return data["therapist"], first, second.set_axis(first.columns, axis=1)


@pytest.fixture(scope="module")
def surface():
    return pd.read_csv(HERE / "surface.csv")


def test_profiles(profiles):
    therapist, first, second = profiles
    golden = dict(GOLDEN["profile"])
    rows = profile_agreement(first, second, units=therapist, repairings=20)
    found = rows.groupby("statistic")["estimate"].apply(list)
    assert found.pop("flat_profiles") == golden.pop("flat_profiles")
    assert rows.set_index("statistic").loc["profile_d2", "n"] == golden.pop("n")
    for statistic, value in golden.items():
        assert found[statistic] == pytest.approx([value], **FORMULA), statistic


def test_items(profiles):
    therapist, first, second = profiles
    golden = dict(GOLDEN["items"])
    rows = item_asymmetry(first, second, units=therapist)
    limits = rows.loc[rows["statistic"] == "item_gap", ["lower", "upper"]].iloc[0]
    assert limits.tolist() == pytest.approx(golden.pop("first_gap_limits"), **FORMULA)
    for statistic, values in golden.items():
        assert rows.loc[rows["statistic"] == statistic, "estimate"].tolist() == pytest.approx(values, **FORMULA)


def test_phases():
    data, golden = pd.read_csv(HERE / "surface_sessions.csv"), dict(GOLDEN["phases"])
    halves = [data[data["session"] <= 2], data[data["session"] > 2]]
    early, late = (half.groupby("client")[["first", "second"]].mean().reindex(range(1, 100)) for half in halves)
    rows = phase_asymmetry(early, late)
    assert set(rows["n"]) == {golden.pop("n")}
    for statistic, values in golden.items():
        assert rows.loc[rows["statistic"] == statistic, "estimate"].tolist() == pytest.approx(values, **FORMULA)


@pytest.mark.parametrize("name", ["plain", "mixed"])
def test_surface(surface, name):
    golden = GOLDEN["surface"][name]
    mixed = {"units": surface["therapist"], "held": surface[["before"]]} if name == "mixed" else {}
    used = surface.dropna()
    used = used if name == "plain" else surface
    rows = response_surface(
        used["outcome"],
        used["first"],
        used["second"],
        midpoint=4,
        reliabilities=(0.9, 0.85),
        **{key: value.loc[used.index] for key, value in mixed.items()},
    )
    assert set(rows["n"]) == {GOLDEN["surface"]["n"]}
    found = rows.set_index("statistic")
    hold = FORMULA if name == "plain" else SEARCH
    assert found.loc[LINEAR, "estimate"].tolist() == pytest.approx(golden["estimate"], **hold)
    assert found.loc[LINEAR, "se"].tolist() == pytest.approx(golden["se"], **hold)
    # the stationary point divides by nearly nothing: a search that agrees to 1e-6 may differ there by more
    far = {"rel": 1e-2} if name == "mixed" else NUMERIC
    assert found.loc[AXIS[2:], "estimate"].tolist() == pytest.approx(golden["axis"]["estimate"][2:], **NUMERIC)
    assert found.loc[AXIS, "estimate"].tolist() == pytest.approx(golden["axis"]["estimate"], **far)
    assert found.loc[AXIS[2:], "se"].tolist() == pytest.approx(golden["axis"]["se"][2:], **far)
    weights = rows[rows["statistic"] == "surface_weight"].set_index("model")["estimate"]
    assert weights.to_dict() == pytest.approx(golden["weights"], **SEARCH)
    if name == "mixed":
        row = found.loc["surface_a4"]
        assert [row[key] for key in golden["a4"]] == pytest.approx(list(golden["a4"].values()), **SEARCH)
    reliability = found.loc["difference_score_reliability", "estimate"]
    assert reliability == pytest.approx(GOLDEN["surface"]["difference_reliability"], **FORMULA)


def test_the_axis_has_the_errors_of_lavaan(surface):
    golden = GOLDEN["surface"]["lavaan"]
    frame = surface.dropna().assign(c=lambda d: d["first"] - 4, t=lambda d: d["second"] - 4)
    frame = frame.assign(cc=frame["c"] ** 2, ct=frame["c"] * frame["t"], tt=frame["t"] ** 2)
    fit = mixed_model(frame, "outcome", ["1", "c", "t", "cc", "ct", "tt"], [])
    b = fit.fixed_effects().set_index("term")["estimate"].to_numpy()[1:]
    # lavaan divides the residual sum of squares by n
    covariance = fit.model_covariance.to_numpy()[1:, 1:] * (len(frame) - 6) / len(frame)
    for axis in axes():
        slope = gradient_of(axis.of, b)
        assert float(np.real(axis.of(b))) == pytest.approx(golden["estimate"][axis.name], rel=1e-6)
        # lavaan's derivatives are numerical
        assert np.sqrt(slope @ covariance @ slope) == pytest.approx(golden["se"][axis.name], **NUMERIC)


@pytest.mark.parametrize("part", [WITHIN, BETWEEN])
def test_nested_surfaces(part):
    golden = GOLDEN["surface"]["nested"]
    rows = nested_response_surface(pd.read_csv(HERE / "surface_sessions.csv"), midpoint=4)
    assert set(rows["n"]) == {golden["n"]}
    found = rows[rows["part"] == part].set_index("statistic")
    own = golden["within" if part == WITHIN else "between"]
    assert found.loc[LINEAR, "estimate"].tolist() == pytest.approx(own["estimate"], **SEARCH)
    assert found.loc[LINEAR, "se"].tolist() == pytest.approx(own["se"], **SEARCH)
    assert found.loc[AXIS, "estimate"].tolist() == pytest.approx(own["axis"]["estimate"], rel=1e-3)


def test_corners_of_the_hull(surface):
    points = surface.dropna()[["first", "second"]].to_numpy()
    assert len(convex_hull(points)) == GOLDEN["surface"]["hull"]
