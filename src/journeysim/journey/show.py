"""How a journey map shows itself in a notebook: where customers go, who serves them, who they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from journeysim.journey.staff import RosterFile, StaffGroup
from journeysim.journey.values import WEEKDAYS, show_time
from journeysim.markup import block, listed, paragraph, shortened, table, title

if TYPE_CHECKING:
    from journeysim.journey.distributions import Distribution
    from journeysim.journey.models import Journey
    from journeysim.journey.stations import Touchpoint

_MOST_TEXT = 60
_MOST_ROWS = 30


def journey_html(journey: Journey) -> str:
    """The map as HTML: opening hours, touchpoints, staff, segments and needs, and what looks doubtful."""
    touchpoints = [
        (name, one.stage, one.queue or "", _served_by(journey, one), _service(journey, one.service))
        for name, one in journey.touchpoints.items()
    ]
    staff = [(name, _roster(group), ", ".join(group.serves)) for name, group in journey.staff.items()]
    return block(
        title(journey.name),
        paragraph(" ".join(journey.description.split())),
        paragraph(f"Open {', '.join(_hours(journey))}"),
        _table("Touchpoints", ("touchpoint", "stage", "queue", "served by", "service, min"), touchpoints),
        _table("Staff", ("group", "on duty", "serves"), staff),
        paragraph(f"Segments: {_segments(journey)}"),
        paragraph(f"Needs: {shortened(', '.join(journey.needs), 4 * _MOST_TEXT)}"),
        listed([f"warning: {problem}" for problem in journey.warnings]),
    )


def journey_line(journey: Journey) -> str:
    """The map in a line."""
    counts = ", ".join(
        f"{len(parts)} {word}{'s'[: len(parts) != 1]}"
        for word, parts in (
            ("segment", journey.segments),
            ("need", journey.needs),
            ("touchpoint", journey.touchpoints),
            ("staff group", journey.staff),
        )
    )
    return f"Journey({journey.name!r}: {counts})"


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    left = len(rows) - _MOST_ROWS
    more = paragraph(f"and {left} more") if left > 0 else ""
    shown = [[shortened(cell, _MOST_TEXT) for cell in row] for row in rows[:_MOST_ROWS]]
    words = len(head) - 1 if head[-1].endswith("min") else len(head)
    return table(caption, head, shown, words=words) + more


def _hours(journey: Journey) -> Iterator[str]:
    """Opening hours, days that are alike in a row together."""
    found = [
        journey.hours_on(day) if journey.arrivals.day_factor(day) > 0 else None
        for day in range(len(WEEKDAYS))
    ]
    start = 0
    while start < len(found):
        end = start
        while end + 1 < len(found) and found[end + 1] == found[start]:
            end += 1
        hours = found[start]
        if hours is not None:
            days = WEEKDAYS[start] if start == end else f"{WEEKDAYS[start]}\N{EN DASH}{WEEKDAYS[end]}"
            yield f"{days} {show_time(hours.open_min)}\N{EN DASH}{show_time(hours.close_min)}"
        start = end + 1


def _served_by(journey: Journey, touchpoint: Touchpoint) -> str:
    return ", ".join(journey.groups_serving(journey.lines_of(touchpoint)))


def _service(journey: Journey, service: Distribution) -> str:
    """Mean service in minutes; from least to most where it depends on the customer."""
    means = [service.mean_min(segment, need) for segment in journey.segments for need in journey.needs]
    least, most = f"{min(means):.3g}", f"{max(means):.3g}"
    return least if least == most else f"{least}\N{EN DASH}{most}"


def _roster(group: StaffGroup) -> str:
    if isinstance(group.count, RosterFile):
        return f"as in {group.count.file}"
    steps = group.roster_steps()
    if len(steps) == 1 and not isinstance(group.count, dict):
        return str(steps[0][1])
    return ", ".join(f"{count} from {show_time(minute)}" for minute, count in steps)


def _segments(journey: Journey) -> str:
    """Segments with their shares, where the map gives them."""
    said = [
        name if one.share is None else f"{name} {one.share:.3g}" for name, one in journey.segments.items()
    ]
    return shortened(", ".join(said), 4 * _MOST_TEXT)
