"""Journey drawings: nothing overlaps and all is on the page, laid out and as the renderer has it."""

from __future__ import annotations

import warnings
from itertools import combinations

import matplotlib.patches as patches
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from tests.conftest import ROOT
from tests.drawings import clashes, contents

from journeysim.experiment import run
from journeysim.journey import load_journey
from journeysim.report.drawing.draw import drawing_content, drawn
from journeysim.report.drawing.layout import lay_out
from journeysim.report.drawing.paint import measured

MAPS = sorted((ROOT / "journeys").glob("*.yaml"))
PAINTED = ("city-branch", "wangdian")


@given(contents(st.integers(1, 25)))
@settings(max_examples=40)
def test_nothing_overlaps_for_any_number_of_touchpoints(content):
    assert clashes(lay_out(content, measured)) == []


@pytest.mark.slow
@given(contents(st.integers(4, 25)))
@settings(max_examples=150)
def test_nothing_overlaps_on_many_more_maps(content):
    assert clashes(lay_out(content, measured)) == []


@given(contents(st.sampled_from([4, 25])))
@settings(max_examples=2, phases=[Phase.generate])
def test_neither_does_it_when_painted(content):
    assert painted_clashes(drawn(content)) == []


@pytest.mark.parametrize("file", MAPS, ids=lambda file: file.stem)
def test_shipped_maps_as_planned_and_after_a_run(file):
    journey = load_journey(file)
    planned = drawing_content(journey, None)
    assert clashes(lay_out(planned, measured)) == []
    done = run(journey, replications=2, jobs=1, steps=False)
    golden = list(journey.touchpoints)[:2]
    content = drawing_content(journey, done, golden=golden)
    assert content.was_run
    assert clashes(lay_out(content, measured)) == []
    if file.stem in PAINTED:
        assert painted_clashes(drawn(content)) == []


def painted_clashes(figure: Figure) -> list[str]:
    """Texts that overlap, or lie outside, in pixels of the coarsest screen; and touchpoints likewise."""
    figure.set_dpi(72)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        renderer = FigureCanvasAgg(figure).get_renderer()
        axes = figure.axes[0]
        texts = [(one.get_text(), one.get_window_extent(renderer)) for one in axes.texts]
    boxes = [
        one.get_window_extent(renderer) for one in axes.patches if isinstance(one, patches.FancyBboxPatch)
    ]
    page = figure.bbox
    inside = [text for text, box in texts if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1]
    both = [(a, b) for (a, one), (b, other) in combinations(texts, 2) if shares(one, other)]
    return [*inside, *map(str, both), *(str(pair) for pair in combinations(boxes, 2) if shares(*pair))]


def shares(one, other) -> bool:
    """Whether two boxes in pixels share more than the blur of an edge."""
    blur = 1.0
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > blur
        and min(one.y1, other.y1) - max(one.y0, other.y0) > blur
    )
