"""The command as people and scripts meet it: help, exit codes, messages, the JSON document."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from rich.cells import cell_len

FEW = ("--replications", "2", "--jobs", "1")


@pytest.mark.parametrize("arguments", [[], ["run"], ["check"], ["schema"]])
def test_help_has_examples(cli, arguments):
    done = cli(*arguments, "--help")
    assert done.returncode == 0
    assert (
        "journeysim run scenarios/lunch-hour.yaml" in done.stdout
        or f"journeysim {arguments[0]} " in done.stdout
    )
    assert done.stderr == ""


@pytest.mark.parametrize("code", ["sys.argv = ['journeysim', '--help']; journeysim.cli.main()", "journeysim"])
def test_neither_help_nor_import_loads_numpy(code):
    script = (
        "import atexit, sys, journeysim, journeysim.cli\n"
        "heavy = {'numpy', 'polars', 'pydantic', 'scipy', 'rich'}\n"
        "atexit.register(lambda: print(sorted(heavy & set(sys.modules))))\n" + code
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version(cli):
    import journeysim

    assert cli("--version").stdout == f"journeysim {journeysim.__version__}\n"


def test_tables_fit_and_name_the_folder(cli):
    done = cli("run", "scenario.yaml", *FEW)
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "Small question"
    assert "2 replications are few: their intervals move much" in done.stdout
    assert max(cell_len(line) for line in lines) <= 100
    for word in (
        "Today (baseline)",
        "One more teller",
        "贵宾",
        "counter",
        "tellers",
        "Difference from Today",
    ):
        assert word in done.stdout
    (folder,) = (cli.folder / "runs").iterdir()
    assert lines[-1] == f"Kept in runs/{folder.name}"


def test_json_is_the_only_thing_on_stdout(cli):
    done = cli("run", "scenario.yaml", "--json", *FEW)
    document = json.loads(done.stdout)
    assert document["scenario"] == "Small question"
    assert document["engine"] == "simpy"
    assert [option["name"] for option in document["options"]] == [
        "Today",
        "One more teller",
        "Nothing changed",
    ]
    assert json.loads((cli.folder / document["run"] / "result.json").read_text()) == document
    differences = document["options"][2]["versus_baseline"]
    assert {entry["difference"] for entry in differences.values() if entry["p"] is not None} == {0.0}
    assert {entry["p"] for entry in differences.values()} <= {1.0, None}


def test_jobs_and_hash_seeds_cannot_change_a_number(cli):
    found = [
        cli("run", "scenario.yaml", "--json", "--steps", "--out", out, "--jobs", jobs, PYTHONHASHSEED=seed)
        for out, jobs, seed in (("a", "1", "1"), ("b", "3", "2"))
    ]
    documents = [json.loads(done.stdout) for done in found]
    folders = [cli.folder / document.pop("run") for document in documents]
    assert documents[0] == documents[1]
    for other in folders[1:]:
        for table in ("metrics", "visits", "summary", "differences"):
            one, two = (pl.read_parquet(at / "tables" / f"{table}.parquet") for at in (folders[0], other))
            assert_frame_equal(one, two, check_exact=True)
        assert (folders[0] / "scenario.yaml").read_bytes() == (other / "scenario.yaml").read_bytes()


def test_set_changes_every_option(cli):
    five = cli("run", "map.yaml", "--set", "staff.tellers.count=5", "--json", *FEW)
    text = cli.folder.joinpath("map.yaml").read_text().replace("count: 3", "count: 5")
    cli.write("five.yaml", text)
    same = cli("run", "five.yaml", "--json", *FEW)
    assert json.loads(five.stdout)["options"] == json.loads(same.stdout)["options"]


def test_every_mistake_at_once_with_its_place(cli):
    cli.write(
        "wrong.yaml",
        "scenario: Wrong\n"
        "journey: map.yaml\n"
        "seeds: 7\n"
        "options:\n"
        "  A: {set: {staff.teller.count: 4}}\n"
        "  B: {set: {staff.tellers.count: many}}\n",
    )
    done = cli("run", "wrong.yaml")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "wrong.yaml:3:1: seeds: unknown key, hint: did you mean seed?" in done.stderr
    cli.write("wrong.yaml", (cli.folder / "wrong.yaml").read_text().replace("seeds: 7\n", ""))
    done = cli("run", "wrong.yaml", "--set", "staff.tellers.cuont=4")
    lines = done.stderr.splitlines()
    assert done.returncode == 2
    assert any(
        line.startswith("wrong.yaml:4:13: staff.teller.count: unknown path, found teller") for line in lines
    )
    assert any(line.startswith("wrong.yaml:5:") and "staff.tellers.count" in line for line in lines)
    assert any(line.startswith("--set staff.tellers.cuont=4: ") and "count" in line for line in lines)
    assert "Traceback" not in done.stderr
    assert not (cli.folder / "runs").exists()


def test_user_text_is_never_markup(cli):
    cli.write("wrong.yaml", "scenario: '[/red]'\njourney: '[min].yaml'\nbaseline: '[/bold]'\n")
    done = cli("run", "wrong.yaml")
    assert done.returncode == 2
    assert "[min].yaml" in done.stderr
    cli.write("odd.yaml", "scenario: '[/red] [bold]'\njourney: map.yaml\ndays: 1\n")
    done = cli("run", "odd.yaml", *FEW)
    assert done.stdout.startswith("[/red] [bold]\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["run", "nowhere.yaml"],
        ["run", "."],
        ["run", "map.yaml", "--replications", "0"],
        ["run", "map.yaml", "--replications", "many"],
        ["run", "map.yaml", "--engine", "fast"],
        ["run", "map.yaml", "--set", "staff.tellers.count"],
        ["check"],
        ["check", "map.yaml", "nowhere.yaml"],
        ["schema", "branch"],
        ["walk"],
    ],
)
def test_wrong_input_is_exit_code_2(cli, arguments):
    done = cli(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_full_disk_is_exit_code_3(cli):
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "journeysim", "run", "map.yaml", *FEW],
            cwd=cli.folder, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_fault_of_ours_is_exit_code_1(cli, tmp_path):
    broken = tmp_path / "broken" / "sitecustomize.py"
    broken.parent.mkdir()
    broken.write_text("import journeysim.experiment.running as runs\nruns.run_chunks = None\n")
    done = cli("run", "map.yaml", *FEW, PYTHONPATH=str(broken.parent))
    assert done.returncode == 1
    assert "a fault in journeysim, not in your input: TypeError" in done.stderr
    assert f"JOURNEYSIM_DEBUG=1 journeysim run map.yaml {' '.join(FEW)}" in done.stderr
    assert "Traceback" not in done.stderr
    told = cli("run", "map.yaml", "--resume", *FEW, PYTHONPATH=str(broken.parent), JOURNEYSIM_DEBUG="1")
    assert "Traceback" in told.stderr


def test_a_reader_that_leaves_is_no_fault(cli):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "journeysim", "run", "map.yaml", *FEW],
        cwd=cli.folder, stdout=writing, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(writing)
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_terminal_that_cannot_show_a_name(cli):
    done = cli("run", "scenario.yaml", *FEW, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0
    assert "??" in done.stdout


def test_two_processes_on_one_folder(cli):
    first = cli.start("run", "scenario.yaml", "--replications", "3000", "--jobs", "1")
    while not list(cli.folder.glob("runs/*/chunks/metrics-*.parquet")):
        assert first.poll() is None
        time.sleep(0.02)
    second = cli("run", "scenario.yaml", "--resume", *FEW)
    first.kill()
    first.communicate()
    assert second.returncode == 2
    assert "another process is running in this folder" in second.stderr
    assert cli("run", "scenario.yaml", "--resume", *FEW).returncode == 0


def test_check_says_what_a_file_holds(cli):
    done = cli("check", "map.yaml", "scenario.yaml")
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "map.yaml: ok, Small branch: 2 segments, 1 need, 1 touchpoint, 1 staff group",
        "scenario.yaml: ok, Small question: 3 options, 2 segments, 1 need, 1 touchpoint, 1 staff group",
    ]


def test_check_warns_on_stderr(cli):
    cli.write("busy.yaml", (cli.folder / "map.yaml").read_text().replace("count: 3", "count: 1"))
    done = cli("check", "busy.yaml")
    assert done.returncode == 0
    assert done.stderr.startswith("warning: busy.yaml:")
    assert "counter" in done.stderr


@pytest.mark.parametrize("kind", ["journey", "scenario"])
def test_schema_prints_what_is_kept(cli, kind):
    kept = Path(__file__).parents[2] / "schemas" / f"{kind}.json"
    assert cli("schema", kind).stdout == kept.read_text(encoding="utf-8")
