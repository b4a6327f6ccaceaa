"""What a run came to, as tables for a planner."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from journeysim.cli.columns import GAP, WIDTH, Table, wrapped
from journeysim.experiment.beside import lies_within
from journeysim.experiment.results import Comparison, OptionResult
from journeysim.experiment.runs import Run
from journeysim.experiment.statistics import CONFIDENCE, Estimate

_MISSING = "-"
_NAME_ROOM = 24
_MOST_ROWS = 24


@dataclass(frozen=True)
class Column:
    """A metric as a column.

    Parameters
    ----------
    metric : its name.
    heading : what stands above; a line break splits it.
    factor : 100 for fractions shown in percent.
    only_if_seen : leave the column out where every value is ``usual`` or missing.
    usual : the value that says nothing.
    decimals : at most.
    """

    metric: str
    heading: str
    factor: float = 1.0
    only_if_seen: bool = False
    usual: float = 0.0
    decimals: int = 2


_CONTACTS = Column("contacts_per_case", "contacts\na case", only_if_seen=True, usual=1.0)
_WAIT = Column("wait_mean_min", "wait\nmin")
_P90 = Column("wait_p90_min", "wait p90\nmin")
_SERVED = Column("served_fraction", "served\n%", 100)
_WITHIN = Column("wait_within_target_fraction", "in target\n%", 100)
_RENEGED = Column("reneged_fraction", "gave up\n%", 100, only_if_seen=True)
_BALKED = Column("balked_fraction", "balked\n%", 100, only_if_seen=True)
_REJECTED = Column("rejected_fraction", "rejected\n%", 100, only_if_seen=True)
_CLOSED = Column("closed_fraction", "closed\n%", 100, only_if_seen=True)
_FAILED = Column("failed_fraction", "failed\n%", 100, only_if_seen=True)
_BUSY = Column("utilisation", "staff busy\n%", 100)
_COST = Column("staff_cost_per_day", "staff cost\na day", only_if_seen=True)
_VISITS = Column("visits_per_day", "visits\na day")
_LINE = Column("queue_length_mean", "line\nmean")
_OVERTIME = Column("overtime_min_per_day", "overtime\nmin a day")
_CASE_DAYS = Column("days_to_resolution_mean", "days to\nresolve", only_if_seen=True)
_WAITED = Column("waited_fraction", "waited\n%", 100)
_SCORE = Column("score_mean", "score\n-1…1", decimals=3)
_SATISFIED = Column("satisfied_fraction", "satisfied\n%", 100)
_PROMOTERS = Column("net_promoter_score", "net promoter\n%", 100)
_WAIT_SCORE = Column("wait_score_mean", "wait\nscore")
_ENCOUNTER_SCORE = Column("encounter_score_mean", "encounter\nscore")

# In order of importance: what does not fit into the width is left to the files.
_OPTION_COLUMNS = (
    _CONTACTS,
    _CASE_DAYS,
    _WAIT,
    _SERVED,
    _SCORE,
    _SATISFIED,
    _PROMOTERS,
    _COST,
    _WITHIN,
    _P90,
    _BUSY,
    _RENEGED,
    _BALKED,
    _CLOSED,
    _REJECTED,
    _FAILED,
)
_SHOWN_ORDER = (
    _VISITS, _CONTACTS, _CASE_DAYS, _WAIT, _P90, _WITHIN, _SERVED, _RENEGED, _BALKED, _REJECTED, _CLOSED,
    _FAILED, _LINE, _SCORE, _WAIT_SCORE, _ENCOUNTER_SCORE, _SATISFIED, _PROMOTERS, _BUSY, _OVERTIME, _COST,
)  # fmt: skip
_TOUCHPOINT_COLUMNS = (
    _SCORE, _VISITS, _WAIT, _P90, _WAIT_SCORE, _ENCOUNTER_SCORE, _RENEGED, _FAILED, _WITHIN, _LINE, _SERVED,
    _BALKED, _REJECTED,
)  # fmt: skip
_SEGMENT_COLUMNS = (
    _VISITS, _CONTACTS, _CASE_DAYS, _WAIT, _SCORE, _SATISFIED, _SERVED, _WITHIN, _PROMOTERS, _P90, _RENEGED,
    _BALKED, _CLOSED, _REJECTED, _FAILED,
)  # fmt: skip
_STAFF_COLUMNS = (_BUSY, _OVERTIME, _COST)
# The visits are those of the log by construction.
_OBSERVED_COLUMNS = (_WAIT, _WAITED, Column("reneged_fraction", "gave up\n%", 100))
_FORMULA_COLUMNS = (_WAIT, _WAITED, _RENEGED)


def run_tables(run: Run) -> str:
    """Return the options side by side, their differences, the baseline in detail, and where the rest is."""
    baseline = next(option for option in run.options if option.name == run.scenario.baseline)
    others = [option for option in run.options if option is not baseline]
    parts = [_heading(run), _options(run, baseline)]
    if others:
        parts.append(_differences(others, baseline) + _option_costs(run))
    if run.observed is not None:
        parts.append(_observed(run, baseline))
    if len(baseline.by("segment")) > 1:
        parts.append(_segments(run.options, baseline))
    parts.append(_touchpoints(baseline))
    if baseline.by("staff"):
        parts.append(_details("By staff group", baseline, "staff", _STAFF_COLUMNS))
    parts.append(_beside(run, baseline))
    if run.folder is not None:
        parts.append([f"Kept in {run.folder}"])
    return "\n\n".join("\n".join(part) for part in parts)


def _heading(run: Run) -> list[str]:
    scenario = run.scenario
    days = len(scenario.baseline_option.days)
    lines = [scenario.name]
    if scenario.description:
        lines.append(" ".join(scenario.description.split()))
    count = run.options[0].replications
    lines.append(
        f"{count} replication{'s'[: count != 1]} of {days} day{'s'[: days != 1]}, seed {scenario.seed}; "
        f"each number is a mean ± half its {CONFIDENCE:.0%} interval over replications"
    )
    return lines


def _options(run: Run, baseline: OptionResult) -> list[str]:
    rows = {
        f"{option.name} (baseline)"
        if option is baseline and len(run.options) > 1
        else option.name: option.metrics
        for option in run.options
    }
    return _estimates("", "option", rows, _OPTION_COLUMNS)


def _segments(options: Sequence[OptionResult], baseline: OptionResult) -> list[str]:
    """Return segments side by side: a change that helps one often costs another."""
    segments = list(baseline.by("segment"))
    if len(options) == 1 or len(options) * len(segments) > _MOST_ROWS:
        return _details("By segment", baseline, "segment", _SEGMENT_COLUMNS)
    rows = {
        f"{segment}: {option.name}": option.by("segment").get(segment, {})
        for segment in segments
        for option in options
    }
    return _estimates("By segment", "", rows, _SEGMENT_COLUMNS)


def _touchpoints(baseline: OptionResult) -> list[str]:
    """Return the touchpoints with the emotion curve, its lowest point marked."""
    rows = baseline.by("touchpoint")
    cells = _column_cells(rows, _TOUCHPOINT_COLUMNS)
    scores = [found[_SCORE.metric].mean if _SCORE.metric in found else math.nan for found in rows.values()]
    known = [score for score in scores if not math.isnan(score)]
    marked = _SCORE in cells and len(known) > 1
    if marked:
        lowest = scores.index(min(known))
        cells[_SCORE] = [text + (" " if at != lowest else "<") for at, text in enumerate(cells[_SCORE])]
    lines = _table(f"By touchpoint, {baseline.name}", "", list(rows), cells)
    return (
        [*lines, "< lowest point of the emotion curve, the mean score along the journey"] if marked else lines
    )


def _details(title: str, baseline: OptionResult, scope: str, columns: Sequence[Column]) -> list[str]:
    return _estimates(f"{title}, {baseline.name}", "", baseline.by(scope), columns)


def _estimates(
    title: str, first: str, rows: Mapping[str, Mapping[str, Estimate]], columns: Sequence[Column]
) -> list[str]:
    return _table(title, first, list(rows), _column_cells(rows, columns))


def _column_cells(
    rows: Mapping[str, Mapping[str, Estimate]], columns: Sequence[Column]
) -> dict[Column, list[str]]:
    """Texts of every column that says something."""
    seen = [column for column in columns if _is_seen(column, rows)]
    return {column: _cells(column, [found.get(column.metric) for found in rows.values()]) for column in seen}


def _table(title: str, first: str, names: Sequence[str], cells: Mapping[Column, Sequence[str]]) -> list[str]:
    chosen = _fitting(cells, max([cell_len(first), *(cell_len(name) for name in names)]))
    head = [first, *(column.heading for column in chosen)]
    rows = [[name, *(cells[column][at] for column in chosen)] for at, name in enumerate(names)]
    return Table(title, head, rows).lines()


def _fitting(cells: Mapping[Column, Sequence[str]], longest_name: int) -> list[Column]:
    """Take the most important columns that fit beside the names, in their usual order."""
    left = WIDTH - min(longest_name, _NAME_ROOM)
    chosen = []
    for column, texts in cells.items():
        heading = max(cell_len(line) for line in column.heading.split("\n"))
        width = max([heading, *(cell_len(text) for text in texts)]) + GAP
        if width <= left:
            chosen.append(column)
            left -= width
    return sorted(chosen, key=_SHOWN_ORDER.index)


def _is_seen(column: Column, rows: Mapping[str, Mapping[str, Estimate]]) -> bool:
    values = [found[column.metric].mean for found in rows.values() if column.metric in found]
    if column.only_if_seen:
        return any(abs(value - column.usual) >= 0.0005 for value in values)
    return any(not math.isnan(value) for value in values)


def _cells(column: Column, found: Sequence[Estimate | None]) -> list[str]:
    halves = [value.half_width * column.factor for value in found if value is not None]
    digits = _digits(halves, column.decimals)
    return [_MISSING if value is None else _estimate(value, column.factor, digits) for value in found]


def _estimate(value: Estimate, factor: float, digits: int) -> str:
    if math.isnan(value.mean):
        return _MISSING
    mean = f"{value.mean * factor:,.{digits}f}"
    # What does not vary, such as the arrivals of a log, is no estimate.
    return mean if value.half_width == 0 else _with_half(mean, value.half_width * factor, digits)


def _with_half(mean: str, half: float, digits: int) -> str:
    return mean if math.isnan(half) else f"{mean} ±{half:,.{digits}f}"


def _digits(halves: Sequence[float], most: int = 2) -> int:
    """Decimals that show the first digit of a typical half-width."""
    real = sorted(half for half in halves if half > 0)
    if not real:
        return 1
    return min(most, max(0, math.ceil(-math.log10(real[len(real) // 2]))))


def _differences(others: Sequence[OptionResult], baseline: OptionResult) -> list[str]:
    shown = {option.name: option.metrics for option in (baseline, *others)}
    cells = {
        column: [_difference(option.versus_baseline.get(column.metric), column) for option in others]
        for column in _OPTION_COLUMNS
        if _is_seen(column, shown)
    }
    title = f"Difference from {baseline.name}, ± half its {CONFIDENCE:.0%} interval"
    lines = _table(title, "option", [option.name for option in others], cells)
    lines.append("* real: p < .05 after Holm's adjustment for the number of options")
    removed = [
        found.difference.variance_removed
        for option in others
        if (found := option.versus_baseline.get(_WAIT.metric)) is not None
    ]
    known = sorted(value for value in removed if not math.isnan(value))
    if known:
        low, high = f"{known[0]:.0%}", f"{known[-1]:.0%}"
        saved = low if low == high else f"{low} to {high}"
        lines.append(f"Sharing luck between options removed {saved} of the variance of the wait's difference")
    return lines


def _option_costs(run: Run) -> list[str]:
    currency = run.scenario.baseline_option.journey.currency
    return [
        f"{option.name} also costs {option.cost_per_year:,.0f} {currency}".rstrip()
        + " a year beside its staff"
        for option in run.scenario.options
        if option.cost_per_year
    ]


def _difference(value: Comparison | None, column: Column) -> str:
    if value is None or math.isnan(value.difference.difference):
        return _MISSING
    found = value.difference
    half = (found.high - found.low) / 2 * column.factor
    digits = _digits([half], most=column.decimals + 1)
    text = f"{found.difference * column.factor:+,.{digits}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.replace("-", "+")
    return _with_half(text, half, digits) + ("*" if value.real else " ")


def _observed(run: Run, baseline: OptionResult) -> list[str]:
    """Observed beside simulated, over all and by segment."""
    assert run.observed is not None
    simulated = {"all": baseline.metrics, **baseline.by("segment")}
    observed = {"all": run.observed.metrics, **run.observed.by_segment}
    names = [name for name in observed if name in simulated]
    head = [""]
    columns: list[list[str]] = []
    for column in _OBSERVED_COLUMNS:
        unit = column.heading.replace("\n", " ")
        cells = _cells(column, [simulated[name].get(column.metric) for name in names])
        if all(math.isnan(observed[name].get(column.metric, math.nan)) for name in names):
            continue
        digits = 2 if column.factor == 1 else 1
        columns.append([_number(observed[name][column.metric] * column.factor, digits) for name in names])
        columns.append(cells)
        head += [f"{unit}\nobserved", "\nsimulated"]
    rows = [[name, *(cells[at] for cells in columns)] for at, name in enumerate(names)]
    return Table(f"Observed and simulated, {baseline.name}", head, rows).lines()


def _beside(run: Run, baseline: OptionResult) -> list[str]:
    """Formula beside simulation by touchpoint, then what each formula is, or why there is none."""
    formulas, simulated = run.formulas[baseline.name], baseline.by("touchpoint")
    names = [name for name, found in formulas.items() if found.formula is not None]
    title = f"Beside the formula, {baseline.name}"
    lines = [title]
    if names:
        head: list[str] = [""]
        columns: list[list[str]] = [[f"{'=' if formulas[name].exact else '~'} {name}" for name in names]]
        for column in _FORMULA_COLUMNS:
            if not _is_seen(column, {name: simulated[name] for name in names}):
                continue
            said = [formulas[name].values[column.metric] for name in names]
            columns += _beside_cells(column, said, [simulated[name][column.metric] for name in names])
            head += [f"{' '.join(column.heading.split())}\nformula ", "\nsimulated"]
        lines = Table(title, head, list(zip(*columns, strict=True))).lines()
        lines.append("= exact, but for chance; ~ nearly; * outside the interval; docs/formulas.md explains")
    told: dict[str, list[str]] = {}
    for name, found in formulas.items():
        text = "; ".join([found.formula or "no formula", *found.reasons])
        told.setdefault(text, []).append(name)
    for text, at in told.items():
        lines += wrapped(f"{', '.join(at)}: {text}")
    return lines


def _beside_cells(column: Column, said: Sequence[float], found: Sequence[Estimate]) -> list[list[str]]:
    """Cells of what formulas say and of what was simulated."""
    halves = [estimate.half_width * column.factor for estimate in found]
    digits = _digits([min((half for half in halves if half > 0), default=0.0)])
    cells = [
        _number(value * column.factor, digits) + ("*" if lies_within(value, estimate) is False else " ")
        for value, estimate in zip(said, found, strict=True)
    ]
    return [cells, [_estimate(estimate, column.factor, digits) for estimate in found]]


def _number(value: float, digits: int) -> str:
    return _MISSING if math.isnan(value) else f"{value:,.{digits}f}"
