"""The script that makes the call-centre data: what it selects, and that its fits find what is there."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import special

ROOT = Path(__file__).resolve().parents[2]
SUNDAY = date(1999, 7, 4)
CALL = {
    "date": SUNDAY,
    "call_id": 1,
    "type": "PS",
    "vru_exit": 36_000,
    "q_start": 0,
    "q_exit": 0,
    "outcome": "AGENT",
    "ser_start": 36_010,
    "ser_exit": 36_110,
    "server": "S01",
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("call_centre", ROOT / "tools/call_centre.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def records(*calls: Mapping[str, Any], on: date = SUNDAY, filler: int = 1000) -> pl.DataFrame:
    """Records of a day that has ``filler`` calls in the voice menu beside ``calls``."""
    menu = {**CALL, "outcome": "HANG", "ser_start": 0, "ser_exit": 0, "server": "NONE"}
    rows = [{**CALL, **call} for call in calls] + [menu] * filler
    return pl.DataFrame([{**row, "date": row["date"] if row["date"] != SUNDAY else on} for row in rows])


def test_calls_that_ended_in_the_menu_are_left_out(tool: ModuleType) -> None:
    assert tool.regular_calls(records({})).height == 1


@pytest.mark.parametrize(
    ("on", "kept"),
    [(SUNDAY, 1), (SUNDAY + timedelta(4), 1), (SUNDAY + timedelta(5), 0), (date(1999, 5, 23), 0)],
    ids=["Sunday", "Thursday", "Friday", "23 May"],
)
def test_regular_weekdays(tool: ModuleType, on: date, kept: int) -> None:
    assert tool.regular_calls(records({}, on=on)).height == kept


def test_a_day_with_few_calls_is_no_regular_one(tool: ModuleType) -> None:
    assert tool.regular_calls(records({}, filler=998)).height == 0
    assert tool.regular_calls(records({}, filler=999)).height == 1


def test_calls_outside_the_opening_hours_are_left_out(tool: ModuleType) -> None:
    calls = records({"vru_exit": 25_199}, {"vru_exit": 25_200}, {"vru_exit": 86_399})
    assert tool.regular_calls(calls)["joined_s"].to_list() == [25_200, 86_399]


def test_times_that_pass_midnight(tool: ModuleType) -> None:
    late = {"vru_exit": 86_380, "q_start": 86_380, "q_exit": 20, "ser_start": 20, "ser_exit": 80}
    (call,) = tool.regular_calls(records(late)).to_dicts()
    assert (call["wait_s"], call["service_s"]) == (40, 60)
    over = {"vru_exit": 86_000, "ser_start": 86_000, "ser_exit": 100}
    assert tool.regular_calls(records(over))["service_s"].to_list() == [500]


def test_arrivals_say_what_became_of_each_call(tool: ModuleType) -> None:
    hung_up = {"call_id": 2, "vru_exit": 36_030, "q_start": 36_030, "q_exit": 36_075, "outcome": "HANG"}
    found = tool.arrivals(tool.regular_calls(records({}, {**hung_up, "type": "NW"}))).to_dicts()
    assert [row["type"] for row in found] == ["regular", "prospective"]
    assert [row["wait_min"] for row in found] == [0, 0.75]
    assert [row["outcome"] for row in found] == ["served", "reneged"]
    assert [str(row["arrived"]) for row in found] == ["10:00:00", "10:00:30"]


def test_kaplan_meier_of_a_textbook_sample(tool: ModuleType) -> None:
    # Remission of 21 leukaemia patients on 6-MP, Freireich et al. (1963): .857 after week 6, .690 after 13.
    weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    relapse = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    found = tool.kaplan_meier(
        np.array(weeks, float), np.array(relapse, bool), np.array([5, 6, 7, 10, 13, 16, 22, 23], float)
    )
    assert found == pytest.approx([1, 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], abs=5e-4)


@pytest.mark.parametrize(("family", "first", "second"), [("weibull", 300, 0.8), ("lognormal", 200, 1.7)])
def test_censored_fit_finds_the_parameters(
    tool: ModuleType, family: str, first: float, second: float
) -> None:
    # Every 20,000th quantile stands for luck; the censoring waits cycle, so they are unrelated to it.
    share = (np.arange(20_000) + 0.5) / 20_000
    if family == "weibull":
        patience = first * (-np.log1p(-share)) ** (1 / second)
    else:
        patience = first * np.exp(second * special.ndtri(share))
    offered = np.tile([40.0, 110.0, 230.0, 900.0], 5_000)
    gave_up = patience < offered
    found = tool.fit_censored(family, np.minimum(patience, offered), gave_up)
    assert found[:2] == pytest.approx((first, second), rel=0.01)
    assert tool.survival(family, first, second, patience) == pytest.approx(1 - share)


def test_agents_are_present_over_short_gaps_only(tool: ModuleType) -> None:
    def call(start: int, end: int) -> dict[str, Any]:
        return {"ser_start": start, "ser_exit": end}

    # Ten minutes of calls with a gap of 5 minutes, then one of 5 minutes and a second: that one is absence.
    calls = [call(36_000, 36_300), call(36_600, 36_900), call(37_201, 37_500)]
    found = tool.agents_present(tool.regular_calls(records(*calls)), 300)
    assert found[(10 - 7) * 2] == pytest.approx((900 + 299) / 1800)
    assert found.sum() == pytest.approx(found[(10 - 7) * 2])
    spanning = tool.agents_present(tool.regular_calls(records(call(37_700, 37_900))), 300)
    assert spanning[6:8] == pytest.approx([100 / 1800, 100 / 1800])


def test_roster_carries_what_rounding_takes(tool: ModuleType) -> None:
    counts = tool.roster(np.array([1.4, 1.4, 1.4, 2.0]))
    assert counts == {"07:00": 1, "07:30": 2, "08:00": 1, "08:30": 2}
