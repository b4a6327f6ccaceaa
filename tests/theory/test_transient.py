"""Days that open empty against published values, each other, steady states and a plain simulation."""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, sparse
from scipy.special import iv

from journeysim.branch.formulas import (
    Period,
    PriorityClass,
    cumulated_arrivals,
    erlang_a,
    erlang_c,
    limited_queue,
    many_server_priorities,
    network_day,
    open_network,
    priority_day,
    queue_day,
    single_server,
    single_server_day,
    single_server_priorities,
)
from journeysim.branch.formulas.markov import Moves, evolve, generator


@pytest.mark.parametrize(
    ("hours", "servers", "wait_min", "waited", "reneged"),
    [
        (8, 3, 5.781, 0.8857, 0.2753),
        (8, 4, 2.790, 0.6783, 0.1329),
        (8, 5, 1.213, 0.4362, 0.0578),
        (24, 3, 5.922, 0.8974, 0.2820),
        (24, 4, 2.855, 0.6894, 0.1360),
        (24, 5, 1.240, 0.4438, 0.0590),
    ],
)
def test_erlang_a_day_40_an_hour_service_6_min_patience_21_min(hours, servers, wait_min, waited, reneged):
    day = queue_day([Period(hours, 40, servers)], 6, patience_mean_min=21).day
    assert day.wait_mean_min == pytest.approx(wait_min, abs=5e-4)
    assert day.waited_fraction == pytest.approx(waited, abs=5e-5)
    assert day.reneged_fraction == pytest.approx(reneged, abs=5e-5)


def test_mm1_opens_empty_as_in_the_textbook():
    """P(empty at t) of M/M/1 by its Bessel series, for a queue watched for half an hour."""
    up, down, minutes, places = 0.1, 0.15, 30.0, 80
    states = np.arange(places)
    chain = generator(
        places,
        [
            Moves(states[:-1], states[1:], np.full(places - 1, up)),
            Moves(states[1:], states[:-1], np.full(places - 1, down)),
        ],
    )
    chance = evolve(sparse.csr_array(chain.T), np.eye(1, places)[0], minutes).end
    use, x = up / down, 2 * minutes * math.sqrt(up * down)
    series = sum(use ** (-k / 2) * iv(k, x) for k in range(2, 200))
    empty = math.exp(-(up + down) * minutes) * (iv(0, x) + use**-0.5 * iv(1, x) + (1 - use) * series)
    assert chance[0] == pytest.approx(empty, rel=1e-10)


@settings(max_examples=25)
@given(st.integers(0, 10**9), st.floats(0, 50))
def test_evolve_is_the_matrix_exponential(seed, minutes):
    luck = np.random.default_rng(seed)
    rates = luck.exponential(size=(6, 6)) * (luck.random((6, 6)) < 0.5)
    np.fill_diagonal(rates, 0)
    source, target = np.nonzero(rates)
    chain = generator(6, [Moves(source, target, rates[source, target])])
    start = luck.random(6)
    result = evolve(chain, start, minutes)
    augmented = np.zeros((7, 7))
    augmented[:6, :6], augmented[:6, 6] = chain.toarray(), start
    assert result.end == pytest.approx(linalg.expm(chain.toarray() * minutes) @ start, rel=1e-9)
    assert result.integral == pytest.approx(linalg.expm(augmented * minutes)[:6, 6], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("servers", [3, 5])
def test_a_long_erlang_a_day_becomes_the_steady_state(servers):
    """The empty start costs the same whatever the length, so its mean effect falls as 1/hours."""
    steady = erlang_a(40, 6, servers, 21)
    for name in ("wait_mean_min", "waited_fraction", "reneged_fraction", "queue_length_mean", "utilisation"):
        gaps = [
            getattr(steady, name)
            - getattr(queue_day([Period(h, 40, servers)], 6, patience_mean_min=21).day, name)
            for h in (12, 24)
        ]
        assert gaps[0] > 0
        assert gaps[0] == pytest.approx(2 * gaps[1], rel=1e-6)


def test_periods_after_warm_up_are_the_steady_state():
    """By-period values depend on what came before only through the start, and settle hour by hour."""
    cases = [
        (erlang_a(40, 6, 4, 21), queue_day([Period(10, 40, 4)] * 2, 6, patience_mean_min=21)),
        (limited_queue(40, 6, 4, 7), queue_day([Period(10, 40, 4)] * 2, 6, waiting_places=7)),
        (erlang_c(30, 6, 4), queue_day([Period(40, 30, 4)] * 2, 6)),
    ]
    for steady, day in cases:
        settled = day.periods[1]
        assert settled.wait_mean_min == pytest.approx(steady.wait_mean_min, rel=1e-9)
        assert settled.waited_fraction == pytest.approx(steady.waited_fraction, rel=1e-9)
        assert settled.utilisation == pytest.approx(steady.utilisation, rel=1e-9)
        assert settled.rejected_fraction == pytest.approx(getattr(steady, "rejected_fraction", 0), abs=1e-9)
        assert settled.reneged_fraction == pytest.approx(getattr(steady, "reneged_fraction", 0), abs=1e-9)
        served = getattr(steady, "wait_served_mean_min", steady.wait_mean_min)
        assert settled.wait_served_mean_min == pytest.approx(served, rel=1e-9)


rosters = st.lists(
    st.builds(Period, st.floats(0.2, 2), st.floats(0, 30), st.integers(0, 6)), min_size=1, max_size=4
)


@settings(max_examples=12)
@given(
    rosters,
    st.integers(2, 4),
    st.floats(1, 8),
    st.one_of(st.floats(2, 60), st.just(math.inf)),
    st.one_of(st.none(), st.integers(0, 12)),
)
def test_waits_followed_backwards_equal_the_queue_followed_forwards(periods, last, service, patience, places):
    """Little's law: minutes waited, by customer, are the minutes that the line stood, by the clock.

    The first come from each arrival's future, the second from the distribution of the line until it is empty.
    """
    periods = [*periods, Period(1, 30, last)]
    day = queue_day(periods, service, patience_mean_min=patience, waiting_places=places).day
    emptied = queue_day(
        [*periods, Period(30, 0, last)], service, patience_mean_min=patience, waiting_places=places
    ).day
    hours = sum(period.hours for period in periods)
    joined = day.arrivals_mean * (1 - day.rejected_fraction)
    stood = emptied.queue_length_mean * (hours + 30) * 60
    assert joined * day.wait_mean_min == pytest.approx(stood, rel=1e-8, abs=1e-9)
    assert day.arrivals_mean * day.reneged_fraction == pytest.approx(stood / patience, rel=1e-8, abs=1e-8)


@settings(max_examples=12)
@given(rosters, st.integers(1, 4), st.integers(0, 3))
def test_the_day_is_its_periods_added_up(periods, last, places):
    result = queue_day([*periods, Period(1, 30, last)], 6, patience_mean_min=21, waiting_places=places)
    arrivals = [part.arrivals_mean for part in result.periods]
    joined = [
        a * (1 - part.rejected_fraction) if a else 0 for a, part in zip(arrivals, result.periods, strict=True)
    ]
    waits = [j * part.wait_mean_min if j else 0 for j, part in zip(joined, result.periods, strict=True)]
    assert result.day.arrivals_mean == pytest.approx(sum(arrivals))
    assert result.day.wait_mean_min * sum(joined) == pytest.approx(sum(waits))
    assert result.overtime_min >= -1e-9


@settings(max_examples=12)
@given(rosters, st.integers(1, 4), st.integers(0, 3), st.floats(0.05, 0.95))
def test_cutting_a_period_in_two_changes_nothing(periods, last, which, share):
    periods = [*periods, Period(1, 30, last)]
    which %= len(periods)
    cut = periods[which]
    halves = [Period(cut.hours * part, cut.arrivals_per_hour, cut.servers) for part in (share, 1 - share)]
    whole = queue_day(periods, 6, patience_mean_min=21)
    parts = queue_day([*periods[:which], *halves, *periods[which + 1 :]], 6, patience_mean_min=21)
    assert astuple(parts.day) == pytest.approx(astuple(whole.day), rel=1e-8, abs=1e-9, nan_ok=True)
    assert parts.overtime_min == pytest.approx(whole.overtime_min, abs=1e-7)


@settings(max_examples=12)
@given(rosters, st.integers(1, 4), st.integers(0, 3), st.one_of(st.none(), st.integers(0, 12)))
def test_one_more_server_in_one_period_waits_less_and_loses_fewer(periods, last, which, places):
    """Erlang A and M/M/c/K lose fewer; no order of waits holds for each period on its own."""
    periods = [*periods, Period(1, 30, last)]
    which %= len(periods)
    more = list(periods)
    more[which] = Period(more[which].hours, more[which].arrivals_per_hour, more[which].servers + 1)
    before = queue_day(periods, 6, patience_mean_min=21, waiting_places=places).day
    after = queue_day(more, 6, patience_mean_min=21, waiting_places=places).day
    lost = [day.rejected_fraction + day.reneged_fraction for day in (before, after)]
    assert lost[1] <= lost[0] + 1e-9
    if places is None:
        assert after.wait_mean_min <= before.wait_mean_min + 1e-9


def test_no_servers_before_the_doors_are_staffed():
    """Ten arrivals an hour find nobody for half an hour: each waits at least until then."""
    result = queue_day([Period(0.5, 10, 0), Period(2, 0, 50)], 6)
    assert result.periods[0].wait_mean_min == pytest.approx(15)
    assert result.periods[0].waited_fraction == 1
    assert result.periods[0].utilisation != result.periods[0].utilisation
    assert result.periods[1].wait_mean_min != result.periods[1].wait_mean_min


def test_overtime_of_one_server_after_closing():
    """One customer at most: the server works on with the chance of having one, for a mean service."""
    busy = 5 / 60 / (5 / 60 + 1 / 6) * (1 - math.exp(-60 * (5 / 60 + 1 / 6)))
    assert queue_day([Period(1, 5, 1)], 6, waiting_places=0).overtime_min == pytest.approx(6 * busy)


def test_a_falling_roster_lets_services_finish_and_takes_nobody_until_it_fits():
    """Five at work and two in line when the roster falls to one.

    Four of the five work on above the roster. The line moves when all five have finished: the last of them
    was the one on the roster.
    """
    result = queue_day([Period(0.01, 600_000, 5), Period(10, 0, 1)], 6, waiting_places=2)
    all_five = 6 * sum(1 / k for k in range(1, 6))
    assert result.overtime_min == pytest.approx(5 * 6 - all_five, rel=5e-4)
    assert result.periods[1].queue_length_mean * 600 == pytest.approx(all_five + all_five + 6, rel=5e-4)


def test_a_rising_roster_takes_from_the_line_at_once():
    """One at work and six in line when three more come: three wait on, for one, two and three of 6/4 min."""
    result = queue_day([Period(0.01, 600_000, 1), Period(10, 0, 4)], 6, waiting_places=6)
    assert result.periods[1].queue_length_mean * 600 == pytest.approx(6 / 4 * (1 + 2 + 3), rel=5e-4)
    assert result.periods[1].utilisation * 4 * 600 == pytest.approx(7 * 6, rel=5e-4)
    assert result.overtime_min == pytest.approx(0, abs=1e-6)


def _simulated_day(periods, service, patience, places, luck):
    """One day by rule 4 of the roster, event by event; sums by period of arrival."""
    opens = np.concatenate(([0.0], np.cumsum([period.hours * 60 for period in periods])))
    events = [(float(opens[k]), 1, k, k) for k in range(len(periods))]
    serial = len(periods)
    for k, period in enumerate(periods):
        now = float(opens[k])
        while period.arrivals_per_hour:
            now += luck.expovariate(period.arrivals_per_hour / 60)
            if now >= opens[k + 1]:
                break
            serial += 1
            events.append((now, 4, serial, (now, k, serial)))
    heapq.heapify(events)
    busy, servers, line, over, before = 0, 0, [], 0.0, 0.0
    sums = np.zeros((len(periods), 4))

    def start(customer, now):
        nonlocal serial
        serial += 1
        heapq.heappush(events, (now + luck.expovariate(1 / service), 2, serial, None))
        sums[customer[1]] += (0, 0, now - customer[0], now - customer[0])

    while events:
        now, kind, _, what = heapq.heappop(events)
        over += max(0, busy - servers) * (min(now, opens[-1]) - min(before, opens[-1]))
        over += busy * (max(now, opens[-1]) - max(before, opens[-1]))
        before = now
        if kind == 1:
            servers = periods[what].servers
        elif kind == 2:
            busy -= 1
        elif kind == 3 and what in line:
            line.remove(what)
            sums[what[1]] += (0, 1, now - what[0], 0)
        elif kind == 4 and busy < servers:
            busy += 1
            start(what, now)
        elif kind == 4 and len(line) >= places:
            sums[what[1], 0] += 1
        elif kind == 4:
            line.append(what)
            serial += 1
            heapq.heappush(events, (now + luck.expovariate(1 / patience), 3, serial, what))
        while line and busy < servers:
            busy += 1
            start(line.pop(0), now)
    return sums, over


@pytest.mark.slow
def test_a_changing_roster_against_a_plain_simulation():
    """Rejected, reneged, minutes waited and minutes waited by the served, by period of arrival; overtime."""
    periods = [Period(2, 50, 6), Period(1, 60, 2), Period(2, 30, 4), Period(1, 10, 1)]
    exact = queue_day(periods, 6, patience_mean_min=15, waiting_places=12)
    luck = random.Random(5)
    days = [_simulated_day(periods, 6, 15, 12, luck) for _ in range(8000)]
    seen = np.array([np.append(sums.ravel(), over) for sums, over in days])
    truth = []
    for part in exact.periods:
        n = part.arrivals_mean
        joined, reneged = n * (1 - part.rejected_fraction), n * part.reneged_fraction
        truth += [
            n - joined,
            reneged,
            joined * part.wait_mean_min,
            (joined - reneged) * part.wait_served_mean_min,
        ]
    truth.append(exact.overtime_min)
    # Hardly anybody is rejected in the last period, so that its error is that of a Poisson count.
    error = np.maximum(seen.std(axis=0, ddof=1), np.sqrt(truth)) / math.sqrt(len(days))
    assert np.all(np.abs(seen.mean(axis=0) - truth) <= 3.5 * error)


@pytest.mark.parametrize(("arrivals", "service"), [(8, 6), (12, 6), (9, 2)])
def test_mg1_day_with_exponential_service_is_the_mm1_day(arrivals, service):
    """Takacs's formula and Kolmogorov's equations share no step."""
    work, chain = single_server_day(8, arrivals, service, 1), queue_day([Period(8, arrivals, 1)], service).day
    assert work.wait_mean_min == pytest.approx(chain.wait_mean_min, rel=1e-9)
    assert work.waited_fraction == pytest.approx(chain.waited_fraction, rel=1e-9)


@pytest.mark.parametrize("phases", [2, 5])
def test_mg1_day_with_erlang_service_is_its_chain_of_phases(phases):
    work = single_server_day(8, 8, 6, phases**-0.5)
    (chain,) = priority_day(8, [PriorityClass(8, 6, phases)], 1)
    assert work.wait_mean_min == pytest.approx(chain.wait_mean_min, rel=1e-9)
    assert work.waited_fraction == pytest.approx(chain.waited_fraction, rel=1e-9)


def test_mg1_day_with_constant_service_is_the_limit_of_small_spread():
    constant = single_server_day(8, 8, 6, 0).wait_mean_min
    gaps = [single_server_day(8, 8, 6, cv).wait_mean_min - constant for cv in (0.1, 0.05)]
    assert gaps[0] == pytest.approx(4 * gaps[1], rel=0.02)
    assert gaps[1] > 0


@pytest.mark.parametrize("cv", [0.0, 0.5, 1.5])
def test_a_long_mg1_day_becomes_the_steady_state(cv):
    steady = single_server(4, 6, cv)
    gaps = [steady.wait_mean_min - single_server_day(h, 4, 6, cv).wait_mean_min for h in (16, 32)]
    assert gaps[0] == pytest.approx(2 * gaps[1], rel=1e-5)
    assert single_server_day(32, 4, 6, cv).waited_fraction == pytest.approx(steady.waited_fraction, rel=0.01)


def test_priorities_only_reorder_a_day():
    classes = priority_day(8, [PriorityClass(8, 6), PriorityClass(32, 6)], 5)
    whole = queue_day([Period(8, 40, 5)], 6).day
    assert (8 * classes[0].wait_mean_min + 32 * classes[1].wait_mean_min) / 40 == pytest.approx(
        whole.wait_mean_min, rel=1e-9
    )
    assert classes[0].wait_mean_min < classes[1].wait_mean_min / 3
    for kind in classes:
        assert kind.waited_fraction == pytest.approx(whole.waited_fraction, rel=1e-9)
    assert classes[0].queue_length_mean + classes[1].queue_length_mean == pytest.approx(
        whole.queue_length_mean
    )


def test_one_class_with_patience_is_an_erlang_a_day():
    (kind,) = priority_day(8, [PriorityClass(40, 6, patience_mean_min=21)], 4)
    day = queue_day([Period(8, 40, 4)], 6, patience_mean_min=21).day
    assert (kind.waited_fraction, kind.reneged_fraction, kind.wait_mean_min, kind.queue_length_mean) == (
        pytest.approx((day.waited_fraction, day.reneged_fraction, day.wait_mean_min, day.queue_length_mean))
    )


def test_a_long_day_of_priorities_becomes_the_steady_state():
    classes = [PriorityClass(2, 4, 2), PriorityClass(4, 7, 3)]
    steady = single_server_priorities([2, 4], [4, 7], [2**-0.5, 3**-0.5]).wait_mean_by_class_min
    many = many_server_priorities([8, 16], 6, 4).wait_mean_by_class_min
    for truth, kinds, servers in (
        (steady, classes, 1),
        (many, [PriorityClass(8, 6), PriorityClass(16, 6)], 4),
    ):
        days = [priority_day(h, kinds, servers) for h in (50, 100)]
        for kind, wait in enumerate(truth):
            gaps = [wait - day[kind].wait_mean_min for day in days]
            assert gaps[0] == pytest.approx(2 * gaps[1], rel=1e-4)
            assert 0 < gaps[1] < 0.05 * wait


def test_feedback_makes_a_service_of_many_rounds():
    """Whoever returns with probability 1/4 keeps the server 4/3 as long, so the line is that of M/M/1."""
    network, single = network_day(8, [6], [6], [1], [[0.25]]), queue_day([Period(8, 6, 1)], 8).day
    assert network.wait_mean_min == pytest.approx(single.wait_mean_min, rel=1e-9)
    assert network.nodes[0].steps_mean == pytest.approx(64)
    assert network.nodes[0].wait_mean_min == pytest.approx(0.75 * single.wait_mean_min, rel=1e-9)
    assert network.nodes[0].queue_length_mean == pytest.approx(single.queue_length_mean, rel=1e-9)


def test_the_first_node_of_a_tandem_does_not_feel_the_second():
    network, first = (
        network_day(8, [20, 0], [2, 6], [1, 3], [[0, 0.8], [0, 0]]),
        queue_day([Period(8, 20, 1)], 2),
    )
    assert network.nodes[0].wait_mean_min == pytest.approx(first.day.wait_mean_min, rel=1e-9)
    assert network.nodes[0].waited_fraction == pytest.approx(first.day.waited_fraction, rel=1e-9)
    assert network.nodes[1].steps_mean == pytest.approx(128)


def test_a_long_network_day_becomes_jackson():
    case = ([10, 0], [3, 6], [1, 2], [[0, 0.6], [0.25, 0.1]])
    steady = open_network(*case)
    days = [network_day(hours, *case) for hours in (100, 200)]
    for node in range(2):
        gaps = [steady.nodes[node].wait_mean_min - day.nodes[node].wait_mean_min for day in days]
        assert gaps[0] == pytest.approx(2 * gaps[1], rel=0.01)
        waited = [steady.nodes[node].waited_fraction - day.nodes[node].waited_fraction for day in days]
        assert waited[0] == pytest.approx(2 * waited[1], rel=0.01)
        assert 0 < waited[1] < 0.01


def test_an_unvisited_node_has_no_waits():
    node = network_day(4, [10, 0], [3, 6], [1, 2], [[0, 0], [0, 0]]).nodes[1]
    assert node.steps_mean == 0
    assert math.isnan(node.wait_mean_min)


def test_arrivals_cumulate_with_the_rate():
    periods = [Period(1, 24, 1), Period(2, 40, 1), Period(0.5, 0, 1)]
    come = cumulated_arrivals(periods, [-1, 0, 0.5, 1, 2.5, 3, 3.25, 9])
    assert come == pytest.approx([0, 0, 12, 24, 84, 104, 104, 104])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: queue_day([], 6), "periods: must be at least one"),
        (lambda: queue_day([Period(0, 40, 3)], 6), r"periods\[0\].hours: must be a number above 0, found 0"),
        (lambda: queue_day([Period(1, -1, 3)], 6), r"periods\[0\].arrivals_per_hour: must be a number of at"),
        (lambda: queue_day([Period(1, 1, -3)], 6), r"periods\[0\].servers: must be a whole number"),
        (lambda: queue_day([Period(1, 40, 3)], math.inf), "service_mean_min: must be a number above 0"),
        (lambda: queue_day([Period(1, 40, 3)], 6, patience_mean_min=0), "patience_mean_min: must be above 0"),
        (lambda: queue_day([Period(1, 40, 3)], 6, waiting_places=-1), "waiting_places: must be a whole"),
        (lambda: queue_day([Period(1, 4, 3), Period(1, 4, 0)], 6), "periods: must end with servers"),
        (lambda: single_server_day(0, 8, 6, 1), "hours: must be a number above 0"),
        (lambda: single_server_day(8, 8, 6, -1), "service_cv: must be a number of at least 0"),
        (lambda: priority_day(8, [], 1), "classes: must be at least one"),
        (
            lambda: priority_day(8, [PriorityClass(8, 6, 0)], 1),
            r"classes\[0\].service_phases: must be a whole",
        ),
        (lambda: priority_day(8, [PriorityClass(8, 6)] * 5, 9), "more than 2000000"),
        (lambda: network_day(8, [8], [6, 6], [1], [[0]]), "one number for each of 1 nodes"),
        (lambda: network_day(8, [8], [6], [0], [[0]]), r"servers\[0\]: must be a whole number"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
