"""The projection: month by month, from what people go through to who stays.

A month runs in this order: visits of all banks' customers as they are at its beginning; opinions, rungs and
tempers move; stories are told, passed on and taken in; at the end everybody's clocks are looked at, and who
leaves or is new chooses a bank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeysim.branch.luck import Address, Luck
from journeysim.market.balancing import balanced
from journeysim.market.banks import BranchAtWork, Memo, Operation, ScoredBank, ScoreSample
from journeysim.market.behaviour import Behaviour
from journeysim.market.choosing import Banks, attraction, choose, images
from journeysim.market.leaving import (
    FIRST_VOLUNTARY,
    STAYS,
    Settlement,
    contagion,
    remember_leavers,
    settle,
    steady_hazards,
)
from journeysim.market.ledger import MonthRecord
from journeysim.market.model import Alternative, Market
from journeysim.market.network import Network
from journeysim.market.network_models import made_network
from journeysim.market.opinions import Temper, Visits, harm_left, join, learnt_from, live_through, resolves
from journeysim.market.places import Places, dispositions
from journeysim.market.state import OURS, State
from journeysim.market.telling import spread, stories_of, take_in
from journeysim.market.timeline import MONTHS_PER_YEAR, Timeline
from journeysim.market.value import lifetime_value
from journeysim.units import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Constants:
    """What is found on the baseline and then frozen.

    Attributes
    ----------
    leaving : shape (banks, 4), mean multiplier of each voluntary reason among the customers of each bank.
    choosing : shape (banks, segments), with which net flows are nil.
    """

    leaving: FloatArray
    choosing: FloatArray


@dataclass
class World:
    """One option of one replication at a moment.

    Attributes
    ----------
    alternative : the option.
    places, network : of the replication.
    operations : the banks at work: a list of branches, or one scored bank, by bank.
    recovered : shape (banks,), share of the harm that a complaint leaves.
    image : shape (banks,), what each bank is thought of beside what has been heard of its visits.
    choosing : shape (banks, segments), constants of the choice as the last month found them.
    usual_gap_months : shape (people,), mean time between two visits.
    state : everybody.
    stayers : shape (people,), who has been our customer since the horizon began.
    learns : whether we learn from complaints what the baseline does not: complaints are resolved here, and
        not there. What a baseline that resolves them learns makes up for what it forgets.
    """

    alternative: Alternative
    places: Places
    network: Network
    operations: list[Sequence[Operation]]
    recovered: FloatArray
    image: FloatArray
    choosing: FloatArray
    usual_gap_months: FloatArray
    state: State
    stayers: BoolArray
    learns: bool = False

    @property
    def market(self) -> Market:
        """The market of the option."""
        return self.alternative.market

    @property
    def behaviour(self) -> Behaviour:
        """How its people behave."""
        return self.alternative.behaviour

    def ours(self) -> list[BranchAtWork]:
        """Our branches."""
        return [branch for branch in self.operations[OURS] if isinstance(branch, BranchAtWork)]

    def branch_out(self, alternative: Alternative, keep_steps: bool = False) -> World:
        """The same people under an option, from here on."""
        operations: list[Sequence[Operation]] = [
            [
                one.changed(bank.branches[k], alternative.behaviour, keep_steps and number == OURS)
                if isinstance(one, BranchAtWork)
                else one.scoring(bank.scores)
                for k, one in enumerate(now)
            ]
            for number, (bank, now) in enumerate(zip(alternative.market.banks, self.operations, strict=True))
        ]
        recovered = self.recovered.copy()
        recovered[OURS] = harm_left(alternative.behaviour.complaints)
        return World(
            alternative,
            self.places,
            self.network,
            operations,
            recovered,
            self.image,
            self.choosing,
            self.usual_gap_months,
            self.state.copy(),
            self.stayers.copy(),
            resolves(alternative.behaviour.complaints) and not resolves(self.behaviour.complaints),
        )


def network_of(market: Market, places: Places, luck: Luck) -> Network:
    """The network of a replication."""
    if isinstance(market.network, Network):
        return market.network
    return made_network(market.network, market.people, places.segment, luck)


def operations_of(
    alternative: Alternative,
    places: Places,
    timeline: Timeline,
    sample: ScoreSample | None,
    target_wait_min: float,
) -> list[Sequence[Operation]]:
    """The banks of the baseline at work."""
    market, behaviour = alternative.market, alternative.behaviour
    segments = len(market.segments)
    found: list[Sequence[Operation]] = []
    ours: list[BranchAtWork] = []
    for number, bank in enumerate(market.banks):
        at_work = [
            BranchAtWork(
                number,
                branch,
                places.crowd(bank, number, k, segments),
                behaviour,
                timeline,
                target_wait_min,
                own_rules=alternative.rules if number == OURS else None,
            )
            for k, branch in enumerate(bank.branches)
        ]
        if number == OURS:
            ours = at_work
        if at_work and bank.scores is None:
            found.append(at_work)
        else:
            found.append([ScoredBank(number, bank.scores, sample, behaviour.visits.disposition_sd, ours)])
    return found


def advance(
    world: World, timeline: Timeline, month: int, luck: Luck, memo: Memo, constants: Constants | None
) -> tuple[MonthRecord, Constants]:
    """Let a month pass; changes ``world``.

    Parameters
    ----------
    constants : frozen; None: each month its own, with which every bank keeps its customers and every reason
        its share. So does the market find its ways before the horizon.

    Returns
    -------
    What the month came to, and its constants.
    """
    state, behaviour = world.state, world.behaviour
    _open_banks(world, month - timeline.horizon)
    state.bad_first[:] = False
    state.idle += 1
    visits = visits_of(world, month, luck, memo)
    temper = live_through(state, visits, behaviour, world.recovered, luck)
    stories = stories_of(visits, behaviour.telling, luck)
    heard = spread(stories, visits, temper, world.network, behaviour, luck)
    take_in(state, heard, behaviour.hearing)
    if world.learns:
        _learn(world, visits, temper)
    felt = contagion(state, world.network, month, behaviour.leaving)
    frozen = None if constants is None else constants.leaving
    if constants is None:
        there = np.array([bank.share > 0 for bank in world.market.banks])
        named = named_reputations(world.market)
        world.image = images(state, named, world.image, there, behaviour.choosing)
    banks = banks_open(world, month - timeline.horizon)
    known = world.choosing if constants is None else constants.choosing
    drawn = attraction(state, np.arange(state.people), banks, known, behaviour.choosing)
    settlement = settle(state, felt, drawn, behaviour.leaving, frozen, luck, month)
    if constants is None:
        choosing, lasting = balanced(state, settlement, world.places.bank, banks, behaviour.choosing)
    else:
        choosing = lasting = constants.choosing
    record = MonthRecord.before_moves(state, settlement, visits, temper, stories, heard)
    _move(world, settlement, banks, choosing, luck, month)
    found = Constants(settlement.multiplier, lasting)
    customers = np.flatnonzero(state.bank == OURS)
    if constants is None:
        # Everybody is drawn otherwise than by the constants from before this month.
        drawn = attraction(state, np.arange(state.people), banks, choosing, behaviour.choosing)
    else:
        drawn[record.moved] = attraction(state, record.moved, banks, choosing, behaviour.choosing)
    equity = customer_equity(world, customers, drawn[customers], constants or found)
    record.after_moves(world, settlement, customers, equity, banks.open)
    world.choosing = choosing
    return record, found


def visits_of(world: World, month: int, luck: Luck, memo: Memo) -> Visits:
    """Visits of all banks' customers in a month."""
    return Visits.together(
        [one.month(world.state, month, luck, memo) for bank in world.operations for one in bank]
    )


def _learn(world: World, visits: Visits, temper: IntArray) -> None:
    """Let what customers complained of this month make the next months' visits a little better."""
    resolved = int(((visits.bank == OURS) & (temper == Temper.COMPLAINS)).sum())
    customers = int((world.state.bank == OURS).sum())
    for branch in world.ours():
        branch.learnt = learnt_from(resolved, customers, branch.learnt, world.behaviour.complaints)


def _open_banks(world: World, month: int) -> None:
    """At the beginning of the month in which a bank opens, people have heard of it what its campaign says."""
    for number, bank in enumerate(world.market.banks):
        if bank.share == 0 and bank.opens == month and bank.heard is not None:
            world.state.heard[number] = bank.heard


def named_reputations(market: Market) -> FloatArray:
    """Shape (banks,), what the scenario says people think of each bank at the start; NaN where nothing."""
    return np.array(
        [np.nan if bank.heard is None or bank.share == 0 else bank.heard for bank in market.banks]
    )


def banks_open(world: World, month: int) -> Banks:
    """What choosers know of the banks in a month of the horizon; months before it are negative."""
    banks = world.market.banks
    is_open = [bank.share > 0 or (bank.opens is not None and bank.opens <= month) for bank in banks]
    return Banks.of(
        tuple(bank.name for bank in banks),
        np.array([bank.share for bank in banks]),
        np.array(is_open, dtype=bool),
        world.image,
    )


def _move(
    world: World, settlement: Settlement, banks: Banks, constants: FloatArray, luck: Luck, month: int
) -> None:
    """Let those who leave choose a bank, and those who are new; changes the state."""
    state, behaviour = world.state, world.behaviour
    moving = np.flatnonzero(settlement.reason != STAYS)
    voluntary = settlement.reason[moving] >= FIRST_VOLUNTARY
    leavers, newcomers = moving[voluntary], moving[~voluntary]
    remember_leavers(state, leavers, month)
    state.tenure += 1
    world.stayers[moving] = False
    for branch in (one for operations in world.operations for one in operations):
        if isinstance(branch, BranchAtWork):
            branch.forget(newcomers)
    state.known[:, newcomers] = np.nan
    state.left_bank[newcomers] = -1
    own = np.where(voluntary, state.bank[moving], -1)
    to = choose(state, moving, own, banks, constants, behaviour.choosing, luck, month)
    who = Address.of(newcomers, 0, np.full(newcomers.size, month + 1))
    join(state, leavers, to[voluntary], behaviour)
    join(state, newcomers, to[~voluntary], behaviour, dispositions(behaviour, who, luck))


def customer_equity(world: World, customers: IntArray, drawn: FloatArray, constants: Constants) -> float:
    """What our customers are worth: margins to come less what keeping them costs, in the map's currency.

    Parameters
    ----------
    customers : shape (ours,), our customers.
    drawn : shape (ours,), how much the other banks draw each of them.

    Notes
    -----
    Each stays as their opinion has it now; friends who left and a bad first visit are passing and left out.
    """
    state, rules, money = world.state, world.behaviour.leaving, world.behaviour.money
    hazards = steady_hazards(state, customers, drawn, rules, constants.leaving)
    margin = world.market.margins()[world.places.segment[customers]] * (1 - money.retention_share)
    retention = np.exp(-MONTHS_PER_YEAR * hazards)
    return float(lifetime_value(margin, retention, money.discount).sum())
