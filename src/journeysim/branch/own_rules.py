"""An analyst's own rules: routing, priority and service time as functions of the visit so far.

::

    class Impatient(OwnRules):
        def goes_to(self, visit, touchpoint):
            if touchpoint == "counter" and visit.waited_min > 15 and visit.luck("grumbles") < 0.4:
                return "complaint_desk"
            return None                     # the map decides

A rule must depend on nothing but the visit and its luck: then runs stay equal for any number of processes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


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
    """Rules in place of the map's; each returns None where the map decides. Override what you need."""

    def goes_to(self, visit: VisitSoFar, touchpoint: str) -> str | None:  # noqa: ARG002
        """Where a customer goes after a service that succeeded: a touchpoint, or ``leave``."""
        return None

    def priority(self, visit: VisitSoFar, touchpoint: str) -> int | None:  # noqa: ARG002
        """Priority in place of the segment's, where a queue goes by it; lower is served first."""
        return None

    def service_min(self, visit: VisitSoFar, touchpoint: str) -> float | None:  # noqa: ARG002
        """Minutes that the service which starts now takes, 0 or more."""
        return None
