"""The town in which the claims of service training are looked for, projected once for all files."""

from __future__ import annotations

import pytest
from tests.claims import Town, town_of


@pytest.fixture(scope="session", params=[2, pytest.param(6, marks=pytest.mark.slow)], ids="{} years".format)
def city(request: pytest.FixtureRequest) -> Town:
    """A year of the city branch as it ships, with the default preset and market, some times over."""
    return town_of("city-branch.yaml", request.param, customers=12000, months=12)
