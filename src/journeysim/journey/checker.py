"""Collects what is wrong and what looks doubtful in one map, with places; knows what not to speak of."""

from __future__ import annotations

from collections.abc import Iterator

from journeysim.errors import Problem
from journeysim.journey.distributions import SHARES_TOLERANCE
from journeysim.journey.faults import nearest, problem_at, show
from journeysim.journey.hours import OpeningHours
from journeysim.journey.models import Journey
from journeysim.journey.stations import Rule
from journeysim.journey.strict_yaml import Document, Loc, look_up, touches


class Checker:
    """Problems of one map.

    Parameters
    ----------
    journey, document : the map, as models and as plain data with places.
    doubtful : locations whose values are not the planner's own (see `journeysim.journey.salvage`).
    """

    def __init__(self, journey: Journey, document: Document, doubtful: frozenset[Loc]) -> None:
        self.journey = journey
        self.document = document
        self.doubtful = doubtful
        self.errors: list[Problem] = []
        self.warnings: list[Problem] = []

    def error(
        self,
        loc: Loc,
        problem: str,
        found: str = "",
        hint: str = "",
        *,
        key: bool = False,
        sure: bool = False,
    ) -> None:
        """Note an error, unless its value is doubtful; ``sure``: it does not depend on that value."""
        if sure or not touches(loc, self.doubtful):
            self.errors.append(problem_at(self.document, loc, problem, found, hint, key=key))

    def warn(self, loc: Loc, problem: str, found: str = "", hint: str = "") -> None:
        """Note something doubtful."""
        self.warnings.append(problem_at(self.document, loc, problem, found, hint, key=True))

    def doubts(self, section: str, *keys: str) -> bool:
        """Whether some entry of a section is doubtful as a whole, or under one of ``keys``."""
        return any(loc[0] == section and (len(loc) <= 2 or loc[2] in keys) for loc in self.doubtful if loc)

    def names(self, section: str) -> list[str]:
        """Names defined in a section, those whose entry the format refused included."""
        written = look_up(self.document.data, (section,))
        known = [*(written if isinstance(written, dict) else ()), *getattr(self.journey, section)]
        known += [str(loc[1]) for loc in self.document.refused if len(loc) == 2 and loc[0] == section]
        return list(dict.fromkeys(known))

    def line_group_names(self) -> list[str]:
        """Names of line groups, those of lines whose entry the format refused included."""
        known = dict.fromkeys(self.journey.line_groups())
        for name in self.names("queues"):
            group = look_up(self.document.data, ("queues", name, "line_group"))
            if isinstance(group, str):
                known[group] = None
        return list(known)

    def known(self, loc: Loc, name: str, section: str, *also: str, key: bool = False) -> None:
        """Note an error if ``name`` is neither defined in a section nor one of ``also``."""
        names = [*self.names(section), *also]
        if name not in names:
            self.error(loc, f"unknown {section[:-1]}", show(name), nearest(name, names), key=key)

    def sum_to_one(self, loc: Loc, total: float, what: str) -> None:
        """Note an error if ``total`` is not 1."""
        if abs(total - 1) > SHARES_TOLERANCE:
            self.error(loc, f"{what} must sum to 1", f"{total:.6g}", key=True, sure=True)

    def rules(self) -> Iterator[tuple[Loc, str, Rule]]:
        """Yield every rule of every ``next`` with its location and the name of its touchpoint."""
        for name, touchpoint in self.journey.touchpoints.items():
            for number, rule in enumerate(touchpoint.next):
                yield ("touchpoints", name, "next", number), name, rule

    def hours_by_weekday(self) -> dict[int, OpeningHours]:
        """Hours of each weekday, 0 (Monday) to 6, on which there are any."""
        hours = {day: self.journey.hours_on(day) for day in range(7)}
        return {day: open_hours for day, open_hours in hours.items() if open_hours is not None}
