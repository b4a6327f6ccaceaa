"""Distributions as a map writes them, with every duration multiplied: shape and family stay as they are."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from journeysim.journey.distributions import Distribution

MOST_VALUES = 50_000
"""Observed values that a map may hold itself."""

_DIGITS = 12
_NUMBER = re.compile(r"[-+]?[0-9.]+")


def scaled_duration(text: str, factor: float) -> str:
    """Return a duration as a map writes it, multiplied, in its own unit: ``20 s`` times 0.9 is ``18 s``.

    Parameters
    ----------
    text : a valid duration.
    factor : >= 0; 1 leaves the duration exactly as it is.
    """
    return _NUMBER.sub(lambda number: _written(float(number.group()) * factor), text.strip(), count=1)


def scaled_distribution(distribution: Distribution, data: dict[str, Any], factor: float) -> dict[str, Any]:
    """Return the plain data of a distribution whose durations are all multiplied.

    Parameters
    ----------
    distribution : loaded, so that values from a file are there.
    data : the plain data that it was loaded from.
    factor : > 0.

    Returns
    -------
    Data of the same family. Values that stood in a file stand in the data themselves, in minutes.

    Raises
    ------
    ValueError
        A file holds more values than a map may.

    Notes
    -----
    Every family here is one of location and scale or of scale alone once its durations are multiplied
    together, so the quantile at any probability, and the mean, are multiplied by the factor too.
    """
    family = distribution.family
    inner = data[family]
    if family == "constant":
        return {family: scaled_duration(inner, factor)}
    if distribution.mixture is not None:
        parts = [
            {**part, "of": scaled_distribution(known.of, part["of"], factor)}
            for known, part in zip(distribution.mixture, inner, strict=True)
        ]
        return {family: parts}
    if family in ("by_need", "by_segment"):
        known = distribution.params
        return {
            family: {name: scaled_distribution(known[name], part, factor) for name, part in inner.items()}
        }
    if distribution.empirical is not None:
        if distribution.empirical.values is not None:
            return {family: {**inner, "values": [value * factor for value in inner["values"]]}}
        values = distribution.empirical.values_min
        if len(values) > MOST_VALUES:
            raise ValueError(f"a file of more than {MOST_VALUES} values")
        return {family: {"values": [value * factor for value in values], "unit": "min"}}
    # Of the other parameters only durations are text; shapes, counts and cv are numbers and have no unit.
    return {
        family: {
            name: scaled_duration(value, factor) if isinstance(value, str) else value
            for name, value in inner.items()
        }
    }


def _written(number: float) -> str:
    return np.format_float_positional(number, precision=_DIGITS, trim="-")
