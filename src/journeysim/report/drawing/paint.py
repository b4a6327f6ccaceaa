"""Paints a laid-out drawing with matplotlib: colours, rounded corners, faces. Decides no position."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache

import matplotlib.patches as patches
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path as Outline
from matplotlib.text import Text
from matplotlib.textpath import text_to_path

from journeysim.report.drawing.shapes import (
    Box,
    Font,
    Icon,
    Ink,
    Panel,
    Path,
    Picture,
    Ribbon,
    Shape,
    Sign,
    Stroke,
    Surface,
    Words,
)
from journeysim.report.drawing.wrapping import POINTS_PER_INCH, line_height
from journeysim.report.style import font_families, quiet_style

PAPER = "#FFFFFF"
# Dark enough for white letters, told apart without colour by their places and names.
STAGES = ("#24486B", "#2F6F73", "#5B4A7D", "#8A4B32", "#4A6132", "#7A3B5E", "#3C5A8C")
_INKS = {
    Ink.STRONG: "#16202B",
    Ink.PLAIN: "#36424F",
    Ink.FAINT: "#5C6874",
    Ink.ON_DARK: "#FFFFFF",
    Ink.WORST: "#A33A00",
    Ink.GOLDEN: "#7A5600",
}
_ROUTE, _VISIBILITY, _EMOTION = "#62707E", "#16202B", "#0B3C66"
_WORST, _GOLDEN = "#D55E00", "#E6A700"
_STROKES: dict[Stroke, tuple[str, object]] = {
    Stroke.ROUTE: (_ROUTE, "-"),
    Stroke.LATER: (_ROUTE, (0, (4, 2))),
    Stroke.AT_TIMES: ("#8C98A4", (0, (1, 1.6))),
    Stroke.VISIBILITY: (_VISIBILITY, (0, (6, 3))),
    Stroke.LANE: ("#C9D0D7", "-"),
    Stroke.GRID: ("#D7DDE3", "-"),
    Stroke.ZERO: ("#7C8894", "-"),
    Stroke.EMOTION: (_EMOTION, "-"),
    Stroke.LEADER: ("#36424F", (0, (2, 2))),
}
_WAYS = (Stroke.ROUTE, Stroke.LATER, Stroke.AT_TIMES)
_CORNER = 0.06
_MEASURED_AT = 100.0
_SLACK = 1.05
"""A screen whose pixels are large draws letters this much wider than they are, to keep them sharp."""

_ASCENT = 0.96
"""Of the size of the font, from the top of a line to its baseline."""


def measured(text: str, font: Font) -> float:
    """Width of a line in the fonts of the common style, inches; see `Measure`."""
    if not text:
        return 0.0
    return _width_at_100(text, font.bold) * font.size / _MEASURED_AT / POINTS_PER_INCH


@lru_cache(maxsize=20_000)
def _width_at_100(text: str, bold: bool) -> float:
    with warnings.catch_warnings():
        # What has no glyph is told once, with what to install: `font_advice`.
        warnings.filterwarnings("ignore", "Glyph")
        weight = "bold" if bold else "normal"
        properties = FontProperties(family=font_families(), weight=weight, size=_MEASURED_AT)
        width, _, _ = text_to_path.get_text_width_height_descent(text, properties, ismath=False)
    return float(width) * _SLACK


def painted(picture: Picture) -> Figure:
    """Paint a drawing on a figure of its size."""
    with quiet_style():
        figure = Figure(figsize=(picture.width, picture.height), facecolor=PAPER)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_xlim(0, picture.width)
        axes.set_ylim(picture.height, 0)
        axes.set_axis_off()
        order = float(len(picture.shapes))
        for number, shape in enumerate(picture.shapes):
            for artist in _artists(shape):
                # All in the order of the shapes, whatever their kind.
                artist.set_zorder(2 + number / order)
                _add(axes, artist)
    return figure


def _add(axes: Axes, artist: Artist) -> None:
    if isinstance(artist, Text):
        axes.add_artist(artist)
    elif isinstance(artist, patches.Patch):
        axes.add_patch(artist)
    artist.set_clip_on(False)


def _artists(shape: Shape) -> Sequence[Artist]:
    if isinstance(shape, Words):
        return _words(shape)
    if isinstance(shape, Panel):
        return _panel(shape)
    if isinstance(shape, Path):
        return _path(shape)
    if isinstance(shape, Ribbon):
        corners = [*shape.upper, *reversed(shape.lower)]
        return [patches.Polygon(corners, closed=True, facecolor="#A9C4DC", edgecolor="none")]
    return _SIGNS[shape.sign](shape)


def _words(words: Words) -> list[Artist]:
    artists: list[Artist] = []
    box = words.box
    if words.backed:
        air = 0.02
        artists.append(
            patches.Rectangle(
                (box.x - air, box.y + air), box.width + 2 * air, box.height - 2 * air,
                facecolor="#F7F9FB", edgecolor="none",
            )
        )  # fmt: skip
    x = {"left": box.x, "center": box.middle, "right": box.right}[words.align]
    for number, line in enumerate(words.lines):
        baseline = box.y + number * line_height(words.font) + words.font.size * _ASCENT / POINTS_PER_INCH
        artists.append(
            Text(
                x, baseline, line,
                color=_INKS[words.ink], size=words.font.size,
                weight="bold" if words.font.bold else "normal",
                horizontalalignment=words.align.value, verticalalignment="baseline", parse_math=False,
            )
        )  # fmt: skip
    return artists


def _panel(panel: Panel) -> list[Artist]:
    box, tone = panel.box, STAGES[panel.stage % len(STAGES)]
    if panel.surface is Surface.BAND:
        return [_rectangle(box, face=_tint(tone, 0.05), edge="none")]
    if panel.surface is Surface.STAGE:
        tip = min(0.16, box.width / 4)
        corners = [
            (box.x, box.y), (box.right - tip, box.y), (box.right, box.y + box.height / 2),
            (box.right - tip, box.bottom), (box.x, box.bottom),
        ]  # fmt: skip
        return [patches.Polygon(corners, closed=True, facecolor=tone, edgecolor="none")]
    if panel.surface is Surface.TOUCHPOINT:
        return [_rounded(box, face=PAPER, edge=tone, width=2.2 if panel.stands_out else 1.0)]
    if panel.surface is Surface.BACK_TOUCHPOINT:
        return [
            _rounded(
                box, face="#ECEFF2", edge="#5C6874", width=2.0 if panel.stands_out else 1.0, line=(0, (4, 2))
            )
        ]
    if panel.surface is Surface.QUEUE:
        return [_rounded(box, face=PAPER, edge="#C9D0D7", width=0.8)]
    if panel.surface is Surface.PLANNED:
        return [_rectangle(box, face=PAPER, edge="#5C6874", width=0.9)]
    face = _EMOTION if panel.surface is Surface.FOUND else "#9DB6CC"
    return [_rectangle(box, face=face, edge="none")]


def _path(path: Path) -> list[Artist]:
    colour, dash = _STROKES[path.stroke]
    points = list(path.points)
    artists: list[Artist] = []
    head = 0.06 + path.width * 0.018
    if path.has_arrow:
        (x0, y0), (x1, y1) = points[-2], points[-1]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        dx, dy = (x1 - x0) / length, (y1 - y0) / length
        wing = head * 0.55
        artists.append(
            patches.Polygon(
                [
                    (x1, y1),
                    (x1 - dx * head - dy * wing, y1 - dy * head + dx * wing),
                    (x1 - dx * head + dy * wing, y1 - dy * head - dx * wing),
                ],
                closed=True, facecolor=colour, edgecolor="none",
            )
        )  # fmt: skip
        points[-1] = (x1 - dx * head * 0.8, y1 - dy * head * 0.8)
    outline = _rounded_path(points) if path.stroke in _WAYS else Outline(points)
    line = patches.PathPatch(
        outline, facecolor="none", edgecolor=colour, linewidth=path.width, linestyle=dash,
        capstyle="butt", joinstyle="round",
    )  # fmt: skip
    return [line, *artists]


def _rounded_path(points: Sequence[tuple[float, float]]) -> Outline:
    """A line whose corners are rounded as far as its parts are long enough."""
    vertices, codes = [points[0]], [Outline.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out_of = _toward(corner, before), _toward(corner, after)
        vertices += [into, corner, out_of]
        codes += [Outline.LINETO, Outline.CURVE3, Outline.CURVE3]
    return Outline([*vertices, points[-1]], [*codes, Outline.LINETO])


def _toward(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    length = math.dist(corner, other)
    part = min(_CORNER, length / 2) / length if length else 0.0
    return corner[0] + (other[0] - corner[0]) * part, corner[1] + (other[1] - corner[1]) * part


def _rectangle(box: Box, *, face: str, edge: str, width: float = 0.0) -> patches.Rectangle:
    return patches.Rectangle(
        (box.x, box.y), box.width, box.height, facecolor=face, edgecolor=edge, linewidth=width
    )


def _rounded(box: Box, *, face: str, edge: str, width: float, line: object = "-") -> patches.FancyBboxPatch:
    return patches.FancyBboxPatch(
        (box.x, box.y), box.width, box.height,
        boxstyle=patches.BoxStyle.Round(pad=0, rounding_size=min(0.08, box.height / 2)),
        facecolor=face, edgecolor=edge, linewidth=width, linestyle=line,
    )  # fmt: skip


def _tint(colour: str, strength: float) -> str:
    """A colour thinned with white."""
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - (255 - part) * strength):02X}" for part in parts)


def _face(icon: Icon) -> list[Artist]:
    """A face whose mouth says the mood, from turned down to a broad smile."""
    box, mood = icon.box, max(-1.0, min(1.0, icon.mood * 1.6))
    x, y, radius = box.middle, box.y + box.height / 2, box.width / 2
    bend, lip = radius * 0.55 * mood, y + radius * 0.36
    corner = lip - bend * 0.3
    mouth = Outline(
        [(x - radius * 0.5, corner), (x, lip + bend), (x + radius * 0.5, corner)],
        [Outline.MOVETO, Outline.CURVE3, Outline.CURVE3],
    )
    eyes = [
        patches.Circle((x + side, y - radius * 0.26), radius * 0.11, facecolor=_EMOTION, edgecolor="none")
        for side in (-radius * 0.36, radius * 0.36)
    ]
    return [
        patches.Circle((x, y), radius, facecolor=PAPER, edgecolor=_EMOTION, linewidth=1.5),
        *eyes,
        patches.PathPatch(mouth, facecolor="none", edgecolor=_EMOTION, linewidth=1.4, capstyle="round"),
    ]


def _star(icon: Icon, face: str, edge: str) -> patches.Polygon:
    box = icon.box
    x, y, radius = box.middle, box.y + box.height / 2, box.width / 2
    corners = [
        (
            x + radius * (1.0 if at % 2 == 0 else 0.42) * math.sin(math.pi * at / 5),
            y - radius * (1.0 if at % 2 == 0 else 0.42) * math.cos(math.pi * at / 5),
        )
        for at in range(10)
    ]
    return patches.Polygon(corners, closed=True, facecolor=face, edgecolor=edge, linewidth=0.8)


def _disc(icon: Icon, face: str, edge: str) -> patches.Circle:
    box = icon.box
    return patches.Circle(
        (box.middle, box.y + box.height / 2), box.width / 2, facecolor=face, edgecolor=edge, linewidth=1.0
    )


def _within(icon: Icon, part: float) -> Icon:
    """The sign smaller, in the middle of its place."""
    box, rest = icon.box, (1 - part) / 2
    inner = Box(box.x + box.width * rest, box.y + box.height * rest, box.width * part, box.height * part)
    return Icon(inner, icon.sign)


def _moment(icon: Icon) -> list[Artist]:
    """A white star on black."""
    return [_disc(icon, "#16202B", PAPER), _star(_within(icon, 0.62), PAPER, "none")]


def _golden(icon: Icon) -> list[Artist]:
    """A golden star on white, in a golden ring."""
    return [_disc(icon, PAPER, "#7A5600"), _star(_within(icon, 0.8), _GOLDEN, "#7A5600")]


def _worst(icon: Icon) -> list[Artist]:
    """An arrow head that points down, on white, in a ring."""
    box = _within(icon, 0.5).box
    corners = [(box.x, box.y + box.height * 0.12), (box.right, box.y + box.height * 0.12)]
    corners.append((box.middle, box.bottom))
    return [
        _disc(icon, PAPER, "#7A2B00"),
        patches.Polygon(corners, closed=True, facecolor=_WORST, edgecolor="none"),
    ]


def _person(icon: Icon) -> list[Artist]:
    box, colour = icon.box, "#36424F"
    body = patches.Wedge(
        (box.middle, box.bottom), box.width * 0.44, 180, 360, facecolor=colour, edgecolor="none"
    )
    head = (box.middle, box.y + box.height * 0.3)
    return [body, patches.Circle(head, box.width * 0.24, facecolor=colour, edgecolor="none")]


def _machine(icon: Icon) -> list[Artist]:
    box, colour = icon.box, "#36424F"
    case = Box(box.x + box.width * 0.14, box.y + 0.01, box.width * 0.72, box.height - 0.02)
    screen = Box(
        case.x + case.width * 0.18, case.y + case.height * 0.14, case.width * 0.64, case.height * 0.4
    )
    return [
        _rectangle(case, face=colour, edge="none"),
        _rectangle(screen, face=PAPER, edge="none"),
    ]


_SIGNS: dict[Sign, Callable[[Icon], Sequence[Artist]]] = {
    Sign.FACE: _face,
    Sign.MOMENT_OF_TRUTH: _moment,
    Sign.PERSON: _person,
    Sign.MACHINE: _machine,
    Sign.WORST: _worst,
    Sign.GOLDEN: _golden,
}
