"""What is said of a formula that holds only nearly, and where none holds.

docs/explanation/formulas.md explains each.
"""

from __future__ import annotations

MOST_NAMES = 4
"""Names that a reason counts up."""

RECORDED = "recorded arrivals taken as random, at the mean rate of each hour"
APPOINTMENTS = "appointments taken as random"
DEMAND = "days that differ taken as {count} kinds of day"
FROM_ELSEWHERE = "arrivals from {touchpoints} taken as random"
TIMES = "waits at {touchpoints} left out of their times"
RETURNS = "who comes back taken as one more arrival at random"
RETURNS_LOST = "who is turned away or gives up still counted among those who come back"
SERVICE = "service of cv {cv:.2f} taken as phases"
FEW_PHASES = "service of cv {cv:.2f} taken as phases of cv {fitted:.2f}"
SCALED = "wait scaled by 1 + cv²"
WRAP_UP = "work after a service counted as service"
ONE_SERVICE = "services of the lines taken as one"
PATIENCE = "patience not exponential, taken by the place in line"
ONE_LINE = "priority taken as order of arrival"
HEAD_STARTS = "head starts left out"
ONE_GROUP = "several groups taken as one where the roster falls"

NEARLY = (
    RECORDED, APPOINTMENTS, DEMAND, FROM_ELSEWHERE, TIMES, RETURNS, RETURNS_LOST, SERVICE, FEW_PHASES, SCALED,
    WRAP_UP, ONE_SERVICE, PATIENCE, ONE_LINE, HEAD_STARTS, ONE_GROUP,
)  # fmt: skip
"""Said beside a formula."""

NO_QUEUE = "it has no queue"
NOBODY = "nobody is expected here"
NO_TIME = "its service takes no time"
NOBODY_ON_DUTY = "nobody is on duty at closing"
ORDERS = "{groups} serve {queues}, not all in one order"
SHORTEST_LINE = "customers choose the shortest line of {group}"
EXPECTED_WAIT = "customers balk at the wait they expect"
BREAKDOWNS = "{group} break down"
KEPT_SERVER = "{touchpoint} keeps its server while the customer is elsewhere"
MANY_BOOKED = "many come by appointment, not at random"
START_WITH = "customers wait when the doors open"
EARLIER_DAYS = "customers of earlier days come back (after {touchpoint})"
BY_WAIT = "where customers go after {touchpoint} depends on their wait"
LOST = "how many come on from {touchpoints} is not known"
BURSTS = "many come in bursts, after giving up or being turned away elsewhere"
TOO_DETAILED = "too many servers, phases and lines to follow in a moment"
TOO_LARGE = "too many kinds of customers and touchpoints to follow"
TOO_MANY_DAYS = "too many kinds of days to follow"
OWN_RULES = "rules of one's own, in Python, decide"

NO_FORMULA = (
    NO_QUEUE, NOBODY, NO_TIME, NOBODY_ON_DUTY, ORDERS, SHORTEST_LINE, EXPECTED_WAIT, BREAKDOWNS, KEPT_SERVER,
    MANY_BOOKED, START_WITH, EARLIER_DAYS, BY_WAIT, LOST, BURSTS, TOO_DETAILED, TOO_LARGE,
    TOO_MANY_DAYS, OWN_RULES,
)  # fmt: skip
"""Said where there is none."""


def named(names: tuple[str, ...] | list[str]) -> str:
    """Names in a sentence; of many the first."""
    if len(names) <= 1:
        return "".join(names)
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[: MOST_NAMES - 1])} and {len(names) - MOST_NAMES + 1} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"
