"""How visits move satisfaction, rungs and tempers: one pass over the visits of a month in their order.

References
----------
Steps of satisfaction towards the score, larger downwards: assumption, after the asymmetry of Mittal, Ross &
Baldasare (1998). Promotion that takes tenure and repeated satisfaction, and the first visit as the moment of
truth: what service training teaches. Complaint behaviour: TARP (1986).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numba
import numpy as np

from journeysim.branch.luck import Address, Luck
from journeysim.market.behaviour import Behaviour, ComplaintRules
from journeysim.market.state import FREEZING, MOST_RUNG_AT_FIRST, State, ladder_lines, level_of, levels
from journeysim.units import BoolArray, FloatArray, IntArray


class Temper(IntEnum):
    """What a visitor does after a visit."""

    CONTENT = 0
    GRUMBLES = 1
    COMPLAINS = 2
    GOES_PUBLIC = 3


@dataclass(frozen=True)
class Visits:
    """Visits of a month to all banks, in the order they happened; all of shape (visits,).

    Attributes
    ----------
    person, bank : who, and where.
    score : of the visit, -1..1.
    staff, product : of the moments that speak for either; NaN where the visit had none.
    time : whole number by which visits are ordered.
    begins : whether each is the first contact of its case.
    luck_address : whose luck each visit has.
    """

    person: IntArray
    bank: IntArray
    score: FloatArray
    staff: FloatArray
    product: FloatArray
    time: IntArray
    begins: BoolArray
    luck_address: Address

    @classmethod
    def together(cls, parts: list[Visits]) -> Visits:
        """The visits of all parts by time.

        All visits of a person are in one part, so that the order of the parts cannot matter.
        """
        columns = {
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(cls)
            if f.name != "luck_address"
        }
        who = Address.together([part.luck_address for part in parts])
        # Sorting finds the parts in order already where each is, and only merges them.
        order = np.argsort(columns["time"], kind="stable")
        return cls(**{name: column[order] for name, column in columns.items()}, luck_address=who[order])

    @classmethod
    def none(cls) -> Visits:
        """No visit at all."""
        nothing = np.zeros(0)
        nobody = np.zeros(0, dtype=np.int64)
        who = Address.of(nobody, 0, nobody)
        return cls(nobody, nobody, nothing, nothing, nothing, nobody, np.zeros(0, dtype=bool), who)

    def __getitem__(self, which: IntArray | BoolArray) -> Visits:
        return Visits(*(getattr(self, f.name)[which] for f in fields(self)))


def harm_left(rules: ComplaintRules) -> float:
    """Share of a bad visit's harm that is left after a complaint to the bank."""
    left: float = getattr(rules.harm_left, rules.recovery)
    return left


def resolves(rules: ComplaintRules) -> bool:
    """Whether complaints are resolved, and so can teach something."""
    return rules.recovery in ("slow", "fast")


def learnt_from(resolved: int, customers: int, before: float, rules: ComplaintRules) -> float:
    """What has been learnt from complaints after a month, a score of 0 to ``rules.lessons_most``.

    Parameters
    ----------
    resolved : complaints of the month that were resolved.
    customers : of the bank.
    before : what had been learnt by then.

    References
    ----------
    Assumption, after what service training says: good ideas come from customers' suggestions.
    """
    return min(before + rules.lessons * 100 * resolved / max(customers, 1), rules.lessons_most)


def live_through(
    state: State, visits: Visits, behaviour: Behaviour, recovered: FloatArray, luck: Luck
) -> IntArray:
    """Let everybody's visits of a month move their opinions; changes ``state``.

    Parameters
    ----------
    recovered : shape (banks,), share of a visit's harm that a complaint leaves, by bank.

    Returns
    -------
    Shape (visits,), `Temper` after each visit.
    """
    rules, complaints, ladder = behaviour.satisfaction, behaviour.complaints, behaviour.ladder
    bad = visits.score < behaviour.telling.bad_below
    u = luck.uniforms("complaint", visits.luck_address)
    temper = np.full(bad.size, Temper.CONTENT, dtype=np.int64)
    temper[bad] = Temper.GRUMBLES
    temper[bad & (u < complaints.media + complaints.complain)] = Temper.COMPLAINS
    temper[bad & (u < complaints.media)] = Temper.GOES_PUBLIC
    left = np.where(temper == Temper.COMPLAINS, recovered[visits.bank], 1.0)
    _live_through(
        visits.person, visits.score, visits.staff, visits.product, bad, left,
        state.satisfaction, state.staff, state.product, state.visits, state.idle, state.bad_first,
        state.rung, state.held, state.tenure, ladder_lines(ladder),
        rules.first_visit, rules.later_visit, rules.downwards,
        ladder.promotion_months, ladder.promotion_visits,
    )  # fmt: skip
    return temper


@numba.njit(cache=True, nogil=True)
def _moved(opinion, score, step, downwards, left):  # type: ignore[no-untyped-def]
    """An opinion after a score; of a fall, the share ``left`` remains."""
    if score >= opinion:
        return opinion + step * (score - opinion)
    return opinion + left * min(step * downwards, 1.0) * (score - opinion)


@numba.njit(cache=True, nogil=True)
def _live_through(  # type: ignore[no-untyped-def]
    person, score, staff_score, product_score, bad, left,
    satisfaction, staff, product, visits, idle, bad_first,
    rung, held, tenure, lines,
    first_step, later_step, downwards, promotion_months, promotion_visits,
):  # fmt: skip
    for i in range(person.size):
        p = person[i]
        first = visits[p] == 0
        step = first_step if first else later_step
        satisfaction[p] = _moved(satisfaction[p], score[i], step, downwards, left[i])
        if not np.isnan(staff_score[i]):
            staff[p] = _moved(staff[p], staff_score[i], step, downwards, left[i])
        if not np.isnan(product_score[i]):
            product[p] = _moved(product[p], product_score[i], step, downwards, left[i])
        if first and bad[i]:
            bad_first[p] = True
        visits[p] += 1
        idle[p] = 0
        level = level_of(satisfaction[p], lines)
        if level > rung[p]:
            rung[p] = level
            held[p] = 0
        elif level < rung[p]:
            held[p] += 1
            if held[p] >= promotion_visits and tenure[p] >= promotion_months:
                rung[p] -= 1
                if rung[p] == FREEZING:
                    rung[p] -= 1
                held[p] = 0
        else:
            held[p] = 0


def join(
    state: State, places: IntArray, bank: IntArray, rules: Behaviour, disposition: FloatArray | None = None
) -> None:
    """Make people customers of another bank; changes ``state``.

    They come with the opinion that they have heard, and remember how satisfied they were where they leave.

    Parameters
    ----------
    places : shape (joining,), distinct.
    bank : shape (joining,), where they go.
    disposition : shape (joining,) of somebody new in the place, who remembers nothing; None for who switches.
    """
    if disposition is None:
        state.known[state.bank[places], places] = state.satisfaction[places]
    else:
        state.known[:, places] = np.nan
        state.disposition[places] = disposition
    opinion = state.heard[bank, places]
    before = state.known[bank, places]
    opinion = np.where(np.isnan(before), opinion, (opinion + before) / 2)
    state.bank[places] = bank
    state.satisfaction[places] = state.staff[places] = state.product[places] = opinion
    state.tenure[places] = state.visits[places] = state.idle[places] = state.held[places] = 0
    state.bad_first[places] = False
    state.rung[places] = np.maximum(levels(opinion, rules.ladder), MOST_RUNG_AT_FIRST)
