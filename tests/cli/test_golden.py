"""``journeysim golden`` from end to end, on a tiny market."""

from __future__ import annotations

import json

import pytest
from tests.market_maps import write_market

SEARCH = ("golden", "scenario.yaml", "--replications", "2", "--fresh", "2", "--jobs", "1")


@pytest.fixture(scope="module")
def searched(shared_cli):
    write_market(shared_cli.folder)
    return shared_cli(*SEARCH, "--months", "1", "--cost", "service.counter=123")


def test_it_prints_the_ranking_the_best_again_the_costs_and_the_answer(searched):
    assert searched.returncode == 0, searched.stderr
    text = searched.stdout
    assert "golden point of Today. 11 improvements by one notch, 2 replications of 1 month with" in text
    assert "2 replications are few" in text
    assert "The best again, on 2 fresh replications" in text
    assert "kiosk: fails 0.1 → 0.05" in text
    assert "service.counter=123 a year (as set)" in text
    assert "conditions=5000 a year for each line" in text
    assert text.count("olden point") >= 2
    assert max(len(line) for line in text.splitlines() if not line.startswith(("Kept", "    and"))) <= 100


def test_it_says_on_stderr_what_it_does(searched):
    assert "screening: 11 improvements beside Today, 2 replications each" in searched.stderr
    assert "fresh luck: " in searched.stderr


def test_json_is_one_document_with_the_same_answer(shared_cli, searched):
    again = shared_cli(*SEARCH, "--months", "1", "--cost", "service.counter=123", "--json")
    assert again.returncode == 0, again.stderr
    document = json.loads(again.stdout)
    assert document["months"] == 1
    assert " ".join(document["answer"].split()) in " ".join(searched.stdout.split())
    places = {(row["lever"], row["place"]) for row in document["screening"]["ranking"]}
    assert ("attentive", "tellers") in places
    assert len(places) == 11


def test_without_a_market_it_is_refused_with_a_hint(cli):
    found = cli("golden", "scenario.yaml")
    assert found.returncode == 2
    assert found.stderr.startswith("scenario.yaml: a market is required")
    assert "hint: give the scenario a market" in found.stderr
    assert not (cli.folder / "runs").exists()


def test_a_wrong_cost_is_refused(cli):
    write_market(cli.folder)
    found = cli(*SEARCH, "--cost", "servise=3")
    assert found.returncode == 2
    assert "did you mean service" in found.stderr


def test_help_shows_examples(cli):
    found = cli("golden", "--help")
    assert found.returncode == 0
    assert "journeysim golden scenarios/lunch-hour.yaml --cost service=10%" in found.stdout
