"""Formula beside simulation: what formulas say of an option, held against its intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from journeysim.branch import Beside
from journeysim.experiment.results import Estimates, number_or_none
from journeysim.experiment.statistics import Estimate

_ROUNDING = 1e-9


def lies_within(value: float, simulated: Estimate) -> bool | None:
    """Whether a formula's value lies in the interval of the simulation.

    None where there is no interval: nothing observed, one replication, or nothing that varies (an event that
    never happened), unless the formula says the same.
    """
    if math.isnan(value) or not simulated.low <= simulated.high:
        return None
    within = simulated.low - _ROUNDING <= value <= simulated.high + _ROUNDING
    return within if within or simulated.low < simulated.high else None


def formula_document(
    formulas: Mapping[str, Beside], by_touchpoint: Mapping[str, Estimates]
) -> dict[str, dict[str, Any]]:
    """Entry ``formula`` of an option in the JSON document, by touchpoint.

    Where a formula applies: its name, whether it is exact, what is only nearly so, its values by metric, and
    for each of them whether it lies in the simulation's interval. Where none does: the reason.
    """
    document: dict[str, dict[str, Any]] = {}
    for name, found in formulas.items():
        if found.formula is None:
            document[name] = {"reason": found.reasons[0]}
            continue
        simulated = by_touchpoint.get(name, {})
        document[name] = {
            "formula": found.formula,
            "exact": found.exact,
            "reasons": list(found.reasons),
            **{metric: number_or_none(value) for metric, value in found.values.items()},
            "within_interval": {
                metric: lies_within(value, simulated[metric])
                for metric, value in found.values.items()
                if metric in simulated
            },
        }
    return document
