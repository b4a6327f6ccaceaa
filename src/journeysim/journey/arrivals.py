"""Arrivals: rates by time of day or the recorded arrivals of a log, and appointments beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, PrivateAttr

from journeysim.journey.distributions import Lateness, Strictly
from journeysim.journey.hours import DayFactors
from journeysim.journey.values import NotNegative, Share, Text, TimeOfDay, by_shape, tag

if TYPE_CHECKING:
    from journeysim.units import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class RecordedArrivals:
    """The arrivals that a log recorded; the row, counted from 0, is an arrival's address.

    Parameters
    ----------
    dates : the distinct dates, ascending.
    day : shape (rows,), index into ``dates``.
    minute : shape (rows,), minutes after midnight.
    segment : shape (rows,), index into the map's segments, or None where the log does not say.
    need : shape (rows,), index into the map's needs, or None where the log does not say.
    observed_wait_min : shape (rows,), minutes, NaN where nothing was noted; None without such a column.
    observed_outcome : one of the outcomes of the steps table a row, "" where nothing was noted; None without.
    """

    dates: tuple[date, ...]
    day: IntArray
    minute: FloatArray
    segment: IntArray | None
    need: IntArray | None
    observed_wait_min: FloatArray | None
    observed_outcome: tuple[str, ...] | None


@dataclass(frozen=True, eq=False)
class BookedArrivals:
    """The booked customers of a file; the row, counted from 0, is a booking's address.

    Parameters
    ----------
    dates : the distinct dates, ascending; empty where bookings have no dates.
    day : shape (rows,), index into ``dates``; None where bookings have no dates and hold on every day.
    minute : shape (rows,), the booked time, minutes after midnight.
    segment : shape (rows,), index into the map's segments, or None where the file does not say.
    need : shape (rows,), index into the map's needs, or None where the file does not say.
    """

    dates: tuple[date, ...]
    day: IntArray | None
    minute: FloatArray
    segment: IntArray | None
    need: IntArray | None


class Observed(Strictly):
    """Columns of the log that say what became of each customer, to compare a simulation with."""

    wait: Text | None = Field(None, description="Column with the wait in minutes.", examples=["wait_min"])
    outcome: Text | None = Field(
        None, description="Column with the outcome, in the words of the steps table.", examples=["outcome"]
    )


class FromLog(Strictly):
    """Recorded arrivals: a CSV or Parquet file with one row per arrival."""

    file: Text = Field(
        description="CSV or Parquet file, in the map's folder or below.", examples=["data/day.csv"]
    )
    time: Text = Field(
        description="Column with the date and time of arrival, or the time of day where `day` names another.",
        examples=["arrived_at"],
    )
    day: Text | None = Field(
        None, description="Column with the date, where `time` holds only a time of day.", examples=["date"]
    )
    segment: Text | None = Field(
        None, description="Column with the customer's segment; absent: by the shares.", examples=["segment"]
    )
    need: Text | None = Field(
        None, description="Column with the need; absent: by the shares.", examples=["need"]
    )
    observed: Observed | None = Field(
        None,
        description="Columns with what became of each customer, shown beside the simulation.",
        examples=[{"wait": "wait_min", "outcome": "outcome"}],
    )


class Appointments(Strictly):
    """Booked customers, beside the others: a CSV or Parquet file with one row per appointment."""

    file: Text = Field(
        description="CSV or Parquet file, in the map's folder or below.", examples=["data/booked.csv"]
    )
    time: Text = Field(
        description="Column with the booked date and time, or time of day; times of day without dates are "
        "booked on every day.",
        examples=["slot"],
    )
    day: Text | None = Field(
        None, description="Column with the date, where `time` holds only a time of day.", examples=["date"]
    )
    segment: Text | None = Field(
        None, description="Column with the customer's segment; absent: by the shares.", examples=["segment"]
    )
    need: Text | None = Field(
        None, description="Column with the need; absent: by the shares.", examples=["need"]
    )
    lateness: LatenessDistribution | None = Field(
        None,
        description="How much later than booked people come; negative is early; absent: on time.",
        examples=[{"normal": {"mean": "-2 min", "sd": "5 min"}}],
    )
    no_show: Share = Field(0.0, description="Share who never come.", examples=[0.1])


class LatenessDistribution(Strictly):
    """Distribution of lateness."""

    normal: Lateness = Field(
        description="Normal, not truncated.", examples=[{"mean": "-2 min", "sd": "5 min"}]
    )


PerHour = Annotated[
    Annotated[NotNegative, tag("number")] | Annotated[dict[TimeOfDay, NotNegative], tag("mapping")],
    by_shape("a number or numbers by time of day are required", "{09:00: 24, 12:00: 55}"),
]


class Arrivals(Strictly):
    """The customers who come: by rates over the day, or as a log recorded them."""

    per_hour: PerHour | None = Field(
        None,
        description="Arrivals an hour of all segments together: one number, or one from each time of day on.",
        examples=[40, {"09:00": 24, "12:00": 55, "14:00": 30}],
    )
    scale: NotNegative = Field(1.0, description="Factor on all rates: more or less demand.", examples=[1.2])
    day_of_week: DayFactors | None = Field(
        None,
        description="Factor on the rates by weekday; absent: 1; 0: closed.",
        examples=[{"mon": 1.2, "sat": 0.6, "sun": 0}],
    )
    day_cv: NotNegative = Field(
        0.0,
        le=2,
        description="How much the rates of days differ beyond chance: standard deviation ÷ mean.",
        examples=[0.15],
    )
    from_log: FromLog | None = Field(
        None,
        description="Recorded arrivals in place of rates.",
        examples=[{"file": "data/day.csv", "time": "arrived_at", "need": "need"}],
    )
    appointments: Appointments | None = Field(
        None,
        description="Booked customers, beside the others.",
        examples=[{"file": "data/booked.csv", "time": "slot"}],
    )
    _recorded: RecordedArrivals | None = PrivateAttr(None)
    _booked: BookedArrivals | None = PrivateAttr(None)

    @property
    def recorded(self) -> RecordedArrivals | None:
        """The recorded arrivals, or None where arrivals come by rates."""
        return self._recorded

    @property
    def booked(self) -> BookedArrivals | None:
        """The booked customers, or None where the map has no appointments."""
        return self._booked

    def per_hour_steps(self) -> list[tuple[int, float]]:
        """Return the rate from each minute of the day on, in ascending order; before the first it is 0.

        ``scale`` and the weekday's factor are not in it.
        """
        if self.per_hour is None:
            return []
        if isinstance(self.per_hour, dict):
            return sorted((minute, float(rate)) for minute, rate in self.per_hour.items())
        return [(0, float(self.per_hour))]

    def day_factor(self, weekday: int) -> float:
        """Factor on the rates on a weekday, 0 (Monday) to 6; 0 where the branch is closed."""
        return 1.0 if self.day_of_week is None else self.day_of_week.on(weekday)


Appointments.model_rebuild()
