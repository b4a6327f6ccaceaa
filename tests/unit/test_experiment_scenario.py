"""Reading scenarios: what the format says, what is refused and where, and what resolves to what."""

from __future__ import annotations

import contextlib
import json
from datetime import date
from pathlib import Path

import jsonschema
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeysim.errors import InputError
from journeysim.experiment import load_scenario, parse_scenario, run
from journeysim.experiment.resolve import differing, folder_name, run_id
from journeysim.experiment.schema import scenario_schema
from journeysim.experiment.yaml_text import to_yaml

MAP = """\
journey: Small branch
hours: {open: 09:00, close: 10:00}
segments:
  regular: {share: 0.8}
  vip: {share: 0.2}
needs: {cash: {share: 1, start: counter}}
arrivals: {per_hour: 30}
staff: {tellers: {count: 3, serves: [line]}}
queues: {line: {}}
touchpoints:
  counter: {stage: Transact, queue: line, service: {gamma: {mean: 4 min, cv: 0.7}}}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "map.yaml").write_text(MAP)
    return tmp_path


def problems_of(text, folder):
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "s.yaml", folder)
    return [str(problem) for problem in caught.value.problems]


def test_defaults(folder):
    found = parse_scenario("scenario: S\njourney: map.yaml\n", "s.yaml", folder)
    assert (found.seed, found.replications, found.target_wait_min, found.baseline) == (1, 30, 10.0, "Today")
    (option,) = found.options
    assert (option.name, len(option.days), option.days[0].date) == ("Today", 20, date(2027, 1, 4))
    assert option.days[0].date.weekday() == 0


def test_everything_a_scenario_says(folder):
    found = parse_scenario(
        "scenario: S\n"
        "description: Why\n"
        "journey: map.yaml\n"
        "first_day: 2027-02-01\n"
        "days: 3\n"
        "closed: [2027-02-02]\n"
        "replications: 4\n"
        "seed: 9\n"
        "target_wait: 90 s\n"
        "set: {arrivals.scale: 2}\n"
        "baseline: B\n"
        "options:\n"
        "  A: {description: More of them, set: {staff.tellers.count: 5}, cost_per_year: 100}\n"
        "  B: {set: {arrivals.scale: 1}}\n",
        "s.yaml",
        folder,
    )
    a, b = found.options
    assert [day.date.isoformat() for day in a.days] == ["2027-02-01", "2027-02-03", "2027-02-04"]
    assert (found.replications, found.seed, found.target_wait_min) == (4, 9, 1.5)
    assert (a.description, a.cost_per_year, a.journey.staff["tellers"].roster_steps()) == (
        "More of them", 100, [(0, 5)],
    )  # fmt: skip
    assert a.journey.arrivals.scale == 2
    # An option's own change is made after the one for all.
    assert b.journey.arrivals.scale == 1
    assert found.baseline_option is b


def test_remove(folder):
    (folder / "map.yaml").write_text(
        MAP.replace("regular: {share: 0.8}", "regular: {share: 0.8, priority: 3}")
    )
    found = parse_scenario(
        "scenario: S\njourney: map.yaml\nremove: [segments.regular.priority]\n", "s.yaml", folder
    )
    assert found.options[0].journey.segments["regular"].priority == 1


def test_a_map_is_a_scenario_of_one_option(folder):
    found = load_scenario(folder / "map.yaml", replications=3, seed=5)
    assert (found.name, found.replications, found.seed) == ("Small branch", 3, 5)
    assert [option.name for option in found.options] == ["Today"]


def test_the_map_may_stand_in_the_scenario(folder):
    inside = "".join(f"  {line}\n" for line in MAP.splitlines())
    found = parse_scenario(f"scenario: S\njourney:\n{inside}", "s.yaml", folder)
    assert found.options[0].journey.name == "Small branch"
    broken = problems_of(f"scenario: S\njourney:\n{inside}".replace("count: 3", "count: -3"), folder)
    assert broken[0].startswith("s.yaml:10:28: staff.tellers.count: ")


def test_an_inherited_file_is_named_relative_to_the_scenario(folder):
    (folder / "scenarios").mkdir()
    (folder / "map.yaml").write_text(MAP.replace("count: 3", "count: many"))
    path = folder / "scenarios" / "s.yaml"
    path.write_text("scenario: S\njourney: ../map.yaml\n")
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    assert str(caught.value).startswith(f"{folder}/map.yaml:8:26: staff.tellers.count: ")


def test_all_mistakes_of_scenario_map_and_options_at_once(folder):
    (folder / "map.yaml").write_text(MAP.replace("cv: 0.7", "cv: -1"))
    found = problems_of(
        "scenario: S\n"
        "journey: map.yaml\n"
        "seed: -1\n"
        "first_day: 4.1.2027\n"
        "colour: red\n"
        "options:\n"
        "  A:\n"
        "    set:\n"
        "      staff.tellers.count: {09:00: 3, 9:30: 4}\n"
        "  B: {set: {staff.teller.count: 3}}\n"
        "  C: {sett: {}}\n",
        folder,
    )
    starts = [line.split(", ")[0] for line in found]
    assert any(line.startswith("map.yaml:11:") and ".cv: " in line for line in starts)
    assert any(line.startswith("s.yaml:3:7: seed: ") for line in starts)
    assert any(line.startswith("s.yaml:4:12: first_day: a date YYYY-MM-DD is required") for line in starts)
    assert "s.yaml:5:1: colour: unknown key" in starts
    assert any(line.startswith("s.yaml:9:39: ") and "staff.tellers.count" in line for line in starts)
    assert "s.yaml:10:13: staff.teller.count: unknown path" in starts
    assert any(line.startswith("s.yaml:11:7: options.C.sett: unknown key") for line in starts)
    assert len(found) == len(set(found)) == 7


def test_a_mistake_that_an_option_makes_in_the_map_names_the_option(folder):
    found = problems_of(
        "scenario: S\njourney: map.yaml\noptions:\n  A: {}\n  B: {remove: [queues.line]}\n", folder
    )
    assert found
    assert all("(in option B)" in line for line in found)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("market: 100", "s.yaml:3:9: market: a mapping is required"),
        ("market: {months: 3}", "s.yaml:3:1: market: the key customers is missing"),
        (
            "market: {customers: 9, rivals: {B: {share: 1}}}",
            "s.yaml:3:24: market.rivals: the shares of the rivals must sum to less than 1",
        ),
        ("market: {customer: 9}", "s.yaml:3:10: market.customer: unknown key"),
        ("days: 3\nmarket: {customers: 9}", "s.yaml:3:1: days: with a market the months say how long"),
        ("replications: {until: {}}", "s.yaml:3:16: replications.until: at least one metric is required"),
        ("replications: 0", "s.yaml:3:15: replications: a number of 1 or more is required"),
        ("replications: many", "s.yaml:3:15: replications: a whole number is required"),
        ("target_wait: 10", "s.yaml:3:14: target_wait: the unit is missing"),
        ("baseline: Tomorrow", "s.yaml:3:11: baseline: no option has this name, found Tomorrow"),
        ("days: 1.5", "s.yaml:3:7: days: a whole number is required"),
        ("options: {'': {}}", 's.yaml:3:11: options."": a key without a name'),
        ("options: {none: {}}", "s.yaml:3:11: options.none: none is a reserved name"),
        ("first_day: 9999-12-31", "s.yaml:3:12: first_day: a date from 1900 to 2199 is required"),
        ("days: 20000", "s.yaml:3:7: days: a number of 10000 or less is required"),
        ("closed: [2027-02-30]", "s.yaml:3:10: closed[1]: a date YYYY-MM-DD is required"),
        ("grid: {staff.tellers.count: []}", "s.yaml:3:8: grid."),
        ("set: {staff.tellers.count: null}", "s.yaml:3:28: set."),
    ],
)
def test_refused(folder, line, said):
    found = problems_of(f"scenario: S\njourney: map.yaml\n{line}\n", folder)
    assert any(told.startswith(said) for told in found), found


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "",
            "s.yaml:1:1: the key journey is missing, hint: for example journey: ../journeys/city-branch.yaml",
        ),
        ("journey: nowhere.yaml", "s.yaml:2:10: journey: there is no such file, found nowhere.yaml"),
        ("journey: s2.yaml", "s.yaml:2:10: journey: a journey map is required, found a scenario"),
        ("journey: 7", "s.yaml:2:10: journey: a map's file, or the map itself, is required, found 7"),
    ],
)
def test_no_map(folder, line, said):
    (folder / "s2.yaml").write_text("scenario: T\njourney: map.yaml\n")
    found = problems_of(f"scenario: S\n{line}\n", folder)
    assert [told for told in found if told.startswith(said)], found


def test_days_on_which_nobody_comes(folder):
    (folder / "map.yaml").write_text(MAP.replace("per_hour: 30", "per_hour: 30, day_of_week: {mon: 0}"))
    text = "scenario: S\njourney: map.yaml\nfirst_day: 2027-01-04\ndays: 2\n"
    days = parse_scenario(text, "s.yaml", folder).options[0].days
    assert [day.number for day in days] == [1, 2]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (
            "{exponential: {mean: 15 min}}, {exponential: {mean: 21 min}}",
            ["{exponential: {mean: 15 min}}", "{exponential: {mean: 21 min}}"],
        ),
        (
            (
                "{empirical: {values: [1, 2, 3, 4, 5, 6, 7], unit: min}}, "
                "{empirical: {values: [1, 2, 3, 4, 5, 6, 7], unit: s}}, {constant: 5 min}"
            ),
            ["{empirical: {…}} (1)", "{empirical: {…}} (2)", "{constant: 5 min}"],
        ),
    ],
)
def test_values_of_a_grid_that_look_alike_have_names_of_their_own(folder, values, names):
    grid = f"{{segments.regular.patience: [{values}]}}"
    found = parse_scenario(f"scenario: S\njourney: map.yaml\ngrid: {grid}\n", "s.yaml", folder)
    assert [option.name for option in found.options][-len(names) :] == [
        f"regular.patience={name}" for name in names
    ]


def test_a_grid_with_a_value_twice_is_refused(folder):
    value = "{exponential: {mean: 15 min}}"
    grid = f"{{segments.regular.patience: [{value}, {value}]}}"
    (problem,) = problems_of(f"scenario: S\njourney: map.yaml\ngrid: {grid}\n", folder)
    assert "two combinations have the same name" in problem


def test_grid_adds_every_combination(folder):
    found = parse_scenario(
        "scenario: S\njourney: map.yaml\noptions: {Today: {}}\n"
        "grid: {staff.tellers.count: [3, 4], arrivals.per_hour: [30, 40]}\n",
        "s.yaml",
        folder,
    )
    assert [option.name for option in found.options] == [
        "Today",
        "tellers.count=3, per_hour=30",
        "tellers.count=3, per_hour=40",
        "tellers.count=4, per_hour=30",
        "tellers.count=4, per_hour=40",
    ]
    last = found.options[-1].journey
    assert (last.staff["tellers"].roster_steps(), last.arrivals.per_hour_steps()) == ([(0, 4)], [(0, 40.0)])
    assert "grid" not in found.resolved
    wrong = problems_of("scenario: S\njourney: map.yaml\ngrid: {staff.tellers.count: [3, many]}\n", folder)
    assert wrong[0].startswith("s.yaml:3:33: staff.tellers.count: ")
    many = list(range(40))
    grid = f"{{staff.tellers.count: {many}, arrivals.per_hour: {many}}}"
    big = problems_of(f"scenario: S\njourney: map.yaml\ngrid: {grid}\n", folder)
    assert big == ["s.yaml:3:1: grid: at most 1000 combinations, found 1600"]


def test_extends_takes_another_scenario_as_the_start(folder):
    (folder / "base").mkdir()
    (folder / "base" / "base.yaml").write_text(
        "scenario: Base\njourney: ../map.yaml\nseed: 4\ndays: 2\nset: {arrivals.per_hour: 31}\n"
        "options: {Today: {}, More: {set: {staff.tellers.count: 4}}}\n"
    )
    text = (
        "scenario: Own\nextends: base/base.yaml\nseed: 5\n"
        "options: {More: {set: {staff.tellers.count: 6}}, Fewer: {set: {staff.tellers.count: 2}}}\n"
    )
    found = parse_scenario(text, "s.yaml", folder)
    assert (found.name, found.seed, len(found.options[0].days)) == ("Own", 5, 2)
    assert [
        (option.name, option.journey.staff["tellers"].roster_steps()[0][1]) for option in found.options
    ] == [("Today", 3), ("More", 6), ("Fewer", 2)]
    assert found.options[0].journey.arrivals.per_hour_steps() == [(0, 31.0)]
    base = folder / "base" / "base.yaml"
    base.write_text(base.read_text().replace("arrivals.per_hour: 31", "arrivals.perhour: 31"))
    (line,) = problems_of(text, folder)
    assert line.startswith("base/base.yaml:5:7: arrivals.perhour: unknown path")


def test_extends_in_a_circle(folder):
    (folder / "s.yaml").write_text("scenario: S\njourney: map.yaml\nextends: t.yaml\n")
    (folder / "t.yaml").write_text("scenario: T\njourney: map.yaml\nextends: s.yaml\n")
    with pytest.raises(InputError, match=r"t\.yaml:3:10: extends: a scenario that extends itself"):
        load_scenario(folder / "s.yaml")
    found = problems_of("scenario: S\njourney: map.yaml\nextends: map.yaml\n", folder)
    assert found == [
        "s.yaml:3:10: extends: a scenario is required, found map.yaml, hint: a map is named by `journey`"
    ]


@pytest.fixture
def log_folder(folder):
    (folder / "data").mkdir()
    rows = [
        {"day": f"2026-07-0{day}", "at": f"09:{minute:02d}", "who": who, "wait": wait, "what": what}
        for day in (1, 2)
        for minute, who, wait, what in [
            (5, "regular", 0.0, "served"),
            (6, "regular", 2.0, "served"),
            (7, "vip", 4.0, "reneged"),
            (8, "vip", 9.0, "balked"),
            (9, "vip", None, "served"),
        ]
    ]
    pl.DataFrame(rows).write_csv(folder / "data" / "log.csv")
    (folder / "log.yaml").write_text(
        MAP.replace(
            "arrivals: {per_hour: 30}",
            "arrivals:\n  from_log: {file: data/log.csv, time: at, day: day, segment: who, "
            "observed: {wait: wait, outcome: what}}",
        )
    )
    return folder


def test_a_log_gives_its_days_and_what_was_observed(log_folder):
    found = run(load_scenario(log_folder / "log.yaml"), replications=2, jobs=1)
    assert len(found.scenario.options[0].days) == 2
    assert found.observed is not None
    assert found.observed.metrics == {
        "visits_per_day": 5.0,
        "reneged_fraction": 0.2,
        "wait_mean_min": 2.0,
        "waited_fraction": pytest.approx(2 / 3),
    }
    assert found.document["observed"]["by_segment"]["vip"]["reneged_fraction"] == pytest.approx(1 / 3)
    assert found.options[0].metrics["visits_per_day"].mean == 5.0


def test_data_files_go_with_the_run(log_folder, tmp_path_factory):
    scenario = load_scenario(log_folder / "log.yaml", replications=2)
    assert list(scenario.files) == ["files/log.csv"]
    found = run(scenario, jobs=1, out=log_folder / "runs")
    assert found.folder is not None
    elsewhere = tmp_path_factory.mktemp("away") / "run"
    found.folder.rename(elsewhere)
    (log_folder / "data" / "log.csv").unlink()
    again = load_scenario(elsewhere / "scenario.yaml")
    assert run_id(again.resolved, again.files) == run_id(scenario.resolved, scenario.files)
    assert run(again, jobs=1).document["options"] == found.document["options"]


def test_the_content_of_a_data_file_is_part_of_the_identity(log_folder):
    before = load_scenario(log_folder / "log.yaml")
    path = log_folder / "data" / "log.csv"
    path.write_text(path.read_text().replace("09:05", "09:04"))
    after = load_scenario(log_folder / "log.yaml")
    assert after.resolved == before.resolved
    assert run_id(after.resolved, after.files) != run_id(before.resolved, before.files)


def test_identity_is_of_what_the_numbers_follow_from(folder):
    plain = "scenario: S\njourney: map.yaml\ndays: 2\n"

    def identity(text):
        found = parse_scenario(text, "s.yaml", folder)
        return run_id(found.resolved, found.files)

    assert identity(plain) == identity(
        "# a remark\n" + plain.replace("journey: map.yaml", "journey: 'map.yaml'")
    )
    assert identity(plain) == identity(plain + "replications: 99\nseed: 1\ntarget_wait: 10 min\n")
    others = ["seed: 2\n", "target_wait: 9 min\n", "set: {arrivals.per_hour: 31}\n", "closed: [2027-01-05]\n"]
    assert len({identity(plain), *(identity(plain + other) for other in others)}) == 5


def test_a_change_on_the_command_line_comes_last(folder):
    path = folder / "s.yaml"
    path.write_text(
        "scenario: S\njourney: map.yaml\nset: {arrivals.per_hour: 20, arrivals: {per_hour: 10}}\n"
    )
    found = load_scenario(path, changes=["arrivals.per_hour=40"])
    assert found.options[0].journey.arrivals.per_hour_steps() == [(0, 40.0)]
    again = parse_scenario(to_yaml(found.resolved), "again.yaml", folder)
    assert again.options[0].journey.arrivals.per_hour_steps() == [(0, 40.0)]
    assert again.resolved == found.resolved


def test_a_folder_is_named_after_the_scenario():
    assert folder_name("Lunch-hour relief: what if?", "0123456789") == "lunch-hour-relief-what-if-01234567"
    assert folder_name("午餐时间", "0123456789") == "午餐时间-01234567"
    assert folder_name("../..", "0123456789") == "run-01234567"
    assert len(folder_name("柜" * 500, "0" * 64).encode()) < 200


def test_differences_are_named_by_path():
    left, right = {"a": {"b": 1, "c": [1]}, "d": 1}, {"a": {"b": 2, "c": [1]}, "e": 1.0}
    assert list(differing(left, right)) == [("a.b", 1, 2), ("d", 1, None), ("e", None, 1.0)]
    assert list(differing({"a": 1}, {"a": 1.0})) == [("a", 1, 1.0)]


def test_the_schema_that_is_kept_is_the_schema():
    kept = Path(__file__).parents[2] / "schemas" / "scenario.json"
    assert json.loads(kept.read_text(encoding="utf-8")) == scenario_schema()


def test_the_schema_accepts_what_is_accepted_and_describes_every_key(folder):
    schema = scenario_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    found = parse_scenario(
        "scenario: S\njourney: map.yaml\noptions: {Today: {}, B: {set: {arrivals.per_hour: 1}}}\n",
        "s.yaml",
        folder,
    )
    assert validator.is_valid(dict(found.resolved))
    assert not validator.is_valid({"scenario": "S", "sed": 7})
    assert not validator.is_valid({"scenario": "S", "seed": None})
    described = [*schema["properties"].values(), *schema["$defs"]["OptionFile"]["properties"].values()]
    assert all("description" in entry for entry in described)


LINES = """\
scenario: S
journey: map.yaml
days: 1
seed: 3
options:
  A: {set: {staff.tellers.count: 4}}
  B: {remove: [segments.vip.priority]}
  B: 5
grid: {arrivals.per_hour: [1, 2]}
closed: [2027-01-05]
baseline: A
extends: s.yaml
replications: {until: {a: 1}}
market: {}
- x
a: b: c
\t
{
]
set: 5
options: [1]
grid: {a: 1}
journey: {}
set: {a.b.c: {d: [1, {e: 2}]}}
first_day: 2027-13-01
first_day: 9999-12-31
remove: [1, staff]
target_wait: -3 min
days: 99999999999
days: 1000000
seed: 1e5
scenario: [1]
extends: [2]
set: {"": 1, 'staff."': 2}
journey: .
extends: ../../..
scenario: "\\0"
""".splitlines()


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(LINES), max_size=9), st.integers(0, 200), st.text(max_size=3))
def test_no_input_ends_in_a_traceback(tmp_path_factory, lines, position, inserted):
    folder = tmp_path_factory.getbasetemp() / "mangled"
    folder.mkdir(exist_ok=True)
    (folder / "map.yaml").write_text(MAP)
    (folder / "s.yaml").write_text("scenario: S\njourney: map.yaml\n")
    text = "scenario: S\njourney: map.yaml\n" + "\n".join(lines) + "\n"
    for mangled in (text, "\n".join(lines), text[:position] + inserted + text[position:]):
        with contextlib.suppress(InputError):
            assert parse_scenario(mangled, "s.yaml", folder).options[0].days


def test_names_of_options_are_looked_up_beside_other_faults(folder):
    text = (
        "scenario: S\njourney: map.yaml\ndayz: 2\nbaseline: Nobody\noptions: {Today: {}, A: {}}\n"
        "contrasts: {c: {of: [A, Z], less: [Today, A]}, d: {of: [A], less: 3}}\n"
    )
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "s.yaml", folder)
    paths = [problem.path for problem in caught.value.problems]
    assert paths == ["dayz", "baseline", "contrasts.c.of[2]", "contrasts.d.of", "contrasts.d.less"]


def test_in_a_map_written_into_the_scenario_all_changes_of_an_option_are_judged(folder):
    written = "".join(f"  {line}\n" for line in MAP.splitlines())
    wrong = "{staff.teller.count: 4, staff.tellers.count: -2, segments.vip.share: 0.3}"
    text = f"scenario: S\njourney:\n{written}options: {{Today: {{}}, A: {{set: {wrong}}}}}\n"
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "s.yaml", folder)
    paths = [problem.path for problem in caught.value.problems]
    assert sorted(paths) == ["segments", "staff.teller.count", "staff.tellers.count"]
    # What may follow from a change that is missing is not said.
    text = text.replace("segments.vip.share: 0.3", "touchpoints.counter.queue: window, queus.window: {}")
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "s.yaml", folder)
    assert "segments" not in {problem.path for problem in caught.value.problems}
