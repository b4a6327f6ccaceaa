"""``journeysim staff``: the cheapest roster that meets a target, beside today's and the formula's."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import PydanticCustomError

from journeysim.cli.columns import Table, wrapped
from journeysim.cli.guard import show
from journeysim.cli.progress import Stages
from journeysim.cli.scenarios import can_be_continued, few_lines, kept_lines, read_scenario, say_notes
from journeysim.errors import InputError, Problem
from journeysim.experiment.cells import MISSING
from journeysim.experiment.files import refuse_unwritable_folder
from journeysim.experiment.staffing.result import Staffing
from journeysim.experiment.staffing.run import staff
from journeysim.experiment.staffing.shifts import parse_shift_hours
from journeysim.experiment.staffing.start import USUAL_SHARE
from journeysim.experiment.staffing.target_text import parse_targets
from journeysim.experiment.staffing.words import staffing_answer, staffing_document
from journeysim.experiment.statistics import CONFIDENCE, Estimate
from journeysim.journey.patches import path_of
from journeysim.journey.values import parse_duration, show_time

_SLOTS_MIN = (30.0, 60.0)


@dataclass(frozen=True)
class StaffRequest:
    """The arguments of the command, as they were given; None where they were not."""

    scenario: Path
    targets: tuple[str, ...]
    changes: tuple[str, ...]
    group: str | None
    slot: str
    shift_hours: str | None
    most: int | None
    replications: int
    fresh: int
    seed: int | None
    jobs: int | None
    cluster: str | None
    out: Path
    resume: bool
    as_json: bool


def staff_command(request: StaffRequest) -> None:
    """Search the roster and print it."""
    targets = parse_targets(request.targets)
    rule = None if request.shift_hours is None else parse_shift_hours(request.shift_hours)
    slot_min = _slot_min(request.slot)
    refuse_unwritable_folder(request.out)
    scenario = read_scenario(request.scenario, request.changes, request.seed)
    with can_be_continued(), Stages(scenario.name) as stages:
        found = staff(
            scenario,
            targets,
            group=request.group,
            slot_min=slot_min,
            shift_rule=rule,
            most=request.most,
            replications=request.replications,
            fresh=request.fresh,
            jobs=request.jobs,
            cluster=request.cluster,
            out=request.out,
            resume=request.resume,
            progress=stages.replications,
            calibration=stages.calibration,
            searching=stages.searching,
            tell=stages.begin,
            name=str(request.scenario),
        )
    say_notes(found.notes)
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
        parts.append(["Try it with:", f"  --set {shlex.quote(_setting(found))}"])
    kept = kept_lines([found.folder, found.fresh_folder])
    if kept:
        parts.append(kept)
    return "\n\n".join("\n".join(part) for part in parts)


def staffing_json(found: Staffing) -> str:
    """Text of the document that ``--json`` prints."""
    return json.dumps(staffing_document(found), ensure_ascii=False, allow_nan=False, indent=2)


def _heading(found: Staffing) -> list[str]:
    chosen = f" ({found.chosen_because})" if found.chosen_because else ""
    return wrapped(
        f"{found.scenario}: cheapest roster of {found.group}{chosen} with {found.targets}. {found.tried} "
        f"rosters simulated with the same luck, {found.replications} replications of {found.days} days each, "
        f"seed {found.seed}; the table's results are of {found.today.replications} fresh replications, "
        f"mean ± half the {CONFIDENCE:.0%} interval",
        "",
    ) + few_lines(min(found.replications, found.today.replications))


def _rosters(found: Staffing) -> list[str]:
    three = (found.today, found.found, found.formula)
    best = "nearest" if found.nearest else "found"
    rows = [[name, *(_count(one.roster[at]) for one in three)] for at, name in enumerate(found.slots.names)]
    rows.append(["server hours a day", *(f"{one.hours_per_day:,.1f}" for one in three)])
    if found.cost_per_hour > 0:
        unit = f" ({found.currency})" if found.currency else ""
        rows.append([f"cost a day{unit}", *(f"{found.cost_per_day(one) or 0.0:,.0f}" for one in three)])
    rows.append(["overtime, min a day", *(_plain(one.overtime_min_per_day) for one in three)])
    for at, target in enumerate(found.targets.each):
        rows.append([target.measure, *(_with_half(one.estimates[at]) for one in three)])
    meet = "replications that meet " + ("it" if len(found.targets.each) == 1 else "all")
    rows.append([meet, *(f"{one.meeting} of {one.replications}" for one in three)])
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
    aims = found.targets.each
    unknown = [target.measure for target in aims if target not in found.formula_knows]
    aim = "the target" if len(aims) == 1 else "all targets"
    what = aim if len(aims) == 1 else " and ".join(str(one) for one in found.formula_knows)
    by_itself = "in the steady state of each slot by itself (Erlang)"
    if found.formula_knows:
        formula = f"meets {what} {by_itself}" + (
            f"; it knows nothing of {', '.join(unknown)}" if unknown else ""
        )
    else:
        formula = (
            f"knows nothing of {', '.join(unknown)}: it serves {USUAL_SHARE:.0%} within the target wait in "
            "each slot by itself (Erlang C)"
        )
    if found.nearest:
        how = ""
    elif found.proven:
        how = (
            f" Every cheaper roster was simulated as well, and none meets {aim} with the worse end of "
            "its interval."
        )
    else:
        how = (
            " None that has one server or shift less, or one at another time near by, is cheaper and meets "
            f"{aim} with the worse end of its interval; rosters that differ by more were not all tried."
        )
    return wrapped(
        f"The formula {formula}. Overtime is not in the cost. A slot could have {found.least} to "
        f"{found.most} servers.{how}",
        "",
    )


def _setting(found: Staffing) -> str:
    counts = ", ".join(f"{time}: {count}" for time, count in found.patch.items())
    return f"{path_of('staff', found.group, 'count')}={{{counts}}}"


def _count(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _plain(value: float) -> str:
    return MISSING if math.isnan(value) else f"{value:,.1f}"


def _with_half(value: Estimate) -> str:
    if math.isnan(value.mean):
        return MISSING
    return f"{value.mean:.4g} ± {value.half_width:.2g}"
