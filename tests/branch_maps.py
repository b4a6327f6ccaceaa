"""Small random branch maps that pass every check, most of them busy, many with everything tied."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from journeysim.journey.values import show_time

OPENING = 540
_SPLITS = {1: [[1.0]], 2: [[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]], 3: [[0.25, 0.5, 0.25], [0.6, 0.0, 0.4]]}


def _whole_minutes(least: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Distributions of whole minutes only, so that events fall together."""
    minutes = st.integers(least, 12)
    return st.one_of(
        minutes.map(lambda m: {"constant": f"{m} min"}),
        st.lists(minutes, min_size=1, max_size=4).map(lambda v: {"empirical": {"values": v, "unit": "min"}}),
    )


def _any_minutes() -> st.SearchStrategy[dict[str, Any]]:
    means = st.sampled_from(["30 s", "2 min", "5 min", "12 min"])
    return st.one_of(
        means.map(lambda m: {"exponential": {"mean": m}}),
        st.tuples(means, st.sampled_from([0.3, 1.0, 2.5])).map(
            lambda mc: {"gamma": {"mean": mc[0], "cv": mc[1]}}
        ),
        means.map(lambda m: {"lognormal": {"mean": m, "cv": 0.7}}),
        means.map(lambda m: {"weibull": {"mean": m, "shape": 1.4}}),
        means.map(
            lambda m: {
                "mixture": [
                    {"share": 0.7, "of": {"erlang": {"mean": m, "k": 2}}},
                    {"share": 0.3, "of": {"uniform": {"low": "0 min", "high": "8 min"}}},
                ]
            }
        ),
        st.just({"normal": {"mean": "3 min", "sd": "2 min"}}),
        st.just({"triangular": {"low": "1 min", "mode": "2 min", "high": "9 min"}}),
    )


@st.composite
def branch_maps(draw: st.DrawFn, *, tied: bool = False) -> dict[str, Any]:
    """A map as plain data.

    Parameters
    ----------
    tied : all durations are whole minutes.
    """

    def choose(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    def duration(least: int = 0) -> dict[str, Any]:
        plain = _whole_minutes(least) if tied else _any_minutes() | _whole_minutes(least)
        kind = choose("plain", "plain", "by_need", "by_segment")
        if kind == "plain":
            return draw(plain)
        names = needs if kind == "by_need" else segments
        return {kind: {choose(*names): draw(plain), "other": draw(plain)}}

    def some(queue: str, names: list[str]) -> list[str]:
        others = draw(st.lists(st.sampled_from(names), unique=True, max_size=len(names)))
        return draw(st.permutations([queue, *(name for name in others if name != queue)]))

    segments = [f"s{i}" for i in range(draw(st.integers(1, 3)))]
    needs = [f"n{i}" for i in range(draw(st.integers(1, 2)))]
    queues = [f"q{i}" for i in range(draw(st.integers(1, 3)))]
    points = [f"t{i}" for i in range(draw(st.integers(1, 5)))]
    length = choose(30, 45, 90)
    times = [OPENING + choose(0, 10, 15, 20), OPENING + choose(21, 25, 29)]

    def steps(*values: Any) -> Any:
        if choose(True, False):
            return choose(*values)
        return {show_time(minute): choose(*values) for minute in times}

    segment_shares, need_shares = choose(*_SPLITS[len(segments)]), choose(*_SPLITS[len(needs)])
    data: dict[str, Any] = {
        "journey": "Generated",
        "hours": {
            "open": show_time(OPENING),
            "close": show_time(OPENING + length),
            "at_close": choose("serve", "leave"),
        },
        "arrivals": {"per_hour": steps(10, 40, 90), "scale": choose(1.0, 1.0, 0.5)},
        "segments": {},
        "needs": {},
        "staff": {},
        "queues": {},
        "touchpoints": {},
    }
    for name, share in zip(segments, segment_shares, strict=True):
        segment: dict[str, Any] = {"share": share, "priority": choose(1, 2, 3)}
        if choose(True, False):
            segment["patience"] = duration()
        if choose(True, True, False):
            segment["acceptable_wait"] = duration(1)
        data["segments"][name] = segment
    for name, share in zip(needs, need_shares, strict=True):
        data["needs"][name] = {"share": share, "start": choose("t0", *points) if name != "n0" else "t0"}
    someone_accepts = any("acceptable_wait" in segment for segment in data["segments"].values())
    for name in queues:
        queue: dict[str, Any] = {"discipline": choose("fifo", "priority")}
        if choose(True, False, False):
            queue["capacity"] = choose(0, 1, 4)
        reason = choose("none", "none", "length", "wait", "both")
        balk: dict[str, Any] = {}
        if reason in ("length", "both"):
            balk["at_length"] = choose(0, 1, 3)
        if reason in ("wait", "both") and someone_accepts:
            balk["expected_wait"] = True
        if balk:
            queue["balk"] = {**balk, "probability": choose(0.5, 1.0)}
        patience = choose("segment", "segment", "none", "own")
        if patience != "segment":
            queue["patience"] = "none" if patience == "none" else duration()
        data["queues"][name] = queue
    # One group for each queue, each of which may help out elsewhere.
    for i, name in enumerate(queues):
        data["staff"][f"g{i}"] = {
            "count": steps(0, 1, 1, 2, 3),
            "serves": some(name, queues),
            "kind": choose("person", "machine"),
            "cost_per_hour": choose(0, 30),
        }
    for i, name in enumerate(points):
        later = [*points[i + 1 :], "leave"]
        point: dict[str, Any] = {"stage": "Any", "service": duration()}
        if choose(True, True, True, False):
            point["queue"] = choose(*queues)
        for key in ("if_balked", "if_reneged", "if_rejected"):
            point[key] = choose("leave", *later)
        if choose(True, False):
            point["fails"] = choose(0.1, 0.3)
            point["if_failed"] = choose("leave", *points)
        rules: list[dict[str, Any]] = []
        for _ in range(draw(st.integers(0, 2))):
            when: dict[str, Any] = {}
            if choose(True, False):
                when["segment"] = choose(*segments)
            if choose(True, False):
                when["need"] = [choose(*needs)]
            if choose(True, False):
                when["failed_before"] = choose(True, False)
            if choose(True, False):
                when["waited_over"] = choose("1 min", "5 min", "10 min")
            # Going back takes so little that no visit comes near a thousand steps.
            rule = {"to": choose(*points, "leave"), "probability": choose(0.1, 0.3)}
            rules.append(rule | ({"when": when} if when else {}))
        onward = choose("one", "split")
        # Every touchpoint leads to the one behind it, so that each is reached.
        if onward == "one" or later[0] == "leave":
            rules.append({"to": later[0]})
        else:
            rules.append({"to": {later[0]: 0.75, "leave": 0.25}})
        point["next"] = rules
        data["touchpoints"][name] = point
    return data
