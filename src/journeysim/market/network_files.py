"""Reads who knows whom from a CSV or Parquet file with one row a tie."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from journeysim.errors import InputError, Problem
from journeysim.journey.data_files import DataFault, DataFile, fault_problem, find_file
from journeysim.journey.rows import Rows
from journeysim.journey.strict_yaml import Document, Loc
from journeysim.market.network import Network, network_of
from journeysim.market.network_models import NetworkForm

if TYPE_CHECKING:
    import polars as pl

    from journeysim.units import BoolArray, IntArray

MOST_ROWS = 20_000_000
STRENGTHS = ["strong", "weak"]


def read_ties(
    form: NetworkForm, document: Document, loc: Loc, people: int
) -> tuple[Network | None, list[Problem]]:
    """Network in the file that a scenario names, and what is wrong with it.

    Parameters
    ----------
    form : a network of a file.
    document, loc : the scenario, and where the network stands in it.
    people : in the market; the file names at most so many.

    Returns
    -------
    None if anything is wrong. People are named by their numbers, 0 to ``people - 1``, or else by any ids,
    which are then numbered in ascending order. Whom the file does not name has no ties.
    """
    try:
        return _network(find_file(document, form.file or ""), form.columns, people)
    except DataFault as fault:
        return None, [fault_problem(document, loc, fault)]


def from_file(
    path: str | Path,
    people: int | None = None,
    *,
    one: str = "from",
    other: str = "to",
    strength: str | None = None,
) -> Network:
    """Network in a file of ties, for an analyst.

    Parameters
    ----------
    path : CSV or Parquet file with one row a tie. A tie may also stand in it from both of its ends.
    people : how many there are; if left out, as many as the file names.
    one, other : columns with the ends of a tie, numbers from 0 or any ids.
    strength : column that says strong or weak; if left out, all ties are strong.

    Raises
    ------
    InputError
        The file cannot be read, or rows in it make no sense; all problems at once.
    """
    path = Path(path)
    document = Document({}, str(path), path.parent)
    try:
        network, problems = _network(
            find_file(document, path.name), {"from": one, "to": other, "strength": strength}, people
        )
    except DataFault as fault:
        problem, found, hint = fault.parts
        raise InputError([Problem(str(path), 0, 0, "", problem, found, hint)]) from None
    if network is None:
        raise InputError(problems)
    return network


def _network(
    file: DataFile, columns: dict[str, str | None], people: int | None
) -> tuple[Network | None, list[Problem]]:
    rows = Rows(file, columns, most=MOST_ROWS)
    named = {key: _named(rows, key) for key in ("from", "to")}
    weak = rows.indices("strength", STRENGTHS)
    if rows.problems:
        return None, rows.problems
    one, other, people = _numbered(named["from"], named["to"], people)
    strong = np.ones(one.size, dtype=np.bool_) if weak is None else weak == 0
    kept = _distinct(rows, one, other, strong, people)
    if rows.problems:
        return None, rows.problems
    ends = one[kept].astype(np.int32), other[kept].astype(np.int32)
    return network_of(people, *ends, strong[kept]), []


def _named(rows: Rows, key: str) -> pl.Series:
    """Column of people, as whole numbers or text."""
    column = rows.raw(key)
    if column.dtype.is_integer():
        missing = column.is_null()
    elif column.dtype.is_float():
        raise DataFault(key, "a column of whole numbers or text is required", str(column.dtype))
    else:
        column = rows.text(key)
        missing = (column == "").fill_null(value=True)
    rows.refuse(key, missing, "a person is required")
    return column


def _numbered(one: pl.Series, other: pl.Series, people: int | None) -> tuple[IntArray, IntArray, int]:
    """Numbers of the people at both ends, and how many people there are."""
    import polars as pl

    both = pl.concat([one.cast(pl.String).alias("person"), other.cast(pl.String).alias("person")])
    as_numbers = both.cast(pl.Int64, strict=False)
    # Text such as 007 is no number: it would be the same person as 7.
    if as_numbers.null_count() == 0 and (as_numbers.cast(pl.String) == both).all():
        numbers = as_numbers.to_numpy()
        if people is not None and numbers.min() >= 0 and numbers.max() < people:
            return numbers[: one.len()], numbers[one.len() :], people
        named, ranks = np.unique(numbers, return_inverse=True)
        count = named.size
    else:
        distinct = both.unique().sort()
        count = distinct.len()
        ranks = both.replace_strict(distinct, np.arange(count), return_dtype=pl.Int64).to_numpy()
    if people is not None and count > people:
        raise DataFault(
            "file", f"a network of at most {people} people is required", f"{count} people", "a larger market"
        )
    return ranks[: one.len()], ranks[one.len() :], count if people is None else people


def _distinct(rows: Rows, one: IntArray, other: IntArray, strong: BoolArray, people: int) -> IntArray:
    """Rows that hold each tie once; refuses those that make no tie, or one that stands already."""
    pair = np.minimum(one, other) * people + np.maximum(one, other)
    _refuse(rows, "to", one == other, "a tie to somebody else is required")
    directed = 2 * pair + (one > other)
    _refuse(rows, "to", ~_is_first(directed), "a tie that no earlier row holds is required")
    _, kept, group = np.unique(pair, return_index=True, return_inverse=True)
    if not strong.all():
        differs = strong != strong[kept[group]]
        _refuse(rows, "strength", differs, "the strength that an earlier row gives this tie is required")
    return kept


def _refuse(rows: Rows, key: str, bad: BoolArray, problem: str) -> None:
    import polars as pl

    if bad.any():
        rows.refuse(key, pl.Series(bad), problem)


def _is_first(values: IntArray) -> BoolArray:
    """Whether no earlier place holds the same value."""
    first = np.zeros(values.size, dtype=np.bool_)
    first[np.unique(values, return_index=True)[1]] = True
    return first
