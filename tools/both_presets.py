"""Run the city branch with both presets, and write their results side by side as a table of Markdown.

python tools/both_presets.py                        # as docs/explanation/training-and-evidence.md has it
python tools/both_presets.py --replications 4       # sooner, and less sure
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from journeysim.experiment import Run, parse_scenario, run
from journeysim.experiment.results import MetricKey
from journeysim.experiment.statistics import Estimate

ROOT = Path(__file__).resolve().parent.parent
PRESETS = ("rules-of-thumb", "evidence")
REASONS = ("died", "moved", "other_relationships", "rival", "product", "indifferent_staff")

SCENARIO = """\
scenario: Both presets
journey: ../journeys/city-branch.yaml
behaviour: {preset}
first_day: 2027-01-04
replications: {replications}
seed: 7
target_wait: 10 min
market:
  customers: {customers}
  months: 12
options:
  Today: {{}}
  Fifth teller at lunch:
    set:
      staff.tellers.count:
        09:00: 4
        12:00: 5
        14:00: 4
  Complaints resolved fast:
    set:
      behaviour.complaints.recovery: fast
"""

Cell = Callable[[Run], str]


def run_of(preset: str, replications: int, customers: int = 12_000) -> Run:
    """Run a year of the city branch with a preset: today, a fifth teller at lunch, complaints resolved fast.

    Parameters
    ----------
    preset : its name.
    replications : of each option.
    customers : of the bank at the start.
    """
    text = SCENARIO.format(preset=preset, replications=replications, customers=customers)
    return run(parse_scenario(text, "both-presets.yaml", ROOT / "scenarios"), steps=False)


def table(runs: dict[str, Run]) -> str:
    """A table of Markdown: what came out, one column a preset, means with 95% intervals."""
    lines = ["| | " + " | ".join(f"`{preset}`" for preset in runs) + " |", "|---" * (len(runs) + 1) + "|"]
    for label, cell in _rows():
        lines.append(f"| {label} | " + " | ".join(cell(found) for found in runs.values()) + " |")
    return "\n".join(lines)


def labels() -> tuple[str, ...]:
    """What the rows of the table are of."""
    return tuple(label for label, _ in _rows())


def _rows() -> Iterator[tuple[str, Cell]]:
    yield "stayed through the year", _today("retained_fraction", 4)
    yield "satisfied", _today("satisfied_fraction", 3)
    yield "left in the year", _today("lost", 0)
    for reason in REASONS:
        yield f"… {reason.replace('_', ' ')}", _of_reason(reason)
    yield "told of good visits, in thousands", _thousands("told_good")
    yield "told of bad visits, in thousands", _thousands("told_bad")
    yield "revenue from existing customers", _today("revenue_from_existing_fraction", 3)
    for option in ("Fifth teller at lunch", "Complaints resolved fast"):
        yield f"{option}: stay", _difference(option, "retained_fraction", 4)
        yield f"{option}: satisfied", _difference(option, "satisfied_fraction", 3)


def _today(metric: str, digits: int) -> Cell:
    return lambda found: _interval(found.options[0].metrics[metric], digits)


def _thousands(metric: str) -> Cell:
    def cell(found: Run) -> str:
        return _interval(found.options[0].metrics[metric], 1, 1000)

    return cell


def _of_reason(reason: str) -> Cell:
    """Share of those who left."""

    def cell(found: Run) -> str:
        of_reason = found.options[0].estimates[MetricKey("reason", reason, "lost")]
        return f"{of_reason.mean / found.options[0].metrics['lost'].mean:.3f}"

    return cell


def _difference(option: str, metric: str, digits: int) -> Cell:
    def cell(found: Run) -> str:
        (of_option,) = (one for one in found.options if one.name == option)
        paired = of_option.versus_baseline[metric].difference
        sign = "+" if paired.difference >= 0 else "−"
        half = (paired.high - paired.low) / 2
        return f"{sign}{abs(paired.difference):.{digits}f} ± {half:.{digits}f}"

    return cell


def _interval(estimate: Estimate, digits: int, unit: float = 1.0) -> str:
    half = (estimate.high - estimate.low) / 2
    return f"{estimate.mean / unit:.{digits}f} ± {half / unit:.{digits}f}"


def main() -> None:
    """Run both and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--replications", type=int, default=10, help="of each option (10)")
    wanted = parser.parse_args().replications
    print(table({preset: run_of(preset, wanted) for preset in PRESETS}))


if __name__ == "__main__":
    main()
