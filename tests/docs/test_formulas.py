"""docs/explanation/formulas.md: every reason that is printed is explained, and nothing else."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from journeysim.branch import formulas_beside, open_days
from journeysim.branch.analytic import reasons
from journeysim.journey import load_journey


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docs/explanation/formulas.md").read_text(encoding="utf-8")


def explained(text: str, heading: str) -> list[str]:
    """Quoted reasons that begin a point, or stand in a row with one that does."""
    part = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    points = [" ".join(point.split()) for point in part.split("\n- ")[1:]]
    found: list[str] = []
    for point in points:
        said = re.match(r'("[^"]+"(, )?)+', point)
        assert said, point
        found += re.findall(r'"([^"]+)"', said[0])
    return found


def with_gaps(reason: str) -> str:
    return re.sub(r"\{[^}]*\}", "…", reason)


def test_every_reason_of_a_formula_that_holds_nearly_is_explained(text: str) -> None:
    found = explained(text, "What is only nearly so")
    assert sorted([*found, reasons.SCALED]) == sorted(with_gaps(reason) for reason in reasons.NEARLY)
    assert f'"{reasons.SCALED}"' in text


def test_every_reason_for_no_formula_is_explained(text: str) -> None:
    found = explained(text, "Where there is no formula")
    assert sorted(found) == sorted(with_gaps(reason) for reason in reasons.NO_FORMULA)


def test_all_reasons_are_listed() -> None:
    every = {value for name, value in vars(reasons).items() if name.isupper() and isinstance(value, str)}
    assert every == {*reasons.NEARLY, *reasons.NO_FORMULA}


def test_the_example_is_what_formulas_say_of_the_textbook_bank(text: str, root: Path) -> None:
    journey = load_journey(root / "journeys/classic-bank.yaml")
    found = formulas_beside(journey, open_days(journey, date(2027, 1, 4), 1))
    example = text.split("```text\n")[1].split("```", maxsplit=1)[0].splitlines()
    for name, told in found.items():
        assert "; ".join([f"{name}: {told.formula}", *told.reasons]) in example
        (row,) = [line for line in example if line.startswith(f"~ {name}")]
        assert f" {told.values['wait_mean_min']:.2f}" in row
        assert f" {told.values['waited_fraction'] * 100:.1f}" in row


def test_the_command_points_here(root: Path) -> None:
    source = (root / "src/journeysim/cli/tables.py").read_text(encoding="utf-8")
    assert "docs/explanation/formulas.md" in source
