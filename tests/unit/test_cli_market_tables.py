"""Tables of a market, from results made by hand."""

from __future__ import annotations

import math
from functools import partial

import pytest
from rich.cells import cell_len
from tests.market_by_hand import scenario_of

from journeysim.cli.cells import fitting
from journeysim.cli.columns import WIDTH
from journeysim.cli.market_tables import MOST_MONTHS, market_tables
from journeysim.experiment import parse_scenario
from journeysim.experiment.headline import differences_first, headline_columns
from journeysim.experiment.remarks import behaviour_text, horizon_text
from journeysim.experiment.results import Comparison, MetricKey, OptionResult
from journeysim.experiment.statistics import Difference, Estimate
from journeysim.experiment.yaml_text import to_yaml

WHOLE = {
    "customers_end": 600, "retained_fraction": 0.95, "satisfied_fraction": 0.47, "net_promoter_score": -0.07,
    "told_good": 22769, "told_bad": 8098, "read_bad": 4280, "told_per_good_story": 5,
    "told_per_bad_story": 11,
    "margin_per_year": 1_023_000, "acquisition_cost_per_year": 28_890, "retention_cost_per_year": 51_158,
    "staff_cost_per_year": 1_224_000, "option_cost_per_year": 0, "net_value_per_year": -281_048,
    "customer_equity": 3_753_000,
}  # fmt: skip
REASONS = {
    "died": 1, "moved": 2, "other_relationships": 3, "rival": 4, "product": 10, "indifferent_staff": 20,
}  # fmt: skip
RUNGS = ("enthusiast", "active", "stable", "indifferent", "freezing", "at risk")
BANKS = {"ours": 600, "Rival A": 700, "远方银行": 700}
EACH_MONTH = ("customers", "lost", "acquired", "satisfied_fraction", "told_good", "told_bad")


def about(value):
    return Estimate(value, value - abs(value) * 0.04, value + abs(value) * 0.04, 9)


headline = partial(headline_columns, in_market=True)


def option(name="Today", months=2, comparisons=None, **changes):
    found = {("all", "", metric, 0): value for metric, value in (WHOLE | changes).items()}
    for segment, size in (("regular", 540), ("贵宾", 60)):
        for metric, value in (
            ("customers_end", size),
            ("retained_fraction", 0.9),
            ("satisfied_fraction", 0.5),
        ):
            found["segment", segment, metric, 0] = value
        found["segment", segment, "lost", 0] = found["segment", segment, "acquired", 0] = 7
    found |= {("rung", rung, "customers_end", 0): 100 for rung in RUNGS}
    found |= {("reason", reason, "lost", 0): lost for reason, lost in REASONS.items()}
    found |= {("complaint", kind, "complaints", 0): 330 for kind in ("grumble", "complain", "media")}
    for bank, size in BANKS.items():
        found["bank", bank, "customers_end", 0] = size
        found["bank", bank, "gained", 0] = found["bank", bank, "lost", 0] = 30
    found |= {("all", "", metric, m): 500 + m for metric in EACH_MONTH for m in range(1, months + 1)}
    estimates = {MetricKey(*key): about(value) for key, value in found.items()}
    return OptionResult(name, "", 9, estimates, comparisons or {})


def tables(*options, months=2, currency="CNY"):
    return {lines[0]: lines for lines in market_tables(options, options[0], months, currency)}


def row(lines, name):
    (found,) = [line for line in lines if line.startswith(name)]
    return found[len(name) :].split()


def test_among_differences_equity_stays_where_not_all_fit():
    one = option()
    columns = differences_first(headline([one], "CNY"))
    texts = {
        "wait_mean_min": "-0.015 ±0.002*", "satisfied_fraction": "-0.01 ±0.01 ",
        "retained_fraction": "-0.002 ±0.006 ", "net_value_per_year": "+22 ±14*",
        "customer_equity": "+1,830 ±97*", "customers_end": "+62 ±13*", "score_mean": "+0.004 ±0.002*",
    }  # fmt: skip
    cells = {column: [texts[column.metric]] for column in columns}
    chosen = {longest: [column.metric for column in fitting(cells, longest)] for longest in (10, 24, 60)}
    assert [*chosen[24], "customers_end"] == chosen[10]
    assert chosen[60] == chosen[24]
    assert chosen[24][-1] == "customer_equity"
    assert differences_first(headline_columns([one], "CNY", in_market=False)) == [
        *headline_columns([one], "CNY", in_market=False)
    ]


def test_every_table_is_there_and_fits():
    found = tables(
        option(), option("一名柜员少而中午两名" * 4), option("Fifth teller at lunch, from noon till two")
    )
    titles = " | ".join(found)
    for word in ("by segment", "by rung", "by reason", "word of mouth", "Banks", "Money", "By month, Today"):
        assert word in titles
    assert max(cell_len(line) for lines in found.values() for line in lines) <= WIDTH


def test_reasons_show_their_share_of_all_who_were_lost():
    lines = tables(option())["Customers lost by reason, over 2 months"]
    assert row(lines, "  of all lost") == ["2%", "5%", "8%", "10%", "25%", "50%"]
    assert "indifferent" in lines[1]
    assert "staff" in lines[2]


def test_nobody_lost_has_no_shares():
    nobody = option()
    nobody.estimates.update({key: about(0) for key in nobody.estimates if key.scope == "reason"})
    assert row(tables(nobody)["Customers lost by reason, over 2 months"], "  of all lost") == ["-"] * 6


def test_shares_of_banks_are_of_all_people():
    lines = tables(option())["Banks, over 2 months, Today"]
    assert row(lines, "ours")[0] == "30"
    assert row(lines, "远方银行")[0] == "35"
    several = tables(option(), option("Other"))["Banks, over 2 months"]
    assert row(several, "Rival A: Other")[0] == "35"


def test_large_amounts_are_in_thousands_and_then_in_millions():
    found = tables(option())
    (title,) = [title for title in found if title.startswith("Money")]
    assert "thousand CNY" in title
    values = [word for word in row(found[title], "Today") if not word.startswith("±")]
    assert values == ["1,023", "29", "51", "1,224", "-281", "3,753"]
    (column,) = [one for one in headline([option()], "CNY") if one.metric == "net_value_per_year"]
    assert (column.heading, column.factor) == ("net value\na year\nthousand CNY", 1e-3)
    (column,) = [
        one for one in headline([option(net_value_per_year=2e8)], "") if one.metric.startswith("net_v")
    ]
    assert (column.heading, column.factor) == ("net value\na year\nmillion", 1e-6)


def test_the_headings_say_of_whom_the_satisfied_are_a_share():
    (satisfied,) = [one for one in headline([option()], "") if one.metric == "satisfied_fraction"]
    assert satisfied.heading == "satisfied\ncustomers %"


def test_a_market_without_money_has_no_table_of_it():
    nothing = {metric: 0 for metric in WHOLE if metric.endswith("_per_year") or metric == "customer_equity"}
    assert not any(title.startswith("Money") for title in tables(option(**nothing)))


@pytest.mark.parametrize(
    ("months", "shown"), [(2, [1, 2]), (12, list(range(1, 13))), (36, list(range(3, 37, 3)))]
)
def test_at_most_twelve_months_and_always_the_last(months, shown):
    found = tables(option(months=months), months=months)
    (lines,) = [lines for title, lines in found.items() if title.startswith("By month")]
    assert [int(line.split()[1]) for line in lines if line.startswith("month ")] == shown
    assert len(shown) <= MOST_MONTHS
    assert ("one in 3" in lines[0]) == (months == 36)


def compared(path, real=True):
    return {
        MetricKey("all", "", "satisfaction_mean", month): Comparison(
            Difference(value, value, value, 0.0, 9, 1.0), 0.0 if real else 1.0, real
        )
        for month, value in enumerate(path, start=1)
    }


def test_what_a_horizon_shows_is_told_where_it_can_be():
    slow = [0.1 * (1 - math.exp(-month / 6)) for month in range(1, 13)]
    quick = [-0.2 * (1 - math.exp(-month / 3)) for month in range(1, 13)]
    options = [
        option("Slow", comparisons=compared(slow)),
        option("Quick", comparisons=compared(quick)),
        option("Chance", comparisons=compared(slow, real=False)),
        option("At once", comparisons=compared([0.1] * 12)),
        option("Growing", comparisons=compared([0.01 * month for month in range(1, 13)])),
    ]
    told = horizon_text(options, 12)
    assert told == (
        "A horizon of 12 months shows about 86% of the final effect on satisfaction of Slow, "
        "98% of that of Quick: opinions take months to follow"
    )
    assert horizon_text(options[2:], 12) == ""


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("evidence", "Behaviour: Evidence. What"),
        ({"set": {"telling.relay": 0.2}}, "Behaviour: Rules of thumb, with changes. What"),
        ({"set": {"telling.relay": 0.1}}, "Behaviour: Rules of thumb. What"),
    ],
)
def test_by_what_people_behave_is_told_also_of_a_scenario_that_was_kept(behaviour, told):
    scenario = scenario_of(behaviour=behaviour)
    kept = parse_scenario(to_yaml(scenario.resolved), "scenario.yaml")
    for one in (scenario, kept):
        assert behaviour_text(one).startswith(told)
        assert "illustrative until it is calibrated" in behaviour_text(one)
