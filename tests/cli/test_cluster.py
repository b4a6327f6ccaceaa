"""Runs on a real Dask cluster: a scheduler and two workers on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal
from tests.branch_days import BUSY, journey_of
from tests.dask_here import DaskHere, wait_until
from tests.market_maps import write_market
from tests.small_branch import small_scenario

import journeysim
from journeysim import InputError, OwnRules, StoppedEarly, VisitSoFar
from journeysim.experiment.load import parse_scenario, scenario_from
from journeysim.experiment.selection.rule import SelectionRule
from journeysim.experiment.selection.search import select

OPTIONS = """
days: 2
seed: 3
options:
  Today: {}
  One more: {set: {staff.tellers.count: 4}}
"""


@pytest.fixture
def scenario():
    return parse_scenario(small_scenario(OPTIONS))


@pytest.fixture
def dask(tmp_path_factory):
    with DaskHere(tmp_path_factory.mktemp("dask")) as started:
        for _ in range(2):
            started.add_worker()
        started.wait_for_workers(2)
        yield started


def assert_same(found: journeysim.Run, expected: journeysim.Run) -> None:
    assert_frame_equal(found.metrics, expected.metrics, check_exact=True)
    assert_frame_equal(found.differences, expected.differences, check_exact=True)
    assert_frame_equal(found.steps, expected.steps, check_exact=True)


def chunks(out: Path) -> list[Path]:
    return list(out.rglob("metrics-*.parquet"))


def test_a_cluster_gives_the_same_results_and_a_killed_worker_leaves_what_finished(dask, scenario, tmp_path):
    """One test, as starting a cluster takes longer than what is tested with it."""
    alone = journeysim.run(scenario, replications=60, jobs=1)
    assert_same(journeysim.run(scenario, replications=60, cluster=dask.address), alone)

    def kill_one(done: int, _total: int) -> None:
        if done >= 20:
            dask.workers[0].kill()

    with pytest.raises(StoppedEarly, match=r"worker tcp://127.0.0.1:\d+ was lost .*is kept"):
        journeysim.run(scenario, replications=40_000, cluster=dask.address, out=tmp_path, progress=kill_one)
    kept = chunks(tmp_path)
    assert kept
    times = [path.stat().st_mtime_ns for path in kept]
    rest = journeysim.run(scenario, replications=60, cluster=dask.address, out=tmp_path, resume=True)
    assert_same(rest, alone)
    assert [path.stat().st_mtime_ns for path in kept] == times


@pytest.mark.slow
def test_a_market_and_own_rules_work_there_and_searches_share_it(dask, scenario, tmp_path):
    market = write_market(tmp_path)
    assert_same(journeysim.run(market, cluster=dask.address), journeysim.run(market, jobs=1))
    # The class stands in a module that the workers cannot import.
    with_rules = scenario_from(journey_of(BUSY))
    assert_same(
        journeysim.run(with_rules, replications=3, rules=Grumble(3), cluster=dask.address),
        journeysim.run(with_rules, replications=3, rules=Grumble(3), jobs=1),
    )
    rule = SelectionRule(0.5, smallest=True)
    there = select(scenario, "wait_mean_min", rule, cluster=dask.address)
    assert there.document == select(scenario, "wait_mean_min", rule, jobs=1).document


class Grumble(OwnRules):
    """Who waited long goes on to advice."""

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes

    def goes_to(self, visit: VisitSoFar, touchpoint: str) -> str | None:
        return "advice" if touchpoint == "counter" and waited(visit) > self.minutes else None


def waited(visit: VisitSoFar) -> float:
    return visit.waited_min


@pytest.mark.slow
def test_the_command_says_what_was_lost_and_how_to_continue(dask, cli):
    there = ("run", "scenario.yaml", "--cluster", dask.address)
    long = (*there, "--replications", "40000", "--out")

    def stopped(out: str, stop) -> subprocess.CompletedProcess[str]:
        process = cli.start(*long, out)
        wait_until(lambda: chunks(cli.folder / out))
        stop(process)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 3, errors
        # What is lost is told once, by us: nothing of Dask's own.
        *_, why, continuing = errors.splitlines()
        assert len(errors.splitlines()) == 2, errors
        assert continuing == f"continue with: journeysim {' '.join(long)} {out} --resume"
        assert output == ""
        return why

    why = stopped("interrupted", lambda process: process.send_signal(signal.SIGINT))
    assert "replications are kept in interrupted/" in why
    why = stopped("worker", lambda _: dask.workers[0].kill())
    assert why.startswith("worker tcp://127.0.0.1:")
    assert "is gone); what had finished is kept in worker/" in why
    why = stopped("scheduler", lambda _: dask.scheduler.kill())
    assert why.startswith(
        f"the scheduler at {dask.address} was lost; what had finished is kept in scheduler/"
    )

    gone = cli(*there, "--out", "never")
    assert gone.returncode == 2
    assert gone.stderr.startswith(
        f"cluster: no Dask scheduler answered at this address, found {dask.address}"
    )
    assert len(gone.stderr.splitlines()) == 1
    assert not (cli.folder / "never").exists()
    rest = cli("run", "scenario.yaml", "--out", "scheduler", "--resume", "--json", "--jobs", "1")
    alone = cli("run", "scenario.yaml", "--out", "alone", "--json", "--jobs", "1")
    assert json.loads(rest.stdout)["options"] == json.loads(alone.stdout)["options"]


@pytest.mark.slow
def test_a_worker_of_other_versions_is_refused(tmp_path, scenario):
    pretend = (
        "import importlib.metadata as metadata\n"
        "true = metadata.version\n"
        "metadata.version = lambda name: '1.2.3' if name == 'numpy' else true(name)\n"
    )
    with DaskHere(tmp_path) as dask:
        with pytest.raises(InputError, match="cluster: the scheduler has no workers"):
            journeysim.run(scenario, cluster=dask.address)
        other = tmp_path / "other"
        other.mkdir()
        (other / "sitecustomize.py").write_text(pretend)
        path = os.pathsep.join([str(other), os.environ.get("PYTHONPATH", "")])
        dask.add_worker(PYTHONPATH=path)
        dask.wait_for_workers(1)
        with pytest.raises(
            InputError, match=r"found worker tcp://127.0.0.1:\d+: numpy 1.2.3 there, \S+ here"
        ):
            journeysim.run(scenario, cluster=dask.address)
