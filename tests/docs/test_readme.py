"""README.md: its example is what the program answers, and the files that it names are there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_files_that_it_names_are_there() -> None:
    named = re.findall(r"\]\(([^)#:]+)\)|`((?:journeys|scenarios|docs|schemas)/[^`*]*)`", TEXT)
    files = {one or other for one, other in named}
    assert len(files) > 8
    assert [name for name in sorted(files) if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_example_is_what_the_main_scenario_answers(tmp_path: Path) -> None:
    (example,) = re.findall(r"```text\n(Lunch-hour relief\n.*?)```", TEXT, flags=re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-m", "journeysim", "run", "scenarios/lunch-hour.yaml", "--out", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(example.rstrip())
