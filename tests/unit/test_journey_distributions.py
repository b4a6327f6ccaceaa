"""Distributions: every family by every set of parameters, against scipy; and every refusal."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import ValidationError
from scipy import stats

from journeysim.journey import Distribution
from journeysim.journey.arrivals import LatenessDistribution
from journeysim.journey.distributions import FAMILIES


def make(data: dict[str, Any]) -> Distribution:
    return Distribution.model_validate(data)


def faults(data: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        make(data)
    return "; ".join(f"{error['loc']}: {error['msg']}" for error in caught.value.errors())


def frozen(dist: Distribution) -> Any:
    """The same distribution in scipy."""
    p = dist.params
    if dist.family == "exponential":
        return stats.expon(scale=p.mean_min)
    if dist.family == "uniform":
        return stats.uniform(p.low_min, p.high_min - p.low_min)
    if dist.family == "triangular":
        width = p.high_min - p.low_min
        return stats.triang((p.mode_min - p.low_min) / width, p.low_min, width)
    if dist.family == "normal":
        return stats.truncnorm(-p.location_min / p.sd_min, math.inf, p.location_min, p.sd_min)
    if dist.family == "lognormal":
        return stats.lognorm(p.sigma_log, scale=p.median_min)
    if dist.family in {"gamma", "erlang"}:
        return stats.gamma(p.shape_value, scale=p.scale_min)
    return stats.weibull_min(p.shape_value, scale=p.scale_min)


@pytest.mark.parametrize(
    ("data", "mean", "cv"),
    [
        ({"exponential": {"mean": "21 min"}}, 21, 1),
        ({"uniform": {"low": "1 min", "high": "3 min"}}, 2, 1 / math.sqrt(12)),
        ({"uniform": {"mean": "2 min", "cv": 0.25}}, 2, 0.25),
        ({"uniform": {"mean": "2 min", "cv": 0.57735}}, 2, 0.57735),
        ({"lognormal": {"mean": "3 min", "cv": 0.6}}, 3, 0.6),
        ({"lognormal": {"median": "15 min", "sigma": 0.4}}, 15 * math.exp(0.08), math.sqrt(math.expm1(0.16))),
        ({"lognormal": {"mean": "3 min", "sigma": 0.5}}, 3, math.sqrt(math.expm1(0.25))),
        ({"gamma": {"mean": "7 min", "cv": 0.6}}, 7, 0.6),
        ({"gamma": {"shape": 4, "scale": "2 min"}}, 8, 0.5),
        ({"gamma": {"mean": "7 min", "shape": 4}}, 7, 0.5),
        ({"erlang": {"mean": "20 min", "k": 4}}, 20, 0.5),
        ({"weibull": {"mean": "8 min", "cv": 0.5}}, 8, 0.5),
        ({"weibull": {"mean": "8 min", "cv": 3}}, 8, 3),
        ({"weibull": {"mean": "8 min", "cv": 0.001}}, 8, 0.001),
        ({"weibull": {"mean": "8 min", "cv": 10}}, 8, 10),
        ({"weibull": {"mean": "8 min", "shape": 1}}, 8, 1),
        ({"weibull": {"scale": "8 min", "shape": 2}}, 4 * math.sqrt(math.pi), math.sqrt(4 / math.pi - 1)),
        ({"triangular": {"low": "2.5 min", "mode": "6 min", "high": "11 min"}}, 6.5, None),
        ({"normal": {"mean": "6 min", "sd": "2 min"}}, None, None),
        ({"normal": {"mean": "1 min", "cv": 3}}, None, None),
    ],
    ids=str,
)
def test_family_has_the_mean_and_cv_asked_for(data: Any, mean: float | None, cv: float | None) -> None:
    dist = make(data)
    twin = frozen(dist)
    assert dist.family == next(iter(data))
    assert dist.mean_min() == pytest.approx(twin.mean(), rel=1e-9)
    if mean is not None:
        assert dist.mean_min() == pytest.approx(mean, rel=1e-9)
    if cv is not None:
        assert twin.std() / twin.mean() == pytest.approx(cv, rel=1e-6)


def test_constant_and_empirical() -> None:
    assert make({"constant": "90 s"}).mean_min() == 1.5
    seconds = make({"empirical": {"values": [30, 90], "unit": "s"}})
    assert seconds.params.values_min == pytest.approx((0.5, 1.5))
    assert seconds.mean_min() == pytest.approx(1)
    assert make({"empirical": {"values": [2, 3, 7.5], "unit": "h"}}).mean_min() == pytest.approx(250)


def test_values_from_a_file_need_the_file() -> None:
    dist = make({"empirical": {"file": "x.csv", "column": "c", "unit": "s"}})
    with pytest.raises(ValueError, match="not read"):
        dist.mean_min()


def test_nested_choices_resolve_to_a_plain_family() -> None:
    by_segment = {"vip": {"constant": "4 min"}, "other": {"constant": "8 min"}}
    dist = make(
        {
            "by_need": {
                "loan": {"by_segment": {"vip": {"constant": "1 min"}, "other": {"constant": "2 min"}}},
                "other": {
                    "mixture": [
                        {"share": 0.75, "of": {"by_segment": by_segment}},
                        {"share": 0.25, "of": {"exponential": {"mean": "20 min"}}},
                    ]
                },
            }
        }
    )
    assert dist.family == "by_need"
    assert dist.resolve("vip", "loan").constant == 1
    assert dist.resolve("regular", "loan").constant == 2
    mixed = dist.resolve("vip", "cash")
    assert [part.of.family for part in mixed.mixture or ()] == ["constant", "exponential"]
    assert mixed.mean_min() == pytest.approx(0.75 * 4 + 0.25 * 20)
    assert dist.mean_min("regular", "cash") == pytest.approx(0.75 * 8 + 0.25 * 20)
    places = {".".join(map(str, loc)) for loc, _ in dist.walk()}
    assert "by_need.other.mixture.0.of.by_segment.vip" in places


def test_choice_that_says_nothing_is_an_error() -> None:
    with pytest.raises(LookupError, match="cash"):
        make({"by_need": {"loan": {"constant": "1 min"}}}).resolve("vip", "cash")


def test_a_mixture_within_a_mixture() -> None:
    inner = {
        "mixture": [
            {"share": 1, "of": {"by_need": {"a": {"constant": "3 min"}, "other": {"constant": "5 min"}}}}
        ]
    }
    dist = make({"mixture": [{"share": 0.5, "of": inner}, {"share": 0.5, "of": {"constant": "1 min"}}]})
    assert dist.mean_min("s", "a") == 2
    assert dist.resolve("s", "b").mean_min() == 3


def test_lateness_may_be_early() -> None:
    late = LatenessDistribution.model_validate({"normal": {"mean": "-2 min", "sd": "5 min"}})
    assert late.normal.mean_min == -2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "a distribution is required"),
        ({"constant": "1 min", "exponential": {"mean": "1 min"}}, "not constant and exponential"),
        ({"constant": "1 min", "by_need": {"a": {"constant": "1 min"}}}, "exactly one distribution"),
        ({"exponential": {"mean": "-3 min"}}, "('exponential', 'mean'): a duration above 0 is required"),
        ({"exponential": {"mean": "0 min"}}, "above 0"),
        ({"exponential": {"mean": 3}}, "the unit is missing"),
        ({"exponential": {}}, "Field required"),
        ({"exponential": {"mean": "1 min", "cv": 1}}, "Extra inputs"),
        ({"uniform": {"low": "3 min", "high": "1 min"}}, "low must be below high"),
        ({"uniform": {"low": "1 min", "high": "1 min"}}, "low must be below high"),
        ({"uniform": {"mean": "3 min", "cv": 0.6}}, "starts below 0"),
        ({"uniform": {"low": "1 min"}}, "exactly these parameters are required: {low, high} or {mean, cv}"),
        ({"uniform": {"low": "1 min", "high": "2 min", "mean": "1 min"}}, "exactly these parameters"),
        ({"triangular": {"low": "1 min", "mode": "5 min", "high": "3 min"}}, "low ≤ mode ≤ high"),
        ({"triangular": {"low": "1 min", "mode": "1 min", "high": "1 min"}}, "low ≤ mode ≤ high"),
        ({"normal": {"mean": "-3 min", "sd": "1 min"}}, "above 0"),
        ({"normal": {"mean": "3 min"}}, "{mean, sd} or {mean, cv}"),
        ({"normal": {"mean": "3 min", "sd": "0 min"}}, "above 0"),
        ({"lognormal": {"mean": "3 min"}}, "{mean, cv} or {median, sigma} or {mean, sigma}"),
        ({"lognormal": {"mean": "3 min", "cv": 0}}, "greater than"),
        ({"lognormal": {"mean": "3 min", "cv": -0.5}}, "greater than"),
        ({"lognormal": {"mean": "3 min", "cv": 1e-200}}, "greater than"),
        ({"lognormal": {"mean": "3 min", "cv": 11}}, "less than"),
        ({"lognormal": {"median": "3 min", "sigma": 50}}, "less than"),
        ({"gamma": {"mean": "3 min"}}, "{mean, cv} or {shape, scale} or {mean, shape}"),
        ({"gamma": {"mean": "3 min", "cv": 1, "shape": 1}}, "exactly these parameters"),
        ({"gamma": {"shape": 0.001, "scale": "1 min"}}, "greater than"),
        ({"erlang": {"mean": "3 min", "k": 0}}, "greater than"),
        ({"erlang": {"mean": "3 min", "k": 2.5}}, "a whole number is required"),
        ({"erlang": {"mean": "3 min", "k": 2.0}}, "a whole number is required"),
        ({"weibull": {"mean": "3 min"}}, "{mean, shape} or {scale, shape} or {mean, cv}"),
        ({"weibull": {"scale": "3 min", "shape": 0.01}}, "greater than"),
        ({"empirical": {"values": [], "unit": "s"}}, "at least 1"),
        ({"empirical": {"values": [-1], "unit": "s"}}, "0 or more"),
        ({"empirical": {"values": [1]}}, "Field required"),
        ({"empirical": {"values": ["1 min"], "unit": "s"}}, "a number is required"),
        ({"empirical": {"values": [1], "unit": "days"}}, "'s', 'min' or 'h'"),
        ({"empirical": {"unit": "s"}}, "either values or a file"),
        ({"empirical": {"values": [1], "file": "x.csv", "column": "c", "unit": "s"}}, "either values"),
        ({"empirical": {"file": "x.csv", "unit": "s"}}, "file and column go together"),
        ({"mixture": []}, "at least 1"),
        ({"mixture": [{"share": 0.5, "of": {"constant": "1 min"}}]}, "sum to 0.5, not 1"),
        ({"mixture": [{"share": 1, "of": {}}]}, "a distribution is required"),
        ({"by_need": {}}, "at least 1"),
        ({"by_segment": {"a": {"constant": 5}}}, "the unit is missing"),
        ({"gama": {"mean": "1 min"}}, "Extra inputs"),
        ([], "dictionary"),
        ("5 min", "dictionary"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_distribution_is_refused(data: Any, words: str) -> None:
    assert words in faults(data)


def test_every_family_is_a_key() -> None:
    keys = list(Distribution.model_fields)
    assert tuple(keys[: len(FAMILIES)]) == FAMILIES
    assert keys[len(FAMILIES) :] == ["by_need", "by_segment"]
