"""Runs to make reports of: small, and awkward in every way that a report must bear."""

from __future__ import annotations

from pathlib import Path

from journeysim import Run, load_scenario, run
from journeysim.experiment import parse_scenario
from tests.market_maps import write_market
from tests.small_branch import SMALL_MAP, small_scenario

HOSTILE = "<script>alert(1)</script> & --> ]]> {{ 7*7 }} $x$"
CHINESE = "午间加开一个窗口"
LONG = "An option whose name goes on and on as far as a name may without ever ending at"

OPTIONS = f"""\
description: "Is it <b>bold</b> to ask?"
days: 3
replications: 3
seed: 3
options:
  Today: {{}}
  '{HOSTILE}': {{set: {{staff.tellers.count: 4}}, description: "<i>One</i> more"}}
  {CHINESE}: {{set: {{staff.tellers.count: 5}}, cost_per_year: 1000}}
  {LONG}: {{}}
contrasts:
  Beyond: {{of: [{CHINESE}, Today], less: ['{LONG}', Today]}}
"""

GRID = """\
days: 1
replications: 8
grid:
  staff.tellers.count: [2, 3, 4, 5, 6, 7]
  arrivals.scale: [0.8, 0.9, 1.0, 1.1, 1.2, 1.3]
"""

MARKET = """\
scenario: Small market
journey: map.yaml
seed: 3
replications: 3
market: {customers: 120, months: 5, burn_in_months: 1}
behaviour: {preset: rules-of-thumb, set: {telling.told_bad: 12}}
options:
  Today: {}
  One more teller: {set: {staff.tellers.count: 3}}
"""

BRANCHES = """\
scenario: Two branches
seed: 3
replications: 2
journey: map.yaml
market:
  customers: 240
  months: 1
  burn_in_months: 1
  branches:
    Centre: {journey: map.yaml, customers: 160}
    Harbour: {journey: map.yaml, customers: 80}
options:
  Today: {}
  More in the centre: {set: {branches.Centre.staff.tellers.count: 3}}
"""

LOG = "day,at,wait,outcome\n" + "".join(
    f"2027-01-{day:02d},09:{minute:02d},{wait},served\n"
    for day in (4, 5)
    for minute, wait in ((1, 0), (3, 1.5), (4, 3), (9, 0.5), (20, 0), (21, 2))
)
"""Minutes of waiting, of two days."""


def options_run() -> Run:
    """Four options of a branch, with steps and a contrast; names hold what HTML would take for its own."""
    return run(parse_scenario(small_scenario(OPTIONS), "s.yaml"), jobs=1)


def bare_run() -> Run:
    """A map alone, one replication of it."""
    return run(parse_scenario(small_scenario("days: 2\nreplications: 1\n"), "s.yaml"), jobs=1)


def grid_run() -> Run:
    """Three dozen options, without steps."""
    return run(parse_scenario(small_scenario(GRID), "s.yaml"), jobs=1, steps=False)


def hundreds_run() -> Run:
    """As many options as nobody can read."""
    scales = ", ".join(f"{0.5 + number / 100:.2f}" for number in range(120))
    text = f"days: 1\nreplications: 2\ngrid: {{arrivals.scale: [{scales}], staff.tellers.count: [3, 4]}}\n"
    return run(parse_scenario(small_scenario(text), "s.yaml"), jobs=1, steps=False)


def market_run(folder: Path) -> Run:
    """Two options in a market, kept in a folder."""
    return run(write_market(folder, MARKET), jobs=1, steps=False, out=folder)


def branches_run(folder: Path) -> Run:
    """A bank of two branches."""
    return run(write_market(folder, BRANCHES), jobs=1, steps=True)


def observed_run(folder: Path) -> Run:
    """A map that has its arrivals, and what became of them, from a log."""
    (folder / "log.csv").write_text(LOG)
    text = SMALL_MAP.replace(
        "{per_hour: 40}",
        "{from_log: {file: log.csv, time: at, day: day, observed: {wait: wait, outcome: outcome}}}",
    ).replace("count: 3", "count: 1")
    (folder / "map.yaml").write_text(text)
    return run(load_scenario(folder / "map.yaml", replications=3), jobs=1)
