"""What a reader would see wrong with a figure, found by its renderer."""

from __future__ import annotations

from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

_SLACK = 1.5
"""Pixels that texts may touch one another."""


def faults(figure: Figure) -> list[str]:
    """Texts outside of the figure or over one another, and legends over what is drawn; empty: none.

    Texts that are turned are only held to stay inside: their boxes are larger than what is written.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    texts = [text for text in _texts(figure) if text not in _hidden(figure)]
    boxes = [(text, text.get_window_extent(renderer)) for text in texts]
    found = [
        f"outside: {text.get_text()!r}"
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > figure.bbox.x1 + 1 or box.y1 > figure.bbox.y1 + 1
    ]
    straight = [(text, box) for text, box in boxes if text.get_rotation() in (0, 90)]
    for at, (text, box) in enumerate(straight):
        found += [
            f"over one another: {text.get_text()!r} and {other.get_text()!r}"
            for other, its_box in straight[:at]
            if _overlap(box, its_box)
        ]
    return found + _legends(figure, renderer)


def texts_of(figure: Figure) -> list[str]:
    """Everything written in a figure."""
    return [text.get_text() for text in _texts(figure)]


def _texts(artist: Artist) -> list[Text]:
    if not artist.get_visible():
        return []
    own = [artist] if isinstance(artist, Text) and artist.get_text().strip() else []
    return own + [text for child in artist.get_children() for text in _texts(child)]


def _hidden(figure: Figure) -> set[Text]:
    """Labels of ticks beyond the ends of their axis: they exist and are not drawn."""
    found: set[Text] = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low - 1e-9 <= tick.get_loc() <= high + 1e-9:
                    found |= {tick.label1, tick.label2}
    return found


def _legends(figure: Figure, renderer: RendererAgg) -> list[str]:
    found = []
    for legend in figure.legends:
        box = legend.get_window_extent(renderer)
        if box.x0 < -1 or box.y0 < -1 or box.x1 > figure.bbox.x1 + 1:
            found.append("the legend is cut off")
        if any(_overlap(box, axes.get_tightbbox(renderer)) for axes in figure.axes):
            found.append("the legend lies over what is drawn")
    return found


def _overlap(one: Bbox, other: Bbox) -> bool:
    width = min(one.x1, other.x1) - max(one.x0, other.x0)
    height = min(one.y1, other.y1) - max(one.y0, other.y0)
    return width > _SLACK and height > _SLACK
