"""What README.md shows: its commands run, and its example is what the program answers."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", TEXT, flags=re.DOTALL)
COMMANDS = [
    line.split("#")[0].strip()
    for block in BLOCKS
    for line in block.splitlines()
    if line.startswith((".venv/bin/journeysim", "make "))
]


def test_readme_shows_commands() -> None:
    assert len(COMMANDS) >= 5
    assert {"make run", "make test"} <= set(COMMANDS)


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith("make")])
def test_command_runs(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)[1:]
    quick = ["--replications", "2", "--out", str(tmp_path)] if words[0] == "run" else []
    done = subprocess.run(
        [sys.executable, "-m", "journeysim", *words, *quick],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_files_that_it_names_are_there() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)|`((?:journeys|scenarios|docs|schemas)/[^`*]*)`", TEXT)
    files = {one or other for one, other in named}
    assert len(files) > 8
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_example_is_what_the_main_scenario_answers(tmp_path: Path) -> None:
    (example,) = [block for block in BLOCKS if block.startswith("Lunch-hour relief")]
    done = subprocess.run(
        [sys.executable, "-m", "journeysim", "run", "scenarios/lunch-hour.yaml", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(example.rstrip())
