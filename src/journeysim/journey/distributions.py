"""Distributions of durations as a map writes them: one key, the family, and its parameters.

A family may be given by mean and cv (standard deviation ÷ mean) or by its own parameters; properties turn
either into one canonical set of numbers, in minutes. No quantile is computed here: that is the business of
whoever draws.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from journeysim.journey.values import (
    DATA_UNIT_MIN,
    AnyDuration,
    Duration,
    Name,
    Number,
    Positive,
    PositiveCount,
    PositiveDuration,
    Share,
    Text,
    fault,
)

FAMILIES = (
    "constant",
    "exponential",
    "uniform",
    "triangular",
    "normal",
    "lognormal",
    "gamma",
    "erlang",
    "weibull",
    "empirical",
    "mixture",
)
OTHER = "other"
SHARES_TOLERANCE = 1e-6


class Strictly(BaseModel):
    """Base of every model of the format: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, regex_engine="python-re")


def one_pair(model: BaseModel, *pairs: tuple[str, str]) -> None:
    """Refuse a family that is not given by exactly one of ``pairs`` of parameters."""
    given = {name for name in type(model).model_fields if getattr(model, name) is not None}
    if not any(given == set(pair) for pair in pairs):
        ways = " or ".join(f"{{{first}, {second}}}" for first, second in pairs)
        raise fault(f"exactly these parameters are required: {ways}")


_MEAN = Field(None, description="Mean.", examples=["6 min"])
_CV = Field(
    None, ge=0.001, le=10, description="Coefficient of variation: standard deviation ÷ mean.", examples=[0.7]
)


class Exponential(Strictly):
    """Exponential: memoryless; many short, a few very long."""

    mean_min: PositiveDuration = Field(alias="mean", description="Mean.", examples=["21 min"])


class Uniform(Strictly):
    """Uniform: every duration between two bounds is as likely."""

    low: Duration | None = Field(None, description="Shortest.", examples=["1 min"])
    high: PositiveDuration | None = Field(None, description="Longest.", examples=["3 min"])
    mean: PositiveDuration | None = _MEAN
    cv: Positive | None = _CV

    @model_validator(mode="after")
    def _complete(self) -> Self:
        one_pair(self, ("low", "high"), ("mean", "cv"))
        if self.low_min < -1e-12:
            raise fault("a uniform that starts below 0", f"cv is at most {1 / math.sqrt(3):.3f}")
        if self.low_min >= self.high_min:
            raise fault("low must be below high")
        return self

    @property
    def low_min(self) -> float:
        """Shortest, minutes."""
        if self.low is not None:
            return self.low
        return (self.mean or 0) * (1 - math.sqrt(3) * (self.cv or 0))

    @property
    def high_min(self) -> float:
        """Longest, minutes."""
        if self.high is not None:
            return self.high
        return (self.mean or 0) * (1 + math.sqrt(3) * (self.cv or 0))

    @property
    def mean_min(self) -> float:
        """Mean, minutes."""
        return (self.low_min + self.high_min) / 2


class Triangular(Strictly):
    """Triangular: shortest, most likely and longest."""

    low_min: Duration = Field(alias="low", description="Shortest.", examples=["2.5 min"])
    mode_min: Duration = Field(alias="mode", description="Most likely.", examples=["6 min"])
    high_min: PositiveDuration = Field(alias="high", description="Longest.", examples=["11 min"])

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low_min <= self.mode_min <= self.high_min or self.low_min >= self.high_min:
            raise fault("low ≤ mode ≤ high, with low below high, is required")
        return self

    @property
    def mean_min(self) -> float:
        """Mean, minutes."""
        return (self.low_min + self.mode_min + self.high_min) / 3


class Normal(Strictly):
    """Normal, truncated at 0 (redrawn below it), so its own mean lies a little above ``mean``."""

    mean: PositiveDuration = Field(description="Mean before truncation.", examples=["6 min"])
    sd: PositiveDuration | None = Field(None, description="Standard deviation.", examples=["2 min"])
    cv: Positive | None = _CV

    @model_validator(mode="after")
    def _complete(self) -> Self:
        one_pair(self, ("mean", "sd"), ("mean", "cv"))
        return self

    @property
    def location_min(self) -> float:
        """Mean before truncation, minutes."""
        return self.mean

    @property
    def sd_min(self) -> float:
        """Standard deviation before truncation, minutes."""
        return self.sd if self.sd is not None else self.mean * (self.cv or 0)

    @property
    def mean_min(self) -> float:
        """Mean after truncation at 0, minutes.

        References
        ----------
        Johnson, Kotz & Balakrishnan (1994), Continuous Univariate Distributions 1, section 13.10.1.
        """
        start = self.location_min / self.sd_min
        density = math.exp(-start * start / 2) / math.sqrt(2 * math.pi)
        above = math.erfc(-start / math.sqrt(2)) / 2
        return self.location_min + self.sd_min * density / above


class Lateness(Strictly):
    """How much later than booked people come: normal, negative for early, not truncated."""

    mean_min: AnyDuration = Field(alias="mean", description="Mean; negative is early.", examples=["-2 min"])
    sd_min: PositiveDuration = Field(alias="sd", description="Standard deviation.", examples=["5 min"])


class Lognormal(Strictly):
    """Lognormal: the usual shape of service times."""

    mean: PositiveDuration | None = _MEAN
    cv: Positive | None = _CV
    median: PositiveDuration | None = Field(None, description="Median.", examples=["15 min"])
    sigma: Positive | None = Field(
        None, ge=0.001, le=5, description="Standard deviation of the logarithm.", examples=[0.4]
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        one_pair(self, ("mean", "cv"), ("median", "sigma"), ("mean", "sigma"))
        return self

    @property
    def sigma_log(self) -> float:
        """Standard deviation of the logarithm."""
        return self.sigma if self.sigma is not None else math.sqrt(math.log1p((self.cv or 0) ** 2))

    @property
    def median_min(self) -> float:
        """Median, minutes."""
        if self.median is not None:
            return self.median
        return (self.mean or 0) * math.exp(-(self.sigma_log**2) / 2)

    @property
    def mean_min(self) -> float:
        """Mean, minutes."""
        return self.mean if self.mean is not None else self.median_min * math.exp(self.sigma_log**2 / 2)


class Gamma(Strictly):
    """Gamma: a sum of exponential parts, with any shape above 0."""

    mean: PositiveDuration | None = _MEAN
    cv: Positive | None = _CV
    shape: Positive | None = Field(None, ge=0.01, le=1e6, description="Shape: 1 ÷ cv².", examples=[2.0])
    scale: PositiveDuration | None = Field(None, description="Scale: mean ÷ shape.", examples=["3 min"])

    @model_validator(mode="after")
    def _complete(self) -> Self:
        one_pair(self, ("mean", "cv"), ("shape", "scale"), ("mean", "shape"))
        return self

    @property
    def shape_value(self) -> float:
        """Shape, above 0."""
        return self.shape if self.shape is not None else (self.cv or 0) ** -2

    @property
    def scale_min(self) -> float:
        """Scale, minutes."""
        return self.scale if self.scale is not None else (self.mean or 0) / self.shape_value

    @property
    def mean_min(self) -> float:
        """Mean, minutes."""
        return self.mean if self.mean is not None else self.shape_value * self.scale_min


class Erlang(Strictly):
    """Erlang: k exponential parts one after the other; cv = 1 ÷ √k."""

    mean_min: PositiveDuration = Field(alias="mean", description="Mean.", examples=["20 min"])
    k: Annotated[PositiveCount, Field(le=10_000)] = Field(description="Number of parts.", examples=[3])

    @property
    def shape_value(self) -> float:
        """Shape of the same gamma distribution."""
        return float(self.k)

    @property
    def scale_min(self) -> float:
        """Mean of one part, minutes."""
        return self.mean_min / self.k


class Weibull(Strictly):
    """Weibull: shape above 1 for patience that runs out faster and faster, below 1 for the opposite."""

    mean: PositiveDuration | None = _MEAN
    cv: Positive | None = _CV
    shape: Positive | None = Field(None, ge=0.1, le=2000, description="Shape.", examples=[1.2])
    scale: PositiveDuration | None = Field(
        None, description="Scale: 63% are shorter than this.", examples=["8 min"]
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        one_pair(self, ("mean", "shape"), ("scale", "shape"), ("mean", "cv"))
        return self

    @property
    def shape_value(self) -> float:
        """Shape; found by bisection where mean and cv are given."""
        if self.shape is not None:
            return self.shape
        target = math.log1p((self.cv or 0) ** 2)
        low, high = math.log(0.1), math.log(2000)
        for _ in range(80):
            middle = (low + high) / 2
            shape = math.exp(middle)
            if math.lgamma(1 + 2 / shape) - 2 * math.lgamma(1 + 1 / shape) > target:
                low = middle
            else:
                high = middle
        return math.exp((low + high) / 2)

    @property
    def scale_min(self) -> float:
        """Scale, minutes."""
        if self.scale is not None:
            return self.scale
        return (self.mean or 0) / math.gamma(1 + 1 / self.shape_value)

    @property
    def mean_min(self) -> float:
        """Mean, minutes."""
        return self.mean if self.mean is not None else self.scale_min * math.gamma(1 + 1 / self.shape_value)


class Empirical(Strictly):
    """Empirical: one of the observed values, each as likely, from the map itself or from a data file."""

    values: tuple[Number, ...] | None = Field(
        None, min_length=1, max_length=50_000, description="The observed values.", examples=[[2, 3, 7.5]]
    )
    file: Text | None = Field(
        None,
        description="CSV or Parquet file that holds the values, in the map's folder or below.",
        examples=["data/service.csv"],
    )
    column: Text | None = Field(None, description="Column of the file.", examples=["secs"])
    unit: Literal["s", "min", "h"] = Field(description="Unit of the values.", examples=["min"])
    _from_file: tuple[float, ...] | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.values is None) == (self.file is None):
            raise fault("either values or a file is required")
        if (self.file is None) != (self.column is None):
            raise fault("file and column go together")
        if self.values is not None and min(self.values) < 0:
            raise fault("observed durations of 0 or more are required")
        return self

    @property
    def is_read(self) -> bool:
        """Whether the values are there: given in the map, or read from their file."""
        return self.values is not None or self._from_file is not None

    @property
    def values_min(self) -> tuple[float, ...]:
        """The observed values, minutes, in the order given.

        Raises
        ------
        ValueError
            They stand in a file that was not read: `load_journey` reads it, validating alone does not.
        """
        if self.values is not None:
            factor = DATA_UNIT_MIN[self.unit]
            return tuple(float(value) * factor for value in self.values)
        if self._from_file is None:
            raise ValueError("the values' file was not read")
        return self._from_file

    @property
    def mean_min(self) -> float:
        """Mean of the observed values, minutes."""
        return math.fsum(self.values_min) / len(self.values_min)


class Component(Strictly):
    """One part of a mixture."""

    share: Share = Field(description="How likely this part is; the shares sum to 1.", examples=[0.9])
    of: Distribution = Field(description="Distribution of this part.", examples=[{"constant": "4 min"}])


class Distribution(Strictly):
    """A distribution of durations: exactly one family, or one distribution per need or segment."""

    constant: Duration | None = Field(None, description="Always the same duration.", examples=["5 min"])
    exponential: Exponential | None = Field(
        None, description="Many short, a few very long.", examples=[{"mean": "21 min"}]
    )
    uniform: Uniform | None = Field(
        None,
        description="Every duration between two bounds is as likely: {low, high} or {mean, cv}.",
        examples=[{"low": "1 min", "high": "3 min"}],
    )
    triangular: Triangular | None = Field(
        None,
        description="Shortest, most likely and longest: {low, mode, high}.",
        examples=[{"low": "2.5 min", "mode": "6 min", "high": "11 min"}],
    )
    normal: Normal | None = Field(
        None,
        description="Normal truncated at 0: {mean, sd} or {mean, cv}.",
        examples=[{"mean": "6 min", "sd": "2 min"}],
    )
    lognormal: Lognormal | None = Field(
        None,
        description="Lognormal: {mean, cv}, {mean, sigma} or {median, sigma}.",
        examples=[{"mean": "3 min", "cv": 0.6}],
    )
    gamma: Gamma | None = Field(
        None,
        description="Gamma: {mean, cv}, {mean, shape} or {shape, scale}.",
        examples=[{"mean": "7 min", "cv": 0.6}],
    )
    erlang: Erlang | None = Field(
        None, description="k exponential parts in a row: {mean, k}.", examples=[{"mean": "20 min", "k": 3}]
    )
    weibull: Weibull | None = Field(
        None,
        description="Weibull: {mean, shape}, {scale, shape} or {mean, cv}.",
        examples=[{"mean": "8 min", "shape": 1.2}],
    )
    empirical: Empirical | None = Field(
        None,
        description="Observed values: {values, unit} or {file, column, unit}.",
        examples=[{"values": [2, 3, 7.5], "unit": "min"}],
    )
    mixture: Annotated[tuple[Component, ...], Field(min_length=1, max_length=20)] | None = Field(
        None,
        description="Parts, each with the share of cases it describes.",
        examples=[
            [{"share": 0.9, "of": {"constant": "4 min"}}, {"share": 0.1, "of": {"constant": "9 min"}}],
        ],
    )
    by_need: dict[Name, Distribution] | None = Field(
        None,
        min_length=1,
        description="One distribution per need; `other` for all not named.",
        examples=[{"cash": {"constant": "5 min"}, "other": {"constant": "9 min"}}],
    )
    by_segment: dict[Name, Distribution] | None = Field(
        None,
        min_length=1,
        description="One distribution per segment; `other` for all not named.",
        examples=[{"vip": {"constant": "5 min"}, "other": {"constant": "9 min"}}],
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            if not given:
                raise fault("a distribution is required", "for example {exponential: {mean: 6 min}}")
            raise fault(f"exactly one distribution is required, not {' and '.join(given)}")
        if self.mixture is not None:
            total = math.fsum(part.share for part in self.mixture)
            if abs(total - 1) > SHARES_TOLERANCE:
                raise fault(f"the shares of a mixture sum to {total:.6g}, not 1")
        return self

    @property
    def family(self) -> str:
        """Name of the one key that is set, such as ``gamma`` or ``by_need``."""
        return next(name for name in type(self).model_fields if getattr(self, name) is not None)

    @property
    def params(self) -> Any:
        """Parameters of the family: a float in minutes, a family's model, or a tuple of components."""
        return getattr(self, self.family)

    def resolve(self, segment: str, need: str) -> Distribution:
        """Return the plain family that holds for a customer of ``segment`` who came for ``need``.

        Components of a mixture are plain as well.

        Raises
        ------
        LookupError
            Neither the name nor ``other`` is given; a checked map has none such.
        """
        if self.by_need is not None:
            return _chosen(self.by_need, need).resolve(segment, need)
        if self.by_segment is not None:
            return _chosen(self.by_segment, segment).resolve(segment, need)
        if self.mixture is not None and any(part.of.family not in _LEAVES for part in self.mixture):
            parts = tuple(
                part.model_copy(update={"of": part.of.resolve(segment, need)}) for part in self.mixture
            )
            return self.model_copy(update={"mixture": parts})
        return self

    def mean_min(self, segment: str = "", need: str = "") -> float:
        """Mean in minutes, for a plain family or for a given customer.

        Raises
        ------
        LookupError
            The distribution differs by segment or need and the one given has none.
        """
        plain = self.resolve(segment, need)
        if plain.constant is not None:
            return plain.constant
        if plain.mixture is not None:
            return math.fsum(part.share * part.of.mean_min(segment, need) for part in plain.mixture)
        return float(plain.params.mean_min)

    def is_zero_possible(self) -> bool:
        """Whether this very family, parts inside it left out, takes the value 0 with probability above 0."""
        if self.constant is not None:
            return self.constant == 0
        return self.empirical is not None and self.empirical.is_read and min(self.empirical.values_min) == 0

    def children(self) -> Iterator[tuple[tuple[str | int, ...], Distribution]]:
        """Distributions directly inside this one, each with its location relative to this one."""
        for key in ("by_need", "by_segment"):
            for name, child in (getattr(self, key) or {}).items():
                yield (key, name), child
        for number, part in enumerate(self.mixture or ()):
            yield ("mixture", number, "of"), part.of

    def walk(self) -> Iterator[tuple[tuple[str | int, ...], Distribution]]:
        """Yield this distribution and all inside it, each with its location relative to this one."""
        yield (), self
        for loc, child in self.children():
            for inner, grandchild in child.walk():
                yield (*loc, *inner), grandchild


_LEAVES = frozenset(FAMILIES) - {"mixture"}


def _chosen(choices: dict[str, Distribution], name: str) -> Distribution:
    if name in choices:
        return choices[name]
    if OTHER in choices:
        return choices[OTHER]
    raise LookupError(f"no distribution for {name!r}")


Component.model_rebuild()
Distribution.model_rebuild()
