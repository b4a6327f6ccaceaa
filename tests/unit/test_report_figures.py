"""Figures show what their tables say."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import polars as pl
import pytest
from tests.branch_days import journey_of, one_queue

from journeysim.branch import open_days, simulate_replication
from journeysim.report import wait_by_time


def steps_of(option: str, replication: int, tellers: int = 2) -> pl.DataFrame:
    journey = journey_of(one_queue(staff__tellers__count=tellers))
    days = open_days(journey, date(2027, 1, 4), 5)
    found = simulate_replication(
        journey, days, seed=3, replication=replication, target_wait_min=10, keep_steps=True
    )
    assert found.steps is not None
    return found.steps.select(
        pl.lit(option).alias("option"), pl.lit(replication).alias("replication"), pl.all()
    )


def test_lines_hold_the_mean_waits_of_each_slot() -> None:
    steps = pl.concat([steps_of("Today", r) for r in range(3)] + [steps_of("More", r, 3) for r in range(3)])
    figure = wait_by_time(steps, "counter", slot_min=60)
    today, more = figure.axes[0].get_lines()
    assert [line.get_label() for line in (today, more)] == ["Today", "More"]
    first_hour = steps.filter((pl.col("option") == "Today") & (pl.col("joined_min") < 600))
    by_replication = first_hour.group_by("replication").agg(
        (pl.col("started_min") - pl.col("joined_min")).mean().alias("wait")
    )
    assert np.asarray(today.get_ydata())[0] == pytest.approx(by_replication["wait"].mean())
    assert np.asarray(today.get_xdata())[0] == 570


def test_one_replication_has_no_band() -> None:
    figure = wait_by_time(steps_of("Today", 0), "counter")
    (line,), (band,) = figure.axes[0].get_lines(), figure.axes[0].collections
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert corners == set(zip(line.get_xdata().tolist(), line.get_ydata().tolist(), strict=True))


def test_a_touchpoint_without_waits_is_refused() -> None:
    with pytest.raises(ValueError, match="counter_2"):
        wait_by_time(steps_of("Today", 0), "counter_2")


def test_chinese_names_have_glyphs(chinese_font) -> None:
    assert chinese_font
    figure = wait_by_time(steps_of("午间增开一个窗口", 0), "counter", title="柜台等候时间")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.canvas.draw()
