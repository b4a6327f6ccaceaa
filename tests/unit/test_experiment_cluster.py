"""What is said of a cluster that cannot be used, and how chunks are handed to one; no cluster is needed."""

from __future__ import annotations

import sys
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.small_branch import small_scenario

import journeysim
from journeysim import InputError, StoppedEarly
from journeysim.experiment import cluster, pools
from journeysim.experiment.load import parse_scenario
from journeysim.experiment.resolve import RESULTS
from journeysim.experiment.store import Chunk

HERE = dict.fromkeys(cluster._PACKAGES, "1.0") | {"python": "3.11.7.final.0"}


@pytest.fixture
def scenario():
    return parse_scenario(small_scenario("\ndays: 1\nseed: 3\n"))


@pytest.mark.parametrize("address", ["nonsense", "", "http://host:8787", "tcp://host", "tcp://host:port"])
def test_an_address_that_is_none_is_refused_at_once(scenario, address, tmp_path) -> None:
    with pytest.raises(
        InputError, match=r"cluster: the address of a Dask scheduler is required.*tcp://HOST:8786"
    ):
        journeysim.run(scenario, cluster=address, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_to_install_is_said(scenario, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'journeysim\[cluster\]'"):
        journeysim.run(scenario, cluster="tcp://127.0.0.1:8786")


def test_certificates_are_asked_for(scenario) -> None:
    with pytest.raises(InputError, match=r"certificates, and none are configured.*distributed\.comm\.tls"):
        journeysim.run(scenario, cluster="tls://127.0.0.1:8786")


@dataclass
class Versions:
    """Says what a cluster's machines have."""

    workers: dict[str, dict[str, str | None]]
    scheduler: dict[str, str | None] = field(default_factory=lambda: dict(HERE))
    results: dict[str, Any] = field(default_factory=dict)

    def get_versions(self, packages: list[str]) -> dict[str, Any]:
        machines = {worker: {"packages": versions} for worker, versions in self.workers.items()}
        return {
            "client": {"packages": HERE},
            "scheduler": {"packages": self.scheduler},
            "workers": machines,
        }

    def run(self, function: object, on_error: str) -> dict[str, Any]:
        return dict.fromkeys(self.workers, RESULTS) | self.results


def told(versions: Versions) -> list[str]:
    with pytest.raises(InputError) as refused:
        cluster._refuse_other_versions(versions)
    return [problem.found for problem in refused.value.problems]


def test_equal_versions_are_taken() -> None:
    patched = HERE | {"python": "3.11.9.final.0"}
    cluster._refuse_other_versions(Versions({"tcp://a:1": HERE, "tcp://a:2": patched}))


def test_every_difference_is_named_with_its_worker() -> None:
    other = HERE | {"polars": "1.1", "python": "3.13.0.final.0"}
    assert told(Versions({"tcp://a:1": HERE, "tcp://b:1": other})) == [
        "worker tcp://b:1: Python 3.13 there, 3.11 here; polars 1.1 there, 1.0 here"
    ]
    assert told(Versions({"tcp://a:1": HERE}, scheduler=HERE | {"journeysim": None})) == [
        "the scheduler: journeysim missing there, 1.0 here"
    ]


def test_results_are_compared_where_all_versions_are_equal() -> None:
    workers = {"tcp://a:1": HERE, "tcp://b:1": HERE, "tcp://c:1": HERE}
    results = {"tcp://b:1": RESULTS - 1, "tcp://c:1": ModuleNotFoundError("no such module")}
    assert told(Versions(workers, results=results)) == [
        f"worker tcp://b:1: RESULTS {RESULTS - 1} there, {RESULTS} here",
        f"worker tcp://c:1: RESULTS unknown there, {RESULTS} here",
    ]


def test_many_workers_of_another_version_are_counted() -> None:
    found = told(Versions({f"tcp://a:{port}": HERE | {"numpy": "2.0"} for port in range(8)}))
    assert len(found) == 6
    assert found[-1] == "and 3 more"


class Counting(Executor):
    """Does the work when it is waited for, and notes how much it held."""

    def __init__(self) -> None:
        self.held: list[tuple[Future[Any], Any]] = []
        self.most = 0
        self.chunks: list[Chunk] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert kwargs == {}
        self.chunks.append(args[1])
        self.held.append((Future(), (fn, args)))
        self.most = max(self.most, len(self.held))
        return self.held[-1][0]


@dataclass
class FakeCluster:
    """A cluster whose workers do one chunk whenever somebody looks after them."""

    executor: Counting
    threads: int
    lose_after: int = 10**9
    done: int = 0

    def watch(self) -> None:
        if self.done >= self.lose_after:
            raise cluster.WorkersLost("worker tcp://a:1 was lost")
        future, (fn, args) = self.executor.held.pop(0)
        future.set_result(fn(*args))
        self.done += 1

    def look(self) -> None: ...


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(pools, "Cluster", FakeCluster)
    made = FakeCluster(Counting(), threads=3)
    token = pools._kept.set(made)
    yield made
    pools._kept.reset(token)


@pytest.mark.parametrize(("jobs", "most"), [(None, 6), (1, 2), (50, 6)])
def test_at_most_two_chunks_for_each_thread_are_on_their_way(fake, scenario, jobs, most) -> None:
    journeysim.run(scenario, replications=12, jobs=jobs)
    assert fake.executor.most == most
    assert sum(chunk.count for chunk in fake.executor.chunks) == 12


def test_a_lost_worker_ends_the_run_and_what_others_finished_is_kept(fake, scenario, tmp_path) -> None:
    fake.lose_after = 4
    with pytest.raises(StoppedEarly, match="worker tcp://a:1 was lost; what had finished is kept"):
        journeysim.run(scenario, replications=12, out=tmp_path)
    assert len(list(tmp_path.rglob("metrics-*.parquet"))) == 4
    assert all(future.cancelled() for future, _ in fake.executor.held)
