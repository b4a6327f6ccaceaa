"""Figures of the day show what the steps say."""

from __future__ import annotations

import warnings

import numpy as np
import polars as pl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from tests.branch_days import BUSY, journey_of
from tests.figure_tables import TWO, steps_of

from journeysim import Run, run
from journeysim.report import queue_lengths_by_time, utilisation_by_hour, wait_by_time, waits_by_hour


@pytest.fixture(scope="module")
def two() -> pl.DataFrame:
    """Steps of two options, three replications each."""
    return pl.concat(
        [steps_of(option, r, tellers) for option, tellers in zip(TWO, (2, 3), strict=True) for r in range(3)]
    )


@pytest.fixture(scope="module")
def busy() -> Run:
    """A map with several groups, a roster that rises and falls, and neither wrap-up nor kept servers."""
    return run(journey_of(BUSY), replications=2, jobs=1)


def test_lines_hold_the_mean_waits_of_each_slot(two: pl.DataFrame) -> None:
    figure = wait_by_time(two, "counter", slot_min=60)
    today, more = figure.axes[0].get_lines()
    assert [line.get_label() for line in (today, more)] == ["Today", "More"]
    first_hour = two.filter((pl.col("option") == "Today") & (pl.col("joined_min") < 600))
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
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = wait_by_time(steps_of("午间增开一个窗口", 0), "counter", title="柜台等候时间")
        FigureCanvasAgg(figure).draw()


def test_hours_hold_mean_and_90th_percentile(two: pl.DataFrame) -> None:
    marks = waits_by_hour(two).axes[0].get_lines()
    high, mean = marks[2], marks[3]
    assert mean.get_label() == "More"
    second = two.filter((pl.col("option") == "More") & pl.col("joined_min").is_between(600, 659.999))
    waits = (second["started_min"] - second["joined_min"]).to_numpy()
    assert mean.get_ydata()[1] == pytest.approx(waits.mean())
    assert high.get_ydata()[1] == pytest.approx(np.quantile(waits, 0.9))
    assert 600 < mean.get_xdata()[1] < 660


def test_queue_lengths_are_those_of_every_day(two: pl.DataFrame) -> None:
    """Counted again one by one, at one moment, over the days of one option."""
    figure = queue_lengths_by_time(two, "line", every_min=10)
    assert [axes.get_title(loc="left") for axes in figure.axes] == list(TWO)
    (median,) = figure.axes[0].get_lines()
    outer, inner = (band.get_paths()[0].vertices for band in figure.axes[0].collections)
    moment = 640.0
    today = two.filter(pl.col("option") == "Today")
    lengths = [
        sum(joined <= moment < started for joined, started in day.select("joined_min", "started_min").rows())
        for _, day in today.group_by("replication", "day", maintain_order=True)
    ]
    assert len(lengths) == 15
    assert max(lengths) > 0
    at = list(median.get_xdata()).index(moment)
    assert median.get_ydata()[at] == np.median(lengths)
    for band, ends in ((outer, (0.05, 0.95)), (inner, (0.25, 0.75))):
        found = band[band[:, 0] == moment, 1]
        assert (found.min(), found.max()) == pytest.approx(tuple(np.quantile(lengths, ends)))


def test_who_leaves_the_queue_at_a_moment_is_not_seen_at_it(two: pl.DataFrame) -> None:
    """One who waits from 9:05 to 9:10, and one who starts at once at 9:20."""
    rows = two.head(2).with_columns(
        joined_min=pl.Series([545.0, 560.0]), started_min=pl.Series([550.0, 560.0])
    )
    (line,) = queue_lengths_by_time(rows, "line", every_min=5).axes[0].get_lines()
    assert dict(zip(line.get_xdata(), line.get_ydata(), strict=True)) == {
        540.0: 0, 545.0: 1, 550.0: 0, 555.0: 0, 560.0: 0
    }  # fmt: skip


def test_a_day_without_anybody_in_the_queue_counts(two: pl.DataFrame) -> None:
    """Half of the days have nobody in the second queue: its median is nobody, whatever the others have."""
    one = two.filter(pl.col("option") == "Today")
    busy_days = one.filter(pl.col("day") == 0).with_columns(queue=pl.lit("second"))
    figure = queue_lengths_by_time(pl.concat([one, busy_days]), "second")
    (median,) = figure.axes[0].get_lines()
    assert not median.get_ydata().any()
    assert figure.axes[0].collections[0].get_paths()[0].vertices[:, 1].any()


def test_tiles_hold_the_utilisation_of_the_run(busy: Run) -> None:
    """The last column against the metric, which the engine's own sums give."""
    figure = utilisation_by_hour(busy.steps, busy.rosters)
    (axes,) = figure.axes
    shown = np.asarray(axes.images[0].get_array()) / 100
    groups = [label.get_text() for label in axes.get_yticklabels()]
    assert groups == list(BUSY["staff"])
    of_run = busy.options[0].by("staff")
    assert shown[:, -1] == pytest.approx([of_run[group]["utilisation"].mean for group in groups], rel=1e-6)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["09", "10", "11", "all day"]
    # Of three hours with equal rosters the day is the mean.
    assert shown[0, :3].mean() == pytest.approx(shown[0, 3])
    assert f"{shown[0, 0] * 100:.0f}" in {text.get_text() for text in axes.texts}


def test_rosters_have_every_change_of_every_day(busy: Run) -> None:
    tellers = busy.rosters.filter(pl.col("staff_group") == "tellers")
    assert tellers["date"].n_unique() == 20
    assert tellers.head(3).select("from_min", "until_min", "count").rows() == [
        (540.0, 585.0, 2), (585.0, 660.0, 3), (660.0, 720.0, 2)
    ]  # fmt: skip
    assert set(busy.rosters.filter(pl.col("kind") == "machine")["staff_group"]) == {"machines"}


def test_several_branches_are_refused(two: pl.DataFrame) -> None:
    names = pl.when(pl.col("day") == 0).then(pl.lit("North")).otherwise(pl.lit("South"))
    with pytest.raises(ValueError, match="North, South"):
        queue_lengths_by_time(two.with_columns(branch=names), "line")


def test_an_option_without_roster_is_refused(busy: Run) -> None:
    with pytest.raises(ValueError, match="not found Other"):
        utilisation_by_hour(busy.steps.with_columns(option=pl.lit("Other")), busy.rosters)


def test_a_table_that_lacks_columns_is_refused(two: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="outcome not found"):
        waits_by_hour(two.drop("outcome"))
    with pytest.raises(ValueError, match="there are line"):
        queue_lengths_by_time(two, "lines")
