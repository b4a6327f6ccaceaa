"""Start and calibration: what the baseline's own luck fixes, once, for every option and replication.

(a) One month of the baseline says how visits score, and so how a bank scores that is not simulated, and what
    everybody has lived through before.
(b) Some years in which each month has constants of its own: every reason has its share of the leavings, and
    every bank is expected to keep its number of customers.
(c) The means of those constants over the last two years are frozen, and so is what people then think.

Streams of luck are apart from those of every replication, so neither their number nor an option can move it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from io import BytesIO

import numpy as np

from journeysim.branch.luck import Luck
from journeysim.errors import InputError, Problem
from journeysim.market.banks import Memo, ScoreSample
from journeysim.market.behaviour import Behaviour
from journeysim.market.history import as_lived, live_history
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

CALIBRATION_MONTHS = 60
AVERAGED_MONTHS = 24
_CASES_MONTHS = 3
"""Months after which the contacts of cases come about as often as ever after."""
_ARRAYS = ("satisfaction", "heard", "image", "usual_gap_months", "visits_a_month")
"""Of a `Start`, which are kept as they are."""
_SAMPLE = "sample "


@dataclass(frozen=True)
class Start:
    """What the baseline fixes.

    Attributes
    ----------
    samples : scores of visits by bank; a bank that is not simulated has those of our visits.
    satisfaction : shape (3, banks, segments), mean opinion overall, of staff and of product.
    heard : shape (banks,), mean of what has been heard.
    image : shape (banks,), what a bank is thought of beside that.
    usual_gap_months : shape (branches, segments), mean time between two visits; those of one case are one.
    visits_a_month : shape (branches, segments), of a customer, each visit of a case for itself.
    constants : frozen.
    months : what each month of the calibration came to.
    """

    samples: tuple[ScoreSample, ...]
    satisfaction: FloatArray
    heard: FloatArray
    image: FloatArray
    usual_gap_months: FloatArray
    visits_a_month: FloatArray
    constants: Constants
    months: tuple[MonthRecord, ...] = field(default=(), repr=False)

    def to_bytes(self) -> bytes:
        """Everything but ``months``, as the content of a NumPy archive."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {"leaving": self.constants.leaving, "choosing": self.constants.choosing}
        for bank, sample in enumerate(self.samples):
            if bank == OURS or sample is not self.samples[OURS]:
                arrays[f"{_SAMPLE}{bank}"] = np.stack([getattr(sample, f.name) for f in fields(sample)])
        buffer = BytesIO()
        np.savez(buffer, allow_pickle=False, **arrays)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Start:
        """Read what `to_bytes` gave."""
        with np.load(BytesIO(content), allow_pickle=False) as arrays:
            kept = {
                int(name.removeprefix(_SAMPLE)): _sample_of(arrays[name])
                for name in arrays.files
                if name.startswith(_SAMPLE)
            }
            return cls(
                samples=tuple(
                    kept.get(bank, kept[OURS]) for bank in range(arrays["heard"].size if kept else 0)
                ),
                **{name: arrays[name] for name in _ARRAYS},
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

    Raises
    ------
    InputError
        Nobody comes on the baseline, which says how visits are.
    """
    market = baseline.market
    luck = Luck(seed_of(seed, "calibration"), 0)
    places = settle_in(market, luck)
    network = network_of(market, places, luck)
    timeline = Timeline.of(market, months)
    guess = _first_guess(baseline, places, network, timeline, luck, target_wait_min)
    if not guess.samples:
        problem = "visits on the baseline are required, by which rivals score and opinions begin"
        raise InputError([Problem("", 0, 0, "market", problem, "none", "see arrivals, scale and hours")])
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
    """How the visits of the first month that has an open day score, and what follows from that alone.

    Where cases go on on later days, it is a later month, as at first there are none to go on.
    """
    market = baseline.market
    banks, segments = len(market.banks), len(market.segments)
    shape = max(len(market.banks[OURS].branches), 1), segments
    blank = Start(
        samples=(),
        satisfaction=np.zeros((3, banks, segments)),
        heard=np.zeros(banks),
        image=np.zeros(banks),
        usual_gap_months=np.ones(shape),
        visits_a_month=np.zeros(shape),
        constants=Constants(np.ones((banks, 4)), np.zeros((banks, segments))),
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
    simulated = [Visits.none() for _ in market.banks]
    for month in range(first, min(first + _CASES_MONTHS + 1, len(timeline.months))):
        found = [
            Visits.together([one.month(world.state, month, luck, memo) for one in operations])
            if bank.branches
            else Visits.none()
            for bank, operations in zip(market.banks, world.operations, strict=True)
        ]
        if found[OURS].person.size:
            simulated = found
        if not any(branch.expects_contacts for branch in world.ours()):
            break
    ours = simulated[OURS]
    if ours.person.size == 0:
        return blank
    opinion = np.zeros((3, banks, segments))
    for number, bank in enumerate(market.banks):
        own = simulated[number] if bank.branches else ours
        for segment in range(segments):
            mine = places.segment[own.person] == segment
            score = bank.scores.mean if bank.scores else _mean(own.score[mine])
            staff = bank.scores.mean if bank.scores else _mean(own.staff[mine], score)
            product = bank.scores.mean if bank.scores else _mean(own.product[mine], score)
            opinion[:, number, segment] = score, staff, product
    guess = replace(
        blank,
        samples=_samples(world, simulated),
        satisfaction=opinion,
        usual_gap_months=1 / _times_a_month(world, ours.person[ours.begins]),
        visits_a_month=_times_a_month(world, ours.person),
    )
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


def _sample_of(columns: FloatArray) -> ScoreSample:
    score, staff, product, segment = columns
    return ScoreSample(score, staff, product, segment.astype(np.int64))


def _samples(world: World, simulated: list[Visits]) -> tuple[ScoreSample, ...]:
    """Scores of the visits to each bank; of ours where it had none."""

    def sample(visits: Visits) -> ScoreSample:
        who = visits.person
        return ScoreSample.of(visits, world.state.disposition[who], world.places.segment[who])

    ours = sample(simulated[OURS])
    return tuple(
        sample(visits) if bank != OURS and visits.person.size else ours
        for bank, visits in enumerate(simulated)
    )


def _times_a_month(world: World, ours: IntArray) -> FloatArray:
    """How often a customer came in a month, by branch and segment.

    Parameters
    ----------
    ours : shape (times,), who came.
    """
    places, market = world.places, world.market
    branches, segments = max(len(market.banks[OURS].branches), 1), len(market.segments)

    def count(people: IntArray) -> FloatArray:
        key = places.near[people] * segments + places.segment[people]
        return np.bincount(key, minlength=branches * segments).reshape(branches, segments).astype(np.float64)

    customers = count(np.flatnonzero(world.state.bank == OURS))
    return np.maximum(count(ours), 0.5) / np.maximum(customers, 1)


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
    market, kind = alternative.market, (places.near, places.segment)
    gap, recovered = start.usual_gap_months[kind], np.full(len(market.banks), harm_left(behaviour.complaints))
    state = first_state(market, places, behaviour, start.satisfaction, start.heard, gap, luck)
    ours = start.samples[OURS] if start.samples else None
    operations = operations_of(alternative, places, timeline, ours, target_wait_min)
    if start.samples:
        lived = as_lived(operations, start.samples, behaviour.visits.disposition_sd)
        past = Luck(seed_of(luck.seed, "history"), luck.replication)
        live_history(state, lived, start.visits_a_month[kind], behaviour, recovered, past)
    return World(
        alternative=alternative,
        places=places,
        network=network,
        operations=operations,
        recovered=recovered,
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
