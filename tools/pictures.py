"""Draw the pictures that README.md and docs/ show: ``python tools/pictures.py`` writes docs/pictures/."""

from __future__ import annotations

from pathlib import Path

from journeysim.experiment import load_scenario, run
from journeysim.journey import load_journey
from journeysim.report import draw_journey, wait_by_time
from journeysim.report.drawing import save_drawing

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    # A month of the branch says when people wait; the year would only repeat it.
    month = ("market.months=1", "market.burn_in_months=1")
    found = run(load_scenario(ROOT / "scenarios" / "lunch-hour.yaml", changes=month), replications=20)
    figure = wait_by_time(found.steps, "counter", title="Wait for the counter, by time of day")
    figure.savefig(PICTURES / "lunch-hour.svg", metadata={"Date": None})
    figure.savefig(ROOT / "build" / "lunch-hour.png", dpi=110)
    journey = load_journey(ROOT / "journeys" / "city-branch.yaml")
    found = run(journey, replications=30, steps=False)
    save_drawing(draw_journey(journey, found), PICTURES / "city-branch.svg")


if __name__ == "__main__":
    main()
