"""What a run came to, as tables for a planner."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from journeysim.cli.cells import cells_table, column_cells
from journeysim.cli.columns import Table, wrapped
from journeysim.cli.market_tables import market_tables
from journeysim.cli.scenarios import few_lines
from journeysim.experiment.beside import lies_within
from journeysim.experiment.cells import (
    MISSING,
    Column,
    Found,
    comparison_text,
    difference_text,
    digits_for,
    estimate_cells,
    estimate_text,
    is_seen,
    number_text,
)
from journeysim.experiment.headline import SCORE, differences_first, headline_columns
from journeysim.experiment.parts import (
    OF_FORMULAS,
    OF_OBSERVED,
    OF_SEGMENTS,
    OF_SEGMENTS_IN_MARKET,
    OF_STAFF,
    OF_TOUCHPOINTS,
    SHOWN_ORDER,
    visited,
)
from journeysim.experiment.remarks import (
    REAL,
    behaviour_text,
    cost_texts,
    horizon_text,
    lasting,
    pairing_text,
    sampling_text,
    year_text,
)
from journeysim.experiment.results import OptionResult
from journeysim.experiment.runs import Run
from journeysim.experiment.statistics import CONFIDENCE, REAL_BELOW, Estimate

_MOST_ROWS = 24


def run_tables(run: Run) -> str:
    """Return the options side by side, their differences, the baseline in detail, and where the rest is."""
    baseline = next(option for option in run.options if option.name == run.scenario.baseline)
    others = [option for option in run.options if option is not baseline]
    market = run.scenario.baseline_option.market
    currency = run.scenario.baseline_option.journey.currency
    columns = headline_columns(run.options, currency, in_market=market is not None)
    parts = [_heading(run), _options(run, baseline, columns)]
    if others:
        parts.append(_differences(others, baseline, columns) + cost_texts(run.scenario))
    if market is not None:
        months = market.months
        told = (horizon_text(lasting(run), months), year_text(months), behaviour_text(run.scenario))
        parts[-1] += [line for text in told if text for line in wrapped(text)]
    if others:
        parts.append([line for answer in run.answers.values() for line in wrapped(answer)])
    if run.contrasted:
        parts.append(_contrasts(run, columns))
    if run.observed is not None:
        parts.append(_observed(run, baseline))
    if market is not None:
        parts += market_tables(run.options, baseline, market.months, currency)
    parts += _of_branches(run.options, baseline, in_market=market is not None)
    if run.baseline_formulas:
        parts.append(_beside(run, baseline))
    if run.folder is not None:
        parts.append([f"Kept in {run.folder}"])
    return "\n\n".join("\n".join(part) for part in parts)


def _heading(run: Run) -> list[str]:
    lines = [run.scenario.name]
    if run.scenario.description:
        lines.append(" ".join(run.scenario.description.split()))
    lines += wrapped(sampling_text(run), indent="")
    for told in run.stop.lines() if run.stop is not None else ():
        lines += wrapped(told)
    return lines + few_lines(run.options[0].replications)


def _options(run: Run, baseline: OptionResult, columns: Sequence[Column]) -> list[str]:
    rows = {
        f"{option.name} (baseline)"
        if option is baseline and len(run.options) > 1
        else option.name: option.metrics
        for option in run.options
    }
    return _estimates("", "option", rows, columns)


def _of_branches(
    options: Sequence[OptionResult], baseline: OptionResult, *, in_market: bool
) -> list[list[str]]:
    """What happened in the branch, or in each of several."""
    parts = []
    if baseline.by("branch"):
        parts.append(_side_by_side("By branch", options, baseline, "branch", OF_SEGMENTS_IN_MARKET))
    if len(visited(baseline, "segment")) > 1:
        columns = OF_SEGMENTS_IN_MARKET if in_market else OF_SEGMENTS
        parts.append(_side_by_side("By segment", options, baseline, "segment", columns))
    if baseline.by("touchpoint"):
        parts.append(_touchpoints(baseline))
    if baseline.by("staff"):
        parts.append(_details("By staff group", baseline, "staff", OF_STAFF))
    return parts


def _side_by_side(
    title: str, options: Sequence[OptionResult], baseline: OptionResult, scope: str, columns: Sequence[Column]
) -> list[str]:
    """Return parts with all options side by side: a change that helps one often costs another."""
    names = visited(baseline, scope)
    if len(options) == 1 or len(options) * len(names) > _MOST_ROWS:
        return _estimates(
            f"{title}, {baseline.name}", "", {name: baseline.by(scope)[name] for name in names}, columns
        )
    rows = {f"{name}: {option.name}": option.by(scope).get(name, {}) for name in names for option in options}
    return _estimates(title, "", rows, columns)


def _touchpoints(baseline: OptionResult) -> list[str]:
    """Return the touchpoints with the emotion curve, its lowest point marked."""
    rows = baseline.by("touchpoint")
    cells = column_cells(rows, OF_TOUCHPOINTS)
    scores = [found[SCORE.metric].mean if SCORE.metric in found else math.nan for found in rows.values()]
    known = [score for score in scores if not math.isnan(score)]
    marked = SCORE in cells and len(known) > 1
    if marked:
        lowest = scores.index(min(known))
        cells[SCORE] = [text + (" " if at != lowest else "<") for at, text in enumerate(cells[SCORE])]
    lines = cells_table(f"By touchpoint, {baseline.name}", "", list(rows), cells, SHOWN_ORDER)
    return (
        [*lines, "< lowest point of the emotion curve, the mean score along the journey"] if marked else lines
    )


def _details(title: str, baseline: OptionResult, scope: str, columns: Sequence[Column]) -> list[str]:
    return _estimates(f"{title}, {baseline.name}", "", baseline.by(scope), columns)


def _estimates(title: str, first: str, rows: Mapping[str, Found], columns: Sequence[Column]) -> list[str]:
    return cells_table(title, first, list(rows), column_cells(rows, columns), _order(columns))


def _order(columns: Sequence[Column]) -> Sequence[Column]:
    """Order to show columns in; those of a market stand as they come."""
    return SHOWN_ORDER if all(column in SHOWN_ORDER for column in columns) else columns


def _differences(
    others: Sequence[OptionResult], baseline: OptionResult, columns: Sequence[Column]
) -> list[str]:
    shown = {option.name: option.metrics for option in (baseline, *others)}
    cells = {
        column: [comparison_text(option.versus_baseline.get(column.metric), column) for option in others]
        for column in differences_first(columns)
        if is_seen(column, shown)
    }
    title = f"Difference from {baseline.name}, ± half its {CONFIDENCE:.0%} interval"
    lines = cells_table(title, "option", [option.name for option in others], cells, _order(columns))
    lines.append(f"* {REAL}")
    paired = pairing_text(others)
    return [*lines, paired] if paired else lines


def _contrasts(run: Run, columns: Sequence[Column]) -> list[str]:
    """Return what a change does in one situation beyond what it does in another."""
    rows = {result.contrast.name: result.metrics for result in run.contrasted}
    seen = {option.name: option.metrics for option in run.options}
    shown = [column for column in differences_first(columns) if is_seen(column, seen)]
    cells = {
        column: [
            difference_text(found[column.metric], column, "*" if found[column.metric].p < REAL_BELOW else " ")
            if column.metric in found
            else MISSING
            for found in rows.values()
        ]
        for column in shown
    }
    title = f"Differences of differences, ± half their {CONFIDENCE:.0%} interval"
    lines = cells_table(title, "contrast", list(rows), cells, _order(columns))
    lines.append(f"* p < {f'{REAL_BELOW:g}'[1:]}, not adjusted for the number of contrasts")
    for result in run.contrasted:
        of, less = result.contrast.of, result.contrast.less
        lines += wrapped(f"{result.contrast.name}: ({of[0]} - {of[1]}) - ({less[0]} - {less[1]})")
    return lines


def _observed(run: Run, baseline: OptionResult) -> list[str]:
    """Observed beside simulated, over all and by segment."""
    assert run.observed is not None
    simulated = {"all": baseline.metrics, **baseline.by("segment")}
    observed = {"all": run.observed.metrics, **run.observed.by_segment}
    names = [name for name in observed if name in simulated]
    head = [""]
    columns: list[list[str]] = []
    for column in OF_OBSERVED:
        unit = column.heading.replace("\n", " ")
        cells = estimate_cells(column, [simulated[name].get(column.metric) for name in names])
        if all(math.isnan(observed[name].get(column.metric, math.nan)) for name in names):
            continue
        digits = 2 if column.factor == 1 else 1
        columns.append([number_text(observed[name][column.metric] * column.factor, digits) for name in names])
        columns.append(cells)
        head += [f"{unit}\nobserved", "\nsimulated"]
    rows = [[name, *(cells[at] for cells in columns)] for at, name in enumerate(names)]
    return Table(f"Observed and simulated, {baseline.name}", head, rows).lines()


def _beside(run: Run, baseline: OptionResult) -> list[str]:
    """Formula beside simulation by touchpoint, then what each formula is, or why there is none."""
    formulas, simulated = run.baseline_formulas, baseline.by("touchpoint")
    names = [name for name, found in formulas.items() if found.formula is not None]
    title = f"Beside the formula, {baseline.name}"
    lines = [title]
    if names:
        head: list[str] = [""]
        columns: list[list[str]] = [[f"{'=' if formulas[name].exact else '~'} {name}" for name in names]]
        for column in OF_FORMULAS:
            if not is_seen(column, {name: simulated[name] for name in names}):
                continue
            said = [formulas[name].values[column.metric] for name in names]
            columns += _beside_cells(column, said, [simulated[name][column.metric] for name in names])
            head += [f"{' '.join(column.heading.split())}\nformula ", "\nsimulated"]
        lines = Table(title, head, list(zip(*columns, strict=True))).lines()
        lines.append(
            "= exact, but for chance; ~ nearly; * outside the interval; docs/explanation/formulas.md explains"
        )
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
    digits = digits_for([min((half for half in halves if half > 0), default=0.0)])
    cells = [
        number_text(value * column.factor, digits) + ("*" if lies_within(value, estimate) is False else " ")
        for value, estimate in zip(said, found, strict=True)
    ]
    return [cells, [estimate_text(estimate, column.factor, digits) for estimate in found]]
