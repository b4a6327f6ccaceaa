"""An improvement where nobody comes changes exactly nothing, whatever the luck."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.market_maps import MAP, SCENARIO

from journeysim.experiment import parse_scenario, run
from journeysim.experiment.golden.search import EQUITY, NET_VALUE, notched, priced_notches


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**40), months=st.integers(1, 2))
def test_a_notch_that_nobody_feels_has_difference_exactly_zero(tmp_path_factory, seed, months):
    folder = tmp_path_factory.mktemp("golden")
    (folder / "map.yaml").write_text(MAP)
    text = SCENARIO.replace("seed: 3", f"seed: {seed}").replace("months: 2", f"months: {months}")
    scenario = parse_scenario(text, folder=folder).overridden(2)
    priced, _ = priced_notches(scenario, "s.yaml")
    # Nobody is led to the desk.
    unfelt = [one for one in priced if one.notch.touches == ("desk",)]
    assert len(unfelt) == 2
    felt = [one for one in priced if one.notch.touches == ("counter",)]
    found = run(notched(scenario, [*unfelt, *felt], ""), jobs=1, steps=False)
    by_name = {option.name: option.versus_baseline for option in found.options}
    for one in unfelt:
        gap = by_name[one.option]
        assert gap[EQUITY].difference.difference == gap[EQUITY].difference.high == 0
        assert abs(gap[NET_VALUE].difference.difference + one.cost_per_year) < 1e-6 * one.cost_per_year
    assert any(by_name[one.option]["score_mean"].difference.difference != 0 for one in felt)
