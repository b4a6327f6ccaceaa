"""The figure of the ways through a visit: from touchpoint to touchpoint, and where people leave and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch, Rectangle
from matplotlib.path import Path

from journeysim.report.figures.sheet import (
    WIDTH_IN,
    columns_of,
    legend_below,
    one_branch,
    options_of,
    required,
    sheet,
    wrapped,
)
from journeysim.report.style import COLOURS, INK

MOST_STEPS = 6
"""Steps of a visit that are shown; whoever takes more leaves the picture at its edge."""
SMALLEST_SHARE = 0.01
"""Touchpoints that a smaller share of all visits comes to at one step are put together."""
OTHERS = "others"

_HEIGHT_IN, _LINE_IN = 4.4, 0.15
"""Height of the picture, where its labels need no more, and of a line of them."""
_BOX, _STUB = 0.7, 0.08
"""Widths, where a step takes 1."""
_FEWEST_STEPS = 3
"""That the width is made for, so that boxes do not become too wide."""
_GAP = 0.3
"""Between boxes, in lines of text."""
_ROUNDS = 30
_LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "served": ("served", {"facecolor": "#C9D3DA"}),
    "failed": ("service failed", {"facecolor": COLOURS[5], "hatch": "///"}),
    "balked": ("saw the line and went", {"facecolor": COLOURS[4], "hatch": "..."}),
    "reneged": ("gave up waiting", {"facecolor": COLOURS[1], "hatch": "\\\\\\"}),
    "rejected": ("found no room", {"facecolor": COLOURS[3], "hatch": "xxx"}),
    "closed": ("sent home at closing", {"facecolor": "#555555"}),
    "in_progress": ("still inside", {"facecolor": "#FFFFFF", "hatch": "---"}),
    "": ("takes further steps", {"facecolor": "#FFFFFF"}),
}
"""Label and look of those who leave, by outcome; last of those who take more steps than are shown."""
_GOES_ON = ""
_FILL = "#EEF2F5"
_EDGE: dict[str, Any] = {"edgecolor": "#555555", "linewidth": 0.4}


@dataclass(frozen=True)
class _Way:
    """Visits that do the same at a step.

    Parameters
    ----------
    step, here, outcome : which step, at which touchpoint, and what came of it.
    to : touchpoint that follows; None: they leave.
    share : of all visits.
    """

    step: int
    here: str
    outcome: str
    to: str | None
    share: float


@dataclass(frozen=True)
class _Box:
    """A touchpoint at a step of the visit.

    Parameters
    ----------
    step, name : which.
    share : of all visits.
    label : name and share, in one line or several.
    top, slot : where it hangs and how much height it has, with its label; in shares of visits.
    """

    step: int
    name: str
    share: float
    label: str = ""
    top: float = 0.0
    slot: float = 0.0

    @property
    def start(self) -> float:
        """Upper edge of the box, in the middle of its slot."""
        return self.top + (self.slot - self.share) / 2


@dataclass(frozen=True)
class _Plan:
    """Where everything stands.

    Parameters
    ----------
    boxes : by step and name.
    steps : columns of boxes.
    tallest : height of all, in shares of visits.
    height_in : the same in inches.
    """

    boxes: Mapping[tuple[int, str], _Box]
    steps: int
    tallest: float
    height_in: float


def outcome_flows(steps: pl.DataFrame, option: str | None = None, *, title: str = "") -> Figure:
    """Ways through a visit: how many go on from where to where, and how many leave from where and how.

    Parameters
    ----------
    steps : a steps table of one branch: columns option, step, touchpoint, outcome; rows of a visit together
        and in order of ``step``, as `Run.steps` has them.
    option : whose; None takes the first.

    Returns
    -------
    A figure with a column for each step of the visit. Heights are shares of all visits; a stub at the right
    of a touchpoint are those who leave from there, shaded by outcome, and so is the way of those who go on
    after another outcome than being served. Touchpoints with fewer than 1 in 100 visits at a step stand
    together as others; whoever takes more than six steps leaves the picture at the right.

    Raises
    ------
    ValueError
        if there is no step of the option, or if the steps are those of several branches.
    """
    required(steps, "steps", ("option", "step", "touchpoint", "outcome"))
    one_branch(steps)
    known = options_of(steps)
    chosen = option if option is not None else (known or ["?"])[0]
    if chosen not in known:
        raise ValueError(
            f"option: one with steps is required, found {chosen!r}; there are {', '.join(known)}"
        )
    ways = _ways(steps.filter(pl.col("option") == chosen))
    plan = _placed(_columns(ways))
    heading = title or "Ways through a visit" + (f": {chosen}" if len(known) > 1 else "")
    with sheet(heading, plan.height_in + 0.4) as figure:
        axes = figure.subplots()
        seen = _draw_ways(axes, ways, plan)
        for box in plan.boxes.values():
            _draw_box(axes, box)
        axes.set_xlim(-0.02, _width(plan.steps) + 0.03)
        axes.set_ylim(plan.tallest, 0)
        numbers = range(1, plan.steps + 1)
        axes.set_xticks([step - 1 + _BOX / 2 for step in numbers], [f"step {step}" for step in numbers])
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.tick_params(length=0, labelsize=9)
        for spine in axes.spines.values():
            spine.set_visible(False)
        looks = [look for name, look in _LOOKS.items() if name in seen]
        handles = [Patch(**_EDGE, **style) for _, style in looks]
        legend_below(figure, handles, [label for label, _ in looks])
    return figure


def _ways(steps: pl.DataFrame) -> list[_Way]:
    """Every way that visits take from a step, by step and name."""
    follows = pl.col("step").shift(-1) == pl.col("step") + 1
    found = steps.with_columns(to=pl.when(follows).then(pl.col("touchpoint").shift(-1)))
    visits = steps.filter(pl.col("step") == 1).height
    counted = (
        found.filter(pl.col("step") <= MOST_STEPS)
        .group_by("step", "touchpoint", "outcome", "to")
        .len()
        .sort("step", "touchpoint", "outcome", "to", nulls_last=True)
    )
    ways = [
        _Way(step, here, outcome, to, count / visits) for step, here, outcome, to, count in counted.rows()
    ]
    sizes = _sizes(ways)
    shares: dict[_Way, float] = {}
    for way in ways:
        small = sizes[way.step, way.here] < SMALLEST_SHARE
        small_next = way.to is not None and sizes.get((way.step + 1, way.to), 1.0) < SMALLEST_SHARE
        merged = replace(
            way, here=OTHERS if small else way.here, to=OTHERS if small_next else way.to, share=0.0
        )
        shares[merged] = shares.get(merged, 0.0) + way.share
    return [replace(way, share=share) for way, share in shares.items()]


def _sizes(ways: Sequence[_Way]) -> dict[tuple[int, str], float]:
    """Share of visits that come to each touchpoint at each step."""
    found: dict[tuple[int, str], float] = {}
    for way in ways:
        found[way.step, way.here] = found.get((way.step, way.here), 0.0) + way.share
    return found


def _columns(ways: Sequence[_Way]) -> list[list[_Box]]:
    """Boxes of each step: of the first by size, of later ones by where their visits come from."""
    boxes = [_Box(step, name, share) for (step, name), share in _sizes(ways).items()]
    found: list[list[_Box]] = []
    for step in range(1, max(box.step for box in boxes) + 1):
        here = sorted((box for box in boxes if box.step == step), key=lambda box: -box.share)
        if found:
            place = {box.name: at for at, box in enumerate(found[-1])}
            come = [way for way in ways if way.step == step - 1]
            here.sort(key=lambda box: _middle(come, box.name, place))
        found.append(here)
    return found


def _middle(come: Sequence[_Way], name: str, place: Mapping[str, int]) -> float:
    """Mean place of the boxes that the visits of a box come from."""
    into = [way for way in come if way.to == name]
    return sum(place[way.here] * way.share for way in into) / sum(way.share for way in into)


def _placed(columns: Sequence[Sequence[_Box]]) -> _Plan:
    """Labels and places of all boxes.

    Every slot holds its label, however small its box. How high a line is, in shares of visits, depends on the
    height of all, which depends on it.
    """
    room = int((WIDTH_IN - 0.2) / _width(len(columns)) * _BOX * 14)
    labelled = [[replace(box, label=_label(box, room)) for box in boxes] for boxes in columns]
    needed = max(sum(_lines(box) + _GAP for box in boxes) for boxes in labelled) * _LINE_IN
    height_in = max(_HEIGHT_IN, 1.6 * needed)
    line = 0.0
    for _ in range(_ROUNDS):
        tallest = max(sum(_slot(box, line) + _GAP * line for box in boxes) for boxes in labelled)
        line = tallest * _LINE_IN / height_in
    found: dict[tuple[int, str], _Box] = {}
    for boxes in labelled:
        top = 0.0
        for box in boxes:
            found[box.step, box.name] = replace(box, top=top, slot=_slot(box, line))
            top += _slot(box, line) + _GAP * line
    return _Plan(found, len(columns), tallest, height_in)


def _width(steps: int) -> float:
    """Width of all, where a step takes 1."""
    return max(steps, _FEWEST_STEPS) - 1 + _BOX + _STUB


def _label(box: _Box, room: int) -> str:
    """Name and share, in as few lines of ``room`` columns as they need, at most three."""
    share = f"{box.share:.0%}" if box.share >= SMALLEST_SHARE else "<1%"
    in_one = f"{box.name} {share}"
    return in_one if columns_of(in_one) <= room else f"{wrapped(box.name, room)}\n{share}"


def _lines(box: _Box) -> int:
    return box.label.count("\n") + 1


def _slot(box: _Box, line: float) -> float:
    return max(box.share, _lines(box) * line)


def _draw_ways(axes: Axes, ways: Sequence[_Way], plan: _Plan) -> set[str]:
    """Draw where people go on and where they leave; return the looks that are seen."""
    boxes = plan.boxes
    leaves_at = {key: box.start for key, box in boxes.items()}
    comes_at = dict(leaves_at)
    seen: set[str] = set()

    def order(way: _Way) -> tuple[float, bool, float, str]:
        target = boxes.get((way.step + 1, way.to or ""))
        return boxes[way.step, way.here].top, way.to is None, target.top if target else 0.0, way.outcome

    for step in range(1, plan.steps + 1):
        for way in sorted((way for way in ways if way.step == step), key=order):
            here, there = (step, way.here), (step + 1, way.to or "")
            left, start = step - 1 + _BOX, leaves_at[here]
            leaves_at[here] += way.share
            look = way.outcome if way.to is None or there in boxes else _GOES_ON
            if there in boxes:
                axes.add_patch(_ribbon(left, step, start, comes_at[there], way.share, _LOOKS[look][1]))
                comes_at[there] += way.share
            else:
                stub = Rectangle((left, start), _STUB, way.share, **_EDGE, **_LOOKS[look][1])
                axes.add_patch(stub)
            seen.add(look)
    return seen


def _ribbon(
    left: float, right: float, start: float, end: float, share: float, style: dict[str, Any]
) -> PathPatch:
    """A way from the right edge of a box to the left edge of one of the next step."""
    middle = (left + right) / 2
    upper = [(left, start), (middle, start), (middle, end), (right, end)]
    lower = [(right, end + share), (middle, end + share), (middle, start + share), (left, start + share)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return PathPatch(
        Path([*upper, *lower, upper[0]], codes), alpha=0.75, edgecolor="none", zorder=0.5, **style
    )


def _draw_box(axes: Axes, box: _Box) -> None:
    where = (box.step - 1, box.start)
    axes.add_patch(Rectangle(where, _BOX, box.share, facecolor=_FILL, edgecolor="#555555", linewidth=0.6))
    # A label is higher than a small box, whose edges would cross it out.
    plate = {"facecolor": "white" if box.slot > box.share else _FILL, "edgecolor": "none", "pad": 0.6}
    middle = (box.step - 1 + _BOX / 2, box.start + box.share / 2)
    axes.text(*middle, box.label, ha="center", va="center", fontsize=8, color=INK, bbox=plate)
