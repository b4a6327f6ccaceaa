"""What all tests share: where the project lies, how hypothesis runs, and what the system may lack."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

BROWSER_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""Without a screen, a profile of its own, and calls home."""

# The same examples on every machine and day: a failure in CI is a failure here. `make test
# ARGS=--hypothesis-profile=explore` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None, print_blob=True, max_examples=50)
settings.register_profile("explore", derandomize=False, deadline=None, max_examples=1000)
settings.load_profile("same")


@pytest.fixture(scope="session")
def root() -> Path:
    """Folder of the project, where shipped maps and scenarios are found."""
    return ROOT


@pytest.fixture(scope="session")
def chinese_font() -> Path:
    """File of a font with Chinese glyphs."""
    folders = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts"]
    folders.append(Path.home() / ".local/share/fonts")
    for folder in folders:
        for font in sorted(folder.rglob("NotoSansCJK*Regular*")):
            return font
    pytest.skip("no font with Chinese glyphs here (fonts-noto-cjk); `make system` installs it")


@pytest.fixture(scope="session")
def browser() -> str:
    """Path of a Chromium that can run without a screen."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium here; `make system` installs it")


@pytest.fixture
def chromium(browser: str, tmp_path: Path) -> Callable[..., str]:
    """Call the browser on a page, with a profile of its own; returns what it prints."""

    def call(page: Path, *arguments: str) -> str:
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        command = [browser, *BROWSER_FLAGS, profile, *arguments, page.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout

    return call
