"""Write the call centre's maps and their data files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from callcentre.agents import GROUPS, Shift, passed_over, presence, roster_table, whole_numbers
from callcentre.fit import (
    BANDED,
    BANDS,
    NEEDS,
    SEGMENTS,
    SURGE,
    Fit,
    needs,
    segments,
)
from callcentre.records import HOURS, NAMES, FloatArray

MAP, TYPICAL_MAP = "call-centre.yaml", "call-centre-typical.yaml"
PATIENCE, AGENTS = "call-centre-patience.csv", "call-centre-agents.parquet"
TYPICAL_AGENTS = "call-centre-typical-agents.csv"
MONTHS = ("", "January", "February", "March", "April", "May", "June", "July")
WEEKDAYS = {7: "sun", 1: "mon", 2: "tue", 3: "wed", 4: "thu"}
TYPICAL_STEP_S = 1800


@dataclass(frozen=True)
class Month:
    """Calls of the months to be predicted, and what their agents' log says.

    Attributes
    ----------
    present : shape (groups, days, steps): mean number of agents present.
    """

    calls: pl.DataFrame
    days: tuple[date, ...]
    present: FloatArray


def month_of(calls: pl.DataFrame, worked: Sequence[Shift], absent_from: int) -> Month:
    """Roster of some months by the rule that was fitted on others."""
    days = tuple(calls["date"].unique().sort().to_list())
    chosen = [shift for shift in worked if shift.day in set(days)]
    return Month(calls, days, presence(chosen, passed_over(chosen), days, absent_from))


def arrivals_file(months: Sequence[int]) -> str:
    """Name of the file of recorded arrivals."""
    return f"call-centre-{names(months, '-').lower()}.parquet"


def names(months: Sequence[int], between: str = " to ") -> str:
    first, last = MONTHS[months[0]], MONTHS[months[-1]]
    return first if first == last else f"{first}{between}{last}"


def recorded(calls: pl.DataFrame, fitted: Fit) -> pl.DataFrame:
    """Recorded arrivals as a map reads them, with what became of each.

    Returns
    -------
    ``day`` (date), ``arrived`` (time of day), ``segment``, ``need``, ``wait_min`` (until answered or given
    up) and ``outcome`` (served or reneged).
    """
    return calls.select(
        day="date",
        arrived=(pl.col("joined_s").cast(pl.Int64) * 1_000_000_000).cast(pl.Time),
        segment=pl.Series(np.array(SEGMENTS)[segments(calls, fitted)]),
        need=pl.Series(np.array(NEEDS)[needs(calls, fitted.usual)]),
        wait_min=pl.col("wait_s") / 60.0,
        outcome=pl.when("served").then(pl.lit("served")).otherwise(pl.lit("reneged")),
    )


def write_map(
    folder: Path, fitted: Fit, month: Month, fitted_months: Sequence[int], months: Sequence[int]
) -> Path:
    """Write the map of some months' recorded calls, with its data in ``data/`` beside it."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    write_patience(data / PATIENCE, fitted)
    _write(recorded(month.calls, fitted), data / arrivals_file(months))
    _write(roster_table(whole_numbers(month.present), month.days), data / AGENTS)
    shares = _need_shares(month.calls, fitted)
    text = _HEAD.format(months=names(months), fitted=names(fitted_months), days=len(month.days))
    text += _segments(None) + _needs(shares)
    text += (
        _LOG.format(file=arrivals_file(months)) + _staff(AGENTS, by_date=True) + _QUEUES + _service(fitted)
    )
    (folder / MAP).write_text(text, encoding="utf-8")
    return folder / MAP


def write_typical_map(
    folder: Path, fitted: Fit, calls: pl.DataFrame, worked: Sequence[Shift], fitted_months: Sequence[int]
) -> Path:
    """Write the map whose arrivals are generated: the fitted months' typical day, and how days differ."""
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    write_patience(data / PATIENCE, fitted)
    month = month_of(calls, worked, fitted.absent_from)
    steps = month.present.mean(axis=1)
    per_half_hour = steps.reshape(steps.shape[0], len(HOURS) * 2, -1).mean(axis=2)
    counts = whole_numbers(per_half_hour)[:, None, :]
    roster_table(counts, None, TYPICAL_STEP_S).write_csv(data / TYPICAL_AGENTS, time_format="%H:%M")
    hourly = np.array([(calls["hour"] == hour).sum() / len(month.days) for hour in HOURS])
    factors, cv = days_differ(calls)
    segment = np.bincount(segments(calls, fitted), minlength=len(SEGMENTS)) / calls.height
    text = _TYPICAL_HEAD.format(fitted=names(fitted_months))
    text += _segments(rounded_shares(segment)) + _needs(_need_shares(calls, fitted))
    text += "arrivals:\n  per_hour:\n"
    text += "".join(f"    {hour:02d}:00: {rate:.1f}\n" for hour, rate in zip(HOURS, hourly, strict=True))
    week = ", ".join(f"{name}: {factors[day]:.3f}" for day, name in WEEKDAYS.items())
    text += f"  day_of_week: {{{week}, fri: 0, sat: 0}}\n"
    text += f"  day_cv: {cv:.3f}                   # beyond Poisson and the weekday\n\n"
    text += _staff(TYPICAL_AGENTS, by_date=False) + _QUEUES + _service(fitted)
    (folder / TYPICAL_MAP).write_text(text, encoding="utf-8")
    return folder / TYPICAL_MAP


def days_differ(calls: pl.DataFrame) -> tuple[dict[int, float], float]:
    """Factors by weekday, and the coefficient of variation of days beyond Poisson and the weekday."""
    totals = calls.group_by("date").len().with_columns(weekday=pl.col("date").dt.weekday())
    mean = float(totals["len"].to_numpy().mean())
    means = {day: float(part["len"].to_numpy().mean()) for (day,), part in totals.group_by("weekday")}
    expected = totals["weekday"].replace_strict(means, return_dtype=pl.Float64).to_numpy()
    excess = ((totals["len"].to_numpy() - expected) ** 2 - expected).sum() / (totals.height - len(means))
    return {day: value / mean for day, value in means.items()}, float(np.sqrt(max(excess, 0.0)) / mean)


def write_patience(path: Path, fitted: Fit) -> None:
    pl.DataFrame({name: fitted.patience_s[k] for k, name in enumerate(SEGMENTS)}).write_csv(
        path, float_precision=1
    )


def rounded_shares(shares: FloatArray, places: int = 4) -> FloatArray:
    """Shares with few decimals that still sum to 1: the largest takes what rounding left."""
    result = np.round(shares, places)
    result[result.argmax()] += 1 - result.sum()
    rounded: FloatArray = np.round(result, places)
    return rounded


def _write(table: pl.DataFrame, path: Path) -> None:
    table.write_parquet(path, compression="zstd", compression_level=19, statistics=False)


def _need_shares(calls: pl.DataFrame, fitted: Fit) -> FloatArray:
    return rounded_shares(np.bincount(needs(calls, fitted.usual), minlength=len(NEEDS)) / calls.height)


def _segments(shares: FloatArray | None) -> str:
    text = _SEGMENTS_HEAD
    for number, name in enumerate(SEGMENTS):
        text += f"  {name}:\n"
        if shares is not None:
            text += f"    share: {shares[number]:.4f}\n"
        text += f"    priority: {1 if name == 'call_back' else 2}\n"
        if name.endswith("_preferred"):
            text += "    head_start: 90 s\n"
        text += f"    patience: {{empirical: {{file: data/{PATIENCE}, column: {name}, unit: s}}}}\n"
    return text + "\n"


def _needs(shares: FloatArray) -> str:
    text = _NEEDS_HEAD
    for name, share in zip(NEEDS, shares, strict=True):
        text += f"  {name}: {{share: {share:.4f}, start: choice}}\n"
    return text + "\n"


def _staff(file: str, *, by_date: bool) -> str:
    day = "day: date, " if by_date else ""
    text = _STAFF_HEAD if by_date else _TYPICAL_STAFF_HEAD
    for name, serves in GROUPS:
        text += f"  {name}:\n    count: {{file: data/{file}, {day}time: from, count: {name}}}\n"
        text += f"    serves: [{', '.join(serves)}]\n"
    return text + "\n"


def _service(fitted: Fit) -> str:
    text = _TOUCHPOINTS_HEAD
    for name, queue in (
        ("agent", "line"),
        ("prospective_agent", "prospective_line"),
        ("securities_agent", "securities_line"),
        ("internet_agent", "internet_line"),
    ):
        text += f"  {name}:\n    stage: Talk\n    channel: phone\n    queue: {queue}\n    reason: staff\n"
        text += "    moment_of_truth: true\n"
        cv = f"cv: {fitted.wrap_up_cv:.3f}"
        text += f"    wrap_up: {{lognormal: {{mean: {fitted.wrap_up_mean_s:.2f} s, {cv}}}}}\n"
        text += "    service:\n"
        types = _TYPES_AT[queue]
        text += "      by_segment:\n" if len(types) > 1 else ""
        indent = "        " if len(types) > 1 else "      "
        for segment in types:
            deeper = indent + ("  " if len(types) > 1 else "")
            text += f"{indent}{segment}:\n" if len(types) > 1 else ""
            text += f"{deeper}by_need:\n"
            name_of_type = "regular" if segment == "other" else segment
            kind = NAMES.index(name_of_type)
            cases = (*BANDS, SURGE) if name_of_type in BANDED else (SURGE, "other")
            for case in cases:
                text += f"{deeper}  {case}:\n{deeper}    mixture:\n"
                text += "".join(f"{deeper}      - {part}\n" for part in _mixture(fitted, kind, case))
    return text


_TYPES_AT = {
    "line": ("call_back", "english", "other"),
    "prospective_line": ("prospective",),
    "securities_line": ("securities",),
    "internet_line": ("internet_help",),
}


def _mixture(fitted: Fit, kind: int, case: str) -> tuple[str, str]:
    need = "office_hours" if case == "other" else case
    short = float(fitted.short_share[kind])
    mean, cv = fitted.service_mean_s(kind, need), fitted.service_cv(kind, need)
    return (
        f"{{share: {1 - short:.4f}, of: {{lognormal: {{mean: {mean:.1f} s, cv: {cv:.3f}}}}}}}",
        f"{{share: {short:.4f}, of: {{constant: {fitted.short_s[kind]:.1f} s}}}}",
    )


_HEAD = """\
# yaml-language-server: $schema=../schemas/journey.json
#
# The call centre of a bank in Israel, with the calls that reached it on the {days} regular weekdays of
# {months} 1999:
#   journeysim run journeys/call-centre.yaml
# simulates them call by call and shows the waits and the giving up beside those observed. Everything fitted
# comes from {fitted}; {months} gives the calls and, by the same rule, the agents who were present.
# Written by tools/call_centre.py. data/README.md says what the records are, whom to thank for them, and how
# each number was made; docs/explanation/call-centre.md how close the simulation comes, and where it fails.

journey: Call centre of a bank, {months} 1999
description: >-
  Every call that sought an agent on the regular weekdays of {months} 1999, by type, as it joined the queue.

hours:
  open: 07:00
  close: 24:00
  at_close: serve                 # calls in the queue at midnight are still answered

"""

_TYPICAL_HEAD = """\
# yaml-language-server: $schema=../schemas/journey.json
#
# The same call centre with generated calls: the typical regular weekday of {fitted} 1999. Its days
# differ by weekday and by chance beyond Poisson (day_cv). For what-ifs that recorded calls cannot answer,
# such as a tenth more calls: journeysim run journeys/call-centre-typical.yaml --set arrivals.scale=1.1
# All types come by one profile over the day, at shares that are the same at every hour; in the records
# prospective customers call late in the afternoon. A surge is drawn for single calls here, in the records
# it is a half hour. Written by tools/call_centre.py; see data/README.md.

journey: Call centre of a bank, a typical day
description: Calls that seek an agent on a regular weekday, by type, generated.

hours:
  open: 07:00
  close: 24:00
  at_close: serve

"""

_SEGMENTS_HEAD = """\
# Call types, two of them split by the priority of the customer. Preferred customers are put 90 seconds ahead
# in the queue. A call_back is made by the centre: it goes first. Patience is the Kaplan-Meier estimate, with
# answered calls censored: callers hang up at 10 to 20 seconds and again at a minute, when a message invites
# them to wait or to leave a number, and no smooth family follows that.
segments:
"""

_NEEDS_HEAD = """\
# Calls differ in length by the hour at which they come (before 9:00, from 9:00, from 16:00, from 22:00), and
# are short in a surge: a half hour with more than twice its usual calls, when something is out of order.
# The log names the need of every call; the shares are theirs.
needs:
"""

_LOG = """\
arrivals:
  from_log:
    file: data/{file}
    day: day
    time: arrived
    segment: segment
    need: need
    observed:
      wait: wait_min
      outcome: outcome

"""

_STAFF_HEAD = """\
# Who was present is not recorded. An agent counts as present during calls, and between two calls unless calls
# went to others who had become free later (data/README.md). Agents are grouped by the types that they took
# that day: two fifths took no prospective customers, as many no securities, four fifths no internet help.
staff:
"""

_TYPICAL_STAFF_HEAD = """\
# Agents of the fitted months, by the types that they took: means by half hour over the days, rounded so that
# what one half hour loses the next one gains.
staff:
"""

_QUEUES = """\
queues:
  line: {discipline: priority}              # regular, call_back, english
  prospective_line: {discipline: priority}
  securities_line: {discipline: priority}
  internet_line: {discipline: priority}

"""

_TOUCHPOINTS_HEAD = """\
# Service is lognormal by the mean and cv of calls of 10 seconds to an hour, at the level of the last days of
# the fitted months. Shorter calls are mostly agents hanging up: such a call is over in some seconds, and
# counted as served, as in the records. Wrap-up is the time that agents take between calls while callers wait.
touchpoints:
  choice:                         # the voice menu asks for the type; its time is left out
    stage: Call
    channel: phone
    service: {constant: 0 s}
    next:
      - {to: prospective_agent, when: {segment: prospective}}
      - {to: securities_agent, when: {segment: [securities_preferred, securities]}}
      - {to: internet_agent, when: {segment: internet_help}}
      - {to: agent}
"""
