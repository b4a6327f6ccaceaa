"""The months of a projection: first those of the burn-in, then the horizon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from journeysim.branch.calendar import OpenDay, is_open
from journeysim.market.model import Branch, Market

MONTHS_PER_YEAR = 12


def months_later(day: date, months: int) -> date:
    """The same day of the month some months on; the last day of a month that has no such day."""
    year, month = divmod(day.year * MONTHS_PER_YEAR + day.month - 1 + months, MONTHS_PER_YEAR)
    following = date(year + (month == MONTHS_PER_YEAR - 1), (month + 1) % MONTHS_PER_YEAR + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


@dataclass(frozen=True)
class Month:
    """One month.

    Attributes
    ----------
    number : from the start of the burn-in; the address of its luck.
    days : its dates with their numbers, counted from the start of the burn-in.
    """

    number: int
    days: tuple[tuple[int, date], ...]


@dataclass(frozen=True)
class Timeline:
    """All months; those before ``horizon`` have the dates of the horizon's own months over and over.

    ``first_numbers`` are the numbers of the days on which the months begin. So the burn-in has the weekdays,
    rosters and closed dates of what follows, and luck of its own.
    """

    months: tuple[Month, ...]
    horizon: int
    first_numbers: tuple[int, ...]

    @classmethod
    def of(cls, market: Market, before: int, months: int | None = None) -> Timeline:
        """The months of a market after ``before`` months of burn-in; ``months`` in place of its own."""
        length = market.months if months is None else months
        found: list[Month] = []
        starts: list[int] = []
        start = 0
        for number in range(before + length):
            if number == before and number > 0:
                # So that a day of the horizon has the same weekday as its number in every run.
                start += -start % 7
            starts.append(start)
            which = (number - before) % max(length, 1)
            first, end = (months_later(market.first_day, which + k) for k in (0, 1))
            dates = [first + timedelta(days=k) for k in range((end - first).days)]
            found.append(
                Month(
                    number,
                    tuple((start + k, day) for k, day in enumerate(dates) if day not in market.closed),
                )
            )
            start += len(dates)
        return cls(tuple(found), before, tuple(starts))

    @property
    def first_number(self) -> int:
        """Number of the first day of the horizon."""
        return self.first_numbers[self.horizon]

    def open_days(self, branch: Branch, month: int) -> tuple[OpenDay, ...]:
        """Days of a month on which a branch is open."""
        return tuple(
            OpenDay(number, day) for number, day in self.months[month].days if is_open(branch.on(day), day)
        )

    def all_open_days(self, branch: Branch) -> tuple[OpenDay, ...]:
        """Days of all months on which a branch is open."""
        return tuple(day for month in range(len(self.months)) for day in self.open_days(branch, month))
