"""The golden point in words and as the document that ``--json`` prints."""

from __future__ import annotations

import json
import math
from typing import Any

from journeysim.experiment.golden.search import EQUITY, NET_VALUE, Gain, Golden
from journeysim.experiment.results import Comparison, difference_document, number_or_none
from journeysim.experiment.statistics import CONFIDENCE, Difference


def golden_answer(found: Golden) -> str:
    """Return the answer in plain words, never stronger than the intervals allow."""
    count = len(found.ranking)
    tried = f"{count} improvement{'s'[: count != 1]} tried"
    if not found.confirmed:
        return f"No golden point: none of the {tried} gained customer equity in the screening."
    best, *others = found.confirmed
    if best.raises_equity:
        return _golden_point(found, best, others[0] if others else None, tried)
    real = [gain for gain in others if gain.raises_equity]
    if real:
        return (
            f"{_capital(_named(best))}, first of the {tried}, cannot be told from chance on "
            f"{best.replications} fresh replications. The second, {_named(real[0])}, raises customer equity "
            f"there by {_gained(real[0], found.currency)}."
        )
    if any(gain.raises_equity for gain in found.ranking[len(found.confirmed) :]):
        which = f"the best {len(found.confirmed)} of the {tried} could be told from chance"
    else:
        which = f"the {tried} can be told from chance"
    gained = best.equity.difference
    return (
        f"No golden point: none of {which}. The first in the screening, {_named(best)}, changes customer "
        f"equity by {_between(gained)} on {best.replications} fresh replications; more of them (--fresh, "
        "--replications) may tell."
    )


def golden_point(found: Golden) -> Gain | None:
    """The improvement that is called the golden point; None where there is none.

    The best of the screening if it really raises equity on the fresh replications, but the runner-up where
    that raises equity too and is surely ahead there.
    """
    if not found.confirmed or not found.confirmed[0].raises_equity:
        return None
    best, *others = found.confirmed
    if others and found.ahead is not None and found.ahead.high < 0 and others[0].raises_equity:
        return others[0]
    return best


def golden_document(found: Golden) -> dict[str, Any]:
    """Return the answer as plain data: costs assumed, the ranking, the best on fresh replications."""
    fresh = found.fresh
    document: dict[str, Any] = {
        "scenario": found.scenario,
        "baseline": found.screening.scenario.baseline,
        "answer": golden_answer(found),
        "golden_point": _point_document(golden_point(found)),
        **found.screening.scenario.scale_document,
        "costs_assumed": {
            str(lever): {"value": rule.value, "is_share": rule.is_share, "meaning": rule.meaning}
            for lever, rule in found.costs.levers.items()
        }
        | {
            f"{lever}.{place}": {"value": rule.value, "is_share": rule.is_share, "meaning": rule.meaning}
            for (lever, place), rule in found.costs.places.items()
        },
        "screening": {
            "seed": found.screening.scenario.seed,
            "run": None if found.screening.folder is None else str(found.screening.folder),
            "ranking": [_gain_document(gain) for gain in found.ranking],
        },
        "fresh": None,
    }
    if fresh is not None:
        document["fresh"] = {
            "seed": fresh.scenario.seed,
            "run": None if fresh.folder is None else str(fresh.folder),
            "best": [_gain_document(gain) for gain in found.confirmed],
            "ahead_of_runner_up": None if found.ahead is None else difference_document(found.ahead),
            "ahead_is_per_cost": all(gain.priced.cost_per_year for gain in found.confirmed),
        }
    return document


def golden_json(found: Golden) -> str:
    """Text of the document that ``--json`` prints."""
    return json.dumps(golden_document(found), ensure_ascii=False, allow_nan=False, indent=2)


def amount(value: float) -> str:
    """Money with thousands separated, to three digits or hundredths where it is small."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1 else f"{value:.2f}"


def _named(gain: Gain) -> str:
    return f"{gain.priced.notch.title} ({gain.priced.notch.detail})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _between(found: Difference) -> str:
    if math.isnan(found.low):
        return f"{amount(found.difference)} (too few replications for an interval)"
    return (
        f"{amount(found.difference)} ({CONFIDENCE:.0%} interval {amount(found.low)} to {amount(found.high)})"
    )


def _gained(gain: Gain, currency: str) -> str:
    unit = currency or "unit"
    cost, ratio = gain.priced.cost_per_year, gain.equity_per_cost
    said = f"{_between(gain.equity.difference)}{f' {currency}' if currency else ''}"
    if cost is None:
        return f"{said}; what it costs is not known"
    if ratio is None:
        return f"{said} and costs nothing"
    return f"{said} and costs {amount(cost)} a year: {amount(ratio)} for each {unit} of it"


def _golden_point(found: Golden, first: Gain, second: Gain | None, tried: str) -> str:
    """The answer where the best of the screening really raises equity."""
    best = golden_point(found) or first
    place = "first" if best is first else "second"
    against = ""
    if second is not None and found.ahead is not None:
        measure = " for its cost" if first.priced.cost_per_year else ""
        if found.ahead.low > 0:
            against = (
                f", and on the fresh replications it gains more{measure} than the second, {_named(second)}"
            )
        elif best is second:
            against = (
                f", but on the fresh replications it gains more{measure} than the first, {_named(first)}"
            )
        else:
            against = f"; whether it gains more{measure} than the second, {_named(second)}, cannot be told"
    elif second is not None:
        against = f"; the second was {_named(second)}"
    return (
        f"Golden point: {_named(best)}. On {best.replications} fresh replications it raises customer "
        f"equity by {_gained(best, found.currency)}. It came {place} of the {tried}{against}."
    )


def _point_document(gain: Gain | None) -> dict[str, Any] | None:
    if gain is None:
        return None
    notch = gain.priced.notch
    return {
        "title": notch.title,
        "detail": notch.detail,
        "lever": str(notch.lever),
        "place": notch.place,
        "branch": notch.branch or None,
        "touchpoints": list(notch.touches),
    }


def _gain_document(gain: Gain) -> dict[str, Any]:
    notch, cost = gain.priced.notch, gain.priced.cost_per_year
    return {
        "option": gain.priced.option,
        "lever": str(notch.lever),
        "place": notch.place,
        "branch": notch.branch or None,
        "touchpoints": list(notch.touches),
        "detail": notch.detail,
        "set": dict(notch.patches),
        "cost_per_year": cost,
        EQUITY: _comparison_document(gain.equity),
        NET_VALUE: None if cost is None else _comparison_document(gain.net_value),
        "equity_per_cost": None if gain.equity_per_cost is None else number_or_none(gain.equity_per_cost),
        "replications": gain.replications,
    }


def _comparison_document(found: Comparison) -> dict[str, Any]:
    return difference_document(found.difference) | {
        "p_adjusted": number_or_none(found.p_adjusted),
        "real": found.real,
    }
