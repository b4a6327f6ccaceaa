"""``journeysim staff``: the cheapest roster that meets a target, beside today's and the formula's."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from journeysim.cli.columns import Table, wrapped
from journeysim.cli.guard import say, show
from journeysim.cli.scenarios import read_scenario
from journeysim.errors import InputError, Problem, StoppedEarly
from journeysim.experiment.cells import MISSING
from journeysim.experiment.results import estimate_document, number_or_none
from journeysim.experiment.staffing_run import Checked, Staffing, staff
from journeysim.experiment.staffing_shifts import parse_shift_hours
from journeysim.experiment.staffing_target import parse_target
from journeysim.experiment.staffing_words import staffing_answer
from journeysim.experiment.statistics import CONFIDENCE
from journeysim.journey.values import parse_duration, show_time

_SLOTS_MIN = (30.0, 60.0)


@dataclass(frozen=True)
class StaffRequest:
    """The arguments of the command, as they were given; None where they were not."""

    scenario: Path
    target: str
    changes: tuple[str, ...]
    group: str | None
    slot: str
    shift_hours: str | None
    most: int | None
    replications: int
    fresh: int
    seed: int | None
    jobs: int | None
    as_json: bool


def staff_command(request: StaffRequest) -> None:
    """Search the roster and print it."""
    target = parse_target(request.target)
    rule = None if request.shift_hours is None else parse_shift_hours(request.shift_hours)
    slot_min = _slot_min(request.slot)
    scenario = read_scenario(request.scenario, request.changes, request.seed)
    try:
        found = staff(
            scenario,
            target,
            group=request.group,
            slot_min=slot_min,
            shift_rule=rule,
            most=request.most,
            replications=request.replications,
            fresh=request.fresh,
            jobs=request.jobs,
            tell=say,
            name=str(request.scenario),
        )
    except KeyboardInterrupt:
        raise StoppedEarly(
            "stopped: a search keeps nothing, hint: fewer --replications make it shorter"
        ) from None
    show(staffing_json(found) if request.as_json else staffing_text(found))


def _slot_min(text: str) -> int:
    try:
        minutes = parse_duration(text)
    except PydanticCustomError:
        minutes = math.nan
    if minutes not in _SLOTS_MIN:
        raise InputError([Problem("--slot", 0, 0, "", "60min or 30min is required", text)])
    return int(minutes)


def staffing_text(found: Staffing) -> str:
    """Return the rosters side by side, what they came to, the shifts and the answer."""
    parts = [_heading(found), _rosters(found)]
    if found.shifts is not None:
        parts.append(_shifts(found))
    parts += [_notes(found), wrapped(staffing_answer(found), "")]
    if not found.nearest:
        parts.append(["Try it with:", f"  --set '{_setting(found)}'"])
    return "\n\n".join("\n".join(part) for part in parts)


def staffing_json(found: Staffing) -> str:
    """Text of the document that ``--json`` prints."""
    return json.dumps(staffing_document(found), ensure_ascii=False, allow_nan=False, indent=2)


def staffing_document(found: Staffing) -> dict[str, Any]:
    """Return the answer as plain data."""
    return {
        "scenario": found.scenario,
        "option": found.option,
        "seed": found.seed,
        "fresh_seed": found.fresh_seed,
        "target": {
            "metric": found.target.metric,
            "sign": found.target.sign,
            "threshold": found.target.threshold,
        },
        "group": found.group,
        "chosen_because": found.chosen_because or None,
        "slots": list(found.slots.names),
        "met": not found.nearest,
        "all_cheaper_tried": found.proven,
        "rosters_tried": found.tried,
        "replications": found.replications,
        "least": found.least,
        "most": found.most,
        "formula_knows_metric": found.formula_knows,
        "rosters": {
            name: _roster_document(found, one)
            for name, one in (("today", found.today), ("found", found.found), ("formula", found.formula))
        },
        "shifts": None
        if found.shifts is None
        else [
            {"from": show_time(found.slots.edges[begin]), "until": show_time(found.slots.edges[end])}
            for begin, end in found.shifts
        ],
        "set": None if found.nearest else {f"staff.{found.group}.count": found.patch},
        "answer": staffing_answer(found),
    }


def _roster_document(found: Staffing, one: Checked) -> dict[str, Any]:
    return {
        "servers": list(one.roster),
        "hours_per_day": one.hours_per_day,
        "cost_per_day": found.cost_per_day(one),
        "overtime_min_per_day": number_or_none(one.overtime_min_per_day),
        **estimate_document(one.estimate),
        "replications": int(one.values.size),
        "replications_that_meet": one.meeting,
    }


def _heading(found: Staffing) -> list[str]:
    chosen = f" ({found.chosen_because})" if found.chosen_because else ""
    return wrapped(
        f"{found.scenario}: cheapest roster of {found.group}{chosen} with {found.target}. {found.tried} "
        f"rosters simulated with the same luck, {found.replications} replications of {found.days} days each, "
        f"seed {found.seed}; the table's results are of {found.today.values.size} fresh replications, "
        f"mean ± half the {CONFIDENCE:.0%} interval",
        "",
    )


def _rosters(found: Staffing) -> list[str]:
    three = (found.today, found.found, found.formula)
    best = "nearest" if found.nearest else "found"
    rows = [[name, *(_count(one.roster[at]) for one in three)] for at, name in enumerate(found.slots.names)]
    rows.append(["server hours a day", *(f"{one.hours_per_day:,.1f}" for one in three)])
    if found.cost_per_hour > 0:
        unit = f" ({found.currency})" if found.currency else ""
        rows.append([f"cost a day{unit}", *(f"{found.cost_per_day(one) or 0.0:,.0f}" for one in three)])
    rows.append(["overtime, min a day", *(_plain(one.overtime_min_per_day) for one in three)])
    rows.append([found.target.metric, *(_with_half(one) for one in three)])
    rows.append(["replications that meet it", *(f"{one.meeting} of {one.values.size}" for one in three)])
    return Table("", ("servers", "today", best, "formula"), rows).lines()


def _shifts(found: Staffing) -> list[str]:
    assert found.shifts is not None
    counts: dict[tuple[int, int], int] = {}
    for shift in found.shifts:
        counts[shift] = counts.get(shift, 0) + 1
    return ["Shifts of the roster found", *_shift_lines(found, counts)]


def _shift_lines(found: Staffing, counts: dict[tuple[int, int], int]) -> Iterator[str]:
    for (begin, end), count in counts.items():
        yield f"  {count} x {show_time(found.slots.edges[begin])}-{show_time(found.slots.edges[end])}"


def _notes(found: Staffing) -> list[str]:
    if found.formula_knows:
        formula = "meets the target in the steady state of each slot by itself (Erlang)"
    else:
        formula = (
            f"knows nothing of {found.target.metric}: it serves 80% within the target wait in each slot by "
            "itself (Erlang C)"
        )
    if found.nearest:
        how = ""
    elif found.proven:
        how = (
            " Every cheaper roster was simulated as well, and none meets the target with the worse end of "
            "its interval."
        )
    else:
        how = (
            " None that has one server or shift less, or one at another time near by, is cheaper and meets "
            "the target with the worse end of its interval; rosters that differ by more were not all tried."
        )
    return wrapped(
        f"The formula {formula}. Overtime is not in the cost. A slot could have {found.least} to "
        f"{found.most} servers.{how}",
        "",
    )


def _setting(found: Staffing) -> str:
    counts = ", ".join(f"{time}: {count}" for time, count in found.patch.items())
    return f"staff.{found.group}.count={{{counts}}}"


def _count(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _plain(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:,.1f}"


def _with_half(one: Checked) -> str:
    value = one.estimate
    if math.isnan(value.mean):
        return MISSING
    return f"{value.mean:.4g} ± {value.half_width:.2g}"
