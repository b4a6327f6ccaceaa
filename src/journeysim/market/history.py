"""What people have lived through before a market begins: visits like the baseline's, all their tenure long.

Opinions move with every visit and rungs rise only after several, so people who come once in years would take
decades to be where their visits bring them. Each therefore starts with a past: the visits of their tenure,
with scores drawn from those of a month of the baseline. Assumption: the past was like that month.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from journeysim.branch.luck import Address, Luck
from journeysim.market.banks import BranchAtWork, Operation, ScoredBank, ScoreSample
from journeysim.market.behaviour import Behaviour
from journeysim.market.opinions import Visits, join, live_through
from journeysim.market.state import State
from journeysim.units import FloatArray, IntArray

REMEMBERED = 20
"""Visits of a past. What was before is forgotten: at .3 a visit, less than a thousandth of it is left."""


def live_history(
    state: State,
    banks: Sequence[ScoredBank],
    visits_a_month: FloatArray,
    rules: Behaviour,
    recovered: FloatArray,
    luck: Luck,
) -> None:
    """Let everybody live through their last visits to their bank; changes ``state``.

    Parameters
    ----------
    banks : how the visits of each bank score, from `as_lived`.
    visits_a_month : shape (people,), of each person.
    recovered : shape (banks,), share of a visit's harm that a complaint leaves, by bank.
    luck : of the past alone.

    Notes
    -----
    Who has had few visits begins with what is heard of the bank, all others with the opinion in ``state``.
    """
    people, none = np.arange(state.people), np.zeros(state.people, dtype=np.int64)
    tenure, idle = state.tenure.copy(), state.idle.copy()
    u = luck.uniforms("history/visits", Address.of(people, 0, none))
    count = np.floor(tenure * visits_a_month + u).astype(np.int64)
    new = np.flatnonzero(count <= REMEMBERED)
    join(state, new, state.bank[new], rules, state.disposition[new])
    state.visits[:] = np.maximum(count - REMEMBERED, 0)
    members_of = [np.flatnonzero(state.bank == bank.bank) for bank in banks]
    for still_to_come in range(REMEMBERED, 0, -1):
        for bank, members in zip(banks, members_of, strict=True):
            mine = members[count[members] >= still_to_come]
            state.tenure[mine] = tenure[mine] * (count[mine] - still_to_come + 1) // count[mine]
            live_through(state, _visits(bank, mine, state, still_to_come, luck), rules, recovered, luck)
    state.tenure[:], state.idle[:] = tenure, idle
    state.visits[:] = count
    state.bad_first[:] = False


def _visits(bank: ScoredBank, person: IntArray, state: State, number: int, luck: Luck) -> Visits:
    """One visit of each person; ``number`` sets their luck apart from that of the other visits."""
    who = Address.of(person, 0, np.full_like(person, number))
    u = luck.uniforms("history/score", who)
    scores = bank.scores(u, state.disposition[person], state.segment[person])
    own = np.full_like(person, bank.bank)
    return Visits(person, own, *scores, time=own, begins=np.ones(person.size, dtype=bool), luck_address=who)


def as_lived(
    operations: Sequence[Sequence[Operation]], samples: Sequence[ScoreSample], disposition_sd: float
) -> list[ScoredBank]:
    """How the visits of each bank score; ``samples`` are those of simulated visits, by bank."""
    return [
        ScoredBank(number, None, sample, disposition_sd, ()) if isinstance(first, BranchAtWork) else first
        for number, ((first, *_), sample) in enumerate(zip(operations, samples, strict=True))
    ]
