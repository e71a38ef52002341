"""Which scores make a multitrait-multimethod matrix."""

import pandas as pd

from psychometrics.association.mtmm_design import mtmm_designs


def columns(*forms):
    """perspective, form, instrument, scales"""
    rows = [
        {"column": f"{who}.{form}.{scale}", "perspective": who, "form": form, "scale": scale, "instrument": instrument}
        for who, form, instrument, scales in forms
        for scale in scales.split()
    ]
    return pd.DataFrame(rows).set_index("column")


def test_instruments_and_scales_of_two_perspectives():
    instruments, scales = mtmm_designs(
        columns(
            ("client", "wai_sr", "WAI", "goal task bond total"),
            ("client", "calpas_p", "CALPAS", "PC total"),
            ("client", "haq2", "HAq", "total"),
            ("therapist", "haq2", "HAq", "total"),
            ("therapist", "wai_srt", "WAI", "bond goal task total"),
        )
    )
    assert instruments.group == "instruments"
    # the same order of the traits in both perspectives, whatever their order in the data
    assert list(instruments.measures.index) == [
        "client.wai_sr.total",
        "client.haq2.total",
        "therapist.wai_srt.total",
        "therapist.haq2.total",
    ]
    assert list(instruments.measures["trait"]) == ["WAI", "HAq"] * 2
    assert instruments.note == "CALPAS is left out: only the client has it"
    assert scales.group == "scales of WAI" and scales.note == ""
    assert list(scales.measures["trait"]) == ["goal", "task", "bond"] * 2
    assert list(scales.measures["form"]) == ["wai_sr"] * 3 + ["wai_srt"] * 3


def test_of_two_forms_the_one_that_more_perspectives_have_counts():
    instruments = mtmm_designs(
        columns(
            ("client", "wai_sr", "WAI", "total"),
            ("client", "wai_s", "WAI", "total"),
            ("therapist", "wai_s", "WAI", "total"),
            ("observer", "wai_s", "WAI", "total"),
        )
    )[0]
    assert list(instruments.measures["form"]) == ["wai_s"] * 3
    assert instruments.note == "wai_sr (client) is left out: one form of WAI counts"


def test_reasons():
    (one,) = mtmm_designs(columns(("client", "wai_s", "WAI", "task total"), ("client", "haq2", "HAq", "total")))
    assert one.measures.empty and "at least two perspectives about the same clients" in one.note
    apart = mtmm_designs(columns(("client", "wai_s", "WAI", "task total"), ("therapist", "haq2", "HAq", "total")))
    assert all(design.measures.empty and design.note for design in apart)
    assert [design.group for design in apart] == ["instruments", "scales"]
