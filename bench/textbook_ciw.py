"""Ciw as its guides write it: one network, a class for each segment, its own records."""

from __future__ import annotations

from itertools import pairwise

import ciw
import polars as pl

from bench.models import STEPS_SCHEMA, Bank

OUTCOMES = {"service": "served", "renege": "reneged"}


def run(bank: Bank, days: int, seed: int) -> pl.DataFrame:
    """Simulate so many days that open empty and serve all who came; one row a step."""
    ciw.seed(seed)
    touchpoints = list(bank.servers)
    steps: list[tuple[object, ...]] = []
    for day in range(days):
        # A network is built for each day, since Ciw draws the arrivals of changing rates when it is built.
        simulation = ciw.Simulation(network(bank))
        simulation.simulate_until_max_time(2.0 * bank.open_for_min)
        steps += [
            (
                day,
                record.customer_class,
                touchpoints[record.node - 1],
                record.arrival_date,
                record.service_start_date if record.record_type == "service" else None,
                record.exit_date,
                OUTCOMES[record.record_type],
            )
            for record in simulation.get_all_records()
        ]
    return pl.DataFrame(steps, schema=STEPS_SCHEMA, orient="row")


def network(bank: Bank) -> ciw.network.Network:
    """Describe the model; it stays open for one day's arrivals."""
    service = [ciw.dists.Exponential(1.0 / mean) for mean in bank.service_mean_min.values()]
    moves = [[after.get(name, 0.0) for name in bank.servers] for after in bank.goes_on.values()]
    never = [None] * (len(service) - 1)
    ranks = sorted(set(bank.priority.values()))
    patience = {
        name: [None if mean is None else ciw.dists.Exponential(1.0 / mean)] * len(service)
        for name, mean in bank.patience_mean_min.items()
    }
    return ciw.create_network(
        arrival_distributions={name: [arrivals(bank, share), *never] for name, share in bank.share.items()},
        service_distributions=dict.fromkeys(bank.share, service),
        routing=dict.fromkeys(bank.share, moves),
        number_of_servers=list(bank.servers.values()),
        priority_classes={name: ranks.index(rank) for name, rank in bank.priority.items()},
        reneging_time_distributions=patience,
    )


def arrivals(bank: Bank, share: float) -> ciw.dists.Distribution:
    """Describe the arrivals of one segment."""
    rates = [share * per_min for _, per_min in bank.arrivals_until]
    ends = [until for until, _ in bank.arrivals_until]
    assert all(before < after for before, after in pairwise([0.0, *ends]))
    return ciw.dists.PoissonIntervals(rates=rates, endpoints=ends, max_sample_date=ends[-1])
