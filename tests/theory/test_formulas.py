"""Stationary queueing formulas against published values, each other and their limits."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeysim.branch.formulas import (
    erlang_a,
    erlang_b,
    erlang_c,
    limited_queue,
    many_server_priorities,
    open_network,
    single_server,
    single_server_priorities,
    traffic_equations,
)

arrivals = st.floats(1.0, 200.0)
services = st.floats(0.5, 30.0)
patiences = st.floats(0.5, 200.0)
teams = st.integers(1, 40)


@pytest.mark.parametrize(
    ("servers", "waited", "reneged", "wait_min"),
    [(3, 0.90318, 0.28538, 5.993), (4, 0.69488, 0.13752, 2.888), (5, 0.44768, 0.05967, 1.253)],
)
def test_erlang_a_40_an_hour_service_6_min_patience_21_min(servers, waited, reneged, wait_min):
    queue = erlang_a(40, 6, servers, 21)
    assert queue.waited_fraction == pytest.approx(waited, abs=5e-6)
    assert queue.reneged_fraction == pytest.approx(reneged, abs=5e-6)
    assert queue.wait_mean_min == pytest.approx(wait_min, abs=5e-4)


def test_erlang_c_40_an_hour_service_6_min_five_servers():
    queue = erlang_c(40, 6, 5)
    assert queue.waited_fraction == pytest.approx(0.55411, abs=5e-6)
    assert queue.wait_mean_min == pytest.approx(3.325, abs=5e-4)


@pytest.mark.parametrize(
    ("load", "servers", "blocked"),
    [(0.1, 1, 1 / 11), (1.0, 2, 0.2), (2.0, 2, 0.4), (3.0, 3, 9 / 26), (5.0, 1, 5 / 6)],
)
def test_erlang_b_by_hand(load, servers, blocked):
    assert erlang_b(60 * load, 1, servers).rejected_fraction == pytest.approx(blocked, rel=1e-13)


def test_erlang_b_as_in_traffic_tables():
    """4.46 erlangs on ten lines lose one call in 100."""
    assert erlang_b(60 * 4.461, 1, 10).rejected_fraction == pytest.approx(0.01, abs=2e-5)


def test_erlang_b_serves_nobody_without_servers():
    assert erlang_b(10, 6, 0).rejected_fraction == 1.0


def test_mm1_closed_form():
    queue = erlang_c(8, 6, 1)
    assert queue.waited_fraction == pytest.approx(0.8)
    assert queue.wait_mean_min == pytest.approx(24)
    assert queue.queue_length_mean == pytest.approx(3.2)
    assert queue.within_fraction(0) == pytest.approx(0.2)
    assert queue.within_fraction(30) == pytest.approx(1 - 0.8 * math.exp(-1))
    assert queue.wait_quantile_min(0.2) == 0
    assert queue.wait_quantile_min(0.9) == pytest.approx(30 * math.log(8))


def test_mm1_with_places_is_a_truncated_geometric():
    chance = 0.8 ** np.arange(6)
    chance /= chance.sum()
    queue = limited_queue(8, 6, 1, 4)
    assert queue.rejected_fraction == pytest.approx(chance[5])
    assert queue.queue_length_mean == pytest.approx(np.arange(5) @ chance[1:])
    assert queue.waited_fraction == pytest.approx(chance[1:5].sum() / chance[:5].sum())
    assert queue.utilisation == pytest.approx(1 - chance[0])


@pytest.mark.parametrize(("cv", "factor"), [(0.0, 0.5), (1.0, 1.0), (2.0, 2.5)])
def test_mg1_multiplies_the_wait_of_mm1_by_its_spread(cv, factor):
    assert single_server(8, 6, cv).wait_mean_min == pytest.approx(24 * factor)


def test_md1_half_loaded_waits_half_a_service():
    assert single_server(5, 6, 0).wait_mean_min == pytest.approx(3)


def test_priorities_of_mm1_by_hand():
    """Remaining service 4.8 min; classes of load .4 and .4 wait 4.8/.6 and 4.8/(.6 x .2)."""
    queue = single_server_priorities([4, 4], [6, 6], [1, 1])
    assert queue.wait_mean_by_class_min == pytest.approx((8, 40))


@given(st.lists(st.floats(0.1, 20), min_size=1, max_size=4), st.floats(0.3, 0.98), teams)
def test_priorities_of_many_servers_only_reorder(rates, use, servers):
    service = use * servers * 60 / sum(rates)
    queue = many_server_priorities(rates, service, servers)
    assert queue.wait_mean_min == pytest.approx(erlang_c(sum(rates), service, servers).wait_mean_min)
    waits = queue.wait_mean_by_class_min
    assert all(better < worse for better, worse in pairwise(waits))


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.1, 8), st.floats(0, 3)), min_size=1, max_size=4))
def test_priorities_keep_the_work_conserved(classes):
    """Kleinrock's conservation law: load-weighted waits do not depend on the order of the classes."""
    total = sum(rate * mean for rate, mean, _ in classes)
    scaled = [(rate * 50 / max(total, 50), mean, cv) for rate, mean, cv in classes]

    def weighted(order):
        queue = single_server_priorities(*(list(column) for column in zip(*order, strict=True)))
        return sum(c[0] * c[1] * w for c, w in zip(order, queue.wait_mean_by_class_min, strict=True))

    assert weighted(scaled) == pytest.approx(weighted(scaled[::-1]))


def test_one_priority_class_is_mg1():
    queue = single_server_priorities([8], [6], [0.5])
    assert queue.wait_mean_min == pytest.approx(single_server(8, 6, 0.5).wait_mean_min)
    assert queue.queue_length_mean_by_class[0] == pytest.approx(single_server(8, 6, 0.5).queue_length_mean)


@given(arrivals, services, teams, patiences)
def test_erlang_a_loses_nobody(rate, service, servers, patience):
    """The work that the busy servers do is the work of those who did not give up."""
    queue = erlang_a(rate, service, servers, patience)
    assert 0 <= queue.reneged_fraction <= queue.waited_fraction <= 1 + 1e-12
    assert queue.utilisation * servers == pytest.approx(queue.offered_load * (1 - queue.reneged_fraction))


@given(arrivals, services, teams, patiences)
def test_erlang_a_followed_customer_by_customer(rate, service, servers, patience):
    """First-step equations for a customer with so many ahead, weighted with the steady state."""
    queue = erlang_a(rate, service, servers, patience)
    weight, total, waits, served_waits = 1.0, 0.0, 0.0, 0.0
    for present in range(1, servers + 1):
        total += weight
        weight *= queue.offered_load / present
    serving, giving_up, wait, served, served_wait, ahead = servers / service, 1 / patience, 0.0, 1.0, 0.0, 0
    while ahead < 5000:
        change = serving + (ahead + 1) * giving_up
        move = (change - giving_up) / change
        served *= move
        wait, served_wait = 1 / change + move * wait, served / change + move * served_wait
        total, waits, served_waits = (
            total + weight,
            waits + weight * wait,
            served_waits + weight * served_wait,
        )
        weight *= rate / 60 / change
        ahead += 1
    assert queue.wait_mean_min == pytest.approx(waits / total)
    assert (1 - queue.reneged_fraction) * queue.wait_served_mean_min == pytest.approx(served_waits / total)


def test_erlang_a_served_wait_with_patience_like_service():
    """With equal means the number present is Poisson; c=1 gives the served wait as a short sum."""
    load = 0.9
    queue = erlang_a(9, 6, 1, 6)
    chance = np.array([load**n * math.exp(-load) / math.factorial(n) for n in range(40)])
    served = [1 / (1 + ahead + 1) for ahead in range(39)]
    wait = [6 * sum(1 / (1 + k + 1) for k in range(ahead + 1)) for ahead in range(39)]
    together = sum(p * s * w for p, s, w in zip(chance[1:], served, wait, strict=True))
    share = chance[0] + sum(p * s for p, s in zip(chance[1:], served, strict=True))
    assert queue.waited_fraction == pytest.approx(1 - math.exp(-load))
    assert 1 - queue.reneged_fraction == pytest.approx(share)
    assert queue.wait_served_mean_min == pytest.approx(together / share)


@given(arrivals, teams, st.floats(0.2, 0.95))
def test_erlang_a_becomes_erlang_c_with_endless_patience(rate, servers, use):
    service = use * servers * 60 / rate
    patient = erlang_c(rate, service, servers)
    assert erlang_a(rate, service, servers, math.inf).wait_mean_min == patient.wait_mean_min
    nearly = erlang_a(rate, service, servers, 1e9 * service)
    assert nearly.waited_fraction == pytest.approx(patient.waited_fraction, rel=1e-5)
    assert nearly.wait_served_mean_min == pytest.approx(patient.wait_mean_min, rel=1e-5)


@given(arrivals, services, teams)
def test_erlang_a_becomes_erlang_b_without_patience(rate, service, servers):
    impatient = erlang_a(rate, service, servers, 1e-9)
    assert impatient.reneged_fraction == pytest.approx(
        erlang_b(rate, service, servers).rejected_fraction, rel=1e-5
    )


@given(arrivals, services, teams)
def test_limited_queue_without_places_is_erlang_b(rate, service, servers):
    queue, loss = limited_queue(rate, service, servers, 0), erlang_b(rate, service, servers)
    assert queue.rejected_fraction == pytest.approx(loss.rejected_fraction)
    assert queue.utilisation == pytest.approx(loss.utilisation)
    assert queue.wait_mean_min == 0


@given(arrivals, teams, st.floats(0.2, 0.9))
def test_limited_queue_with_many_places_is_erlang_c(rate, servers, use):
    service = use * servers * 60 / rate
    queue = limited_queue(rate, service, servers, 600)
    assert queue.wait_mean_min == pytest.approx(erlang_c(rate, service, servers).wait_mean_min, rel=1e-9)


@given(arrivals, services, st.integers(1, 20), patiences, st.integers(0, 30))
def test_more_servers_and_less_load_wait_less(rate, service, servers, patience, places):
    for quantity in (
        lambda rate, servers: erlang_a(rate, service, servers, patience).wait_mean_min,
        lambda rate, servers: erlang_a(rate, service, servers, patience).reneged_fraction,
        lambda rate, servers: erlang_a(rate, service, servers, patience).waited_fraction,
        lambda rate, servers: erlang_b(rate, service, servers).rejected_fraction,
        lambda rate, servers: limited_queue(rate, service, servers, places).rejected_fraction,
    ):
        here = quantity(rate, servers)
        assert quantity(rate, servers + 1) <= here * (1 + 1e-9)
        assert quantity(rate * 0.9, servers) <= here * (1 + 1e-9)


@given(arrivals, teams, st.floats(0.2, 0.95), st.floats(0, 0.999))
def test_the_quantile_inverts_the_service_level(rate, servers, use, probability):
    queue = erlang_c(rate, use * servers * 60 / rate, servers)
    level = queue.within_fraction(queue.wait_quantile_min(probability))
    assert level == pytest.approx(max(probability, 1 - queue.waited_fraction))


def test_feedback_is_a_queue_with_more_arrivals():
    """A quarter of those served come back: 6 an hour become 8, and a visit waits 4/3 times."""
    network = open_network([6], [6], [1], [[0.25]])
    assert network.arrivals_per_hour == pytest.approx((8,))
    assert network.wait_mean_min == pytest.approx(24 * 4 / 3)
    assert network.time_in_network_mean_min == pytest.approx(30 * 4 / 3)


def test_two_nodes_with_return_by_hand():
    network = open_network([10, 0], [3, 6], [1, 2], [[0, 0.8], [0.25, 0]])
    assert network.arrivals_per_hour == pytest.approx((12.5, 10))
    assert [node.wait_mean_min for node in network.nodes] == pytest.approx([5, 2])
    assert network.wait_mean_min == pytest.approx(5 * 1.25 + 2)


@given(st.lists(st.floats(0, 50), min_size=3, max_size=3).filter(any), st.floats(0.05, 1))
def test_what_comes_in_goes_out(outside, leaving):
    moves = np.array([[0.0, 0.5, 0.5], [0.7, 0.1, 0.2], [0.3, 0.3, 0.4]]) * (1 - leaving)
    steps = traffic_equations(outside, moves)
    assert steps @ (1 - moves.sum(axis=1)) == pytest.approx(sum(outside))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: erlang_b(0, 6, 1), "arrivals_per_hour: must be a number above 0, found 0"),
        (lambda: erlang_b(math.nan, 6, 1), "arrivals_per_hour: must be a number above 0, found nan"),
        (lambda: erlang_b(5, -3, 1), "service_mean_min: must be a number above 0, found -3"),
        (lambda: erlang_b(5, 6, 1.5), "servers: must be a whole number of at least 0, found 1.5"),
        (lambda: erlang_b(5, 6, math.inf), "servers: must be a whole number"),
        (lambda: erlang_c(40, 6, 4), "servers: must be above the offered load of 4"),
        (lambda: erlang_c(8, 6, 1).within_fraction(-1), "wait_min: must be a number of at least 0"),
        (lambda: erlang_c(8, 6, 1).wait_quantile_min(1), "probability: must be at least 0 and below 1"),
        (lambda: erlang_a(40, 6, 0, 21), "servers: must be a whole number of at least 1, found 0"),
        (lambda: erlang_a(40, 6, 4, 0), "patience_mean_min: must be above 0, found 0"),
        (lambda: erlang_a(40, 6, 4, math.nan), "patience_mean_min: must be above 0, found nan"),
        (lambda: limited_queue(40, 6, 4, -1), "waiting_places: must be a whole number of at least 0"),
        (lambda: single_server(8, 6, -0.1), "service_cv: must be a number of at least 0"),
        (lambda: single_server_priorities([], [], []), "one number for each class, found 0, 0 and 0"),
        (lambda: single_server_priorities([5, 5], [6, 6], [1, 1]), "offered load of 1"),
        (lambda: many_server_priorities([], 6, 1), "one number for each class, found none"),
        (lambda: traffic_equations([[1.0]], [[0]]), "outside_per_hour: must have one number for each node"),
        (lambda: traffic_equations([1, 0], [[0]]), "routing: must have one row and one column"),
        (lambda: traffic_equations([0, 0], [[0, 0], [0, 0]]), "one above 0"),
        (lambda: traffic_equations([1, 0], [[0.5, 0.6], [0, 0]]), "sum to at most 1"),
        (lambda: traffic_equations([1, 0], [[0, 1], [1, 0]]), "everyone must be able to leave"),
        (lambda: open_network([8], [6, 6], [1], [[0]]), "one number for each of 1 nodes"),
        (lambda: open_network([8], [6], [1], [[0.5]]), "node 0: servers: must be above the offered load"),
    ],
)
def test_what_cannot_be_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
