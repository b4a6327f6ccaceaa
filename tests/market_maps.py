"""A small branch with a market around it, for tests of what needs one."""

from __future__ import annotations

from pathlib import Path

MAP = """\
journey: Small branch
currency: CNY
hours: {open: 09:00, close: 10:00}
segments:
  regular:
    share: 1
    patience: {exponential: {mean: 12 min}}
    acceptable_wait: {constant: 6 min}
    margin_per_year: 900
needs:
  cash: {share: 1, start: welcome}
arrivals: {per_hour: 14, day_of_week: {sat: 0, sun: 0}}
staff:
  greeters: {count: 1, serves: [door], cost_per_hour: 40}
  machines: {count: 2, serves: [kiosk_line], kind: machine, cost_per_hour: 12}
  tellers: {count: {09:00: 1, 09:30: 2}, serves: [line, desk_line], cost_per_hour: 60, attentive: 0.95}
queues:
  door: {}
  kiosk_line: {}
  line: {conditions: [seated]}
  desk_line: {conditions: [seated, informed, explained, occupied, comfortable, fair]}
touchpoints:
  welcome:
    stage: Arrive
    queue: door
    service: {constant: 20 s}
    next: [{to: {kiosk: 0.4, counter: 0.6}}]
  kiosk:
    stage: Transact
    channel: self-service
    queue: kiosk_line
    service: {gamma: {mean: 3 min, cv: 0.7}}
    fails: 0.1
    if_failed: counter
  counter:
    stage: Transact
    queue: line
    service: {by_need: {other: {gamma: {mean: 4 min, cv: 0.7}}}}
    wrap_up: {constant: 1 min}
    next: [{to: desk, probability: 0}, {to: leave}]
  desk:
    stage: Advise
    queue: desk_line
    service: {mixture: [{share: 0.5, of: {constant: 4 min}}, {share: 0.5, of: {erlang: {mean: 9 min, k: 2}}}]}
    fails: 0.2
"""

SCENARIO = """\
scenario: Small market
journey: map.yaml
seed: 3
replications: 3
market: {customers: 120, months: 2, burn_in_months: 1}
options:
  Today: {}
  One more teller: {set: {staff.tellers.count: 3}}
"""


def write_market(folder: Path, scenario: str = SCENARIO, journey: str = MAP) -> Path:
    """Write a map and a scenario into a folder; returns the scenario's file."""
    (folder / "map.yaml").write_text(journey, encoding="utf-8")
    path = folder / "scenario.yaml"
    path.write_text(scenario, encoding="utf-8")
    return path
