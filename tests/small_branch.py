"""The smallest branch that is worth running, for tests of what is done with runs."""

from __future__ import annotations

from textwrap import indent

SMALL_MAP = """\
journey: Small branch
hours: {open: 09:00, close: 10:00}
segments: {regular: {share: 1}}
needs: {cash: {share: 1, start: counter}}
arrivals: {per_hour: 40}
staff: {tellers: {count: 3, serves: [line]}}
queues: {line: {}}
touchpoints:
  counter: {stage: Transact, queue: line, service: {gamma: {mean: 4 min, cv: 0.7}}}
"""


def small_scenario(rest: str, small_map: str = SMALL_MAP) -> str:
    """A scenario that holds the map; ``rest`` is what stands below it."""
    return f"scenario: Small\njourney:\n{indent(small_map, '  ')}{rest}"
