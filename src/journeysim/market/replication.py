"""One replication of a scenario with a market: all its options together, so that they share its luck."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from journeysim.branch.luck import Luck
from journeysim.market.banks import Memo
from journeysim.market.ledger import MonthRecord
from journeysim.market.model import Alternative
from journeysim.market.places import settle_in
from journeysim.market.projection import World, advance, network_of
from journeysim.market.start import Start, world_at_start
from journeysim.market.state import OURS
from journeysim.market.timeline import Timeline

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Projected:
    """What an option came to in a replication.

    Attributes
    ----------
    world : everybody and everything at the end.
    months : what each month of the horizon came to.
    """

    world: World
    months: tuple[MonthRecord, ...]

    def steps(self) -> pl.DataFrame | None:
        """The steps table of our branches in the horizon; None unless steps were kept.

        ``day`` counts from the first day of the horizon. With several branches a last column says which.
        """
        ours = self.world.ours()
        tables = [branch.steps_table(named=len(ours) > 1) for branch in ours]
        kept = [table for table in tables if table is not None]
        if not kept:
            return None
        import polars as pl

        return pl.concat(kept)


def project(
    alternatives: Sequence[Alternative],
    baseline: int,
    start: Start,
    *,
    seed: int,
    replication: int,
    target_wait_min: float,
    keep_steps: bool = False,
    only: Sequence[int] | None = None,
) -> list[Projected]:
    """Project every option from the same people over the same months.

    Parameters
    ----------
    alternatives : the options; their markets differ in maps, scores and openings only.
    baseline : number of the one that the burn-in follows.
    start : what the baseline fixes, as `calibrated` gives it.
    seed, replication : whose luck it is.
    target_wait_min : minutes within which a customer should be served.
    keep_steps : whether to keep every step of every visit of ours.
    only : numbers of the options to project; None: all.

    Returns
    -------
    In the order of the options, or of ``only``. An option's numbers do not depend on the others.
    """
    luck = Luck(seed, replication)
    first = alternatives[baseline]
    market = first.market
    places = settle_in(market, luck)
    network = network_of(market, places, luck)
    timeline = Timeline.of(market, market.burn_in_months)
    world = world_at_start(first, places, network, timeline, start, luck, target_wait_min)
    memo = Memo()
    for month in range(timeline.horizon):
        advance(world, timeline, month, luck, memo, None)
        memo.clear()
    world.stayers = world.state.bank == OURS
    chosen = alternatives if only is None else [alternatives[number] for number in only]
    worlds = [world.branch_out(alternative, keep_steps) for alternative in chosen]
    months: list[list[MonthRecord]] = [[] for _ in worlds]
    for month in range(timeline.horizon, len(timeline.months)):
        for one, records in zip(worlds, months, strict=True):
            record, _ = advance(one, timeline, month, luck, memo, start.constants)
            records.append(record)
        memo.clear()
    return [Projected(one, tuple(records)) for one, records in zip(worlds, months, strict=True)]
