"""Appointments and rosters from files: what they say of each date, and what is refused or doubted of them."""

from __future__ import annotations

import pickle
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.strategies import Data, to_text

from journeysim.errors import InputError, Problem
from journeysim.journey import BookedArrivals, Journey, RecordedArrivals, arrival_mix, load_journey
from journeysim.journey.staff import StaffGroup

MONDAY = date(2027, 1, 4)
BOOKED: Data = {"file": "booked.csv", "time": "slot"}
AGENTS: Data = {"file": "agents.csv", "time": "from", "count": "agents"}
BY_DAY: Data = {**AGENTS, "day": "date"}
LOG: Data = {"file": "log.csv", "time": "at"}


def branch(**changes: Any) -> Data:
    """A desk open from 9 to 17 but on Sundays; ``changes`` replace what stands at paths, __ for dots."""
    data: Data = {
        "journey": "Desk",
        "hours": {"open": "09:00", "close": "17:00"},
        "segments": {"regular": {"share": 0.9}, "vip": {"share": 0.1}},
        "needs": {"cash": {"share": 0.8, "start": "desk"}, "loan": {"share": 0.2, "start": "desk"}},
        "arrivals": {"per_hour": 0, "day_of_week": {"sun": 0}},
        "staff": {"advisers": {"count": 1, "serves": ["line"]}},
        "queues": {"line": {}},
        "touchpoints": {"desk": {"stage": "Advise", "queue": "line", "service": {"constant": "10 min"}}},
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        inner = data
        for key in parents:
            inner = inner[key]
        inner[last] = value
    return data


class Folder:
    """A folder with a map and the data files it names."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, *lines: str) -> None:
        (self.path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def read(self, data: Data) -> Journey:
        self.write("map.yaml", to_text(data))
        return load_journey(self.path / "map.yaml", "map.yaml")

    def problems(self, data: Data) -> list[str]:
        with pytest.raises(InputError) as caught:
            self.read(data)
        return [str(problem) for problem in caught.value.problems]

    def problem(self, data: Data) -> Problem:
        with pytest.raises(InputError) as caught:
            self.read(data)
        (problem,) = caught.value.problems
        return problem

    def warnings(self, data: Data) -> list[str]:
        return [warning.problem + ", " + warning.found for warning in self.read(data).warnings]

    def booked(self, **appointments: Any) -> BookedArrivals:
        booked = self.read(branch(arrivals__appointments={**BOOKED, **appointments})).arrivals.booked
        assert booked is not None
        return booked

    def roster(self, count: Data) -> StaffGroup:
        return self.read(branch(staff__advisers__count=count)).staff["advisers"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def week(*lines: str, days: int = 6) -> list[str]:
    """Rows of a roster with the same ``lines`` on each date of a week."""
    dates = [date(2027, 1, 4 + day) for day in range(days)]
    return ["date,from,agents", *(f"{day},{line}" for day in dates for line in lines)]


# Appointments


def test_times_of_day_without_dates_are_booked_every_day(folder: Folder) -> None:
    folder.write("booked.csv", "slot,what,who", "09:15,loan,vip", "10:30:30,cash,regular")
    booked = folder.booked(need="what", segment="who")
    assert (booked.dates, booked.day) == ((), None)
    assert booked.minute.tolist() == [555, 630.5]
    assert booked.need is not None
    assert booked.segment is not None
    assert (booked.need.tolist(), booked.segment.tolist()) == ([1, 0], [1, 0])


@pytest.mark.parametrize("form", ["column", "moment", "T", "parquet", "parquet times"])
def test_dates_of_bookings(folder: Folder, form: str) -> None:
    texts = ["2027-01-05 09:15", "2027-01-04 16:00", "2027-01-05 09:00"]
    moments = [datetime.fromisoformat(text) for text in texts]
    also: Data = {}
    if form == "column":
        rows = [f"{m:%Y-%m-%d},{m:%H:%M}" for m in moments]
        folder.write("booked.csv", "date,slot", *rows)
        also = {"day": "date"}
    elif form in ("moment", "T"):
        middle = " " if form == "moment" else "T"
        folder.write("booked.csv", "slot", *(f"{m:%Y-%m-%d}{middle}{m:%H:%M}" for m in moments))
    else:
        days = [m.date() for m in moments]
        slots = [m.time() for m in moments] if form == "parquet times" else moments
        pl.DataFrame({"slot": slots, "date": days}).write_parquet(folder.path / "booked.parquet")
        also = {"file": "booked.parquet"} | ({"day": "date"} if form == "parquet times" else {})
    booked = folder.booked(**also)
    assert booked.dates == (MONDAY, date(2027, 1, 5))
    assert booked.day is not None
    assert booked.day.tolist() == [1, 0, 1]
    assert booked.minute.tolist() == [555, 960, 540]
    assert (booked.segment, booked.need) == (None, None)


def test_wrong_rows_of_bookings_are_named(folder: Folder) -> None:
    folder.write("booked.csv", "slot,what", "09:15,loan", "9:30,cash", "2027-01-04 10:00,cash", "11:00,lone")
    told = folder.problems(branch(arrivals__appointments={**BOOKED, "need": "what"}))
    required = "column slot: a time of day is required, found"
    assert told == [
        f"booked.csv:3:1: row 2, {required} 9:30, hint: 09:12:30",
        f"booked.csv:4:1: row 3, {required} 2027-01-04 10:00, hint: 09:12:30",
        "booked.csv:5:1: row 4, column what: an unknown need, found lone, hint: did you mean loan?",
    ]


@pytest.mark.parametrize(
    ("appointments", "path", "words"),
    [
        ({"file": "../booked.csv"}, "file", "a data file must lie in the map's folder or below"),
        ({"file": "none.csv"}, "file", "there is no such data file"),
        ({"time": "slots"}, "time", "the data file has no such column"),
        ({"need": "what"}, "need", "the data file has no such column"),
        ({"day": "dates"}, "day", "the data file has no such column"),
    ],
)
def test_files_of_bookings_that_do_not_fit(folder: Folder, appointments: Data, path: str, words: str) -> None:
    folder.write("booked.csv", "slot,date", "09:15,2027-01-04")
    folder.write("../booked.csv", "slot", "09:15")
    problem = folder.problem(branch(arrivals__appointments={**BOOKED, **appointments}))
    assert (problem.file, problem.path) == ("map.yaml", f"arrivals.appointments.{path}")
    assert problem.line > 1
    assert words in problem.problem


def test_bookings_outside_the_hours_are_doubtful_and_wrong_if_all_are(folder: Folder) -> None:
    data = branch(arrivals__appointments=BOOKED)
    folder.write("booked.csv", "slot", "08:59", "09:00", "16:59", "17:00")
    assert folder.warnings(data) == ["appointments outside the opening hours, 2 of 4"]
    folder.write("booked.csv", "slot", "08:59", "17:00")
    assert folder.problem(data).problem == "no appointment falls into the opening hours"


def test_bookings_on_closed_days_are_outside_the_hours(folder: Folder) -> None:
    data = branch(arrivals__appointments={**BOOKED, "day": "date"})
    folder.write("booked.csv", "date,slot", "2027-01-09,10:00", "2027-01-10,10:00")
    assert folder.warnings(data) == ["appointments outside the opening hours, 1 of 2"]
    data["arrivals"]["day_of_week"] = {"sun": 1}
    assert folder.warnings(data) == []
    data["hours"] = {"sun": {"open": "09:00", "close": "17:00"}}
    assert folder.warnings(data) == ["appointments outside the opening hours, 1 of 2"]


def test_bookings_on_dates_that_a_log_lacks_never_come(folder: Folder) -> None:
    folder.write("log.csv", "at", "2027-01-04 09:30", "2027-01-06 09:30")
    folder.write("booked.csv", "slot", "2027-01-04 10:00", "2027-01-05 10:00")
    data = branch(arrivals={"from_log": LOG, "appointments": BOOKED})
    problem = "appointments on dates that the recorded arrivals do not have never come, 1 of 2"
    assert folder.warnings(data) == [problem]


def test_bookings_may_be_all_that_comes(folder: Folder) -> None:
    folder.write("booked.csv", "slot", "09:15")
    data = branch(arrivals={"appointments": BOOKED, "scale": 2, "day_cv": 0.5, "day_of_week": {"sun": 0}})
    told = ["scale does nothing to appointments, ", "day_cv does nothing to appointments, "]
    assert folder.warnings(data) == told
    data["arrivals"] = {}
    assert folder.problem(data).found == "neither"


def test_shares_are_needed_unless_files_name_everybody(folder: Folder) -> None:
    folder.write("booked.csv", "slot,who,what", "09:15,vip,loan")
    folder.write("log.csv", "at,who,what", "2027-01-04 09:15,vip,loan")
    named: Data = {"segment": "who", "need": "what"}
    data = branch(arrivals={"appointments": {**BOOKED, **named}})
    data["segments"] = {"regular": {}, "vip": {}}
    data["needs"] = {"cash": {"start": "desk"}, "loan": {"start": "desk"}}
    folder.read(data)
    data["arrivals"]["from_log"] = {**LOG, **named}
    folder.read(data)
    segments = ["segments.regular", "segments.vip"]
    needs = ["needs.cash", "needs.loan"]

    def lacking() -> list[str]:
        with pytest.raises(InputError) as caught:
            folder.read(data)
        assert {problem.problem for problem in caught.value.problems} == {"the key share is missing"}
        return [problem.path.removesuffix(".share") for problem in caught.value.problems]

    data["arrivals"]["from_log"] = {**LOG, "need": "what"}
    assert lacking() == segments
    data["arrivals"]["from_log"] = {**LOG, **named}
    data["arrivals"]["appointments"] = {**BOOKED, "segment": "who"}
    assert lacking() == needs
    del data["arrivals"]["appointments"]
    folder.read(data)
    data["queues"]["line"]["start_with"] = {"touchpoint": "desk", "count": 1}
    assert lacking() == segments + needs
    del data["queues"]["line"]["start_with"]
    data["arrivals"] = {"per_hour": 3, "appointments": {**BOOKED, **named}}
    assert lacking() == segments + needs


def test_what_comes_only_by_appointment_does_come(folder: Folder) -> None:
    data = branch(arrivals={"per_hour": 1})
    data["needs"] = {"cash": {"share": 1, "start": "desk"}, "loan": {"share": 0, "start": "room"}}
    data["touchpoints"]["room"] = {"stage": "Advise", "service": {"constant": "10 min"}}
    assert folder.warnings(data) == ["a touchpoint reached only with probability 0, "]
    folder.write("booked.csv", "slot,what", "09:15,loan")
    data["arrivals"]["appointments"] = {**BOOKED, "need": "what"}
    assert folder.warnings(data) == []


def test_bookings_bring_work(folder: Folder) -> None:
    folder.write("booked.csv", "slot", *(f"10:{minute:02d}" for minute in range(0, 60, 5)))
    data = branch(arrivals__appointments=BOOKED)
    # Twelve of 10 minutes each in an hour, and one adviser.
    assert folder.warnings(data) == ["more work than capacity at desk, a load of 2.00 from 10:00 to 11:00"]
    data["arrivals"]["appointments"] = {**BOOKED, "no_show": 0.25}
    assert folder.warnings(data) == ["more work than capacity at desk, a load of 1.50 from 10:00 to 11:00"]
    data["arrivals"]["per_hour"] = 3
    assert folder.warnings(data) == ["more work than capacity at desk, a load of 2.00 from 10:00 to 11:00"]
    folder.write("booked.csv", "slot", *(f"2027-01-{day:02d} 10:{2 * day}" for day in range(11, 17)))
    data["arrivals"]["appointments"] = BOOKED
    # Of bookings with dates, the mean over the dates: one a day.
    data["arrivals"]["per_hour"] = 6
    assert folder.warnings(data) == ["more work than capacity at desk, a load of 1.02 over the day"]


def test_bookings_have_kinds_of_their_own(folder: Folder) -> None:
    folder.write("booked.csv", "slot,what", *["09:15,loan"] * 8)
    data = branch(arrivals={"per_hour": 1, "appointments": {**BOOKED, "need": "what"}})
    # Eight a day by shares, and eight that are all loans.
    mix = arrival_mix(folder.read(data))
    assert mix.ravel().tolist() == pytest.approx([0.36, 0.54, 0.04, 0.06])


# Rosters


def test_roster_without_dates_holds_every_day(folder: Folder) -> None:
    folder.write("agents.csv", "from,agents", "12:00,3", "09:00,2", "14:30:00,0")
    group = folder.roster(AGENTS)
    for day in (MONDAY, date(1999, 7, 1)):
        assert group.roster_on(day) == [(540, 2), (720, 3), (870, 0)]


def test_rosters_in_the_map_hold_every_day(folder: Folder) -> None:
    for count, steps in [(2, [(0, 2)]), ({"12:00": 1, "09:00": 3}, [(540, 3), (720, 1)])]:
        group = folder.read(branch(staff__advisers__count=count)).staff["advisers"]
        assert group.roster_on(MONDAY) == group.roster_steps() == steps


@pytest.mark.parametrize("form", ["csv", "moments", "parquet"])
def test_roster_by_date(folder: Folder, form: str) -> None:
    rows = [(date(2027, 1, day), time(hour), day + hour) for day in range(4, 10) for hour in (12, 9)]
    count = BY_DAY
    if form == "csv":
        folder.write("agents.csv", "date,from,agents", *(f"{d},{t:%H:%M},{n}" for d, t, n in rows))
    elif form == "moments":
        folder.write("agents.csv", "from,agents", *(f"{d} {t:%H:%M},{n}" for d, t, n in rows))
        count = AGENTS
    else:
        frame = pl.DataFrame(rows, schema=["date", "from", "agents"], orient="row")
        frame.write_parquet(folder.path / "agents.parquet")
        count = {**BY_DAY, "file": "agents.parquet"}
    group = folder.roster(count)
    for day in range(4, 10):
        assert group.roster_on(date(2027, 1, day)) == [(540, day + 9), (720, day + 12)]


def test_dates_beyond_the_file_repeat_its_weekdays_week_by_week(folder: Folder) -> None:
    rows = week("09:00,1")
    rows += ["2027-01-11,09:00,2", "2027-01-18,10:00,3", "2027-01-25,11:00,4"]
    folder.write("agents.csv", *rows)
    group = folder.roster(BY_DAY)
    mondays = [date.fromordinal(MONDAY.toordinal() + 7 * number) for number in range(-4, 8)]
    in_turn = [[(540, 1)], [(540, 2)], [(600, 3)], [(660, 4)]]
    assert [group.roster_on(day) for day in mondays] == [in_turn[number % 4] for number in range(-4, 8)]
    assert group.roster_on(date(2030, 1, 1)) == [(540, 1)]
    # Sundays are closed, so the file need not have any.
    assert group.roster_on(date(2027, 1, 10)) == []


def test_a_date_of_the_file_is_as_it_says_whatever_the_weeks_between(folder: Folder) -> None:
    folder.write("agents.csv", *week("09:00,1"), "2027-02-01,09:00,5", "2027-03-15,09:00,7")
    group = folder.roster(BY_DAY)
    assert group.roster_on(date(2027, 2, 1)) == [(540, 5)]
    assert group.roster_on(date(2027, 3, 15)) == [(540, 7)]


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        (["09:00,2", "09:30:30,1"], 3, "a time to the minute is required, found 09:30:30, hint: 09:30"),
        (["09:00,2", "9:30,1"], 3, "a time of day is required, found 9:30"),
        (["09:00,2", "24:00,1"], 3, "a time of day is required, found 24:00"),
        (["09:00,2.5"], 2, "a whole number from 0 to 1000000 is required, found 2.5"),
        (["09:00,-1"], 2, "a whole number from 0 to 1000000 is required, found -1"),
        (["09:00,1000001"], 2, "a whole number from 0 to 1000000 is required, found 1000001"),
        (["09:00,two"], 2, "a whole number from 0 to 1000000 is required, found two"),
        (["09:00,"], 2, "a whole number from 0 to 1000000 is required, found nothing"),
        ([",2"], 2, "a time of day is required, found nothing"),
        (["09:00,2", "10:00,1", "09:00,2"], 4, "a second count from the same time on, found 09:00"),
        (["09:00,2", "10:00,1", "09:00:00,3"], 4, "a second count from the same time on, found 09:00:00"),
    ],
)
def test_wrong_rows_of_a_roster_are_named(folder: Folder, rows: list[str], line: int, words: str) -> None:
    folder.write("agents.csv", "from,agents", *rows)
    problem = folder.problem(branch(staff__advisers__count=AGENTS))
    assert (problem.file, problem.line) == ("agents.csv", line)
    assert words in str(problem)


def test_same_time_on_two_dates_is_no_second_count(folder: Folder) -> None:
    folder.write("agents.csv", *week("09:00,2"), "2027-01-05,09:00,2")
    problem = folder.problem(branch(staff__advisers__count=BY_DAY))
    assert (problem.line, problem.problem) == (8, "a second count from the same time on")


@pytest.mark.parametrize(
    ("count", "path", "words"),
    [
        ({**BY_DAY, "file": "../agents.csv"}, "file", "a data file must lie in the map's folder or below"),
        ({**BY_DAY, "day": "day"}, "day", "the data file has no such column, found day, hint: known: "),
        ({**BY_DAY, "time": "since"}, "time", "the data file has no such column"),
        ({**BY_DAY, "count": "agent"}, "count", "did you mean agents?"),
    ],
)
def test_files_of_rosters_that_do_not_fit(folder: Folder, count: Data, path: str, words: str) -> None:
    folder.write("agents.csv", *week("09:00,2"))
    folder.write("../agents.csv", *week("09:00,2"))
    problem = folder.problem(branch(staff__advisers__count=count))
    assert (problem.file, problem.path) == ("map.yaml", f"staff.advisers.count.{path}")
    assert words in str(problem)


def test_every_open_weekday_needs_a_date(folder: Folder) -> None:
    data = branch(staff__advisers__count=BY_DAY)
    folder.write("agents.csv", *week("09:00,2", days=4))
    problem = folder.problem(data)
    assert problem.path == "staff.advisers.count"
    assert problem.problem == "a roster without dates on weekdays that are open"
    assert problem.found == "Fridays, Saturdays"
    data["arrivals"]["day_of_week"] = {"fri": 0, "sat": 0, "sun": 0}
    folder.read(data)
    data["arrivals"]["day_of_week"] = {"sun": 0}
    data["hours"] = {"mon": data["hours"], "wed": data["hours"]}
    folder.read(data)


def test_every_date_of_a_log_needs_a_roster(folder: Folder) -> None:
    data = branch(arrivals={"from_log": LOG}, staff__advisers__count=BY_DAY)
    folder.write("agents.csv", *week("09:00,2"))
    folder.write("log.csv", "at", "2027-01-04 10:00", "2027-01-05 10:00")
    folder.read(data)
    folder.write("log.csv", "at", "2027-01-04 10:00", "2027-01-12 10:00", "2027-01-11 10:00")
    problem = folder.problem(data)
    assert problem.problem == "a roster without dates that the recorded arrivals have"
    assert problem.found == "2 of 3, the first 2027-01-11"
    # Dates on which the branch is closed need none.
    data["hours"] = {"mon": {"open": "09:00", "close": "17:00"}}
    assert folder.problem(data).found == "1 of 2, the first 2027-01-11"


def test_counts_that_hold_only_outside_the_hours(folder: Folder) -> None:
    # Who comes brings work, of which nothing shall be said here.
    data, nobody = branch(staff__advisers__count=BY_DAY), "nobody ever comes, "
    folder.write("agents.csv", *week("08:00,2", "12:00,3", "17:00,0", "18:00,0"))
    assert folder.warnings(data) == [nobody]
    folder.write("agents.csv", *week("07:00,1", "08:00,2", "09:00,2", "17:00,1"))
    told = "counts of the roster that hold only outside the opening hours, "
    assert folder.warnings(data) == [nobody, told + "18 of 24"]
    folder.write("agents.csv", *week("08:00,2"), "2027-01-10,09:00,2")
    assert folder.warnings(data) == [nobody, told + "1 of 7"]
    folder.write("agents.csv", *week("07:00,2", "08:00,0", "17:00,2"))
    problem = folder.problem(data)
    assert problem.problem == "nobody of the roster is on duty in the opening hours"
    assert problem.path == "staff.advisers.count"
    folder.write("agents.csv", "from,agents", "07:00,2", "08:00,0", "17:00,2")
    data["staff"]["advisers"]["count"] = AGENTS
    assert folder.problem(data).problem == problem.problem
    folder.write("agents.csv", "from,agents", "08:00,0")
    assert folder.warnings(data) == [nobody]


def test_load_is_held_against_the_mean_roster(folder: Folder) -> None:
    # Mondays are busiest, with 12 hours of work in 8; on two Mondays there are two, then one on duty.
    data = branch(
        arrivals={"per_hour": 6, "day_of_week": {"mon": 1.5, "sun": 0}}, staff__advisers__count=BY_DAY
    )
    folder.write("agents.csv", *week("09:00,2"), "2027-01-11,09:00,1")
    assert folder.warnings(data) == []
    folder.write("agents.csv", *week("09:00,2"), "2027-01-11,13:00,1")
    told = "more work than capacity at desk, a load of "
    assert folder.warnings(data) == [told + "1.20 over the day"]
    # Over a log's dates: one with nobody until noon, one with one on duty.
    folder.write("agents.csv", *week("12:00,2"), "2027-01-12,09:00,1", "2027-01-12,12:00,2")
    at = [f"2027-01-{day} 10:{minute}" for day in ("04", "12") for minute in range(10, 60, 5)]
    folder.write("log.csv", "at", *at)
    data["arrivals"] = {"from_log": LOG}
    assert folder.warnings(data) == [told + "3.33 from 10:00 to 11:00"]


def test_a_wrong_file_brings_no_further_problems(folder: Folder) -> None:
    folder.write("log.csv", "at,what", "2027-01-04 10:00,lone")
    folder.write("booked.csv", "slot", "25:00")
    folder.write("agents.csv", "date,from,agents", "2027-01-04,09:00,x")
    data = branch(
        arrivals={"from_log": {**LOG, "need": "what"}, "appointments": BOOKED}, staff__advisers__count=BY_DAY
    )
    files = [problem.split(":")[0] for problem in folder.problems(data)]
    assert files == ["agents.csv", "booked.csv", "log.csv"]


def test_maps_with_files_can_be_patched_and_sent_to_workers(folder: Folder) -> None:
    folder.write("agents.csv", *week("09:00,2"))
    folder.write("booked.csv", "slot", "09:15")
    folder.write("log.csv", "at", "2027-01-04 10:00")
    journey = folder.read(branch(staff__advisers__count=BY_DAY, arrivals__appointments=BOOKED))
    after = journey.patched({"staff.advisers.count": 5})
    assert after.staff["advisers"].roster_on(MONDAY) == [(0, 5)]
    assert after.patched({"staff.advisers.count": BY_DAY}).staff["advisers"].roster_on(MONDAY) == [(540, 2)]
    assert journey.patched({"arrivals.appointments.no_show": 0.5}).arrivals.booked is not None
    assert journey.patched({}, remove=["arrivals.appointments"]).arrivals.booked is None
    logged = journey.patched({"arrivals": {"from_log": LOG}}).arrivals.recorded
    assert isinstance(logged, RecordedArrivals)
    again: Journey = pickle.loads(pickle.dumps(journey))
    assert again.staff["advisers"].roster_on(MONDAY) == [(540, 2)]
    assert again.arrivals.booked is not None
    assert again.arrivals.booked.minute.tolist() == [555]


def test_a_roster_that_was_not_read_says_so() -> None:
    journey = Journey.model_validate(branch(staff__advisers__count=BY_DAY))
    with pytest.raises(ValueError, match="the roster's file was not read"):
        journey.staff["advisers"].roster_on(MONDAY)
    with pytest.raises(TypeError, match="by date"):
        journey.staff["advisers"].roster_steps()
