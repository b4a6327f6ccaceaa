"""An analyst's own rules: routing, priority and service time as functions of the visit so far.

::

    class Impatient(OwnRules):
        def goes_to(self, visit, touchpoint):
            if touchpoint == "counter" and visit.waited_min > 15 and visit.luck("grumbles") < 0.4:
                return "complaint_desk"
            return None                     # the map decides

A rule must depend on nothing but the visit and its luck: then runs stay equal for any number of processes.
Methods of your own begin with an underscore; any other that is no rule is refused, as it may be misspelt.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType

from journeysim.errors import Problem
from journeysim.journey.faults import nearest


@dataclass(frozen=True)
class StepSoFar:
    """One step that a visit has taken.

    Attributes
    ----------
    touchpoint : its name.
    joined_min, ended_min : minutes after midnight.
    started_min : minutes after midnight; None where nobody served.
    outcome : one of the outcomes of the steps table.
    """

    touchpoint: str
    joined_min: float
    started_min: float | None
    ended_min: float
    outcome: str


@dataclass(frozen=True)
class VisitSoFar:
    """A visit at the moment at which a rule is asked.

    Attributes
    ----------
    segment, need : names.
    now_min, arrived_min : minutes after midnight.
    waited_min : total wait so far in this visit, minutes.
    has_failed : whether a service has failed in this visit.
    steps : the steps that are over, in order.
    luck : a number in (0, 1) by name, the visit's own: the same name gives the same number again, in every
        option, whatever else is drawn.
    """

    segment: str
    need: str
    now_min: float
    arrived_min: float
    waited_min: float
    has_failed: bool
    steps: tuple[StepSoFar, ...]
    luck: Callable[[str], float]


class OwnRules:
    """Rules in place of the map's; each returns None where the map decides. Override what you need.

    Methods of your own begin with an underscore; any other is refused when a run begins.
    """

    def goes_to(self, visit: VisitSoFar, touchpoint: str) -> str | None:  # noqa: ARG002
        """Where a customer goes after a service that succeeded: a touchpoint, or ``leave``."""
        return None

    def priority(self, visit: VisitSoFar, touchpoint: str) -> int | None:  # noqa: ARG002
        """Priority in place of the segment's, where a queue goes by it; lower is served first."""
        return None

    def service_min(self, visit: VisitSoFar, touchpoint: str) -> float | None:  # noqa: ARG002
        """Minutes that the service which starts now takes, 0 or more."""
        return None


RULES = tuple(name for name in vars(OwnRules) if not name.startswith("_"))
"""Names of the methods that are asked."""


def rules_problems(rules: object) -> list[Problem]:
    """Say why something cannot be an analyst's own rules, or which of its methods nobody would ever ask."""
    if not isinstance(rules, OwnRules):
        problem = "an instance of a class made from OwnRules is required"
        return [Problem("", 0, 0, "rules", problem, repr(rules))]
    written = {
        (one.__name__, name): None
        for one in type(rules).__mro__
        if issubclass(one, OwnRules)
        for name, value in vars(one).items()
        if isinstance(value, FunctionType | staticmethod | classmethod)
    }
    return [
        Problem(
            "",
            0,
            0,
            f"rules.{of}.{name}",
            "no rule has this name, so it would never be asked",
            "",
            _hint(name),
        )
        for of, name in written
        if not name.startswith("_") and name not in RULES
    ]


def _hint(name: str) -> str:
    close = nearest(name, RULES)
    return f"{close}{' ' if close.endswith('?') else '; '}methods of your own begin with _"
