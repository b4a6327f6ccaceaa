"""What `make system` brings works here: a font with Chinese glyphs, a browser without a screen."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties


def test_chinese_font_draws_every_glyph(chinese_font: Path, tmp_path: Path) -> None:
    figure = Figure()
    figure.text(0.1, 0.5, "网点 柜台 理财经理", fontproperties=FontProperties(fname=str(chinese_font)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.savefig(tmp_path / "drawn.png")


@pytest.mark.slow
def test_browser_runs_a_page_without_a_screen(chromium: Callable[..., str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><meta charset=utf-8><p id=p></p><script>p.textContent = '网点' + 6 * 7</script>",
        encoding="utf-8",
    )
    assert "网点42" in chromium(page, "--dump-dom")
