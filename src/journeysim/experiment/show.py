"""How scenarios and runs show themselves in a notebook: what is asked, and the answer before the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from journeysim.experiment.cells import Column, comparison_text, estimate_cells, is_seen
from journeysim.experiment.headline import headline_columns
from journeysim.experiment.remarks import REAL, sampling_text, span_text
from journeysim.markup import block, listed, paragraph, shortened, table, title

if TYPE_CHECKING:
    from journeysim.experiment.runs import Run
    from journeysim.experiment.scenario import Scenario

_MOST_COLUMNS = 8
_MOST_OPTIONS = 30
_MOST_TEXT = 160


@dataclass(frozen=True)
class Grid:
    """A table of texts.

    Parameters
    ----------
    caption : what it shows.
    head : heading of each column; may hold line breaks.
    rows : cells of each row, as many as ``head``.
    """

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def options_grid(run: Run) -> Grid:
    """Options as rows, the metrics by which they are judged as columns: mean ± half its interval."""
    baseline = run.scenario.baseline
    names = [
        f"{option.name} (baseline)" if option.name == baseline and len(run.options) > 1 else option.name
        for option in run.options
    ]
    columns = _columns(run)
    cells = [
        estimate_cells(column, [o.metrics.get(column.metric) for o in run.options]) for column in columns
    ]
    return _grid("", columns, names, cells)


def differences_grid(run: Run) -> Grid:
    """Paired differences from the baseline ± half their interval, marked where they are real.

    Of the same columns as `options_grid`; without rows where there is nothing to compare.
    """
    others = [option for option in run.options if option.name != run.scenario.baseline]
    columns = _columns(run)
    cells = [
        [comparison_text(option.versus_baseline.get(column.metric), column) for option in others]
        for column in columns
    ]
    return _grid(f"Difference from {run.scenario.baseline}", columns, [o.name for o in others], cells)


def run_html(run: Run) -> str:
    """The answer in a sentence per option, then the tables."""
    differences = differences_grid(run)
    parts = [
        title(run.scenario.name),
        paragraph(" ".join(run.scenario.description.split())),
        *map(paragraph, run.answers.values()),
        _html(options_grid(run)),
    ]
    if differences.rows:
        parts += [_html(differences), paragraph(f"* {REAL}")]
    parts.append(paragraph(f"{sampling_text(run)}."))
    parts += [paragraph(line) for line in run.stop.lines()] if run.stop is not None else []
    parts += [paragraph(f"note: {note}") for note in run.notes]
    return block(*parts)


def scenario_html(scenario: Scenario) -> str:
    """The question, the options with what they change, and what looks doubtful."""
    written = scenario.resolved.get("options", {})
    rows = [
        (
            f"{option.name} (baseline)" if option.name == scenario.baseline else option.name,
            option.description,
            shortened(_changes_text(written.get(option.name) or {}), _MOST_TEXT),
        )
        for option in scenario.options[:_MOST_OPTIONS]
    ]
    left = len(scenario.options) - len(rows)
    return block(
        title(scenario.name),
        paragraph(" ".join(scenario.description.split())),
        table("Options", ("option", "what it means", "what it changes"), rows, words=3),
        paragraph(f"and {left} more" if left > 0 else ""),
        paragraph(_asked(scenario)),
        listed([f"warning: {problem}" for problem in scenario.warnings]),
    )


def scenario_line(scenario: Scenario) -> str:
    """The scenario in a line."""
    count = len(scenario.options)
    return f"Scenario({scenario.name!r}: {count} option{'s'[: count != 1]}, {_asked(scenario)})"


def _asked(scenario: Scenario) -> str:
    most = "at most " if scenario.stop_rule is not None else ""
    return f"{most}{_replications(scenario.replications)} of {span_text(scenario)}, seed {scenario.seed}"


def _replications(count: int) -> str:
    return f"{count} replication{'s'[: count != 1]}"


def _columns(run: Run) -> list[Column]:
    baseline = run.scenario.baseline_option
    columns = headline_columns(run.options, baseline.journey.currency, in_market=baseline.market is not None)
    rows = {option.name: option.metrics for option in run.options}
    return [column for column in columns if is_seen(column, rows)][:_MOST_COLUMNS]


def _grid(
    caption: str, columns: Sequence[Column], names: Sequence[str], cells: Sequence[Sequence[str]]
) -> Grid:
    rows = [[name, *(texts[at] for texts in cells)] for at, name in enumerate(names)]
    return Grid(caption, ["option", *(column.heading for column in columns)], rows)


def _html(grid: Grid) -> str:
    return table(grid.caption, grid.head, grid.rows[:_MOST_OPTIONS])


def _changes_text(option: Mapping[str, Any]) -> str:
    """What an option of a resolved scenario changes, in the words of its file."""
    said = [f"{path} = {_plain(value)}" for path, value in option.get("set", {}).items()]
    said += [f"without {path}" for path in option.get("remove", ())]
    if "period" in option:
        said.append(f"from {option['period'].get('from')} until {option['period'].get('until')}")
    if "cost_per_year" in option:
        said.append(f"costs {option['cost_per_year']:,.0f} a year")
    return "; ".join(said)


def _plain(value: Any) -> str:
    """Write a value on one line, as YAML's flow style does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_plain, value))}]"
    return str(value)
