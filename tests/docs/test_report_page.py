"""docs/how-to/report.md: its commands are the program's, its Python runs, its numbers are the program's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.small_branch import small_scenario
from typer.testing import CliRunner

from journeysim.cli.app import app
from journeysim.report.page.overview import LEAST_OPTIONS
from journeysim.report.page.pictures import MOST_FIGURES, MOST_LINES

PAGE = (ROOT / "docs/how-to/report.md").read_text(encoding="utf-8")
WORDS = {5: "five", 6: "six"}


def test_limits_are_those_of_the_program() -> None:
    assert f"{WORDS[MOST_FIGURES]} at most" in PAGE
    assert f"Of more than {WORDS[MOST_LINES]} options" in PAGE
    assert f"the {WORDS[MOST_LINES - 1]} whose waits" in " ".join(PAGE.split())
    assert f"With {WORDS[LEAST_OPTIONS]} options or more beside the baseline" in " ".join(PAGE.split())


def test_the_commands_and_the_python_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    scenario = "scenario.yaml"
    (tmp_path / scenario).write_text(small_scenario("days: 1\nreplications: 2\n"))
    (commands,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    first, *others = commands.splitlines()
    began = [scenario if word.startswith("scenarios/") else word for word in shlex.split(first)]
    assert CliRunner().invoke(app, [*began[1:], "--jobs", "1"]).exit_code == 0
    (folder,) = (tmp_path / "runs").iterdir()
    page = (folder / "report.html").read_text(encoding="utf-8")
    for command in others:
        words = [f"runs/{folder.name}" if word.startswith("runs/") else word for word in shlex.split(command)]
        assert CliRunner().invoke(app, words[1:]).exit_code == 0
    assert (tmp_path / "for-the-board.html").read_text(encoding="utf-8") == page
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code.replace("scenarios/lunch-hour.yaml", scenario), "docs/how-to/report.md", "exec"), {})
    assert (tmp_path / "report.html").exists()
