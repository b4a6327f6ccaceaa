"""What customers are worth: the textbook's multiples, sums year by year, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeysim.market.value import customer_equity, lifetime_value, lifetime_value_of_curve, margin_multiple


def test_margin_multiples_of_gupta_and_lehmann_at_ten_per_cent():
    assert margin_multiple([0.6, 0.7, 0.8, 0.9], 0.1) == pytest.approx([1.2, 1.75, 2.67, 4.5], abs=5e-3)
    assert margin_multiple(0, 0.1) == 0
    assert margin_multiple(1, 0.1) == pytest.approx(10)


@given(st.floats(0, 0.95), st.floats(0.01, 1), st.floats(-1e4, 1e4))
def test_the_multiple_is_the_sum_over_all_years(retention, discount, margin):
    years = np.arange(1, 3000)
    total = (margin * (retention / (1 + discount)) ** years).sum()
    assert lifetime_value(margin, retention, discount) == pytest.approx(total, rel=1e-9, abs=1e-9)
    curve = lifetime_value_of_curve(margin, retention**years, discount)
    assert curve == pytest.approx(total, rel=1e-9, abs=1e-9)


def test_customers_have_values_of_their_own_and_equity_is_their_sum():
    margins, retention = np.array([900.0, 9000.0, 900.0]), np.array([0.8, 0.9, 0.0])
    values = lifetime_value(margins, retention, 0.1)
    assert values == pytest.approx([900 * 0.8 / 0.3, 9000 * 4.5, 0])
    assert customer_equity(margins, retention, 0.1) == pytest.approx(values.sum())
    assert customer_equity(np.empty(0), 0.8, 0.1) == 0


def test_a_curve_by_hand():
    worth = lifetime_value_of_curve(100, [0.5, 0.25], 0.25, acquisition_cost=40)
    assert worth == pytest.approx(100 * 0.5 / 1.25 + 100 * 0.25 / 1.25**2 - 40)
    two = lifetime_value_of_curve(
        [[100, 0], [0, 100]], [[0.5, 0.25], [0.5, 0.25]], 0, acquisition_cost=[1, 2]
    )
    assert two == pytest.approx([49, 23])


@pytest.mark.parametrize(
    ("retention", "discount", "message"),
    [
        (1.1, 0.1, "retention must lie between 0 and 1"),
        (-0.1, 0.1, "retention must lie"),
        (float("nan"), 0.1, "retention must lie"),
        (0.8, -0.1, "interest must not lie below 0"),
        ([0.5, 1.0], 0, "no finite sum"),
    ],
)
def test_what_has_no_value_is_refused(retention, discount, message):
    with pytest.raises(ValueError, match=message):
        margin_multiple(retention, discount)


def test_a_curve_at_negative_interest_is_refused():
    with pytest.raises(ValueError, match="interest must not lie below 0"):
        lifetime_value_of_curve(100, [0.5], -0.1)
