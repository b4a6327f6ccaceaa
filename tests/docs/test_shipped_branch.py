"""The city branch: appointments, approvals, complaints, real offices' hours, and what its README says."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
import pytest
from tests.conftest import ROOT

from journeysim.experiment import run
from journeysim.journey import Journey, load_journey

LUNCH_MIN = (12 * 60, 14 * 60)
MORNING_MIN = (9 * 60, 11 * 60)
PATCHES: dict[str, dict[str, Any]] = {
    "four tellers": {},
    "fifth teller 12:00–14:00": {"staff.tellers.count": {"09:00": 4, "12:00": 5, "14:00": 4}},
    "three tellers": {"staff.tellers.count": 3},
}
SHAPE = (0.1234, 0.1070, 0.1381, 0.1535, 0.1515, 0.1402, 0.1261, 0.0601)
"""Share of the day in each hour open, as tools/warsaw_shape.py prints it."""


@pytest.fixture(scope="module")
def branch() -> Journey:
    return load_journey(ROOT / "journeys/city-branch.yaml")


@pytest.fixture(scope="module")
def today(branch: Journey) -> pl.DataFrame:
    return with_waits(branch, replications=8)


def with_waits(journey: Journey, replications: int) -> pl.DataFrame:
    steps = run(journey, replications=replications, jobs=1, seed=11).steps
    until = pl.min_horizontal(pl.col("started_min").fill_nan(None), pl.col("ended_min").fill_nan(None))
    return steps.with_columns(wait_min=until - pl.col("joined_min"))


def visits(steps: pl.DataFrame) -> int:
    return steps.select("replication", "day", "visit_id").n_unique()


def joined(steps: pl.DataFrame, between_min: tuple[int, int]) -> pl.DataFrame:
    return steps.filter(pl.col("joined_min").is_between(*between_min, closed="left"))


def mean(steps: pl.DataFrame) -> float:
    return float(steps["wait_min"].to_numpy().mean())


def test_arrivals_have_the_shape_of_the_offices(branch: Journey) -> None:
    rates = [rate for _, rate in branch.arrivals.per_hour_steps()]
    assert [minute for minute, _ in branch.arrivals.per_hour_steps()] == [60 * hour for hour in range(9, 17)]
    assert sum(rates) == pytest.approx(301, abs=0.2)
    assert [rate / sum(rates) for rate in rates] == pytest.approx(SHAPE, abs=0.0003)


def test_as_many_come_as_to_the_measured_branch(branch: Journey, today: pl.DataFrame) -> None:
    booked = branch.arrivals.booked
    rule = branch.arrivals.appointments
    assert booked is not None
    assert rule is not None
    assert 301 + booked.minute.size * (1 - rule.no_show) == pytest.approx(316, abs=0.5)
    assert visits(today) / (8 * 20) == pytest.approx(316, rel=0.02)


def test_most_who_are_booked_come_early_and_few_not_at_all(today: pl.DataFrame) -> None:
    booked = today.filter(pl.col("need") == "booked_advice", pl.col("step") == 1)
    assert booked.height / (8 * 20) == pytest.approx(16 * (1 - 0.045), rel=0.03)
    # Before the first slot, at 09:30, more than half are there.
    early = booked.filter(pl.col("joined_min") < 9.5 * 60).height / (8 * 20)
    assert 0.5 < early < 2.5
    assert set(today.filter(pl.col("touchpoint") == "appointment")["need"]) == {"booked_advice"}


def test_the_teller_is_held_while_the_supervisor_approves(branch: Journey) -> None:
    slow = {"touchpoints.approval.service": {"constant": "15 min"}}
    longer = run(branch.patched(slow), replications=2, jobs=1, steps=False).options[0]
    usual = run(branch, replications=2, jobs=1, steps=False).options[0]
    assert (
        longer.by("staff")["tellers"]["utilisation"].mean > usual.by("staff")["tellers"]["utilisation"].mean
    )
    gap = longer.by("touchpoint")["counter"]["wait_mean_min"].mean
    assert gap > 1.5 * usual.by("touchpoint")["counter"]["wait_mean_min"].mean
    assert {name for name, point in branch.touchpoints.items() if point.lane == "back"} == {
        "approval",
        "form_check",
    }


def test_complaints_have_a_room_of_their_own_and_advisers_who_take_them_first(
    branch: Journey, today: pl.DataFrame
) -> None:
    assert branch.staff["advisers"].serves[0] == "complaint_line"
    complaints = today.filter(pl.col("need") == "complaint")
    assert set(complaints["touchpoint"]) == {"welcome", "complaint_room"}
    assert visits(complaints) / visits(today) == pytest.approx(0.0115, abs=0.002)


@pytest.mark.parametrize("name", PATCHES)
def test_it_comes_out_as_its_readme_says(branch: Journey, today: pl.DataFrame, name: str) -> None:
    text = (ROOT / "journeys/README.md").read_text(encoding="utf-8").split("\n## ")[1]
    row = re.search(rf"^\| {name} \|(.*)\|$", text, re.MULTILINE)
    assert row is not None
    found = re.findall(r"([\d.]+)%? ±", row[1])
    wait, at_lunch, in_the_morning, gave_up = map(float, found)
    steps = today if not PATCHES[name] else with_waits(branch.patched(PATCHES[name]), replications=8)
    counter = steps.filter(pl.col("touchpoint").is_in(["counter", "vip_counter"]))
    # About three standard errors of eight replications.
    assert mean(counter) == pytest.approx(wait, rel=0.12)
    assert mean(joined(counter, LUNCH_MIN)) == pytest.approx(at_lunch, rel=0.2)
    assert mean(joined(counter, MORNING_MIN)) == pytest.approx(in_the_morning, rel=0.25)
    assert (steps["outcome"] == "reneged").sum() / visits(steps) == pytest.approx(gave_up / 100, abs=0.008)


def test_wangdian_has_work_for_no_more_than_it_has() -> None:
    assert load_journey(ROOT / "journeys/wangdian.yaml").warnings == ()


def test_classic_bank_says_what_is_not_the_textbooks() -> None:
    text = (ROOT / "journeys/classic-bank.yaml").read_text(encoding="utf-8")
    assert re.search(r"per_hour: 45 +# assumption", text)
    assert re.search(r"capacity: 15 +# assumption", text)
    assert re.search(r"machine_line\n    service: +# assumption", text)
