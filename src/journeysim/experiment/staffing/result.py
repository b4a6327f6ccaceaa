"""What a staffing search found: rosters on fresh replications, side by side."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from journeysim.experiment.staffing.shifts import Shifts
from journeysim.experiment.staffing.start import SlotLoad, Slots
from journeysim.experiment.staffing.target import Target, Targets, Verdict
from journeysim.experiment.statistics import Estimate, estimate
from journeysim.units import FloatArray


@dataclass(frozen=True)
class Checked:
    """A roster and what it came to on fresh replications.

    Attributes
    ----------
    roster : servers in each slot; the mean over its opening time where they differ.
    hours_per_day : rostered server hours within opening hours.
    values : each target's metric by replication, shape (targets, replications).
    overtime_min_per_day : of the group, mean over the replications.
    targets : what it is held against.
    """

    roster: tuple[float, ...]
    hours_per_day: float
    values: FloatArray = field(repr=False)
    overtime_min_per_day: float
    targets: Targets

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        """Mean of each target's metric with its interval."""
        return tuple(estimate(own) for own in self.values)

    @property
    def verdict(self) -> Verdict:
        """What the intervals say of the targets together."""
        return self.targets.verdict(self.estimates)

    @property
    def replications(self) -> int:
        """Fresh replications."""
        return int(self.values.shape[1])

    @property
    def meeting(self) -> int:
        """Replications that meet all targets by themselves."""
        return sum(
            all(target.gap(float(value)) >= 0 for target, value in zip(self.targets.each, own, strict=True))
            for own in self.values.T
        )


@dataclass(frozen=True)
class Staffing:
    """The answer.

    Attributes
    ----------
    scenario : its name.
    option : whose roster it is: the baseline.
    seed, fresh_seed : of the search, and of what is told of its result.
    days : open days in a replication.
    targets : what was asked for.
    group : the staff group.
    chosen_because : why this one; empty where it was asked for.
    cost_per_hour, currency : of the group's servers; 0 where the map says none.
    slots : of the day.
    loads : what comes to the group in each.
    least, most : servers that a slot might have.
    today, formula, found : rosters on fresh replications.
    nearest : whether ``found`` is only the nearest to the targets, for none met them.
    shifts : that make up ``found``; None without a rule.
    proven : whether all cheaper rosters were simulated and miss the targets.
    tried : rosters that the search looked at, kept ones included.
    replications : of the search.
    formula_knows : the targets that a formula gives the metric of.
    folder, fresh_folder : where the rosters tried and the fresh replications are kept; None: nowhere.
    notes : what the caller should know beside the numbers.
    """

    scenario: str
    option: str
    seed: int
    fresh_seed: int
    days: int
    targets: Targets
    group: str
    chosen_because: str
    cost_per_hour: float
    currency: str
    slots: Slots
    loads: tuple[SlotLoad, ...] = field(repr=False)
    least: int
    most: int
    today: Checked
    formula: Checked
    found: Checked
    nearest: bool
    shifts: Shifts | None
    proven: bool
    tried: int
    replications: int
    formula_knows: tuple[Target, ...]
    folder: Path | None = None
    fresh_folder: Path | None = None
    notes: tuple[str, ...] = ()

    def cost_per_day(self, roster: Checked) -> float | None:
        """What the rostered hours cost a day, overtime left out; None where the map says no cost."""
        return roster.hours_per_day * self.cost_per_hour if self.cost_per_hour > 0 else None

    @property
    def patch(self) -> dict[str, int]:
        """The roster found, as ``staff.<group>.count`` of a map takes it."""
        return self.slots.count(tuple(int(count) for count in self.found.roster))
