"""Numbers as a drawing shows them: short, with their unit."""

from __future__ import annotations

import math

MISSING = "–"


def minutes_text(minutes: float) -> str:
    """A duration in the unit that suits it: ``25 s``, ``4.0 min``, ``3.2 h``, ``2.1 days``; NaN: a dash."""
    if math.isnan(minutes):
        return MISSING
    if minutes == 0:
        return "0 min"
    if minutes < 0.995:
        return f"{minutes * 60:.0f} s"
    if minutes < 9.95:
        return f"{minutes:.1f} min"
    if minutes < 99.5:
        return f"{minutes:.0f} min"
    if minutes < 48 * 60:
        return f"{minutes / 60:.1f} h"
    return f"{minutes / 60 / 24:.1f} days"


def count_text(number: float) -> str:
    """A mean count: whole from ten on, else with one digit; NaN: a dash."""
    if math.isnan(number):
        return MISSING
    if 0 < number < 0.05:
        return "<0.1"
    return f"{number:.0f}" if number >= 9.95 else f"{number:.1f}"


def share_text(share: float) -> str:
    """A share in percent; NaN: nothing."""
    if math.isnan(share):
        return ""
    if 0 < share < 0.005:
        return "<1%"
    return f"{share:.0%}"


def score_text(score: float) -> str:
    """A score with its sign; NaN: a dash."""
    if math.isnan(score):
        return MISSING
    text = f"{abs(score):.2f}"
    return text if text == "0.00" else f"{'+' if score > 0 else '−'}{text}"
