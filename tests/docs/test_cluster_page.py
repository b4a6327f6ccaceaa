"""docs/how-to/cluster.md: its commands and its Python run on a cluster of this machine, encrypted too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from tests.conftest import ROOT
from tests.dask_here import DaskHere, wait_until
from tests.docs.blocks import blocks, commands
from tests.market_maps import MAP

BLOCKS = blocks(ROOT / "docs/how-to/cluster.md")
COMMANDS = [line for block in BLOCKS if block.language == "sh" for line in commands(block)]
(PYTHON,) = [block.text for block in BLOCKS if block.language == "python"]
(TLS,) = [block.text for block in BLOCKS if block.language == "yaml"]
ADDRESS = "tcp://10.0.0.5:8786"
SCENARIO = """\
scenario: Small market
journey: {journey}
seed: 3
replications: 2
market: {{customers: 120, months: 1, burn_in_months: 1}}
options: {{Today: {{}}, One more teller: {{set: {{staff.tellers.count: 3}}}}}}
"""


def only(start: str) -> str:
    (found,) = [command for command in COMMANDS if command.startswith(start)]
    return found


def small(text: str, scenario: Path, address: str) -> str:
    """What the page says, of a scenario that takes no time."""
    text = text.replace("scenarios/lunch-hour.yaml", str(scenario)).replace(ADDRESS, address)
    text = text.replace("journeys/city-branch.yaml", str(scenario.with_name("map.yaml")))
    for searching in ("golden", "staff"):
        text = text.replace(f"journeysim {searching}", f"journeysim {searching} --replications 2 --fresh 2")
    return text


def test_it_names_the_commands() -> None:
    assert len(COMMANDS) == 8
    assert only("pip install") == "pip install 'journeysim[cluster]'"
    assert only("dask scheduler") == "dask scheduler --port 8786"


@pytest.fixture(autouse=True)
def commands_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that runs the tests has them, whether or not it was activated."""
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    path = tmp_path / "scenario.yaml"
    path.write_text(SCENARIO.format(journey="map.yaml"), encoding="utf-8")
    return path


@pytest.mark.slow
def test_its_commands_and_its_python_run(scenario: Path, tmp_path: Path, capsys) -> None:
    with DaskHere(tmp_path) as dask:
        dask.add_workers(only("dask worker"))
        dask.wait_for_workers(4)
        for command in [one for one in COMMANDS if "journeysim " in one]:
            done = subprocess.run(
                small(command, scenario, dask.address),
                shell=True,
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            assert "Kept in" in done.stdout
        exec(compile(small(PYTHON, scenario, dask.address), "docs/how-to/cluster.md", "exec"), {})
        assert "Today" in capsys.readouterr().out


@pytest.mark.slow
def test_certificates_are_asked_for_and_used(scenario: Path, tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("no openssl here to make certificates with")
    for name in ("mine", "other"):
        make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test"
        subprocess.run(
            [*make.split(), "-keyout", f"{name}.key", "-out", f"{name}.pem"],
            cwd=tmp_path,
            check=True,
            capture_output=True,
        )
        folder = tmp_path / f"config-{name}"
        folder.mkdir()
        text = TLS.replace("/etc/dask/ca.pem", str(tmp_path / f"{name}.pem"))
        text = text.replace("/etc/dask/cert.pem", str(tmp_path / f"{name}.pem"))
        text = text.replace("/etc/dask/key.pem", str(tmp_path / f"{name}.key"))
        yaml.safe_load(text)
        (folder / "tls.yaml").write_text(text)

    def run_there(address: str, certificates: str) -> subprocess.CompletedProcess[str]:
        config = {"DASK_CONFIG": str(tmp_path / f"config-{certificates}")}
        return subprocess.run(
            ["journeysim", "run", str(scenario), "--cluster", address],
            cwd=tmp_path,
            env={**os.environ, **config},
            capture_output=True,
            text=True,
            check=False,
        )

    mine = {"DASK_CONFIG": str(tmp_path / "config-mine")}
    with DaskHere(tmp_path, ("--protocol", "tls"), **mine) as dask:
        assert dask.address.startswith("tls://")
        dask.add_worker()
        wait_until(lambda: b"Registered to" in (tmp_path / "dask.log").read_bytes())
        refused = run_there(dask.address, "other")
        assert refused.returncode == 2
        assert "no Dask scheduler answered" in refused.stderr
        done = run_there(dask.address, "mine")
        assert done.returncode == 0, done.stderr
