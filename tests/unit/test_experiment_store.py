"""The run folder: whole files, one process at a time, nothing of a killed process left behind."""

import errno
import json
import os
from pathlib import Path

import polars as pl
import pytest

from journeysim.errors import InputError, StoppedEarly
from journeysim.experiment import files
from journeysim.experiment.store import Chunk, RunFolder, RunHeader, missing_replications

HEADER = RunHeader("a" * 64, 1, "Lunch", 7, "simpy", False, {"python": "3.11"})


def metrics(option, replications):
    rows = [(option, number, "all", "", "wait_mean_min", float(number)) for number in replications]
    return pl.DataFrame(
        rows, schema=["option", "replication", "scope", "name", "metric", "value"], orient="row"
    )


def test_a_file_is_whole_or_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1})

    def full(_handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(StoppedEarly, match=r"a\.json: cannot be written: No space left on device"):
        files.write_json(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_a_file_is_written_aside_under_the_process_id(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(files.os, "fsync", lambda _handle: seen.extend(p.name for p in tmp_path.iterdir()))
    files.write_whole(tmp_path / "b.txt", b"x")
    assert seen[0] == f".b.txt.{os.getpid()}.tmp"


def test_json_never_holds_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_json(tmp_path / "a.json", {"a": float("nan")})


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoppedEarly, match="cannot be written"), RunFolder(tmp_path / "file" / "run").held():
        pass


def test_places_are_tried_and_nothing_is_left(tmp_path):
    files.refuse_unwritable_file(tmp_path / "a.svg")
    files.refuse_unwritable_folder(tmp_path / "deep" / "deeper")
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="the name of a file is required, found a folder"):
        files.refuse_unwritable_file(tmp_path)
    with pytest.raises(InputError, match="found something that is no file"):
        files.refuse_unwritable_file(Path(os.devnull))
    for refuse in (files.refuse_unwritable_file, files.refuse_unwritable_folder):
        with pytest.raises(InputError, match="File name too long"):
            refuse(tmp_path / ("a" * 300))


def test_a_folder_without_permission_is_refused(tmp_path, monkeypatch):
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", denied)
    for refuse in (files.refuse_unwritable_file, files.refuse_unwritable_folder):
        with pytest.raises(
            InputError, match=r"a place that can be written to is required, .*Permission denied"
        ):
            refuse(tmp_path / "a")


def test_the_header_is_never_rewritten(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with folder.held():
        folder.begin(HEADER, {"files/a.csv": b"1"})
        before = (folder.path / "run.json").stat()
        folder.begin(HEADER, {"files/a.csv": b"2"})
        after = (folder.path / "run.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert folder.read_header() == HEADER
    assert (folder.path / "files" / "a.csv").read_bytes() == b"1"


def test_something_else_called_run_json(tmp_path):
    (tmp_path / "run.json").write_text('{"a": 1}')
    with pytest.raises(InputError, match="this is no run of journeysim"):
        RunFolder(tmp_path).read_header()


def test_half_written_files_go_when_the_folder_is_held_again(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with folder.held():
        folder.begin(HEADER, {"files/data/day.csv": b"1"})
    files_of_the_map = folder.path / "files" / "data"
    for inside in (folder.path, folder.chunks, folder.tables, files_of_the_map):
        (inside / ".name.99.tmp").write_text("half")
    with folder.held():
        assert list(folder.path.rglob("*.tmp")) == []
    assert (files_of_the_map / "day.csv").read_bytes() == b"1"


def test_steps_without_metrics_were_never_committed(tmp_path):
    folder = RunFolder(tmp_path / "run")
    steps = pl.DataFrame({"replication": [0]})
    with folder.held():
        folder.commit(Chunk(0, 0, 1), metrics("A", [0]), steps)
        folder.commit(Chunk(0, 1, 1), metrics("A", [1]), steps)
        (folder.chunks / f"metrics-{Chunk(0, 1, 1).label}.parquet").unlink()
        folder.drop_uncommitted()
    assert folder.committed() == [Chunk(0, 0, 1)]
    assert [path.name for path in folder.chunks.glob("steps-*")] == [f"steps-{Chunk(0, 0, 1).label}.parquet"]


def test_steps_are_written_before_the_mark(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path / "run")
    order = []

    def note(path, _frame):
        order.append(path.name.split("-")[0])

    monkeypatch.setattr("journeysim.experiment.store.write_parquet", note)
    folder.commit(Chunk(0, 0, 1), metrics("A", [0]), pl.DataFrame({"replication": [0]}))
    assert order == ["steps", "metrics"]


def test_metrics_come_in_order_whatever_the_cut(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with folder.held():
        folder.commit(Chunk(1, 0, 12), metrics("B", range(12)), None)
        folder.commit(Chunk(0, 10, 2), metrics("A", range(10, 12)), None)
        folder.commit(Chunk(0, 0, 10), metrics("A", range(10)), None)
    found = folder.read_metrics(11)
    assert found.select("option", "replication").rows() == [
        (option, number) for option in "AB" for number in range(11)
    ]


def test_what_is_missing():
    done = [Chunk(0, 0, 2), Chunk(0, 3, 1), Chunk(2, 0, 9)]
    assert missing_replications(done, 3, 5) == [[2, 4], [0, 1, 2, 3, 4], []]


def test_a_second_process_is_kept_out(tmp_path):
    folder = RunFolder(tmp_path / "run")
    with (
        folder.held(),
        pytest.raises(InputError, match="another process is running in this folder"),
        RunFolder(tmp_path / "run").held(),
    ):
        pass
    with folder.held():
        pass
