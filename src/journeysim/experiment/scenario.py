"""Scenario files as frozen pydantic models, and the loaded scenario that can be run.

The models are the only definition of the format: keys, defaults, descriptions and examples here are what
`check` enforces and what the JSON Schema offers in an editor.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SkipValidation, Strict, WithJsonSchema

from journeysim.branch.calendar import OpenDay
from journeysim.errors import Problem
from journeysim.experiment.contrasts import Contrast
from journeysim.experiment.stopping import StopRule
from journeysim.journey import Journey
from journeysim.journey.distributions import Strictly
from journeysim.journey.patches import split_path
from journeysim.journey.values import (
    DateText,
    MapOrFile,
    Number,
    Positive,
    PositiveCount,
    PositiveDuration,
    Text,
    by_shape,
    check_name,
    fault,
    parse_duration,
    tag,
)
from journeysim.market.behaviour import Behaviour
from journeysim.market.constants import constants
from journeysim.market.market_file import MarketFile, PeriodFile
from journeysim.market.model import Market
from journeysim.market.presets import PRESETS, LoadedBehaviour, default_behaviour

DEFAULT_FIRST_DAY = date(2027, 1, 4)
DEFAULT_DAYS = 20
DEFAULT_REPLICATIONS = 30
DEFAULT_SEED = 1
DEFAULT_TARGET_WAIT = "10 min"
ONLY_OPTION = "Today"
"""Name of the option of a bare map, and of a scenario that names none."""


def _parse_option_name(value: object) -> str:
    if not isinstance(value, str):
        raise fault("a name is required")
    return check_name(value)


def _some_metric(value: dict[str, float]) -> dict[str, float]:
    if not value:
        raise fault("at least one metric is required", "for example {wait_mean_min: 0.2}")
    return value


Days = Annotated[PositiveCount, Field(le=10_000)]
OptionName = Annotated[
    str, BeforeValidator(_parse_option_name), WithJsonSchema({"type": "string", "minLength": 1})
]
PatchPath = Annotated[str, Strict(), Field(min_length=1, max_length=500)]
Patches = dict[PatchPath, Any]


class OptionFile(Strictly):
    """One alternative: what it changes, and what it costs."""

    description: Text = Field(
        "", description="What it means in the branch.", examples=["One more window at noon."]
    )
    set: Patches = Field(
        {},
        description="Changes to the map: the value replaces what stood at the path, whole.",
        examples=[{"staff.tellers.count": 5}],
    )
    remove: tuple[PatchPath, ...] = Field(
        (), description="Paths to delete from the map.", examples=[["touchpoints.kiosk.if_failed"]]
    )
    period: PeriodFile | None = Field(
        None,
        description="Days on which the changes to the map hold; absent: always. Only with a market.",
        examples=[{"from": "2027-02-01", "until": "2027-02-28"}],
    )
    cost_per_year: Number = Field(
        0.0,
        description="What the option costs a year beside its staff, in the map's currency.",
        examples=[12000],
    )


OptionPair = Annotated[tuple[OptionName, ...], Field(min_length=2, max_length=2)]


class ContrastFile(Strictly):
    """A difference of differences: (A - B) - (C - D), paired by replication."""

    of: OptionPair = Field(description="Options A and B.", examples=[["Bad month", "Today"]])
    less: OptionPair = Field(
        description="Options C and D.", examples=[["Bad month, nobody tells", "Nobody tells"]]
    )


class Until(Strictly):
    """Replicate until the numbers are precise enough."""

    until: Annotated[dict[str, Positive], AfterValidator(_some_metric)] = Field(
        description="Half-width of the 95% interval that every option is to reach, by metric.",
        examples=[{"wait_mean_min": 0.2}],
        json_schema_extra={"minProperties": 1},
    )
    at_most: PositiveCount = Field(500, description="Replications to stop at all the same.", examples=[500])


PresetName = Annotated[str, Strict(), WithJsonSchema({"type": "string", "enum": list(PRESETS)})]


def _with_paths(schema: dict[str, Any]) -> None:
    """Let editors complete the paths of a behaviour; what may stand there is `check`'s business."""
    schema["properties"] = {one.path: {"description": one.meaning} for one in constants(default_behaviour())}


class BehaviourChoice(Strictly):
    """A behaviour that stands elsewhere, and what is changed in it."""

    preset: PresetName | None = Field(
        None, description="One of the behaviours that ship.", examples=["evidence"]
    )
    file: Text | None = Field(
        None, description="The file of a behaviour, in place of a preset.", examples=["staff-survey.yaml"]
    )
    set: Patches = Field(
        {},
        description="Changes to it: the value replaces what stood at the path.",
        examples=[{"telling.told_bad": 12}],
        json_schema_extra=_with_paths,
    )


BehaviourForm = PresetName | Annotated[Text, Field(pattern=r"\.ya?ml$")] | BehaviourChoice | Behaviour
"""Forms of a behaviour, for editors; `journeysim.market.presets` reads it and says what is wrong with it."""

Replications = Annotated[
    Annotated[PositiveCount, tag("number")] | Annotated[Until, tag("mapping")],
    by_shape("a whole number is required", "for example 30"),
]


class ScenarioFile(Strictly):
    """A what-if: a journey map, options that change it, and how they are compared."""

    scenario: Annotated[Text, Field(min_length=1)] = Field(
        description="Name of the what-if.", examples=["Lunch-hour relief"]
    )
    description: Text = Field(
        "",
        description="The question it answers.",
        examples=["Who waits less when one more teller comes at noon?"],
    )
    extends: Text | None = Field(
        None, description="Another scenario file to start from.", examples=["lunch-hour.yaml"]
    )
    journey: MapOrFile | None = Field(
        None,
        description="The journey map: its file, or the map itself.",
        examples=["../journeys/city-branch.yaml"],
    )
    behaviour: SkipValidation[BehaviourForm | None] = Field(
        None,
        description="How people judge, tell, leave and choose: a preset, a file, or either with changes.",
        examples=["rules-of-thumb", {"preset": "evidence", "set": {"telling.told_bad": 12}}],
    )
    market: SkipValidation[MarketFile | None] = Field(
        None,
        description="Customers, who they know, and rival banks; absent: nobody leaves and nobody tells.",
        examples=[{"customers": 12000, "months": 12}],
    )
    first_day: DateText = Field(
        DEFAULT_FIRST_DAY, description="First day, YYYY-MM-DD.", examples=["2027-01-04"]
    )
    days: Days | None = Field(
        None,
        description="Open days in a replication; absent: 20, or all dates of recorded arrivals.",
        examples=[20],
    )
    closed: tuple[DateText, ...] = Field(
        (), description="Dates on which the branch is shut.", examples=[["2027-01-06"]]
    )
    replications: Replications = Field(
        DEFAULT_REPLICATIONS, description="Independent replications of each option.", examples=[30]
    )
    seed: Annotated[int, Strict(), Field(ge=0, lt=2**63)] = Field(
        DEFAULT_SEED, description="Seed of all luck.", examples=[7]
    )
    target_wait: PositiveDuration = Field(
        parse_duration(DEFAULT_TARGET_WAIT),
        description="A wait up to this counts as within target.",
        examples=["10 min"],
    )
    set: Patches = Field(
        {},
        description="Changes to the map for every option.",
        examples=[{"arrivals.scale": 1.1}],
    )
    remove: tuple[PatchPath, ...] = Field(
        (), description="Paths to delete from the map for every option.", examples=[["segments.vip.patience"]]
    )
    baseline: Text | None = Field(
        None,
        description="Option that the others are compared with; absent: the first.",
        examples=["Today"],
    )
    options: dict[OptionName, OptionFile] = Field(
        {},
        description="Alternatives by name; the first is the baseline unless `baseline` names one.",
        examples=[{"Today": {}, "Fifth teller": {"set": {"staff.tellers.count": 5}}}],
    )
    grid: dict[PatchPath, Annotated[tuple[Any, ...], Field(min_length=1)]] = Field(
        {},
        description="One more option for every combination of these values.",
        examples=[{"staff.tellers.count": [3, 4, 5]}],
    )
    contrasts: dict[OptionName, ContrastFile] = Field(
        {},
        description="Differences of differences between options, by name; they do not change the run.",
        examples=[{"Echo": {"of": ["Bad month", "Today"], "less": ["Bad month, silent", "Silent"]}}],
    )


@dataclass(frozen=True)
class Option:
    """One alternative, ready to run.

    Parameters
    ----------
    name : as tables show it.
    journey : the map with all changes made.
    behaviour : how people judge, tell, leave and choose, with all changes made.
    days : the open days of a replication.
    description : in the planner's words; may be empty.
    cost_per_year : beside its staff, in the map's currency.
    market : the people and the banks; None without. The journey is then that of its first branch, and the
        days are that branch's in the horizon.
    """

    name: str
    journey: Journey
    behaviour: Behaviour = field(repr=False)
    days: tuple[OpenDay, ...] = field(repr=False)
    description: str = ""
    cost_per_year: float = 0.0
    market: Market | None = field(default=None, repr=False)

    @property
    def passes(self) -> bool:
        """Whether its changes hold on some days only."""
        return self.market is not None and any(b.period is not None for b in self.market.banks[0].branches)

    @property
    def branches(self) -> int:
        """Number of our branches."""
        return 1 if self.market is None else len(self.market.banks[0].branches)


@dataclass(frozen=True)
class Scenario:
    """A what-if, loaded and checked: everything that a run needs.

    Parameters
    ----------
    name : of the scenario, or of the map where a bare map was loaded.
    description : may be empty.
    options : at least one, in the order of the file.
    baseline : name of the option that the others are compared with.
    replications : of each option, >= 1; with a stop rule its ceiling.
    seed : seed of all luck.
    target_wait_min : minutes within which a wait is within target.
    behaviour : as the scenario names it with the changes for all options, and what it was before them.
    resolved : the scenario as plain data with the map in it and every default written out; with ``files``
        beside it, it alone reproduces the run.
    files : content of the data files that ``resolved`` names, by their path.
    warnings : what looks doubtful but may be meant.
    contrasts : differences of differences to look at beside those from the baseline.
    stop_rule : when to stop before that many replications; None: not before.
    """

    name: str
    description: str
    options: tuple[Option, ...]
    baseline: str
    replications: int
    seed: int
    target_wait_min: float
    behaviour: LoadedBehaviour = field(repr=False)
    resolved: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    warnings: tuple[Problem, ...] = ()
    contrasts: tuple[Contrast, ...] = ()
    stop_rule: StopRule | None = None

    def __repr__(self) -> str:
        from journeysim.experiment.show import scenario_line

        return scenario_line(self)

    def _repr_html_(self) -> str:
        """How a notebook shows the scenario."""
        from journeysim.experiment.show import scenario_html

        return scenario_html(self)

    @property
    def scale_document(self) -> dict[str, Any]:
        """What a reader of a JSON document needs for its sums: currency; of a market, months and people."""
        option = self.baseline_option
        currency, market = option.journey.currency or None, option.market
        if market is None:
            return {"currency": currency} if currency else {}
        return {"currency": currency, "months": market.months, "people": market.people}

    @property
    def baseline_option(self) -> Option:
        """The option that the others are compared with."""
        return next(option for option in self.options if option.name == self.baseline)

    def overridden(self, replications: int | None = None, seed: int | None = None) -> Scenario:
        """Return the scenario with other replications or another seed; None leaves what it has.

        A number of replications takes the place of a stop rule.
        """
        count, rule, written = self.replications, self.stop_rule, self.resolved["replications"]
        if replications is not None:
            count, rule, written = replications, None, replications
        luck = self.seed if seed is None else seed
        resolved = {**self.resolved, "replications": written, "seed": luck}
        return replace(self, replications=count, seed=luck, resolved=resolved, stop_rule=rule)

    def with_options(
        self, part: str, options: Sequence[Option], written: Mapping[str, Any], baseline: str | None = None
    ) -> Scenario:
        """Return the scenario with other options, kept, continued and repeated like any other.

        Parameters
        ----------
        part : what it is called beside its own name.
        options : in place of its own.
        written : what a scenario file says of each, by name.
        baseline : name of one of them; None leaves what it is.
        """
        name, reference = f"{self.name}, {part}", self.baseline if baseline is None else baseline
        # Contrasts may be between options that are left out.
        kept = {key: value for key, value in self.resolved.items() if key != "contrasts"}
        resolved = {**kept, "scenario": name, "baseline": reference, "options": dict(written)}
        return replace(
            self, name=name, options=tuple(options), baseline=reference, contrasts=(), resolved=resolved
        )


def changes_with(entry: Mapping[str, Any], patches: Mapping[str, Any]) -> dict[str, Any]:
    """What an option changes, as a scenario file says it, where patches take the place of its own.

    Parameters
    ----------
    entry : of the option in a scenario file.
    patches : new values by path.

    Returns
    -------
    Its ``set``, and ``remove`` where anything is left of it.
    """
    same = {tuple(split_path(path)) for path in patches}
    own = {path: value for path, value in entry.get("set", {}).items() if tuple(split_path(path)) not in same}
    # Removals come last: what is set here would be removed again.
    remove = [path for path in entry.get("remove", []) if tuple(split_path(path)) not in same]
    return {"set": {**own, **patches}} | ({"remove": remove} if remove else {})


def fresh_seed(seed: int, search: str) -> int:
    """Seed of the fresh replications of a search, which follows from the seed it had and differs from it."""
    digest = hashlib.blake2b(f"{search} {seed}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
