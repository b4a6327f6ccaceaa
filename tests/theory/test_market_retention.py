"""Retention curves against the table of Fader & Hardie (2007)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from journeysim.market.retention_curves import BetaGeometric, fit_retention

# Fader & Hardie (2007), How to project customer retention, table 1: per cent still there after each year.
HIGH_END = [100.0, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
REGULAR = [100.0, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]


@pytest.mark.parametrize(
    ("table", "alpha", "beta", "year_12", "observed"),
    [(HIGH_END, 0.668, 3.806, 37.8, 39.4), (REGULAR, 0.704, 1.182, 17.0, 17.3)],
    ids=["high end", "regular"],
)
def test_fader_hardie_2007_fitted_to_seven_years_forecasts_twelve(table, alpha, beta, year_12, observed):
    fitted = fit_retention(table[:8])
    assert fitted.alpha == pytest.approx(alpha, abs=5e-4)
    assert fitted.beta == pytest.approx(beta, abs=5e-4)
    survival = 100 * fitted.survival(12)
    assert survival[12] == pytest.approx(year_12, abs=0.05)
    assert table[12] == observed
    # The paper's point: the forecast stays within two points of what came.
    assert np.abs(survival[8:] - table[8:]).max() < 2


def test_the_geometric_curve_that_fits_the_first_years_forecasts_far_too_few():
    survived = (HIGH_END[7] / 100) ** (12 / 7) * 100
    assert survived < HIGH_END[12] - 8


@given(st.floats(0.05, 20), st.floats(0.05, 20), st.integers(0, 40))
def test_survival_is_a_ratio_of_beta_functions(alpha, beta, years):
    """S(t) = B(alpha, beta + t) / B(alpha, beta)."""
    curve = BetaGeometric(alpha, beta)
    expected = np.exp(special.betaln(alpha, beta + np.arange(years + 1)) - special.betaln(alpha, beta))
    assert curve.survival(years) == pytest.approx(expected, rel=1e-9)
    assert curve.retention(years).shape == (years,)
    assert np.all(np.diff(curve.retention(years)) >= 0)


@settings(max_examples=25)
@given(st.floats(0.2, 5), st.floats(0.2, 5), st.integers(4, 15), st.floats(1e-3, 1e6))
def test_a_fit_finds_the_curve_that_made_the_numbers(alpha, beta, years, customers):
    fitted = fit_retention(customers * BetaGeometric(alpha, beta).survival(years))
    assert fitted.alpha == pytest.approx(alpha, rel=0.02)
    assert fitted.beta == pytest.approx(beta, rel=0.02)


def test_a_bank_that_loses_22_per_cent_at_first_and_15_overall():
    """alpha = 2.67, beta = 9.47: among customers who stay for their geometric tenure 15% a year leave."""
    curve = BetaGeometric(2.67, 9.47)
    assert 1 - curve.retention(1)[0] == pytest.approx(0.22, abs=5e-4)
    survival = curve.survival(4000)
    # Customers of all tenures together, when as many come every year.
    assert survival[1:].sum() / survival[:-1].sum() == pytest.approx(0.85, abs=0.015)


@pytest.mark.parametrize(
    ("customers", "message"),
    [
        ([100, 80], "at least two years"),
        ([[100, 80, 70]], "at least two years"),
        ([100, float("nan"), 70], "at least two years"),
        ([100, 80, -1], "at least two years"),
        ([100, 80, 81], "never rises"),
        ([100, 100, 100], "some customers must have left"),
        ([100, 50, 0], "some must be left"),
        ([100, 80, 64, 51.2], "hardly differ"),
        ([100, 90, 80, 70], "hardly differ"),
    ],
)
def test_numbers_without_a_fit_are_refused(customers, message):
    with pytest.raises(ValueError, match=message):
        fit_retention(customers)


@pytest.mark.parametrize(("alpha", "beta"), [(0, 1), (1, -1), (float("nan"), 1), (1, float("inf"))])
def test_parameters_that_are_none_are_refused(alpha, beta):
    with pytest.raises(ValueError, match="must lie above 0"):
        BetaGeometric(alpha, beta)
