"""Everything that `check` refuses or doubts, each with its place, by changing one thing in a good map."""

# ruff: noqa: E501 (one change and one message a line read best)

from __future__ import annotations

import pytest
from tests.example_map import EXAMPLE

from journeysim.errors import InputError, Problem
from journeysim.journey import Journey, load_journey, parse_journey


def changed(*changes: tuple[str, str]) -> str:
    """The example with each first text, which must be there once, replaced by the second."""
    text = EXAMPLE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        parse_journey(text, "map.yaml")
    return caught.value.problems


def line_of(text: str, words: str) -> int:
    """Number of the one line that holds ``words``."""
    (line,) = [number for number, line in enumerate(text.splitlines(), 1) if words in line]
    return line


def test_the_example_is_right() -> None:
    journey = parse_journey(EXAMPLE, "map.yaml")
    assert isinstance(journey, Journey)
    assert journey.file == "map.yaml"


# What is written in place of what, and the one problem: path, words.
REFUSED = {
    "unknown key": ("kano:", "knao:", "touchpoints.adviser.knao: unknown key, hint: did you mean kano?"),
    "unknown key at the top": ("currency:", "curency:", "curency: unknown key, hint: did you mean currency?"),
    "unknown family": ("{erlang:", "{erlng:", "touchpoints.adviser.service.erlng: unknown key, hint: did you mean erlang?"),
    "missing key": ("    stage: Advise\n", "", "touchpoints.adviser: the key stage is missing"),
    "missing name": ("journey: City branch\n", "", "the key journey is missing, hint: for example journey: City branch"),
    "no text": ("journey: City branch", "journey: 5", "journey: text is required, found 5"),
    "no mapping": ("  door: {}", "  door: 5", "queues.door: a mapping is required, found 5"),
    "no list": ("serves: [door]", "serves: 5", "staff.greeters.serves: a list is required, found 5"),
    "nothing after a key": ("  door: {}", "  door:", "queues.door: nothing follows this key, hint: write {}"),
    "unit": ("high: 60 s", "high: 60", "touchpoints.welcome.service.triangular.high: the unit is missing, found 60, hint: write 60 min (or s, h, days)"),
    "word": ("kano: attractive", "kano: nice", "touchpoints.adviser.kano: one of 'must_be', 'linear' or 'attractive' is required, found nice"),
    "patience": ("{patience: none}", "{patience: never}", "queues.adviser_line.patience: none or a distribution is required, found never"),
    "share above 1": ("fails: 0.08", "fails: 8", "touchpoints.kiosk.fails: a number of 1 or less is required, found 8"),
    "negative": ("cost_per_hour: 60", "cost_per_hour: -60", "staff.tellers.cost_per_hour: a number of 0 or more is required, found -60"),
    "reserved": ("  door: {}", "  other: {}\n  door: {}", "queues.other: other is a reserved name, hint: choose another name"),
    "time key": ("11:30: 4", "9:30: 4", "staff.tellers.count.9:30: a time of day HH:MM is required, hint: write 09:30"),
    "hours": ("close: 17:00", "close: 08:00", "hours: the closing time must be after the opening time"),
    "hours missing": (", close: 17:00", "", "hours: an opening and a closing time are required"),
    "hours twice": ("at_close: serve", "mon: {open: 09:00, close: 10:00}", "hours: hours for every day or hours by weekday are required, not both"),
    "weekday's hours": ("{open: 09:00, close: 17:00, at_close: serve}", "{mon: {open: 09:00, close: 17:00}, tue: {open: 17:00, close: 17:00}}", "hours.tue: the closing time must be after the opening time"),
    "segments": ("share: 0.9", "share: 0.8", "segments: the shares of the segments must sum to 1, found 0.9"),
    "segment's share": ("    share: 0.9\n", "", "segments.regular.share: the key share is missing, hint: share: 0.9"),
    "needs": ("{regular: 0.3, vip: 0.6}", "{regular: 0.3, vip: 0.5}", "needs: the shares of the needs of segment vip must sum to 1, found 0.9"),
    "need's share": ("{share: {regular: 0.3, vip: 0.6}, start", "{start", "needs.advice.share: the key share is missing"),
    "need's segment": ("{regular: 0.3, vip: 0.6}", "{regular: 0.3, vip: 0.6, vipp: 0.1}", "needs.advice.share.vipp: unknown segment, found vipp, hint: did you mean vip?"),
    "split": ("counter: 0.4}, when", "counter: 0.5}, when", "touchpoints.welcome.next[2].to: the shares of a split must sum to 1, found 1.1"),
    "start": ("vip: 0.6}, start: welcome", "vip: 0.6}, start: welcom", "needs.advice.start: unknown touchpoint, found welcom, hint: did you mean welcome?"),
    "start is leave": ("vip: 0.6}, start: welcome", "vip: 0.6}, start: leave", "needs.advice.start: unknown touchpoint, found leave"),
    "queue": ("queue: vip_line", "queue: vip_lin", "touchpoints.vip_counter.queue: unknown queue, found vip_lin, hint: did you mean vip_line?"),
    "way on": ("if_failed: counter", "if_failed: conter", "touchpoints.kiosk.if_failed: unknown touchpoint, found conter, hint: did you mean counter?"),
    "rule": ("{to: adviser,", "{to: advisor,", "touchpoints.counter.next[1].to: unknown touchpoint, found advisor, hint: did you mean adviser?"),
    "rule's split": ("{kiosk: 0.6,", "{kiosks: 0.6,", "touchpoints.welcome.next[2].to.kiosks: unknown touchpoint, found kiosks, hint: did you mean kiosk?"),
    "rule's segment": ("when: {segment: vip}", "when: {segment: [regular, vlp]}", "touchpoints.welcome.next[1].when.segment: unknown segment, found vlp, hint: did you mean vip?"),
    "rule's need": ("when: {need: cash}", "when: {need: csh}", "touchpoints.welcome.next[2].when.need: unknown need, found csh, hint: did you mean cash?"),
    "serves": ("serves: [adviser_line]", "serves: [adviser_lines, adviser_line]", "staff.advisers.serves[1]: unknown queue, found adviser_lines, hint: did you mean adviser_line?"),
    "serves twice": ("serves: [adviser_line]", "serves: [adviser_line, adviser_line]", "staff.advisers.serves[2]: the same queue twice, found adviser_line"),
    "unserved": ("serves: [adviser_line]", "serves: [door]", "queues.adviser_line: a queue that no staff group serves, hint: add adviser_line to the serves of a staff group"),
    "by need": ("{cash: {gamma: {mean: 5", "{csh: {gamma: {mean: 5", "touchpoints.counter.service.by_need.csh: unknown need, found csh, hint: did you mean cash?"),
    "by need lacks one": ("other: {gamma: {mean: 9 min, cv: 0.7}}", "", "touchpoints.counter.service.by_need: nothing is said for need advice, hint: add it, or other for all not named"),
    "by segment": ("{constant: 5 min}", "{by_segment: {vpi: {constant: 5 min}, other: {constant: 5 min}}}", "segments.vip.acceptable_wait.by_segment.vpi: unknown segment, found vpi, hint: did you mean vip?"),
    "acceptable wait": ("{constant: 5 min}", "{constant: 0 min}", "segments.vip.acceptable_wait: an acceptable wait above 0 is required"),
    "early roster": ("{09:00: 3, 11:30", "{08:00: 3, 11:30", "staff.tellers.count.08:00: a time outside the hours, found 08:00, hint: the hours are 09:00 to 17:00"),
    "late roster": ("11:30: 4, 14:00: 3}", "11:30: 4, 17:00: 3}", "staff.tellers.count.17:00: a time outside the hours, found 17:00"),
    "late rate": ("14:00: 30}", "24:00: 30}", "arrivals.per_hour.24:00: a time outside the hours, found 24:00"),
    "no rate": ("{09:00: 24, 10:00: 40, 12:00: 55, 14:00: 30}", "{}", "arrivals.per_hour: at least one time is required, found {}"),
    "no arrivals": ("  per_hour: {09:00: 24, 10:00: 40, 12:00: 55, 14:00: 30}\n", "", "arrivals: either per_hour or from_log is required, found neither"),
    "too many": ("scale: 1.0", "scale: 10000", "arrivals: more than 100000 arrivals an hour, found 660000 with scale and weekday's factor"),
    "never open": ("{mon: 1.2, sat: 0.6, sun: 0}", "{mon: 0, tue: 0, wed: 0, thu: 0, fri: 0, sat: 0, sun: 0}", "arrivals.day_of_week: no day of the week is open"),
    "balk without reason": ("balk: {at_length: 6, probability: 0.5}", "balk: {probability: 0.5}", "queues.kiosk_line.balk: at_length or expected_wait is required"),
    "last rule": ("      - {to: leave}\n", "", "touchpoints.counter.next[1]: the last rule must take everybody, hint: add - {to: leave}"),
    "last rule's chance": ("- {to: leave}", "- {to: leave, probability: 0.9}", "touchpoints.counter.next[2]: the last rule must take everybody"),
    "unreached": ("if_failed: counter", "if_failed: counter\n  loans: {stage: Advise, service: {constant: 5 min}}", "touchpoints.loans: a touchpoint that nobody reaches"),
    "endless": ("- {to: leave}", "- {to: counter}", "touchpoints.counter: a route that never leaves, found counter (served) → counter"),
    "day_cv": ("scale: 1.0", "day_cv: 3", "arrivals.day_cv: a number of 2 or less is required, found 3"),
    "small day_cv": ("scale: 1.0", "day_cv: 0.0001", "arrivals.day_cv: 0, or a number of 0.001 or more, is required, found 0.0001"),
    "head start": ("priority: 2", "head_start: -90 s", "segments.regular.head_start: a duration of 0 or more is required, found -90 s"),
    "people break down": ("serves: [door]", "serves: [door], breakdown: {uptime: {exponential: {mean: 20 h}}, repair: {constant: 30 min}}", "staff.greeters.breakdown: only machines break down, found person, hint: kind: machine"),
    "uptime": ("kind: machine", "kind: machine, breakdown: {uptime: {mixture: [{share: 0.99, of: {constant: 0 s}}, {share: 0.01, of: {constant: 99 min}}]}, repair: {constant: 0 s}}", "staff.machines.breakdown.uptime: a mean of 1 min or more is required, found 0.99 min"),
    "uptime by need": ("kind: machine", "kind: machine, breakdown: {uptime: {by_need: {other: {constant: 20 h}}}, repair: {constant: 30 min}}", "staff.machines.breakdown.uptime.by_need: machines know neither needs nor segments, found by_need"),
    "repair by segment": ("kind: machine", "kind: machine, breakdown: {uptime: {constant: 20 h}, repair: {mixture: [{share: 1, of: {by_segment: {other: {constant: 3 h}}}}]}}", "staff.machines.breakdown.repair.mixture[1].of.by_segment: machines know neither needs nor segments"),
    "repair missing": ("kind: machine", "kind: machine, breakdown: {uptime: {constant: 20 h}}", "staff.machines.breakdown: the key repair is missing, hint: for example repair: {constant: 30 min}"),
    "wrap-up without server": ("if_failed: counter", "if_failed: sign\n  sign: {stage: Arrive, service: {constant: 1 min}, wrap_up: {constant: 1 min}, next: [{to: counter}]}", "touchpoints.sign.wrap_up: there is no server to wrap up, found no queue, hint: give it a queue"),
    "kept without server": ("if_failed: counter", "if_failed: sign\n  sign: {stage: Arrive, service: {constant: 1 min}, next: [{to: counter, keep_server: true}]}", "touchpoints.sign.next[1].keep_server: there is no server to keep, found sign has no queue"),
    "kept for leave": ("- {to: leave}", "- {to: leave, keep_server: true}", "touchpoints.counter.next[2].to: a server is kept for a next touchpoint, found leave"),
    "kept for a split": ("- {to: leave}", "- {to: {adviser: 0.5, leave: 0.5}, keep_server: true}", "touchpoints.counter.next[2].to.leave: a server is kept for a next touchpoint, found leave"),
    "kept for days": ("- {to: leave}", "- {to: adviser, after: 2 days, keep_server: true}", "touchpoints.counter.next[2].keep_server: a server cannot be kept until a later contact, hint: remove after or keep_server"),
    "later leave": ("- {to: leave}", "- {to: leave, after: 2 days}", "touchpoints.counter.next[2].to: a later contact is at a touchpoint, found leave, hint: let a rule with a probability stand before one that leads to leave"),
    "later split": ("- {to: leave}", "- {to: {adviser: 0.5, leave: 0.5}, after: 2 days}", "touchpoints.counter.next[2].to.leave: a later contact is at a touchpoint, found leave"),
    "later nowhere": ("- {to: leave}", "- {to: advisor, after: 2 days}", "touchpoints.counter.next[2].to: unknown touchpoint, found advisor, hint: did you mean adviser?"),
    "later by need": ("- {to: leave}", "- {to: adviser, after: {by_need: {csh: {constant: 2 days}, other: {constant: 1 day}}}}", "touchpoints.counter.next[2].after.by_need.csh: unknown need, found csh, hint: did you mean cash?"),
    "later without unit": ("- {to: leave}", "- {to: adviser, after: 2}", "touchpoints.counter.next[2].after: the unit is missing, found 2, hint: write 2 min (or s, h, days)"),
    "endless case": ("- {to: leave}", "- {to: counter, after: 2 days}", "touchpoints.counter: a case that never ends: each contact leads to another, found counter"),
    "endless case of two": ("service: {erlang: {mean: 20 min, k: 3}}", "service: {erlang: {mean: 20 min, k: 3}}\n    next: [{to: again, after: 1 day}]\n  again: {stage: Advise, service: {constant: 5 min}, next: [{to: adviser, after: 3 days, when: {waited_over: 0 s}}, {to: adviser, after: 1 day}]}", "touchpoints.adviser: a case that never ends: each contact leads to another, found adviser, again"),
    "start elsewhere": ("door: {}", "door: {start_with: {touchpoint: kiosk, count: 3}}", "queues.door.start_with.touchpoint: a touchpoint that does not wait in this queue, found kiosk, hint: waiting here: welcome"),
    "start nowhere": ("door: {}", "door: {start_with: {touchpoint: welcom, count: 3}}", "queues.door.start_with.touchpoint: unknown touchpoint, found welcom, hint: did you mean welcome?"),
    "start with nobody": ("door: {}", "door: {start_with: {touchpoint: welcome, count: 0}}", "queues.door.start_with.count: a number of 1 or more is required, found 0"),
    "group of a queue's name": ("vip_line: {}", "vip_line: {line_group: door}", "queues.vip_line.line_group: a line group with the name of a queue, found door, hint: choose another name"),
    "reserved group": ("vip_line: {}", "vip_line: {line_group: leave}", "queues.vip_line.line_group: leave is a reserved name"),
    "group of unequal patience": ("vip_line: {}", "vip_line: {line_group: tills, patience: none}\n  spare: {line_group: tills}", "queues.spare.patience: lines of a group need the same patience, found none given, hint: as at vip_line, the first of the group"),
    "group of unequal balking": ("vip_line: {}", "vip_line: {line_group: tills, balk: {at_length: 3}}\n  spare: {line_group: tills, balk: {at_length: 4, probability: 0.5}}", "queues.spare.balk: lines of a group need the same probability to balk, found 0.5"),
    "unserved line": ("vip_line: {}", "vip_line: {line_group: tills}\n  till_2: {line_group: tills}", "queues.till_2: a queue that no staff group serves, hint: add till_2 to the serves of a staff group"),
    "serves a group": ("vip_line: {}", "vip_line: {line_group: tills}\n  spare: {line_group: tills}", "staff.greeters.serves[2]: a staff group serves queues, not a line group, found tills, hint: name vip_line, spare"),
    "unknown group": ("queue: vip_line", "queue: till", "touchpoints.vip_counter.queue: unknown queue, found till, hint: did you mean tills?"),
    "appointments without a folder": ("scale: 1.0", "appointments: {file: a.csv, time: slot}", "arrivals.appointments.file: a data file needs a map that is a file itself, found a.csv"),
    "roster without a folder": ("count: 2,", "count: {file: a.csv, time: from, count: agents},", "staff.advisers.count.file: a data file needs a map that is a file itself, found a.csv"),
    "roster's column": ("count: 2,", "count: {file: a.csv, time: from},", "staff.advisers.count: the key count is missing, hint: for example count: agents"),
    "lateness": ("scale: 1.0", "appointments: {file: a.csv, time: slot, lateness: {normal: {mean: 2 min}}}", "arrivals.appointments.lateness.normal: the key sd is missing, hint: for example sd: 5 min"),
    "data file without a folder": ("{erlang: {mean: 20 min, k: 3}}", "{empirical: {file: a.csv, column: c, unit: s}}", "touchpoints.adviser.service.empirical.file: a data file needs a map that is a file itself, found a.csv"),
}  # fmt: skip


_SERVE_SPARE = ("serves: [door]", "serves: [door, spare]")
# What else must stand in the map for there to be one problem only.
MORE = {
    "group of unequal patience": [_SERVE_SPARE],
    "group of unequal balking": [_SERVE_SPARE],
    "serves a group": [("serves: [door]", "serves: [door, tills, spare]")],
    "unknown group": [("vip_line: {}", "vip_line: {line_group: tills}\n  spare: {line_group: tills}"), _SERVE_SPARE],
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_one_problem_at_its_place(name: str) -> None:
    old, new, words = REFUSED[name]
    text = changed((old, new), *MORE.get(name, ()))
    (problem,) = problems_of(text)
    assert words in f"{problem.path}: {problem}" if not problem.path else str(problem).split(": ", 1)[1]
    assert problem.file == "map.yaml"
    assert problem.line >= 1
    assert problem.column >= 1
    assert words in str(problem)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("unknown key", "knao:"),
        ("negative", "-60"),
        ("nothing after a key", "door:"),
        ("segments", "segments:"),
        ("split", "counter: 0.5}"),
        ("queue", "vip_lin"),
        ("unserved", "adviser_line: {p"),
        ("late roster", "17:00: 3"),
        ("endless", "  counter:"),
    ],
)
def test_problem_points_at_what_is_wrong(name: str, written: str) -> None:
    old, new, _ = REFUSED[name]
    text = changed((old, new))
    (problem,) = problems_of(text)
    rest = text.splitlines()[problem.line - 1][problem.column - 1 :]
    assert written.strip() in rest
    assert problem.column == len(text.splitlines()[problem.line - 1]) - len(rest) + 1


def test_all_problems_are_told_at_once_in_file_order() -> None:
    text = changed(
        ("share: 0.9", "share: 0.8"),
        ("priority: 2", "priorty: 2"),
        ("fails: 0.08", "fails: lots"),
        ("  adviser:\n", "  loans: {stage: Advise, service: {constant: 5 min}}\n  adviser:\n"),
        ("queue: vip_line", "queue: vip_lin"),
        ("11:30: 4", "08:30: 4"),
        ("serves: [adviser_line]", "serves: [door]"),
        ("cost_per_hour: 60", "cost_per_hour: ~"),
        ("- {to: leave}", "- {to: leave, after: 1 day}"),
    )
    problems = problems_of(text)
    told = [(problem.path, problem.problem) for problem in problems]
    assert told == [
        ("segments", "the shares of the segments must sum to 1"),
        ("segments.regular.priorty", "unknown key"),
        ("staff.tellers.count.08:30", "a time outside the hours"),
        ("staff.tellers.cost_per_hour", "null is not used"),
        ("queues.adviser_line", "a queue that no staff group serves"),
        ("touchpoints.kiosk.fails", "a number is required"),
        ("touchpoints.vip_counter.queue", "unknown queue"),
        ("touchpoints.counter.next[2].to", "a later contact is at a touchpoint"),
        ("touchpoints.loans", "a touchpoint that nobody reaches"),
    ]


def test_a_misspelt_key_brings_no_further_problems() -> None:
    for old, new in [
        ("share: 0.9", "shre: 0.9"),
        ("next:\n      - {to: vip", "nxt:\n      - {to: vip"),
        ("\n  per_hour", "\n  per_huor"),
    ]:
        (problem,) = problems_of(changed((old, new)))
        assert problem.problem == "unknown key"


def test_a_refused_value_brings_no_further_problems() -> None:
    for old, new in [
        ("serves: [door]", "serves: {}"),
        ("hours: {open: 09:00", "hours: {open: 9"),
        ("  kiosk:\n", "  leave:\n"),
        ("  welcome:\n", "  welcome: 5\n  w2:\n"),
    ]:
        problems = problems_of(changed((old, new)))
        assert len([problem for problem in problems if "unknown" not in problem.problem]) == 1, problems


WARNED = {
    "load over the day": ("tellers:\n    count: {09:00: 3, 11:30: 4, 14:00: 3}", "tellers:\n    count: 1", "more work than capacity at counter, found a load of", "over the day"),
    "load at noon": ("advisers: {count: 2,", "advisers: {count: {09:00: 3, 12:00: 2, 14:00: 3},", "more work than capacity at adviser, found a load of 1.49", "from 12:00 to 14:00"),
    "nobody on duty": ("count: 1, serves: [door]", "count: {10:00: 1}, serves: [door]", "more work than capacity at welcome", "nobody on duty from 09:00 to 10:00"),
    "nobody all day": ("count: 1, serves: [door]", "count: 0, serves: [door]", "more work than capacity at welcome", "nobody on duty from 09:00 to 17:00"),
    "probability 0": ("if_failed: counter", "if_failed: counter\n    next: [{to: loans, probability: 0}, {to: leave}]\n  loans: {stage: Advise, service: {constant: 5 min}}", "touchpoints.loans: a touchpoint reached only with probability 0", ""),
    "no such customer": ("if_failed: counter", "if_failed: counter\n    next: [{to: loans, when: {need: advice}}, {to: leave}]\n  loans: {stage: Advise, service: {constant: 5 min}}", "touchpoints.loans: a touchpoint reached only with probability 0", ""),
    "shares": ("- {to: leave}", "- {to: kiosk, probability: 0.3}\n      - {to: vip_counter, probability: 0.3}\n      - {to: adviser, probability: 0.4}\n      - {to: leave}", "probabilities that look meant as shares", "found 0.3, 0.3, 0.4"),
    "rule after all": ("      - {to: counter}\n", "      - {to: counter}\n      - {to: leave}\n", "touchpoints.welcome.next[4]: a rule after one that takes everybody", ""),
    "unused": ("  door: {}", "  door: {}\n  spare: {}", "queues.spare: a queue that no touchpoint uses", ""),
    "one line": ("vip_line: {}", "vip_line: {line_group: vips}", "queues.vip_line.line_group: a line group of one line", "found vips"),
    "no room at opening": ("{capacity: 10, balk", "{capacity: 10, start_with: {touchpoint: kiosk, count: 11}, balk", "queues.kiosk_line.start_with.count: more people than there is room for", "found capacity 10"),
    "blocked": ("- {to: leave}", "- {to: vip_counter, keep_server: true}", "touchpoints.counter.next[2].keep_server: servers kept for customers whom only such servers serve", "found tellers, hint: let another staff group serve there"),
    "wrap-up": ("kano: attractive", "wrap_up: {constant: 40 min}", "more work than capacity at adviser, found a load of", "over the day"),
    "breakdowns": ("kind: machine", "kind: machine, breakdown: {uptime: {constant: 1 h}, repair: {constant: 5 h}}", "more work than capacity at kiosk, found a load of", "over the day"),
    "people at opening": ("door: {}", "door: {start_with: {touchpoint: welcome, count: 700}}", "more work than capacity at welcome, found a load of", "over the day"),
    "balk without room": ("{capacity: 10, balk", "{capacity: 5, balk", "queues.kiosk_line.balk.at_length: nobody balks at a length that finds no room", "capacity 5"),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNED)
def test_doubtful_but_accepted(name: str) -> None:
    old, new, words, more = WARNED[name]
    changes = [(old, new)]
    if name == "unused":
        changes.append(("serves: [door]", "serves: [door, spare]"))
    if name == "shares":
        changes.append(("fails: 0.08", "fails: 0"))
    journey = parse_journey(changed(*changes), "map.yaml")
    fitting = [str(warning) for warning in journey.warnings if words in str(warning) and more in str(warning)]
    assert len(fitting) == 1, journey.warnings
    assert fitting[0].startswith("map.yaml:")
    before = [str(warning) for warning in parse_journey(EXAMPLE, "map.yaml").warnings]
    assert fitting[0] not in before


@pytest.mark.parametrize(
    ("per_hour", "more", "path"),
    [
        ("0", "", "arrivals.per_hour"),
        ("{09:00: 0, 12:00: 0}", "", "arrivals.per_hour"),
        ("40", ", scale: 0", "arrivals.scale"),
        ("40", ", day_of_week: {mon: 0}", ""),
        ("{09:00: 0, 16:59: 1}", "", ""),
        ("0", ", appointments: {file: booked.csv, time: slot}", ""),
    ],
)
def test_a_map_to_which_nobody_ever_comes_is_doubtful(tmp_path, per_hour, more, path) -> None:
    (tmp_path / "booked.csv").write_text("slot\n10:00\n")
    text = (
        "journey: Empty\nhours: {open: 09:00, close: 17:00}\nsegments: {all: {share: 1}}\n"
        f"needs: {{any: {{share: 1, start: desk}}}}\narrivals: {{per_hour: {per_hour}{more}}}\n"
        "staff: {tellers: {count: 9, serves: [line]}}\nqueues: {line: {}}\n"
        "touchpoints: {desk: {stage: Talk, queue: line, service: {constant: 1 min}}}\n"
    )
    warnings = parse_journey(text, "map.yaml", tmp_path).warnings
    assert [one.path for one in warnings if one.problem == "nobody ever comes"] == [path] * bool(path)


def test_successive_probabilities_that_end_the_list_are_told_how_to_be_shares() -> None:
    text = changed(
        ("- {to: adviser, when: {need: advice}, probability: 0.5}", "- {to: adviser, probability: 0.3}"),
        ("- {to: leave}", "- {to: leave, probability: 0.7}"),
    )
    (problem,) = problems_of(text)
    assert problem.problem == "the last rule must take everybody"
    assert "write {to: {a: 0.3, b: 0.7}}" in problem.hint


def test_expected_wait_needs_somebody_with_an_acceptable_wait() -> None:
    old = "balk: {at_length: 6, probability: 0.5}"
    parse_journey(changed((old, "balk: {expected_wait: true}")), "map.yaml")
    (problem,) = problems_of(
        changed(
            (old, "balk: {expected_wait: true}"),
            ("    acceptable_wait: {lognormal: {median: 15 min, sigma: 0.4}}\n", ""),
            ("acceptable_wait: {constant: 5 min}, ", ""),
        )
    )
    assert problem.path == "queues.kiosk_line.balk.expected_wait"


def test_two_rules_of_one_name() -> None:
    text = changed(
        ("- {to: adviser,", "- {name: on, to: adviser,"),
        ("- {to: leave}", "- {name: on, to: leave}"),
    )
    problems = problems_of(text)
    assert [problem.problem for problem in problems] == ["two rules of the same name"] * 2


def test_closed_weekdays_are_none() -> None:
    text = changed(
        ("{open: 09:00, close: 17:00, at_close: serve}", "{at_close: leave, mon: {open: 09:00, close: 17:00}, sat: {open: 10:00, close: 24:00, at_close: serve}}")
    )  # fmt: skip
    journey = parse_journey(text, "map.yaml")
    monday, saturday = journey.hours_on(0), journey.hours_on(5)
    assert monday is not None
    assert saturday is not None
    assert (monday.open_min, monday.close_min, monday.at_close) == (540, 1020, "leave")
    assert (saturday.close_min, saturday.at_close) == (1440, "serve")
    assert journey.hours_on(6) is None


def test_messages_use_the_name_the_planner_gave(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "map.yaml"
    file.write_text(changed(("kano:", "knao:")), encoding="utf-8")
    with pytest.raises(InputError, match=rf"^{file}:71:5: touchpoints"):
        load_journey(file)
    with pytest.raises(InputError, match=r"^maps/a\.yaml:71:5: touchpoints"):
        load_journey(file, "maps/a.yaml")
