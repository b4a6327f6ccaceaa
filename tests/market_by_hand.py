"""What the tests of the market share: a small branch, small markets on it, and states written out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from journeysim.branch.luck import Address
from journeysim.experiment import Scenario, parse_scenario
from journeysim.experiment.yaml_text import to_yaml
from journeysim.market.behaviour import Behaviour
from journeysim.market.model import Market, ScoreShape
from journeysim.market.opinions import Visits
from journeysim.market.presets import load_behaviour
from journeysim.market.state import RUNGS, State
from tests.branch_days import changed

SMALL: dict[str, Any] = {
    "journey": "Small branch",
    "hours": {"open": "09:00", "close": "11:00"},
    "segments": {
        "regular": {
            "share": 0.8,
            "priority": 2,
            "patience": {"exponential": {"mean": "9 min"}},
            "margin_per_year": 900,
        },
        "vip": {"share": 0.2, "acceptable_wait": {"constant": "3 min"}, "margin_per_year": 9000},
    },
    "needs": {
        "cash": {"share": {"regular": 0.8, "vip": 0.5}, "start": "counter"},
        "loan": {"share": {"regular": 0.2, "vip": 0.5}, "start": "counter"},
    },
    "arrivals": {
        "per_hour": {"09:00": 20, "10:00": 12},
        "day_of_week": dict.fromkeys(("wed", "thu", "fri", "sat", "sun"), 0),
    },
    "staff": {
        "tellers": {"count": 2, "serves": ["line"], "cost_per_hour": 60, "attentive": 0.7},
        "machines": {"count": 1, "serves": ["machine_line"], "kind": "machine"},
    },
    "queues": {"line": {"discipline": "priority"}, "machine_line": {"patience": "none"}},
    "touchpoints": {
        "counter": {
            "stage": "Transact",
            "queue": "line",
            "service": {"gamma": {"mean": "5 min", "cv": 0.7}},
            "moment_of_truth": True,
            "next": [{"to": "machine", "when": {"need": "cash"}, "probability": 0.4}, {"to": "leave"}],
        },
        "machine": {
            "stage": "Transact",
            "queue": "machine_line",
            "service": {"exponential": {"mean": "1 min"}},
            "reason": "product",
            "fails": 0.05,
        },
    },
}
"""Two tellers and a machine, open two hours on Mondays and Tuesdays; some 32 visits a day."""

MARKET: dict[str, Any] = {
    "customers": 300,
    "months": 3,
    "burn_in_months": 1,
    "network": {"small_world": {"ties": 8, "rewire": 0.25}},
    "rivals": {"Rival A": {"share": 0.4}, "Rival B": {"share": 0.25, "score": {"mean": 0.1, "sd": 0.5}}},
}


def scenario_of(
    options: dict[str, Any] | None = None,
    market: dict[str, Any] | None = None,
    plan: dict[str, Any] | None = None,
    folder: Path | None = None,
    **head: Any,
) -> Scenario:
    """A scenario with a small market; ``market`` and ``plan`` change values by dotted path."""
    data = {
        "scenario": "Small market",
        "replications": 2,
        "seed": 5,
        "journey": changed(SMALL, plan or {}),
        "market": changed(MARKET, market or {}),
        "options": options or {"Today": {}},
    }
    return parse_scenario(to_yaml(data | head), "scenario.yaml", folder)


def scored_market(ours: ScoreShape, rival: ScoreShape, months: int = 3, **changes: Any) -> Market:
    """A market whose banks all have named scores; our branch only says who comes when."""
    found = scenario_of(market={"months": months}).options[0].market
    assert found is not None
    named = [ours, rival, rival]
    banks = tuple(replace(bank, scores=shape) for bank, shape in zip(found.banks, named, strict=True))
    return replace(found, banks=banks, **changes)


def behaviour_with(**values: Any) -> Behaviour:
    """The default behaviour with some constants changed; dots in names are written as double underscores."""
    changes = {path.replace("__", "."): value for path, value in values.items()}
    return load_behaviour({"preset": "rules-of-thumb", "set": changes}).behaviour


def state_of(bank: list[int], banks: int = 2, **values: Any) -> State:
    """People with the given banks, long there, of no opinion, unless ``values`` says otherwise."""
    people = len(bank)
    found = State(
        segment=np.zeros(people, dtype=np.int64),
        bank=np.array(bank, dtype=np.int64),
        tenure=np.full(people, 24),
        visits=np.ones(people, dtype=np.int64),
        idle=np.zeros(people, dtype=np.int64),
        satisfaction=np.zeros(people),
        staff=np.zeros(people),
        product=np.zeros(people),
        rung=np.full(people, RUNGS.index("stable")),
        held=np.zeros(people, dtype=np.int64),
        bad_first=np.zeros(people, dtype=bool),
        disposition=np.zeros(people),
        heard=np.zeros((banks, people)),
        known=np.full((banks, people), np.nan),
        left_bank=np.full(people, -1, dtype=np.int64),
        left_month=np.zeros(people, dtype=np.int64),
    )
    for name, value in values.items():
        array = getattr(found, name)
        array[...] = value
    return found


def visits_of(
    person: list[int],
    score: list[float],
    bank: list[int] | None = None,
    staff: list[float] | None = None,
    product: list[float] | None = None,
    day: int = 3,
) -> Visits:
    """Visits in the order given, each with luck of its own."""
    count = len(person)
    nothing = [np.nan] * count
    return Visits(
        person=np.array(person, dtype=np.int64),
        bank=np.array(bank or [0] * count, dtype=np.int64),
        score=np.array(score, dtype=np.float64),
        staff=np.array(nothing if staff is None else staff, dtype=np.float64),
        product=np.array(nothing if product is None else product, dtype=np.float64),
        time=np.arange(count),
        begins=np.ones(count, dtype=bool),
        luck_address=Address.of(np.arange(count), 7, np.full(count, day)),
    )
