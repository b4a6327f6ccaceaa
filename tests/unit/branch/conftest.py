"""Both engines, for tests of what the rules say."""

from __future__ import annotations

import pytest
from tests import oracle
from tests.branch_days import Engine

from journeysim.branch import simpy_engine


@pytest.fixture(params=["simpy", "oracle"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return {"simpy": simpy_engine.simulate_day, "oracle": oracle.simulate_day}[request.param]
