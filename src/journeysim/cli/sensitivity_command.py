"""``journeysim sensitivity``: what an answer hangs on, as a ranked table and a tornado."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from journeysim.cli.columns import Table, wrapped
from journeysim.cli.guard import say, show
from journeysim.cli.progress import Stages
from journeysim.cli.scenarios import can_be_continued, few_lines, kept_lines, read_scenario
from journeysim.experiment.cells import MISSING, Column, difference_text
from journeysim.experiment.files import refuse_unwritable_file, refuse_unwritable_folder
from journeysim.experiment.sensitivity.search import End, Sensitivity, Swing, sensitivity
from journeysim.experiment.sensitivity.words import (
    metric_column,
    sensitivity_answer,
    sensitivity_json,
    unit_text,
    value_text,
)
from journeysim.experiment.statistics import CONFIDENCE


@dataclass(frozen=True)
class SensitivityRequest:
    """The arguments of the command, as they were given; None where they were not."""

    scenario: Path
    metric: str
    vary: tuple[str, ...]
    option: str | None
    behaviour: bool
    everything: bool
    changes: tuple[str, ...]
    months: int | None
    replications: int
    seed: int | None
    jobs: int | None
    cluster: str | None
    out: Path
    picture: Path | None
    resume: bool
    as_json: bool


def sensitivity_command(request: SensitivityRequest) -> None:
    """Vary every number of a scenario by itself and print what the metric hangs on."""
    if request.picture is not None:
        from journeysim.report.pictures import picture_kind

        picture_kind(request.picture)
        refuse_unwritable_file(request.picture)
    refuse_unwritable_folder(request.out)
    scenario = read_scenario(request.scenario, request.changes, request.seed, months=request.months)
    with can_be_continued(), Stages(scenario.name) as stages:
        found = sensitivity(
            scenario,
            request.metric,
            vary=request.vary,
            option=request.option,
            behaviour=request.behaviour,
            everything=request.everything,
            replications=request.replications,
            jobs=request.jobs,
            cluster=request.cluster,
            out=request.out,
            resume=request.resume,
            progress=stages.replications,
            calibration=stages.calibration,
            tell=stages.begin,
            name=str(request.scenario),
        )
        pictures = _draw(found, request.picture)
    for note in found.run.notes:
        say(f"note: {note}")
    show(sensitivity_json(found) if request.as_json else sensitivity_text(found, pictures))


def sensitivity_text(found: Sensitivity, pictures: list[Path]) -> str:
    """Return the ranking, what moved nothing, what was left out, and the answer."""
    parts = [_heading(found)]
    moving = [one for one in found.swings if one.most > 0]
    if moving:
        parts.append(_table(found, moving) + _notes(found))
    still = [one.title for one in found.swings if one.most == 0]
    if still:
        parts.append(wrapped(f"Moved nothing at either end: {', '.join(still)}.", ""))
    if found.left_out:
        parts.append(["Not tried:", *(f"  {one.title}: {one.reason}" for one in found.left_out)])
    if found.never:
        parts.append(wrapped(f"Never varied: {'; '.join(found.never)}.", ""))
    parts.append(wrapped(sensitivity_answer(found), ""))
    kept = kept_lines([found.run.folder])
    parts.append(kept + [f"Picture in {path}" for path in pictures])
    return "\n\n".join("\n".join(part) for part in parts if part)


def _draw(found: Sensitivity, path: Path | None) -> list[Path]:
    """Draw the tornado into the run's folder, and where it is wanted; nothing where nothing moves."""
    wanted = [] if found.run.folder is None else [found.run.folder / "figures" / "tornado.svg"]
    wanted += [] if path is None else [path]
    if not wanted or not any(one.most > 0 for one in found.swings):
        return []
    from journeysim.report.figures import tornado
    from journeysim.report.pictures import write_picture

    option = found.scenario.baseline_option
    title = f"What {found.metric} of {found.scenario.baseline} hangs on"
    if found.option:
        title = f"What the difference of {found.option} in {found.metric} hangs on"
    figure = tornado(_drawn(found), found.metric, currency=option.journey.currency, title=title)
    for one in wanted:
        write_picture(figure, one)
    return wanted


def _drawn(found: Sensitivity) -> pl.DataFrame:
    """The rows worth a bar: of what can be told from chance, where anything can."""
    known = (pl.col("low") > 0) | (pl.col("high") < 0)
    sure = found.table.filter(known.any().over("parameter"))
    return sure if sure.height else found.table


def _heading(found: Sensitivity) -> list[str]:
    column, scenario = metric_column(found.metric), found.run.scenario
    market = found.scenario.baseline_option.market
    months = "" if market is None else f" of {market.months} month{'s'[: market.months != 1]}"
    what = found.metric
    if found.option:
        what = f"difference of {found.option} from {found.scenario.baseline} in {found.metric}"
    unit = unit_text(column, difference=bool(found.option))
    return wrapped(
        f"{found.scenario.name}: {what} is {value_text(found.middle, column)}{f' {unit}' if unit else ''} "
        f"where nothing is moved. {len(found.swings)} numbers varied one at a time, "
        f"{scenario.replications} replications{months} with the same luck, seed {scenario.seed}",
        "",
    ) + few_lines(scenario.replications)


def _table(found: Sensitivity, moving: list[Swing]) -> list[str]:
    column = metric_column(found.metric)
    unit = unit_text(column, difference=True)
    head = (
        "number",
        "middle",
        "range",
        f"change at\nits low end{', %' if unit else ''}",
        f"change at\nits high end{', %' if unit else ''}",
    )
    rows = [
        [one.title, one.middle, _range(one), _cell(one.low, column), _cell(one.high, column)]
        for one in moving
    ]
    return Table("What moves it most", head, rows).lines()


def _range(one: Swing) -> str:
    low, high = (MISSING if end is None else _at(end) for end in (one.low, one.high))
    return f"{low} .. {high}"


def _at(end: End) -> str:
    return f"{end.text}!" if end.clipped else end.text


def _cell(end: End | None, column: Column) -> str:
    return MISSING if end is None else difference_text(end.change, column, "*" if end.real else " ")


def _notes(found: Sensitivity) -> list[str]:
    unit = unit_text(metric_column(found.metric), difference=True)
    text = (
        f"± half the {CONFIDENCE:.0%} interval of the paired change{f', in {unit}' if unit else ''}; "
        "* real even after Holm's adjustment for the number of ends (p < .05)"
    )
    if any(end.clipped for one in found.swings for end in one.ends):
        text += "; ! the range went beyond what is possible and ends there"
    return wrapped(text, "")
