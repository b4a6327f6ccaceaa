"""Numbers of a scenario that can be varied one at a time, and what each becomes at the ends of its range.

A parameter knows where it stands and how it is moved: a service by the mean of its distribution, a roster by
whole servers, a share together with those that it sums to 1 with. It is moved from what an option itself
has, so that an option which changes the number is varied around its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from pydantic_core import PydanticCustomError

from journeysim.experiment.scenario import Option
from journeysim.journey import Journey
from journeysim.journey.distributions import Distribution
from journeysim.journey.patches import path_of, split_path
from journeysim.journey.scaling import scaled_distribution, scaled_duration
from journeysim.journey.strict_yaml import look_up
from journeysim.journey.values import parse_duration
from journeysim.market.state import OURS

_DECIMALS = 9


class Kind(StrEnum):
    """What a parameter is."""

    ARRIVALS = "arrivals"
    SERVICE = "service"
    PATIENCE = "patience"
    ACCEPTABLE = "acceptable wait"
    STAFF = "staff"
    ATTENTIVE = "attentive"
    FAILS = "fails"
    SEGMENT = "segment"
    NEED = "need"
    ROUTE = "route"
    MONEY = "money"
    OTHER = "other"
    BEHAVIOUR = "behaviour"


class How(StrEnum):
    """How an end of a range is given."""

    TIMES = "times"
    PLUS = "plus"
    TO = "to"


@dataclass(frozen=True)
class Move:
    """One end of a range.

    Parameters
    ----------
    how : a factor, a step, or the value itself.
    amount : a number; for the value itself whatever the map may hold there.
    """

    how: How
    amount: Any

    def of(self, value: float) -> float:
        """The end for a plain number.

        Raises
        ------
        CannotMove
            The value that was given is no number.
        """
        if isinstance(self.amount, bool) or not isinstance(self.amount, int | float):
            raise CannotMove(f"a number is required, found {self.amount}")
        if self.how is How.TIMES:
            return round(value * self.amount, _DECIMALS)
        return round(value + self.amount, _DECIMALS) if self.how is How.PLUS else self.amount


class CannotMove(Exception):
    """Why a parameter has no such end, in plain words."""


@dataclass(frozen=True)
class Setting:
    """What a parameter becomes at one end, in one option.

    Parameters
    ----------
    patches : new values by path, as an option of a scenario has them.
    text : the end in a few characters, such as ``4.8 min``.
    clipped : whether the end lay outside of what is possible and was moved in.
    """

    patches: Mapping[str, Any]
    text: str
    clipped: bool = False


class Parameter(Protocol):
    """A number that can be varied; see the classes of this module."""

    @property
    def kind(self) -> Kind:
        """What it is."""
        ...

    @property
    def path(self) -> str:
        """Where it stands, as ``--vary`` and ``--set`` take it."""
        ...

    @property
    def title(self) -> str:
        """What it is called in tables."""
        ...

    def middle(self, option: Option) -> str:
        """What it is in an option, in a few characters.

        Raises
        ------
        CannotMove
            The option has no such number.
        """
        ...

    def moved(self, option: Option, move: Move) -> Setting:
        """What it becomes in an option at one end.

        Raises
        ------
        CannotMove
            It has no such end there.
        """
        ...


@dataclass(frozen=True)
class Spot:
    """A place on the map of one branch.

    Parameters
    ----------
    loc : keys on the way to it.
    branch : whose map; empty for a bank's only one.
    """

    loc: tuple[str, ...]
    branch: str = ""

    @property
    def path(self) -> str:
        """As a patch addresses it."""
        return self.prefixed(path_of(*self.loc))

    def prefixed(self, path: str) -> str:
        """The path of something else on the same map."""
        return f"{path_of('branches', self.branch)}.{path}" if self.branch else path

    def journey(self, option: Option) -> Journey:
        """The branch's map in an option."""
        if option.market is None or not self.branch:
            return option.journey
        return next(one.journey for one in option.market.banks[OURS].branches if one.name == self.branch)

    def data(self, option: Option) -> Any:
        """The plain data there.

        Raises
        ------
        CannotMove
            Nothing stands there in this option.
        """
        found = look_up(self.journey(option).document.data, self.loc)
        if found is None:
            raise CannotMove("nothing stands there")
        return found


@dataclass(frozen=True)
class Durations:
    """A distribution of durations, moved as a whole: shape and family stay as they are.

    Parameters
    ----------
    spots : where the distribution stands; more than one is moved by the same factor, as service and wrap-up.
    kind, title : see `Parameter`.
    """

    spots: tuple[Spot, ...]
    kind: Kind
    title: str

    @property
    def path(self) -> str:
        """Path of the first."""
        return self.spots[0].path

    def middle(self, option: Option) -> str:
        """Its mean, or that it differs."""
        mean = self._mean(option)
        return "differs" if mean is None else f"{mean:.3g} min"

    def moved(self, option: Option, move: Move) -> Setting:
        """Every duration times the factor that moves the mean where it shall be."""
        mean = self._mean(option)
        factor = self._factor(move, mean)
        patches = {}
        for spot in self.spots:
            data = spot.data(option)
            known = _distribution_at(spot, option)
            try:
                patches[spot.path] = scaled_distribution(known, data, factor)
            except ValueError as error:
                raise CannotMove(str(error)) from None
        return Setting(patches, f"× {factor:.3g}" if mean is None else f"{mean * factor:.3g} min")

    def _factor(self, move: Move, mean: float | None) -> float:
        if move.how is How.TIMES:
            factor = move.of(1.0)
        elif mean is None:
            raise CannotMove("it differs by need or segment: give factors, such as x0.8..x1.2")
        elif mean == 0:
            raise CannotMove("it takes no time")
        else:
            try:
                minutes = parse_duration(move.amount)
            except PydanticCustomError as error:
                context = error.context or {}
                raise CannotMove(f"{context['problem']}, {context['hint']}") from None
            factor = minutes / mean + (1.0 if move.how is How.PLUS else 0.0)
        if not factor > 0:
            raise CannotMove("a duration above 0 is required")
        return factor

    def _mean(self, option: Option) -> float | None:
        """Minutes; None where it differs by need or segment."""
        found = _distribution_at(self.spots[0], option)
        differs = any(inner.by_need or inner.by_segment for _, inner in found.walk())
        return None if differs else found.mean_min()


def _distribution_at(spot: Spot, option: Option) -> Distribution:
    for loc, found in spot.journey(option).distributions():
        if tuple(map(str, loc)) == spot.loc:
            return found
    raise CannotMove("no distribution stands there")


@dataclass(frozen=True)
class Servers:
    """A roster, moved by whole servers in every slot; who is alone is never taken away."""

    spot: Spot
    title: str
    kind: Kind = Kind.STAFF

    @property
    def path(self) -> str:
        """Path of the roster."""
        return self.spot.path

    def middle(self, option: Option) -> str:
        """One number, or the smallest and the largest of the day."""
        return _roster_text(self.spot.data(option))

    def moved(self, option: Option, move: Move) -> Setting:
        """So many servers more or less in every slot in which there are any."""
        roster = self.spot.data(option)
        if not isinstance(roster, dict):
            count, clipped = _servers(roster, move)
            if count == roster:
                raise CannotMove("nobody can be spared" if move.amount in (-1, 0.8) else "it stays as it is")
            return Setting({self.path: count}, f"{count}", clipped)
        if "file" in roster:
            raise CannotMove("the roster stands in a file")
        slots = {time: _servers(count, move) for time, count in roster.items()}
        moved = {time: count for time, (count, _) in slots.items()}
        if moved == roster:
            raise CannotMove("nobody can be spared")
        return Setting({self.path: moved}, _roster_text(moved), any(clipped for _, clipped in slots.values()))


def _servers(count: int, move: Move) -> tuple[int, bool]:
    wanted = move.of(count) if count else 0
    if move.how is How.TIMES:
        wanted = round(wanted)
    elif wanted != int(wanted):
        below = math.floor(move.amount)
        away = math.copysign(math.ceil(abs(move.amount)), move.amount)
        hint = f"{below} or {below + 1}" if move.how is How.TO else f"{away:+.0f}"
        raise CannotMove(f"a whole number is required, found {move.amount:g}, hint: {hint}")
    wanted = int(wanted)
    least = 1 if count and move.how is not How.TO else 0
    return max(wanted, least), wanted < least


def _roster_text(roster: Any) -> str:
    if not isinstance(roster, dict):
        return str(roster)
    if "file" in roster:
        return "from a file"
    low, high = min(roster.values()), max(roster.values())
    return str(low) if low == high else f"{low} to {high}"


@dataclass(frozen=True)
class Amount:
    """A number or a single duration.

    Parameters
    ----------
    spot : where it stands.
    kind, title : see `Parameter`.
    least, most : what is possible.
    default : where the map says nothing; None: there is then nothing to move.
    """

    spot: Spot
    kind: Kind
    title: str
    least: float = -math.inf
    most: float = math.inf
    default: float | None = None

    @property
    def path(self) -> str:
        """Path of the number."""
        return self.spot.path

    def middle(self, option: Option) -> str:
        """The number."""
        value = self._value(option)
        return f"{value:.4g}" if isinstance(value, int | float) else str(value)

    def moved(self, option: Option, move: Move) -> Setting:
        """The number moved, inside of what is possible."""
        value = self._value(option)
        if isinstance(value, str):
            return _moved_duration(self.path, value, move)
        if value == 0 and move.how is How.TIMES:
            raise CannotMove("it is 0")
        wanted = move.of(value)
        if isinstance(value, int) and self.kind is Kind.OTHER and move.how is How.TIMES:
            wanted = _whole(value, wanted)
        new = min(max(wanted, self.least), self.most)
        if new == value:
            raise CannotMove(f"it is at its limit of {new:g}")
        return Setting({self.path: new}, f"{new:.4g}", new != wanted)

    def _value(self, option: Option) -> int | float | str:
        try:
            found = self.spot.data(option)
        except CannotMove:
            if self.default is None:
                raise
            return self.default
        if isinstance(found, bool) or not isinstance(found, int | float | str):
            raise CannotMove("no number stands there")
        return found


def _moved_duration(path: str, text: str, move: Move) -> Setting:
    try:
        minutes = parse_duration(text)
        if move.how is How.TIMES:
            moved = scaled_duration(text, move.of(1.0))
        else:
            given = parse_duration(move.amount)
            moved = f"{given + (minutes if move.how is How.PLUS else 0):.12g} min"
    except PydanticCustomError:
        raise CannotMove(f"a number or a duration is required, found {text}") from None
    return Setting({path: moved}, moved)


def _whole(value: int, wanted: float) -> int:
    """A whole number that differs from the one it was."""
    near = round(wanted)
    return near if near != value else value + (1 if wanted > value else -1)


@dataclass(frozen=True)
class ShareAmong:
    """One of several shares that sum to 1; what it gains, the others lose in proportion.

    Parameters
    ----------
    path, title, kind : see `Parameter`.
    name : the share's, among the others.
    groups : all shares by name, for one or more kinds of customers each, in an option.
    written : what to set for such groups, moved.
    """

    path: str
    title: str
    kind: Kind
    name: str
    groups: Callable[[Option], Mapping[str, Mapping[str, float]]]
    written: Callable[[Option, Mapping[str, Mapping[str, float]]], Mapping[str, Any]]

    def middle(self, option: Option) -> str:
        """The share, or its smallest and largest over kinds of customers."""
        return _shares_text(self.groups(option), self.name)

    def moved(self, option: Option, move: Move) -> Setting:
        """The share moved, and the others with it."""
        groups, clipped, moved = self.groups(option), False, {}
        for whose, shares in groups.items():
            value = shares[self.name]
            # A share that is 0 or 1 for some customers stays so unless it is set outright.
            fixed = value in (0, 1) and move.how is not How.TO
            wanted = value if fixed else move.of(value)
            new = min(max(wanted, 0.0), 1.0)
            clipped = clipped or new != wanted
            moved[whose] = _among(shares, self.name, new)
        if moved == groups:
            raise CannotMove("no other share can take up what it gives")
        return Setting(self.written(option, moved), _shares_text(moved, self.name), clipped)


def _among(shares: Mapping[str, float], name: str, new: float) -> dict[str, float]:
    """Shares with one of them set and the others in proportion; they sum to 1 as they did."""
    old = shares[name]
    if new == old:
        return dict(shares)
    others = math.fsum(value for key, value in shares.items() if key != name)
    if others <= 0:
        raise CannotMove("no other share can take up what it gives")
    return {
        key: round(new if key == name else value * (1 - new) / others, _DECIMALS)
        for key, value in shares.items()
    }


def _shares_text(groups: Mapping[str, Mapping[str, float]], name: str) -> str:
    values = [shares[name] for shares in groups.values()]
    low, high = min(values), max(values)
    return f"{low:.3g}" if math.isclose(low, high) else f"{low:.3g} to {high:.3g}"


@dataclass(frozen=True)
class Given:
    """Anything that can be set, by the values given for its ends."""

    path: str
    kind: Kind = Kind.OTHER

    @property
    def title(self) -> str:
        """The path itself."""
        return self.path

    def middle(self, option: Option) -> str:
        """What stands there, where it is short."""
        try:
            found = Spot(tuple(split_path(self.path))).data(option)
        except (CannotMove, ValueError):
            return ""
        return "" if isinstance(found, dict | list) else str(found)

    def moved(self, option: Option, move: Move) -> Setting:  # noqa: ARG002 -- the same in every option
        """The value as it was given."""
        if move.how is not How.TO:
            raise CannotMove("no number stands there: give the values themselves, LOW..HIGH")
        text = str(move.amount)
        return Setting({self.path: move.amount}, text if len(text) <= 16 else f"{text[:15]}…")


def sets_itself(written: Mapping[str, Any], patches: Mapping[str, Any]) -> bool:
    """Whether an option sets what is at, above or below a path of patches.

    Parameters
    ----------
    written : the option as a scenario file has it, read already.
    patches : by path.
    """
    own = [split_path(path) for path in written.get("set", {})]
    return any(_touch(split_path(path), one) for path in patches for one in own)


def _touch(first: list[str], second: list[str]) -> bool:
    count = min(len(first), len(second))
    return first[:count] == second[:count]
