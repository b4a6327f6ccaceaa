"""Durations multiplied: of every family the mean and every quantile follow, and nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.market_maps import MAP

from journeysim.branch.draws import quantile_function
from journeysim.journey import parse_journey
from journeysim.journey.distributions import FAMILIES, Distribution
from journeysim.journey.scaling import scaled_distribution, scaled_duration

EXAMPLES: dict[str, list[dict[str, Any]]] = {
    "constant": [{"constant": "20 s"}],
    "exponential": [{"exponential": {"mean": "0.1 min"}}],
    "uniform": [
        {"uniform": {"low": "0 min", "high": "3 min"}},
        {"uniform": {"mean": "3 min", "cv": 0.2}},
    ],
    "triangular": [{"triangular": {"low": "2.5 min", "mode": "6 min", "high": "11 min"}}],
    "normal": [{"normal": {"mean": "2 min", "sd": "90 s"}}, {"normal": {"mean": "2 min", "cv": 0.8}}],
    "lognormal": [
        {"lognormal": {"mean": "3 min", "cv": 0.6}},
        {"lognormal": {"median": "3 min", "sigma": 0.4}},
    ],
    "gamma": [{"gamma": {"mean": "7 min", "cv": 0.6}}, {"gamma": {"shape": 2.0, "scale": "3 min"}}],
    "erlang": [{"erlang": {"mean": "0.5 h", "k": 3}}],
    "weibull": [{"weibull": {"scale": "8 min", "shape": 1.2}}, {"weibull": {"mean": "8 min", "cv": 0.9}}],
    "empirical": [{"empirical": {"values": [120, 45, 300.5], "unit": "s"}}],
    "mixture": [
        {
            "mixture": [
                {"share": 0.9, "of": {"constant": "4 min"}},
                {"share": 0.1, "of": {"erlang": {"mean": "4 min", "k": 2}}},
            ]
        }
    ],
}

CASES = [(family, data) for family, examples in EXAMPLES.items() for data in examples]


def test_every_family_has_an_example():
    assert set(EXAMPLES) == set(FAMILIES)


@pytest.mark.parametrize("factor", [0.5, 0.9, 2.0])
@pytest.mark.parametrize(("family", "data"), CASES)
def test_mean_and_quantiles_are_multiplied(family, data, factor):
    before = Distribution.model_validate(data)
    after = Distribution.model_validate(scaled_distribution(before, data, factor))
    assert after.family == family
    assert after.mean_min() == pytest.approx(factor * before.mean_min(), rel=1e-9)
    if family not in ("constant", "mixture"):
        u = np.linspace(0.001, 0.999, 99)
        longer, usual = quantile_function(after)(u), quantile_function(before)(u)
        np.testing.assert_allclose(longer, factor * usual, rtol=1e-9)


@pytest.mark.parametrize(("family", "data"), CASES)
def test_a_factor_of_one_changes_nothing(family, data):
    before = Distribution.model_validate(data)
    assert Distribution.model_validate(scaled_distribution(before, data, 1.0)) == before


def test_distributions_by_need_and_segment_are_multiplied_inside():
    data = {
        "by_segment": {
            "vip": {"constant": "5 min"},
            "other": {"by_need": {"cash": {"exponential": {"mean": "4 min"}}, "other": {"constant": "1 h"}}},
        }
    }
    before = Distribution.model_validate(data)
    after = Distribution.model_validate(scaled_distribution(before, data, 0.5))
    for segment in ("vip", "regular"):
        for need in ("cash", "loan"):
            assert after.mean_min(segment, need) == before.mean_min(segment, need) / 2


def test_what_was_read_from_a_file_stands_in_the_data(tmp_path):
    (tmp_path / "s.csv").write_text("secs\n60\n120\n")
    text = MAP.replace("{constant: 20 s}", "{empirical: {file: s.csv, column: secs, unit: s}}")
    journey = parse_journey(text, folder=tmp_path)
    data = journey.document.data["touchpoints"]["welcome"]["service"]
    found = scaled_distribution(journey.touchpoints["welcome"].service, data, 0.5)
    assert found == {"empirical": {"values": [0.5, 1.0], "unit": "min"}}


@pytest.mark.parametrize(
    ("text", "factor", "written"),
    [
        ("20 s", 0.9, "18 s"),
        ("0.1 min", 0.9, "0.09 min"),
        (" 2h", 0.5, "1h"),
        ("0.00001 s", 0.1, "0.000001 s"),
    ],
)
def test_a_duration_keeps_its_unit(text, factor, written):
    assert scaled_duration(text, factor) == written
