"""``journeysim select``: the best of many options, with the probability of having chosen it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from journeysim.cli.columns import Table, wrapped
from journeysim.cli.guard import show
from journeysim.cli.progress import Stages
from journeysim.cli.scenarios import can_be_continued, kept_lines, read_scenario, say_notes
from journeysim.experiment.cells import (
    MISSING,
    Column,
    comparison_text,
    digits_for,
    estimate_text,
    number_text,
)
from journeysim.experiment.files import refuse_unwritable_folder
from journeysim.experiment.selection.rule import SelectionRule
from journeysim.experiment.selection.search import Selected, select
from journeysim.experiment.statistics import CONFIDENCE


@dataclass(frozen=True)
class SelectRequest:
    """The arguments of the command, as they were given; None where they were not."""

    scenario: Path
    metric: str
    rule: SelectionRule
    changes: tuple[str, ...]
    seed: int | None
    jobs: int | None
    cluster: str | None
    out: Path
    resume: bool
    as_json: bool


def select_command(request: SelectRequest) -> None:
    """Choose the best option of a scenario and print how."""
    refuse_unwritable_folder(request.out)
    scenario = read_scenario(request.scenario, request.changes, request.seed)
    with can_be_continued(), Stages(scenario.name) as stages:
        found = select(
            scenario,
            request.metric,
            request.rule,
            jobs=request.jobs,
            cluster=request.cluster,
            out=request.out,
            resume=request.resume,
            progress=stages.replications,
            calibration=stages.calibration,
            tell=stages.begin,
            name=str(request.scenario),
        )
    say_notes(found.notes)
    document = json.dumps(found.document, ensure_ascii=False, allow_nan=False, indent=2)
    show(document if request.as_json else select_text(found))


def select_text(found: Selected) -> str:
    """Return the options with what they took, the choice, its guarantee, and its estimate on fresh luck."""
    side = "smallest" if found.rule.smallest else "largest"
    heading = wrapped(
        f"{found.scenario.name}: the {side} {found.metric} of {len(found.candidates)} options, told apart "
        f"where they differ by {found.rule.lead:,.10g} or more; seed {found.scenario.seed}",
        "",
    )
    parts = [heading, _table(found), wrapped(_choice(found), ""), wrapped(found.guarantee, "")]
    parts.append(wrapped(_again(found), ""))
    kept = kept_lines([found.folder, found.fresh.folder])
    if kept:
        parts.append(kept)
    return "\n\n".join("\n".join(part) for part in parts)


def _table(found: Selected) -> list[str]:
    # A tenth of what is worth telling apart is as exact as anybody wants it.
    digits = min(6, max(0, math.ceil(-math.log10(found.rule.lead / 10))))
    rows = [
        [
            one.name + (" (chosen)" if one.name == found.best else ""),
            f"{one.replications}",
            number_text(one.mean, digits),
            MISSING if one.eliminated_at is None else f"{one.eliminated_at}",
        ]
        for one in found.candidates
    ]
    head = ("option", "replications\nused", f"mean of\n{found.metric}", "out after\nreplication")
    return Table("Selection", head, rows).lines()


def _choice(found: Selected) -> str:
    text = f"Chosen: {found.best}."
    if found.equals:
        text += f" It is the first of equals: {', '.join(found.equals)} had the very same mean."
    if found.close:
        text += f" Less than the lead behind it, so perhaps as good or better: {', '.join(found.close)}."
    return text


def _again(found: Selected) -> str:
    value = found.estimate
    digits = digits_for([value.half_width], 6)
    text = (
        f"The best of many looks better than it is, so {found.best} was estimated again on {value.n} fresh "
        f"replications (seed {found.fresh.scenario.seed}): {found.metric} {estimate_text(value, 1.0, digits)}"
    )
    gap = found.versus_baseline
    if gap is not None:
        difference = comparison_text(gap, Column(found.metric, "", decimals=5)).strip("* ")
        text += f"; {difference} against {found.scenario.baseline}"
    return f"{text} (± half the {CONFIDENCE:.0%} interval)."
