"""docs/how-to/exports.md: every command and block of it runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from tests.small_branch import SMALL_MAP

from journeysim.report.exports import FORMATS, TABLES

PAGE = (Path(__file__).resolve().parents[2] / "docs/how-to/exports.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (journeysim .*)$", PAGE, re.MULTILINE)


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "journeys").mkdir()
    (tmp_path / "journeys" / "city-branch.yaml").write_text(SMALL_MAP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_commands_run_one_after_the_other(here, capsys):
    from journeysim.cli.app import app

    written = []
    for line in COMMANDS:
        folder = next((here / "runs").iterdir(), here) if (here / "runs").exists() else here
        arguments = shlex.split(line.replace("RUN", str(folder)))[1:]
        assert app(arguments, standalone_mode=False) in (None, 0)
        written.append(capsys.readouterr().out.strip())
    files = [Path(text) for text in written[1:]]
    assert all(path.stat().st_size > 50 for path in files)
    assert [path.name for path in files] == [
        "log.xes", "branch.ocel.json", "metrics.csv", "steps.parquet", "journey.mmd", "log.vidigi.csv",
    ]  # fmt: skip


def test_the_python_runs(here):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(block, "docs/how-to/exports.md", "exec"), {})
    assert (here / "branch.xes").stat().st_size > 1000


def test_formats_and_tables_of_the_page_are_those_of_the_program():
    rows = re.findall(r"^\| `(\w+)` \| ", PAGE, re.MULTILINE)
    assert rows == list(FORMATS)
    told = PAGE.split("## Tables")[1].split(":")[0]
    assert tuple(re.findall(r"`(\w+)`", told)) == TABLES
