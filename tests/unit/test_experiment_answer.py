"""The answer in words, from results made by hand."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from tests.small_branch import SMALL_MAP, small_scenario

from journeysim.experiment import parse_scenario, run
from journeysim.experiment.answer import OF_CUSTOMERS, OF_VISITS, answers, fact_text, returns_on_cost
from journeysim.experiment.results import Comparison, MetricKey, OptionResult
from journeysim.experiment.statistics import Difference, Estimate, ratio_of_means
from journeysim.experiment.workers import METRICS_SCHEMA

FACTS = {fact.metric: fact for fact in (*OF_VISITS, *OF_CUSTOMERS)}
NAN = math.nan
NOTHING = (0.0, 0.0, 0.0)
NET, STAFF, OPTION = "net_value_per_year", "staff_cost_per_year", "option_cost_per_year"


def compared(low, middle, high, real=True):
    return Comparison(Difference(middle, low, high, NAN, 10, NAN), NAN, real)


def said(metric, *interval, real=True):
    return fact_text(FACTS[metric], compared(*interval, real=real), "CNY")


@pytest.mark.parametrize(
    ("metric", "interval", "text"),
    [
        ("wait_mean_min", (-0.61, -0.59, -0.57), "waits fall by 0.59 min (0.57 to 0.61)"),
        ("wait_mean_min", (1.2, 2.0, 2.8), "waits rise by 2.0 min (1.2 to 2.8)"),
        ("customers_end", (65.1, 74.2, 83.3), "74 customers more at the end (65 to 83)"),
        ("customers_end", (-14, -12, -10), "12 customers fewer at the end (10 to 14)"),
        ("customers_end", (1.0, 1.0, 1.0), "1 customer more at the end (in every replication)"),
        (
            "served_fraction",
            (0.012, 0.021, 0.03),
            "the share served rises by 2.1 percentage points (1.2 to 3.0)",
        ),
        (
            "satisfied_fraction",
            (-0.06, -0.04, -0.02),
            "the share of satisfied visits falls by 4 percentage points (2 to 6)",
        ),
        ("staff_cost_per_day", (240.0,) * 3, "staff cost a day rises by 240 CNY (in every replication)"),
        ("staff_cost_per_day", (-0.0012,) * 3, "staff cost a day falls by 0.0012 CNY (in every replication)"),
        (NET, (1.2e6, 2.3e6, 3.4e6), "net value a year rises by 2 million CNY (1 to 3)"),
        (NET, (-31_000, -21_000, -11_000), "net value a year falls by 21 thousand CNY (11 to 31)"),
        (NET, (8_000, 8_500, 9_000), "net value a year rises by 8,500 CNY (8,000 to 9,000)"),
    ],
)  # fmt: skip
def test_a_real_difference_has_a_direction(metric, interval, text):
    assert said(metric, *interval) == text


def test_an_end_that_is_not_zero_never_reads_as_zero():
    assert said("wait_mean_min", 0.0004, 0.5, 0.9996) == "waits rise by 0.5000 min (0.0004 to 0.9996)"


def test_what_is_not_real_has_none():
    text = said("wait_mean_min", -0.1, 0.1, 0.3, real=False)
    assert text == "waits cannot be told from no change (−0.1 to +0.3 min)"
    text = said(NET, -1_000, 10_000, 21_000, real=False)
    assert text == "net value a year cannot be told from no change (−1 to +21 thousand CNY)"
    text = said("customers_end", -0.2, 4, 8.2, real=False)
    assert text == "customers at the end cannot be told from no change (0 to +8)"


def test_an_interval_on_one_side_that_holm_does_not_believe_says_why():
    text = said("wait_mean_min", 0.02, 0.2, 0.38, real=False)
    assert text == "waits cannot be told from no change among so many options (+0.02 to +0.38 min)"


def test_a_claim_needs_an_interval_without_zero():
    # Whoever made the results: real and an interval that contains 0 do not go together.
    assert "no change" in said("wait_mean_min", -0.1, 0.1, 0.3, real=True)


def test_without_an_interval_nothing_is_claimed():
    assert said("wait_mean_min", NAN, 0.4, NAN) == "for waits there are too few replications to tell"


def result(name, metrics=None, differences=None):
    estimates = {MetricKey("all", "", m): Estimate(v, v, v, 10) for m, v in (metrics or {}).items()}
    comparisons = {MetricKey("all", "", m): c for m, c in (differences or {}).items()}
    return OptionResult(name, "", 10, estimates, comparisons)


def test_one_sentence_for_each_option():
    today = result("Today", {"customers_end": 100, NET: 5.0})
    fifth = result(
        "Fifth teller",
        {NET: 6.0},
        {
            "wait_mean_min": compared(-0.61, -0.59, -0.57),
            "customers_end": compared(65, 74, 83),
            NET: compared(-1_000, 10_000, 21_000, real=False),
            "served_fraction": compared(1, 1, 1),
        },
    )
    found = answers(
        [today, fifth], "Today", in_market=True, currency="CNY",
        returns={"Fifth teller": Estimate(3.14, 2.02, 4.2, 10)},
    )  # fmt: skip
    assert found == {
        "Fifth teller": "Fifth teller: waits fall by 0.59 min (0.57 to 0.61); 74 customers more at the end "
        "(65 to 83); net value a year cannot be told from no change (−1 to +21 thousand CNY); returns 3.1 "
        "times its cost (2.0 to 4.2)."
    }


def test_what_stays_is_named_and_what_is_missing_is_not():
    today = result("Today", {"staff_cost_per_day": 0.0})
    same = result(
        "Same",
        {"staff_cost_per_day": 0.0},
        {fact.metric: compared(*NOTHING, real=False) for fact in OF_VISITS},
    )
    empty = result("Empty", {}, {"wait_mean_min": compared(NAN, NAN, NAN, real=False)})
    some = result(
        "Some",
        {"staff_cost_per_day": 9.0},
        {
            "wait_mean_min": compared(-2, -1.5, -1),
            "served_fraction": compared(NAN, NAN, NAN, real=False),
            "staff_cost_per_day": compared(*NOTHING, real=False),
        },
    )
    assert answers([same, today, empty, some], "Today", in_market=False) == {
        # A map without costs has no staff cost to speak of.
        "Same": "Same: waits, the share served and the share of satisfied visits stay exactly as in Today.",
        "Empty": "Empty: nothing to compare.",
        "Some": "Some: waits fall by 1.5 min (1.0 to 2.0); staff cost a day stays exactly as in Today.",
    }


def frame(**options):
    """Metrics table from arrays of (net value, staff cost, option cost) by option."""
    rows = [
        (option, at, "all", "", metric, 0, float(value))
        for option, arrays in options.items()
        for metric, values in zip((NET, STAFF, OPTION), arrays, strict=True)
        for at, value in enumerate(np.broadcast_to(values, 12))
    ]
    return pl.DataFrame(rows, schema=METRICS_SCHEMA, orient="row")


def test_returns_are_what_comes_in_for_each_unit_of_extra_cost():
    noise = np.random.default_rng(2).normal(0, 10, 12)
    found = returns_on_cost(
        frame(
            Today=(1000 + noise, 500, 0),
            Worth=(1000 + 3 * noise + 210, 500 + 60, 40),  # brings 310 for 100
            Loses=(1000 + 3 * noise - 60, 500 + 100, 0),  # brings 40 for 100
            Unsure=(1000 + 30 * noise, 500 + 20, 0),
            Cheaper=(1000 + noise + 50, 500 - 40, 0),
            Free=(1000 + noise + 50, 500, 0),
            Useless=(1000 + 3 * noise - 100, 500 + 100, 0),
        ),
        ["Today", "Worth", "Loses", "Unsure", "Cheaper", "Free", "Useless"],
        "Today",
    )
    assert set(found) == {"Worth", "Loses"}
    gain = 310 + 2 * noise
    assert found["Worth"].mean == pytest.approx(gain.mean() / 100)
    # The cost is the same in every replication: the interval is that of the gain.
    half = 2.200985160 * gain.std(ddof=1) / math.sqrt(12) / 100
    assert found["Worth"].half_width == pytest.approx(half)
    assert found["Loses"].mean < 1


def test_returns_need_money():
    assert returns_on_cost(pl.DataFrame(schema=METRICS_SCHEMA), ["Today", "More"], "Today") == {}


def test_a_ratio_covers_the_true_one_as_often_as_it_says():
    luck = np.random.default_rng(11)
    hits = 0
    for _ in range(2000):
        under = luck.normal(10, 4, 8)
        over = 3 * under + luck.normal(0, 6, 8)
        found = ratio_of_means(over, under)
        hits += found.low <= 3 <= found.high or math.isnan(found.low)
    assert 0.935 < hits / 2000 < 0.965


def test_a_ratio_over_what_may_be_zero_has_no_interval():
    found = ratio_of_means(np.array([1.0, 2.0, 3.0]), np.array([-1.0, 1.0, 0.1]))
    assert math.isnan(found.low)
    assert math.isnan(ratio_of_means(np.array([1.0]), np.array([2.0])).low)
    assert ratio_of_means(np.array([]), np.array([])).n == 0


PAID_MAP = SMALL_MAP.replace("serves: [line]}", "serves: [line], cost_per_hour: 60}")
SCENARIO = small_scenario(
    """\
days: 2
options:
  Today: {}
  More: {set: {staff.tellers.count: 5}}
  Same: {}
""",
    PAID_MAP,
)


def test_a_run_answers():
    found = run(parse_scenario(SCENARIO, "s.yaml"), replications=15, jobs=1, steps=False)
    assert list(found.answers) == ["More", "Same"]
    assert found.answers["More"].startswith("More: waits fall by ")
    assert "staff cost a day rises by " in found.answers["More"]
    assert found.answers["Same"] == (
        "Same: waits, the share served, the share of satisfied visits and staff cost a day stay exactly as "
        "in Today."
    )
    documents = found.document["options"]
    assert [one["answer"] for one in documents] == [None, found.answers["More"], found.answers["Same"]]
    one = run(parse_scenario(SCENARIO, "s.yaml"), replications=1, jobs=1, steps=False)
    assert "for waits there are too few replications to tell" in one.answers["More"]
