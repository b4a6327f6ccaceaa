"""The project's own files: the lock, the Makefile and the way to a first `make run`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def lock(root: Path) -> str:
    return (root / "requirements.lock").read_text(encoding="utf-8")


def requirements(lock: str) -> dict[str, str]:
    """Each locked line with its hashes and comments, by the name of its distribution."""
    entries = re.split(r"^(?=\S)", lock, flags=re.MULTILINE)[1:]
    return {f"{entry.split('==')[0]} {number}": entry for number, entry in enumerate(entries)}


def test_lock_names_no_host_and_no_folder(lock: str) -> None:
    assert not re.search(r"://|\.(org|com|io|net)\b|^-|^\S*/", lock, re.MULTILINE)


def test_every_locked_requirement_has_a_version_and_hashes(lock: str) -> None:
    for name, entry in requirements(lock).items():
        assert re.match(r"[a-z0-9.-]+==\S+", entry), name
        assert "--hash=sha256:" in entry, name


def test_lock_holds_whatever_pyproject_names(root: Path, lock: str) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
    ]
    locked = {name.split()[0] for name in requirements(lock)}
    missing = {re.split(r"[<>=]", line)[0].lower() for line in wanted} - locked
    assert not missing, "run: make lock"


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not shutil.which("make"), reason="no make here")
def test_help_explains_every_target(root: Path) -> None:
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    explained = make(root).stdout
    for target in phony[1].split():
        assert re.search(rf"^  make {target} +\S", explained, re.MULTILINE), target


def test_the_main_job_answers_within_a_minute(root: Path) -> None:
    """With as many replications as fit; which end as at any time limit, see tests of ``--within``."""
    done = subprocess.run(
        ["make", "--dry-run", "--assume-old", ".venv/installed", "run"],
        cwd=root,
        capture_output=True,
        text=True,
    )
    (limit,) = re.findall(r"journeysim run scenarios/lunch-hour\.yaml --within (\d+)s", done.stdout)
    assert int(limit) < 60


def test_ci_runs_nothing_but_targets_that_people_have(root: Path) -> None:
    script = (root / ".ci/run").read_text(encoding="utf-8")
    commands = [line for line in script.splitlines() if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["make system check test test-slow"]


FAKE_PYTHON = """#!/bin/sh
case "$2" in
    *print*) echo {version} ;;
    *version_info*) exit {too_old} ;;
    *ensurepip*) exit {lacks_venv} ;;
    *) exit 0 ;;
esac
"""


def install_with(
    folder: Path, root: Path, version: str, *, lacks_venv: bool
) -> subprocess.CompletedProcess[str]:
    """Run the installer in ``folder`` where the only Python is one that says it is ``version``."""
    (folder / "tools").mkdir()
    shutil.copy(root / "tools/install.sh", folder / "tools")
    python = folder / "python of mine"
    too_old = version in {"2.7", "3.9", "3.10"}
    python.write_text(FAKE_PYTHON.format(version=version, too_old=int(too_old), lacks_venv=int(lacks_venv)))
    python.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", str(folder / "tools/install.sh")],
        env={"PATH": "/usr/bin:/bin", "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("version", ["2.7", "3.9", "3.10"])
def test_python_too_old_is_told_so(tmp_path: Path, root: Path, version: str) -> None:
    done = install_with(tmp_path, root, version, lacks_venv=False)
    assert done.returncode == 1
    first, hint = done.stderr.splitlines()
    assert first.startswith("journeysim needs Python 3.11 or newer; found: ")
    assert first.endswith(f"python of mine is {version}.")
    assert "make PYTHON=" in hint
    assert not (tmp_path / ".venv").exists()


def test_missing_venv_module_is_told_with_the_package_that_has_it(tmp_path: Path, root: Path) -> None:
    done = install_with(tmp_path, root, "3.12", lacks_venv=True)
    assert done.returncode == 1
    assert "has no venv module" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_no_python_at_all_is_told(tmp_path: Path, root: Path) -> None:
    (tmp_path / "tools").mkdir()
    shutil.copy(root / "tools/install.sh", tmp_path / "tools")
    done = subprocess.run(
        ["/bin/sh", str(tmp_path / "tools/install.sh")],
        env={"PATH": "/usr/bin:/bin", "PYTHON": "/no/such/python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("journeysim needs Python 3.11 or newer; none was found")


def test_editor_check_without_node_says_so_and_ends_well(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(root / "tools/check_editor.py")],
        env={"PATH": "/no/such/folder"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "node and npm are not here" in done.stdout
