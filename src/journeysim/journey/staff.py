"""Who serves: staff groups with their rosters, and machines that break down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, PrivateAttr

from journeysim.journey.distributions import Distribution, Strictly
from journeysim.journey.values import Count, Names, NotNegative, Share, Text, TimeOfDay, by_shape, tag

Steps = tuple[tuple[int, int], ...]
"""Counts from each minute of the day on, ascending; before the first it is 0."""

_DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class RosterTable:
    """A roster as its file has it: one for every day, or one for each of its dates.

    Parameters
    ----------
    every_day : where the file has no dates, else None.
    by_date : by date, ascending; empty where the file has no dates.
    """

    every_day: Steps | None
    by_date: Mapping[date, Steps]

    def dates_like(self, day: date) -> list[date]:
        """Dates of the file that fall on the weekday of ``day``, ascending."""
        return [known for known in self.by_date if known.weekday() == day.weekday()]

    def on(self, day: date) -> Steps:
        """Roster of a date; see `StaffGroup.roster_on`."""
        if self.every_day is not None:
            return self.every_day
        if day in self.by_date:
            return self.by_date[day]
        alike = self.dates_like(day)
        if not alike:
            return ()
        return self.by_date[alike[(day - alike[0]).days // _DAYS_PER_WEEK % len(alike)]]


class RosterFile(Strictly):
    """A roster read from a file with one row for each time from which a count holds."""

    file: Text = Field(
        description="CSV or Parquet file, in the map's folder or below.", examples=["data/agents.csv"]
    )
    day: Text | None = Field(
        None, description="Column with the date; absent: every day alike.", examples=["date"]
    )
    time: Text = Field(description="Column with the time from which the count holds.", examples=["from"])
    count: Text = Field(description="Column with the count.", examples=["agents"])
    _table: RosterTable | None = PrivateAttr(None)

    @property
    def table(self) -> RosterTable | None:
        """What the file says; None where it was not read: `load_journey` reads it, validating does not."""
        return self._table


class Breakdown(Strictly):
    """How machines fail and are repaired; all are up at opening."""

    uptime: Distribution = Field(
        description="Opening time until a machine breaks down.", examples=[{"exponential": {"mean": "20 h"}}]
    )
    repair: Distribution = Field(
        description="Opening time until it is up again.", examples=[{"constant": "30 min"}]
    )


Roster = Annotated[
    Annotated[Count, tag("number")]
    | Annotated[dict[TimeOfDay, Count], Field(min_length=1), tag("mapping")]
    | Annotated[RosterFile, tag("file")],
    by_shape("a whole number or numbers by time of day are required", "{09:00: 3, 11:30: 4}", file_form=True),
]


class StaffGroup(Strictly):
    """Interchangeable servers, people or machines, with a roster."""

    count: Roster = Field(
        description="How many are on duty: one number, one from each time on (before the first: 0), or "
        "a file with a row for each time, by date if it has dates.",
        examples=[3, {"09:00": 3, "11:30": 4, "14:00": 3}],
    )
    serves: Names = Field(
        description="Queues this group serves, in order of preference.",
        examples=[["vip_line", "counter_line"]],
    )
    kind: Literal["person", "machine"] = Field(
        "person", description="person (default) or machine.", examples=["machine"]
    )
    cost_per_hour: NotNegative = Field(
        0.0, description="Cost of one rostered hour of one server.", examples=[60]
    )
    attentive: Share | None = Field(
        None,
        description="Chance that an encounter is attentive, not indifferent; absent: the preset's.",
        examples=[0.8],
    )
    breakdown: Breakdown | None = Field(
        None,
        description="How machines break down; absent: never.",
        examples=[{"uptime": {"exponential": {"mean": "20 h"}}, "repair": {"constant": "30 min"}}],
    )

    def roster_on(self, day: date) -> list[tuple[int, int]]:
        """Return the count from each minute of a day on, in ascending order; before the first it is 0.

        Of a roster from a file with dates, a date that the file has is as the file says. Any other takes the
        roster of a date of the same weekday: the file's Mondays follow one another week by week, from the
        first one on and again from the first after the last, forwards and backwards in time. A weekday that
        the file does not have has nobody; checked maps have none such among their open days.

        Raises
        ------
        ValueError
            The roster stands in a file that was not read: `load_journey` reads it, validating does not.
        """
        if not isinstance(self.count, RosterFile):
            return self.roster_steps()
        if self.count.table is None:
            raise ValueError("the roster's file was not read")
        return list(self.count.table.on(day))

    def roster_steps(self) -> list[tuple[int, int]]:
        """Return the roster of every day, as `roster_on` does.

        Raises
        ------
        TypeError
            The roster stands in a file, where days may differ.
        """
        if isinstance(self.count, RosterFile):
            raise TypeError("a roster from a file is asked for by date")
        if isinstance(self.count, dict):
            return sorted(self.count.items())
        return [(0, self.count)]
