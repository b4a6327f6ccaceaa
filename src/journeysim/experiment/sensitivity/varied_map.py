"""Which numbers of a map, and which constants of behaviour, are varied where nobody says which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic_core import PydanticCustomError

from journeysim.experience.rules import ExperienceRules
from journeysim.experiment.assumptions import assumptions_of
from journeysim.experiment.scenario import Option, Scenario
from journeysim.experiment.sensitivity.varied import (
    Amount,
    CannotMove,
    Durations,
    How,
    Kind,
    Move,
    Parameter,
    Servers,
    Setting,
    ShareAmong,
    Spot,
)
from journeysim.journey import Journey
from journeysim.journey.patches import path_of
from journeysim.journey.scaling import scaled_duration
from journeysim.journey.strict_yaml import look_up
from journeysim.journey.values import parse_duration
from journeysim.market.behaviour import Behaviour
from journeysim.market.constants import constants
from journeysim.market.state import OURS

ASSUMPTION = "assumption"
"""Word in the source of a constant that nobody has measured."""

_BEHAVIOUR = "behaviour"
_CALIBRATED = ("leaving.per_year", "leaving.reasons.")
"""Constants that only say what the market is calibrated to, which is done once, on the baseline."""
_TOGETHER = (
    ("visits", ("peak", "end", "mean")),
    ("complaints", ("grumble", "complain", "media")),
    ("choosing", ("by_reputation", "by_strength", "by_convenience")),
)
"""Constants that sum to 1."""


@dataclass(frozen=True)
class ConstantOf:
    """A constant of how people behave, moved inside of what the format allows.

    Parameters
    ----------
    name : its path within the behaviour, such as ``telling.told_bad``.
    """

    name: str
    kind: Kind = Kind.BEHAVIOUR

    @property
    def path(self) -> str:
        """Path of the constant in a scenario."""
        return f"{_BEHAVIOUR}.{self.name}"

    @property
    def title(self) -> str:
        """The constant's own path."""
        return self.name

    def middle(self, option: Option) -> str:
        """Its value."""
        value = _constant(option, self.name)
        return value if isinstance(value, str) else f"{value:.4g}"

    def moved(self, option: Option, move: Move) -> Setting:
        """The constant moved."""
        value = _constant(option, self.name)
        if isinstance(value, str):
            try:
                parse_duration(value)
            except PydanticCustomError:
                raise CannotMove("it is a word") from None
            text = scaled_duration(value, move.of(1.0)) if move.how is How.TIMES else str(move.amount)
            return Setting({self.path: text}, text)
        least, most = _bounds(self.name)
        whole = isinstance(value, int)
        if value == 0 and move.how is How.TIMES:
            raise CannotMove("it is 0")
        wanted = move.of(value)
        if whole and move.how is not How.TO:
            wanted = round(wanted)
        new = min(max(wanted, least), most)
        if new == value:
            raise CannotMove(f"it is at its limit of {new:g}")
        return Setting({self.path: new}, f"{new:.4g}", new != wanted)


def map_parameters(option: Option) -> list[Parameter]:
    """The numbers of an option's map that a planner chose or measured, in map order, kind by kind.

    Arrivals, services (with their wrap-up), patience, acceptable wait, staff, attentiveness, failures, and
    the shares of segments and needs; for each branch.
    """
    found: list[Parameter] = []
    for branch, journey in _maps(option):
        spot = partial(Spot, branch=branch)
        prefix = f"{branch}: " if branch else ""
        if journey.arrivals.recorded is None:
            found.append(
                Amount(spot(("arrivals", "scale")), Kind.ARRIVALS, f"{prefix}arrivals", least=0, default=1.0)
            )
        found += _services(journey, branch, prefix)
        found += _patience(journey, branch, prefix)
        found += [
            Servers(spot(("staff", name, "count")), f"{prefix}number of {name}") for name in journey.staff
        ]
        found += _attentive(journey, option.behaviour, branch, prefix)
        found += [
            Amount(spot(("touchpoints", name, "fails")), Kind.FAILS, f"{prefix}failures at {name}", 0, 1)
            for name, point in journey.touchpoints.items()
            if point.fails > 0
        ]
        found += _without_twins(_segments(journey, branch, prefix))
        found += _without_twins(_needs(journey, branch, prefix))
    return found


def share_parameters(option: Option) -> list[Parameter]:
    """Every share of a segment or a need, also of two where the default moves one for both."""
    return [
        parameter
        for branch, journey in _maps(option)
        for shares in (_segments, _needs)
        for parameter in shares(journey, branch, f"{branch}: " if branch else "")
    ]


def money_parameters(option: Option) -> list[Parameter]:
    """What customers bring in and staff costs, for each branch."""
    found: list[Parameter] = []
    for branch, journey in _maps(option):
        spot = partial(Spot, branch=branch)
        prefix = f"{branch}: " if branch else ""
        found += [
            Amount(spot(("segments", name, "margin_per_year")), Kind.MONEY, f"{prefix}margin of {name}")
            for name, segment in journey.segments.items()
            if segment.margin_per_year
        ]
        found += [
            Amount(spot(("staff", name, "cost_per_hour")), Kind.MONEY, f"{prefix}cost of {name}", 0)
            for name, group in journey.staff.items()
            if group.cost_per_hour
        ]
    return found


def further_parameters(option: Option) -> list[Parameter]:
    """What is varied only where everything is: routes, balking, room, bookings, days that differ."""
    found: list[Parameter] = []
    for branch, journey in _maps(option):
        spot = partial(Spot, branch=branch)
        prefix = f"{branch}: " if branch else ""
        found += _routes(journey, branch, prefix)
        for name, queue in journey.queues.items():
            if queue.patience is not None:
                where = spot(("queues", name, "patience"))
                found.append(Durations((where,), Kind.PATIENCE, f"{prefix}patience in {name}"))
            if queue.capacity is not None:
                where, title = spot(("queues", name, "capacity")), f"{prefix}room in {name}"
                found.append(Amount(where, Kind.OTHER, title, 0, 1e6))
            if queue.balk is not None:
                where = spot(("queues", name, "balk", "probability"))
                found.append(Amount(where, Kind.OTHER, f"{prefix}balking at {name}", 0, 1))
        if look_up(journey.document.data, ("arrivals", "day_cv")):
            found.append(Amount(spot(("arrivals", "day_cv")), Kind.ARRIVALS, f"{prefix}spread of days", 0))
        if look_up(journey.document.data, ("arrivals", "appointments", "no_show")):
            where = spot(("arrivals", "appointments", "no_show"))
            found.append(Amount(where, Kind.ARRIVALS, f"{prefix}booked who do not come", 0, 1))
    return found


def behaviour_parameters(scenario: Scenario, *, measured: bool) -> list[Parameter]:
    """Constants of how people behave that the scenario uses.

    Parameters
    ----------
    measured : also those whose source is more than an assumption.

    Returns
    -------
    Without those that only say what the market is calibrated to, and those that are words.
    """
    in_market = scenario.options[0].market is not None
    together = {f"{section}.{name}": (section, names) for section, names in _TOGETHER for name in names}
    found: list[Parameter] = []
    for one in assumptions_of(scenario).constants:
        section = one.path.partition(".")[0]
        if not in_market and section not in ExperienceRules.model_fields:
            continue
        if one.path.startswith(_CALIBRATED) or not (measured or ASSUMPTION in one.source):
            continue
        if one.path in together:
            section, names = together[one.path]
            name = one.path.rpartition(".")[2]
            found.append(
                ShareAmong(
                    f"{_BEHAVIOUR}.{one.path}",
                    one.path,
                    Kind.BEHAVIOUR,
                    name,
                    partial(_constants_together, section, names),
                    partial(_written_constants, section),
                )
            )
        elif not isinstance(one.value, str) or _is_duration(one.value):
            found.append(ConstantOf(one.path))
    return found


def not_varied(scenario: Scenario) -> list[str]:
    """What is never varied here, and why, in plain words."""
    option = scenario.baseline_option
    told = []
    if any(journey.arrivals.recorded is not None for _, journey in _maps(option)):
        told.append("recorded arrivals, which are what they were")
    if option.market is not None:
        told += [
            "who is with which bank, the network and the horizon, which all options of a run share",
            "behaviour.leaving.per_year and .reasons, which say what the baseline is calibrated to",
        ]
    return told


def _maps(option: Option) -> list[tuple[str, Journey]]:
    if option.market is None:
        return [("", option.journey)]
    return [(branch.name, branch.journey) for branch in option.market.banks[OURS].branches]


def _services(journey: Journey, branch: str, prefix: str) -> Iterator[Parameter]:
    for name, point in journey.touchpoints.items():
        keys = [key for key in ("service", "wrap_up") if getattr(point, key) is not None]
        spots = tuple(Spot(("touchpoints", name, key), branch) for key in keys)
        yield Durations(spots, Kind.SERVICE, f"{prefix}service at {name}")


def _patience(journey: Journey, branch: str, prefix: str) -> Iterator[Parameter]:
    for key, kind, word in (
        ("patience", Kind.PATIENCE, "patience"),
        ("acceptable_wait", Kind.ACCEPTABLE, "acceptable wait"),
    ):
        for name, segment in journey.segments.items():
            if getattr(segment, key) is not None:
                spot = Spot(("segments", name, key), branch)
                yield Durations((spot,), kind, f"{prefix}{word} of {name}")


def _attentive(journey: Journey, behaviour: Behaviour, branch: str, prefix: str) -> Iterator[Parameter]:
    for name, group in journey.staff.items():
        if group.kind != "machine":
            spot, share = Spot(("staff", name, "attentive"), branch), behaviour.encounters.attentive_share
            yield Amount(spot, Kind.ATTENTIVE, f"{prefix}attentive {name}", 0, 1, share)


def _segments(journey: Journey, branch: str, prefix: str) -> Iterator[Parameter]:
    if any(segment.share is None for segment in journey.segments.values()):
        return

    def groups(option: Option) -> dict[str, dict[str, float]]:
        segments = Spot((), branch).journey(option).segments
        return {"": {name: float(one.share or 0) for name, one in segments.items()}}

    def written(_: Option, moved: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
        return {Spot(("segments", name, "share"), branch).path: share for name, share in moved[""].items()}

    for name in journey.segments:
        path = Spot(("segments", name, "share"), branch).path
        yield ShareAmong(path, f"{prefix}share of {name}", Kind.SEGMENT, name, groups, written)


def _needs(journey: Journey, branch: str, prefix: str) -> Iterator[Parameter]:
    if any(need.share is None for need in journey.needs.values()):
        return

    def groups(option: Option) -> dict[str, dict[str, float]]:
        here = Spot((), branch).journey(option)
        return {
            segment: {name: need.share_for(segment) for name, need in here.needs.items()}
            for segment in here.segments
        }

    def written(_: Option, moved: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
        names = next(iter(moved.values()))
        return {
            Spot(("needs", name, "share"), branch).path: {
                segment: one[name] for segment, one in moved.items()
            }
            for name in names
        }

    coming = [name for name, need in journey.needs.items() if any(map(need.share_for, journey.segments))]
    for name in coming:
        path = Spot(("needs", name, "share"), branch).path
        yield ShareAmong(path, f"{prefix}share of {name}", Kind.NEED, name, groups, written)


def _routes(journey: Journey, branch: str, prefix: str) -> Iterator[Parameter]:
    for point, touchpoint in journey.touchpoints.items():
        for number, rule in enumerate(touchpoint.next):
            if 0 < rule.probability < 1:
                yield _chance(point, number, branch, f"{prefix}{point} to {_target(rule.to)}")
            if isinstance(rule.to, dict):
                yield from _without_twins(
                    _split(point, number, name, branch, f"{prefix}{point} to {name}")
                    for name, share in rule.to.items()
                    if share > 0
                )


def _chance(point: str, number: int, branch: str, title: str) -> Parameter:
    """The probability of a rule, which is a share beside that of not being taken."""
    return _rule_shares(
        point,
        number,
        branch,
        title,
        "probability",
        lambda rule: {"taken": rule["probability"], "not taken": 1 - rule["probability"]},
        lambda rule, shares: {**rule, "probability": shares["taken"]},
        "taken",
    )


def _split(point: str, number: int, name: str, branch: str, title: str) -> Parameter:
    return _rule_shares(
        point,
        number,
        branch,
        title,
        f"to.{name}",
        lambda rule: dict(rule["to"]),
        lambda rule, shares: {**rule, "to": dict(shares)},
        name,
    )


def _rule_shares(
    point: str, number: int, branch: str, title: str, what: str, read: Any, write: Any, name: str
) -> Parameter:
    where = Spot(("touchpoints", point, "next"), branch)

    def groups(option: Option) -> dict[str, dict[str, float]]:
        return {"": read(_rules(where, option, number)[number])}

    def written(option: Option, moved: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
        rules = list(_rules(where, option, number))
        rules[number] = write(rules[number], moved[""])
        return {where.path: rules}

    return ShareAmong(f"{where.path}.{number + 1}.{what}", title, Kind.ROUTE, name, groups, written)


def _rules(where: Spot, option: Option, number: int) -> list[Any]:
    rules = where.data(option)
    if not isinstance(rules, list) or number >= len(rules):
        raise CannotMove("the option routes otherwise")
    return rules


def _target(to: Any) -> str:
    return to if isinstance(to, str) else " or ".join(to)


def _without_twins(shares: Iterable[Parameter]) -> list[Parameter]:
    """Shares that move differently: of two, each is what the other leaves; one alone cannot move."""
    every = list(shares)
    return every[:1] if len(every) == 2 else every if len(every) > 2 else []


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except PydanticCustomError:
        return False
    return True


def _constants_together(section: str, names: tuple[str, ...], option: Option) -> dict[str, dict[str, float]]:
    return {"": {name: float(_constant(option, f"{section}.{name}")) for name in names}}


def _written_constants(
    section: str, _: Option, moved: Mapping[str, Mapping[str, float]]
) -> Mapping[str, float]:
    return {f"{_BEHAVIOUR}.{path_of(section, name)}": value for name, value in moved[""].items()}


def _constant(option: Option, name: str) -> float | str:
    return next(one.value for one in constants(option.behaviour) if one.path == name)


def _bounds(name: str) -> tuple[float, float]:
    """What the format allows of a constant, as far as it says."""
    *sections, last = name.split(".")
    model: Any = Behaviour
    for part in sections:
        model = model.model_fields[part].annotation
    metadata = model.model_fields[last].metadata
    least = next((one.ge for one in metadata if getattr(one, "ge", None) is not None), float("-inf"))
    most = next((one.le for one in metadata if getattr(one, "le", None) is not None), float("inf"))
    return least, most
