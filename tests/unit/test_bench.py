"""The benchmark: equal models for all engines, agreement that can fail, results that name no host."""

from __future__ import annotations

import json
import math
import platform
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from bench import machine, own, textbook_ciw, textbook_simpy
from bench.agreement import Estimate, disagreements, estimates, ratio
from bench.models import STEPS_SCHEMA, read_bank


def test_the_peers_read_their_numbers_from_the_maps():
    bank = read_bank("b")
    assert bank.customers_per_day == pytest.approx(1 * 90 + 2 * 120 + 2 * 170 + 2 * 130 + 1 * 100)
    assert bank.arrivals_until[0] == (60, 1.5)
    assert bank.arrivals_until[-1] == (480, pytest.approx(100 / 60))
    assert bank.servers == {"greeter": 1, "kiosk": 4, "teller": 6, "adviser": 3}
    assert bank.service_mean_min["greeter"] == pytest.approx(0.3)
    assert bank.patience_mean_min == {"regular": 20, "vip": 12}
    assert bank.goes_on == {
        "greeter": {"kiosk": 0.4, "teller": 0.6},
        "kiosk": {"adviser": 0.3},
        "teller": {"adviser": 0.3},
        "adviser": {},
    }


def test_model_a_has_the_load_it_says():
    bank = read_bank("a")
    arrivals_per_min = bank.customers_per_day / bank.open_for_min
    assert arrivals_per_min * bank.service_mean_min["teller"] / bank.servers["teller"] == pytest.approx(0.9)


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    """Model B as each engine simulates it."""
    bank = read_bank("b")
    peers = {"simpy": textbook_simpy, "ciw": textbook_ciw, "journeysim": own}
    return {name: peer.run(bank, 25, 1) for name, peer in peers.items()}


def test_engines_agree_on_model_b(tables):
    by_engine = {name: estimates(table) for name, table in tables.items()}
    assert len(by_engine["simpy"]) == 16
    assert disagreements(by_engine, {}) == []


@pytest.mark.parametrize("engine", ["simpy", "ciw", "journeysim"])
def test_each_engine_tells_of_whole_visits(tables, engine):
    steps = tables[engine].select(list(STEPS_SCHEMA))
    assert steps["day"].n_unique() == 25
    counts = dict(steps.filter(pl.col("outcome") == "served")["touchpoint"].value_counts().iter_rows())
    joined = dict(steps["touchpoint"].value_counts().iter_rows())
    assert counts["greeter"] == joined["kiosk"] + joined["teller"]
    assert set(steps["outcome"]) == {"served", "reneged"}
    assert steps.filter((pl.col("outcome") == "reneged") != pl.col("started_min").is_null()).is_empty()
    assert steps.filter(pl.coalesce("started_min", "ended_min") < pl.col("joined_min")).is_empty()


def test_an_engine_with_longer_waits_is_found_out(tables):
    slower = tables["ciw"].with_columns(
        started_min=pl.col("started_min") + 0.1, ended_min=pl.col("ended_min") + 0.1
    )
    by_engine = {"simpy": estimates(tables["simpy"]), "ciw": estimates(slower)}
    found = disagreements(by_engine, {})
    assert any(line.startswith("wait_mean_min of greeter, vip") and "in ciw" in line for line in found)


def test_a_wait_away_from_theory_is_found_out():
    told = {"engine": {"wait": Estimate(1.0, 0.01, 10_000)}}
    assert disagreements(told, {"wait": 1.03}) == []
    assert len(disagreements(told, {"wait": 1.04})) == 1
    few = {"engine": {"wait": Estimate(1.0, 0.01, 3)}}
    assert disagreements(few, {"wait": 1.04}) == []


def test_an_engine_that_tells_of_something_else_is_found_out():
    told = {"one": {"wait": Estimate(1, 1, 5)}, "other": {"length": Estimate(1, 1, 5)}}
    assert disagreements(told, {}) == ["other and one do not tell of the same: length, wait"]


def test_the_error_of_a_ratio():
    """With equal counts it is the standard error of the days' means."""
    sums = np.array([10.0, 14.0, 12.0, 20.0])
    estimate = ratio(sums, np.full(4, 2.0))
    assert estimate.mean == pytest.approx(7)
    assert estimate.standard_error == pytest.approx((sums / 2).std(ddof=1) / math.sqrt(4))


def test_machines_are_named_by_what_they_are(monkeypatch):
    monkeypatch.setattr(machine, "processor", lambda: "Intel(R) Xeon(R) CPU @ 2.20GHz")
    monkeypatch.setattr(machine.os, "cpu_count", lambda: 2)
    assert machine.file_name("2027-01-04") == "2027-01-04-intel-xeon-cpu-2-20ghz-2-cores.json"
    if platform.node():
        assert platform.node() not in json.dumps(machine.description())


def test_the_memory_of_a_process_is_its_own_whatever_its_parent_holds(root):
    child = "from bench.machine import peak_mb; print(peak_mb())"
    parent = (
        "import subprocess, sys; held = bytearray(b'x') * 400_000_000;"
        f"subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", parent], cwd=root, capture_output=True, text=True, check=True
    )
    assert 5 < float(done.stdout) < 200


def test_the_command_keeps_what_it_measured(root, tmp_path):
    small = ["--models", "b", "--days-b", "3", "--people", "2000", "--repeats", "1", "--out", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *small], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = tmp_path.glob("*.json")
    kept = json.loads(file.read_text())
    assert kept["models"]["b"].keys() == {"textbook SimPy", "Ciw", "journeysim"}
    told = kept["models"]["b"]["journeysim"]
    # Seconds are kept to four digits after the point.
    assert told["customers_per_s"] == pytest.approx(told["customers"] / told["seconds"][0], rel=1e-2)
    assert told["journeysim_times"] == 1
    (market,) = kept["markets"]
    assert market["people"] == 2000
    assert 0 < market["own_visits"] < market["visits"]
    parts = market["engine_s"] + market["visits_s"]
    assert 0 < parts < market["seconds"]
    assert market["visits_per_s"] == pytest.approx(market["visits"] / market["visits_s"], rel=1e-2)
    assert kept["machine"]["processor"] in done.stdout
    assert "times as fast, target 10" in done.stdout
