"""`run` with a stop rule, and the answer in words."""

from __future__ import annotations

import json

import pytest

RULE = "replications: {until: {wait_mean_min: 0.13, served_fraction: 0.9}, at_most: 60}"


@pytest.fixture(scope="module")
def stopping(shared_cli):
    text = (shared_cli.folder / "scenario.yaml").read_text()
    text = text.replace("replications: 6", RULE).replace("days: 10", "days: 2")
    shared_cli.write("stopping.yaml", text)
    return shared_cli


def test_it_says_where_it_stopped_and_why_and_answers_in_words(stopping):
    done = stopping("run", "stopping.yaml", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    stopped = next(line for line in done.stdout.splitlines() if line.startswith("Stopped at "))
    document = json.loads(stopping("run", "stopping.yaml", "--jobs", "1", "--json").stdout)
    count = document["stop"]["replications"]
    assert document["stop"]["reason"] == "reached"
    assert 20 < count < 60
    assert stopped.startswith(f"Stopped at {count} replications: wait_mean_min ±0.")
    assert "(asked 0.13)" in stopped
    assert done.stdout.splitlines()[1].startswith(f"{count} replications of 2 days")
    assert {option["replications"] for option in document["options"]} == {count}
    today, more, nothing = (option["answer"] for option in document["options"])
    assert today is None
    assert more.startswith("One more teller: waits fall by ")
    assert nothing.startswith("Nothing changed: waits, the share served, the share of satisfied visits and ")
    assert more in " ".join(done.stdout.split())


def test_a_number_takes_the_place_of_the_rule(stopping):
    done = stopping("run", "stopping.yaml", "--jobs", "1", "--replications", "3", "--out", "three")
    assert done.returncode == 0, done.stderr
    assert "3 replications of 2 days" in done.stdout
    assert "Stopped" not in done.stdout


@pytest.mark.slow
def test_the_ceiling_and_the_time_are_told(stopping):
    text = (stopping.folder / "stopping.yaml").read_text().replace("at_most: 60", "at_most: 21")
    stopping.write("ceiling.yaml", text.replace("wait_mean_min: 0.13", "wait_mean_min: 0.01"))
    done = stopping("run", "ceiling.yaml", "--jobs", "1", "--out", "ceiling")
    assert (
        "\nStopped at the ceiling of 21 replications: still wider than asked: wait_mean_min ±" in done.stdout
    )
    done = stopping("run", "ceiling.yaml", "--jobs", "1", "--out", "time", "--within", "0.001s")
    assert done.stderr.startswith("2 of 21 replications fit into 0.001s")
    assert "\nStopped at 2 replications, as the time was over: not yet as asked: wait_mean_min" in done.stdout


def test_an_unknown_metric_is_met_at_the_door(stopping):
    text = (stopping.folder / "stopping.yaml").read_text()
    stopping.write("wrong.yaml", text.replace("wait_mean_min", "wait_min"))
    done = stopping("check", "wrong.yaml")
    assert done.returncode == 2
    assert "replications.until.wait_min: no metric has this name, found wait_min" in done.stderr + done.stdout
