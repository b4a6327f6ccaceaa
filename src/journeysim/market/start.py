"""Start and calibration: what the baseline's own luck fixes, once, for every option and replication.

(a) One month of the baseline says how visits score, and so how a bank scores that is not simulated.
(b) Some years in which each month has constants of its own: every reason has its share of the leavings, and
    every bank is expected to keep its number of customers.
(c) The means of those constants over the last two years are frozen, and so is what people then think.

Streams of luck are apart from those of every replication, so neither their number nor an option can move it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from io import BytesIO

import numpy as np

from journeysim.branch.luck import Luck
from journeysim.market.banks import Memo, ScoreSample
from journeysim.market.behaviour import Behaviour
from journeysim.market.ledger import MonthRecord
from journeysim.market.model import Alternative
from journeysim.market.network import Network
from journeysim.market.opinions import Visits, harm_left, live_through
from journeysim.market.places import Places, first_state, settle_in
from journeysim.market.projection import Constants, World, advance, network_of, operations_of, visits_of
from journeysim.market.state import OURS
from journeysim.market.telling import fixed_point, spread, stories_of
from journeysim.market.timeline import Timeline
from journeysim.units import FloatArray, IntArray

CALIBRATION_MONTHS = 36
AVERAGED_MONTHS = 24


@dataclass(frozen=True)
class Start:
    """What the baseline fixes.

    Attributes
    ----------
    sample : scores of our visits.
    satisfaction : shape (3, banks, segments), mean opinion overall, of staff and of product.
    heard : shape (banks,), mean of what has been heard.
    image : shape (banks,), what a bank is thought of beside that.
    usual_gap_months : shape (branches, segments), mean time between two visits.
    constants : frozen.
    months : what each month of the calibration came to.
    """

    sample: ScoreSample
    satisfaction: FloatArray
    heard: FloatArray
    image: FloatArray
    usual_gap_months: FloatArray
    constants: Constants
    months: tuple[MonthRecord, ...] = field(default=(), repr=False)

    def to_bytes(self) -> bytes:
        """Everything but ``months``, as the content of a NumPy archive."""
        arrays = {
            "sample": np.stack([self.sample.score, self.sample.staff, self.sample.product]),
            "satisfaction": self.satisfaction,
            "heard": self.heard,
            "image": self.image,
            "usual_gap_months": self.usual_gap_months,
            "leaving": self.constants.leaving,
            "choosing": self.constants.choosing,
        }
        buffer = BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Start:
        """Read what `to_bytes` gave."""
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            return cls(
                sample=ScoreSample(*arrays["sample"]),
                satisfaction=arrays["satisfaction"],
                heard=arrays["heard"],
                image=arrays["image"],
                usual_gap_months=arrays["usual_gap_months"],
                constants=Constants(arrays["leaving"], arrays["choosing"]),
            )


def calibrated(
    baseline: Alternative,
    seed: int,
    target_wait_min: float,
    months: int = CALIBRATION_MONTHS,
    progress: Callable[[int, int], None] | None = None,
) -> Start:
    """Find what the baseline fixes.

    Parameters
    ----------
    baseline : the option that the others are compared with.
    seed : of the run.
    months : of part (b), at least a year.
    progress : called with the months of part (b) done and all there are.
    """
    market = baseline.market
    luck = Luck(seed_of(seed, "calibration"), 0)
    places = settle_in(market, luck)
    network = network_of(market, places, luck)
    timeline = Timeline.of(market, months)
    guess = _first_guess(baseline, places, network, timeline, luck, target_wait_min)
    world = world_at_start(baseline, places, network, timeline, guess, luck, target_wait_min)
    memo = Memo()
    records: list[MonthRecord] = []
    constants: list[Constants] = []
    opinions: list[FloatArray] = []
    heard: list[FloatArray] = []
    image: list[FloatArray] = []
    for month in range(months):
        if progress:
            progress(month, months)
        record, found = advance(world, timeline, month, luck, memo, None)
        memo.clear()
        records.append(record)
        constants.append(found)
        opinions.append(_mean_opinions(world, guess.satisfaction))
        heard.append(world.state.heard.mean(axis=1))
        image.append(world.image)
    if progress:
        progress(months, months)
    leaving = _recent([one.leaving for one in constants])
    # A bank that is yet to open has had no customers: its own will leave it as ours leave us. Assumption.
    leaving[leaving.sum(axis=1) == 0] = leaving[OURS]
    return replace(
        guess,
        satisfaction=_recent(opinions),
        heard=_recent(heard),
        image=_recent(image),
        constants=Constants(leaving, _recent([one.choosing for one in constants])),
        months=tuple(records),
    )


def _first_guess(
    baseline: Alternative,
    places: Places,
    network: Network,
    timeline: Timeline,
    luck: Luck,
    target_wait_min: float,
) -> Start:
    """How the visits of the first month that has an open day score, and what follows from that alone."""
    market = baseline.market
    banks, segments = len(market.banks), len(market.segments)
    blank = Start(
        sample=ScoreSample(np.zeros(1), np.zeros(1), np.zeros(1)),
        satisfaction=np.zeros((3, banks, segments)),
        heard=np.zeros(banks),
        image=np.zeros(banks),
        usual_gap_months=np.ones((max(len(market.banks[OURS].branches), 1), segments)),
        constants=Constants(np.ones((banks, 4)), np.zeros(banks)),
    )
    world = world_at_start(baseline, places, network, timeline, blank, luck, target_wait_min)
    memo = Memo()
    branches = market.banks[OURS].branches
    open_months = (
        month
        for month in range(len(timeline.months))
        if any(timeline.open_days(branch, month) for branch in branches)
    )
    first = next(open_months, 0)
    simulated = [
        Visits.together([one.month(world.state, first, luck, memo) for one in operations])
        if bank.branches
        else Visits.none()
        for bank, operations in zip(market.banks, world.operations, strict=True)
    ]
    ours = simulated[OURS]
    if ours.person.size == 0:
        return blank
    sample = ScoreSample.of(ours, world.state.disposition[ours.person])
    opinion = np.zeros((3, banks, segments))
    for number, bank in enumerate(market.banks):
        own = simulated[number] if bank.branches else ours
        for segment in range(segments):
            mine = places.segment[own.person] == segment
            score = bank.scores.mean if bank.scores else _mean(own.score[mine])
            staff = bank.scores.mean if bank.scores else _mean(own.staff[mine], score)
            product = bank.scores.mean if bank.scores else _mean(own.product[mine], score)
            opinion[:, number, segment] = score, staff, product
    guess = replace(blank, sample=sample, satisfaction=opinion, usual_gap_months=_usual_gaps(world, ours))
    heard = _settled_hearing(baseline, places, network, timeline, guess, luck, target_wait_min, first)
    return replace(guess, heard=heard)


def _settled_hearing(
    baseline: Alternative,
    places: Places,
    network: Network,
    timeline: Timeline,
    guess: Start,
    luck: Luck,
    target_wait_min: float,
    month: int,
) -> FloatArray:
    """Where the stories of a month would bring what is heard of each bank."""
    world = world_at_start(baseline, places, network, timeline, guess, luck, target_wait_min)
    visits = visits_of(world, month, luck, Memo())
    behaviour = baseline.behaviour
    temper = live_through(world.state, visits, behaviour, world.recovered, luck)
    stories = stories_of(visits, behaviour.telling, luck)
    heard = spread(stories, visits, temper, network, behaviour, luck)
    return fixed_point(heard, world.state.people, world.state.banks, behaviour.hearing)


def _usual_gaps(world: World, ours: Visits) -> FloatArray:
    """Months between two visits of a customer, by branch and segment."""
    places, market = world.places, world.market
    branches, segments = max(len(market.banks[OURS].branches), 1), len(market.segments)

    def count(people: IntArray) -> FloatArray:
        key = places.near[people] * segments + places.segment[people]
        return np.bincount(key, minlength=branches * segments).reshape(branches, segments).astype(np.float64)

    customers = count(np.flatnonzero(world.state.bank == OURS))
    return np.maximum(customers, 1) / np.maximum(count(ours.person), 0.5)


def world_at_start(
    alternative: Alternative,
    places: Places,
    network: Network,
    timeline: Timeline,
    start: Start,
    luck: Luck,
    target_wait_min: float,
) -> World:
    """The baseline before its burn-in."""
    behaviour: Behaviour = alternative.behaviour
    gap = start.usual_gap_months[places.near, places.segment]
    state = first_state(alternative.market, places, behaviour, start.satisfaction, start.heard, gap, luck)
    return World(
        alternative=alternative,
        places=places,
        network=network,
        operations=operations_of(alternative, places, timeline, start.sample, target_wait_min),
        recovered=np.full(len(alternative.market.banks), harm_left(behaviour.complaints)),
        image=start.image,
        choosing=start.constants.choosing,
        usual_gap_months=gap,
        state=state,
        stayers=state.bank == OURS,
    )


def _mean_opinions(world: World, before: FloatArray) -> FloatArray:
    """Mean opinion of each bank's customers by segment, overall, of staff, of product."""
    state, segments = world.state, before.shape[2]
    key = state.bank * segments + world.places.segment
    size = before.shape[1] * segments
    count = np.bincount(key, minlength=size)
    found = before.copy()
    for row, opinion in enumerate((state.satisfaction, state.staff, state.product)):
        total = np.bincount(key, weights=opinion, minlength=size)
        mean = np.divide(total, count, out=before[row].ravel().copy(), where=count > 0)
        found[row] = mean.reshape(before.shape[1:])
    return found


def _recent(values: list[FloatArray]) -> FloatArray:
    """Mean over the last months."""
    return np.asarray(np.mean(values[-AVERAGED_MONTHS:], axis=0))


def _mean(values: FloatArray, otherwise: float = 0.0) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else otherwise


def seed_of(seed: int, name: str) -> int:
    """A seed for streams that are apart from those of every replication."""
    return int.from_bytes(blake2b(f"{seed}\0{name}".encode(), digest_size=7).digest(), "little")
