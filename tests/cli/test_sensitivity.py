"""``journeysim sensitivity`` and ``journeysim export`` from end to end."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import polars as pl
import pytest

ASK = ("sensitivity", "scenario.yaml", "--metric", "wait_mean_min", "--replications", "3", "--jobs", "1")
FEW = ("--vary", "staff.tellers.count", "--vary", "segments.贵宾.share=10%..130%")


@pytest.fixture(scope="module")
def asked(shared_cli):
    return shared_cli(*ASK, *FEW, "--option", "One more teller", "-o", "tornado.svg")


def test_it_prints_the_ranking_and_the_answer(asked):
    assert asked.returncode == 0, asked.stderr
    text = asked.stdout
    assert "difference of One more teller from Today in wait_mean_min is -" in text
    assert "number of tellers" in text
    assert "0.1 .. 1!" in text
    assert "ends there" in text
    assert "Of the 2 numbers varied, " in text
    assert max(len(line) for line in text.splitlines() if not line.startswith(("Kept", "Pict"))) <= 100
    assert "3 replications are few" in text
    assert "4 ends of 2 ranges, 3 replications each" in asked.stderr


def test_pictures_and_tables_lie_where_it_says(shared_cli, asked):
    (folder,) = (shared_cli.folder / "runs").glob("*-sensitivity-*")
    for path in (folder / "figures" / "tornado.svg", shared_cli.folder / "tornado.svg"):
        assert ET.parse(path).getroot().tag.endswith("svg")
    table = pl.read_parquet(folder / "tables" / "sensitivity.parquet")
    assert table["end"].to_list() == ["low", "high"] * 2


def test_another_metric_of_the_same_ends_is_answered_from_what_is_kept(shared_cli, asked):
    before = sorted((shared_cli.folder / "runs").iterdir())
    again = shared_cli(
        *("sensitivity", "scenario.yaml", "--metric", "reneged_fraction", "--replications", "3", "--json"),
        *(*FEW, "--option", "One more teller"),
    )
    assert again.returncode == 0, again.stderr
    document = json.loads(again.stdout)
    assert sorted((shared_cli.folder / "runs").iterdir()) == before
    assert {one["path"] for one in document["parameters"]} == {"staff.tellers.count", "segments.贵宾.share"}
    assert document["option"] == "One more teller"
    assert document["parameters"][0]["low"]["change"]["n"] == 3


def test_a_picture_that_cannot_be_is_told_before_anything_runs(cli):
    found = cli(*ASK, "-o", "tornado.doc")
    assert found.returncode == 2
    assert "a name that ends in .svg, .png, .pdf is required" in found.stderr
    assert not (cli.folder / "runs").exists()


def test_an_export_of_a_run_without_steps_is_refused_with_the_hint(shared_cli, asked):
    (folder,) = (shared_cli.folder / "runs").iterdir()
    refused = shared_cli("export", str(folder), "--format", "xes")
    assert refused.returncode == 2
    assert "hint: journeysim run SCENARIO --steps" in refused.stderr
    assert not (folder / "exports").exists()
