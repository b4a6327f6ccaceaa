"""The market of each option: banks with their maps, found and checked together."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from pydantic import ValidationError

from journeysim.errors import InputError, Problem
from journeysim.experiment.map_files import map_at, within
from journeysim.experiment.options import OptionBuilder
from journeysim.experiment.resolve import DataFiles
from journeysim.experiment.scenario import ScenarioFile
from journeysim.experiment.sections import Sections, refused
from journeysim.journey import Document, Journey
from journeysim.journey.faults import nearest, problem_at, problems_from
from journeysim.journey.patches import Patch, patched_document, split_path
from journeysim.journey.strict_yaml import Loc, dotted, look_up
from journeysim.market.ledger import FLOW_ARROW, OUR_NAME
from journeysim.market.market_file import DEFAULT_RIVALS, MarketFile, PeriodFile, RivalFile
from journeysim.market.model import Bank, Branch, Market, Period, ScoreShape
from journeysim.market.network import Network
from journeysim.market.network_files import read_ties
from journeysim.market.network_models import NetworkForm
from journeysim.market.timeline import months_later

LEAST_SHARE = 0.001
"""Share of the people that our bank must have at the start."""
MOST_PEOPLE = 10_000_000
_TOO_MUCH = "the shares of the rivals must sum to less than 1"
_OUR_SHARE = "what they leave is our own share"
_FROZEN = ("customers", "months", "burn_in_months", "network", "heard", "branches")
_LEAST_TO_GO_ON = 1000
"""Customers with which checking goes on where their number is missing."""
_ONLY = ""
"""Name of the branch of a bank that has only one."""


@dataclass
class MarketLoader:
    """Makes the markets of a scenario's options, noting problems rather than stopping at the first.

    Parameters
    ----------
    scenario : the document, with a ``market``.
    plan : the scenario's own map; None where only its branches name maps.
    file : the scenario's format, checked.
    common : changes for all options.
    problems : receives what is wrong.
    """

    scenario: Document
    plan: Document | None
    file: ScenarioFile
    common: Sections
    problems: list[Problem]
    warnings: list[Problem] = field(default_factory=list)
    maps: dict[str, Document] = field(default_factory=dict)
    rival_maps: dict[str, Document] = field(default_factory=dict)
    _rivals: dict[str, Journey | None] = field(default_factory=dict)
    _builders: dict[str, OptionBuilder] = field(default_factory=dict)
    _segments: tuple[str, ...] = ()
    _network: Network | None = None
    _base: MarketFile | None = None
    _changes: tuple[Patch, ...] = ()

    def begin(self) -> None:
        """Read the market that all options share, and the maps of its branches."""
        self._base = market_file(self.scenario, self.common.market, self.problems)
        if self._base is None:
            refuse_large_rivals(self.scenario, self.problems)
            if self.plan is not None:
                self._builders = {_ONLY: OptionBuilder(self.plan, self.scenario.file)}
            return
        if self._base.branches:
            for name, branch in self._base.branches.items():
                loc = ("market", "branches", name)
                found = self.plan if branch.journey is None else self._map(loc, branch.journey)
                if found is None and branch.journey is None:
                    hint = "name one here, or one for all under journey"
                    problem = "the key journey is missing"
                    self._refuse(problem, "", hint, loc)
                if found is not None:
                    self.maps[name] = found
        elif self.plan is not None:
            self.maps[_ONLY] = self.plan
        self._builders = {name: OptionBuilder(found, self.scenario.file) for name, found in self.maps.items()}
        self._read_network()
        self._check_horizon()

    def branches(
        self, option: str, sections: Sections, period: PeriodFile | None
    ) -> tuple[Branch, ...] | None:
        """Our branches in an option; None if something is wrong with one of their maps."""
        if self._base is None:
            # What is wrong with the option itself is said all the same.
            if sections.market != self.common.market:
                market_file(self.scenario, sections.market, self.problems)
            for builder in self._builders.values():
                builder.journey(option, sections.journey)
            return None
        self._check_names(sections)
        same = (sections.journey, sections.branches) == (self.common.journey, self.common.branches)
        if period is not None and same:
            problem, hint = (
                "the option changes nothing of the map",
                "a period limits changes to the map alone",
            )
            loc: Loc = ("options", option, "period")
            self._refuse(problem, "", hint, loc)
        customers = self._customers(self._base)
        found: list[Branch | None] = []
        for name, builder in self._builders.items():
            journey = builder.journey(option, _of_branch(sections, name))
            usual = builder.journey(option, _of_branch(self.common, name)) if period else None
            if journey is None or (period is not None and usual is None):
                found.append(None)
                continue
            held = self._period(option, period)
            found.append(Branch(name, customers[name], journey, usual, held))
            self._check_arrivals(journey)
        known = tuple(branch for branch in found if branch is not None)
        return known if known and len(known) == len(found) else None

    def market(self, option: str, sections: Sections, branches: tuple[Branch, ...]) -> Market | None:
        """The market of an option; None if something is wrong with it."""
        assert self._base is not None
        changed = sections.market != self.common.market
        file = market_file(self.scenario, sections.market, self.problems) if changed else self._base
        self._changes = sections.market
        if file is None:
            return None
        for key in _FROZEN:
            if getattr(file, key) != getattr(self._base, key):
                problem = f"market.{key} is the same in every option (option {option} changes it)"
                hint = "set it for all options, under market"
                self._refuse(problem, "", hint, changed=[(key,)])
        rivals = _rivals_of(file)
        self._check_rivals(option, rivals)
        taken = sum(rival.share for rival in rivals.values())
        if 1 - taken < LEAST_SHARE:
            shares = [("rivals", name, "share") for name in rivals]
            self._refuse(_TOO_MUCH, f"{taken:g}", _OUR_SHARE, ("market", "rivals"), changed=shares)
            return None
        segments = self._segments = self._segments or tuple(branches[0].journey.segments)
        for branch in branches:
            whose = f"branch {branch.name}" if branch.name else f"option {option}"
            self._check_segments(branch.journey, segments, whose)
        if any(tuple(branch.journey.segments) != segments for branch in branches):
            return None
        banks = [Bank("", 1 - taken, branches, heard=file.heard)]
        banks += [self._rival(name, rival, segments, taken) for name, rival in rivals.items()]
        people = round(sum(branch.customers for branch in branches) / (1 - taken))
        if not self._check_people(people):
            return None
        share = np.array([s.share or 0.0 for s in branches[0].journey.segments.values()])
        if share.sum() == 0:
            # Only with recorded arrivals, which are refused.
            return None
        self._warn_of_margins(branches)
        return Market(
            people=people,
            segments=segments,
            segment_share=share / share.sum(),
            banks=tuple(banks),
            network=self._network if self._network is not None else file.network,
            first_day=self.file.first_day,
            months=file.months,
            closed=frozenset(self.file.closed),
            burn_in_months=file.burn_in_months,
        )

    def _period(self, option: str, period: PeriodFile | None) -> Period | None:
        if period is None:
            return None
        assert self._base is not None
        first = self.file.first_day
        after = months_later(first, self._base.months)
        if period.until < first or period.from_ >= after:
            problem = "the period lies outside of the months that are watched, and changes nothing"
            found, hint = f"{period.from_} to {period.until}", f"days from {first} on and before {after}"
            self._warn(problem, found, hint, ("options", option, "period"))
        return Period(period.from_, period.until)

    def finish(self) -> None:
        """Take over what the maps' own loaders found."""
        for builder in self._builders.values():
            self.problems += builder.problems
            self.warnings += builder.warnings

    def resolved(self, files: DataFiles) -> dict[str, Any]:
        """The market with every map written out; ``files`` collects the data files that they name."""
        data = dict(self.scenario.data["market"])
        own = DataFiles(self.scenario.folder, files.content)
        if "network" in data:
            data["network"] = own.moved(data["network"], "network")
        for key, maps in (("rivals", self.rival_maps), ("branches", self.maps)):
            if key not in data:
                continue
            data[key] = {
                name: {**entry, "journey": DataFiles(maps[name].folder, files.content).moved(maps[name].data)}
                if name in maps and "journey" in entry
                else entry
                for name, entry in data[key].items()
            }
        return data

    def _customers(self, file: MarketFile) -> dict[str, int]:
        if file.branches:
            total = sum(branch.customers for branch in file.branches.values())
            if file.customers not in (None, total):
                problem = "customers are those of the branches"
                found, hint = f"{file.customers}, branches {total}", "leave customers out"
                self.problems.append(problem_at(self.scenario, ("market", "customers"), problem, found, hint))
            return {name: branch.customers for name, branch in file.branches.items()}
        if file.customers is None:
            problem, hint = "the key customers is missing", "for example customers: 12000"
            self._refuse(problem, "", hint)
            return {_ONLY: _LEAST_TO_GO_ON}
        return {_ONLY: file.customers}

    def _rival(self, name: str, rival: RivalFile, segments: tuple[str, ...], taken: float) -> Bank:
        loc: Loc = ("market", "rivals", name)
        if name.strip().lower() == OUR_NAME or FLOW_ARROW in name:
            problem = f"a name other than {OUR_NAME} and without {FLOW_ARROW} is required"
            hint = f"{OUR_NAME} is our own bank in tables"
            self._refuse(problem, name, hint, loc, changed=[("rivals", name)])
        shape = None if rival.score is None else ScoreShape(rival.score.mean, rival.score.sd)
        opens: int | None = 0 if rival.share > 0 else None
        if rival.opens is not None:
            opens = self._month_of(rival, loc)
        branches: tuple[Branch, ...] = ()
        if rival.journey is not None:
            if shape is not None:
                problem, hint = "either scores or a map is required, not both", "leave one of them out"
                self._refuse(problem, "", hint, loc)
            journey = self._rival_map(name, loc, rival.journey)
            if journey is not None:
                self._check_segments(journey, segments, f"rival {name}")
                self._check_arrivals(journey)
                ours = sum(self._customers(self._base).values()) if self._base else 0
                customers = max(round(ours * rival.share / (1 - taken)), 1)
                if rival.share == 0:
                    problem = "a bank that is yet to open cannot have a map"
                    hint = "give it scores"
                    self._refuse(problem, "", hint, loc)
                branches = (Branch(_ONLY, customers, journey),)
        return Bank(name, rival.share, branches, shape, rival.heard, opens)

    def _map(self, loc: Loc, named: str | dict[str, Any]) -> Document | None:
        """The map at a place of the market."""
        if look_up(self.scenario.data, (*loc, "journey")) != named:
            path = dotted((*loc, "journey"))
            problem = f"{path} cannot be set: whose maps are simulated is the same in every option"
            hint = "write the map there, under market"
            self._refuse(problem, "", hint)
            return None
        return map_at(self.scenario, loc, self.problems)

    def _rival_map(self, name: str, loc: Loc, journey: str | dict[str, Any]) -> Journey | None:
        if name not in self._rivals:
            found = self._map(loc, journey)
            self._rivals[name] = None
            if found is not None:
                builder = OptionBuilder(found, self.scenario.file)
                self._rivals[name] = builder.journey("", ())
                self.problems += builder.problems
                self.warnings += builder.warnings
                self.rival_maps[name] = found
        return self._rivals[name]

    def _check_rivals(self, option: str, rivals: dict[str, RivalFile]) -> None:
        """Refuse changes of what the people of every option share: who is with which bank at the start."""
        assert self._base is not None
        base = _rivals_of(self._base)
        absent = RivalFile.model_validate({})
        for name in {**base, **rivals}:
            before, now = base.get(name, absent), rivals.get(name, absent)
            keys = ("share", "journey", "heard") if before.share > 0 else ("share", "journey")
            for key in keys:
                if getattr(before, key) != getattr(now, key):
                    path = f"market.rivals.{name}.{key}"
                    problem = f"{path} is the same in every option (option {option} changes it)"
                    hint = "set it for all options, under market"
                    loc = ("market", "rivals") if "rivals" in self.scenario.data["market"] else ("market",)
                    self._refuse(problem, "", hint, loc, changed=[("rivals", name, key)])

    def _month_of(self, rival: RivalFile, loc: Loc) -> int | None:
        """Month of the horizon in which a bank opens: the one that begins nearest to its date."""
        assert rival.opens is not None
        changed = [("rivals", str(loc[-1]), "opens")]
        if rival.share > 0:
            problem, hint = "a bank with a share is open already", "leave opens out, or share"
            self._refuse(problem, "", hint, (*loc, "opens"), changed=changed)
        if rival.opens < self.file.first_day:
            problem = f"a day from {self.file.first_day} on is required"
            self._refuse(problem, str(rival.opens), "", (*loc, "opens"), changed=changed)
            return None
        assert self._base is not None
        begin = [months_later(self.file.first_day, month) for month in range(self._base.months + 1)]
        opens = rival.opens
        nearest_month = min(range(len(begin)), key=lambda month: abs((begin[month] - opens).days))
        if nearest_month == self._base.months:
            problem = "the bank opens after the months that are watched"
            hint = f"a day before {begin[-1]}, or more market.months"
            self._refuse(problem, str(rival.opens), hint, (*loc, "opens"), changed=changed)
            return None
        return nearest_month

    def _warn_of_margins(self, branches: tuple[Branch, ...]) -> None:
        """Warn where money can say nothing: no segment has a margin."""
        if any(s.margin_per_year for branch in branches for s in branch.journey.segments.values()):
            return
        problem = "no segment has a margin_per_year: money then counts costs alone"
        self._warn(problem, "", "give the map's segments margins")

    def _read_network(self) -> None:
        file = self._base
        assert file is not None
        if isinstance(file.network, NetworkForm) and file.network.file is not None:
            ours = 1 - sum(rival.share for rival in _rivals_of(file).values())
            customers = sum(self._customers(file).values())
            people = round(customers / max(ours, LEAST_SHARE))
            found, problems = read_ties(file.network, self.scenario, ("market", "network"), people)
            self.problems += problems
            self._network = found

    def _check_horizon(self) -> None:
        if self.file.days is not None:
            problem, hint = "with a market the months say how long", "leave days out, see market.months"
            self.problems.append(problem_at(self.scenario, ("days",), problem, "", hint, key=True))

    def _check_names(self, sections: Sections) -> None:
        known = [name for name in self.maps if name != _ONLY]
        for patch in sections.branches:
            name, dot, _ = patch.path.partition(".")
            if name not in known or not dot:
                hint = nearest(name, known) if known else "name branches under market.branches"
                self.problems.append(refused(patch, "no branch has this name", hint, name, "branches"))

    def _refuse(
        self,
        problem: str,
        found: str = "",
        hint: str = "",
        loc: Loc = ("market",),
        *,
        changed: Sequence[tuple[str, ...]] = (),
    ) -> None:
        """Note what is wrong; what is said twice is told once in the end.

        Parameters
        ----------
        changed : keys under ``market`` on the ways to the values; where the option at hand sets one, that is
            where it stands.
        """
        one = problem_at(self.scenario, loc, problem, found, hint, key=True)
        for patch in self._changes:
            if any(_leads_to(patch, keys) for keys in changed):
                place = patch.path_place
                one = replace(one, file=place.file, line=place.line, column=place.column)
        self.problems.append(one)

    def _warn(self, problem: str, found: str = "", hint: str = "", loc: Loc = ("market",)) -> None:
        """Warn, once where several options do what is doubtful."""
        one = problem_at(self.scenario, loc, problem, found, hint, key=True)
        if one not in self.warnings:
            self.warnings.append(one)

    def _check_people(self, people: int) -> bool:
        fewest = 2
        if self._base is not None and isinstance(self._base.network, NetworkForm):
            fewest = self._base.network.fewest_people
        if fewest <= people <= MOST_PEOPLE:
            return True
        problem = f"from {fewest} to {MOST_PEOPLE} people are required, banks together"
        hint = "customers divided by our share"
        self._refuse(problem, str(people), hint)
        return False

    def _check_segments(self, journey: Journey, segments: tuple[str, ...], whose: str) -> None:
        if tuple(journey.segments) != segments:
            problem = f"all maps of a market have the same segments in the same order ({whose})"
            found, hint = ", ".join(journey.segments), f"as in the first map: {', '.join(segments)}"
            self._refuse(problem, found, hint)

    def _check_arrivals(self, journey: Journey) -> None:
        if journey.arrivals.recorded is not None:
            problem = "recorded arrivals are refused in a market"
            hint = "give the map arrivals per_hour: the people of a market decide who comes"
            self._refuse(problem, journey.name, hint)


def market_file(scenario: Document, patches: Sequence[Patch], problems: list[Problem]) -> MarketFile | None:
    """Read what stands under ``market`` of a scenario, patched; None if something is wrong with it.

    Parameters
    ----------
    patches : their paths without the first word.
    problems : receives what is wrong.
    """
    document = within(scenario, ("market",))
    failed = False
    for patch in patches:
        try:
            document = patched_document(document, (patch,), MarketFile)
        except InputError as error:
            failed = True
            problems += [replace(one, path=f"market.{one.path}") for one in error.problems]
    try:
        file = MarketFile.model_validate(document.data)
    except ValidationError as error:
        found = problems_from(error, document, MarketFile)
        problems += [replace(one, path=f"market.{one.path}".rstrip(".")) for one in found]
        return None
    return None if failed else file


def refuse_large_rivals(scenario: Document, problems: list[Problem]) -> None:
    """Refuse rivals who leave nothing for us in a market that is wrong, as far as shares can be read."""
    rivals = look_up(scenario.data, ("market", "rivals"))
    entries = list(rivals.values()) if isinstance(rivals, dict) else []
    shares = [entry.get("share", 0.0) for entry in entries if isinstance(entry, dict)]
    readable = all(isinstance(share, int | float) and 0 <= share <= 1 for share in shares)
    if readable and 1 - sum(shares) < LEAST_SHARE:
        loc: Loc = ("market", "rivals")
        problems.append(problem_at(scenario, loc, _TOO_MUCH, f"{sum(shares):g}", _OUR_SHARE, key=True))


def _leads_to(patch: Patch, keys: tuple[str, ...]) -> bool:
    """Whether a change sets what stands at ``keys``, or something around or inside it."""
    with contextlib.suppress(ValueError):
        return all(one == other for one, other in zip(split_path(patch.path), keys, strict=False))
    return False


def _rivals_of(file: MarketFile) -> dict[str, RivalFile]:
    return DEFAULT_RIVALS if file.rivals is None else file.rivals


def _of_branch(sections: Sections, name: str) -> tuple[Patch, ...]:
    """Changes of an option to the map of a branch."""
    own = [
        replace(patch, path=patch.path.partition(".")[2])
        for patch in sections.branches
        if name != _ONLY and patch.path.partition(".")[0] == name
    ]
    return (*sections.journey, *own)


def banks_aligned(markets: Sequence[Market]) -> list[Market]:
    """The same markets with the banks of all of them in each, those of others as never opening."""
    names = list(dict.fromkeys(bank.name for market in markets for bank in market.banks))
    aligned = []
    for market in markets:
        own = {bank.name: bank for bank in market.banks}
        banks = tuple(own.get(name, Bank(name, 0.0, opens=None)) for name in names)
        aligned.append(replace(market, banks=banks))
    return aligned
