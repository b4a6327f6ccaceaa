"""The page about the prediction of the call centre says what the shipped map does."""

from __future__ import annotations

import re
import sys

import numpy as np
import polars as pl
import pytest
from tests.conftest import ROOT

sys.path.insert(0, str(ROOT / "tools"))

from callcentre.simulate import simulate
from journeysim.journey import load_journey

PAGE = (ROOT / "docs/explanation/call-centre.md").read_text(encoding="utf-8")
MAP = ROOT / "journeys/call-centre.yaml"
NUMBER = r"([\d.]+)%?(?: ± [\d.]+)?"


def rows(pattern: str) -> list[list[str]]:
    found = re.findall(pattern, PAGE, re.MULTILINE)
    assert found
    return [list(row) for row in found]


@pytest.fixture(scope="module")
def simulated() -> pl.DataFrame:
    return pl.concat(simulate([MAP], 6, 1, 2))


def test_mean_wait_and_abandonment_are_within_a_tenth_and_as_the_page_says(simulated: pl.DataFrame) -> None:
    ((_, observed_wait, wait),) = rows(rf"^\| (mean wait), s \| {NUMBER} \| {NUMBER} \|")
    ((_, observed_gave_up, gave_up),) = rows(rf"^\| (gave up) \| {NUMBER} \| {NUMBER} \|")
    log = load_journey(MAP).arrivals.recorded
    assert log is not None
    assert log.observed_wait_min is not None
    assert log.observed_outcome is not None
    assert log.observed_wait_min.mean() * 60 == pytest.approx(float(observed_wait), abs=0.05)
    reneged = np.mean(np.array(log.observed_outcome) == "reneged")
    assert 100 * reneged == pytest.approx(float(observed_gave_up), abs=0.05)
    mean_wait = simulated["wait_s"].to_numpy().mean()
    share = 100 * (1 - simulated["served"].to_numpy().mean())
    assert mean_wait == pytest.approx(float(observed_wait), rel=0.1)
    assert share == pytest.approx(float(observed_gave_up), rel=0.1)
    # About three standard errors of six replications.
    assert mean_wait == pytest.approx(float(wait), rel=0.05)
    assert share == pytest.approx(float(gave_up), abs=0.6)


def test_errors_by_the_hour_are_those_of_the_page_and_beat_both_rivals(simulated: pl.DataFrame) -> None:
    pattern = r"^\| (\d\d):00 \|" + rf" {NUMBER} \|" * 9 + "$"
    table = np.array([[float(cell) for cell in row] for row in rows(pattern)])
    assert table[:, 0].tolist() == list(range(7, 24))
    hourly = (
        simulated.group_by("hour")
        .agg(pl.col("wait_s").mean(), gave_up=100 * (1 - pl.col("served").mean()))
        .sort("hour")
    )
    for first, name, label, widest in (
        (2, "wait_s", "wait, s", 25),
        (6, "gave_up", "gave up, percentage points", 3),
    ):
        observed = table[:, first]
        errors = [np.abs(table[:, column] - observed).mean() for column in range(first + 1, first + 4)]
        assert errors[0] < min(errors[1:])
        ((_, *said),) = rows(rf"^\| ({label}) \| \*?\*?([\d.]+)\*?\*? \| ([\d.]+) \| ([\d.]+) \|$")
        assert errors == pytest.approx([float(one) for one in said], abs=0.06)
        assert np.abs(hourly[name].to_numpy() - table[:, first + 1]).max() < widest
