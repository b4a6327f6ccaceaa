"""Journey drawings of any number of touchpoints, and what must hold of where their parts stand."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from hypothesis import strategies as st

from journeysim.experiment.statistics import Estimate
from journeysim.report.drawing.content import Card, Content, Flags, Found, Group, Line
from journeysim.report.drawing.routes import Route, Way
from journeysim.report.drawing.shapes import Box, Icon, Panel, Path, Picture, Stroke, Surface, Words

WAYS = (Stroke.ROUTE, Stroke.LATER, Stroke.AT_TIMES)
SOLID = (Surface.STAGE, Surface.TOUCHPOINT, Surface.BACK_TOUCHPOINT, Surface.QUEUE)
BARS = (Surface.PLANNED, Surface.FOUND, Surface.TAIL)
HAIR = 1e-4
"""Overlaps up to this are no overlaps, inches."""

NAMES = st.sampled_from(
    [
        "counter",
        "Wealth management consultation with the relationship manager",
        "Kundenberatungsgespraechsvorbereitungsunterlagenpruefung und Unterschriftenabgleichsstelle",
        "理财经理洽谈与资产配置建议及风险承受能力评估（含后续跟进与回访安排）",
        "$100 or more, $5 fee {x} \\frac",
        "A",
        "Приём документов",
        "W" * 80,
    ]
)
NUMBERS = st.sampled_from([math.nan, 0.0, 0.02, 0.9, 5.5, 12.0, 99.4, 480.0, 99_000.0])
SCORES = st.one_of(st.floats(-1, 1), st.just(math.nan))


@st.composite
def cards(draw: st.DrawFn, number: int, stages: int, was_run: bool) -> Card:
    score, half = draw(SCORES), draw(st.sampled_from([0.0, 0.003, 0.2, math.nan]))
    found = Found(
        draw(NUMBERS),
        draw(NUMBERS),
        draw(NUMBERS),
        draw(NUMBERS),
        Estimate(score, score - half, score + half, 3),
    )
    return Card(
        name=f"t{number}",
        title=draw(NAMES),
        channel=draw(st.sampled_from(["", "desk", "the branch's own video-consultation room"])),
        stage=draw(st.integers(0, stages - 1)),
        is_front=draw(st.sampled_from([True, True, False])),
        is_moment_of_truth=draw(st.booleans()),
        lines=tuple(
            draw(st.lists(st.builds(Line, NAMES, st.sampled_from(["", "seated, informed"])), max_size=1))
        ),
        groups=tuple(draw(st.lists(st.builds(Group, NAMES, st.just("3–4"), st.booleans()), max_size=3))),
        start_share=draw(st.sampled_from([0.0, 0.3, 1.0])),
        fail_share=draw(st.sampled_from([0.0, 0.08])),
        leave_share=draw(st.sampled_from([0.0, 0.6])),
        service_min=draw(NUMBERS),
        acceptable_min=draw(NUMBERS),
        per_hundred=draw(st.sampled_from([0.0, 0.3, 52.0, 180.0])),
        found=found if was_run else None,
    )


@st.composite
def contents(draw: st.DrawFn, counts: st.SearchStrategy[int]) -> Content:
    """What a drawing of so many touchpoints may say: long names, any ways between them."""
    count = draw(counts)
    stages = draw(st.integers(1, min(count, 6)))
    was_run = draw(st.booleans())
    found = [draw(cards(number, stages, was_run)) for number in range(count)]
    # As in every map: a stage has a touchpoint, and those of a stage stand together.
    used = sorted({card.stage for card in found})
    found = sorted(
        (Card(**{**vars(card), "stage": used.index(card.stage)}) for card in found),
        key=lambda card: card.stage,
    )
    end = st.integers(0, count - 1)
    # To one touchpoint, such as a counter, half of all ways may lead.
    target = draw(st.sampled_from([end, st.one_of(end, st.just(draw(end)))]))
    way = st.tuples(end, target, st.sampled_from(list(Way)), st.sampled_from([math.nan, 0.001, 0.4, 1.0]))
    pairs = draw(st.lists(way, min_size=count // 2, max_size=3 * count, unique_by=lambda one: one[:3]))
    return Content(
        title=draw(NAMES),
        description=draw(NAMES) * 3,
        caption="Today: 30 replications of 20 days, seed 7, 314 visits a day",
        stages=tuple(draw(NAMES) for _ in used),
        cards=tuple(found),
        routes=tuple(
            Route(found[a].name, found[b].name, kind, share, 100 * share) for a, b, kind, share in pairs
        ),
        flags=Flags(found[0].name, tuple(card.name for card in found[:2])),
        notes=("Worst point: " + draw(NAMES),),
    )


def clashes(picture: Picture) -> list[str]:
    """Whatever stands where something else does, or outside of the page."""
    words = [shape for shape in picture.shapes if isinstance(shape, Words)]
    ways = [shape for shape in picture.shapes if isinstance(shape, Path) and shape.stroke in WAYS]
    texts = edges([word.box for word in words])
    solid = edges(panels(picture, SOLID))
    touchpoints = edges(panels(picture, (Surface.TOUCHPOINT, Surface.BACK_TOUCHPOINT)))
    bars = edges(panels(picture, BARS))
    signs = edges([shape.box for shape in picture.shapes if isinstance(shape, Icon)])
    ends = edges([Box(x, y, 0, 0) for way in ways for x, y in way.points])
    parts = edges([part for way in ways for part in parts_of(way)])
    of_way = np.array([number for number, way in enumerate(ways) for _ in parts_of(way)], dtype=int)
    page = edges([Box(0, 0, picture.width, picture.height)])
    over_edge = overlapping(texts, solid) & ~within(texts, solid)
    found = [
        f"{what}: {count}"
        for what, count in (
            ("outside", sum((~within(one, page)).sum() for one in (texts, solid, bars, signs, ends))),
            ("texts", np.triu(overlapping(texts, texts), 1).sum()),
            ("boxes", np.triu(overlapping(solid, solid), 1).sum()),
            ("texts over an edge", over_edge.sum()),
            ("texts on a bar", overlapping(texts, bars).sum()),
            ("texts on a sign", overlapping(texts, signs).sum()),
            ("ways through a touchpoint", overlapping(parts, touchpoints).sum()),
        )
        if count
    ]
    crossed = overlapping(texts, parts)
    for number, word in enumerate(words):
        over = set(of_way[crossed[number]])
        if len(over) > (1 if word.backed else 0):
            found.append(f"ways over a text: {word.lines}")
    return found


def panels(picture: Picture, surfaces: tuple[Surface, ...]) -> list[Box]:
    """Areas of some kinds."""
    return [shape.box for shape in picture.shapes if isinstance(shape, Panel) and shape.surface in surfaces]


def parts_of(path: Path) -> list[Box]:
    """The straight parts of a line, a hair wide; all are horizontal or vertical."""
    return [
        Box(min(x0, x1) - HAIR, min(y0, y1) - HAIR, abs(x1 - x0) + 2 * HAIR, abs(y1 - y0) + 2 * HAIR)
        for (x0, y0), (x1, y1) in pairwise(path.points)
    ]


def edges(boxes: list[Box]) -> np.ndarray:
    """Left, upper, right and lower edges, shape (boxes, 4)."""
    return np.array([(box.x, box.y, box.right, box.bottom) for box in boxes]).reshape(-1, 4)


def overlapping(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which share an area, shape (some, others)."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum(some[:, None, 2:], others[None, :, 2:])
    return ((high - low) > 1.5 * HAIR).all(axis=2)


def within(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which lie in which, shape (some, others)."""
    return (
        (some[:, None, :2] >= others[None, :, :2] - HAIR) & (some[:, None, 2:] <= others[None, :, 2:] + HAIR)
    ).all(axis=2)
