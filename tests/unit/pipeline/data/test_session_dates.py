"""Sessions as dates: however written, numbered within each client over all forms, and gone from results."""

from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import wai_sr_answers, wai_sr_description

from pipeline.data.checking import assembled, mistakes
from pipeline.data.job import InputError
from pipeline.data.session_dates import day_numbers, looks_like_dates, numbered

DAY = date(2024, 3, 31)
WRITTEN = {
    "ISO": "2024-03-31",
    "ISO with time": "2024-03-31T14:05:00Z",
    "as Excel's cells come": datetime(2024, 3, 31, 9, 30),
    "as SPSS dates come": date(2024, 3, 31),
    "German": "31.03.2024",
    "German, short": "31.3.24",
    "British": "31/03/2024 14:05",
    "American": "3/31/2024",
    "compact": "20240331",
    "with a word": "31-MAR-2024",
    "with a German word": "31. März 2024",
    "a spreadsheet's number": "45382",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_one_day_however_it_is_written(name):
    column = pd.Series([WRITTEN[name], None], dtype=object)
    found = day_numbers(column, "dates", "here")
    assert found[0] == DAY.toordinal() and pd.isna(found[1])
    assert looks_like_dates(column) == (name not in ("compact", "a spreadsheet's number"))


@given(
    st.lists(st.dates(date(1990, 1, 1), date(2060, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]),
)
def test_day_and_month_are_told_by_the_whole_column_or_asked_for(days, written):
    column = pd.Series([day.strftime(written) for day in days])
    expected = [day.toordinal() for day in days]
    rule = "dates_day_first" if written.startswith("%d") else "dates_month_first"
    assert day_numbers(column, rule, "here").tolist() == expected
    if any(day.day > 12 for day in days):
        assert day_numbers(column, "dates", "here").tolist() == expected
    else:
        with pytest.raises(InputError, match="do not show which number is the day"):
            day_numbers(column, "dates", "here")


@pytest.mark.parametrize("text", ["soon", "2024-13-01", "31.02.2024", "0204-03-01", "12", "2019"])
def test_what_is_no_date_is_counted_and_not_shown(text):
    with pytest.raises(InputError, match=r"here, row 1 and 1 more row: not a date") as mistake:
        day_numbers(pd.Series(["2024-03-01", text, text]), "dates", "here")
    assert f" {text}" not in str(mistake.value)


@settings(deadline=None)  # on a busy machine a call may take long
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(700_000, 700_020)), min_size=1, unique=True))
def test_numbers_follow_the_days_within_each_client(pairs):
    table = pd.DataFrame(pairs, columns=["client", "session"])
    one, two = table.iloc[::2], table.iloc[1::2]
    found, days = numbered({"one": one, "two": two})
    together = pd.concat([found["one"], found["two"]]).sort_index()
    for client in set(table["client"]):
        raw, number = (
            table.loc[table["client"] == client, "session"],
            together.loc[table["client"] == client, "session"],
        )
        assert number.tolist() == raw.rank().astype(int).tolist()
        own = days[days["client"] == client].set_index("session")["day"]
        assert own.loc[number].tolist() == (raw - raw.min()).tolist() and own.loc[1] == 0


def test_a_data_set_of_dates(project):
    frame = pd.concat([wai_sr_answers().assign(when=when) for when in ("03.05.2024", "12.04.2024")])
    project.add("study", wai_sr_description(session="when", sessions="dates"), answers=frame)
    files = assembled("study", project.folder, "first")
    people = len(frame) // 2
    assert files["dataset.json"]["forms"][0]["counts"]["sessions"] == {"1": people, "2": people}
    assert files["sessions.parquet"]["day"].tolist() == [0, 21] * people  # 12 April to 3 May
    answers = files["wai_sr.client.parquet"]
    second = frame[frame["when"] == "03.05.2024"].sort_values("client", key=lambda code: code.astype(str))
    assert answers.loc[answers["session"] == 2, "i01"].tolist() == second["w1"].tolist()
    assert "2024" not in "".join(table.to_csv() for table in files.values() if isinstance(table, pd.DataFrame))


def test_dates_need_their_column_and_go_with_dates(project):
    project.add("study", wai_sr_description(sessions="dates", session=1), answers=wai_sr_answers())
    assert "needs `session:`, the column with the dates" in mistakes("study", project.folder, "first")[0][0]
    both = wai_sr_description(session="when", sessions="dates")
    both["responses"].append(both["responses"][0] | {"session": 1, "sessions": {}})
    project.add("both", both, answers=wai_sr_answers().assign(when="2024-05-03"))
    assert "give dates everywhere or numbers everywhere" in " ".join(mistakes("both", project.folder, "first")[0])
