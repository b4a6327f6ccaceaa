"""What the bar says while a run goes on."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from journeysim.cli import progress
from journeysim.cli.progress import progress_bar
from journeysim.experiment.progress import Pace, left_text, seconds_left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0, ""),
        (0.7, ", about 1 s left"),
        (59.6, ", about 60 s left"),
        (100, ", about 2 min left"),
        (5000, ", about 83 min left"),
        (7200, ", about 2.0 h left"),
    ],
)
def test_time_left_is_said_no_more_exactly_than_it_is_known(seconds, text):
    assert left_text(seconds) == text


def test_time_left_follows_the_pace_so_far():
    assert seconds_left(0, 10, 5.0) is None
    assert seconds_left(4, 6, 10.0) == 15.0
    assert seconds_left(4, 0, 10.0) == 0.0


def test_what_is_paid_once_is_not_expected_again():
    pace = Pace()
    assert pace.left(0, 1000, 0.0) is None
    # Two processes started and compiled for ten seconds.
    assert pace.left(1, 1000, 10.0) == 10.0 * 999
    assert pace.left(2, 1000, 10.1) > 1000
    assert pace.left(101, 1000, 12.0) == pytest.approx(899 / 50)


def test_what_was_done_before_says_nothing_of_the_pace():
    pace = Pace()
    assert pace.left(500, 1000, 0.0) is None
    assert pace.left(510, 1000, 5.0) == 245.0


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def shown(title, within_s, clock, steps):
    """All that was written while calling the watchers, each step after some seconds."""
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=120)
    with progress_bar(title, within_s, console) as watchers:
        for seconds, name, done, total in steps:
            clock[0] += seconds
            getattr(watchers, name)(done, total)
    return text.getvalue()


def test_it_says_what_is_going_on_and_how_long_is_left(clock):
    steps = [(0, "calibration", 12, 36), (5, "replications", 0, 10), (20, "replications", 2, 10)]
    text = shown("[/red] Name", None, clock, steps)
    assert "[/red] Name" in text
    assert "finding the market's baseline: month 12 of 36" in text
    assert "2/10 replications, about 80 s left" in text


def test_no_more_is_left_than_the_time_allows(clock):
    steps = [(5, "replications", 0, 10), (20, "replications", 2, 10)]
    assert "2/10 replications, about 35 s left" in shown("Name", 60, clock, steps)


def test_nobody_is_told_where_nobody_looks():
    with progress_bar("Name") as watchers:
        assert watchers.calibration is None
        assert watchers.replications is None
