"""What the baseline fixes, and what it leaves as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from tests.branch_days import changed
from tests.market_by_hand import SMALL, behaviour_with, scenario_of

from journeysim.branch.luck import Luck
from journeysim.errors import InputError
from journeysim.market import balancing, projection
from journeysim.market.model import Alternative
from journeysim.market.places import first_state, settle_in
from journeysim.market.start import AVERAGED_MONTHS, Start, calibrated


def baseline(**changes) -> Alternative:
    option = scenario_of(**changes).options[0]
    assert option.market is not None
    return Alternative("Today", option.market, option.behaviour)


@pytest.fixture(scope="module")
def start() -> Start:
    return calibrated(baseline(), 5, 10.0)


def test_constants_of_the_choice_stay_moderate_in_a_small_market(start):
    assert np.abs(start.constants.choosing).max() < 1.5
    assert (start.constants.leaving > 0).all()


def test_what_was_found_is_the_mean_of_the_last_months(start):
    sizes = [
        [record.values["bank", name, "customers"] for name in ("ours", "Rival A", "Rival B")]
        for record in start.months[-AVERAGED_MONTHS:]
    ]
    assert_allclose(np.mean(sizes, axis=0) / 857, [0.35, 0.4, 0.25], atol=0.03)
    heard = np.mean([record["heard_mean"] for record in start.months[-AVERAGED_MONTHS:]])
    assert start.heard[0] == pytest.approx(heard, abs=0.02)


def test_a_start_is_kept_and_read_again_bit_for_bit(start):
    again = Start.from_bytes(start.to_bytes())
    for name in ("satisfaction", "heard", "image", "usual_gap_months", "visits_a_month"):
        assert_array_equal(getattr(again, name), getattr(start, name))
    for bank in range(3):
        for name in ("score", "staff", "product", "segment"):
            assert_array_equal(getattr(again.samples[bank], name), getattr(start.samples[bank], name))
    assert again.samples[1] is again.samples[0]
    assert_array_equal(again.constants.leaving, start.constants.leaving)
    assert_array_equal(again.constants.choosing, start.constants.choosing)
    assert again.months == ()


def test_a_start_depends_on_the_seed_alone_and_not_on_the_horizons_replications(start):
    same = calibrated(baseline(replications=50), 5, 10.0)
    assert_array_equal(same.constants.leaving, start.constants.leaving)
    other = calibrated(baseline(), 6, 10.0)
    assert (other.constants.leaving != start.constants.leaving).all()


def test_the_usual_gap_is_customers_by_visits_of_a_month(start):
    # 20 and 12 an hour on nine days a month, eight in ten of them regular, as are the customers.
    assert_allclose(start.usual_gap_months, 300 / (32 * 9), rtol=0.35)
    assert_allclose(start.visits_a_month, 1 / start.usual_gap_months)


def test_contacts_of_a_case_are_one_for_the_usual_gap_and_many_for_opinions(start):
    again = [
        {"name": "again", "to": "counter", "probability": 0.5, "after": {"constant": "35 days"}},
        {"to": "machine", "when": {"need": "cash"}, "probability": 0.4},
        {"to": "leave"},
    ]
    found = calibrated(baseline(plan={"touchpoints.counter.next": again}), 5, 10.0, months=12)
    assert_allclose(found.usual_gap_months, start.usual_gap_months, rtol=0.35)
    # Half of the contacts that are served lead to another one: some have to be given up.
    contacts = found.visits_a_month * found.usual_gap_months
    assert ((contacts > 1.3) & (contacts < 2.1)).all()


def test_scores_are_of_a_month_with_visits_where_a_case_waits_for_months_of_closed_days():
    again = [
        {"to": "counter", "probability": 0.5, "after": {"constant": "60 days"}},
        {"to": "machine", "when": {"need": "cash"}, "probability": 0.4},
        {"to": "leave"},
    ]
    plan = {"touchpoints.counter.next": again}
    closed = [str(date(2027, 2, 1) + timedelta(days=day)) for day in range(28 * 4)]
    spring = {"plan": plan, "market": {"months": 6}, "first_day": "2027-01-04", "closed": closed}
    found = calibrated(baseline(**spring), 5, 10.0, months=12)
    assert found.samples[0].score.size > 100


def test_a_bank_with_a_map_of_its_own_has_scores_of_its_own():
    faster = {"share": 0.4, "journey": changed(SMALL, {"staff.tellers.count": 4})}
    found = calibrated(baseline(market={"rivals.Rival A": faster}), 5, 10.0, months=12)
    ours, theirs, like_ours = found.samples
    assert theirs.score.mean() > ours.score.mean()
    assert like_ours is ours
    again = Start.from_bytes(found.to_bytes())
    assert_array_equal(again.samples[1].score, theirs.score)
    assert again.samples[2] is again.samples[0]


def test_a_bank_with_named_reputation_is_thought_of_as_named():
    option = baseline(market={"heard": 0.4, "rivals.Rival A.heard": -0.2, "rivals.Rival B.heard": 0.0})
    found = calibrated(option, 5, 10.0)
    # What is heard comes from visits; the image is the rest, so that preferences are as named.
    preferred = [
        [record.values["bank", name, "preferred_fraction"] for name in ("ours", "Rival A", "Rival B")]
        for record in found.months[-12:]
    ]
    pull = np.exp(option.behaviour.choosing.reputation * np.array([0.4, -0.2, 0.0]))
    assert_allclose(np.mean(preferred, axis=0), pull / (1 + pull.sum()), atol=0.03)
    assert np.abs(found.image).max() > 0.1


def test_a_bank_yet_to_open_has_our_constants_and_nobody():
    option = baseline(market={"rivals.New": {"opens": "2027-02-01"}})
    found = calibrated(option, 5, 10.0, months=12)
    assert_array_equal(found.constants.leaving[3], found.constants.leaving[0])
    assert (found.constants.choosing[3] == 0).all()
    assert found.months[-1].values["bank", "New", "customers"] == 0


def test_banks_that_score_otherwise_start_with_other_opinions():
    option = baseline(market={"rivals.Rival B.score": {"mean": 0.8, "sd": 0.1}})
    found = calibrated(option, 5, 10.0, months=12)
    assert found.satisfaction[0, 2].min() > 0.6 > found.satisfaction[0, :2].max()
    quiet = replace(option, behaviour=behaviour_with(visits__disposition_sd=0.0))
    assert calibrated(quiet, 5, 10.0, months=12).satisfaction[0, 2] == pytest.approx(0.75, abs=0.1)


def test_the_constants_that_are_kept_do_not_make_up_for_luck(monkeypatch):
    """A month's own constants do, by which members come back; those that last have another mean."""
    found = []

    def balanced(*arguments):
        found.append(balancing.balanced(*arguments))
        return found[-1]

    monkeypatch.setattr(projection, "balanced", balanced)
    start = calibrated(baseline(), 5, 10.0)
    this_month, for_good = (np.mean([month[k] for month in found[-AVERAGED_MONTHS:]], axis=0) for k in (0, 1))
    assert_allclose(start.constants.choosing, for_good)
    assert np.abs(this_month - for_good).max() > 0.01


def test_a_baseline_to_which_nobody_comes_is_refused():
    with pytest.raises(InputError, match="visits on the baseline are required"):
        calibrated(baseline(plan={"arrivals.scale": 0}), 5, 10.0, months=12)


def test_nobody_has_been_idle_for_longer_than_they_are_customers():
    option = baseline(market={"customers": 3000})
    places = settle_in(option.market, Luck(1, 0))
    often = np.full(option.market.people, 40.0)
    means = np.zeros((3, 3, 2))
    state = first_state(option.market, places, option.behaviour, means, np.zeros(3), often, Luck(1, 0))
    assert (state.idle <= state.tenure).all()
    assert (state.idle > 40).mean() > 0.1
