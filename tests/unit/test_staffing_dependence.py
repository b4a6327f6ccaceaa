"""What a roster can change: nothing is called independent of it that a simulation moves."""

from __future__ import annotations

from pathlib import Path

import pytest

from journeysim import load_journey, run
from journeysim.errors import InputError
from journeysim.experiment.load import scenario_from
from journeysim.experiment.staffing.dependence import hangs_on, touched_by
from journeysim.experiment.staffing.run import staff
from journeysim.experiment.staffing.target import SCOPES, Target
from journeysim.experiment.what_if import what_if

JOURNEYS = Path(__file__).parents[2] / "journeys"


@pytest.fixture(scope="module")
def city():
    return load_journey(JOURNEYS / "city-branch.yaml")


def test_what_is_called_independent_stays_as_it_is_to_the_last_bit(city):
    """Every group by itself, with one server and with nine."""
    independent = 0
    for group in city.staff:
        path = f"staff.{group}.count"
        found = run(what_if(city, {"One": {path: 1}, "Many": {path: 9}}, days=2, replications=1), jobs=1)
        for scope in SCOPES.values():
            one, many = (option.by(scope) for option in found.options)
            for name, metrics in one.items():
                for metric, value in metrics.items():
                    target = Target(metric, "<=", 1.0, scope, name)
                    if not hangs_on(target, city, group, in_market=False):
                        independent += 1
                        assert str(value) == str(many[name][metric]), (group, target.measure)
    assert independent > 100


def test_ways_on_shared_staff_and_servers_that_are_kept_pass_it_on(city):
    def hangs(measure, group):
        section, name, metric = measure.split(".")
        return hangs_on(Target(metric, "<=", 0.5, SCOPES[section], name), city, group, in_market=False)

    assert not hangs("staff.machines.utilisation", "tellers")
    assert hangs("staff.machines.utilisation", "greeters")
    assert hangs("staff.tellers.utilisation", "machines")
    assert hangs("staff.tellers.utilisation", "tellers")
    assert not hangs("touchpoints.welcome.wait_mean_min", "tellers")
    # A teller is kept until the supervisor has approved.
    assert hangs("touchpoints.counter.wait_mean_min", "supervisor")
    assert hangs_on(Target("utilisation", "<=", 0.5, "staff", "machines"), city, "tellers", in_market=True)
    assert not hangs_on(Target("visits_per_day", ">=", 9), city, "tellers", in_market=False)
    assert "welcome" not in touched_by(city, "advisers")


def test_a_target_that_no_roster_changes_is_refused_before_anything_is_simulated(city, tmp_path):
    target = ["wait_mean_min <= 5", "staff.machines.utilisation <= 50%"]
    with pytest.raises(InputError) as caught:
        staff(scenario_from(city), target, group="tellers", out=tmp_path)
    (problem,) = caught.value.problems
    assert problem.problem == "no roster of tellers changes this"
    assert problem.found == "staff.machines.utilisation"
    assert problem.hint == "leave it out, or --group greeters or machines"
    assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"found visits_per_day, hint: leave it out$"):
        staff(scenario_from(city), "visits_per_day >= 300")
