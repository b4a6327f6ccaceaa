"""``journeysim golden``: every single small improvement side by side, the best two again, and the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from journeysim.cli.columns import Table, wrapped
from journeysim.cli.guard import show
from journeysim.cli.progress import Stages
from journeysim.cli.scenarios import can_be_continued, few_lines, kept_lines, read_scenario, say_notes
from journeysim.experiment.cells import MISSING
from journeysim.experiment.files import refuse_unwritable_folder
from journeysim.experiment.golden.search import Gain, Golden, golden
from journeysim.experiment.golden.words import amount, golden_answer, golden_json
from journeysim.experiment.results import Comparison
from journeysim.experiment.statistics import CONFIDENCE


@dataclass(frozen=True)
class GoldenRequest:
    """The arguments of the command, as they were given; None where they were not."""

    scenario: Path
    changes: tuple[str, ...]
    months: int | None
    costs: tuple[str, ...]
    replications: int
    fresh: int
    seed: int | None
    jobs: int | None
    cluster: str | None
    out: Path
    resume: bool
    as_json: bool


def golden_command(request: GoldenRequest) -> None:
    """Search the golden point of a scenario and print it."""
    refuse_unwritable_folder(request.out)
    scenario = read_scenario(request.scenario, request.changes, request.seed, months=request.months)
    with can_be_continued(), Stages(scenario.name) as stages:
        found = golden(
            scenario,
            replications=request.replications,
            fresh=request.fresh,
            costs=request.costs,
            jobs=request.jobs,
            cluster=request.cluster,
            out=request.out,
            resume=request.resume,
            progress=stages.replications,
            calibration=stages.calibration,
            tell=stages.begin,
            name=str(request.scenario),
        )
    say_notes([*found.screening.notes, *(found.fresh.notes if found.fresh else ())])
    show(golden_json(found) if request.as_json else golden_text(found))


def golden_text(found: Golden) -> str:
    """Return the ranking, the best on fresh replications, the costs assumed and the answer."""
    parts = [_heading(found), _table(found, "Screening", found.ranking)]
    if found.confirmed and found.fresh is not None:
        title = f"The best again, on {found.fresh.scenario.replications} fresh replications"
        parts.append(_table(found, title, found.confirmed))
    parts += [_notes(found), _costs(found), wrapped(golden_answer(found), "")]
    kept = kept_lines(one.folder for one in (found.screening, found.fresh) if one is not None)
    if kept:
        parts.append(kept)
    return "\n\n".join("\n".join(part) for part in parts)


def _heading(found: Golden) -> list[str]:
    scenario = found.screening.scenario
    market = scenario.baseline_option.market
    months = 0 if market is None else market.months
    count = found.ranking[0].replications
    fewest = min([count, *(one.replications for one in found.confirmed)])
    return wrapped(
        f"{found.scenario}: golden point of {scenario.baseline}. {len(found.ranking)} improvements by one "
        f"notch, {count} replications of {months} month{'s'[: months != 1]} with the same luck, seed "
        f"{scenario.seed}; differences from {scenario.baseline} ± half their {CONFIDENCE:.0%} interval",
        "",
    ) + few_lines(fewest)


def _table(found: Golden, title: str, gains: tuple[Gain, ...]) -> list[str]:
    money = f"\n{found.currency}" if found.currency else "\n"
    head = (
        "improvement",
        "equity gained" + money,
        "net value\na year",
        "cost\na year",
        "equity\nper cost",
        "real",
    )
    return Table(title, head, [_row(gain) for gain in gains]).lines()


def _row(gain: Gain) -> list[str]:
    notch, cost, ratio = gain.priced.notch, gain.priced.cost_per_year, gain.equity_per_cost
    return [
        f"{notch.where}: {notch.detail}",
        _with_half(gain.equity),
        MISSING if cost is None else amount(gain.net_value.difference.difference),
        MISSING if cost is None else amount(cost),
        MISSING if ratio is None or math.isnan(ratio) else amount(ratio),
        "yes" if gain.equity.real else "no",
    ]


def _with_half(found: Comparison) -> str:
    gap = found.difference
    if math.isnan(gap.difference):
        return MISSING
    if math.isnan(gap.low):
        return amount(gap.difference)
    return f"{amount(gap.difference)} ± {amount((gap.high - gap.low) / 2)}"


def _notes(found: Golden) -> list[str]:
    order = "equity for each unit of yearly cost" if found.by_cost else "equity, as no cost is known"
    lines = wrapped(
        f"Ranked by {order}: first those whose interval lies above 0, then those that seem to gain, then the "
        "rest. Real: Holm-adjusted p < .05 over the improvements of the table. The best of many looks better "
        "than it is: its numbers are those of the fresh replications.",
        "",
    )
    if any(gain.priced.cost_per_year is None for gain in found.ranking) and found.by_cost:
        lines += wrapped(
            "No cost is known where nobody of the map's staff serves, or at no cost_per_hour.", ""
        )
    felt = {gain.priced.notch.where: gain.priced.notch for gain in found.ranking}
    several = [
        f"{where} ({', '.join(notch.touches)})"
        for where, notch in felt.items()
        if notch.touches != (notch.place,)
    ]
    if several:
        lines += wrapped(f"Where the staff and the lines are: {'; '.join(several)}.", "")
    return lines


def _costs(found: Golden) -> list[str]:
    return ["Costs a year assumed (change one with --cost LEVER=VALUE)", *_cost_lines(found)]


def _cost_lines(found: Golden) -> Iterator[str]:
    rules = {str(lever): rule for lever, rule in found.costs.levers.items()}
    rules |= {f"{lever}.{place}": rule for (lever, place), rule in found.costs.places.items()}
    for name, rule in rules.items():
        each = " for each line" if name.startswith("conditions") else ""
        what = "of the yearly cost of the staff that serves there" if rule.is_share else f"a year{each}"
        yield f"  {name}={rule.text} {what} ({rule.meaning})"
