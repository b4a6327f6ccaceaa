"""What a drawing is made of: shapes with positions, in inches from the top left corner. No colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Box:
    """A rectangle; ``x`` and ``y`` are its left and upper edge, ``y`` runs downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Horizontal middle."""
        return self.x + self.width / 2

    def overlaps(self, other: Box, by: float = 0.0) -> bool:
        """Whether the two share an area wider and higher than ``by``."""
        return (
            min(self.right, other.right) - max(self.x, other.x) > by
            and min(self.bottom, other.bottom) - max(self.y, other.y) > by
        )

    def holds(self, other: Box, by: float = 0.0) -> bool:
        """Whether the other lies within, or no more than ``by`` outside."""
        return (
            other.x >= self.x - by
            and other.right <= self.right + by
            and other.y >= self.y - by
            and other.bottom <= self.bottom + by
        )


class Ink(StrEnum):
    """What a text is, for its colour."""

    STRONG = "strong"
    PLAIN = "plain"
    FAINT = "faint"
    ON_DARK = "on dark"
    WORST = "worst"
    GOLDEN = "golden"


class Align(StrEnum):
    """Where the lines of a text begin or end."""

    LEFT = "left"
    CENTRE = "center"
    RIGHT = "right"


@dataclass(frozen=True)
class Font:
    """Size in points, and whether it is bold."""

    size: float
    bold: bool = False


@dataclass(frozen=True)
class Words:
    """Lines of text that fill ``box``, as measured.

    Parameters
    ----------
    backed : whether paper stands behind it, for what lies on a line.
    """

    lines: tuple[str, ...]
    box: Box
    font: Font
    ink: Ink
    align: Align
    backed: bool = False


class Surface(StrEnum):
    """What an area is."""

    BAND = "band"
    STAGE = "stage"
    TOUCHPOINT = "touchpoint"
    BACK_TOUCHPOINT = "back touchpoint"
    QUEUE = "queue"
    PLANNED = "planned"
    FOUND = "found"
    TAIL = "tail"
    """What lies between the mean and the 90th percentile."""


@dataclass(frozen=True)
class Panel:
    """An area.

    Parameters
    ----------
    stage : number of the stage whose tone it has.
    stands_out : whether its border is heavy.
    """

    box: Box
    surface: Surface
    stage: int = 0
    stands_out: bool = False


class Stroke(StrEnum):
    """What a line is."""

    ROUTE = "route"
    LATER = "later"
    AT_TIMES = "at times"
    VISIBILITY = "visibility"
    LANE = "lane"
    GRID = "grid"
    ZERO = "zero"
    EMOTION = "emotion"
    LEADER = "leader"


@dataclass(frozen=True)
class Path:
    """A line through points.

    Parameters
    ----------
    points : (x, y), at least two.
    width : in points.
    has_arrow : whether it ends in an arrow head.
    """

    points: tuple[tuple[float, float], ...]
    stroke: Stroke
    width: float
    has_arrow: bool = False


@dataclass(frozen=True)
class Ribbon:
    """The band between two curves over the same places: (x, upper y) and (x, lower y)."""

    upper: tuple[tuple[float, float], ...]
    lower: tuple[tuple[float, float], ...]


class Sign(StrEnum):
    """What a small sign means."""

    FACE = "face"
    MOMENT_OF_TRUTH = "moment of truth"
    PERSON = "person"
    MACHINE = "machine"
    WORST = "worst"
    GOLDEN = "golden"


@dataclass(frozen=True)
class Icon:
    """A small sign that fills a square.

    Parameters
    ----------
    mood : of a face, -1..1.
    """

    box: Box
    sign: Sign
    mood: float = 0.0


Shape = Words | Panel | Path | Ribbon | Icon


@dataclass(frozen=True)
class Picture:
    """A whole drawing: its size in inches, and its shapes in the order in which they are painted."""

    width: float
    height: float
    shapes: tuple[Shape, ...]
