"""The report as a browser shows and prints it."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pypdf
import pytest
from tests import report_runs
from tests.small_branch import small_scenario

from journeysim import run
from journeysim.experiment import parse_scenario
from journeysim.report import write_report

pytestmark = pytest.mark.slow

PHONE = 390
TITLE_POINTS = 17
NAME = "Option {:02d} has a name so long that it takes several lines in every table there is"
MEASURE = """<script>
const found = [...document.querySelectorAll(".scroll, p, li, dd, pre")];
const ends = found.map(one => one.getBoundingClientRect().right);
parent.document.title = [innerWidth, document.documentElement.scrollWidth, ...ends.map(Math.ceil)].join(" ");
</script></body>"""


def largest_size(printed: Path) -> float:
    """Size of the largest letters on the first sheet, which are those of the title, points."""
    sizes: list[float] = []

    def see(text: str, matrix: list[float], text_matrix: list[float], _font: object, size: float) -> None:
        if text.strip():
            sizes.append(abs(size * text_matrix[3] * matrix[3]))

    pypdf.PdfReader(printed).pages[0].extract_text(visitor_text=see)
    return max(sizes)


def test_nothing_but_tables_and_figures_is_wider_than_a_phone(chromium, tmp_path: Path) -> None:
    page = write_report(report_runs.options_run(), tmp_path / "report.html")
    text = page.read_text(encoding="utf-8")
    # The page forbids scripts, so only a copy can be measured by one.
    text = re.sub(r"<meta http-equiv=[^>]*>", "", text).replace("</body>", MEASURE)
    unfolded = html.escape(text.replace("<details>", "<details open>"))
    # A browser's window is at least 500 wide, a frame in it is not.
    frame = f'<title>?</title><iframe style="border: 0; width: {PHONE}px" srcdoc="{unfolded}"></iframe>'
    page.write_text(frame, encoding="utf-8")
    shown = chromium(page, "--dump-dom")
    title = re.search(r"<title>([\d ]+)</title>", shown)
    assert title
    inner, scrolled, *rights = (int(number) for number in title[1].split())
    assert inner == PHONE
    assert scrolled <= PHONE
    assert len(rights) > 20
    assert max(rights) <= PHONE


def test_printed_rows_are_whole_and_headings_stay_with_what_follows(chromium, tmp_path: Path) -> None:
    names = [NAME.format(number) for number in range(30)]
    options = "".join(
        f"  {name}: {{set: {{arrivals.scale: 1.{number:02d}}}}}\n" for number, name in enumerate(names)
    )
    scenario = small_scenario(f"days: 1\nreplications: 2\noptions:\n{options}")
    found = run(parse_scenario(scenario, "s.yaml"), jobs=1)
    page, printed = write_report(found, tmp_path / "report.html"), tmp_path / "report.pdf"
    chromium(page, "--no-pdf-header-footer", f"--print-to-pdf={printed}")
    sheets = [" ".join(sheet.extract_text().split()) for sheet in pypdf.PdfReader(printed).pages]
    assert len(sheets) > 3
    # A browser prints everything smaller where something is wider than the paper.
    assert largest_size(printed) == pytest.approx(TITLE_POINTS, abs=0.1)
    for name in names[1:]:
        # In the answer, both tables, and the list of options; a name cut by the end of a sheet is not found.
        assert sum(sheet.count(name) for sheet in sheets) >= 4, name
    headings = re.findall(
        r"<h2[^>]*>([^<]*)</h2>|<caption[^>]*>([^<]*)</caption>", page.read_text(encoding="utf-8")
    )
    starts = [" ".join((first or second).split()) for first, second in headings]
    for sheet in sheets:
        ending = re.sub(r"\s*\d+ / \d+$", "", sheet)
        assert not any(ending.endswith(start) for start in starts)
    assert re.search(r"1 / \d+", sheets[0])
