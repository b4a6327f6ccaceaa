"""Journey drawings: nothing overlaps and all is on the page, laid out and as the renderer has it."""

from __future__ import annotations

import warnings
from itertools import combinations

import matplotlib.patches as patches
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from tests.conftest import ROOT
from tests.drawings import clashes, contents

from journeysim.experiment import run
from journeysim.journey import load_journey
from journeysim.report.drawing.content import Content
from journeysim.report.drawing.draw import drawing_content
from journeysim.report.drawing.layout import lay_out
from journeysim.report.drawing.paint import measured, painted
from journeysim.report.drawing.shapes import Words

MAPS = sorted((ROOT / "journeys").glob("*.yaml"))
DPI = 100
"""Dots per inch of a notebook, where letters are made wider to keep them sharp."""
BLUR = 1.0
"""By how much an edge may be elsewhere, pixels."""
PAINTED = ("city-branch", "wangdian")


@given(contents(st.integers(1, 25)))
@settings(max_examples=25)
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
    assert painted_clashes(content) == []


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
        assert painted_clashes(content) == []


def painted_clashes(content: Content) -> list[str]:
    """What a notebook shows elsewhere than the layout says, or over something else."""
    picture = lay_out(content, measured)
    figure = painted(picture)
    figure.set_dpi(DPI)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        renderer = FigureCanvasAgg(figure).get_renderer()
        axes = figure.axes[0]
        texts = [(one.get_text(), one.get_window_extent(renderer)) for one in axes.texts]
    words = [(line, one.box) for one in picture.shapes if isinstance(one, Words) for line in one.lines]
    assert [text for text, _ in texts] == [line for line, _ in words]
    wider = [
        text
        for (text, box), (_, place) in zip(texts, words, strict=True)
        if box.x0 < place.x * DPI - BLUR or box.x1 > place.right * DPI + BLUR
    ]
    boxes = [
        one.get_window_extent(renderer) for one in axes.patches if isinstance(one, patches.FancyBboxPatch)
    ]
    page = figure.bbox
    outside = [
        text for text, box in texts if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1
    ]
    both = [(a, b) for (a, one), (b, other) in combinations(texts, 2) if shares(one, other)]
    return [*wider, *outside, *map(str, both), *(str(p) for p in combinations(boxes, 2) if shares(*p))]


def shares(one, other) -> bool:
    """Whether two boxes in pixels share more than the blur of an edge."""
    return (
        min(one.x1, other.x1) - max(one.x0, other.x0) > BLUR
        and min(one.y1, other.y1) - max(one.y0, other.y0) > BLUR
    )
