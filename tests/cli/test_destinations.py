"""Places that nothing can be written to are refused at the door, and only who keeps something says so."""

from __future__ import annotations

import signal

import pytest

from journeysim.cli import report_command as reporting
from journeysim.cli.guard import guarded
from journeysim.cli.scenarios import can_be_continued
from journeysim.errors import InputError, StoppedEarly
from journeysim.experiment import load_scenario, run
from journeysim.experiment.files import cannot_write

WAIT = ("--metric", "wait_mean_min")


@pytest.fixture(scope="module")
def kept(shared_cli):
    """A run's folder, and a file where other runs want theirs."""
    shared_cli.write("file", "")
    return run(load_scenario(shared_cli.folder / "scenario.yaml"), replications=2, jobs=1,
               out=shared_cli.folder / "runs", steps=False).folder  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "scenario.yaml"),
        ("golden", "scenario.yaml"),
        ("select", "scenario.yaml", *WAIT, "--lead", "1"),
        ("staff", "scenario.yaml", "--target", "wait_mean_min <= 5"),
        ("sensitivity", "scenario.yaml", *WAIT),
    ],
)
def test_a_folder_that_cannot_be_is_refused_before_the_scenario_is_read(shared_cli, kept, arguments):
    done = shared_cli(arguments[0], "none.yaml", *arguments[2:], "--out", "file/runs")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "file/runs: a folder is required, found a file, file, hint: give another place\n"


@pytest.mark.parametrize(
    ("command", "name"),
    [("draw", "a.svg"), ("report", "a.html"), ("export", "a.csv"), ("sensitivity", "a.svg")],
)
def test_a_file_in_no_folder_is_refused_before_anything_is_read(shared_cli, kept, command, name):
    more = {"export": ("--format", "csv"), "sensitivity": WAIT}.get(command, ())
    for folder, found in (("nowhere", "a folder that exists is required, found no folder nowhere"),
                          ("file", "a folder is required, found a file, file")):  # fmt: skip
        done = shared_cli(command, "none.yaml", *more, "-o", f"{folder}/{name}")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"{folder}/{name}: {found}, hint: ")


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.htm.gz"])
def test_a_report_is_never_written_into_what_is_no_html(shared_cli, kept, name):
    done = shared_cli("report", str(kept), "-o", name)
    assert done.returncode == 2
    assert "a name that ends in .html or .htm is required" in done.stderr
    assert ("hint: name it a.html and print it to PDF from the browser" in done.stderr) == (name == "a.pdf")
    assert not (shared_cli.folder / name).exists()


def test_a_report_beside_the_run_is_refused_where_something_stands(kept):
    (kept / "report.html").mkdir()
    with pytest.raises(InputError, match=r"report\.html: the name of a file is required, found a folder"):
        reporting.report_command(kept, None)
    (kept / "report.html").rmdir()


def test_an_interruption_says_no_more_than_is_true(capsys):
    @guarded
    def command() -> None:
        signal.raise_signal(signal.SIGINT)

    # Tests that a shell runs in the background would inherit that it is ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit):
            command()
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "stopped\n"


def test_only_a_run_says_that_something_is_kept(tmp_path, monkeypatch, shared_cli, kept):
    full = OSError(28, "No space left on device")
    with pytest.raises(StoppedEarly) as alone, can_be_continued():
        raise cannot_write(tmp_path / "a.html", full)
    assert "what had finished" not in str(alone.value)

    def no_space(*_: object) -> None:
        raise cannot_write(tmp_path / "tables", full)

    monkeypatch.setattr("journeysim.experiment.running._write_tables", no_space)
    with pytest.raises(StoppedEarly) as while_running:
        run(load_scenario(shared_cli.folder / "scenario.yaml"), replications=2, jobs=1, out=tmp_path)
    assert str(while_running.value) == (
        f"{tmp_path / 'tables'}: cannot be written: No space left on device; what had finished is kept in "
        f"{while_running.value.kept_in}"
    )
