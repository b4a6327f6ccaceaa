"""What a run assumes: what its options change, and the constants of behaviour by their kind of source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from journeysim.experience import ExperienceRules
from journeysim.experiment.assumptions import Assumptions, SourceKind, assumptions_of, kind_of
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Option, Scenario
from journeysim.report.page.tables import DataTable


@dataclass(frozen=True)
class Assumed:
    """What is said of assumptions.

    Parameters
    ----------
    behaviour, description : name of the set of constants, and what it rests on.
    kinds : how many constants have which kind of source.
    own : constants that the scenario has set itself; None where there are none.
    every : all constants that this run uses.
    guessed_fraction : share of them that nobody has measured, 0..1.
    in_market : whether they are also about who tells, leaves and chooses.
    """

    behaviour: str
    description: str
    kinds: DataTable
    own: DataTable | None
    every: DataTable
    guessed_fraction: float
    in_market: bool


def assumed_in(run: Run) -> Assumed:
    """List what a run assumes of how people behave; without a market, of how they judge a visit."""
    found = assumptions_of(run.scenario)
    in_market = run.scenario.baseline_option.market is not None
    used = [one for one in found.constants if in_market or _judges_visits(one.path)]
    counts = Counter(kind_of(one.source) for one in used)
    kinds = DataTable(
        "Constants of behaviour by kind of source",
        ("source", "constants"),
        tuple((kind.value, str(counts[kind])) for kind in SourceKind if counts[kind]),
    )
    rows = tuple((one.path, one.text, one.meaning, one.source) for one in used)
    head = ("constant", "value", "meaning", "where the value comes from")
    return Assumed(
        found.name,
        found.description,
        kinds,
        _own(found, in_market=in_market),
        DataTable("Every constant of behaviour that this run uses", head, rows, words=True),
        (counts[SourceKind.ASSUMPTION] + counts[SourceKind.NONE]) / len(used),
        in_market,
    )


def _own(found: Assumptions, *, in_market: bool) -> DataTable | None:
    rows = [
        (one.path, one.text, one.meaning, one.source)
        for one in found.constants
        if kind_of(one.source) is SourceKind.SCENARIO and (in_market or _judges_visits(one.path))
    ]
    head = ("constant", "value", "meaning", "where the value comes from")
    return DataTable("Constants that this scenario has set", head, tuple(rows), words=True) if rows else None


def compared_options(scenario: Scenario, names: Collection[str]) -> DataTable:
    """What options of some names mean, where that is told, and what they change."""
    chosen = [option for option in scenario.options if option.name in names]
    written = scenario.resolved.get("options", {})
    shown = [
        f"{option.name} (baseline)" if option.name == scenario.baseline else option.name for option in chosen
    ]
    columns = {
        "option": shown,
        "what it means": [" ".join(option.description.split()) for option in chosen],
        "what it changes": ["\n".join(_changes(option, written.get(option.name) or {})) for option in chosen],
    }
    told = {head: cells for head, cells in columns.items() if any(cells)}
    rows = tuple(zip(*told.values(), strict=True))
    return DataTable("Options, what they mean and what they change", tuple(told), rows, words=True)


def _changes(option: Option, written: Mapping[str, Any]) -> list[str]:
    """Changes of an option to the map or the behaviour, a line each."""
    lines = [f"{path}: {_flow(value)}" for path, value in (written.get("set") or {}).items()]
    lines += [f"{path}: removed" for path in written.get("remove") or ()]
    if period := written.get("period"):
        lines.append(f"only {' '.join(f'{word} {day}' for word, day in period.items())}")
    if option.cost_per_year:
        lines.append(f"costs {option.cost_per_year:,.0f} {option.journey.currency}".rstrip() + " a year")
    return lines or ["nothing"]


def _judges_visits(path: str) -> bool:
    return path.partition(".")[0] in ExperienceRules.model_fields


def _flow(value: Any) -> str:
    """A value as a map writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(str(value).split())
