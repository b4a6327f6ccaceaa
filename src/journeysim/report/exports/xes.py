"""Event logs in XES (IEEE 1849-2016), the format of process mining."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from journeysim.report.exports.log import Log, Moment, Step
from journeysim.report.exports.times import zoned

_TRANSITIONS = {
    Moment.JOINED: "schedule",
    Moment.STARTED: "start",
    Moment.ENDED: "complete",
    Moment.LEFT: "withdraw",
}
"""Moments in the words of the standard's lifecycle extension."""

_EXTENSIONS = (
    ("Concept", "concept"),
    ("Lifecycle", "lifecycle"),
    ("Organizational", "org"),
    ("Time", "time"),
    ("Cost", "cost"),
)
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML 1.0 file may hold, escaped or not."""


def write_xes(log: Log, path: Path) -> None:
    """Write a log: a trace for each case, an event for each moment of each step.

    Parameters
    ----------
    log : of one replication.
    path : written as it is; whoever calls puts it in its place when it is whole.
    """
    with path.open("w", encoding="utf-8", newline="\n") as out:
        _write_head(log, out)
        for case, steps in groupby(log.rows(), key=lambda step: step.case):
            for line in _trace(log, case, list(steps)):
                out.write(line)
        out.write("</log>\n")


def _write_head(log: Log, out: TextIO) -> None:
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write('<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">\n')
    for name, prefix in _EXTENSIONS:
        uri = f"http://www.xes-standard.org/{prefix}.xesext"
        out.write(f'  <extension name="{name}" prefix="{prefix}" uri="{uri}"/>\n')
    out.write('  <global scope="trace">\n    <string key="concept:name" value=""/>\n  </global>\n')
    out.write('  <global scope="event">\n    <string key="concept:name" value=""/>\n')
    out.write('    <string key="lifecycle:transition" value="complete"/>\n')
    out.write('    <date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/>\n  </global>\n')
    out.write('  <classifier name="Activity" keys="concept:name"/>\n')
    out.write('  <classifier name="Activity and transition" keys="concept:name lifecycle:transition"/>\n')
    out.write(_string("  ", "concept:name", log.name))
    out.write(_string("  ", "lifecycle:model", "standard"))


def _trace(log: Log, case: str, steps: list[Step]) -> Iterator[str]:
    first = steps[0]
    yield "  <trace>\n"
    yield _string("    ", "concept:name", case)
    for key, text in (
        ("customer", first.customer), ("segment", first.segment), ("need", first.need),
        ("branch", first.branch),
    ):  # fmt: skip
        if text:
            yield _string("    ", key, text)
    for step in steps:
        yield from _events(log, step)
    yield "  </trace>\n"


def _events(log: Log, step: Step) -> Iterator[str]:
    shared = _shared(log, step)
    for event in step.events():
        yield "    <event>\n"
        yield _string("      ", "concept:name", step.touchpoint)
        yield _string("      ", "lifecycle:transition", _TRANSITIONS[event.moment])
        yield f'      <date key="time:timestamp" value="{zoned(event.at)}"/>\n'
        yield shared
        if event.moment in (Moment.ENDED, Moment.LEFT):
            yield from _ending(log, step)
        elif event.moment is Moment.JOINED and step.queue_length_seen is not None:
            yield f'      <int key="queue_length_seen" value="{step.queue_length_seen}"/>\n'
        yield "    </event>\n"


def _shared(log: Log, step: Step) -> str:
    point = log.touchpoint(step)
    named = (
        ("visit", step.visit), ("stage", point.stage), ("lane", point.lane), ("channel", point.channel),
        ("queue", step.queue), ("org:group", step.staff_group),
    )  # fmt: skip
    return "".join(_string("      ", key, text) for key, text in named if text)


def _ending(log: Log, step: Step) -> Iterator[str]:
    yield _string("      ", "outcome", step.outcome)
    for key, value in (("wait_min", step.wait_min), ("score", step.score)):
        if value is not None:
            yield f'      <float key="{key}" value="{value!r}"/>\n'
    cost = log.cost(step)
    if cost is not None:
        yield f'      <float key="cost:total" value="{cost!r}"/>\n'
        if log.currency:
            yield _string("      ", "cost:currency", log.currency)


def _string(indent: str, key: str, text: str) -> str:
    value = quoteattr(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))
    return f'{indent}<string key="{escape(key)}" value={value}/>\n'
