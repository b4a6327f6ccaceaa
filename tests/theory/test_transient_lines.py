"""Lines with phases, priorities, patience and rosters against other formulas, steady states and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeysim.branch.formulas import (
    Line,
    LinePeriod,
    LinesDay,
    Patience,
    Period,
    Phases,
    PriorityClass,
    TooMuchWork,
    erlang_a,
    erlang_c,
    fitted_phases,
    lines_day,
    priority_day,
    queue_day,
    single_server,
    single_server_day,
)

BUSY = [Period(1.5, 24, 3), Period(2, 60, 5), Period(1.5, 0, 2), Period(3, 30, 3)]


def periods_of(periods: list[Period]) -> list[LinePeriod]:
    return [LinePeriod(p.hours, (p.arrivals_per_hour,), p.servers) for p in periods]


def exponential(mean_min: float) -> Phases:
    return fitted_phases(mean_min, 1.0)


def wait_mean_min(day: LinesDay) -> list[float]:
    """Mean wait of each line."""
    return (day.wait_min.sum(axis=1) / day.joined.sum(axis=1)).tolist()


@given(mean=st.floats(0.1, 60), cv=st.floats(0.1, 5))
@settings(max_examples=200)
def test_phases_have_the_mean_and_cv_asked_for(mean, cv):
    phases = fitted_phases(mean, cv)
    assert phases.mean_min == pytest.approx(mean, rel=1e-9)
    assert phases.cv == pytest.approx(cv, rel=1e-6)
    assert all(0.0 <= ends <= 1.0 for ends in phases.ends)
    assert phases.ends[-1] == 1.0


def test_phases_that_are_few_stop_at_their_least_cv():
    assert fitted_phases(3.0, 0.1, most=4).cv == pytest.approx(0.5)
    assert len(fitted_phases(3.0, 0.0).per_min) == 100
    assert fitted_phases(3.0, 0.2, most=1) == Phases((1 / 3,), (1.0,))


@pytest.mark.parametrize(("cv", "per_min"), [(1.0, (0.25,)), (1 / math.sqrt(3), (0.75,) * 3)])
def test_exponential_and_erlang_are_their_own_phases(cv, per_min):
    phases = fitted_phases(4.0, cv)
    assert phases.per_min == pytest.approx(per_min)
    assert phases.ends == pytest.approx((0.0,) * (len(per_min) - 1) + (1.0,), abs=1e-7)


@pytest.mark.parametrize("patience_mean_min", [math.inf, 15.0])
def test_one_line_is_the_queue_of_the_other_formulas_whatever_the_roster(patience_mean_min):
    truth = queue_day(BUSY, 6.0, patience_mean_min=patience_mean_min).day
    patience = None if math.isinf(patience_mean_min) else Patience.exponential(patience_mean_min)
    day = lines_day(periods_of(BUSY), [Line(patience=patience)], [exponential(6.0)])
    assert wait_mean_min(day) == pytest.approx([truth.wait_mean_min], rel=1e-6)
    assert day.waited.sum() / day.joined.sum() == pytest.approx(truth.waited_fraction, rel=1e-6)
    assert day.reneged.sum() / day.arrivals.sum() == pytest.approx(truth.reneged_fraction, rel=1e-6, abs=1e-9)


def test_nobody_on_duty_for_a_while():
    gap = [Period(1, 24, 2), Period(2, 30, 0), Period(1, 10, 3)]
    truth = queue_day(gap, 6.0).day
    day = lines_day(periods_of(gap), [Line()], [exponential(6.0)])
    assert wait_mean_min(day) == pytest.approx([truth.wait_mean_min], rel=1e-6)


def test_a_limited_line_is_the_limited_queue():
    truth = queue_day(BUSY, 6.0, waiting_places=4).day
    day = lines_day(periods_of(BUSY), [Line(capacity=4)], [exponential(6.0)])
    assert wait_mean_min(day) == pytest.approx([truth.wait_mean_min], rel=1e-6)
    assert day.rejected.sum() / day.arrivals.sum() == pytest.approx(truth.rejected_fraction, rel=1e-6)
    assert day.waited.sum() / day.joined.sum() == pytest.approx(truth.waited_fraction, rel=1e-6)


def test_everybody_balking_is_a_limit():
    limited = lines_day(periods_of(BUSY), [Line(capacity=3)], [exponential(6.0)])
    balking = lines_day(periods_of(BUSY), [Line(balk_length=3)], [exponential(6.0)])
    assert wait_mean_min(balking) == pytest.approx(wait_mean_min(limited), rel=1e-9)
    assert balking.balked.sum() == pytest.approx(limited.rejected.sum(), rel=1e-9)
    assert balking.rejected.sum() == 0.0


def test_balking_by_chance_settles_as_its_birth_and_death_do():
    """Half of those who see two or more waiting go: balance equations of the states by hand."""
    arrivals_per_min, service_per_min, servers = 1.0, 0.4, 2
    present = np.arange(60)
    up = np.where(present < servers + 2, arrivals_per_min, arrivals_per_min / 2)
    chance = np.concatenate(
        ([1.0], np.cumprod(up[:-1] / (service_per_min * np.minimum(present[1:], servers))))
    )
    chance /= chance.sum()
    balked = arrivals_per_min / 2 * chance[present >= servers + 2].sum()
    day = lines_day(
        [LinePeriod(200, (60.0,), servers)], [Line(balk_length=2, balk_probability=0.5)], [exponential(2.5)]
    )
    assert day.balked.sum() / (200 * 60) == pytest.approx(balked, rel=1e-3)


def test_lines_by_priority_are_classes_by_priority():
    first, second = priority_day(
        8, [PriorityClass(8, 6.0, patience_mean_min=30.0), PriorityClass(10, 5.0, service_phases=2)], 2
    )
    day = lines_day(
        [LinePeriod(8, (8.0, 10.0), 2)],
        [Line(service=0, patience=Patience.exponential(30.0)), Line(service=1)],
        [exponential(6.0), fitted_phases(5.0, math.sqrt(0.5))],
    )
    assert wait_mean_min(day) == pytest.approx([first.wait_mean_min, second.wait_mean_min], rel=1e-6)
    assert day.waited[0].sum() / 64 == pytest.approx(first.waited_fraction, rel=1e-6)
    assert day.reneged[0].sum() / 64 == pytest.approx(first.reneged_fraction, rel=1e-6)
    assert day.finished.sum(axis=1) == pytest.approx([64 * (1 - first.reneged_fraction), 80], rel=1e-6)


@pytest.mark.parametrize("phases", [1, 2, 4])
def test_one_server_with_erlang_service_is_the_general_queue(phases):
    cv = 1 / math.sqrt(phases)
    truth = single_server_day(8, 9, 4.0, cv)
    day = lines_day([LinePeriod(8, (9.0,), 1)], [Line()], [fitted_phases(4.0, cv)])
    assert wait_mean_min(day) == pytest.approx([truth.wait_mean_min], rel=1e-6)
    assert day.waited.sum() / day.joined.sum() == pytest.approx(truth.waited_fraction, rel=1e-6)


@pytest.mark.parametrize("cv", [0.6, 1.5])
def test_a_long_day_of_any_service_waits_like_pollaczek_and_khinchine_say(cv):
    day = lines_day([LinePeriod(2000, (9.0,), 1)], [Line()], [fitted_phases(4.0, cv)])
    assert wait_mean_min(day) == pytest.approx([single_server(9, 4.0, cv).wait_mean_min], rel=1e-3)


def test_a_long_day_settles_at_erlang():
    patient = lines_day([LinePeriod(2000, (40.0,), 5)], [Line()], [exponential(6.0)])
    assert wait_mean_min(patient) == pytest.approx([erlang_c(40, 6.0, 5).wait_mean_min], rel=1e-3)
    leaving = lines_day(
        [LinePeriod(2000, (40.0,), 3)], [Line(patience=Patience.exponential(21.0))], [exponential(6.0)]
    )
    assert wait_mean_min(leaving) == pytest.approx([erlang_a(40, 6.0, 3, 21.0).wait_mean_min], rel=1e-3)


def test_the_order_of_lines_does_not_change_the_mean_over_all():
    one = lines_day([LinePeriod(8, (34.0,), 4)], [Line()], [fitted_phases(6.0, 0.6)])
    two = lines_day([LinePeriod(8, (10.0, 24.0), 4)], [Line(), Line()], [fitted_phases(6.0, 0.6)])
    assert two.wait_min.sum() == pytest.approx(one.wait_min.sum(), rel=1e-6)
    assert two.wait_min[0].sum() / 10 < two.wait_min[1].sum() / 24


@pytest.mark.parametrize("cv", [1.0, 0.6])
def test_who_comes_on_duty_takes_first_whoever_is_first(cv):
    """Three open at half past nine: they take those who wait, the better line first."""
    roster = [LinePeriod(0.5, (20.0, 20.0), 1), LinePeriod(0.5, (20.0, 20.0), 4)]
    one = lines_day(
        [LinePeriod(p.hours, (40.0,), p.servers) for p in roster], [Line()], [fitted_phases(6.0, cv)]
    )
    two = lines_day(roster, [Line(), Line()], [fitted_phases(6.0, cv)])
    assert two.wait_min.sum(axis=0)[:2] == pytest.approx(one.wait_min.sum(axis=0)[:2], rel=1e-6)
    assert two.finished.sum(axis=0)[:2] == pytest.approx(one.finished.sum(axis=0)[:2], rel=1e-6)
    assert two.wait_min[0, 1] < 0.5 * two.wait_min[1, 1]


def test_parts_of_a_period_add_up_to_it():
    whole = lines_day([LinePeriod(8, (40.0,), 4)], [Line()], [exponential(6.0)])
    parts = lines_day([LinePeriod(0.5, (40.0,), 4)] * 16, [Line()], [exponential(6.0)], drain_hours=0.5)
    for name in ("arrivals", "waited", "wait_min", "finished"):
        assert getattr(parts, name).sum() == pytest.approx(getattr(whole, name).sum(), rel=1e-6)
    assert parts.arrivals[0, :17].tolist() == [20.0] * 16 + [0.0]


def test_who_waits_at_closing_is_sent_home():
    """Follows everybody: served, gave up or sent home; and nobody waits beyond closing."""
    period = LinePeriod(3, (40.0,), 2)
    patience = Patience.exponential(30.0)
    day = lines_day([period], [Line(patience=patience)], [exponential(6.0)], sends_home=True)
    served = lines_day([period], [Line(patience=patience)], [exponential(6.0)])
    assert day.closed[0] > 5.0
    assert day.finished.sum() + day.reneged.sum() + day.closed.sum() == pytest.approx(120.0, rel=1e-6)
    assert day.wait_min[0, 0] == pytest.approx(served.wait_min[0, 0], rel=1e-9)
    assert day.wait_min[0, 1:].sum() == 0.0
    assert served.closed.tolist() == [0.0]


def test_patience_that_is_exponential_gives_up_at_one_rate():
    assert Patience.exponential(20.0).giving_up_per_min(3.0, 4) == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])


def test_patience_known_at_some_ages_counts_those_who_came_before():
    """Nobody gives up before 2 minutes, then half of those left every minute; two customers a minute."""
    patience = Patience((0.0, 2.0, 3.0), (1.0, 1.0, 0.5))
    rates = patience.giving_up_per_min(2.0, 6)
    assert rates == pytest.approx([0, 0, 0, 0, 0, math.log(2), 2 * math.log(2)])


def test_patience_that_ends_at_once_is_bounded():
    patience = Patience((0.0, 5.0, 6.0), (1.0, 1.0, 1e-12))
    assert patience.giving_up_per_min(1.0, 8).tolist() == [0.0] * 6 + [1.0, 2.0, 3.0]


def test_a_day_that_takes_too_long_says_so():
    with pytest.raises(TooMuchWork, match="most_work"):
        lines_day([LinePeriod(8, (40.0,), 4)], [Line()], [exponential(6.0)], most_work=1e4)


@pytest.mark.parametrize(
    ("periods", "lines", "match"),
    [
        ([], [Line()], "periods: must be at least one"),
        ([LinePeriod(1, (5.0,), 1)], [], "lines: must be at least one"),
        ([LinePeriod(1, (5.0, 1.0), 1)], [Line()], "one number for each of 1 lines, found 2"),
        ([LinePeriod(1, (0.0,), 1)], [Line()], r"lines\[0\]: must have arrivals"),
        ([LinePeriod(1, (-5.0,), 1)], [Line()], r"periods\[0\].arrivals_per_hour"),
        ([LinePeriod(0, (5.0,), 1)], [Line()], r"periods\[0\].hours"),
        ([LinePeriod(1, (5.0,), -1)], [Line()], r"periods\[0\].servers"),
        ([LinePeriod(1, (5.0,), 0)], [Line()], "must end with servers"),
    ],
)
def test_a_day_that_cannot_be_is_refused(periods, lines, match):
    with pytest.raises(ValueError, match=match):
        lines_day(periods, lines, [exponential(6.0)])
