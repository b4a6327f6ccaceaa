"""docs/explanation/experience.md: its example is what the program itself scores."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.experience_by_hand import PLAIN, Step, by_hand, rules

from journeysim.experience import score_metrics, sum_scores
from journeysim.experience.totals import DETRACTOR, PROMOTER, SATISFIED
from journeysim.market.presets import default_behaviour


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docs/explanation/experience.md").read_text(encoding="utf-8")


def test_the_program_scores_the_example_as_worked() -> None:
    """Qualities of .8 and .3 are given by bounds that leave no choice."""
    quality = {"attentive": {"low": 0.8, "high": 0.8}, "indifferent": {"low": 0.3, "high": 0.3}}
    sure = rules(**PLAIN, **{f"encounters__{kind}": bounds for kind, bounds in quality.items()})
    visit = [[Step("door", 0.5), Step("counter", 8.0)]]
    changes = {
        "staff.greeters.attentive": 1,
        "staff.tellers.attentive": 0,
        "touchpoints.counter.moment_of_truth": True,
    }
    scores = by_hand(visit, sure, changes).scores(10.0)
    assert scores.score[0] == pytest.approx(-0.288, abs=0.001)
    moments = np.column_stack([scores.wait_moment, scores.encounter_moment]).ravel()
    assert moments == pytest.approx([np.nan, 0.357, 0.260, -0.350], abs=0.001, nan_ok=True)


def test_constants_of_the_page_are_those_of_the_preset(text: str) -> None:
    found = default_behaviour()
    told = " ".join(text.split())
    for value, phrase in (
        (found.waiting.overestimation, "wait × {}"),
        (found.waiting.conditions.seated, "(seated {},"),
        (found.waiting.power, "tanh(x^0{})"),
        (found.waiting.loss_aversion, "tanh(−{} (−x)"),
        (-found.waiting.given_up, "at most −{}."),
        (found.encounters.machine, "a machine that works has {}."),
        (found.encounters.linear.best, "`linear` from −.8 to {};"),
        (found.encounters.attractive.best, "`attractive` from 0 to {},"),
        (found.encounters.must_be.best, "`must_be` from −.9 to {},"),
        (-found.encounters.must_be.worst, "`must_be` from −{} to"),
        (-found.encounters.failed, "A service that failed scores −{}."),
        (found.effort.contact, "{} for each contact of the case beyond the first"),
        (found.effort.handover, "{} for each change of staff group beyond the second"),
        (found.effort.failure, "{} for each failure"),
        (found.effort.most, "{} at most"),
        (found.visits.peak, "`{} × peak"),
        (found.visits.bad_weight, "bad ones count {} times"),
        (found.visits.moment_of_truth, "weigh {} times in the mean"),
        (found.visits.disposition_sd, "disposition (normal, sd {})"),
        (found.visits.mood_sd, "mood of the day (sd {})"),
        (SATISFIED, "the share of visits of {} or more"),
        (PROMOTER, "the share of {} or more less"),
    ):
        assert phrase.format(f"{value:g}".removeprefix("0")) in told, phrase
    assert DETRACTOR == 0


def test_metrics_of_the_page_are_those_there_are(text: str) -> None:
    made = by_hand([[Step("counter")]])
    totals = sum_scores(made.plan, made.arrivals, made.steps, made.scores())
    named = set(re.findall(r"`(\w+_(?:mean|fraction|score))`", text))
    assert named - {"visit_score"} == {found.metric for found in score_metrics(totals)}
