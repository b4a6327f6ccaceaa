"""A run killed at any moment continues, and equals the uninterrupted run in every number.

The whole process group is killed with SIGKILL, so nothing gets a chance to tidy up.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

# A run short beside the start of Python, yet of many files: most of what a kill costs is that start.
SCENARIO = """\
scenario: Small question
journey: map.yaml
days: 1
replications: 8
seed: 3
options:
  Today: {}
  1 teller: {set: {staff.tellers.count: 1}}
  2 tellers: {set: {staff.tellers.count: 2}}
  Fewer failures: {set: {touchpoints.counter.fails: 0.05}}
  Nothing changed: {}
"""
CHANGES = {
    "close: 11:00": "close: 10:00",
    "{09:00: 28, 10:00: 38}": "28",
    "{gamma: {mean: 4 min, cv: 0.7}}": "{empirical: {file: minutes.csv, column: minutes, unit: min}}",
}
MINUTES = "minutes\n" + "".join(f"{tenths / 10}\n" for tenths in range(5, 95, 2))
RUN = ("run", "scenario.yaml", "--steps", "--resume")


def the_folder(out: Path) -> Path:
    (folder,) = out.iterdir()
    return folder


def steps_of(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in sorted(folder.rglob("steps*.parquet"))])


def assert_same_run(found: Path, expected: Path) -> None:
    for table in ("metrics", "summary", "differences", "visits"):
        assert_frame_equal(
            pl.read_parquet(found / "tables" / f"{table}.parquet"),
            pl.read_parquet(expected / "tables" / f"{table}.parquet"),
            check_exact=True,
        )
    assert_frame_equal(steps_of(found), steps_of(expected), check_exact=True)
    documents = [json.loads((folder / "result.json").read_text()) for folder in (found, expected)]
    for document in documents:
        del document["run"]
    assert documents[0] == documents[1]
    for name in ("run.json", "scenario.yaml", "files/minutes.csv"):
        assert (found / name).read_bytes() == (expected / name).read_bytes()
    assert list(found.rglob("*.tmp")) == []


@dataclass(frozen=True)
class Moment:
    """When to kill: once files of this pattern were written since the start, and so long after."""

    pattern: str
    files: int
    seconds: float

    @staticmethod
    def random(dice: random.Random, chunk_files_left: int) -> Moment:
        """Any moment after the run began to write; the first and the last ones more often."""
        kind = dice.choice(("first", "last", "between", "between", "between"))
        if kind == "first":
            return Moment("*", 1, dice.uniform(0, 0.2))
        if kind == "last":
            return Moment("tables/*", 1, dice.uniform(0, 0.15))
        return Moment("chunks/*", dice.randint(1, max(1, chunk_files_left)), dice.uniform(0, 0.03))

    def has_come(self, out: Path, start_ns: int) -> bool:
        written = 0
        for path in out.glob(f"*/{self.pattern}"):
            with contextlib.suppress(FileNotFoundError):
                written += path.is_file() and path.stat().st_mtime_ns >= start_ns
        return written >= self.files


def kill(process: subprocess.Popen[str], out: Path, start_ns: int, moment: Moment) -> bool:
    """Kill the process group at the moment; False if it had ended by itself."""
    deadline = time.monotonic() + 120
    while process.poll() is None and not moment.has_come(out, start_ns):
        assert time.monotonic() < deadline
        time.sleep(0.002)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(moment.seconds)
    ended = process.returncode is not None
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    _out, errors = process.communicate()
    assert not ended or process.returncode == 0, errors
    return not ended


@pytest.fixture(scope="module")
def uninterrupted(shared_cli):
    text = shared_cli.folder.joinpath("map.yaml").read_text(encoding="utf-8")
    for old, new in CHANGES.items():
        assert old in text
        text = text.replace(old, new)
    shared_cli.write("map.yaml", text)
    shared_cli.write("minutes.csv", MINUTES)
    shared_cli.write("scenario.yaml", SCENARIO)
    done = shared_cli(*RUN, "--out", "whole", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    return the_folder(shared_cli.folder / "whole")


def survive(cli, expected: Path, kills: int, seed: int) -> None:
    chunk_files = len(list(expected.glob("chunks/*")))
    dice = random.Random(seed)
    out = cli.folder / f"killed-{seed}"
    done = finished = 0
    while done < kills:
        moment = Moment.random(dice, chunk_files - len(list(out.glob("*/chunks/*"))))
        start_ns = time.time_ns()
        process = cli.start(*RUN, "--out", out.name, "--jobs", str(1 + done % 2))
        done += kill(process, out, start_ns, moment)
        if list(out.glob("*/result.json")):
            assert_same_run(the_folder(out), expected)
            finished += 1
            out = cli.folder / f"killed-{seed}-{finished}"
    last = cli(*RUN, "--out", out.name, "--jobs", "1")
    assert last.returncode == 0, last.stderr
    assert_same_run(the_folder(out), expected)


def test_killed_runs_continue_to_the_same_end(shared_cli, uninterrupted):
    # With the kills at every single write, in test_experiment_runs.py, about twenty.
    survive(shared_cli, uninterrupted, kills=5, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 120))
def test_many_killed_runs_continue_to_the_same_end(shared_cli, uninterrupted, seed):
    survive(shared_cli, uninterrupted, kills=10, seed=seed)


def test_workers_do_not_outlive_a_killed_parent(cli):
    process = cli.start("run", "scenario.yaml", "--replications", "4000", "--jobs", "2")
    workers = children_at_work(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 60
    while any(is_alive(pid) for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(is_alive(pid) for pid in workers)


def test_a_killed_worker_stops_the_run_and_keeps_what_finished(cli):
    process = cli.start("run", "scenario.yaml", "--replications", "4000", "--jobs", "2")
    workers = children_at_work(process.pid)
    wait_for_chunks(cli.folder / "runs")
    os.kill(workers[0], signal.SIGKILL)
    _out, errors = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "a worker process was lost" in errors
    assert "continue with: journeysim run scenario.yaml --replications 4000 --jobs 2 --resume" in errors
    assert "Traceback" not in errors
    folder = the_folder(cli.folder / "runs")
    assert list((folder / "chunks").glob("metrics-*.parquet"))
    assert not (folder / "result.json").exists()


@pytest.mark.parametrize(("name", "jobs"), [("SIGINT", "1"), ("SIGINT", "2"), ("SIGTERM", "1")])
def test_ctrl_c_keeps_what_finished_and_says_how_to_continue(cli, name, jobs):
    process = cli.start("run", "scenario.yaml", "--replications", "4000", "--jobs", jobs)
    wait_for_chunks(cli.folder / "runs")
    # Ctrl-C reaches the whole group, workers included.
    os.killpg(process.pid, getattr(signal, name))
    _out, errors = process.communicate(timeout=120)
    assert process.returncode == 3
    assert "replications are kept in runs/small-question-" in errors
    assert f"continue with: journeysim run scenario.yaml --replications 4000 --jobs {jobs} --resume" in errors
    assert "Traceback" not in errors
    smaller = cli("run", "scenario.yaml", "--resume", "--json")
    assert smaller.returncode == 0
    assert [option["replications"] for option in json.loads(smaller.stdout)["options"]] == [6, 6, 6]


def wait_for_chunks(out: Path) -> None:
    deadline = time.monotonic() + 120
    while not list(out.rglob("metrics-*.parquet")):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children_at_work(parent: int) -> list[int]:
    """Process ids of the workers, once there are two.

    loky also keeps a helper of its own, which for a moment, between fork and exec, looks like the parent.
    """
    deadline = time.monotonic() + 120
    while True:
        found = [pid for pid in children(parent) if b"loky.backend.popen_loky" in command_line(pid)]
        if len(found) >= 2:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.02)


def children(parent: int) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"\nPPid:\t{parent}\n" in (entry / "status").read_text():
                found.append(int(entry.name))
    return found


def command_line(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return (Path("/proc") / str(pid) / "cmdline").read_bytes()
    return b""


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "\nState:\tZ" not in (Path("/proc") / str(pid) / "status").read_text()
    return False
