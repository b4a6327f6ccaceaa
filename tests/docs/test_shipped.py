"""Every map and scenario that ships: it passes `check`, it runs, and it is what its comments say."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.conftest import ROOT

from journeysim.experiment import Run, Scenario, load_scenario, run
from journeysim.journey import Journey, load_journey

MAPS = sorted((ROOT / "journeys").glob("*.yaml"))
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
SHIPPED = pytest.mark.parametrize("file", [*MAPS, *SCENARIOS], ids=lambda file: file.name)

LUNCH_MIN = (12 * 60, 14 * 60)
MEASURED: dict[str, tuple[dict[str, Any], float, float, float]] = {
    "four tellers": ({}, 4.1, 8.5, 0.039),
    "fifth teller": ({"staff.tellers.count": {"09:00": 4, "11:30": 5, "13:30": 4}}, 2.5, 4.7, 0.014),
    "three tellers": ({"staff.tellers.count": 3}, 7.6, 12.8, 0.105),
}
"""What the prototype of the model gave: wait for a counter, the same at lunch (min), share giving up."""


def test_the_maps_and_scenarios_that_the_readme_names_are_there() -> None:
    text = (ROOT / "journeys/README.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| `([\w-]+)\.yaml` \|", text, re.MULTILINE)
    assert sorted(table) == sorted(file.stem for file in MAPS)
    assert set(table) >= {
        "call-centre",
        "call-centre-typical",
        "city-branch",
        "classic-bank",
        "measured-branch",
        "six-calls",
        "wangdian",
    }
    named = set(re.findall(r"scenarios/([\w-]+)\.yaml", text))
    assert {"lunch-hour", "fewer-calls"} <= named <= {file.stem for file in SCENARIOS}
    assert {file.stem for file in SCENARIOS} >= {"lunch-hour", "vip-window", "kiosks", "greeter"}


def test_check_accepts_all_in_one_go() -> None:
    files = [str(file.relative_to(ROOT)) for file in [*MAPS, *SCENARIOS]]
    done = subprocess.run(
        [sys.executable, "-m", "journeysim", "check", *files], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert all(f"{file}: ok" in done.stdout for file in files)


@SHIPPED
def test_an_editor_finds_the_schema(file: Path) -> None:
    kind = "journey" if file in MAPS else "scenario"
    first = file.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=../schemas/{kind}.json"


def small(file: Path) -> Scenario:
    """What a file holds; of a market a season with a fifth of its visits, as its calibration takes long."""
    scenario = load_scenario(file)
    if scenario.options[0].market is None:
        return scenario
    season = ("market.months=4", "market.burn_in_months=1", "arrivals.scale=0.2")
    return load_scenario(file, changes=season)


def runs_of_all() -> list[Any]:
    """Every file; most markets only among the slow tests, as each is calibrated first."""
    quick = {"lunch-hour", "rival-opens", "vip-window", "kiosks", "greeter"}
    slow = pytest.mark.slow
    return [
        pytest.param(file, id=file.name, marks=[slow] if file in SCENARIOS and file.stem not in quick else [])
        for file in [*MAPS, *SCENARIOS]
    ]


@pytest.mark.parametrize("file", runs_of_all())
def test_it_runs_and_every_visit_ends(file: Path) -> None:
    done = run(small(file), replications=1, jobs=1, steps=False)
    for option in done.options:
        found = {name: estimate.mean for name, estimate in option.metrics.items()}
        assert found["visits_per_day"] > (10 if done.scenario.options[0].market else 50)
        outcomes = ("served", "failed", "balked", "reneged", "rejected", "closed", "in_progress")
        assert sum(found[f"{name}_fraction"] for name in outcomes) == pytest.approx(1, abs=1e-12)
        assert found["in_progress_fraction"] == 0


@SHIPPED
def test_nothing_of_the_maker_is_left_in_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(work|home|tmp|Users)/|\bTODO\b|\btbd\b|\t", text)
    assert max(len(line) for line in text.splitlines()) <= 110


def wait_min(steps: pl.DataFrame) -> pl.Series:
    """Minutes from joining until service or giving up."""
    until = pl.min_horizontal(pl.col("started_min").fill_nan(None), pl.col("ended_min").fill_nan(None))
    return steps.select(until - pl.col("joined_min")).to_series()


@pytest.mark.parametrize("name", MEASURED)
def test_measured_branch_gives_the_measurements_back(name: str) -> None:
    patch, wait, at_lunch, gave_up = MEASURED[name]
    journey = load_journey(ROOT / "journeys/measured-branch.yaml").patched(patch)
    steps = run(journey, replications=15, jobs=1, seed=11).steps
    counter = steps.filter(pl.col("touchpoint").is_in(["counter", "vip_counter"]))
    lunch = counter.filter(pl.col("joined_min").is_between(*LUNCH_MIN, closed="left"))
    visits = steps.select("replication", "day", "visit_id").n_unique()
    # About three standard errors of 15 replications, and the rounding of what was measured.
    assert wait_min(counter).mean() == pytest.approx(wait, rel=0.08)
    assert wait_min(lunch).mean() == pytest.approx(at_lunch, rel=0.08)
    assert (steps["outcome"] == "reneged").sum() / visits == pytest.approx(gave_up, abs=0.006)
    assert visits / (15 * 20) == pytest.approx(316, rel=0.02)


def test_city_branch_has_all_that_a_planner_expects() -> None:
    journey = load_journey(ROOT / "journeys/city-branch.yaml")
    touchpoints = journey.touchpoints.values()
    assert {touchpoint.stage for touchpoint in touchpoints} == {
        "Arrive",
        "Transact",
        "Advise",
        "Complain",
        "Leave",
    }
    assert {touchpoint.lane for touchpoint in touchpoints} == {"front", "back"}
    assert any(touchpoint.moment_of_truth for touchpoint in touchpoints)
    assert any(queue.conditions for queue in journey.queues.values())
    assert journey.touchpoints["kiosk"].if_failed == "counter"
    assert journey.staff["machines"].kind == "machine"


def test_classic_bank_is_the_textbook_bank() -> None:
    journey = load_journey(ROOT / "journeys/classic-bank.yaml")
    service = journey.touchpoints["teller"].service.triangular
    assert service is not None
    assert (service.low_min, service.mode_min, service.high_min) == (2.5, 6, 11)
    assert journey.staff["tellers"].roster_steps() == [(0, 4)]
    assert journey.queues["teller_line"].capacity == 20
    assert [need.share for need in journey.needs.values()] == [0.5, 0.5]


def names_in(journey: Journey) -> list[str]:
    """Every word of a map that is the planner's own."""
    parts: list[Mapping[str, Any]] = [journey.segments, journey.needs, journey.staff, journey.queues]
    names = [journey.name, journey.description, *journey.touchpoints]
    names += [name for part in parts for name in part]
    names += [touchpoint.stage for touchpoint in journey.touchpoints.values()]
    names += [touchpoint.channel for touchpoint in journey.touchpoints.values()]
    return names + [rule.name or "" for point in journey.touchpoints.values() for rule in point.next]


def test_wangdian_is_wholly_in_chinese() -> None:
    file = ROOT / "journeys/wangdian.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()[1:]
    comments = [line.split("# ", 1)[1] for line in lines if "# " in line]
    assert len(comments) > 15
    assert not [text for text in [*names_in(load_journey(file)), *comments] if re.search("[A-Za-z]", text)]
    assert not [text for text in comments if not re.search(r"[\u4e00-\u9fff]", text)]


def test_call_centre_log_is_the_regular_weekdays_of_july() -> None:
    log = load_journey(ROOT / "journeys/call-centre.yaml").arrivals.recorded
    assert log is not None
    assert len(log.dates) == 20
    assert log.minute.size == 32_383
    assert {day.month for day in log.dates} == {7}
    assert {day.weekday() for day in log.dates} == {6, 0, 1, 2, 3}
    assert date(1999, 7, 22) not in log.dates
    assert log.minute.min() >= 7 * 60
    assert log.observed_outcome is not None
    assert log.observed_wait_min is not None
    assert np.mean(np.array(log.observed_outcome) == "reneged") == pytest.approx(0.1973, abs=5e-5)
    assert log.observed_wait_min.mean() * 60 == pytest.approx(81.6, abs=0.05)
    assert (ROOT / "journeys/data/call-centre-july.parquet").stat().st_size < 250_000


@pytest.fixture(scope="module")
def july() -> Run:
    return run(load_scenario(ROOT / "journeys/call-centre.yaml"), replications=5, jobs=1, steps=False)


def test_call_centre_comes_as_close_as_its_readme_says(july: Run) -> None:
    text = (ROOT / "journeys/data/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == ["all", *load_journey(ROOT / "journeys/call-centre.yaml").segments]
    assert july.observed is not None
    (today,) = july.options
    for name, *numbers in rows:
        observed_wait, wait, observed_gave_up, gave_up = map(float, numbers)
        observed = july.observed.metrics if name == "all" else july.observed.by_segment[name]
        simulated = today.metrics if name == "all" else today.by("segment")[name]
        assert observed["wait_mean_min"] == pytest.approx(observed_wait, abs=0.005)
        assert observed["reneged_fraction"] == pytest.approx(observed_gave_up, abs=0.0005)
        # About three standard errors of five replications; English calls are only 116 in the month.
        close, near = (0.3, 0.1) if name == "english" else (0.03, 0.005) if name == "all" else (0.12, 0.03)
        assert simulated["wait_mean_min"].mean == pytest.approx(wait, rel=close)
        assert simulated["reneged_fraction"].mean == pytest.approx(gave_up, abs=near)


def test_call_centre_thanks_its_source() -> None:
    text = (ROOT / "journeys/data/README.md").read_text(encoding="utf-8")
    for word in ("Guedj", "Mandelbaum", "Technion", "Anonymous Bank"):
        assert word in text


def test_lunch_hour_asks_the_four_questions() -> None:
    scenario = load_scenario(ROOT / "scenarios/lunch-hour.yaml")
    names = ["Today", "Fifth teller at lunch", "VIP window opened to all", "One more machine"]
    assert [option.name for option in scenario.options] == names
    # Waits do not need the year: a month of the branch, with the people who are customers at the start.
    month = ("market.months=1", "market.burn_in_months=0")
    done = run(
        load_scenario(ROOT / "scenarios/lunch-hour.yaml", changes=month), replications=4, jobs=1, steps=False
    )
    change = {option.name: option.versus_baseline["wait_mean_min"].difference for option in done.options[1:]}
    assert change["Fifth teller at lunch"].high < -0.2
    assert change["VIP window opened to all"].high < -0.2
    assert abs(change["One more machine"].difference) < 0.1
