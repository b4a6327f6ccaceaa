"""Open days: which dates, and the numbers that luck is addressed by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from tests.branch_days import BUSY, MONDAY, changed, journey_of, with_log

from journeysim.branch import OpenDay, open_days
from journeysim.branch.calendar import is_open
from journeysim.journey import Journey

WEEKDAYS_ONLY = journey_of(changed(BUSY, {"arrivals.day_of_week": {"sat": 0, "sun": 0}}))


def days_after_monday(days: tuple[OpenDay, ...]) -> list[int]:
    return [(day.date - MONDAY).days for day in days]


def test_shut_weekdays_are_passed_over_and_numbers_count_dates() -> None:
    days = open_days(WEEKDAYS_ONLY, MONDAY, 7)
    assert days_after_monday(days) == [0, 1, 2, 3, 4, 7, 8]
    assert [day.number for day in days] == [0, 1, 2, 3, 4, 7, 8]
    assert {day.log_day for day in days} == {None}


def test_numbers_count_from_the_first_day_even_if_shut() -> None:
    saturday = MONDAY + timedelta(days=5)
    days = open_days(WEEKDAYS_ONLY, saturday, 2)
    assert [(day.number, day.date.weekday()) for day in days] == [(2, 0), (3, 1)]


def test_closed_dates_are_shut_and_move_nobody_elses_number() -> None:
    closed = [MONDAY + timedelta(days=1), MONDAY + timedelta(days=6)]
    days = open_days(WEEKDAYS_ONLY, MONDAY, 5, closed)
    assert [day.number for day in days] == [0, 2, 3, 4, 7]


def test_twenty_days_unless_told() -> None:
    assert len(open_days(WEEKDAYS_ONLY, MONDAY)) == 20


def test_weekdays_without_hours_are_shut() -> None:
    hours = {"wed": {"open": "09:00", "close": "12:00"}}
    journey = journey_of(changed(BUSY, {"hours": hours}))
    assert [is_open(journey, MONDAY + timedelta(days=k)) for k in range(7)] == [False] * 2 + [True] + [
        False
    ] * 4
    assert [day.number for day in open_days(journey, MONDAY, 3)] == [2, 9, 16]


def test_a_branch_that_never_opens_gives_no_days() -> None:
    every_day = [MONDAY + timedelta(days=k) for k in range(1000)]
    assert open_days(WEEKDAYS_ONLY, MONDAY, 3, every_day) == ()


@pytest.fixture
def logged() -> Journey:
    journey = with_log(
        journey_of(changed(BUSY, {"arrivals.day_of_week": {"tue": 0}})), [(600, "vip", "cash")] * 3
    )
    log = journey.arrivals.recorded
    assert log is not None
    # 1999-07-05 was a Monday.
    dates = (date(1999, 7, 5), date(1999, 7, 6), date(1999, 7, 9))
    journey.arrivals._recorded = replace(log, dates=dates, day=np.array([2, 0, 1]))
    return journey


def test_a_log_has_its_own_dates(logged: Journey) -> None:
    days = open_days(logged, MONDAY)
    # A factor of 0 acts on rates, never on recorded arrivals.
    assert [(day.number, day.date.day, day.log_day) for day in days] == [(0, 5, 0), (1, 6, 1), (4, 9, 2)]
    assert open_days(logged, MONDAY, 2) == days[:2]
    assert open_days(logged, MONDAY, 99) == days


def test_a_shut_date_of_a_log_is_left_out(logged: Journey) -> None:
    days = open_days(logged, MONDAY, None, {date(1999, 7, 6)})
    assert [(day.number, day.log_day) for day in days] == [(0, 0), (4, 2)]
