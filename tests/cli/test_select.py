"""``journeysim select`` from end to end, on a tiny grid without a market."""

from __future__ import annotations

import json

import numpy as np
import pytest

GRID = """\
scenario: Small grid
journey: map.yaml
days: 1
seed: 3
options:
  Today: {}
  Nothing changed: {}
grid:
  staff.tellers.count: [2, 4]
"""
CHOICE = ("select", "scenario.yaml", "--metric", "wait_mean_min", "--smallest", "--lead", "0.5")


@pytest.fixture(scope="module")
def chosen(shared_cli):
    shared_cli.write("scenario.yaml", GRID)
    return shared_cli(*CHOICE, "--jobs", "1")


def test_it_prints_the_options_the_choice_the_guarantee_and_a_fresh_estimate(chosen):
    assert chosen.returncode == 0, chosen.stderr
    text = " ".join(chosen.stdout.split())
    assert "Small grid: the smallest wait_mean_min of 4 options" in text
    assert "tellers.count=4 (chosen) 20" in text
    assert "Chosen: tellers.count=4." in text
    assert "With a probability of at least 95% the chosen option has the smallest wait_mean_min" in text
    assert "if the best leads every other by at least 0.5" in text
    assert "estimated again on 20 fresh replications (seed " in text
    assert "against Today (± half the 95% interval)" in text
    assert max(len(line) for line in chosen.stdout.splitlines() if "runs/" not in line) <= 100


def test_it_says_on_stderr_what_it_does(chosen):
    assert "replications 1 to 20 of all 4 options" in chosen.stderr
    assert "fresh luck: tellers.count=4, 20 replications" in chosen.stderr


@pytest.mark.slow
def test_the_number_of_jobs_cannot_change_it_and_json_is_one_document(shared_cli, chosen):
    found = [
        shared_cli(*CHOICE, "--json", "--jobs", jobs, "--out", out, PYTHONHASHSEED=jobs)
        for jobs, out in (("1", "runs"), ("2", "runs-2"))
    ]
    documents = [json.loads(one.stdout) for one in found]
    for document in documents:
        assert document["run"].startswith("runs")
        del document["run"], document["fresh"]["run"]
    assert documents[0] == documents[1]
    assert documents[0]["best"] == "tellers.count=4"
    assert documents[0]["guaranteed"] is True
    assert [one["eliminated_at"] for one in documents[0]["options"]] == [20, 20, 20, None]
    assert documents[0]["guarantee"] in " ".join(chosen.stdout.split())


def test_a_run_beside_it_has_a_folder_of_its_own(shared_cli, chosen):
    ran = shared_cli("run", "scenario.yaml", "--jobs", "1", "--replications", "2")
    assert ran.returncode == 0, ran.stderr
    kept = chosen.stdout.split("Kept in ")[1].split()[0]
    again = shared_cli("run", f"{kept}/scenario.yaml", "--jobs", "1", "--replications", "2", "--out", kept)
    assert again.returncode == 2
    assert "another run lies here" in again.stderr


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--lead", "0"), "a lead above 0 is required, found 0"),
        (("--alpha", "0.9"), "an alpha above 0 and below 0.75 is required"),
        (("--at-most", "25", "--first", "30"), "at least the 30 first replications"),
        (("--metric", "wait_meen_min"), "did you mean wait_mean_min?"),
        (("--first", "5"), "greater than or equal to 20"),
    ],
)
def test_wrong_input_is_exit_code_2(shared_cli, chosen, more, message):
    found = shared_cli(*CHOICE, "--jobs", "1", "--out", "wrong", *more)
    assert found.returncode == 2
    assert message in " ".join(found.stderr.split())
    assert not found.stdout


def test_a_single_option_is_no_choice(cli):
    cli.write("scenario.yaml", "scenario: One\njourney: map.yaml\n")
    found = cli(*CHOICE)
    assert found.returncode == 2
    assert found.stderr.strip() == "scenario.yaml: at least 2 options to choose from are required, found 1"


def test_help_shows_examples(cli):
    found = cli("select", "--help")
    assert found.returncode == 0
    assert "journeysim select scenarios/lunch-hour.yaml --metric wait_mean_min --smallest" in found.stdout


def test_a_folder_begun_with_other_versions_is_told_once(shared_cli, chosen):
    for path in (shared_cli.folder / "runs").glob("*/run.json"):
        header = json.loads(path.read_text(encoding="utf-8"))
        header["versions"]["numpy"] = "0.1"
        path.write_text(json.dumps(header), encoding="utf-8")
    again = shared_cli(*CHOICE, "--jobs", "1")
    assert again.returncode == 0, again.stderr
    (note,) = [line for line in again.stderr.splitlines() if line.startswith("note: ")]
    assert note.startswith("note: the run was begun with other versions: numpy 0.1 then, ")
    # Of the two folders also that of the selection by itself is told.
    (fresh,) = (shared_cli.folder / "runs").glob("*best-again*/run.json")
    fresh.write_text(fresh.read_text(encoding="utf-8").replace('"0.1"', f'"{np.__version__}"'))
    again = shared_cli(*CHOICE, "--jobs", "1")
    assert again.stderr.count("note: the run was begun with other versions: numpy 0.1 then, ") == 1
