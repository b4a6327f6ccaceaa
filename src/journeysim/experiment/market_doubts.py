"""What looks doubtful in a market that is right: word of mouth that feeds itself, banks that cannot last."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from journeysim.branch.luck import Luck
from journeysim.errors import Problem
from journeysim.journey import Document
from journeysim.journey.faults import problem_at
from journeysim.market.behaviour import Behaviour
from journeysim.market.leaving import yearly_hazard
from journeysim.market.model import Market
from journeysim.market.network import Network
from journeysim.market.network_models import made_network
from journeysim.market.places import exact_counts
from journeysim.market.stability import reproduction

_FEW_PEOPLE = 20_000
_TOO_LARGE_TO_COMPARE = 0.45


def market_doubts(
    scenario: Document, market: Market, behaviour: Behaviour, is_baseline: bool
) -> Iterator[Problem]:
    """Yield a warning for each thing that is doubtful in the market of an option."""
    yield from (_warning(scenario, text) for text in _runaway(market, behaviour))
    yield from _newcomers(scenario, market)
    if is_baseline:
        yield from _dominance(scenario, market, behaviour)


def _runaway(market: Market, behaviour: Behaviour) -> Iterator[str]:
    """Warn of word of mouth that feeds itself."""
    rules = behaviour.leaving
    found = reproduction(
        _like(market),
        share=max(bank.share for bank in market.banks),
        hazard_per_month=yearly_hazard(rules) / 12,
        contagion=rules.contagion,
        contagion_months=rules.contagion_months,
        relay=behaviour.telling.relay,
    )
    yield from found.warnings()


def _dominance(scenario: Document, market: Market, behaviour: Behaviour) -> Iterator[Problem]:
    """Warn of a bank so large that the leavers of all others, and the newcomers, are fewer than its own.

    Of L leavers, a part v goes to another bank. A bank with a share s loses ``s L`` and wins at most
    ``(1 - s) v L + (1 - v) L``.
    """
    reasons = behaviour.leaving.reasons
    most = 1 / (2 - reasons.died - reasons.moved)
    for bank in market.banks:
        if most < bank.share < 1:
            whose = f"rival {bank.name}" if bank.name else "our own bank"
            problem = f"{whose} loses customers on the baseline, since fewer leave the others than leave it"
            hint = f"shares up to {most:.2f} can last"
            yield _warning(scenario, problem, f"share {bank.share:.3g}", hint)


def _newcomers(scenario: Document, market: Market) -> Iterator[Problem]:
    """Warn where a bank opens beside one so large that nothing says how people choose between the rest.

    Nearly all who leave the others come to the large one, whatever they think: what banks are chosen for
    beside their reputation cannot be found on such a baseline.
    """
    if not any(bank.share == 0 and bank.opens is not None for bank in market.banks):
        return
    for bank in market.banks:
        if bank.share >= _TOO_LARGE_TO_COMPARE:
            whose = f"rival {bank.name} has" if bank.name else "we have"
            problem = f"what a new bank takes cannot be told where {whose} about half of the people or more"
            hint = f"shares below {_TOO_LARGE_TO_COMPARE:g}"
            yield _warning(scenario, problem, f"share {bank.share:.3g}", hint)


def _warning(scenario: Document, problem: str, found: str = "", hint: str = "") -> Problem:
    return problem_at(scenario, ("market",), problem, found, hint, key=True)


def _like(market: Market) -> Network:
    """The network of a market, or one of the same kind among few people."""
    if isinstance(market.network, Network):
        return market.network
    people = min(market.people, _FEW_PEOPLE)
    segment = np.repeat(np.arange(len(market.segments)), exact_counts(people, market.segment_share))
    return made_network(market.network, people, segment, Luck(0, 0))
