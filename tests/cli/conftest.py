"""A small scenario, and ways to call the command."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

MAP = """\
journey: Small branch
hours: {open: 09:00, close: 11:00}
segments:
  regular: {share: 0.8, priority: 2, patience: {exponential: {mean: 8 min}}}
  贵宾: {share: 0.2}
needs:
  cash: {share: 1, start: counter}
arrivals: {per_hour: {09:00: 28, 10:00: 38}}
staff:
  tellers: {count: 3, serves: [line], cost_per_hour: 60}
queues:
  line: {discipline: priority}
touchpoints:
  counter:
    stage: Transact
    queue: line
    service: {gamma: {mean: 4 min, cv: 0.7}}
    fails: 0.1
    if_failed: counter
"""

SCENARIO = """\
scenario: Small question
journey: map.yaml
days: 10
replications: 6
seed: 3
options:
  Today: {}
  One more teller: {set: {staff.tellers.count: 4}}
  Nothing changed: {}
"""


@dataclass(frozen=True)
class Cli:
    """Calls the command in a folder of its own that holds ``map.yaml`` and ``scenario.yaml``."""

    folder: Path

    def environment(self, **more: str) -> dict[str, str]:
        return {**os.environ, "COLUMNS": "80", **more}

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "journeysim", *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Begin the command as the leader of a process group, for whoever wants to kill it."""
        return subprocess.Popen(
            [sys.executable, "-m", "journeysim", *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def cli(tmp_path):
    command = Cli(tmp_path)
    command.write("map.yaml", MAP)
    command.write("scenario.yaml", SCENARIO)
    return command


@pytest.fixture(scope="module")
def shared_cli(tmp_path_factory):
    command = Cli(tmp_path_factory.mktemp("shared"))
    command.write("map.yaml", MAP)
    command.write("scenario.yaml", SCENARIO)
    return command
