"""Booked customers: early, late, not at all, and beside the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.branch_by_hand import counter
from tests.branch_days import MONDAY, Batch, batch_of, changed, journey_of

from journeysim.branch import open_days, simulate_replication
from journeysim.units import TICKS_PER_MINUTE, to_ticks


def booked(folder: Path, *lines: str, days: int = 1, hours: Any = None, **rule: Any) -> Batch:
    """Days of the counter, 09:00 to 10:00, for which the lines of a file are booked and nobody else comes."""
    (folder / "booked.csv").write_text("\n".join(["slot,date,segment,need", *lines]))
    data = counter(**({} if hours is None else {"hours": hours}))
    data["arrivals"] = {"appointments": {"file": "booked.csv", "time": "slot", **rule}}
    return batch_of(journey_of(data, folder), days)


def minutes(batch: Batch) -> list[float]:
    """Arrivals in minutes after opening."""
    return ((batch.arrivals.tick - batch.plan.day.opens) / TICKS_PER_MINUTE).tolist()


def late_by(mean: str, sd: str = "1 s") -> dict[str, Any]:
    return {"normal": {"mean": mean, "sd": sd}}


def test_without_lateness_they_come_on_time(tmp_path: Path) -> None:
    batch = booked(tmp_path, "09:30", "09:05", "09:05")
    assert minutes(batch) == [5, 5, 30]
    # The address of a booking is its row, above every address of others.
    assert (batch.arrivals.order & 0xFFFFFFFF).tolist() == [1, 2, 0]
    assert (batch.arrivals.order >> 32 == 510).all()


def test_bookings_without_dates_hold_on_every_day(tmp_path: Path) -> None:
    batch = booked(tmp_path, "09:30", "09:10", days=3)
    assert minutes(batch) == [10, 30] * 3
    assert batch.arrivals.day.tolist() == [0, 0, 1, 1, 2, 2]
    assert np.unique(batch.arrivals.visit_id).size == 6


def test_bookings_with_dates_hold_on_theirs(tmp_path: Path) -> None:
    lines = ["09:30,2027-01-05", "09:10,2027-01-04", "09:20,2027-01-05", "09:40,2027-01-07"]
    batch = booked(tmp_path, *lines, days=3, day="date")
    assert batch.arrivals.day.tolist() == [0, 1, 1]
    assert minutes(batch) == [10, 20, 30]
    assert (batch.arrivals.order & 0xFFFFFFFF).tolist() == [1, 2, 0]


def test_lateness_is_the_quantile_at_the_bookings_own_number(tmp_path: Path) -> None:
    lines = [f"09:{minute:02}" for minute in range(20, 40)]
    batch = booked(tmp_path, *lines, days=2, lateness=late_by("-2 min", "5 min"))
    arrivals = batch.arrivals
    u = batch.luck.uniforms("appointments/lateness", arrivals.luck_address)
    slot = 20 + (arrivals.order & 0xFFFFFFFF)
    expected = slot + stats.norm(-2, 5).ppf(u)
    assert np.abs(np.array(minutes(batch)) - expected).max() < 1e-6
    early = np.array(minutes(batch)) < slot
    assert 0.4 < early.mean() < 0.9


def test_who_comes_before_opening_waits_for_the_doors(tmp_path: Path) -> None:
    batch = booked(tmp_path, "09:01", "09:30", lateness=late_by("-10 min"))
    assert batch.arrivals.tick[0] == batch.plan.day.opens
    assert minutes(batch)[1] == pytest.approx(20, abs=0.1)


def test_who_comes_at_closing_or_later_does_not_enter(tmp_path: Path) -> None:
    assert minutes(booked(tmp_path, "09:59", "09:51", lateness=late_by("5 min"))) == [
        pytest.approx(56, abs=0.1)
    ]
    hours = {"mon": {"open": "09:00", "close": "10:00"}, "tue": {"open": "09:00", "close": "11:00"}}
    assert minutes(booked(tmp_path, "09:59", "10:00", hours=hours)) == [59]


def test_who_does_not_show_up_does_not_come(tmp_path: Path) -> None:
    lines = [f"09:{minute:02}" for minute in range(50)]
    size = 50 * 40
    every = booked(tmp_path, *lines, days=40)
    assert every.arrivals.tick.size == size
    found = [booked(tmp_path, *lines, days=40, no_show=share) for share in (0.1, 0.4, 1)]
    for share, batch in zip((0.1, 0.4), found, strict=False):
        missing = size - batch.arrivals.tick.size
        assert missing == pytest.approx(share * size, abs=4 * (size * share * (1 - share)) ** 0.5)
    assert found[2].arrivals.tick.size == 0
    # Who stays away at the smaller share stays away at the larger; nobody else's time changes.
    ids = [set(batch.arrivals.visit_id.tolist()) for batch in (every, *found)]
    assert ids[0] > ids[1] > ids[2]
    kept = np.isin(every.arrivals.visit_id, found[1].arrivals.visit_id)
    assert np.array_equal(every.arrivals.tick[kept], found[1].arrivals.tick)


def test_not_to_show_up_has_nothing_to_do_with_being_late(tmp_path: Path) -> None:
    lines = [f"09:{minute:02}" for minute in range(20, 40)]
    options = {"lateness": late_by("0 min", "2 min")}
    every = booked(tmp_path, *lines, days=100, **options)
    some = booked(tmp_path, *lines, days=100, no_show=0.5, **options)
    late = np.array(minutes(every)) - (20 + (every.arrivals.order & 0xFFFFFFFF))
    came = np.isin(every.arrivals.visit_id, some.arrivals.visit_id)
    assert abs(np.corrcoef(late, came)[0, 1]) < 4 / np.sqrt(late.size)


def test_segment_and_need_are_those_of_the_file_else_by_the_shares(tmp_path: Path) -> None:
    lines = ["09:10,,b,cash", "09:20,,a,cash", "09:30,,b,cash"]
    batch = booked(tmp_path, *lines, segment="segment", need="need")
    assert batch.arrivals.segment.tolist() == [1, 0, 1]
    drawn = booked(tmp_path, *lines, days=1000).arrivals.segment
    for segment, share in enumerate((0.5, 0.25, 0.25)):
        assert np.mean(drawn == segment) == pytest.approx(share, abs=4 * (share * (1 - share) / 3000) ** 0.5)


def test_they_come_beside_the_others_and_move_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "booked.csv").write_text("slot\n09:10\n09:20\n")
    data = counter(arrivals__per_hour=40)
    rule = {"file": "booked.csv", "time": "slot", "lateness": late_by("0 min", "3 min"), "no_show": 0.2}
    more = changed(data, {"arrivals.appointments": rule})
    tables = []
    for journey in (journey_of(data), journey_of(more, tmp_path)):
        days = open_days(journey, MONDAY, 20)
        result = simulate_replication(
            journey, days, seed=2, replication=0, target_wait_min=5, keep_steps=True
        )
        assert result.steps is not None
        tables.append(result.steps)
    walk_in = tables[1].join(tables[0], on="visit_id", how="semi")
    assert walk_in.height == tables[0].height
    columns = ["visit_id", "segment", "need", "joined_min"]
    assert walk_in.select(columns).sort("visit_id").equals(tables[0].select(columns).sort("visit_id"))
    per_day = (tables[1].height - walk_in.height) / 20
    assert 1.2 <= per_day <= 2


def test_a_bookings_luck_goes_with_its_row_and_day(tmp_path: Path) -> None:
    """A booking more at the end of the file moves none of those before."""
    lines = ["09:10", "09:20", "09:30"]
    options = {
        "lateness": late_by("0 min", "5 min"),
        "no_show": 0.3,
    }
    some = booked(tmp_path, *lines, days=20, **options).arrivals
    more = booked(tmp_path, *lines, "09:15", days=20, **options).arrivals
    kept = (more.order & 0xFFFFFFFF) < 3
    assert np.array_equal(more.visit_id[kept], some.visit_id)
    assert np.array_equal(more.tick[kept], some.tick)
    late = some.tick - np.array([to_ticks(550 + 10 * row) for row in some.order & 0xFFFFFFFF])
    assert np.unique(late).size == late.size
