"""What service training says of the branch: what every part of it does to the same customers' experience.

No market is needed for these: the same people come to the city branch on the same days, and what they go
through changes. Each change must be beyond what replications differ by.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.claims import assert_falls, assert_rises
from tests.conftest import ROOT

from journeysim.experiment import Run, load_scenario, parse_scenario, run

DAYS, REPLICATIONS = 10, 6
TRAINED = {f"staff.{group}.attentive": 1.0 for group in ("greeters", "tellers", "advisers", "vip_window")}
CROWDED = {"arrivals.scale": 1.15}
MACHINES = {
    "staff.machines.count": 4,
    "touchpoints.welcome.next.cash.to": {"kiosk": 0.9, "counter": 0.1},
}


def half_knowing(told: float) -> dict[str, Any]:
    """The city branch where regular customers differ: six in ten know of the kiosk, the others not.

    Overall as many go to it as the map says. Of who does not know, a sign at the counter line tells a share.
    """
    regular = {
        "priority": 2,
        "patience": {"lognormal": {"median": "19.4 min", "sigma": 0.4}},
        "acceptable_wait": {"lognormal": {"median": "15 min", "sigma": 0.4}},
        "margin_per_year": 900,
    }
    needs = {"cash": (0.692, 0.395), "advice": (0.296, 0.593)}
    return {
        "segments.regular.share": 0.54,
        "segments.unaware": {"share": 0.36} | regular,
        **{
            f"needs.{need}.share": {"regular": share, "unaware": share, "vip": vip}
            for need, (share, vip) in needs.items()
        },
        "touchpoints.welcome.next": [
            {"to": "complaint_room", "when": {"need": "complaint"}},
            {"to": "appointment", "when": {"need": "booked_advice"}},
            {"to": "vip_counter", "when": {"segment": "vip"}},
            {"to": "kiosk", "when": {"need": "cash", "segment": "regular"}},
            {"to": {"kiosk": told, "counter": 1 - told}, "when": {"need": "cash"}},
            {"to": "counter"},
        ],
    }


LEVERS: dict[str, dict[str, Any]] = {
    "Process": {"touchpoints.kiosk.fails": 0.0},
    "Staff training": TRAINED,
    "Roster": {"staff.tellers.count": 6},
    "Self-service": MACHINES,
    "Crowded": CROWDED,
    "Crowded, self-service": CROWDED | MACHINES,
    "Signs": {"queues.counter_line.conditions": ["seated", "informed", "explained", "fair"]},
    "Rest area": {"queues.counter_line.conditions": ["seated", "informed", "comfortable", "occupied"]},
    "Bare hall": {"queues.counter_line.conditions": []},
    "VIPs wait like all": {"segments.vip.acceptable_wait": {"lognormal": {"median": "15 min", "sigma": 0.4}}},
    "VIPs alike": {"segments.vip.encounter_weight": 1},
    "VIPs alike, trained": {"segments.vip.encounter_weight": 1, **TRAINED},
    "VIPs last": {"staff.tellers.serves": ["counter_line", "vip_line"]},
    "Smiles": {"staff.greeters.attentive": 1.0},
    "Slow back office": {"touchpoints.approval.service": {"gamma": {"mean": "6 min", "cv": 0.5}}},
    "Careless back office": {"touchpoints.form_check.fails": 0.3},
    "Complaint desk": {
        "queues.complaint_line.conditions": ["seated", "comfortable"],
        "staff.advisers.attentive": 1.0,
    },
    "Half knowing": half_knowing(0.0),
    "A sign": half_knowing(0.5),
}


@pytest.fixture(scope="module")
def branch() -> Run:
    """The city branch as it ships, and each lever moved alone."""
    document = {
        "scenario": "Levers",
        "journey": "city-branch.yaml",
        "days": DAYS,
        "replications": REPLICATIONS,
        "seed": 3,
        "options": {"Today": {}} | {name: {"set": changes} for name, changes in LEVERS.items()},
    }
    text = json.dumps(document)
    return run(parse_scenario(text, "levers.yaml", ROOT / "journeys"), jobs=1, steps=False)


def values(found: Run, option: str, metric: str, scope: str = "all", name: str = "") -> np.ndarray:
    """Values of a metric by replication."""
    rows = found.metrics.filter(
        (pl.col("option") == option)
        & (pl.col("scope") == scope)
        & (pl.col("name") == name)
        & (pl.col("metric") == metric)
    )
    assert rows.height == found.scenario.replications
    return rows.sort("replication")["value"].to_numpy()


def gain(
    found: Run, option: str, metric: str, scope: str = "all", name: str = "", less: str | None = None
) -> np.ndarray:
    """Paired differences from the baseline, or from another option, by replication."""
    other = found.scenario.baseline if less is None else less
    return values(found, option, metric, scope, name) - values(found, other, metric, scope, name)


@pytest.mark.parametrize("lever", ["Process", "Staff training", "Roster", "Signs", "Rest area"])
def test_every_lever_that_training_names_makes_visits_better(branch: Run, lever: str) -> None:
    """Process, staff training, rosters, signs and a rest area, each alone."""
    assert_rises(gain(branch, lever, "score_mean"))


def test_a_self_service_zone_shortens_waits_and_where_they_are_long_makes_visits_better(branch: Run) -> None:
    """A machine pleases less than an attentive teller: it pays where the line is what spoils visits."""
    assert_falls(gain(branch, "Self-service", "wait_mean_min"), by=0.5)
    crowded = gain(branch, "Crowded, self-service", "score_mean", less="Crowded")
    assert_rises(crowded)
    assert_rises(crowded - gain(branch, "Self-service", "score_mean"))


def test_a_comfortable_branch_makes_waiting_shorter(branch: Run) -> None:
    """To the minute as long, it feels shorter; and longer in a bare hall."""
    for option in ("Rest area", "Bare hall"):
        assert (gain(branch, option, "wait_mean_min") == 0).all()
    assert_rises(gain(branch, "Rest area", "wait_score_mean"), by=0.01)
    assert_falls(gain(branch, "Bare hall", "wait_score_mean"), by=0.01)


def test_vips_want_shorter_waits(branch: Run) -> None:
    """Called first, they wait less; a wait displeases them that would not displease others."""
    assert_rises(gain(branch, "VIPs last", "wait_mean_min", "segment", "vip"), by=0.5)
    assert_falls(gain(branch, "VIPs last", "score_mean", "segment", "vip"), by=0.05)
    assert_falls(gain(branch, "VIPs last", "wait_mean_min", "segment", "regular"))
    assert (gain(branch, "VIPs wait like all", "wait_mean_min", "segment", "vip") == 0).all()
    assert_rises(gain(branch, "VIPs wait like all", "score_mean", "segment", "vip"), by=0.05)
    assert (gain(branch, "VIPs wait like all", "score_mean", "segment", "regular") == 0).all()


def test_vips_want_personal_service(branch: Run) -> None:
    """Attentive staff please them more than they would please who takes encounters like all."""
    vip = ("score_mean", "segment", "vip")
    trained = gain(branch, "Staff training", *vip)
    as_others = gain(branch, "VIPs alike, trained", *vip, less="VIPs alike")
    assert_rises(trained - as_others, by=0.005)
    assert (gain(branch, "VIPs alike", "score_mean", "segment", "regular") == 0).all()


def test_ordinary_customers_want_a_greeting_and_a_smile(branch: Run) -> None:
    assert_rises(gain(branch, "Smiles", "score_mean", "segment", "regular"), by=0.001)
    assert (gain(branch, "Smiles", "wait_mean_min") == 0).all()


def test_front_desk_and_back_office_make_one_experience(branch: Run) -> None:
    """A slow supervisor, whom nobody sees, holds the teller and spoils the visit; so does a wrong form."""
    assert_rises(gain(branch, "Slow back office", "wait_mean_min", "touchpoint", "counter"), by=0.5)
    assert_falls(gain(branch, "Slow back office", "score_mean", "touchpoint", "counter"))
    assert_falls(gain(branch, "Slow back office", "score_mean"), by=0.02)
    assert (gain(branch, "Careless back office", "wait_mean_min") == 0).all()
    assert_falls(gain(branch, "Careless back office", "score_mean"), by=0.02)


def test_a_complaint_room_that_listens_leaves_who_complains_less_dissatisfied(branch: Run) -> None:
    assert_rises(gain(branch, "Complaint desk", "score_mean", "touchpoint", "complaint_room"))


def test_peoples_needs_are_not_the_banks_product_names() -> None:
    """One need takes several touchpoints, one touchpoint serves several needs."""
    document = {"scenario": "Needs", "journey": "city-branch.yaml", "days": 5, "replications": 1, "seed": 3}
    found = run(parse_scenario(json.dumps(document), "needs.yaml", ROOT / "journeys"), jobs=1)
    pairs = found.steps.select("need", "touchpoint").unique()
    used = {need: set(pairs.filter(pl.col("need") == need)["touchpoint"]) for need in pairs["need"].unique()}
    assert set(used) == {"cash", "advice", "booked_advice", "complaint"}
    assert {"counter", "adviser", "approval"} <= used["advice"]
    assert {"counter", "kiosk", "approval"} <= used["cash"]
    assert not set(used) & set(pairs["touchpoint"])


def test_knowledge_of_what_the_bank_offers_is_unequal(branch: Run) -> None:
    """Who does not know of the kiosk queues at the counter; a sign moves some, and all wait less for it."""
    unaware = values(branch, "Half knowing", "wait_mean_min", "segment", "unaware")
    assert_rises(unaware - values(branch, "Half knowing", "wait_mean_min", "segment", "regular"), by=1)
    for segment in ("unaware", "regular"):
        assert_falls(gain(branch, "A sign", "wait_mean_min", "segment", segment, less="Half knowing"))


KNOWLEDGE = """\
journey: Who knows of the kiosk
hours: {open: 09:00, close: 13:00}
segments:
  knows: {share: 0.5, patience: {constant: 2 h}}
  does_not: {share: 0.5, patience: {constant: 2 h}}
needs: {cash: {share: 1, start: door}}
arrivals: {per_hour: 40}
staff:
  machines: {count: 3, serves: [kiosk_line], kind: machine}
  tellers: {count: 2, serves: [line]}
queues: {kiosk_line: {}, line: {}}
touchpoints:
  door:
    stage: Arrive
    service: {constant: 1 s}
    next:
      - {to: kiosk, when: {segment: knows}}
      - {to: sign}
  sign:
    stage: Arrive
    lane: back
    service: {constant: 1 s}
    next: [{to: kiosk, name: told, probability: 0}, {to: counter}]
  kiosk: {stage: Transact, queue: kiosk_line, service: {gamma: {mean: 3 min, cv: 0.7}}}
  counter: {stage: Transact, queue: line, service: {gamma: {mean: 5 min, cv: 0.7}}}
"""


def test_who_does_not_know_of_the_kiosk_never_gets_there_unless_told(tmp_path: Any) -> None:
    """On a map with nothing else, to the last step."""
    (tmp_path / "map.yaml").write_text(KNOWLEDGE)
    text = (
        "scenario: Knowledge\njourney: map.yaml\ndays: 20\nreplications: 4\nseed: 2\n"
        "options: {Today: {}, A sign: {set: {touchpoints.sign.next.told.probability: 0.5}}}\n"
    )
    found = run(parse_scenario(text, "s.yaml", tmp_path), jobs=1, steps=True)
    today = found.steps.filter(pl.col("option") == "Today")
    assert set(today.filter(pl.col("touchpoint") == "counter")["segment"]) == {"does_not"}
    waits = {who: values(found, "Today", "wait_mean_min", "segment", who) for who in ("knows", "does_not")}
    assert (waits["does_not"] > waits["knows"] + 1).all()
    assert gain(found, "A sign", "wait_mean_min", "segment", "does_not").max() < -0.5
    assert gain(found, "A sign", "score_mean", "segment", "does_not").min() > 0


@pytest.fixture(scope="module")
def online() -> Run:
    """The branch of scenarios/go-online.yaml on fifteen days of its horizon."""
    scenario = load_scenario(ROOT / "scenarios/go-online.yaml")
    return _bare(scenario, days=15, replications=3)


def _bare(scenario: Any, days: int, replications: int) -> Run:
    """A scenario's options without its market."""
    options = tuple(replace(option, market=None, days=option.days[:days]) for option in scenario.options)
    return run(replace(scenario, options=options, replications=replications), jobs=1, steps=False)


def test_business_moves_online_where_that_is_easier(online: Run) -> None:
    """Who does it at home need not queue, nor need the others so long; an app that fails sends them back."""
    app, shaky = gain(online, "App", "wait_mean_min"), gain(online, "Shaky app", "wait_mean_min")
    assert app.max() < -0.3
    assert (app < shaky).all()
    assert (shaky < 0).all()
    at_the_counter = gain(online, "App", "score_mean", "touchpoint", "counter")
    assert at_the_counter.min() > 0.02
    assert (gain(online, "Shaky app", "score_mean") < gain(online, "App", "score_mean")).all()


@pytest.mark.slow
def test_one_mortgage_takes_six_phone_calls() -> None:
    """Contacts per case of the six-calls map, today and where everything is settled in one talk."""
    scenario = load_scenario(ROOT / "scenarios/six-calls.yaml")
    found = _bare(scenario, days=250, replications=3)
    today = values(found, "Six contacts", "contacts_per_case")
    assert today.mean() == pytest.approx(5.8, abs=0.25)
    assert values(found, "One contact", "contacts_per_case").max() < 2
    assert gain(found, "One contact", "score_mean").min() > 0.02
