"""Opening hours: the same every day, or by weekday."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from journeysim.journey.distributions import Strictly
from journeysim.journey.values import WEEKDAYS, NotNegative, TimeOfDay, fault

AtClose = Literal["serve", "leave"]

_OPEN = Field(None, description="Opening time, HH:MM.", examples=["09:00"])
_CLOSE = Field(None, description="Closing time, HH:MM; 24:00 is midnight.", examples=["17:00"])
_AT_CLOSE = Field(
    None,
    description="serve (default): who is inside at closing is served. leave: who waits then goes home.",
    examples=["serve"],
)


@dataclass(frozen=True)
class OpeningHours:
    """Hours of one open day.

    Parameters
    ----------
    open_min, close_min : minutes after midnight; ``open_min < close_min <= 1440``.
    at_close : ``serve`` who is inside, or ``leave``: who waits goes home.
    """

    open_min: int
    close_min: int
    at_close: AtClose


class DayHours(Strictly):
    """Hours of one weekday."""

    open: TimeOfDay = Field(description="Opening time, HH:MM.", examples=["09:00"])
    close: TimeOfDay = Field(description="Closing time, HH:MM; 24:00 is midnight.", examples=["17:00"])
    at_close: AtClose | None = _AT_CLOSE

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        _check_order(self.open, self.close)
        return self


class Hours(Strictly):
    """Opening hours: ``{open, close, at_close}`` for every day, or the same by weekday.

    A weekday that is not named among weekdays is closed.
    """

    open: TimeOfDay | None = _OPEN
    close: TimeOfDay | None = _CLOSE
    at_close: AtClose | None = _AT_CLOSE
    mon: DayHours | None = Field(
        None, description="Hours of Mondays.", examples=[{"open": "09:00", "close": "17:00"}]
    )
    tue: DayHours | None = Field(
        None, description="Hours of Tuesdays.", examples=[{"open": "09:00", "close": "17:00"}]
    )
    wed: DayHours | None = Field(
        None, description="Hours of Wednesdays.", examples=[{"open": "09:00", "close": "17:00"}]
    )
    thu: DayHours | None = Field(
        None, description="Hours of Thursdays.", examples=[{"open": "09:00", "close": "17:00"}]
    )
    fri: DayHours | None = Field(
        None, description="Hours of Fridays.", examples=[{"open": "09:00", "close": "17:00"}]
    )
    sat: DayHours | None = Field(
        None, description="Hours of Saturdays.", examples=[{"open": "09:00", "close": "17:00"}]
    )
    sun: DayHours | None = Field(
        None, description="Hours of Sundays.", examples=[{"open": "09:00", "close": "17:00"}]
    )

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        days = [day for day in WEEKDAYS if getattr(self, day) is not None]
        if days and (self.open is not None or self.close is not None):
            raise fault("hours for every day or hours by weekday are required, not both")
        if not days:
            if self.open is None or self.close is None:
                raise fault("an opening and a closing time are required", "{open: 09:00, close: 17:00}")
            _check_order(self.open, self.close)
        return self

    def on(self, weekday: int) -> OpeningHours | None:
        """Hours on a weekday, 0 (Monday) to 6; None on one that is closed."""
        at_close: AtClose = self.at_close or "serve"
        if self.open is not None and self.close is not None:
            return OpeningHours(self.open, self.close, at_close)
        day: DayHours | None = getattr(self, WEEKDAYS[weekday])
        return None if day is None else OpeningHours(day.open, day.close, day.at_close or at_close)


class DayFactors(Strictly):
    """A factor on the arrivals of each weekday; 1 where none is given, 0 is closed."""

    mon: NotNegative | None = Field(None, description="Factor on Mondays.", examples=[1.2])
    tue: NotNegative | None = Field(None, description="Factor on Tuesdays.", examples=[1.0])
    wed: NotNegative | None = Field(None, description="Factor on Wednesdays.", examples=[1.0])
    thu: NotNegative | None = Field(None, description="Factor on Thursdays.", examples=[1.0])
    fri: NotNegative | None = Field(None, description="Factor on Fridays.", examples=[1.1])
    sat: NotNegative | None = Field(None, description="Factor on Saturdays.", examples=[0.6])
    sun: NotNegative | None = Field(None, description="Factor on Sundays.", examples=[0])

    def on(self, weekday: int) -> float:
        """Factor on a weekday, 0 (Monday) to 6."""
        factor: float | None = getattr(self, WEEKDAYS[weekday])
        return 1.0 if factor is None else float(factor)


def _check_order(opening: int, closing: int) -> None:
    if opening >= closing:
        raise fault("the closing time must be after the opening time", "a day ends at 24:00 at the latest")
