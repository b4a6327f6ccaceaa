"""Figures of the visit show what steps, visits and scores say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from matplotlib.patches import Rectangle
from tests.branch_days import BUSY, journey_of
from tests.figure_layout import texts_of
from tests.figure_tables import POINTS, TWO, renamed, summary_of

from journeysim import Run, run
from journeysim.report import emotion_curve, erlang_against_simulated, outcome_flows, wait_against_score


@pytest.fixture(scope="module")
def busy() -> Run:
    """A map where services fail and people balk, give up and find no room."""
    return run(journey_of(BUSY), replications=2, jobs=1)


def test_the_emotion_curve_goes_through_the_means() -> None:
    figure = emotion_curve(summary_of())
    (axes,) = figure.axes
    today, more, zero = axes.get_lines()
    summary = summary_of().filter(pl.col("metric") == "score_mean")
    for line, option in ((today, "Today"), (more, "More")):
        means = summary.filter(pl.col("option") == option)["mean"].to_numpy()
        assert np.allclose(line.get_ydata(), means)
    assert not any(zero.get_ydata())
    assert [label.get_text().replace("\n", " ") for label in axes.get_xticklabels()] == list(POINTS)
    spans = axes.collections[0].get_segments()
    first = summary.row(0, named=True)
    assert spans[0][:, 1].tolist() == pytest.approx([first["low"], first["high"]])


def test_a_touchpoint_without_score_is_left_out() -> None:
    known = pl.col("name") != POINTS[2]
    summary = summary_of().with_columns(mean=pl.when(known).then("mean"))
    (axes,) = emotion_curve(summary).axes
    assert len(axes.get_xticks()) == len(POINTS) - 1
    with pytest.raises(ValueError, match="score_mean of touchpoint"):
        emotion_curve(summary.with_columns(mean=pl.lit(None, dtype=pl.Float64)))


def test_scores_are_the_means_of_visits_that_waited_as_long(busy: Run) -> None:
    figure = wait_against_score(busy.visits)
    line = figure.axes[0].get_lines()[0]
    at, score = line.get_xdata(), line.get_ydata()
    assert len(at) == 11
    none, some = (busy.visits.filter(pl.col("wait_min") == 0), busy.visits.filter(pl.col("wait_min") > 0))
    assert at[0] == 0.0
    assert score[0] == pytest.approx(none["score"].mean())
    longest = some.sort("wait_min").tail(some.height // 10)
    assert at[-1] == pytest.approx(longest["wait_min"].mean(), rel=0.01)
    assert score[-1] == pytest.approx(longest["score"].mean(), abs=0.01)
    assert score[-1] < score[0] - 0.3


def test_visits_that_all_wait_nothing_are_one_dot(busy: Run) -> None:
    line = wait_against_score(busy.visits.filter(pl.col("wait_min") == 0)).axes[0].get_lines()[0]
    assert line.get_xdata().tolist() == [0.0]
    with pytest.raises(ValueError, match="score"):
        wait_against_score(busy.visits.with_columns(score=pl.lit(float("nan"))))


def test_boxes_hold_the_share_of_visits_at_each_step(busy: Run) -> None:
    figure = outcome_flows(busy.steps)
    visits = busy.visits.height
    second = busy.steps.filter(pl.col("step") == 2)
    machine = second.filter(pl.col("touchpoint") == "machine").height / visits
    boxes = {(round(box.get_x(), 6), round(box.get_height(), 9)) for box in _rectangles(figure)}
    assert (1.0, round(machine, 9)) in boxes
    assert (0.0, 1.0) in boxes
    assert f"machine {machine:.0%}" in texts_of(figure)


def test_stubs_hold_everybody_who_leaves(busy: Run) -> None:
    """Whoever comes leaves once, with an outcome or beyond the steps that are shown."""
    stubs = [box for box in _rectangles(outcome_flows(busy.steps)) if box.get_x() % 1 > 0.5]
    assert sum(box.get_height() for box in stubs) == pytest.approx(1.0)
    gave_up = busy.visits.filter(pl.col("outcome") == "reneged").height / busy.visits.height
    hatched = [box for box in stubs if box.get_hatch() == "\\\\\\"]
    late = busy.visits.filter((pl.col("outcome") == "reneged") & (pl.col("steps") > 6)).height
    assert sum(box.get_height() for box in hatched) == pytest.approx(gave_up - late / busy.visits.height)


def test_flows_are_those_of_one_option(busy: Run) -> None:
    both = renamed(busy.steps, TWO)
    assert "Ways through a visit: More" in texts_of(outcome_flows(both, "More"))
    with pytest.raises(ValueError, match="there are Today, More"):
        outcome_flows(both, "Most")


def test_rare_touchpoints_stand_together() -> None:
    """Of 300 visits, two go on to a room each that hardly anybody sees."""
    rows = [("Today", 1, "desk", "served")] * 298
    for room in ("one", "two"):
        rows += [("Today", 1, "desk", "served"), ("Today", 2, room, "served")]
    steps = pl.DataFrame(rows, orient="row", schema=["option", "step", "touchpoint", "outcome"])
    texts = texts_of(outcome_flows(steps))
    assert "others <1%" in texts
    assert not [text for text in texts if text.startswith(("one", "two"))]


def test_formula_and_simulation_stand_beside_each_other(root: Path) -> None:
    found = run(root / "journeys" / "classic-bank.yaml", replications=3, jobs=1, steps=False)
    figure = erlang_against_simulated(found.formulas, found.summary)
    wait, waited = figure.axes
    (option,) = found.formulas
    machine = found.formulas[option]["machine"]
    for axes, metric, factor in ((wait, "wait_mean_min", 1), (waited, "waited_fraction", 100)):
        diamonds = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "D"]
        assert diamonds[0] == pytest.approx(machine.values[metric] * factor)
    dots = [line.get_xdata()[0] for line in waited.get_lines() if line.get_marker() == "o"]
    simulated = found.options[0].by("touchpoint")
    assert dots == pytest.approx(
        [simulated[name]["waited_fraction"].mean * 100 for name in ("machine", "teller")]
    )
    assert [label.get_text() for label in wait.get_yticklabels()] == ["~ machine", "~ teller"]


def test_nothing_to_hold_against_a_simulation_is_refused() -> None:
    with pytest.raises(ValueError, match="'Today' is required"):
        erlang_against_simulated({"Today": {}}, summary_of())


def _rectangles(figure) -> list[Rectangle]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]
