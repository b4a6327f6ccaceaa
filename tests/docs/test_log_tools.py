"""The scripts that measure numbers of the shipped maps, on small logs with known answers."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from tools import loan_log, warsaw_shape


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A moment without a time zone, as the logs have them."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


DAY = at(2016, 3, 1, 9)  # a Tuesday
NAMES = {kind: activity for activity, kind in loan_log.ACTIVITIES.items()}


def work(*spells: tuple[str, str, float, float]) -> pl.DataFrame:
    """Raw spells from (case, kind, day, seconds); the day may have a fraction."""
    start = [DAY + timedelta(days=day) for _, _, day, _ in spells]
    return pl.DataFrame(
        {
            "case_id": [case for case, *_ in spells],
            "activity": [NAMES[kind] for _, kind, *_ in spells],
            "start_time": start,
            "end_time": [began + timedelta(seconds=s) for began, (*_, s) in zip(start, spells, strict=True)],
        }
    )


def measured(*spells: tuple[str, str, float, float]) -> loan_log.Found:
    return loan_log.measure(loan_log.work_by_day(work(*spells)))


def test_one_case_is_followed_from_application_to_last_check() -> None:
    found = measured(
        ("a", loan_log.APPLY, 0, 600),
        ("a", loan_log.OFFER, 0.1, 120),
        ("a", loan_log.OFFER, 3, 90),
        ("a", loan_log.CHECK, 7, 300),
        ("a", loan_log.MISSING, 7.1, 200),
        ("a", loan_log.MISSING, 9, 200),
        ("a", loan_log.CHECK, 14, 300),
        ("a", loan_log.CHECK, 15, 300),
    )
    assert found.contacts == [4]
    assert found.length_days == [15]
    assert found.talked_again == 1
    assert found.checks == Counter({1: 1, 2: 1})
    assert found.incomplete == Counter({1: 1})
    assert found.calls_per_round == Counter({2: 1})
    assert {name: [days for _, days in pairs] for name, pairs in found.delays.items()} == {
        "first contact to second": [3],
        "last of several to papers": [4],
        "check to missing call": [0],
        "missing call to the next": [2],
        "last missing call to check": [5],
    }


def test_short_spells_and_unchecked_cases_do_not_count_and_long_ones_count_as_an_hour() -> None:
    raw = work(
        ("a", loan_log.APPLY, 0, 9),
        ("a", loan_log.APPLY, 0.1, 40_000),
        ("a", loan_log.CHECK, 2, 30),
        ("a", loan_log.CHECK, 3, 61),
        ("b", loan_log.APPLY, 0, 300),
    )
    table = loan_log.work_by_day(raw)
    assert table.filter(pl.col("kind") == loan_log.APPLY, pl.col("case_id") == "a")["seconds"].to_list() == [
        3600
    ]
    found = loan_log.measure(table)
    assert found.contacts == [1]
    assert found.delays["first contact to papers"] == [(1, 3)]


def test_days_are_the_banks_own() -> None:
    late = at(2016, 7, 1, 22, 30)  # 00:30 in Amsterdam, the day after
    raw = work(("a", loan_log.CHECK, 0, 300)).with_columns(
        start_time=pl.lit(late), end_time=pl.lit(late + timedelta(minutes=5))
    )
    assert loan_log.work_by_day(raw)["day"].to_list() == [date(2016, 7, 2)]


def test_delays_drawn_from_a_lognormal_give_it_back() -> None:
    random = np.random.default_rng(4)
    exact = 5.0 * np.exp(0.8 * random.standard_normal(20_000))
    pairs = []
    for number, days in enumerate(np.maximum(np.ceil(exact), 1).astype(int).tolist()):
        weekday = number % 6
        moved = days + ((weekday + days) % 7 == loan_log.SUNDAY)
        pairs.append((weekday, moved))
    fit = loan_log.fit_delay(pairs)
    assert fit.median_days == pytest.approx(5, rel=0.02)
    assert fit.sigma == pytest.approx(0.8, rel=0.02)
    assert fit.mean_whole_days == pytest.approx(np.mean([days for _, days in pairs]), rel=0.01)


def line(called: list[int | None], waiting: list[int], every_min: int = 30) -> pl.DataFrame:
    minutes = [warsaw_shape.OPEN_HOUR * 60 + every_min * number for number in range(len(called))]
    return pl.DataFrame(
        {"minute": minutes, "current_ticket": called, "waiting": waiting},
        schema_overrides={"waiting": pl.Int64},
    )


def test_who_came_is_who_was_called_and_who_waits() -> None:
    called = [None, 1, 3, 4, 6, 6, 8, 8, 8]
    waiting = [2, 3, 2, 2, 0, 1, 0, 0, 0]
    came = warsaw_shape.came_by_hour(line(called, waiting), 12)
    assert not isinstance(came, str)
    # Drawn at the full hours: 2 wait at opening, then 5, 6, 8, 8.
    assert came.tolist() == [5, 1, 2, 0]


def test_ranges_of_numbers_start_at_full_hundreds() -> None:
    came = warsaw_shape.came_by_hour(line([501, 502, 503], [0, 0, 0]), 9)
    assert not isinstance(came, str)
    assert came.tolist() == [3]


@pytest.mark.parametrize(
    ("called", "waiting", "reason"),
    [
        ([None, None, None], [0, 0, 0], "no ticket called"),
        ([44, 45, 46], [0, 0, 0], "numbers that go on from the day before"),
        ([1, 900, 2], [0, 0, 0], "several ranges of numbers in one line"),
        ([1, 2, 80], [0, 0, 0], "a jump of the display"),
    ],
)
def test_days_that_cannot_be_followed_are_left_out(
    called: list[int | None], waiting: list[int], reason: str
) -> None:
    assert warsaw_shape.came_by_hour(line(called, waiting), 9) == reason


def test_a_gap_in_the_snapshots_is_noticed_at_the_ends_too() -> None:
    assert warsaw_shape.came_by_hour(line([1, 2], [0, 0]), 10) == "a gap in the snapshots"
    assert warsaw_shape.came_by_hour(line([1, 2, 3], [0, 0, 0], 60), 10) == "a gap in the snapshots"


def test_snapshots_of_a_stuck_clock_go_and_december_2020_is_2019() -> None:
    moments = [at(2012, 2, 9, 8), at(2020, 12, 30, 8), at(2020, 1, 2, 8)]
    raw = pl.DataFrame({"office": "x", "group_id": 1, "t": moments})
    assert warsaw_shape.snapshots(raw)["day"].to_list() == [date(2019, 12, 30), date(2020, 1, 2)]


def test_holidays_are_left_out_and_the_shape_sums_to_the_day() -> None:
    moments = [at(2020, 1, day, 8) + timedelta(minutes=30 * k) for day in (2, 6) for k in range(17)]
    raw = pl.DataFrame(
        {"office": "x", "group_id": 1, "t": moments, "current_ticket": [*range(1, 18)] * 2, "waiting": 0}
    )
    kept, left_out = warsaw_shape.line_days(warsaw_shape.snapshots(raw))
    assert [day.day for day in kept] == [date(2020, 1, 2)]
    assert left_out == Counter({"a holiday or New Year's Eve": 1})
    shares = warsaw_shape.shape(kept)
    assert shares.tolist() == pytest.approx([3 / 17, *[2 / 17] * 7])
    assert sum(warsaw_shape.scaled(shares, 340).values()) == pytest.approx(340)
    assert warsaw_shape.scaled(shares, 340)["09:00"] == 60
