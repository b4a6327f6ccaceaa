"""Draw the pictures that README.md and docs/ show: ``python tools/pictures.py`` writes docs/pictures/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from journeysim.experiment import load_scenario, run
from journeysim.experiment.golden.search import golden
from journeysim.experiment.golden.words import golden_answer, golden_point
from journeysim.journey import load_journey
from journeysim.report import draw_journey, wait_by_time
from journeysim.report.drawing import save_drawing

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
GALLERY = ROOT / "docs" / "figures.md"
MOST_BYTES = 100_000


def main() -> None:
    (PICTURES / "figures").mkdir(parents=True, exist_ok=True)
    (ROOT / "build").mkdir(exist_ok=True)
    # A month of the branch says when people wait; the year would only repeat it.
    month = ("market.months=1", "market.burn_in_months=1")
    found = run(load_scenario(ROOT / "scenarios" / "lunch-hour.yaml", changes=month), replications=20)
    figure = wait_by_time(found.steps, "counter", title="Wait for the counter, by time of day")
    save(figure, PICTURES / "lunch-hour.svg")
    draw_city_branch()
    for name, figure in gallery(GALLERY.read_text(encoding="utf-8")):
        save(figure, ROOT / "docs" / name)


def gallery(page: str) -> Iterator[tuple[str, Figure]]:
    """Run the page's Python from top to bottom; yield each figure with the name of the picture below it."""
    known: dict[str, object] = {}
    for code, picture in re.findall(r"```python\n(.*?)```(?:\n\n!\[[^]]*\]\((.*?)\))?", page, re.DOTALL):
        # The paths on the page are seen from the project's folder.
        exec(re.sub(r'"((?:scenarios|journeys)/)', rf'"{ROOT.as_posix()}/\1', code), known)
        if picture:
            figure = known.pop("figure")
            assert isinstance(figure, Figure)
            yield picture, figure


def save(figure: Figure, path: Path) -> None:
    """Write a picture for the page, the same at every run, and one to look at in build/."""
    with mpl.rc_context({"svg.hashsalt": "journeysim"}):
        figure.savefig(path, metadata={"Date": None})
    figure.savefig(ROOT / "build" / f"{path.stem}.png", dpi=110)
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path}: at most {MOST_BYTES} bytes are wanted, found {path.stat().st_size}")


def draw_city_branch() -> None:
    """The journey after a run, with the golden point that half a year of the market finds."""
    journey = load_journey(ROOT / "journeys" / "city-branch.yaml")
    found = run(journey, replications=30, steps=False)
    scenario = load_scenario(ROOT / "scenarios" / "lunch-hour.yaml", changes=("market.months=6",))
    search = golden(scenario, replications=4, fresh=6)
    point = golden_point(search)
    improved = () if point is None else point.priced.notch.touches
    figure = draw_journey(journey, found, golden=improved, notes=[golden_answer(search)])
    save_drawing(figure, PICTURES / "city-branch.svg")


if __name__ == "__main__":
    main()
