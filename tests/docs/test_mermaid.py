"""Mermaid itself, in a browser, draws the journey that is exported to it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import ROOT

from journeysim import load_scenario, run
from journeysim.report.exports import export

MERMAID = "mermaid@11"


@pytest.fixture(scope="module")
def mermaid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mermaid's script as npm has it."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here, which brings Mermaid")
    folder = tmp_path_factory.mktemp("mermaid")
    done = subprocess.run(
        [npm, "pack", MERMAID, "--silent"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"npm cannot bring {MERMAID} here")
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        packed.extract("package/dist/mermaid.min.js", folder, filter="data")
    return folder / "package/dist/mermaid.min.js"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wangdian", "city-branch"])
def test_mermaid_draws_every_touchpoint(
    chromium: Callable[..., str], mermaid: Path, tmp_path: Path, name: str
) -> None:
    scenario = load_scenario(ROOT / f"journeys/{name}.yaml")
    done = run(scenario, replications=2, jobs=1, out=tmp_path / "runs", steps=False)
    diagram = export(done, "mermaid", tmp_path / "journey.mmd").read_text(encoding="utf-8")
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><meta charset=utf-8><main></main>"
        f"<script src='{mermaid.as_uri()}'></script><script>"
        f"mermaid.initialize({{startOnLoad: false}}); mermaid.render('drawn', {json.dumps(diagram)})"
        ".then(found => document.querySelector('main').innerHTML = found.svg,"
        " error => document.querySelector('main').textContent = 'refused: ' + error)</script>",
        encoding="utf-8",
    )
    found = chromium(page, "--virtual-time-budget=20000", "--dump-dom")
    main = found.split("<main>")[1].split("</main>")[0]
    assert "<svg" in main, main[:300]
    words = html.unescape(re.sub(r"<style.*?</style>|<[^>]+>", "", main, flags=re.DOTALL))
    assert done.scenario.baseline_option.journey.name in words
    for touchpoint in done.scenario.baseline_option.journey.touchpoints:
        assert touchpoint.replace("_", "") in re.sub(r"[\s_]", "", words)
