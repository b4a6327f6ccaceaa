"""``journeysim staff`` from end to end, on tiny maps."""

from __future__ import annotations

import json

import pytest
from tests.market_maps import write_market

SEARCH = ("staff", "scenario.yaml", "--replications", "4", "--fresh", "5", "--jobs", "1", "--resume")
TARGET = ("--target", "wait_within_target_fraction >= 90%")


@pytest.fixture(scope="module")
def searched(shared_cli):
    return shared_cli(*SEARCH, *TARGET)


@pytest.fixture(scope="module")
def document(shared_cli):
    found = shared_cli(*SEARCH, *TARGET, "--json")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def test_it_prints_the_rosters_side_by_side_and_the_answer(searched):
    assert searched.returncode == 0, searched.stderr
    text = searched.stdout
    assert "cheapest roster of tellers (" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["servers", "today", "found", "formula"] in rows
    assert any(row[:2] == ["09:00-10:00", "3"] for row in rows)
    assert "replications that meet it" in text
    assert "replications are few" not in text
    assert "on fresh luck" in " ".join(text.split())
    assert max(len(line) for line in text.splitlines() if "--set" not in line) <= 100


def test_it_says_on_stderr_what_it_does(searched):
    assert "today: 4 replications of 10 days" in searched.stderr
    assert "search, 2 rosters tried: taking away and moving" in searched.stderr
    assert "fresh luck: " in searched.stderr


def test_json_is_one_document_with_the_same_answer(searched, document):
    assert " ".join(document["answer"].split()) in " ".join(searched.stdout.split())
    assert document["group"] == "tellers"
    (target,) = document["targets"]
    assert (target["scope"], target["metric"]) == ("all", "wait_within_target_fraction")
    assert (target["sign"], target["threshold"]) == (">=", 0.9)
    assert document["met"] is True
    assert document["slots"] == ["09:00-10:00", "10:00-11:00"]
    rosters = document["rosters"]
    assert rosters["today"]["servers"] == [3.0, 3.0]
    assert rosters["today"]["cost_per_day"] == 360
    for one in rosters.values():
        assert one["cost_per_day"] == pytest.approx(60 * sum(one["servers"]))
        (metric,) = one["metrics"]
        assert metric["low"] <= metric["mean"] <= metric["high"]
        assert one["replications"] == 5
    assert document["shifts"] is None


def test_the_roster_found_can_be_run(shared_cli, document):
    (path, counts), *_ = document["set"].items()
    setting = f"{path}={json.dumps(counts)}"
    seed = str(document["fresh_seed"])
    again = shared_cli(
        "run", "scenario.yaml", "--set", setting, "--replications", "5", "--seed", seed, "--json"
    )
    assert again.returncode == 0, again.stderr
    options = json.loads(again.stdout)["options"]
    estimate = next(one for one in options if one["name"] == "Today")["metrics"][
        "wait_within_target_fraction"
    ]
    assert estimate["mean"] == document["rosters"]["found"]["metrics"][0]["mean"]


def test_shifts_are_listed(shared_cli):
    found = shared_cli(*SEARCH, *TARGET, "--slot", "30 min", "--shift-hours", "1..1.5")
    assert found.returncode == 0, found.stderr
    assert "Shifts of the roster found" in found.stdout
    assert " x 09:00-10" in found.stdout


def test_where_nothing_meets_the_target_it_says_so_and_is_done(shared_cli):
    found = shared_cli(*SEARCH, "--target", "wait_mean_min <= -1", "--most", "3", "--fresh", "3")
    assert found.returncode == 0
    text = " ".join(found.stdout.split())
    assert "No roster of tellers that was tried meets wait_mean_min <= -1, with at most 3 in a slot" in text
    assert "Try it with" not in text
    assert "3 replications are few" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "wait_mean <= 2"), "did you mean wait_mean_min?"),
        ((*TARGET, "--shift-hours", "long"), "hint: 4..9"),
        ((*TARGET, "--slot", "45min"), "60min or 30min is required, found 45min"),
    ],
)
def test_what_is_wrong_is_refused_with_a_hint(shared_cli, arguments, message):
    found = shared_cli(*SEARCH, *arguments)
    assert found.returncode == 2
    assert message in found.stderr
    assert "Traceback" not in found.stderr
    assert found.stdout == ""


@pytest.mark.slow
def test_a_market_can_be_held_to_what_it_keeps(cli):
    write_market(cli.folder)
    found = cli(
        "staff", "scenario.yaml", "--target", "retained_fraction >= 0.5", "--json",
        "--replications", "2", "--fresh", "2", "--jobs", "1",
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    document = json.loads(found.stdout)
    assert document["group"] == "tellers"
    assert document["targets"][0]["formula_knows_metric"] is False
    assert document["rosters"]["found"]["servers"] == [1.0]


def test_help_shows_examples(cli):
    found = cli("staff", "--help")
    assert found.returncode == 0
    assert "--target 'wait_mean_min <= 5' --group tellers" in found.stdout
