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
    "data file without a folder": ("{erlang: {mean: 20 min, k: 3}}", "{empirical: {file: a.csv, column: c, unit: s}}", "touchpoints.adviser.service.empirical.file: a data file needs a map that is a file itself, found a.csv"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_one_problem_at_its_place(name: str) -> None:
    old, new, words = REFUSED[name]
    text = changed((old, new))
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
