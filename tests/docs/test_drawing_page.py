"""docs/how-to/drawing.md: its commands and its Python run, and its picture is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/how-to/drawing.md").read_text(encoding="utf-8")
COMMANDS = [
    shlex.split(line)
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("journeysim draw ")
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A run of the city branch, and the answer to a search of its golden point."""
    from journeysim.experiment import run
    from journeysim.journey import load_journey

    folder = tmp_path_factory.mktemp("page")
    done = run(
        load_journey(ROOT / "journeys/city-branch.yaml"), replications=2, jobs=1, out=folder, steps=False
    )
    golden = folder / "golden.json"
    golden.write_text('{"answer": "It is.", "golden_point": {"touchpoints": ["counter"]}}', encoding="utf-8")
    return {"runs/city-branch-cfb49db3": str(done.folder), "golden.json": str(golden)}


def test_there_are_commands():
    assert len(COMMANDS) >= 5


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_commands_draw(words, kept, tmp_path, monkeypatch):
    from journeysim.cli.app import app

    monkeypatch.chdir(ROOT)
    words = [kept.get(word, word) for word in words[1:]]
    at = words.index("-o") + 1 if "-o" in words else None
    if at is None:
        words, at = [*words, "-o", "map.svg"], len(words) + 1
    target = tmp_path / words[at]
    words[at] = str(target)
    typer.main.get_command(app).main(words, standalone_mode=False)
    assert target.stat().st_size > 10_000


def test_the_python_runs(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    code = code.replace("journeys/city-branch.yaml", str(ROOT / "journeys/classic-bank.yaml"))
    code = code.replace("replications=5", "replications=2, jobs=1").replace('"counter"', '"teller"')
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/how-to/drawing.md", "exec"), {})
    assert (tmp_path / "city-branch.png").stat().st_size > 10_000


def test_the_picture_is_there():
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE)
    assert (ROOT / "docs/how-to" / picture).resolve().is_file()
