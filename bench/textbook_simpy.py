"""SimPy as its tutorials write it: a generator for each customer, ``with``, PriorityResource, AnyOf.

Luck from Python's `random`, the quickest that a tutorial uses; one tuple is noted for each step.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator
from typing import Any

import polars as pl
import simpy

from bench.models import STEPS_SCHEMA, Bank

Steps = list[tuple[object, ...]]
Staff = dict[str, Any]
Process = Generator[simpy.Event, Any, None]


def run(bank: Bank, days: int, seed: int) -> pl.DataFrame:
    """Simulate so many days that open empty and serve all who came; one row a step."""
    random.seed(seed)
    customer = impatient_customer if len(bank.servers) > 1 else patient_customer
    kind = simpy.PriorityResource if len(bank.servers) > 1 else simpy.Resource
    steps: Steps = []
    for day in range(days):
        env = simpy.Environment()
        staff = {name: kind(env, capacity=count) for name, count in bank.servers.items()}
        env.process(arrivals(env, bank, staff, customer, steps, day))
        env.run()
    return pl.DataFrame(steps, schema=STEPS_SCHEMA, orient="row")


def arrivals(
    env: simpy.Environment, bank: Bank, staff: Staff, customer: Callable[..., Process], steps: Steps, day: int
) -> Process:
    """Let customers come by a Poisson process whose rate changes: thinning, as in Law & Kelton."""
    highest = max(per_min for _, per_min in bank.arrivals_until)
    segments, shares = list(bank.share), list(bank.share.values())
    while True:
        yield env.timeout(random.expovariate(highest))
        if env.now >= bank.open_for_min:
            return
        per_min = next(per_min for until, per_min in bank.arrivals_until if env.now < until)
        if per_min == highest or random.random() < per_min / highest:
            segment = segments[0] if len(segments) == 1 else random.choices(segments, shares)[0]
            env.process(customer(env, bank, staff, steps, day, segment))


def patient_customer(
    env: simpy.Environment, bank: Bank, staff: Staff, steps: Steps, day: int, segment: str
) -> Process:
    """One visit of model A: wait for a teller, be served, leave."""
    joined = env.now
    with staff["teller"].request() as request:
        yield request
        started = env.now
        yield env.timeout(random.expovariate(1 / bank.service_mean_min["teller"]))
        steps.append((day, segment, "teller", joined, started, env.now, "served"))


def impatient_customer(
    env: simpy.Environment, bank: Bank, staff: Staff, steps: Steps, day: int, segment: str
) -> Process:
    """One visit of model B: touchpoint after touchpoint, giving up where the wait gets too long."""
    touchpoint = "greeter"
    patience_mean_min = bank.patience_mean_min[segment]
    assert patience_mean_min is not None
    while touchpoint:
        joined = env.now
        with staff[touchpoint].request(priority=bank.priority[segment]) as request:
            patience = env.timeout(random.expovariate(1 / patience_mean_min))
            yield request | patience
            if not request.triggered:
                steps.append((day, segment, touchpoint, joined, None, env.now, "reneged"))
                return
            started = env.now
            yield env.timeout(random.expovariate(1 / bank.service_mean_min[touchpoint]))
            steps.append((day, segment, touchpoint, joined, started, env.now, "served"))
        touchpoint = next_touchpoint(bank, touchpoint)


def next_touchpoint(bank: Bank, touchpoint: str) -> str:
    """Draw where a customer goes on to; empty: home."""
    left = random.random()
    for after, probability in bank.goes_on[touchpoint].items():
        left -= probability
        if left < 0.0:
            return after
    return ""
