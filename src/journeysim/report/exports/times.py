"""Times of the branch's clock as other programs read them."""

from __future__ import annotations

from datetime import datetime


def zoned(at: datetime) -> str:
    """ISO 8601 to the millisecond, as UTC.

    A map has no time zone. Formats that demand one get the time of the branch's own clock as if it were UTC:
    a time without a zone would be read as that of whoever's computer it is.
    """
    return f"{at.isoformat(timespec='milliseconds')}+00:00"


def plain(at: datetime) -> str:
    """ISO 8601 to the millisecond, without a zone."""
    return at.isoformat(timespec="milliseconds")
