"""Quantile functions against SciPy's, moments against the map's own means, tables against exact inverses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaincinv

from journeysim.branch import quantiles
from journeysim.branch.draws import quantile_function
from journeysim.journey import Distribution
from journeysim.units import FloatArray

U = np.concatenate(
    [[2.0**-53, 1e-9, 1e-4], np.linspace(0.001, 0.999, 999), [1 - 1e-4, 1 - 1e-9, 1 - 2.0**-53]]
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda u: quantiles.exponential(u, 6), stats.expon(scale=6)),
        (lambda u: quantiles.uniform(u, 1, 3), stats.uniform(1, 2)),
        (lambda u: quantiles.triangular(u, 2.5, 6, 11), stats.triang((6 - 2.5) / 8.5, 2.5, 8.5)),
        (lambda u: quantiles.triangular(u, 0, 0, 4), stats.triang(0, 0, 4)),
        (lambda u: quantiles.triangular(u, 1, 4, 4), stats.triang(1, 1, 3)),
        (lambda u: quantiles.truncated_normal(u, 6, 2), stats.truncnorm(-3, np.inf, 6, 2)),
        (lambda u: quantiles.truncated_normal(u, 1, 4), stats.truncnorm(-0.25, np.inf, 1, 4)),
        (lambda u: quantiles.lognormal(u, 15, 0.4), stats.lognorm(0.4, scale=15)),
        (lambda u: quantiles.gamma(u, 7, 1 / 0.36), stats.gamma(1 / 0.36, scale=7 * 0.36)),
        (lambda u: quantiles.weibull(u, 8, 1.2), stats.weibull_min(1.2, scale=8)),
    ],
    ids=[
        *("exponential", "uniform", "triangular", "mode at 0", "mode at the end"),
        *("normal", "cut normal", "lognormal", "gamma", "weibull"),
    ],
)
def test_quantiles_are_scipys(ours: Callable[[FloatArray], FloatArray], theirs: Any) -> None:
    # SciPy's truncated normal has no digits left at the far end; see the test below.
    u = U[:-1] if theirs.dist.name == "truncnorm" else U
    assert ours(u) == pytest.approx(theirs.ppf(u), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("mean", "sd"), [(6, 2), (1, 4), (0.5, 0.01)])
def test_the_truncated_normal_keeps_its_digits_in_the_tail(mean: float, sd: float) -> None:
    left = np.array([2.0**-53, 1e-15, 1e-9, 0.1])
    reached = quantiles.truncated_normal(1 - left, mean, sd)
    assert stats.norm.sf(reached, mean, sd) / stats.norm.sf(0, mean, sd) == pytest.approx(
        1 - (1 - left), rel=1e-9
    )


@pytest.mark.parametrize("shape", [0.05, 0.3, 1.0, 1 / 0.49, 3.0, 10.0, 100.0, 1000.0])
def test_the_gamma_table_is_exact_to_a_billionth(shape: float) -> None:
    # Between the nodes of the table, out to the smallest numbers that luck gives.
    u = stats.norm.cdf(np.linspace(-8.2, 8.2, 200_003))
    u = u[u < 1]
    exact = gammaincinv(shape, u)
    # In the far left of a very skewed distribution the quantile has no digits left: less than a tick there.
    told = exact > 1e-250
    error = np.abs(quantiles.gamma(u[told], shape, shape) / exact[told] - 1)
    assert error.max() < 1e-9
    assert quantiles.gamma(u[~told], shape, shape) == pytest.approx(0, abs=1e-200)


def test_empirical_takes_each_value_equally_often() -> None:
    values = np.array([1.0, 2.0, 2.0, 7.0])
    u = (np.arange(4000) + 0.5) / 4000
    found, counts = np.unique(quantiles.empirical(u, values), return_counts=True)
    assert found.tolist() == [1, 2, 7]
    assert counts.tolist() == [1000, 2000, 1000]
    assert quantiles.empirical(np.array([2.0**-53, 1 - 2.0**-53]), values).tolist() == [1, 7]


@pytest.mark.parametrize(
    "given",
    [
        {"exponential": {"mean": "6 min"}},
        {"uniform": {"low": "1 min", "high": "3 min"}},
        {"uniform": {"mean": "6 min", "cv": 0.4}},
        {"triangular": {"low": "2.5 min", "mode": "6 min", "high": "11 min"}},
        {"normal": {"mean": "6 min", "sd": "2 min"}},
        {"normal": {"mean": "1 min", "cv": 1.5}},
        {"lognormal": {"mean": "3 min", "cv": 0.6}},
        {"lognormal": {"median": "15 min", "sigma": 0.4}},
        {"gamma": {"mean": "7 min", "cv": 0.6}},
        {"gamma": {"shape": 2, "scale": "3 min"}},
        {"erlang": {"mean": "20 min", "k": 3}},
        {"weibull": {"mean": "8 min", "shape": 1.2}},
        {"weibull": {"mean": "8 min", "cv": 1.3}},
        {"empirical": {"values": [2, 3, 7.5], "unit": "min"}},
    ],
    ids=lambda given: "-".join([*given, *next(iter(given.values()))]),
)
def test_the_mean_of_what_is_drawn_is_the_mean_that_the_map_gives(given: dict[str, Any]) -> None:
    distribution = Distribution.model_validate(given)
    u = (np.arange(3_000_000) + 0.5) / 3_000_000
    drawn = quantile_function(distribution)(u)
    assert drawn.mean() == pytest.approx(distribution.mean_min(), rel=2e-4)
    assert (np.diff(drawn) >= 0).all(), "a quantile function never falls"
    params = distribution.params
    cv = getattr(params, "cv", None)
    if cv is not None and distribution.family != "normal":
        assert drawn.std() / drawn.mean() == pytest.approx(cv, rel=2e-3)


@pytest.mark.parametrize("given", [{"constant": "5 min"}, {"by_need": {"other": {"constant": "5 min"}}}])
def test_only_plain_families_that_take_one_number_have_a_quantile_function(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        quantile_function(Distribution.model_validate(given))
