"""Columns of numbers as lines of text: those that say something, and as many as fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len

from journeysim.cli.columns import GAP, WIDTH, Table
from journeysim.experiment.cells import Column, Found, estimate_cells, is_seen

_NAME_ROOM = 24


def estimates_table(
    title: str,
    first: str,
    rows: Mapping[str, Found],
    columns: Sequence[Column],
    order: Sequence[Column] | None = None,
) -> list[str]:
    """Lines of a table with a row for each name and a column for each metric that says something.

    Parameters
    ----------
    title, first : what stands above the table and above the names.
    rows : estimates by name.
    columns : in order of importance; what does not fit into the width is left out.
    order : the order to show them in; None: as they come.
    """
    return cells_table(title, first, list(rows), column_cells(rows, columns), order)


def column_cells(rows: Mapping[str, Found], columns: Sequence[Column]) -> dict[Column, list[str]]:
    """Texts of every column that says something."""
    seen = [column for column in columns if is_seen(column, rows)]
    return {
        column: estimate_cells(column, [found.get(column.metric) for found in rows.values()])
        for column in seen
    }


def cells_table(
    title: str,
    first: str,
    names: Sequence[str],
    cells: Mapping[Column, Sequence[str]],
    order: Sequence[Column] | None = None,
) -> list[str]:
    """Lines of a table whose columns are as many of ``cells`` as fit; see `estimates_table`."""
    chosen = fitting(cells, max([cell_len(first), *(cell_len(name) for name in names)]))
    if order is not None:
        chosen.sort(key=order.index)
    head = [first, *(column.heading for column in chosen)]
    rows = [[name, *(cells[column][at] for column in chosen)] for at, name in enumerate(names)]
    return Table(title, head, rows).lines()


def fitting(cells: Mapping[Column, Sequence[str]], longest_name: int) -> list[Column]:
    """Take the most important columns that fit beside the names."""
    left = WIDTH - min(longest_name, _NAME_ROOM)
    chosen = []
    for column, texts in cells.items():
        heading = max(cell_len(line) for line in column.heading.split("\n"))
        width = max([heading, *(cell_len(text) for text in texts)]) + GAP
        if width <= left:
            chosen.append(column)
            left -= width
    return chosen
