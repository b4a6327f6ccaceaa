"""Data files of a map: recorded arrivals and observed values, where they may lie, and every refusal."""

# ruff: noqa: DTZ001, E501 (logs hold local times; one case a line reads best)

from __future__ import annotations

import pickle
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.strategies import Data, to_text

from journeysim.errors import InputError
from journeysim.journey import Journey, data_files, load_journey
from journeysim.journey.loads import arrival_mix

LOG: Data = {"file": "log.csv", "time": "at", "segment": "who", "need": "why"}

CSV = """\
at,who,why,wait,became
2027-01-05 09:30:30,vip,cash,1.5,served
2027-01-04 09:00,regular,advice,,reneged
2027-01-04T10:15:00.5,regular,cash,0,
"""


def recorded_map(log: Data | None = None, **more: Any) -> Data:
    """A map with recorded arrivals and no shares."""
    data: Data = {
        "journey": "recorded",
        "hours": {"open": "09:00", "close": "17:00"},
        "segments": {"regular": {}, "vip": {}},
        "needs": {"cash": {"start": "counter"}, "advice": {"start": "counter"}},
        "arrivals": {"from_log": LOG if log is None else log},
        "staff": {"tellers": {"count": 2, "serves": ["line"]}},
        "queues": {"line": {}},
        "touchpoints": {"counter": {"stage": "Transact", "queue": "line", "service": {"constant": "5 min"}}},
    }
    return {**data, **more}


def load(folder: Path, data: Data) -> Journey:
    file = folder / "map.yaml"
    file.write_text(to_text(data), encoding="utf-8")
    return load_journey(file, "maps/map.yaml")


def refusal(folder: Path, data: Data) -> list[str]:
    with pytest.raises(InputError) as caught:
        load(folder, data)
    return [str(problem) for problem in caught.value.problems]


def values_map(**empirical: Any) -> Data:
    service = {"empirical": {"file": "values.csv", "column": "secs", "unit": "s", **empirical}}
    shares = {"segments": {"regular": {"share": 1}}, "needs": {"cash": {"share": 1, "start": "counter"}}}
    points = {"counter": {"stage": "Transact", "queue": "line", "service": service}}
    return recorded_map(arrivals={"per_hour": 5}, touchpoints=points, **shares)


def test_recorded_arrivals_of_a_csv_file(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    log = {**LOG, "observed": {"wait": "wait", "outcome": "became"}}
    journey = load(tmp_path, recorded_map(log))
    recorded = journey.arrivals.recorded
    assert recorded is not None
    assert recorded.dates == (date(2027, 1, 4), date(2027, 1, 5))
    assert recorded.day.tolist() == [1, 0, 0]
    assert recorded.minute == pytest.approx([570.5, 540, 615 + 0.5 / 60])
    assert recorded.segment is not None
    assert recorded.need is not None
    assert recorded.observed_wait_min is not None
    assert recorded.segment.tolist() == [1, 0, 0]
    assert recorded.need.tolist() == [0, 1, 0]
    assert np.isnan(recorded.observed_wait_min).tolist() == [False, True, False]
    assert recorded.observed_outcome == ("served", "reneged", "")
    assert arrival_mix(journey) == pytest.approx(np.array([[1, 1], [1, 0]]) / 3)
    assert journey.arrivals.per_hour_steps() == []


@pytest.mark.parametrize(
    "form", ["datetime", "datetime with zone", "date and time", "texts", "date and datetime"]
)
def test_recorded_arrivals_of_a_parquet_file(tmp_path: Path, form: str) -> None:
    moments = [datetime(2027, 1, 4, 9, 30, 30), datetime(2027, 1, 6, 23, 59, 59, 500_000)]
    log = {"file": "log.parquet", "time": "at", "segment": "who", "need": "why"}
    frame = pl.DataFrame({"at": moments, "who": ["vip", "regular"], "why": ["cash", "cash"]})
    if form == "datetime with zone":
        frame = frame.with_columns(pl.col("at").dt.replace_time_zone("Asia/Shanghai"))
    if form in {"date and time", "texts", "date and datetime"}:
        log["day"] = "day"
        frame = frame.with_columns(pl.col("at").dt.date().alias("day"))
        if form != "date and datetime":
            frame = frame.with_columns(pl.col("at").dt.time())
    if form == "texts":
        frame = frame.with_columns(pl.col("at").dt.to_string("%H:%M:%S%.3f"), pl.col("day").cast(pl.String))
    frame.with_columns(pl.col("who").cast(pl.Categorical)).write_parquet(tmp_path / "log.parquet")
    recorded = load(tmp_path, recorded_map(log)).arrivals.recorded
    assert recorded is not None
    assert recorded.dates == (date(2027, 1, 4), date(2027, 1, 6))
    assert recorded.minute == pytest.approx([570.5, 1439 + 59.5 / 60])
    assert recorded.observed_outcome is None


def test_what_the_log_does_not_say_needs_shares(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    messages = refusal(tmp_path, recorded_map({"file": "log.csv", "time": "at"}))
    assert sum("the key share is missing" in message for message in messages) == 4
    shared = recorded_map(
        {"file": "log.csv", "time": "at"},
        segments={"regular": {"share": 0.75}, "vip": {"share": 0.25}},
        needs={"cash": {"share": 0.5, "start": "counter"}, "advice": {"share": 0.5, "start": "counter"}},
    )
    journey = load(tmp_path, shared)
    assert journey.arrivals.recorded is not None
    assert journey.arrivals.recorded.segment is None
    assert arrival_mix(journey) == pytest.approx(np.array([[0.375, 0.375], [0.125, 0.125]]))


def test_a_patched_map_reads_its_log_again(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    journey = load(tmp_path, recorded_map())
    assert journey.patched({"staff.tellers.count": 3}).arrivals.recorded is not None
    live = journey.patched(
        {"arrivals.per_hour": 5, "segments.regular.share": 1, "segments.vip.share": 0, "needs.cash.share": 1, "needs.advice.share": 0},
        ["arrivals.from_log"],
    )  # fmt: skip
    assert live.arrivals.recorded is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2027-01-04,vip,cash", "row 2, column at: a date and time is required, found 2027-01-04"),
        ("2027-13-04 09:00,vip,cash", "row 2, column at: a date and time is required"),
        ("2027-01-04 24:00,vip,cash", "row 2, column at: a date and time is required"),
        ("2027-01-04 09:60,vip,cash", "row 2, column at"),
        ("04.01.2027 09:00,vip,cash", "row 2, column at"),
        (",vip,cash", "row 2, column at: a date and time is required, found nothing"),
        (
            "2027-01-04 09:00,vipp,cash",
            "row 2, column who: an unknown segment, found vipp, hint: did you mean vip?",
        ),
        ("2027-01-04 09:00,,cash", "row 2, column who: an unknown segment, found nothing"),
        (
            "2027-01-04 09:00,vip,loan",
            "row 2, column why: an unknown need, found loan, hint: known: cash, advice",
        ),
    ],
)
def test_rows_that_make_no_sense_are_named(tmp_path: Path, row: str, words: str) -> None:
    (tmp_path / "log.csv").write_text(f"at,who,why\n2027-01-04 09:00,vip,cash\n{row}\n", encoding="utf-8")
    (message,) = refusal(tmp_path, recorded_map())
    assert message.startswith("maps/log.csv:3:1: ")
    assert words in message


def test_observed_waits_and_outcomes_are_checked(tmp_path: Path) -> None:
    rows = (
        "at,wait,became\n2027-01-04 09:00,-1,served\n2027-01-04 09:00,soon,gone\n2027-01-04 09:00,3,served\n"
    )
    (tmp_path / "log.csv").write_text(rows, encoding="utf-8")
    log = {"file": "log.csv", "time": "at", "observed": {"wait": "wait", "outcome": "became"}}
    data = recorded_map(log, segments={"r": {"share": 1}}, needs={"n": {"share": 1, "start": "counter"}})
    messages = refusal(tmp_path, data)
    assert [message.split(":")[1] for message in messages] == ["2", "3", "3"]
    assert "row 1, column wait: minutes of 0 or more are required, found -1" in messages[0]
    assert "row 2, column became: an unknown outcome, found gone, hint: known: served" in messages[1]
    assert "found soon" in messages[2]


def test_many_wrong_rows_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"2027-01-04 09:00,x{number},cash\n" for number in range(500))
    (tmp_path / "log.csv").write_text(f"at,who,why\n{rows}", encoding="utf-8")
    messages = refusal(tmp_path, recorded_map())
    assert len(messages) == data_files.MAX_ROW_PROBLEMS + 1
    assert f"and {500 - data_files.MAX_ROW_PROBLEMS} more rows like these" in messages[-1]


def test_row_of_a_parquet_file_is_named_without_a_line(tmp_path: Path) -> None:
    pl.DataFrame({"at": [datetime(2027, 1, 4, 9)], "who": ["x"], "why": ["cash"]}).write_parquet(
        tmp_path / "log.parquet"
    )
    (message,) = refusal(tmp_path, recorded_map({**LOG, "file": "log.parquet"}))
    assert message.startswith("maps/log.parquet: row 1, column who: an unknown segment, found x")


@pytest.mark.parametrize(
    ("columns", "log", "words"),
    [
        ({"at": [5.0]}, {}, "arrivals.from_log.time: a column of dates with times is required, found Float64"),
        ({"at": [time(9)]}, {}, "arrivals.from_log.time: a column of dates with times is required, found Time"),
        ({"at": [5], "d": [date(2027, 1, 4)]}, {"day": "d"}, "arrivals.from_log.time: a column of times of day"),
        ({"at": [time(9)], "d": [5]}, {"day": "d"}, "arrivals.from_log.day: a column of dates is required, found Int64"),
        ({"at": [datetime(2027, 1, 4)], "who": [5]}, {"segment": "who"}, "arrivals.from_log.segment: a column of text is required"),
        ({"at": [datetime(2027, 1, 4)], "w": ["x"]}, {"observed": {"wait": "w"}}, "column w: minutes of 0 or more are required, found x"),
        ({"at": [datetime(2027, 1, 4)], "w": [True]}, {"observed": {"wait": "w"}}, "arrivals.from_log.observed.wait: a column of numbers"),
    ],
    ids=str,
)  # fmt: skip
def test_columns_of_the_wrong_type(tmp_path: Path, columns: Data, log: Data, words: str) -> None:
    pl.DataFrame(columns).write_parquet(tmp_path / "log.parquet")
    shares = {"segments": {"regular": {"share": 1}}, "needs": {"cash": {"share": 1, "start": "counter"}}}
    (message,) = refusal(tmp_path, recorded_map({"file": "log.parquet", "time": "at", **log}, **shares))
    assert words in message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.csv", "there is no such data file, found missing.csv"),
        ("../outside.csv", "a data file must lie in the map's folder or below, found ../outside.csv"),
        ("/etc/passwd", "a data file must lie in the map's folder or below"),
        ("below/../../outside.csv", "a data file must lie in the map's folder or below"),
        ("link.csv", "a data file must lie in the map's folder or below, found link.csv"),
        ("linked/outside.csv", "a data file must lie in the map's folder or below"),
        ("loop.csv", "data file"),
        ("below", "there is no such data file"),
        ("map.yaml", "a .csv or .parquet file is required, found map.yaml"),
        ("a\0b.csv", "the data file cannot be found"),
        ("x" * 5000, "the data file cannot be found"),
        ("", "there is no such data file"),
        ("empty.csv", "the data file cannot be read"),
        ("header.csv", "the data file has no rows"),
        ("broken.parquet", "the data file cannot be read"),
        ("cut.parquet", "the data file cannot be read"),
        ("ragged.csv", "the data file cannot be read, found more fields than defined in 'Schema'"),
        ("latin.csv", "the data file cannot be read"),
        ("other.csv", "the data file has no such column, found at, hint: did you mean art?"),
    ],
)
def test_files_that_cannot_be_used(tmp_path: Path, name: str, words: str) -> None:
    folder = tmp_path / "maps"
    (folder / "below").mkdir(parents=True)
    (tmp_path / "outside.csv").write_text(CSV, encoding="utf-8")
    (folder / "link.csv").symlink_to(tmp_path / "outside.csv")
    (folder / "linked").symlink_to(tmp_path)
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    (folder / "empty.csv").write_text("", encoding="utf-8")
    (folder / "header.csv").write_text("at,who,why\n", encoding="utf-8")
    (folder / "broken.parquet").write_bytes(b"PAR1" + bytes(range(256)) + b"PAR1")
    pl.DataFrame({"at": [1] * 1000}).write_parquet(folder / "cut.parquet")
    (folder / "cut.parquet").write_bytes((folder / "cut.parquet").read_bytes()[:-20])
    (folder / "ragged.csv").write_text("at,who,why\n1,2,3\n1,2,3,4,5\n", encoding="utf-8")
    (folder / "latin.csv").write_bytes("at,who,why\né,b,c\n".encode("latin-1"))
    (folder / "other.csv").write_text("art,who,why\n1,2,3\n", encoding="utf-8")
    (message,) = refusal(folder, recorded_map({**LOG, "file": name}))
    assert message.startswith("maps/map.yaml:")
    assert words in message


def test_link_to_a_file_below_is_fine(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "real.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "log.csv").symlink_to(tmp_path / "data" / "real.csv")
    assert load(tmp_path, recorded_map()).arrivals.recorded is not None
    assert load(tmp_path, recorded_map({**LOG, "file": "data/real.csv"})).arrivals.recorded is not None


def test_sizes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    (tmp_path / "values.csv").write_text("secs\n1\n2\n3\n", encoding="utf-8")
    monkeypatch.setattr(data_files, "MAX_VALUES", 2)
    assert "a distribution has at most 2 values" in refusal(tmp_path, values_map())[0]
    monkeypatch.setattr(data_files, "MAX_ROWS", 2)
    assert "a data file has at most 2 rows" in refusal(tmp_path, recorded_map())[0]
    monkeypatch.setattr(data_files, "MAX_FILE_BYTES", 3)
    assert "a data file has at most 0 MB" in refusal(tmp_path, recorded_map())[0]


def test_values_of_a_distribution(tmp_path: Path) -> None:
    (tmp_path / "values.csv").write_text("x,secs\na,30\nb, 90 \n", encoding="utf-8")
    service = load(tmp_path, values_map()).touchpoints["counter"].service
    assert service.params.values_min == pytest.approx((0.5, 1.5))
    assert service.mean_min() == pytest.approx(1)
    pl.DataFrame({"secs": [60, 180]}).write_parquet(tmp_path / "values.parquet")
    service = load(tmp_path, values_map(file="values.parquet", unit="min")).touchpoints["counter"].service
    assert service.params.values_min == (60.0, 180.0)


@pytest.mark.parametrize("cell", ["-5", "", "x", "nan", "inf"])
def test_values_that_are_none(tmp_path: Path, cell: str) -> None:
    (tmp_path / "values.csv").write_text(f"secs,x\n30,a\n{cell},b\n", encoding="utf-8")
    (message,) = refusal(tmp_path, values_map())
    assert message.startswith(
        "maps/values.csv:3:1: row 2, column secs: a number of 0 or more is required, found "
    )


def test_a_wrong_file_and_a_wrong_map_are_told_at_once(tmp_path: Path) -> None:
    data = values_map(file="missing.csv")
    data["segments"]["regular"]["share"] = 0.5
    data["currncy"] = "CNY"
    messages = refusal(tmp_path, data)
    assert len(messages) == 3
    assert any("there is no such data file" in message for message in messages)


def test_arrivals_outside_the_hours_are_doubted_or_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    journey = load(tmp_path, recorded_map(hours={"open": "09:15", "close": "10:00"}))
    assert ["found 2 of 3" in str(warning) for warning in journey.warnings] == [True]
    (message,) = refusal(tmp_path, recorded_map(hours={"open": "11:00", "close": "12:00"}))
    assert "arrivals.from_log: no recorded arrival falls into the opening hours" in message
    closed = {"hours": {"wed": {"open": "09:00", "close": "17:00"}}}
    assert "no recorded arrival falls" in refusal(tmp_path, recorded_map(**closed))[0]


def test_levers_on_rates_do_nothing_to_a_log(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    arrivals = {"from_log": LOG, "scale": 1.5, "day_of_week": {"mon": 2}}
    journey = load(tmp_path, recorded_map(arrivals=arrivals))
    assert sum("does nothing to recorded arrivals" in str(warning) for warning in journey.warnings) == 2
    both = recorded_map(arrivals={"from_log": LOG, "per_hour": 5})
    assert "either per_hour or from_log is required, found both" in refusal(tmp_path, both)[0]


def test_load_of_recorded_arrivals_is_their_mean(tmp_path: Path) -> None:
    rows = "".join(
        f"2027-01-0{4 + day} 11:{minute:02d},regular,cash\n" for day in range(2) for minute in range(60)
    )
    (tmp_path / "log.csv").write_text(f"at,who,why\n{rows}", encoding="utf-8")
    (warning,) = load(tmp_path, recorded_map()).warnings
    # 60 an hour at five minutes each, two tellers.
    assert "found a load of 2.50 from 11:00 to 12:00" in str(warning)


def test_polars_is_imported_only_for_data_files() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from tests.example_map import EXAMPLE; from journeysim.journey import parse_journey;"
        "parse_journey(EXAMPLE, 'x');"
        "print([name for name in ('polars', 'scipy', 'numba', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_journey_travels_to_another_process_whole(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text(CSV, encoding="utf-8")
    journey = load(tmp_path, recorded_map(hours={"open": "09:15", "close": "10:00"}))
    twin = pickle.loads(pickle.dumps(journey))
    assert twin.model_dump() == journey.model_dump()
    assert twin.warnings == journey.warnings
    assert len(twin.warnings) == 1
    assert twin.document.data == journey.document.data
    assert twin.arrivals.recorded.minute.tolist() == journey.arrivals.recorded.minute.tolist()  # type: ignore[union-attr]
    assert twin.patched({"staff.tellers.count": 1}).arrivals.recorded is not None
