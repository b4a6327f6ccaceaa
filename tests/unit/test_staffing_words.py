"""What is said of a roster is never stronger than its interval."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from journeysim.experiment.staffing.result import Checked, Staffing
from journeysim.experiment.staffing.start import Slots
from journeysim.experiment.staffing.target import Target, Targets
from journeysim.experiment.staffing.words import staffing_answer

TARGET = Target("wait_mean_min", "<=", 5.0)
SERVED = Target("served_fraction", ">=", 0.9, "touchpoint", "No. 3")
MEETS, MISSES, UNCLEAR = (3.0, 3.5, 4.0), (8.0, 8.5, 9.0), (3.0, 5.0, 6.0)


def checked(roster, values):
    return Checked(roster, float(sum(roster)), np.array([values]), 0.0, Targets((TARGET,)))


def staffing(found, today=MISSES, formula=MEETS, *, cost=50.0, nearest=False, roster=(2, 3)):
    return Staffing(
        scenario="Tiny",
        option="Today",
        seed=1,
        fresh_seed=2,
        days=10,
        targets=Targets((TARGET,)),
        group="tellers",
        chosen_because="",
        cost_per_hour=cost,
        currency="CNY",
        slots=Slots((540, 600, 660), (1.0, 1.0)),
        loads=(),
        least=1,
        most=4,
        today=checked((2.0, 2.0), today),
        formula=checked((3, 3), formula),
        found=checked(roster, found),
        nearest=nearest,
        shifts=None,
        proven=True,
        tried=9,
        replications=4,
        formula_knows=(TARGET,),
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (MEETS, "The roster found meets the target on fresh luck: wait_mean_min is 3.5 ("),
        (MISSES, "The roster found misses the target on fresh luck: wait_mean_min is 8.5 ("),
        (
            UNCLEAR,
            "Whether the roster found meets the target cannot be told from chance: wait_mean_min is 4.667",
        ),
    ],
)
def test_the_verdict_is_the_intervals(values, said):
    assert staffing_answer(staffing(values)).startswith(said)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (MEETS, "Today's meets it: "),
        (MISSES, "Today's misses it: "),
        (UNCLEAR, "Today's may meet it or not: "),
    ],
)
def test_so_is_that_of_todays_roster_and_of_the_formulas(values, said):
    assert said in staffing_answer(staffing(MEETS, today=values))
    formula = said.replace("Today's", "The formula's, of 1.0 more hours a day,")
    assert formula in staffing_answer(staffing(MEETS, formula=values))


def test_the_share_of_replications_is_counted():
    assert "2 of 3 replications of 10 days meet the target by themselves" in staffing_answer(
        staffing(UNCLEAR)
    )


@pytest.mark.parametrize(
    ("roster", "cost", "said"),
    [
        ((2, 3), 50.0, "It has 1.0 more rostered hours a day than today's and costs 50 CNY a day more,"),
        ((1, 1), 50.0, "It has 2.0 fewer rostered hours a day than today's and saves 100 CNY a day,"),
        ((1, 3), 50.0, "It has as many rostered hours as today's."),
        ((1, 1), 0.0, "It has 2.0 fewer rostered hours a day than today's, overtime left out."),
        ((3, 3), 50.0, "The formula's roster is the same."),
    ],
)
def test_hours_and_costs_are_beside_todays(roster, cost, said):
    assert said in staffing_answer(staffing(MEETS, roster=roster, cost=cost))


def test_no_roster_is_an_answer():
    text = staffing_answer(staffing(MISSES, nearest=True))
    assert text.startswith(
        "No roster of tellers that was tried meets wait_mean_min <= 5, with at most 4 in a slot"
    )
    assert "the nearest reaches 8.5" in text
    unseen = staffing_answer(staffing((math.nan, math.nan), today=(math.nan, math.nan), nearest=True))
    assert "the nearest reaches no value" in unseen
    assert "Today's has no value." in unseen


@pytest.mark.parametrize(
    ("values", "said"), [(MEETS, "meets it: 3.5 ("), (UNCLEAR, "may meet it or not: 4.667 (")]
)
def test_none_is_said_of_the_search_alone_where_fresh_luck_does_not_agree(values, said):
    text = staffing_answer(staffing(values, nearest=True))
    assert "could the 4 replications of the search tell that it meets wait_mean_min <= 5" in text
    assert f"On fresh luck the nearest {said}" in text
    assert "more --replications" in text
    assert "No roster" not in text


def both(waits, served, roster=(2, 3)):
    return Checked(roster, float(sum(roster)), np.array([waits, served]), 0.0, Targets((TARGET, SERVED)))


@pytest.mark.parametrize(
    ("served", "said"),
    [
        ((0.95, 0.96, 0.97), "The roster found meets the targets on fresh luck: "),
        ((0.5, 0.6, 0.7), "The roster found misses the targets on fresh luck: "),
        ((0.8, 0.9, 0.97), "Whether the roster found meets the targets cannot be told from chance: "),
    ],
)
def test_of_several_targets_every_one_must_be_met(served, said):
    found = replace(
        staffing(MEETS),
        targets=Targets((TARGET, SERVED)),
        today=both(MISSES, (0.95, 0.95, 0.95)),
        formula=both(MEETS, (0.95, 0.95, 0.95)),
        found=both(MEETS, served),
    )
    text = staffing_answer(found)
    assert text.startswith(said + "wait_mean_min is 3.5 (")
    assert ', touchpoints."No. 3".served_fraction is ' in text
    assert f"{sum(value >= 0.9 for value in served)} of 3 replications of 10 days meet all of them" in text
    assert "Today's misses them: wait_mean_min 8.5 (" in text
