"""What the tests of the claims share: scenarios with a market, run in this process with people kept."""

from __future__ import annotations

import json
import math
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import stdtrit

from journeysim.experiment import Scenario, load_scenario, parse_scenario
from journeysim.market.metrics import projection_metrics
from journeysim.market.model import Alternative
from journeysim.market.replication import Projected, project
from journeysim.market.start import Start, calibrated
from tests.conftest import ROOT
from tests.watching import Month, watched

SURE = 3.29
"""Standard errors that a sum of independent luck leaves once in a thousand times."""


@dataclass(frozen=True)
class Outcome:
    """An option over the replications.

    Parameters
    ----------
    projected : by replication.
    found : by replication, values by scope, name, metric and month (0: the whole horizon).
    """

    projected: tuple[Projected, ...]
    found: tuple[dict[tuple[str, str, str, int], float], ...]

    def values(self, metric: str, scope: str = "all", name: str = "", month: int = 0) -> np.ndarray:
        """Values of a metric, shape (replications,)."""
        return np.array([one[scope, name, metric, month] for one in self.found])

    def mean(self, metric: str, scope: str = "all", name: str = "", month: int = 0) -> float:
        """Mean over the replications."""
        return float(self.values(metric, scope, name, month).mean())

    def total(self, metric: str, scope: str = "all", name: str = "", month: int = 0) -> float:
        """Sum over the replications."""
        return float(self.values(metric, scope, name, month).sum())


@dataclass(frozen=True)
class Town:
    """A scenario as it came out.

    Parameters
    ----------
    watched : by replication, the months of the horizon person by person; of a town with one option only.
    """

    scenario: Scenario
    start: Start
    options: dict[str, Outcome]
    watched: tuple[tuple[Month, ...], ...] = ()

    @property
    def today(self) -> Outcome:
        """The baseline."""
        return self.options[self.scenario.baseline]

    def differences(self, option: str, metric: str, less: str | None = None) -> np.ndarray:
        """Paired differences from the baseline or from another option, shape (replications,)."""
        other = self.today if less is None else self.options[less]
        return self.options[option].values(metric) - other.values(metric)


def town_of(
    journey: str,
    replications: int,
    *,
    options: dict[str, object] | None = None,
    baseline: str = "Today",
    **market: object,
) -> Town:
    """Project a town with a shipped map; ``journey`` is its file under journeys/."""
    document = {
        "scenario": "Claims",
        "journey": journey,
        "first_day": "2027-01-04",
        "replications": replications,
        "seed": 7,
        "market": market,
        "options": options or {"Today": {}},
        "baseline": baseline,
    }
    text = json.dumps(document, ensure_ascii=False)
    return projected_town(parse_scenario(text, "claims.yaml", ROOT / "journeys"))


def shipped_town(name: str, replications: int) -> Town:
    """Project a shipped scenario with fewer replications."""
    return projected_town(load_scenario(Path(ROOT / "scenarios" / name)), replications)


def projected_town(scenario: Scenario, replications: int | None = None) -> Town:
    """Project every option of a scenario with a market, in this process."""
    alternatives = [
        Alternative(option.name, option.market, option.behaviour, option.cost_per_year)
        for option in scenario.options
        if option.market is not None
    ]
    baseline = [option.name for option in scenario.options].index(scenario.baseline)
    start = calibrated(alternatives[baseline], scenario.seed, scenario.target_wait_min)
    alone = len(alternatives) == 1
    runs: list[list[Projected]] = []
    seen: list[tuple[Month, ...]] = []
    for number in range(replications or scenario.replications):
        with watched(alternatives[0].market.months) if alone else nullcontext(()) as months:
            run = project(
                alternatives,
                baseline,
                start,
                seed=scenario.seed,
                replication=number,
                target_wait_min=scenario.target_wait_min,
            )
        runs.append(run)
        seen.append(tuple(months))
    outcomes = {}
    for number, alternative in enumerate(alternatives):
        projected = tuple(run[number] for run in runs)
        found = tuple(
            {(m.scope, m.name, m.metric, m.month): m.value for m in projection_metrics(one)}
            for one in projected
        )
        outcomes[alternative.name] = Outcome(projected, found)
    return Town(scenario, start, outcomes, tuple(seen) if alone else ())


def assert_share(count: float, total: float, share: float) -> None:
    """A count is what so many trials of a probability give, within their sampling error."""
    assert total > 0
    assert abs(count / total - share) < SURE * math.sqrt(share * (1 - share) / total)


def interval(values: np.ndarray, confidence: float = 0.99) -> tuple[float, float]:
    """Interval of the mean of independent values, by default of 99%."""
    half = stdtrit(values.size - 1, (1 + confidence) / 2) * values.std(ddof=1) / math.sqrt(values.size)
    return float(values.mean() - half), float(values.mean() + half)


def assert_rises(differences: np.ndarray, by: float = 0.0) -> None:
    """A paired difference is above a bound, beyond what replications differ by."""
    assert interval(differences)[0] > by


def assert_falls(differences: np.ndarray, by: float = 0.0) -> None:
    """A paired difference is below nil by more than a bound, beyond what replications differ by."""
    assert interval(differences)[1] < -by


def assert_larger(values: np.ndarray, others: np.ndarray, times: float = 1.0) -> None:
    """The mean of independent values is so many times that of others, beyond sampling error."""
    error = math.sqrt(values.var() / values.size + times**2 * others.var() / others.size)
    assert values.mean() - times * others.mean() > SURE * error
