"""Hypothesis strategies: random journey maps that are small, varied and mostly right.

`journey_maps` gives plain data, `map_texts` the YAML text of it. A map is made in the order a planner would
think of it: who comes, when, where they wait, where they are served, where they go on to. Ways on lead to
later touchpoints, so that everybody leaves; services may also send people back with a small probability.
Maps with ``files`` name data files of `FILES`, which `parse_journey` finds with that folder.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

Data = dict[str, Any]

FAMILIES = (
    *("constant", "exponential", "uniform", "triangular", "normal"),
    *("lognormal", "gamma", "erlang", "weibull", "empirical"),
)
BALKS: tuple[Data, ...] = (
    {"at_length": 2},
    {"at_length": 0, "probability": 0.5},
    {"expected_wait": True},
    {"expected_wait": True, "at_length": 3, "probability": 0.8},
)
FILES = Path(__file__).resolve().parent / "data"
"""Folder of the data files that maps name: bookings and rosters, with and without dates."""

BOOKED: tuple[Data, ...] = (
    {"file": "booked.csv", "time": "slot"},
    {"file": "booked_by_day.csv", "time": "slot", "day": "date", "no_show": 0.25},
    {"file": "booked.csv", "time": "slot", "lateness": {"normal": {"mean": "-2 min", "sd": "5 min"}}},
)
ROSTERS: tuple[Data, ...] = (
    {"file": "agents.csv", "time": "from", "count": "agents"},
    {"file": "agents_by_day.csv", "day": "date", "time": "from", "count": "agents"},
)
CHINESE = ("取号", "柜台", "自助机", "理财", "大堂")


def minutes(low: float, high: float) -> st.SearchStrategy[str]:
    """Durations with a unit; whole minutes often, so that events tie."""
    whole = st.integers(max(1, round(low)), max(1, round(high))).map(lambda value: f"{value} min")
    seconds = st.integers(max(1, round(low * 60)), round(high * 60)).map(lambda value: f"{value} s")
    return st.one_of(whole, seconds)


def shares(count: int) -> st.SearchStrategy[list[float]]:
    """``count`` shares that sum to 1 exactly in tenths, some of them 0."""

    def from_cuts(cuts: list[int]) -> list[float]:
        edges = [0, *sorted(cuts), 20]
        return [(after - before) / 20 for before, after in pairwise(edges)]

    return st.lists(st.integers(0, 20), min_size=count - 1, max_size=count - 1).map(from_cuts)


@st.composite
def families(draw: st.DrawFn, low: float = 0.2, high: float = 12) -> Data:
    """One plain family."""
    kind = draw(st.sampled_from(FAMILIES))
    mean, cv = draw(minutes(low, high)), draw(st.sampled_from([0.3, 0.5, 0.577, 1.0, 1.5]))
    if kind == "constant":
        return {kind: mean}
    if kind == "exponential":
        return {kind: {"mean": mean}}
    if kind == "uniform":
        return {
            kind: draw(st.sampled_from([{"low": "0 s", "high": mean}, {"mean": mean, "cv": min(cv, 0.5)}]))
        }
    if kind == "triangular":
        return {kind: {"low": "10 s", "mode": "1 min", "high": draw(minutes(2, high + 2))}}
    if kind == "normal":
        return {kind: draw(st.sampled_from([{"mean": mean, "sd": "1 min"}, {"mean": mean, "cv": cv}]))}
    if kind == "erlang":
        return {kind: {"mean": mean, "k": draw(st.integers(1, 4))}}
    if kind == "empirical":
        values = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
        return {kind: {"values": values, "unit": draw(st.sampled_from(["min", "min", "s"]))}}
    if kind == "weibull":
        return {kind: draw(st.sampled_from([{"mean": mean, "shape": 1.2}, {"scale": mean, "shape": 0.8}]))}
    if kind == "gamma":
        return {kind: draw(st.sampled_from([{"mean": mean, "cv": cv}, {"shape": 2, "scale": mean}]))}
    return {kind: draw(st.sampled_from([{"mean": mean, "cv": cv}, {"median": mean, "sigma": 0.4}]))}


@st.composite
def distributions(
    draw: st.DrawFn, segments: list[str], needs: list[str], low: float = 0.2, high: float = 12
) -> Data:
    """A family, a mixture, or one per need or segment."""
    kind = draw(st.sampled_from(["plain"] * 5 + ["by_need", "by_segment", "nested", "mixture"]))
    plain = families(low, high)
    if kind == "by_need":
        return {"by_need": {name: draw(plain) for name in needs}}
    if kind == "by_segment":
        return {"by_segment": {segments[0]: draw(plain), "other": draw(plain)}}
    if kind == "nested":
        inner = {"by_segment": {name: draw(plain) for name in segments}}
        return {"by_need": {needs[0]: inner, "other": draw(plain)}}
    if kind == "mixture":
        inner = {"by_need": {needs[-1]: draw(plain), "other": draw(plain)}}
        return {"mixture": [{"share": 0.75, "of": draw(plain)}, {"share": 0.25, "of": inner}]}
    return draw(plain)


@st.composite
def journey_maps(draw: st.DrawFn, *, per_hour: int = 40, further: bool = True, files: bool = False) -> Data:
    """A whole map as plain data; nearly all of them pass every check.

    Parameters
    ----------
    per_hour : most arrivals an hour.
    further : whether there may be line groups, people waiting at opening, head starts, wrap-up, breakdowns,
        kept servers, contacts on later days, and days that differ.
    files : whether appointments and rosters may come from the files in `FILES`.
    """
    segments = draw(st.sampled_from([["regular"], ["regular", "vip"], ["普通", "No. 3", "urgent"]]))
    needs = draw(st.sampled_from([["cash"], ["cash", "advice"], ["cash", "贷款", "no"]]))
    places = draw(st.integers(1, 5))
    names = draw(st.sampled_from([[f"place {i}" for i in range(5)], list(CHINESE)]))[:places]
    opening = draw(st.sampled_from([8, 9, 13]))
    closing = opening + draw(st.integers(1, 5))
    lines = [f"line.{i}" for i in range(draw(st.integers(1, 3)))]
    touchpoints = {
        name: draw(_touchpoints(names[number + 1 :], names[: number + 1], segments, needs, lines))
        for number, name in enumerate(names)
    }
    data: Data = {
        "journey": draw(st.sampled_from(["A branch", "城市网点", "x: y # z"])),
        "hours": draw(_hours(opening, closing)),
        "segments": draw(_segments(segments, needs)),
        "needs": draw(_needs(needs, segments, names)),
        "arrivals": draw(_arrivals(opening, closing, per_hour)),
        "staff": draw(_staff(lines, opening, closing)),
        "queues": {line: draw(_queues(segments, needs, draw(st.booleans()))) for line in lines},
        "touchpoints": touchpoints,
    }
    _reach_all(data, names)
    if draw(st.integers(0, 3)):
        _drop_unused(data)
    _accept_where_asked(data)
    if further:
        _group_lines(draw, data)
        _start_with_people(draw, data)
        _let_days_differ(draw, data)
        _occupy_servers(draw, data, segments, needs)
        _lead_to_later_contacts(draw, data, names, segments, needs)
    if files:
        _name_files(draw, data)
    return data


def map_texts(**options: Any) -> st.SearchStrategy[str]:
    """YAML text of random maps (JSON is YAML)."""
    return journey_maps(**options).map(to_text)


def to_text(data: Data) -> str:
    """YAML text of plain data, a key a line."""
    return json.dumps(data, ensure_ascii=False, indent=1)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def _hours(draw: st.DrawFn, opening: int, closing: int) -> Data:
    every = {"open": _clock(opening * 60), "close": _clock(closing * 60)}
    if draw(st.booleans()):
        every["at_close"] = draw(st.sampled_from(["serve", "leave"]))
    if draw(st.integers(0, 3)):
        return every
    return {"mon": every, "fri": {"open": _clock(opening * 60), "close": _clock(opening * 60 + 30)}}


@st.composite
def _steps(draw: st.DrawFn, opening: int, closing: int, values: st.SearchStrategy[Any]) -> Any:
    """One number, or one from each of several times on."""
    if draw(st.booleans()):
        return draw(values)
    times = draw(st.sets(st.integers(opening * 60, closing * 60 - 1), min_size=1, max_size=3))
    first = {opening * 60} if draw(st.booleans()) else set()
    return {_clock(minute): draw(values) for minute in sorted(times | first)}


@st.composite
def _arrivals(draw: st.DrawFn, opening: int, closing: int, per_hour: int) -> Data:
    rates = st.one_of(st.integers(0, per_hour), st.floats(0.5, per_hour).map(lambda rate: round(rate, 2)))
    arrivals: Data = {"per_hour": draw(_steps(opening, closing, rates))}
    if draw(st.booleans()):
        arrivals["scale"] = draw(st.sampled_from([0, 0.5, 1.0, 1.3]))
    if draw(st.booleans()):
        arrivals["day_of_week"] = {"mon": draw(st.sampled_from([0.5, 1.2])), "sun": 0}
    return arrivals


@st.composite
def _segments(draw: st.DrawFn, segments: list[str], needs: list[str]) -> Data:
    made: Data = {}
    for name, share in zip(segments, draw(shares(len(segments))), strict=True):
        made[name] = {"share": share}
        if draw(st.booleans()):
            made[name]["priority"] = draw(st.integers(-1, 3))
        if draw(st.booleans()):
            made[name]["patience"] = draw(distributions(segments, needs, 1, 15))
        if draw(st.booleans()):
            made[name]["acceptable_wait"] = draw(distributions(segments, needs, 1, 15))
        if draw(st.booleans()):
            made[name]["margin_per_year"] = draw(st.integers(-100, 9000))
    return made


@st.composite
def _needs(draw: st.DrawFn, needs: list[str], segments: list[str], names: list[str]) -> Data:
    starts = [draw(st.sampled_from(names[:2])) for _ in needs]
    if draw(st.booleans()):
        split = draw(shares(len(needs)))
        return {
            name: {"share": share, "start": start}
            for name, share, start in zip(needs, split, starts, strict=True)
        }
    split_of = {segment: draw(shares(len(needs))) for segment in segments}
    return {
        name: {"share": {segment: split_of[segment][number] for segment in segments}, "start": starts[number]}
        for number, name in enumerate(needs)
    }


@st.composite
def _staff(draw: st.DrawFn, lines: list[str], opening: int, closing: int) -> Data:
    groups = draw(st.integers(1, 3))
    counts = st.integers(0, 3)
    made: Data = {}
    for number in range(groups):
        serves = draw(st.lists(st.sampled_from(lines), min_size=1, max_size=len(lines), unique=True))
        made[f"group {number}"] = {"count": draw(_steps(opening, closing, counts)), "serves": serves}
        if draw(st.booleans()):
            made[f"group {number}"]["kind"] = draw(st.sampled_from(["person", "machine"]))
            made[f"group {number}"]["cost_per_hour"] = draw(st.integers(0, 90))
    unserved = [line for line in lines if all(line not in group["serves"] for group in made.values())]
    made["group 0"]["serves"] += unserved
    return made


@st.composite
def _queues(draw: st.DrawFn, segments: list[str], needs: list[str], limited: bool) -> Data:
    queue: Data = {}
    if draw(st.booleans()):
        queue["discipline"] = draw(st.sampled_from(["fifo", "priority"]))
    if limited:
        queue["capacity"] = draw(st.integers(0, 6))
    if draw(st.integers(0, 2)) == 0:
        queue["balk"] = draw(st.sampled_from(BALKS))
    if draw(st.integers(0, 2)) == 0:
        queue["patience"] = draw(st.one_of(st.just("none"), distributions(segments, needs, 1, 15)))
    if draw(st.booleans()):
        queue["conditions"] = draw(st.lists(st.sampled_from(["seated", "informed", "alone"]), unique=True))
    return queue


@st.composite
def _touchpoints(
    draw: st.DrawFn,
    later: list[str],
    earlier: list[str],
    segments: list[str],
    needs: list[str],
    lines: list[str],
) -> Data:
    onward = st.sampled_from([*later, "leave"])
    point: Data = {
        "stage": draw(st.sampled_from(["Arrive", "Transact"])),
        "service": draw(distributions(segments, needs)),
    }
    if draw(st.integers(0, 3)):
        point["queue"] = draw(st.sampled_from(lines))
    if draw(st.booleans()):
        point["fails"] = draw(st.sampled_from([0, 0.1, 0.3, 1]))
    # Going back after a failure happens at every other place at most, and fails less often than not.
    returns = point.get("fails") == 0.1 and draw(st.booleans())
    for key in ("if_failed", "if_balked", "if_reneged", "if_rejected"):
        if draw(st.booleans()):
            back = key == "if_failed" and returns
            point[key] = draw(st.sampled_from(earlier)) if back else draw(onward)
    if draw(st.integers(0, 3)):
        point["next"] = draw(_rules(onward, later, earlier, segments, needs))
    return point


@st.composite
def _rules(
    draw: st.DrawFn,
    onward: st.SearchStrategy[str],
    later: list[str],
    earlier: list[str],
    segments: list[str],
    needs: list[str],
) -> list[Data]:
    rules: list[Data] = []
    if draw(st.integers(0, 3)) == 0:
        rules.append({"to": draw(st.sampled_from(earlier)), "probability": 0.1, "name": "again"})
    for _ in range(draw(st.integers(0, 2))):
        rule: Data = {"to": draw(onward), "when": draw(_conditions(segments, needs))}
        if draw(st.booleans()):
            rule["probability"] = draw(st.sampled_from([0, 0.25, 1]))
        rules.append(rule)
    if later and draw(st.booleans()):
        split = draw(shares(2))
        rules.append({"to": {later[0]: split[0], "leave": split[1]}})
    else:
        rules.append({"to": draw(onward)})
    return rules


@st.composite
def _conditions(draw: st.DrawFn, segments: list[str], needs: list[str]) -> Data:
    return draw(
        st.sampled_from(
            [
                {"segment": segments[0]},
                {"segment": segments},
                {"need": needs[-1]},
                {"need": needs, "segment": [segments[-1]]},
                {"failed_before": True},
                {"failed_before": False, "need": needs[0]},
                {"waited_over": "3 min"},
                {"waited_over": "0 s", "segment": segments[0]},
                {},
            ]
        )
    )


def _reach_all(data: Data, names: list[str]) -> None:
    """Let the first need start at the first touchpoint, and lead to every other from the one before it."""
    first = next(iter(data["needs"].values()))
    first["start"] = names[0]
    reached = {need["start"] for need in data["needs"].values()}
    for number, name in enumerate(names):
        if name not in reached:
            rules = data["touchpoints"][names[number - 1]].setdefault("next", [{"to": "leave"}])
            rules.insert(0, {"to": name, "probability": 0.5, "name": "added"})
        point = data["touchpoints"][name]
        reached.update(
            point.get(key, "leave") for key in ("if_failed", "if_balked", "if_reneged", "if_rejected")
        )
        for rule in point.get("next", []):
            reached.update(rule["to"] if isinstance(rule["to"], dict) else [rule["to"]])


def _drop_unused(data: Data) -> None:
    """Drop queues that no touchpoint uses, and staff that serves nothing else."""
    used = {point.get("queue") for point in data["touchpoints"].values()}
    data["queues"] = {name: queue for name, queue in data["queues"].items() if name in used}
    for group in data["staff"].values():
        group["serves"] = [line for line in group["serves"] if line in used]
    data["staff"] = {name: group for name, group in data["staff"].items() if group["serves"]}


def _accept_where_asked(data: Data) -> None:
    """A queue that is balked at by the expected wait needs a segment with an acceptable wait."""
    if any(queue.get("balk", {}).get("expected_wait") for queue in data["queues"].values()):
        first = next(iter(data["segments"].values()))
        first.setdefault("acceptable_wait", {"lognormal": {"median": "6 min", "sigma": 0.4}})


def _chance(draw: st.DrawFn, one_in: int = 2) -> bool:
    return draw(st.integers(1, one_in)) == 1


def _group_lines(draw: st.DrawFn, data: Data) -> None:
    """Make a line group of the first two queues, alike where lines of a group must be, and name it."""
    lines = list(data["queues"])[:2]
    if len(lines) < 2 or not _chance(draw):
        return
    first, second = (data["queues"][name] for name in lines)
    first["line_group"] = second["line_group"] = "tills"
    for key in ("patience", "balk"):
        second.pop(key, None)
        if key in first:
            second[key] = dict(first[key]) if isinstance(first[key], dict) else first[key]
    for point in data["touchpoints"].values():
        if point.get("queue") in lines and _chance(draw):
            point["queue"] = "tills"


def _start_with_people(draw: st.DrawFn, data: Data) -> None:
    for name, queue in data["queues"].items():
        here = {name, queue.get("line_group")}
        waiting = [
            other for other, point in data["touchpoints"].items() if point.get("queue", "nowhere") in here
        ]
        if waiting and _chance(draw, 3):
            queue["start_with"] = {
                "touchpoint": draw(st.sampled_from(waiting)),
                "count": draw(st.integers(1, 4)),
            }


def _let_days_differ(draw: st.DrawFn, data: Data) -> None:
    if _chance(draw):
        data["arrivals"]["day_cv"] = draw(st.sampled_from([0, 0.15, 1]))
    for segment in data["segments"].values():
        if _chance(draw, 3):
            segment["head_start"] = draw(minutes(0.5, 5))


def _occupy_servers(draw: st.DrawFn, data: Data, segments: list[str], needs: list[str]) -> None:
    """Breakdowns, work after the customer has gone, and servers kept while another works."""
    for group in data["staff"].values():
        if group.get("kind") == "machine" and _chance(draw):
            mean = draw(minutes(10, 200))
            uptime = draw(st.sampled_from([{"exponential": {"mean": mean}}, {"constant": mean}]))
            group["breakdown"] = {"uptime": uptime, "repair": draw(families(1, 30))}
    for point in data["touchpoints"].values():
        if "queue" not in point:
            continue
        if _chance(draw, 3):
            point["wrap_up"] = draw(distributions(segments, needs, 0.1, 4))
        for rule in point.get("next", []):
            onward = rule["to"] if isinstance(rule["to"], dict) else {rule["to"]: 1}
            if "leave" not in onward and _chance(draw):
                rule["keep_server"] = True


def _lead_to_later_contacts(
    draw: st.DrawFn, data: Data, names: list[str], segments: list[str], needs: list[str]
) -> None:
    """Let some visits end in a contact on a later day, most of them in none."""
    for point in data["touchpoints"].values():
        if _chance(draw, 3):
            after = st.one_of(
                st.sampled_from(["1 min", "2 days", "30 h"]), distributions(segments, needs, 600, 5000)
            )
            rule: Data = {
                "to": draw(st.sampled_from(names)),
                "after": draw(after),
                "probability": draw(st.sampled_from([0.1, 0.3])),
                "name": "later",
            }
            if _chance(draw):
                rule["when"] = draw(_conditions(segments, needs))
            point.setdefault("next", [{"to": "leave"}]).insert(0, rule)


def _name_files(draw: st.DrawFn, data: Data) -> None:
    if _chance(draw):
        data["arrivals"]["appointments"] = dict(draw(st.sampled_from(BOOKED)))
        if _chance(draw, 4):
            data["arrivals"].pop("per_hour")
    for group in data["staff"].values():
        if _chance(draw, 3):
            group["count"] = dict(draw(st.sampled_from(ROSTERS)))
