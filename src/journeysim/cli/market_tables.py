"""What became of the customers, as tables: by segment, rung, reason, bank and month, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from journeysim.cli.cells import estimates_table
from journeysim.cli.columns import Table
from journeysim.experiment.cells import Column, Found, estimate_cells
from journeysim.experiment.headline import CUSTOMERS_END, SATISFIED_CUSTOMERS
from journeysim.experiment.parts import ACQUIRED, LOST, OF_CUSTOMERS, money_columns
from journeysim.experiment.results import MetricKey, OptionResult
from journeysim.experiment.statistics import Estimate

MOST_MONTHS = 12
_MOST_ROWS = 24
_MOST_OPTIONS_BY_MONTH = 6

_CUSTOMERS = Column("customers", "customers")
_TOLD_GOOD = Column("told_good", "people told\nof good visits")
_TOLD_BAD = Column("told_bad", "people told\nof bad visits")

_TALK_COLUMNS = (
    _TOLD_GOOD,
    _TOLD_BAD,
    Column("read_bad", "readers\nof bad", only_if_seen=True),
    Column("told_per_good_story", "listeners of\na good story"),
    Column("told_per_bad_story", "listeners of\na bad story"),
)
_COMPLAINT_HEADINGS = {"grumble": "grumbled", "complain": "complained", "media": "went\npublic"}
_MONTH_COLUMNS = (
    _CUSTOMERS, LOST, ACQUIRED, SATISFIED_CUSTOMERS, replace(_TOLD_GOOD, heading="told good"),
    replace(_TOLD_BAD, heading="told bad"),
)  # fmt: skip


def market_tables(
    options: Sequence[OptionResult], baseline: OptionResult, months: int, currency: str
) -> list[list[str]]:
    """Lines of every table of the market.

    Parameters
    ----------
    options : all of the run, in its order.
    baseline : the one among them that the others are compared with.
    months : of the horizon.
    currency : of the map; may be empty.
    """
    over = f"over {months} month{'s'[: months != 1]}"
    tables = [
        _segments(options, baseline),
        _by_part("Customers at the end by rung of loyalty", options, "rung", CUSTOMERS_END),
        _reasons(options, f"Customers lost by reason, {over}"),
        _talk(options, f"Complaints and word of mouth, {over}"),
        _banks(options, baseline, f"Banks, {over}"),
        _money(options, currency),
        *_months(options, baseline, months),
    ]
    return [lines for lines in tables if lines]


def _side_by_side(
    title: str,
    parts: Mapping[str, Mapping[str, Found]],
    options: Sequence[OptionResult],
    baseline: OptionResult,
    columns: Sequence[Column],
) -> list[str]:
    """Every option below every part; the baseline alone where that would be too many rows."""
    if len(options) == 1 or len(options) * len(parts) > _MOST_ROWS:
        rows = {part: found[baseline.name] for part, found in parts.items()}
        title = f"{title}, {baseline.name}"
    else:
        rows = {
            f"{part}: {name}": found for part, by_option in parts.items() for name, found in by_option.items()
        }
    return estimates_table(title, "", rows, columns)


def _parts(options: Sequence[OptionResult], scope: str, metric: str) -> dict[str, dict[str, Found]]:
    """Estimates by part of a scope that has ``metric``, and by option."""
    found: dict[str, dict[str, Found]] = {}
    for option in options:
        for name, estimates in option.by(scope).items():
            if metric in estimates:
                found.setdefault(name, {})[option.name] = estimates
    return {name: {option.name: by.get(option.name, {}) for option in options} for name, by in found.items()}


def _segments(options: Sequence[OptionResult], baseline: OptionResult) -> list[str]:
    parts = _parts(options, "segment", CUSTOMERS_END.metric)
    if len(parts) < 2:
        return []
    return _side_by_side("Customers by segment", parts, options, baseline, OF_CUSTOMERS)


def _by_part(title: str, options: Sequence[OptionResult], scope: str, column: Column) -> list[str]:
    """One metric of every part of a scope, a part a column."""
    names = list(options[0].by(scope))
    rows = {
        option.name: {
            name: found[column.metric] for name, found in option.by(scope).items() if column.metric in found
        }
        for option in options
    }
    columns = [Column(name, _split(name), column.factor, decimals=column.decimals) for name in names]
    return estimates_table(title, "option", rows, columns)


def _reasons(options: Sequence[OptionResult], title: str) -> list[str]:
    """Customers lost by reason, and below them what share that is of all who were lost."""
    names = list(options[0].by("reason"))
    lost = {option.name: [option.by("reason")[name][LOST.metric] for name in names] for option in options}
    columns = [estimate_cells(LOST, [found[at] for found in lost.values()]) for at in range(len(names))]
    rows = []
    for place, (option, found) in enumerate(lost.items()):
        total = sum(one.mean for one in found)
        rows.append([option, *(cells[place] for cells in columns)])
        rows.append(["  of all lost", *(f"{one.mean / total:.0%}" if total else "-" for one in found)])
    return Table(title, ["option", *(_split(name) for name in names)], rows).lines()


def _talk(options: Sequence[OptionResult], title: str) -> list[str]:
    kinds = list(options[0].by("complaint"))
    columns = [Column(kind, _COMPLAINT_HEADINGS.get(kind, _split(kind))) for kind in kinds]
    rows = {
        option.name: {
            **{kind: found["complaints"] for kind, found in option.by("complaint").items()},
            **option.metrics,
        }
        for option in options
    }
    return estimates_table(title, "option", rows, (*columns, *_TALK_COLUMNS))


def _banks(options: Sequence[OptionResult], baseline: OptionResult, title: str) -> list[str]:
    people = sum(found["customers_end"].mean for found in baseline.by("bank").values())
    columns = (
        Column("customers_end", "share at\nthe end %", 100 / people if people else 1.0),
        Column("gained", "gained"),
        Column("lost", "lost"),
    )
    return _side_by_side(title, _parts(options, "bank", "customers_end"), options, baseline, columns)


def _money(options: Sequence[OptionResult], currency: str) -> list[str]:
    columns, title = money_columns(options, currency)
    if not columns:
        return []
    rows = {option.name: option.metrics for option in options}
    # Sums and what the option costs matter most: the rest gives way where the table would be too wide.
    return estimates_table(title, "option", rows, [*columns[-3:], *columns[:-3]], columns)


def _months(options: Sequence[OptionResult], baseline: OptionResult, months: int) -> list[list[str]]:
    """A table for each option, of at most `MOST_MONTHS` months."""
    step = -(-months // MOST_MONTHS)
    shown = [month for month in range(1, months + 1) if (months - month) % step == 0]
    tables = []
    for option in [baseline, *(one for one in options if one is not baseline)][:_MOST_OPTIONS_BY_MONTH]:
        rows = {f"month {month}": _of_month(option, month) for month in shown}
        title = f"By month, {option.name}"
        if step > 1:
            title += f" (each by itself; one in {step} is shown)"
        tables.append(estimates_table(title, "", rows, _MONTH_COLUMNS))
    return tables


def _of_month(option: OptionResult, month: int) -> dict[str, Estimate]:
    keys = (MetricKey("all", "", column.metric, month) for column in _MONTH_COLUMNS)
    return {key.metric: option.estimates[key] for key in keys if key in option.estimates}


def _split(name: str) -> str:
    """A name of a part as a heading of at most two lines."""
    first, _, rest = name.partition("_")
    return f"{first}\n{rest.replace('_', ' ')}" if rest else first
