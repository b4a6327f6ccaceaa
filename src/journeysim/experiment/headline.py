"""The columns by which options are judged, wherever they stand side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from journeysim.experiment.cells import Column, Found
from journeysim.experiment.results import OptionResult

_THOUSANDS_FROM = 1e5
_MILLIONS_FROM = 1e8

CONTACTS = Column("contacts_per_case", "contacts\na case", only_if_seen=True, usual=1.0)
WAIT = Column("wait_mean_min", "wait\nmin")
P90 = Column("wait_p90_min", "wait p90\nmin")
SERVED = Column("served_fraction", "served\n%", 100)
WITHIN = Column("wait_within_target_fraction", "in target\n%", 100)
RENEGED = Column("reneged_fraction", "gave up\n%", 100, only_if_seen=True)
BALKED = Column("balked_fraction", "balked\n%", 100, only_if_seen=True)
REJECTED = Column("rejected_fraction", "rejected\n%", 100, only_if_seen=True)
CLOSED = Column("closed_fraction", "closed\n%", 100, only_if_seen=True)
FAILED = Column("failed_fraction", "failed\n%", 100, only_if_seen=True)
BUSY = Column("utilisation", "staff busy\n%", 100)
COST = Column("staff_cost_per_day", "staff cost\na day", only_if_seen=True)
CASE_DAYS = Column("days_to_resolution_mean", "days to\nresolve", only_if_seen=True)
SCORE = Column("score_mean", "score\n-1…1", decimals=3)
SATISFIED = Column("satisfied_fraction", "satisfied\n%", 100)
PROMOTERS = Column("net_promoter_score", "net promoter\n%", 100)

SATISFIED_CUSTOMERS = Column("satisfied_fraction", "satisfied\ncustomers %", 100)
RETAINED = Column("retained_fraction", "retained\n%", 100)
CUSTOMERS_END = Column("customers_end", "customers\nat the end")
EQUITY = Column("customer_equity", "customer\nequity", only_if_seen=True, decimals=1)
NET_VALUE = Column("net_value_per_year", "net value", only_if_seen=True, decimals=1)

OF_VISITS = (
    CONTACTS, CASE_DAYS, WAIT, SERVED, SCORE, SATISFIED, PROMOTERS, COST, WITHIN, P90, BUSY, RENEGED, BALKED,
    CLOSED, REJECTED, FAILED,
)  # fmt: skip
"""What is said of a branch alone."""


def headline_columns(
    options: Sequence[OptionResult], currency: str, *, in_market: bool
) -> tuple[Column, ...]:
    """Columns by which options are judged, in order of importance.

    Parameters
    ----------
    options : all that stand side by side.
    currency : of the map; may be empty.
    in_market : whether customers are ours to lose.
    """
    if not in_market:
        return OF_VISITS
    factor, word = money_scale((NET_VALUE, EQUITY), [option.metrics for option in options])
    unit = " ".join(part for part in (word, currency) if part)
    # On three lines: the differences of a narrower column fit beside the others.
    heading = "\n".join(part for part in (NET_VALUE.heading, "a year", unit) if part)
    value = replace(NET_VALUE, heading=heading, factor=factor)
    equity = replace(EQUITY, heading="\n".join(("customer", "equity", unit)), factor=factor)
    return (WAIT, SATISFIED_CUSTOMERS, RETAINED, CUSTOMERS_END, value, equity, SCORE)


def differences_first(columns: Sequence[Column]) -> list[Column]:
    """Put columns in the order in which differences are left out where not all of them fit, the first stays.

    What an option does to the number of customers is told by the share retained, and in its sentence: so it
    makes room for what the customers are worth.

    Parameters
    ----------
    columns : of `headline_columns`.
    """
    in_market = any(column.metric == EQUITY.metric for column in columns)
    later = (CUSTOMERS_END.metric, SCORE.metric) if in_market else ()
    return sorted(columns, key=lambda column: later.index(column.metric) + 1 if column.metric in later else 0)


def money_scale(columns: Sequence[Column], rows: Sequence[Found]) -> tuple[float, str]:
    """Unit for amounts of money: thousands or millions where they are large, as more digits are noise."""
    return amount_scale(largest_amount(columns, rows))


def largest_amount(columns: Sequence[Column], rows: Sequence[Found]) -> float:
    """The largest mean of some columns in any row, in size; 0 where there is none."""
    found = [row[column.metric].mean for row in rows for column in columns if column.metric in row]
    return max((abs(value) for value in found if not math.isnan(value)), default=0.0)


def amount_scale(largest: float) -> tuple[float, str]:
    """Factor and word of the unit in which amounts of money up to ``largest`` are shown."""
    if largest >= _MILLIONS_FROM:
        return 1e-6, "million"
    return (1e-3, "thousand") if largest >= _THOUSANDS_FROM else (1.0, "")
