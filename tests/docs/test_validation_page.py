"""docs/explanation/validation.md: its tables are those of its tool, and say what the page says of them."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT
from tools.validation import PAGE, QUEUES, TABLES, table, written

TEXT = PAGE.read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """Cells of the rows of a table on the page, its head left out."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in written(name).splitlines()[2:]]


def number(cell: str) -> float:
    return float(re.sub(r"[%,+]", "", cell.split("±", maxsplit=1)[0]).replace("−", "-"))


def half_width(cell: str) -> float:
    return float(cell.split("±")[1])


def test_every_table_of_the_tool_is_on_the_page_and_no_other() -> None:
    assert re.findall(r"<!-- table: (\w+) -->", TEXT) == list(TABLES)
    assert TEXT.count("<!-- end -->") == len(TABLES)
    assert [row[0] for row in rows("queues")] == list(QUEUES)


def test_theory_lies_where_the_intervals_say() -> None:
    """Within 1.75 half-widths, some 3.5 standard errors, as the tests of the theory ask; most within one."""
    pairs = [(row[2], row[3]) for row in rows("queues")] + [(row[4], row[5]) for row in rows("queues")]
    pairs += [(row[1], row[2]) for row in rows("adoption")] + [(row[3], row[4]) for row in rows("cascades")]
    # What is rounded away, and a step late at every step of the adoption.
    gaps = [(abs(number(theory) - number(found)) - 0.0015) / half_width(found) for theory, found in pairs]
    assert max(gaps) < 1.75
    assert sum(gap > 1 for gap in gaps) <= len(gaps) / 6


def test_intervals_and_selections_keep_what_they_promise() -> None:
    for row in rows("coverage"):
        assert 94 <= number(row[3]) <= 96
    for row in rows("selection"):
        assert number(row[3]) >= number(row[2]) == 95
    runs = {(row[0], row[1]): number(row[4]) for row in rows("selection")}
    assert all(runs[name, "common"] < runs[name, "independent"] for name, _ in runs)


def test_the_call_centre_is_as_its_own_page_says() -> None:
    page = (ROOT / "docs/explanation/call-centre.md").read_text(encoding="utf-8")
    for (name, observed, found, off), label in zip(
        rows("calls"), ("mean wait, s", "gave up", "waited at all"), strict=True
    ):
        (line,) = re.findall(rf"^\| {label} \| (.*) \|$", page, re.MULTILINE)
        told = line.replace("%", "").split(" | ")
        assert [number(cell) for cell in (observed, found, off)] == [number(cell) for cell in told[:3]], name
        assert (abs(number(off)) < 10) is (label != "waited at all")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["retention", "adoption", "cascades", "training"])
def test_the_numbers_come_out_again(name: str) -> None:
    assert table(name) == written(name), f"renew it: python tools/validation.py {name}"


def test_what_service_training_teaches_comes_out_of_the_town() -> None:
    """A number lies where the interval says, as of the other tables; a range holds what came out."""
    taught = {row[0]: (row[1], number(row[2]), half_width(row[2])) for row in rows("training")}
    assert len(taught) == 13
    for name, (said, found, half) in taught.items():
        if " to " in said:
            low, high = map(float, said.split(" to "))
            assert low < found < high, name
        elif said != "more":
            assert abs(found - float(said)) < 1.75 * half, name
    assert taught["cost of a unit of margin from new customers ÷ from existing ones"][1] == pytest.approx(
        13, abs=0.5
    )


def test_every_claim_names_tests_that_there_are() -> None:
    section = TEXT.split("## What service training teaches")[1].split("\n## ")[0]
    there = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "tests/theory").glob("test_service_training*.py")
    )
    named = re.findall(r"`(test_\w+)`", section)
    assert len(named) > 20
    assert [name for name in named if f"def {name}(" not in there] == []
