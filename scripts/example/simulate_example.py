"""Write the simulated example data set in the file formats of real exports.

Run from the project's root: python scripts/example/simulate_example.py
"""

from pathlib import Path

import pandas as pd
import pyreadstat
import yaml

from psychometrics.simulation.course_values import course_values
from psychometrics.simulation.data_set import simulate
from psychometrics.simulation.true_values import factor_correlation, population_values, true_schmid_leiman

FOLDER = Path("data/datasets/example")
CALPAS_MISSING, HAQ_MISSING = 9, 99
LARGE_SAMPLE, LARGE_COURSE = {"n": 200_000, "seed": 1}, {"n": 50_000, "seed": 1}
HEADER = """\
# Written by scripts/example/simulate_example.py from truth.yaml. The factor correlations and the shares of the common
# variance (Schmid-Leiman, all client items) are exact; the values are those of one large simulated sample, nothing
# missing.
"""
CODES = {"client": "client_id", "therapist": "therapist_id"}


def rename_items(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Items i01, i02, ... under the names of an export, such as wai_{item}."""
    items = [column for column in frame if column[1:].isdigit()]
    return frame.rename(columns={item: name.format(item=int(item[1:])) for item in items})


def both_raters(frames: dict[str, pd.DataFrame], form: str) -> pd.DataFrame:
    """Answers of clients and therapists below each other, with a column `rater` behind the session."""
    together = pd.concat([frames[f"{form}.{rater}"].assign(rater=rater) for rater in ("client", "therapist")])
    together.insert(3, "rater", together.pop("rater"))
    return together.sort_values(["client", "session", "rater"], ignore_index=True)


def write_calpas(answers: pd.DataFrame, path: Path) -> None:
    """SPSS file: a missing answer is the declared code in rows of even-numbered clients, else system missing."""
    items, even = list(answers.columns[3:]), answers["client_id"].str[1:].astype(int) % 2 == 0
    numbers = answers[items].astype("float64")
    numbers = numbers.mask(numbers.isna() & even.to_numpy()[:, None], CALPAS_MISSING)
    labels = {1.0: "1 lowest", 7.0: "7 highest", float(CALPAS_MISSING): "no answer"}
    pyreadstat.write_sav(
        answers.assign(**numbers),
        path,
        column_labels={item: f"CALPAS item {item.removeprefix('calpas_')}" for item in items},
        variable_value_labels=dict.fromkeys(items, labels),
        missing_ranges={item: [CALPAS_MISSING] for item in items},
        variable_format=dict.fromkeys(["session", *items], "F2.0"),
    )


def observed_recordings(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Both forms of the observers beside each other, one row per recording and observer."""
    who = ["client", "therapist", "session", "observer"]
    parts = [
        rename_items(frames[f"{form}.observer"], name).set_index(who)
        for form, name in (("wai_s", "wai_o_{item}"), ("vtas", "vtas_{item}"))
    ]
    return pd.concat(parts, axis=1).reset_index().rename(columns=CODES)


def write_population(truth: dict, path: Path) -> None:
    """What the truth implies: exact correlations and shares of variance, and the values of large samples."""
    shares = (true_schmid_leiman(truth, ["wai_s", "haq2", "calpas_p"]) ** 2).sum()
    rows = population_values(truth, **LARGE_SAMPLE).drop(columns="n").round({"estimate": 3})
    course = course_values(truth, **LARGE_COURSE).drop(columns="n").round({"estimate": 3})
    content = {
        "factor_correlation": factor_correlation(truth).round(4).to_dict("index"),
        "share_of_common_variance": (shares / shares.sum()).round(4).to_dict(),
        "large_sample": LARGE_SAMPLE,
        "values": [said(row) for row in rows.to_dict("records")],
        "large_sample_of_the_course": LARGE_COURSE,
        "course": [said(row) for row in course.to_dict("records")],
    }
    path.write_text(HEADER + yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=200))


def said(row: dict) -> dict:
    """A row of a table without the columns that say nothing; sessions as whole numbers."""
    row = {key: value for key, value in row.items() if value != "" and pd.notna(value)}
    return row | ({"session": int(row["session"])} if "session" in row else {})


def main(truth: Path, folder: Path) -> None:
    frames = simulate(yaml.safe_load(truth.read_text()))
    wai = rename_items(both_raters(frames, "wai_s").rename(columns=CODES), "wai_{item}")
    wai.to_csv(folder / "wai.csv", index=False)
    haq = both_raters(frames, "haq2").fillna(HAQ_MISSING).rename(columns=str.capitalize)
    rename_items(haq, "HAQ{item:02d}").to_excel(folder / "haq.xlsx", sheet_name="HAq-II", index=False)
    write_calpas(rename_items(frames["calpas_p.client"].rename(columns=CODES), "calpas_{item}"), folder / "calpas.sav")
    outcomes = {"baseline": "symptoms_start", "outcome": "functioning_end"}
    frames["clients"].rename(columns=CODES | outcomes).to_csv(folder / "clients.csv", index=False)
    frames["sessions"].rename(columns=CODES).to_csv(folder / "sessions.csv", index=False)
    observed_recordings(frames).to_csv(folder / "observers.csv", index=False)
    frames["item_codes"].to_csv(folder / "item_codes.csv", index=False)


if __name__ == "__main__":
    main(truth=FOLDER / "truth.yaml", folder=FOLDER)
    write_population(yaml.safe_load((FOLDER / "truth.yaml").read_text()), FOLDER / "population.yaml")
