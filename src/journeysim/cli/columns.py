"""Plain text tables that line up whatever script the names are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

WIDTH = 100
"""Columns that a table fits into."""

GAP = 2
"""Columns between columns."""


@dataclass(frozen=True)
class Table:
    """A table whose first column holds names and whose others hold numbers.

    Parameters
    ----------
    title : stands above.
    head : heading of each column; a line break splits it over two lines.
    rows : cells of each row, as many as ``head``.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def lines(self) -> list[str]:
        """Text lines, at most `WIDTH` columns wide; a name that is too long stands on a line of its own."""
        heads = [heading.split("\n") for heading in self.head]
        height = max(len(parts) for parts in heads)
        head_rows = [
            [([""] * (height - len(parts)) + parts)[line] for parts in heads] for line in range(height)
        ]
        every = [*head_rows, *self.rows]
        widths = [max(cell_len(row[at]) for row in every) for at in range(len(self.head))]
        room = WIDTH - sum(width + GAP for width in widths[1:])
        fitting = [cell_len(row[0]) for row in every if cell_len(row[0]) <= room]
        widths[0] = max(fitting, default=0)
        rule = "-" * min(WIDTH, sum(widths) + GAP * (len(widths) - 1))
        lines = [self.title] if self.title else []
        lines += [_line(row, widths) for row in head_rows]
        lines.append(rule)
        for row in self.rows:
            if cell_len(row[0]) > widths[0]:
                lines += [shortened(row[0], WIDTH), _line(["", *row[1:]], widths)]
            else:
                lines.append(_line(row, widths))
        return lines


@dataclass(frozen=True)
class Paragraphs:
    """A table of two short columns and a wide one that holds several texts, each on lines of its own.

    Parameters
    ----------
    head : heading of each of the three columns.
    rows : name, value and texts of each row; an empty text takes no line.
    """

    head: tuple[str, str, str]
    rows: Sequence[tuple[str, str, Sequence[str]]]

    def lines(self) -> list[str]:
        """Text lines, at most `WIDTH` columns wide; all columns begin at the left."""
        most = WIDTH // 2
        short = [(shortened(name, most), shortened(value, most // 2)) for name, value, _ in self.rows]
        widths = [
            max(cell_len(cells[at]) for cells in [(self.head[0], self.head[1]), *short]) for at in (0, 1)
        ]
        room = WIDTH - sum(widths) - 2 * GAP
        lines = [self._row(self.head, widths), "-" * WIDTH]
        for (name, value), (_, _, texts) in zip(short, self.rows, strict=True):
            inside = [line for text in texts if text for line in wrapped(text, "  ", room)] or [""]
            lines += [
                self._row((name, value, line) if not number else ("", "", line), widths)
                for number, line in enumerate(inside)
            ]
        return lines

    @staticmethod
    def _row(cells: tuple[str, str, str], widths: Sequence[int]) -> str:
        parts = [cell + " " * (width - cell_len(cell)) for cell, width in zip(cells[:2], widths, strict=True)]
        return (" " * GAP).join([*parts, cells[2]]).rstrip()


def shortened(text: str, width: int) -> str:
    """Return text of at most ``width`` columns, its end replaced by an ellipsis where it was longer."""
    return text if cell_len(text) <= width else set_cell_size(text, width - 1).rstrip() + "…"


def wrapped(text: str, indent: str = "    ", width: int = WIDTH) -> list[str]:
    """Return text as lines of at most ``width`` columns, broken between words; later ones are indented."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and cell_len(f"{lines[-1]} {word}") <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(shortened(indent + word if lines else word, width))
    return lines


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    parts = [cells[0] + " " * (widths[0] - cell_len(cells[0]))]
    parts += [
        " " * (width - cell_len(cell)) + cell for cell, width in zip(cells[1:], widths[1:], strict=True)
    ]
    return (" " * GAP).join(parts).rstrip()
