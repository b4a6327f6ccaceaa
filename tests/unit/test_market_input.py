"""Whatever is wrong under ``market`` is refused by name and place, with what would be right; all at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.market_by_hand import MARKET, SMALL, changed, scenario_of

from journeysim.errors import InputError, Problem
from journeysim.experiment import Scenario, load_scenario, parse_scenario, run
from journeysim.experiment.yaml_text import to_yaml

TWICE = {"segments": {"vip": SMALL["segments"]["vip"], "regular": SMALL["segments"]["regular"]}}
NOBODY = changed(SMALL, {"staff.tellers.count": -1})
OTHER_ORDER = changed(SMALL, TWICE)


def problems_of(make: Callable[[], Scenario]) -> list[Problem]:
    with pytest.raises(InputError) as caught:
        make()
    return list(caught.value.problems)


def market(**changes: Any) -> Callable[[], Scenario]:
    values = {name.replace("__", "."): value for name, value in changes.items()}
    return lambda: scenario_of(market=values, folder=Path("no such folder"))


def option(**parts: Any) -> Callable[[], Scenario]:
    return lambda: scenario_of({"Today": {}, "Other": parts})


def without(*keys: str) -> Callable[[], Scenario]:
    return lambda: parse_scenario(
        to_yaml(
            {
                "scenario": "S",
                "journey": SMALL,
                "market": {key: value for key, value in MARKET.items() if key not in keys},
            }
        ),
        "scenario.yaml",
    )


Case = tuple[str, Callable[[], Scenario], str, str]
CASES: list[Case] = [
    ("customers missing", without("customers"), "market", "customers is missing"),
    ("no customers", market(customers=0), "market.customers", "1"),
    ("customers in words", market(customers="many"), "market.customers", "whole number"),
    ("half a customer", market(customers=10.5), "market.customers", "whole number"),
    ("too many", market(customers=99_999_999), "market.customers", "10000000 or less"),
    ("no month", market(months=0), "market.months", "1"),
    ("too many months", market(months=601), "market.months", "600"),
    ("burn-in before the start", market(burn_in_months=-1), "market.burn_in_months", "0"),
    ("unknown key", market(rival={}), "market.rival", "rivals"),
    ("unknown network", market(network={"small_word": {"ties": 8}}),
     "market.network.small_word", "small_world"),
    ("odd ties", market(network={"small_world": {"ties": 7, "rewire": 0.1}}), "market.network", "even"),
    ("people fewer than ties", market(customers=2), "market", "people are required"),
    ("network in a word", market(network="all"), "market.network", "none"),
    ("no such file of ties", market(network={"file": "ties.csv"}),
     "market.network.file", "no such data file"),
    ("heard beyond 1", market(heard=1.5), "market.heard", "1"),
    ("share beyond 1", market(rivals__A={"share": 1.2}), "market.rivals.A.share", "1"),
    ("nothing left for us", market(rivals={"A": {"share": 1}}), "market.rivals", "our own share"),
    ("shares beyond 1", market(rivals={"A": {"share": 0.7}, "B": {"share": 0.6}}),
     "market.rivals", "our own"),
    ("score of one number", market(rivals__A={"score": 0.2}), "market.rivals.A.score", "mapping"),
    ("score without sd", market(rivals__A={"score": {"mean": 0.2}}), "market.rivals.A.score", "sd"),
    ("mean beyond 1", market(rivals__A={"score": {"mean": 2, "sd": 1}}), "market.rivals.A.score.mean", "1"),
    ("negative sd", market(rivals__A={"score": {"mean": 0, "sd": -1}}), "market.rivals.A.score.sd", "0"),
    ("two ways to score", market(rivals__A={"share": 0.1, "score": {"mean": 0, "sd": 1}, "journey": SMALL}),
     "market.rivals.A", "not both"),
    ("map of a bank to come", market(rivals__A={"journey": SMALL}), "market.rivals.A", "yet to open"),
    ("no such map", market(rivals__A={"share": 0.1, "journey": "x.yaml"}),
     "market.rivals.A.journey", "no such file"),
    ("a map that is wrong", market(rivals__A={"share": 0.1, "journey": NOBODY}), "staff.tellers.count", "0"),
    ("other segments", market(rivals__A={"share": 0.1, "journey": OTHER_ORDER}), "market", "same segments"),
    ("opens although there", market(rivals__A={"share": 0.1, "opens": "2027-02-01"}),
     "market.rivals.A.opens", "already"),
    ("opened before", market(rivals__A={"opens": "2026-02-01"}), "market.rivals.A.opens", "2027-01-04"),
    ("no date", market(rivals__A={"opens": "soon"}), "market.rivals.A.opens", "YYYY-MM-DD"),
    ("branches and another number", market(branches={"A": {"customers": 3}}), "market.customers", "branches"),
    ("a branch without customers", market(branches={"A": {}}), "market.branches.A", "customers"),
    ("an option of other customers", option(set={"market.customers": 400}), "market", "same in every option"),
    ("an option of other months", option(set={"market.months": 5}), "market", "same in every option"),
    ("an option of other ties", option(set={"market.network": "none"}), "market", "same in every option"),
    ("an option of other shares", option(set={"market.rivals.Rival A.share": 0.3}),
     "market.rivals", "same in every"),
    ("an option without a rival", option(remove=["market.rivals.Rival A"]),
     "market.rivals", "same in every option"),
    ("an option with a rival's map", option(set={"market.rivals.Rival A.journey": SMALL}),
     "market.rivals", "same in"),
    ("an option with another image", option(set={"market.rivals.Rival A.heard": 0.3}),
     "market.rivals", "same in every"),
    ("an option of other people",
     option(set={"segments.new": {"share": 0}, "needs.cash.share": {"regular": 0.8, "vip": 0.5, "new": 1},
                 "needs.loan.share": {"regular": 0.2, "vip": 0.5, "new": 0}}), "market", "same segments"),
    ("a branch that is not there", option(set={"branches.Nord.staff.tellers.count": 3}),
     "branches.Nord", "no branch"),
    ("all of a market", option(set={"market": {}}), "market", "a path into it"),
    ("a path that is not there", option(set={"market.rivalz": {}}), "market.rivalz", "unknown path"),
    ("a period from its end",
     option(set={"staff.tellers.count": 1}, period={"from": "2027-02-02", "until": "2027-02-01"}),
     "options.Other.period", "2027-02-02"),
    ("a period of nothing",
     option(set={"behaviour.telling.told_bad": 3}, period={"from": "2027-01-05", "until": "2027-01-06"}),
     "options.Other.period", "changes nothing of the map"),
    ("a rival of our name", market(rivals__Ours={"share": 0.1}), "market.rivals.Ours", "our own bank in"),
    ("a rival named as a way", market(rivals={"A → B": {"share": 0.1}}), "market.rivals.", "without →"),
    ("opens too late", market(rivals__A={"opens": "2030-02-01"}), "market.rivals.A.opens", "opens after"),
    ("days in a market", lambda: scenario_of(days=5), "days", "months"),
    ("a market in a word",
     lambda: parse_scenario(to_yaml({"scenario": "S", "journey": SMALL, "market": "big"}), "s.yaml"),
     "market", "mapping"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("make", "path", "words"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_is_wrong_is_said(make: Callable[[], Scenario], path: str, words: str) -> None:
    problems = problems_of(make)
    assert any(path in one.path and words in str(one) for one in problems), "\n".join(map(str, problems))
    for one in problems:
        assert one.file
        assert one.line > 0
        assert one.column > 0
    assert len(problems) == len(set(problems))
    # Nothing that follows from it alone is said as well.
    assert len(problems) <= 2, "\n".join(map(str, problems))


def test_recorded_arrivals_are_refused(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("time\n2027-01-04 09:10:00\n2027-01-05 09:30:00\n")
    logged = SMALL | {"arrivals": {"from_log": {"file": "log.csv", "time": "time"}}}
    (found,) = problems_of(lambda: scenario_of(journey=logged, folder=tmp_path))
    assert "recorded arrivals are refused in a market" in str(found)


def test_a_market_that_is_always_closed_is_refused() -> None:
    dates = [(date(2027, 1, 4) + timedelta(days=k)).isoformat() for k in range(60)]
    (found,) = problems_of(lambda: scenario_of(market={"months": 1}, closed=dates))
    assert "no day of the market's months is open (option Today)" in str(found)
    # A month may be closed as a whole: people then leave and hear of others all the same.
    late = run(scenario_of(market={"months": 2}, closed=dates[:31], replications=1), jobs=1)
    visits = late.months.filter(pl.col("metric") == "visits").sort("month")["value"]
    assert visits[0] == 0 < visits[1]
    assert late.options[0].metrics["satisfaction_mean"].mean != 0


def test_everything_is_said_at_once() -> None:
    problems = problems_of(
        lambda: scenario_of(
            {
                "Today": {},
                "Other": {"set": {"market.months": 4, "branches.X.queues": {}}, "cost_per_year": "x"},
            },
            {"months": 0, "heard": 3, "rivals.Rival A.share": -1, "network": {"small_world": {"ties": 3}}},
        )
    )
    paths = " ".join(one.path for one in problems)
    for path in ("market.months", "market.heard", "Rival A.share", "network", "cost_per_year"):
        assert path.replace("Rival A", '"Rival A"') in paths or path in paths


def test_what_is_wrong_elsewhere_is_said_beside_a_wrong_market() -> None:
    rivals = {"A": {"share": 0.7}, "B": {"share": 0.6, "score": {"mean": 3, "sd": 1}}}
    other = {"set": {"segments.vip.share": 0.5, "market.heard": "good"}}
    problems = problems_of(
        lambda: scenario_of(
            {"Today": {}, "Other": other},
            {"rivals": rivals},
            contrasts={"C": {"of": ["Other", "Othr"], "less": ["Today", "Other"]}},
        )
    )
    told = {one.path: one.problem for one in problems}
    assert set(told) == {
        "market.rivals.B.score.mean",
        "market.rivals",
        "segments",
        "market.heard",
        "contrasts.C.of[2]",
    }
    assert "must sum to less than 1" in told["market.rivals"]


@pytest.mark.parametrize(
    "patch",
    [
        {"market.months": 5},
        {"market.network.small_world.ties": 8},
        {"market.rivals.Rival A.share": 0.3},
        {"market.rivals": {"A": {"share": 0.9}, "B": {"share": 0.4}}},
        {"market.rivals.New": {"opens": "2030-02-01"}},
        {"market.rivals.Rival A.opens": "2027-02-01"},
    ],
)
def test_a_wrong_change_of_the_market_is_told_where_it_stands(patch: dict[str, Any]) -> None:
    network = {"network": {"small_world": {"ties": 4, "rewire": 0.1}}}
    found = scenario_of({"Today": {}}, network)
    text = to_yaml(dict(found.resolved) | {"options": {"Today": {}, "Other": {"set": patch}}})
    (path,) = patch
    (line,) = [at for at, line in enumerate(text.splitlines(), 1) if path in line]
    problems = problems_of(lambda: parse_scenario(text, "scenario.yaml"))
    assert {one.line for one in problems} == {line}, "\n".join(map(str, problems))


def test_a_wrong_setting_of_the_market_is_told_as_the_setting(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(to_yaml(dict(scenario_of({"Today": {}}).resolved)), encoding="utf-8")
    setting = "market.rivals={A: {share: 0.5}, B: {share: 0.6}}"
    (found,) = problems_of(lambda: load_scenario(path, changes=[setting]))
    assert found.file == f"--set {setting}"


def test_what_looks_doubtful_is_warned_about() -> None:
    def warnings(**parts: Any) -> str:
        return "\n".join(map(str, scenario_of(**parts).warnings))

    assert "unused" not in warnings()
    assert warnings(set={"staff.tellers.count": 3}) == ""
    talk = warnings(options={"Today": {}, "Talk": {"set": {"behaviour.telling.relay": 0.7}}})
    assert "stories passed on: each brings about 0.63 more, which is near-critical" in talk
    assert "runs away" in warnings(set={"behaviour.telling.relay": 1.2})
    friends = {"behaviour.leaving.contagion": 5, "behaviour.leaving.per_year": 0.5}
    assert "customers who leave because friends left" in warnings(set=friends)
    assert warnings(market={"network": "none"}, set=friends | {"behaviour.telling.relay": 1.2}) == ""
    assert "loses customers on the baseline" in warnings(market={"rivals": {"Giant": {"share": 0.7}}})
    assert warnings(market={"rivals": {"Half": {"share": 0.5}}}) == ""
    late = {"set": {"staff.tellers.count": 1}, "period": {"from": "2028-01-01", "until": "2028-02-01"}}
    outside = {"Today": {}, "Late": late}
    assert "changes nothing" in warnings(options=outside)
    assert "fewer" not in warnings(market={"rivals": {}})
    new = {"New": {"opens": "2027-01-20"}}
    assert "what a new bank takes cannot be told" in warnings(
        market={"rivals": {"Half": {"share": 0.5}} | new}
    )
    assert warnings(market={"rivals": {"A": {"share": 0.3}, "B": {"share": 0.3}} | new}) == ""
    margins = {f"segments.{name}.margin_per_year": 0 for name in SMALL["segments"]}
    assert "no segment has a margin_per_year" in warnings(set=margins)


def test_a_bank_opens_at_the_beginning_of_the_nearest_month() -> None:
    for day, month in (("2027-01-04", 0), ("2027-01-18", 0), ("2027-01-25", 1), ("2027-02-10", 1)):
        found = scenario_of(market={"months": 3, "rivals": {"New": {"opens": day}, "A": {"share": 0.5}}})
        market_found = found.options[0].market
        assert market_found is not None
        assert {bank.name: bank.opens for bank in market_found.banks}["New"] == month


def test_ties_named_by_a_change_lie_beside_the_scenario_not_the_map(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "map.yaml").write_text(to_yaml(SMALL))
    (tmp_path / "ties.csv").write_text("a,b\n0,1\n1,2\n")
    text = to_yaml({"scenario": "S", "journey": "maps/map.yaml", "market": MARKET})
    (tmp_path / "scenario.yaml").write_text(text)
    changes = ["market.network={file: ties.csv, from: a, to: b}"]
    found = load_scenario(tmp_path / "scenario.yaml", changes=changes)
    assert found.files == {"files/ties.csv": b"a,b\n0,1\n1,2\n"}
    assert found.resolved["set"]["market.network"]["file"] == "files/ties.csv"
