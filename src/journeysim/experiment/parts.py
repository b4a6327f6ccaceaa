"""The columns of what is told of parts: segments, touchpoints, staff groups, and of money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from journeysim.experiment.cells import Column, is_seen
from journeysim.experiment.headline import (
    BALKED,
    BUSY,
    CASE_DAYS,
    CLOSED,
    CONTACTS,
    COST,
    CUSTOMERS_END,
    FAILED,
    P90,
    PROMOTERS,
    REJECTED,
    RENEGED,
    RETAINED,
    SATISFIED,
    SATISFIED_CUSTOMERS,
    SCORE,
    SERVED,
    WAIT,
    WITHIN,
    money_scale,
)
from journeysim.experiment.results import OptionResult

VISITS = Column("visits_per_day", "visits\na day")
LINE = Column("queue_length_mean", "line\nmean")
OVERTIME = Column("overtime_min_per_day", "overtime\nmin a day")
WAITED = Column("waited_fraction", "waited\n%", 100)
WAIT_SCORE = Column("wait_score_mean", "wait\nscore")
ENCOUNTER_SCORE = Column("encounter_score_mean", "encounter\nscore")
LOST = Column("lost", "lost")
ACQUIRED = Column("acquired", "acquired")

SHOWN_ORDER = (
    VISITS, CONTACTS, CASE_DAYS, WAIT, P90, WITHIN, SERVED, RENEGED, BALKED, REJECTED, CLOSED,
    FAILED, LINE, SCORE, WAIT_SCORE, ENCOUNTER_SCORE, SATISFIED, PROMOTERS, BUSY, OVERTIME, COST,
)  # fmt: skip
"""In which order columns of a branch stand, whichever of them there are."""

OF_TOUCHPOINTS = (
    SCORE, VISITS, WAIT, P90, WAIT_SCORE, ENCOUNTER_SCORE, RENEGED, FAILED, WITHIN, LINE, SERVED,
    BALKED, REJECTED,
)  # fmt: skip
OF_SEGMENTS = (
    VISITS, CONTACTS, CASE_DAYS, WAIT, SCORE, SATISFIED, SERVED, WITHIN, PROMOTERS, P90, RENEGED,
    BALKED, CLOSED, REJECTED, FAILED,
)  # fmt: skip
OF_SEGMENTS_IN_MARKET = tuple(column for column in OF_SEGMENTS if column not in (SATISFIED, PROMOTERS))
"""In a market those two are of customers, not of visits."""
OF_STAFF = (BUSY, OVERTIME, COST)
# The visits are those of the log by construction.
OF_OBSERVED = (WAIT, WAITED, replace(RENEGED, only_if_seen=False))
OF_FORMULAS = (WAIT, WAITED, RENEGED)
"""Of what columns each table is made, in order of importance."""

OF_CUSTOMERS = (
    CUSTOMERS_END, RETAINED, SATISFIED_CUSTOMERS,
    Column("net_promoter_score", "net promoter\ncustomers %", 100), LOST, ACQUIRED,
)  # fmt: skip

_MONEY = tuple(
    Column(metric, heading, only_if_seen=True, decimals=0)
    for metric, heading in (
        ("margin_per_year", "margin"),
        ("acquisition_cost_per_year", "acquisition\ncost"),
        ("retention_cost_per_year", "retention\ncost"),
        ("staff_cost_per_year", "staff\ncost"),
        ("option_cost_per_year", "option\ncost"),
        ("net_value_per_year", "net value"),
        ("customer_equity", "customer\nequity"),
    )
)


def money_columns(options: Sequence[OptionResult], currency: str) -> tuple[tuple[Column, ...], str]:
    """Columns of money, on one scale, and what to call them together; no column where there is no money.

    Parameters
    ----------
    options : all that stand side by side.
    currency : of the map; may be empty.
    """
    rows = {option.name: option.metrics for option in options}
    if not any(is_seen(column, rows) for column in _MONEY):
        return (), ""
    factor, word = money_scale(_MONEY, list(rows.values()))
    unit = " ".join(part for part in (word, currency) if part)
    title = f"Money a year{f', {unit}' if unit else ''}; equity is what the customers at the end are worth"
    return tuple(replace(column, factor=factor) for column in _MONEY), title


def visited(option: OptionResult, scope: str) -> list[str]:
    """Names of the parts of a scope that a branch counts visits of."""
    return [name for name, found in option.by(scope).items() if VISITS.metric in found]
