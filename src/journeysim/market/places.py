"""Who is there at the start: everybody's segment, part of town and bank, and what they think."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from journeysim.branch.crowd import Crowd
from journeysim.branch.luck import Address, Luck
from journeysim.branch.quantiles import normal
from journeysim.market.behaviour import Behaviour
from journeysim.market.model import Bank, Market
from journeysim.market.state import MOST_RUNG_AT_FIRST, OURS, State, levels
from journeysim.units import FloatArray, IntArray


@dataclass(frozen=True)
class Places:
    """What never changes about the places of a network; all of shape (people,).

    Attributes
    ----------
    segment : number of the segment.
    near : number of our branch that is nearest.
    bank : bank at the start.
    """

    segment: IntArray
    near: IntArray
    bank: IntArray

    def crowd(self, bank: Bank, number: int, branch: int, segments: int) -> Crowd:
        """The people from whom a branch's visitors come.

        Parameters
        ----------
        number : of the bank. Ours draws on who lives near the branch, a rival on everybody.
        branch : number of the branch within the bank.
        """
        lives_near = self.near == branch if number == OURS else np.ones(self.near.size, dtype=bool)
        members = tuple(np.flatnonzero(lives_near & (self.segment == s)) for s in range(segments))
        customers = bank.branches[branch].customers if bank.branches else int((self.bank == number).sum())
        share = np.bincount(self.segment, minlength=segments) / self.segment.size
        excess = np.array([m.size for m in members]) / np.maximum(customers * share, 1e-12)
        only = number == OURS and len(bank.branches) <= 1
        place = "" if only else f"{bank.name}\0{branch_name(bank, branch)}\0"
        return Crowd(place, members, excess)


def branch_name(bank: Bank, branch: int) -> str:
    """Name of a branch; empty for a bank with none."""
    return bank.branches[branch].name if bank.branches else ""


def settle_in(market: Market, luck: Luck) -> Places:
    """Give everybody a segment, a part of town and a bank: exact shares, in an order by luck.

    Banks and parts of town have every segment in the same share. The order in which banks are named does not
    matter.
    """
    by_name = sorted(range(len(market.banks)), key=lambda number: market.banks[number].name)
    people = market.people
    everybody = np.arange(people)
    order = np.argsort(
        luck.uniforms("places", Address.of(everybody, 0, np.zeros_like(everybody))), kind="stable"
    )
    segment = np.empty(people, dtype=np.int64)
    bank = np.empty(people, dtype=np.int64)
    near = np.empty(people, dtype=np.int64)
    parts = np.array([branch.customers for branch in market.banks[OURS].branches] or [1], dtype=np.float64)
    at = 0
    for s, of_segment in enumerate(exact_counts(people, market.segment_share)):
        in_segment = order[at : at + of_segment]
        segment[in_segment] = s
        at += of_segment
        within = 0
        counts = exact_counts(of_segment, [market.banks[b].share for b in by_name]).tolist()
        for b, of_bank in zip(by_name, counts, strict=True):
            customers = in_segment[within : within + of_bank]
            bank[customers] = b
            near[customers] = np.repeat(np.arange(parts.size), exact_counts(of_bank, parts))
            within += of_bank
    return Places(segment, near, bank)


def exact_counts(total: int, shares: Sequence[float] | FloatArray) -> IntArray:
    """Whole numbers in the ratio of ``shares`` that sum to ``total``, by largest remainder."""
    weights = np.asarray(shares, dtype=np.float64)
    exact = total * weights / weights.sum()
    counts = np.floor(exact).astype(np.int64)
    missing = total - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:missing]] += 1
    return np.asarray(counts, dtype=np.int64)


def first_state(
    market: Market,
    places: Places,
    behaviour: Behaviour,
    satisfaction: FloatArray,
    heard: FloatArray,
    usual_gap_months: FloatArray,
    luck: Luck,
) -> State:
    """The market before its burn-in.

    Parameters
    ----------
    satisfaction : shape (3, banks, segments), mean opinion overall, of the staff and of the product.
    heard : shape (banks,), what has been heard of each bank.
    usual_gap_months : shape (people,), mean time between two visits.
    """
    people = market.people
    who = Address.of(np.arange(people), 0, np.zeros(people, dtype=np.int64))
    disposition = dispositions(behaviour, who, luck)
    opinion = np.clip(satisfaction[:, places.bank, places.segment] + disposition, -1, 1)
    u = luck.uniforms("tenure", who)
    monthly = -np.log1p(-behaviour.leaving.per_year) / 12
    tenure = np.floor(np.log(u) / -max(monthly, 1e-9)).astype(np.int64)
    idle = np.floor(-np.log(luck.uniforms("idle", who)) * usual_gap_months).astype(np.int64)
    idle = np.minimum(idle, tenure)
    earned = levels(opinion[0], behaviour.ladder)
    young = tenure < behaviour.ladder.promotion_months
    return State(
        segment=places.segment,
        bank=places.bank.copy(),
        tenure=tenure,
        visits=np.ones(people, dtype=np.int64),
        idle=idle,
        satisfaction=opinion[0],
        staff=opinion[1],
        product=opinion[2],
        rung=np.where(young, np.maximum(earned, MOST_RUNG_AT_FIRST), earned),
        held=np.zeros(people, dtype=np.int64),
        bad_first=np.zeros(people, dtype=bool),
        disposition=disposition,
        heard=np.repeat(heard[:, None], people, axis=1),
        known=np.full((len(market.banks), people), np.nan),
        left_bank=np.full(people, -1, dtype=np.int64),
        left_month=np.zeros(people, dtype=np.int64),
    )


def dispositions(behaviour: Behaviour, who: Address, luck: Luck) -> FloatArray:
    """What each person adds to every score of a visit, shape (people,)."""
    return normal(luck.uniforms("disposition", who), 0.0, behaviour.visits.disposition_sd)
