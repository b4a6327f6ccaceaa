"""The table of both presets on the page is what its tool gives."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT
from tools.both_presets import PRESETS, labels, run_of, table

PAGE = (ROOT / "docs/explanation/training-and-evidence.md").read_text(encoding="utf-8")
SECTION = PAGE.split("## Both presets side by side")[1].split("\n## ")[0]


def rows(text: str) -> dict[str, list[tuple[float, float]]]:
    """Mean and half-width by label and preset; a half-width of 0 where none is told."""
    found: dict[str, list[tuple[float, float]]] = {}
    for line in text.splitlines():
        if line.startswith("| ") and "`" not in line:
            label, *cells = (part.strip() for part in line.strip("|").split("|"))
            numbers = [re.findall(r"[−+]?[\d.]+", cell) for cell in cells]
            found[label] = [
                (float(one[0].replace("−", "-")), float(one[1]) if len(one) > 1 else 0.0) for one in numbers
            ]
    return found


def test_the_page_has_every_row_of_the_tool_for_both_presets() -> None:
    assert list(rows(SECTION)) == list(labels())
    assert {len(cells) for cells in rows(SECTION).values()} == {len(PRESETS)}
    assert "| | " + " | ".join(f"`{preset}`" for preset in PRESETS) + " |" in SECTION


def test_what_the_page_says_of_its_numbers() -> None:
    found = rows(SECTION)
    good, bad = found["told of good visits, in thousands"], found["told of bad visits, in thousands"]
    assert [round(g[0] / b[0], 1) for g, b in zip(good, bad, strict=True)] == [2.5, 2.2]
    existing = found["revenue from existing customers"][0][0]
    assert existing == pytest.approx(1 - (0.16 + 0.19) / 2 / 2, abs=0.005)
    for preset in range(2):
        teller, answer = (
            found[f"{option}: stay"][preset][0]
            for option in ("Fifth teller at lunch", "Complaints resolved fast")
        )
        assert teller > answer > 0


@pytest.mark.slow
def test_the_numbers_come_out_again() -> None:
    """With fewer replications, within both their intervals and what rounds away."""
    again = rows(table({preset: run_of(preset, 4) for preset in PRESETS}))
    for label, cells in rows(SECTION).items():
        for (said, half), (found, wide) in zip(cells, again[label], strict=True):
            allowed = 0.03 if label.startswith("…") else 1.5 * (half + wide) + 0.001
            assert abs(said - found) < allowed, label
