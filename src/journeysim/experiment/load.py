"""Reads a scenario with its map and all its options, and says everything that is wrong in one go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from journeysim.branch.calendar import OpenDay, open_days
from journeysim.errors import InputError, Problem
from journeysim.experiment.combine import extended
from journeysim.experiment.contrasts import Contrast
from journeysim.experiment.map_files import map_at
from journeysim.experiment.market_doubts import market_doubts
from journeysim.experiment.markets import (
    MarketLoader,
    banks_aligned,
    market_file,
    refuse_large_rivals,
)
from journeysim.experiment.metric_names import metric_names
from journeysim.experiment.named_options import naming_problems
from journeysim.experiment.options import Change, OptionBuilder, changes_in
from journeysim.experiment.resolve import DataFiles
from journeysim.experiment.scenario import (
    DEFAULT_DAYS,
    DEFAULT_TARGET_WAIT,
    Option,
    OptionFile,
    Scenario,
    ScenarioFile,
    Until,
)
from journeysim.experiment.sections import Sections, refused, sections_of
from journeysim.experiment.stopping import StopRule
from journeysim.journey import Document, Journey
from journeysim.journey.faults import in_file_order, nearest, problem_at, problems_from
from journeysim.journey.patches import Patch, patch_from_setting, patches_from, removals_from
from journeysim.journey.strict_yaml import Loc, parse_leniently, read_leniently
from journeysim.market.behaviour import Behaviour
from journeysim.market.model import Market
from journeysim.market.presets import (
    BehaviourSource,
    LoadedBehaviour,
    behaviour_from,
    behaviour_of,
    find_behaviour,
    is_behaviour,
)
from journeysim.market.state import OURS
from journeysim.market.timeline import Timeline


@dataclass(frozen=True)
class Overrides:
    """What a caller says in place of the file; see `load_scenario`."""

    changes: tuple[str, ...] = ()
    replications: int | None = None
    seed: int | None = None


def load_scenario(
    path: str | Path,
    *,
    changes: Iterable[str] = (),
    replications: int | None = None,
    seed: int | None = None,
) -> Scenario:
    """Read and check a scenario file, or a bare journey map as a scenario of one option.

    Parameters
    ----------
    path : a YAML file; with the key ``scenario`` it is a scenario, else a map.
    changes : patches for every option, each written ``PATH=VALUE``, such as ``staff.tellers.count=5``.
    replications : of each option, >= 1; None leaves the file's.
    seed : seed of all luck; None leaves the file's.

    Raises
    ------
    InputError
        Something is wrong with the scenario, its map or an option's changes; all problems at once.
    """
    document, problems = read_leniently(path)
    return _loaded(document, problems, Overrides(tuple(changes), replications, seed))


def load_scenario_or_behaviour(path: str | Path) -> Scenario | LoadedBehaviour:
    """Read and check a file of any kind: a scenario, a journey map, or a behaviour.

    Raises
    ------
    InputError
        Something is wrong with it; all problems at once.
    """
    document, problems = read_leniently(path)
    if is_behaviour(document):
        return behaviour_of(document, path, problems)
    return _loaded(document, problems, Overrides())


def parse_scenario(text: str, file_name: str = "<text>", folder: Path | None = None) -> Scenario:
    """Read and check a scenario or a map from YAML text; ``folder`` is where the files it names are."""
    document, problems = parse_leniently(text, file_name, folder)
    return _loaded(document, problems, Overrides())


def scenario_of(document: Document) -> Scenario:
    """Check a scenario that is plain data already.

    Raises
    ------
    InputError
        Something is wrong with it; all problems at once.
    """
    return _loaded(document, [], Overrides())


def scenario_from(journey: Journey) -> Scenario:
    """Make a scenario of one option from a journey that is loaded already."""
    return _loaded(journey.document, [], Overrides())


def _loaded(document: Document, problems: list[Problem], overrides: Overrides) -> Scenario:
    if isinstance(document.data, dict) and "scenario" in document.data:
        scenario = extended(document, problems)
        file = _validated(scenario, problems)
        plan = map_at(scenario, (), problems)
        if scenario.data.get("journey") is None and not _has_branches(scenario):
            hint = "for example journey: ../journeys/city-branch.yaml"
            problems.append(problem_at(scenario, (), "the key journey is missing", "", hint))
        loader = _Loader(scenario, plan, problems, overrides)
    elif is_behaviour(document):
        problem = "a scenario or a journey map is required"
        hint = "a scenario names it under the key behaviour"
        raise InputError([problem_at(document, (), problem, "a behaviour", hint)])
    else:
        journey = document.data.get("journey") if isinstance(document.data, dict) else None
        file = ScenarioFile(scenario=journey if isinstance(journey, str) and journey else "Journey")
        loader = _Loader(Document({}, document.file), document, problems, overrides)
    return loader.load(file)


def _validated(document: Document, problems: list[Problem]) -> ScenarioFile | None:
    try:
        file = ScenarioFile.model_validate(document.data)
    except ValidationError as error:
        problems += problems_from(error, document, ScenarioFile)
        return None
    if isinstance(file.replications, Until):
        problems += _unknown_metrics(document, file.replications, in_market="market" in document.data)
    return file


def _unknown_metrics(document: Document, rule: Until, *, in_market: bool) -> Iterator[Problem]:
    """Yield what is wrong with the metrics of a stop rule, as far as it can be known before a run."""
    known = metric_names(in_market=in_market)
    for metric in rule.until:
        loc: Loc = ("replications", "until", metric)
        if metric in known:
            continue
        if metric in metric_names(in_market=True):
            hint = "give the scenario a market, for example {customers: 12000}"
            yield problem_at(document, loc, "only with a market", "", hint, key=True)
        else:
            hint = nearest(metric, known)
            yield problem_at(document, loc, "no metric has this name", metric, hint, key=True)


def _has_branches(scenario: Document) -> bool:
    """Whether maps may stand with the branches of a market rather than under ``journey``."""
    market = scenario.data.get("market")
    return isinstance(market, dict) and bool(market.get("branches"))


class _Loader:
    """Puts a scenario together, noting problems rather than stopping at the first."""

    def __init__(
        self, scenario: Document, plan: Document | None, problems: list[Problem], overrides: Overrides
    ) -> None:
        self._scenario = scenario
        self._plan = plan
        self._problems = problems
        self._overrides = overrides

    def load(self, file: ScenarioFile | None) -> Scenario:
        settings = self._settings()
        changes = changes_in(self._scenario, self._problems)
        common = (
            *patches_from(self._scenario, ("set",)),
            *settings,
            *removals_from(self._scenario, ("remove",)),
        )
        sections = [sections_of((*common, *change.patches), self._problems) for change in changes]
        named, loaded, behaviours = self._behaviours(
            sections_of(common, self._problems).behaviour, [parts.behaviour for parts in sections]
        )
        market = self._market_loader(file, sections_of(common, []))
        if self._plan is None and market is None:
            raise InputError(in_file_order(self._problems))
        builder = None if self._plan is None else OptionBuilder(self._plan, self._scenario.file)
        options = []
        for change, parts, behaviour in zip(changes, sections, behaviours, strict=True):
            own = file.options.get(change.name, OptionFile()) if file is not None else OptionFile()
            self._check_without_market(change.name, own, parts)
            branches = None if market is None else market.branches(change.name, parts, own.period)
            in_market = market.market(change.name, parts, branches) if market and branches else None
            journey: Journey | None = branches[0].journey if branches else None
            if market is None and builder is not None:
                journey = builder.journey(change.name, parts.journey)
            if journey is not None and behaviour is not None and file is not None:
                options.append(self._option(change.name, journey, behaviour, file, in_market))
        warnings: list[Problem] = []
        if market is not None:
            market.finish()
            options = _with_all_banks(options)
            warnings = market.warnings
        elif builder is not None:
            self._problems += builder.problems
            warnings = builder.warnings
        self._problems += naming_problems(self._scenario, [change.name for change in changes])
        if self._problems or file is None or named is None or loaded is None:
            raise InputError(in_file_order(self._problems))
        for option in options:
            if option.market is not None:
                is_baseline = option.name == (file.baseline or changes[0].name)
                doubts = market_doubts(self._scenario, option.market, option.behaviour, is_baseline)
                # Once where several options do what is doubtful.
                warnings += [one for one in doubts if one not in warnings]
        replications = self._overrides.replications or file.replications
        rule = None if isinstance(replications, int) else StopRule(replications.until, replications.at_most)
        resolved, files = self._resolved(file, named, changes, settings, options, market)
        return Scenario(
            name=file.scenario,
            description=file.description,
            options=tuple(options),
            baseline=resolved["baseline"],
            replications=replications if isinstance(replications, int) else replications.at_most,
            seed=resolved["seed"],
            target_wait_min=file.target_wait,
            behaviour=loaded,
            resolved=resolved,
            files=files,
            warnings=tuple(warnings),
            contrasts=tuple(
                Contrast(name, (one.of[0], one.of[1]), (one.less[0], one.less[1]))
                for name, one in file.contrasts.items()
            ),
            stop_rule=rule,
        )

    def _market_loader(self, file: ScenarioFile | None, common: Sections) -> MarketLoader | None:
        """The loader of the scenario's markets; None where it has none, or is too wrong to look at it."""
        if not isinstance(self._scenario.data, dict) or "market" not in self._scenario.data:
            return None
        if not isinstance(self._scenario.data["market"], dict):
            problem, hint = "a mapping is required", "for example {customers: 12000}"
            self._problems.append(problem_at(self._scenario, ("market",), problem, "", hint))
            return None
        if file is None:
            # Something else is wrong with the scenario; what is wrong with its market is said all the same.
            if market_file(self._scenario, (), self._problems) is None:
                refuse_large_rivals(self._scenario, self._problems)
            return None
        loader = MarketLoader(self._scenario, self._plan, file, common, self._problems)
        loader.begin()
        return loader

    def _check_without_market(self, name: str, option: OptionFile, sections: Sections) -> None:
        """Refuse what makes sense in a market only."""
        if "market" in self._scenario.data:
            return
        hint = "give the scenario a market, for example {customers: 12000}"
        if option.period is not None:
            loc = ("options", name, "period")
            self._problems.append(problem_at(self._scenario, loc, "only with a market", "", hint, key=True))
        for word, patches in (("market", sections.market), ("branches", sections.branches)):
            for patch in patches:
                self._problems.append(refused(patch, "only with a market", hint, section=word))

    def _settings(self) -> list[Patch]:
        patches = []
        for setting in self._overrides.changes:
            try:
                patches.append(patch_from_setting(setting))
            except InputError as error:
                self._problems += error.problems
        return patches

    def _behaviours(
        self, common: tuple[Patch, ...], changes: Sequence[tuple[Patch, ...]]
    ) -> tuple[LoadedBehaviour | None, LoadedBehaviour | None, list[Behaviour | None]]:
        """Return the behaviour that the scenario names, the same with the changes for all, and each option's.

        None where something is wrong with it.
        """
        source, wrong = find_behaviour(self._scenario)
        self._problems += wrong
        if source is None:
            return None, None, [None] * len(changes)
        named = self._behaviour(source, ())
        loaded = self._behaviour(source, common) if common else named
        made = [self._behaviour(source, patches) if patches != common else loaded for patches in changes]
        return named, loaded, [one.behaviour if one is not None else None for one in made]

    def _behaviour(self, source: BehaviourSource, patches: Sequence[Patch]) -> LoadedBehaviour | None:
        try:
            return behaviour_from(source, patches)
        except InputError as error:
            self._problems += error.problems
            return None

    def _option(
        self, name: str, journey: Journey, behaviour: Behaviour, file: ScenarioFile, market: Market | None
    ) -> Option:
        own = file.options.get(name, OptionFile())
        days = self._days_in_market(market, name) if market else self._days(journey, file, name)
        return Option(name, journey, behaviour, days, own.description, own.cost_per_year, market)

    def _days_in_market(self, market: Market, option: str) -> tuple[OpenDay, ...]:
        """Open days of our first branch; every branch must have some."""
        timeline = Timeline.of(market, 0)
        found = []
        for branch in market.banks[OURS].branches:
            found.append(timeline.all_open_days(branch))
            if not found[-1]:
                where = f"branch {branch.name} in option {option}" if branch.name else f"option {option}"
                loc: Loc = ("closed",) if "closed" in self._scenario.data else ("market",)
                problem = f"no day of the market's months is open ({where})"
                self._problems.append(problem_at(self._scenario, loc, problem, "", "see hours and closed"))
        return found[0]

    def _days(self, journey: Journey, file: ScenarioFile, option: str) -> tuple[OpenDay, ...]:
        log = journey.arrivals.recorded
        wanted = file.days if file.days is not None or log is not None else DEFAULT_DAYS
        days = open_days(journey, file.first_day, wanted, file.closed)
        loc: Loc = ("days",) if file.days is not None else ()
        if not days:
            problem = f"no day is open in option {option}"
            self._problems.append(problem_at(self._scenario, loc, problem, "", "see hours and closed"))
        elif wanted is not None and len(days) < wanted:
            problem = f"only {len(days)} days are open in option {option}"
            self._problems.append(problem_at(self._scenario, loc, problem, f"days: {wanted}"))
        return days

    def _resolved(
        self,
        file: ScenarioFile,
        behaviour: LoadedBehaviour,
        changes: Sequence[Change],
        settings: Sequence[Patch],
        options: Sequence[Option],
        market: MarketLoader | None,
    ) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Return the scenario with everything written out, and the data files that it names."""
        files = DataFiles(None if self._plan is None else self._plan.folder)
        of_market = DataFiles(self._scenario.folder, files.content)

        def moved(patches: Mapping[str, Any]) -> dict[str, Any]:
            """Name files as the resolved scenario has them: those of the market lie beside the scenario."""
            found: dict[str, Any] = {}
            for path, value in patches.items():
                own = of_market if path.split(".")[0] == "market" else files
                found |= own.moved_patches({path: value})
            return found

        everywhere = dict(file.set)
        for patch in settings:
            # To the end, as it is applied after all others, also where the file sets the same path.
            everywhere.pop(patch.path, None)
            everywhere[patch.path] = patch.value
        generated = options[0].journey.arrivals.recorded is None
        resolved = {
            "scenario": file.scenario,
            "description": file.description,
            "first_day": file.first_day.isoformat(),
            "days": file.days or (DEFAULT_DAYS if generated else None),
            "closed": [day.isoformat() for day in file.closed],
            "replications": self._overrides.replications or _plain(file.replications),
            "seed": file.seed if self._overrides.seed is None else self._overrides.seed,
            "target_wait": self._scenario.data.get("target_wait", DEFAULT_TARGET_WAIT),
            "set": moved(everywhere),
            "remove": list(file.remove),
            "baseline": file.baseline or changes[0].name,
            "options": {
                change.name: _without_empty(
                    {
                        "description": option.description,
                        "set": moved(change.set),
                        "remove": change.remove,
                        "cost_per_year": option.cost_per_year or None,
                        "period": self._scenario.data.get("options", {}).get(change.name, {}).get("period"),
                    }
                )
                for change, option in zip(changes, options, strict=True)
            },
            "contrasts": {
                name: {"of": list(one.of), "less": list(one.less)} for name, one in file.contrasts.items()
            },
            "behaviour": behaviour.data,
            "journey": None if self._plan is None else files.moved(self._plan.data),
            "market": None if market is None else market.resolved(files),
        }
        if market is not None:
            del resolved["days"]
        return _without_empty(resolved), files.content


def _plain(replications: int | Until) -> int | dict[str, Any]:
    return replications if isinstance(replications, int) else replications.model_dump()


def _with_all_banks(options: list[Option]) -> list[Option]:
    markets = [option.market for option in options if option.market is not None]
    if len(markets) < len(options):
        return options
    return [replace(option, market=one) for option, one in zip(options, banks_aligned(markets), strict=True)]


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
