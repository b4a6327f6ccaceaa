"""The report as a file: valid, complete by itself, escaped, accessible, and with the numbers of the run."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from xml.etree.ElementTree import Element

import html5lib
import pytest
from tests import report_runs
from tests.report_runs import CHINESE, HOSTILE, LONG

from journeysim import Run
from journeysim.cli.tables import run_tables
from journeysim.report import report_html, write_report
from journeysim.report.page.pictures import MOST_FIGURES
from journeysim.report.page.shown import MOST_LISTED, shown_options

MOST_BYTES = 3_000_000
KINDS = (
    "options", "bare", "grid", "market", "observed", pytest.param("branches", marks=pytest.mark.slow),
)  # fmt: skip


class Reports:
    """Makes each run and its report once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, tuple[Run, str]] = {}

    def __call__(self, kind: str) -> tuple[Run, str]:
        if kind not in self._made:
            folder = self._folder / kind
            folder.mkdir()
            makers: dict[str, Callable[[], Run]] = {
                "options": report_runs.options_run,
                "bare": report_runs.bare_run,
                "grid": report_runs.grid_run,
                "market": lambda: report_runs.market_run(folder),
                "branches": lambda: report_runs.branches_run(folder),
                "observed": lambda: report_runs.observed_run(folder),
            }
            found = makers[kind]()
            self._made[kind] = found, report_html(found)
        return self._made[kind]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return Reports(tmp_path_factory.mktemp("reports"))


def parsed(page: str) -> Element:
    """The page as a tree; a fault in it is an error."""
    tree: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    return tree


def text_of(element: Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def tables(tree: Element) -> dict[str, list[list[str]]]:
    """Rows of cells, by caption."""
    found = {}
    for table in tree.iter("table"):
        caption = table.find("caption")
        assert caption is not None
        rows = [[text_of(cell) for cell in row] for row in table.iter("tr")]
        found[text_of(caption)] = rows
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_valid_stands_alone_and_can_be_read_out(reports: Reports, kind: str) -> None:
    _, page = reports(kind)
    assert len(page.encode()) <= MOST_BYTES
    assert not re.search(r"\bnan\b|±nan|\bNone\b|Undefined", page)
    tree = parsed(page)
    html = tree if tree.tag == "html" else tree.find("html")
    assert html is not None
    assert html.get("lang") == "en"
    ids = Counter(element.get("id") for element in tree.iter() if element.get("id"))
    assert set(ids.values()) == {1}
    for element in tree.iter():
        assert element.tag not in {"script", "link", "iframe", "object", "embed", "base"}
        assert not any(name.startswith("on") for name in element.attrib)
        assert element.get("src", "data:").startswith("data:image/") or element.tag != "img"
        assert "srcset" not in element.attrib
        assert element.get("href", "#").startswith("#")
        for name in ("aria-labelledby", "href"):
            if element.get(name):
                assert element.get(name, "").lstrip("#") in ids
    style = "".join(text_of(one) for one in tree.iter("style"))
    assert "url(" not in style
    assert "@import" not in style
    assert len(list(tree.iter("main"))) == len(list(tree.iter("h1"))) == len(list(tree.iter("header"))) == 1
    for table in tree.iter("table"):
        assert all(cell.get("scope") in {"col", "row"} for cell in table.iter("th"))
        assert len({len(row) for row in table.iter("tr")}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_few_and_told_in_numbers(reports: Reports, kind: str) -> None:
    found, page = reports(kind)
    images = list(parsed(page).iter("img"))
    # The journey drawing stands beside them.
    assert 1 <= len(images) <= MOST_FIGURES + 1
    for image in images:
        alt = image.get("alt", "")
        assert len(re.findall(r"\d", alt)) >= 4
        assert any(option.name in alt for option in found.options)
        head, _, content = image.get("src", "").partition(";base64,")
        assert head in {"data:image/svg+xml", "data:image/png"}
        assert b"<script" not in base64.b64decode(content, validate=True).lower()


def test_the_answer_comes_first_in_the_words_of_the_run(reports: Reports) -> None:
    found, page = reports("options")
    tree = parsed(page)
    first = next(tree.iter("section"))
    items = [text_of(item) for item in first.iter("li")]
    for item, sentence in zip(items, found.answers.values(), strict=False):
        # The name is set apart from the colon that follows it.
        assert item.replace(" : ", ": ").startswith(" ".join(sentence.split()))
    assert len(items) == len(found.answers) + 1
    assert items[-1].startswith("Today")
    assert "<b>bold</b>" in text_of(next(tree.iter("header")))


def test_names_are_text_whatever_they_hold(reports: Reports) -> None:
    _, page = reports("options")
    rows = tables(parsed(page))["Options, what they mean and what they change"]
    assert [row[0] for row in rows[1:]] == ["Today (baseline)", HOSTILE, CHINESE, LONG]
    assert rows[2][1:] == ["<i>One</i> more", "staff.tellers.count: 4"]
    assert rows[3][2].split() == ["staff.tellers.count:", "5", "costs", "1,000", "a", "year"]


@pytest.mark.parametrize("kind", ["options", "grid", "market", "observed"])
def test_numbers_are_those_that_the_command_prints(reports: Reports, kind: str) -> None:
    found, page = reports(kind)
    printed = " ".join(run_tables(found).replace("-", "−").split())
    shown = tables(parsed(page))
    rows = [
        row
        for caption, table in shown.items()
        if caption.startswith(("The options side", "Mean ±", "Difference", "Observed"))
        for row in table[1:]
    ]
    assert rows
    # The command leaves out the columns that its width has no room for, so not every cell is printed there.
    cells = [cell for row in rows for cell in row[1:]]
    assert sum(cell in printed for cell in cells) > 0.6 * len(cells)
    assert all(row[1] in printed for row in rows)


def test_it_is_the_same_whenever_it_is_made(reports: Reports, tmp_path: Path) -> None:
    found, page = reports("options")
    path = write_report(found, tmp_path / "report.html")
    assert path.read_text(encoding="utf-8") == page
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_of_dozens_of_options_all_are_in_the_tables_and_the_furthest_in_figures(reports: Reports) -> None:
    found, page = reports("grid")
    tree = parsed(page)
    shown = tables(tree)
    (differences,) = (rows for caption, rows in shown.items() if caption.startswith("Difference"))
    assert len(differences) - 1 == len(found.options) - 1 == 35
    section = text_of(next(tree.iter("section")))
    real = [c for o in found.options if (c := o.versus_baseline.get("wait_mean_min")) is not None and c.real]
    lower = sum(one.difference.difference < 0 for one in real)
    assert 0 < lower < 35
    assert f"Waits, of 35 options: lower in {lower} (most in " in section
    few = shown_options(found, 6)
    assert len(few) == 6
    waits = {
        o.name: abs(c.difference.difference)
        for o in found.options
        if (c := o.versus_baseline.get("wait_mean_min"))
    }
    left_out = [waits[option.name] for option in found.options if option not in few]
    assert min(waits[option.name] for option in few if option is not found.baseline) >= max(left_out)
    assert "and the 24 of 35 options whose waits differ most from it" in text_of(tree)


@pytest.mark.slow
def test_of_hundreds_of_options_a_page_lists_a_hundred() -> None:
    found = report_runs.hundreds_run()
    page = report_html(found)
    assert len(page.encode()) <= MOST_BYTES
    tree = parsed(page)
    (differences,) = (rows for caption, rows in tables(tree).items() if caption.startswith("Difference"))
    assert len(differences) - 1 == MOST_LISTED - 1
    assert f"and the {MOST_LISTED - 1} of {len(found.options) - 1} options" in text_of(tree)


COLOURS = re.compile(r"--([a-z]+): (#[0-9a-f]{6});")


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_stands_out_on_every_ground_in_light_dark_and_print() -> None:
    style = resources.files("journeysim.report.page").joinpath("report.css").read_text(encoding="utf-8")
    themes = [dict(COLOURS.findall(block)) for block in re.findall(r":root \{[^}]*\}", style)]
    assert len(themes) == 3
    for theme in themes:
        for text in ("ink", "muted", "accent"):
            for ground in ("ground", "band"):
                high, low = sorted((luminance(theme[text]), luminance(theme[ground])), reverse=True)
                assert (high + 0.05) / (low + 0.05) >= 4.5, (text, ground)
    # Every colour of text or ground is one of these, but for figures, which are drawn on white.
    used = set(re.findall(r"(?<![-\w])(?:color|background): ([^;]+);", style))
    assert used <= {f"var(--{name})" for name in themes[0]} | {"#ffffff", "#545d68", "inherit", "none"}


def test_the_wheel_holds_the_template_and_the_style(root: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        held = set(packed.namelist())
    pages = {
        f"journeysim/report/page/{one.name}" for one in resources.files("journeysim.report.page").iterdir()
    }
    assert {name for name in pages if name.endswith((".j2", ".css"))} <= held
    assert "journeysim/report/page/report.html.j2" in held
