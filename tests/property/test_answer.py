"""Whatever the numbers: a sentence claims no direction that its interval does not."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from journeysim.experiment.answer import OF_CUSTOMERS, OF_VISITS, fact_text
from journeysim.experiment.results import Comparison
from journeysim.experiment.statistics import paired_difference

UP, DOWN = re.compile(r"\b(rises?|more)\b"), re.compile(r"\b(falls?|fewer)\b")

sizes = st.floats(-1e7, 1e7, allow_subnormal=False)


@given(
    fact=st.sampled_from((*OF_VISITS, *OF_CUSTOMERS)),
    gaps=st.lists(sizes, min_size=1, max_size=12),
    shift=sizes,
    real=st.booleans(),
)
def test_no_direction_beyond_the_interval(fact, gaps, shift, real):
    difference = paired_difference(np.array(gaps) + shift, np.zeros(len(gaps)))
    said = fact_text(fact, Comparison(difference, 0.01 if real else 0.9, real), "CNY")
    if difference.low > 0 and real:
        assert UP.search(said)
        assert not DOWN.search(said)
    elif difference.high < 0 and real:
        assert DOWN.search(said)
        assert not UP.search(said)
    else:
        assert not UP.search(said)
        assert not DOWN.search(said)
    exact = difference.difference == difference.low == difference.high == 0
    assert exact == (said == "")
    if UP.search(said) or DOWN.search(said):
        # No number of a claim reads as nothing.
        numbers = re.findall(r"\d[\d,.]*(?:e-\d+)?", said)
        assert all(float(text.rstrip(".").replace(",", "")) > 0 for text in numbers)
