"""Exports, read back by tools that are not ours."""

from __future__ import annotations

import csv
import importlib.util
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, date, datetime
from itertools import pairwise
from textwrap import indent

import polars as pl
import pytest

from journeysim.errors import InputError, JourneySimError
from journeysim.experiment import Run, open_run, parse_scenario, run
from journeysim.report.exports import FORMATS, TABLES, export
from journeysim.report.exports.export import _table
from journeysim.report.exports.log import Log, log_of
from journeysim.report.exports.mermaid import mermaid_text
from journeysim.report.exports.vidigi import COLUMNS, ended, waiting

# Names in another script and with what XML, CSV and Mermaid give a meaning, and a case that goes on.
MAP = """\
journey: "R&D <网点>; \\u0001 \\"x\\""
currency: CNY
hours: {open: 09:00, close: 10:00}
segments: {"a, b": {share: 0.6, patience: {exponential: {mean: 2 min}}}, 贵宾: {share: 0.4}}
needs: {"q'&<": {share: 1, start: "柜台 <1>"}}
arrivals: {per_hour: 50}
staff:
  "柜员, 甲": {count: 2, serves: [队列], cost_per_hour: 60}
queues: {队列: {}}
touchpoints:
  "柜台 <1>":
    stage: "办理: a#b\\nc"
    queue: 队列
    service: {gamma: {mean: 3 min, cv: 0.7}}
    fails: 0.2
    next: [{to: title page, probability: 0.3, after: 1 days}, {to: journey}]
  title page: {stage: "办理: a#b\\nc\\u0001", reason: staff, service: {constant: 2 min}}
  journey: {stage: "", reason: staff, service: {constant: 1 min}}
"""


def scenario_text(rest: str) -> str:
    return f"scenario: S & T\n{rest}journey:\n{indent(MAP, '  ')}"


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Run:
    options = "options: {'A<B': {}, Two: {}}\n"
    scenario = parse_scenario(scenario_text(f"days: 3\nreplications: 2\n{options}"))
    made = run(scenario, jobs=1, out=tmp_path_factory.mktemp("runs"))
    assert made.folder is not None
    return open_run(made.folder)


@pytest.fixture(scope="module")
def log(kept) -> Log:
    return log_of(kept, None, 1)


@pytest.fixture(scope="module")
def pm4py():
    return pytest.importorskip("pm4py", reason="pm4py reads event logs back; it is no part of this Python")


def own_steps(kept: Run) -> pl.DataFrame:
    return kept.steps.filter((pl.col("option") == "A<B") & (pl.col("replication") == 0))


def moments(steps: pl.DataFrame) -> Counter[str]:
    """How often each moment happened, counted from the steps table alone."""
    queued, started = steps["queue"].is_not_null(), steps["started_min"].is_not_null()
    return Counter(
        schedule=queued.sum(), start=started.sum(), complete=started.sum(), withdraw=(~started).sum()
    )


def test_xes_is_read_by_pm4py(kept, pm4py, tmp_path):
    frame = pm4py.read_xes(str(export(kept, "xes", tmp_path / "log.xes")))
    steps = own_steps(kept)
    assert Counter(frame["lifecycle:transition"]) == moments(steps)
    assert set(frame["concept:name"]) == {"柜台 <1>", "title page", "journey"}
    assert frame["case:concept:name"].nunique() == steps["case_id"].n_unique()
    assert set(frame["case:need"]) == {"q'&<"}
    assert set(frame["org:group"].dropna()) == {"柜员, 甲"}
    done = frame[frame["lifecycle:transition"] == "complete"]
    assert done["cost:total"].dropna().sum() == pytest.approx(
        (steps.filter(pl.col("staff_group").is_not_null())["ended_min"] - steps.filter(
            pl.col("staff_group").is_not_null())["started_min"]).sum()
    )  # fmt: skip
    assert set(done["cost:currency"].dropna()) == {"CNY"}
    # Cases that go on: more visits than cases, their events together and in order.
    assert frame.groupby("case:concept:name")["visit"].nunique().max() > 1
    ordered = frame.groupby("case:concept:name")["time:timestamp"].is_monotonic_increasing
    assert ordered.all()


def test_xes_times_are_the_branchs_clock_as_utc(kept, pm4py, tmp_path):
    frame = pm4py.read_xes(str(export(kept, "xes", tmp_path / "log.xes")))
    first = own_steps(kept).sort("day", "joined_min").row(0, named=True)
    at = frame["time:timestamp"].min()
    assert at.utcoffset().total_seconds() == 0
    assert at.date() == first["date"]
    seconds = (at - datetime(*first["date"].timetuple()[:3], tzinfo=UTC)).total_seconds()
    assert seconds == pytest.approx(first["joined_min"] * 60, abs=0.001)


def test_xes_is_well_formed_with_characters_that_xml_has_not(kept, tmp_path):
    path = export(kept, "xes", tmp_path / "log.xes")
    root = ET.parse(path).getroot()
    names = [one.get("value") for one in root.findall("{*}string") if one.get("key") == "concept:name"]
    assert names == ["S & T: A<B, replication 1"]
    stages = {one.get("value") for one in root.iterfind(".//{*}string") if one.get("key") == "stage"}
    assert {"办理: a#b\nc", "办理: a#b\nc\ufffd"} <= stages
    assert "\u0001" not in path.read_text(encoding="utf-8")


def test_ocel_is_read_by_pm4py(kept, pm4py, tmp_path):
    ocel = pm4py.read_ocel2_json(str(export(kept, "ocel", tmp_path / "log.json")))
    steps = own_steps(kept)
    counted = moments(steps)
    ends = Counter(name.rpartition(": ")[2] for name in ocel.events["ocel:activity"])
    assert ends == Counter(
        joined=counted["schedule"],
        started=counted["start"],
        ended=counted["complete"],
        left=counted["withdraw"],
    )
    kinds = Counter(ocel.objects["ocel:type"])
    assert (kinds["visit"], kinds["case"]) == (steps["visit_id"].n_unique(), steps["case_id"].n_unique())
    assert (kinds["queue"], kinds["staff group"]) == (1, 1)
    served = ocel.relations[ocel.relations["ocel:qualifier"] == "served by"]
    assert len(served) == 2 * steps["staff_group"].is_not_null().sum()
    assert len(ocel.o2o) == kinds["visit"]


def test_ocel_names_only_what_it_declares(kept, tmp_path):
    found = json.loads(export(kept, "ocel", tmp_path / "log.json").read_text(encoding="utf-8"))
    known = {one["id"]: one["type"] for one in found["objects"]}
    assert len(known) == len(found["objects"])
    for kind, entries in (("eventTypes", found["events"]), ("objectTypes", found["objects"])):
        declared = {one["name"]: {each["name"] for each in one["attributes"]} for one in found[kind]}
        for entry in entries:
            assert {each["name"] for each in entry["attributes"]} <= declared[entry["type"]]
            assert {each["objectId"] for each in entry["relationships"]} <= known.keys()
    assert len({one["id"] for one in found["events"]}) == len(found["events"])
    assert {one["type"] for one in found["events"]} == {one["name"] for one in found["eventTypes"]}


@pytest.mark.parametrize("table", ["steps", "visits", "metrics", "summary"])
def test_csv_is_read_by_the_standard_library(kept, table, tmp_path):
    path = export(kept, "csv", tmp_path / "t.csv", table=table)
    with path.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    frame = _table(kept, table).collect()
    assert len(rows) == frame.height > 0
    assert list(rows[0]) == frame.columns
    for name, kind in frame.schema.items():
        read = [row[name] for row in rows]
        if kind == pl.Float64:
            assert [float(text) if text else None for text in read] == frame[name].to_list()
        elif kind == pl.String:
            assert [text or None for text in read] == [text or None for text in frame[name]]


def test_parquet_is_read_by_pandas(kept, tmp_path):
    pandas = pytest.importorskip("pandas", reason="pandas reads Parquet back")
    pytest.importorskip("pyarrow", reason="pandas reads Parquet with pyarrow")
    found = pandas.read_parquet(export(kept, "parquet", tmp_path / "t.parquet"), engine="pyarrow")
    steps = kept.steps
    assert list(found.columns) == steps.columns
    assert found["joined_min"].tolist() == steps["joined_min"].to_list()
    assert found["touchpoint"].tolist() == steps["touchpoint"].to_list()
    assert set(found["date"]) <= {date(2027, 1, 4), date(2027, 1, 5), date(2027, 1, 6)}


def test_vidigi_has_its_columns_and_one_arrival_and_departure_an_entity(kept, tmp_path):
    with export(kept, "vidigi", tmp_path / "v.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    steps = own_steps(kept)
    visits = steps["visit_id"].n_unique()
    assert tuple(rows[0]) == COLUMNS
    times = [float(row["time"]) for row in rows]
    assert times == sorted(times)
    assert Counter(row["event"] for row in rows if row["event_type"] == "arrival_departure") == {
        "arrival": visits,
        "depart": visits,
    }
    assert len({row["entity_id"] for row in rows}) == visits
    events = Counter(row["event"] for row in rows if row["event_type"] != "arrival_departure")
    at_desk = steps.filter(pl.col("touchpoint") == "柜台 <1>")
    served = at_desk["started_min"].is_not_null().sum()
    assert (events[waiting("柜台 <1>")], events["柜台 <1>"], events[ended("柜台 <1>")]) == (
        at_desk.height,
        served,
        served,
    )
    assert events["journey"] == steps.filter(pl.col("touchpoint") == "journey").height


def test_no_desk_of_vidigi_serves_two_at_once_and_there_are_no_more_than_servers(kept, tmp_path):
    with export(kept, "vidigi", tmp_path / "v.csv").open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["resource_id"]]
    assert {row["resource_id"] for row in rows} == {"1", "2"}
    for desk in ("1", "2"):
        # Whoever ends at a moment leaves before the next one starts there.
        own = sorted(
            (float(row["time"]), row["event_type"] == "resource_use", row["entity_id"])
            for row in rows
            if row["resource_id"] == desk
        )
        for (_, begins, who), (_, also, other) in zip(own[::2], own[1::2], strict=True):
            assert (begins, also, who) == (True, False, other)


def test_vidigi_itself_takes_the_log(kept, tmp_path):
    reason = "vidigi is one of the development tools, not of what `pip install` brings"
    prep = pytest.importorskip("vidigi.prep", reason=reason)
    pandas = pytest.importorskip("pandas")
    events = pandas.read_csv(export(kept, "vidigi", tmp_path / "v.csv"))
    shown = prep.reshape_for_animations(events, every_x_time_units=5, limit_duration=600)
    assert set(shown["event"]) >= {waiting("柜台 <1>"), "柜台 <1>"}


# The lexer of Mermaid's own grammar for user journeys (MIT), rule by rule: the first that fits is taken.
_JOURNEY_RULES = [
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("comment", r"%%(?!\{)[^\n]*"),
        ("comment", r"[^\}]%%[^\n]*"),
        ("newline", r"\n+"),
        ("space", r"\s+"),
        ("comment", r"#[^\n]*"),
        ("journey", r"journey\b"),
        ("title", r"title\s[^#\n;]+"),
        ("acc", r"accTitle\s*:\s*"),
        ("acc", r"accDescr\s*[:{]\s*"),
        ("section", r"section\s[^#:\n;]+"),
        ("task", r"[^#:\n;]+"),
        ("score", r":[^#\n;]+"),
        ("colon", ":"),
    )
]


def mermaid_tokens(text: str) -> list[tuple[str, str]]:
    at, found = 0, []
    while at < len(text):
        kind, match = next((kind, m) for kind, rule in _JOURNEY_RULES if (m := rule.match(text, at)))
        found.append((kind, match.group()))
        at = match.end()
    return [(kind, part.strip()) for kind, part in found if kind not in ("newline", "space", "comment")]


def test_mermaid_says_what_it_should_by_mermaids_own_grammar(kept):
    text = mermaid_text(kept, kept.scenario.baseline_option)
    tokens = mermaid_tokens(text)
    assert [kind for kind, _ in tokens][:3] == ["journey", "title", "section"]
    assert [part for kind, part in tokens if kind == "task"] == ["柜台 <1>", "“title page”", "“journey”"]
    assert len([1 for kind, _ in tokens if kind == "section"]) == 3
    scores = [part.split(":")[1:] for kind, part in tokens if kind == "score"]
    assert all(1 <= float(one[0]) <= 5 for one in scores)
    assert scores[0][1].strip() == "柜员， 甲"
    by_hand = kept.options[0].by("touchpoint")["柜台 <1>"]["score_mean"].mean
    assert float(scores[0][0]) == pytest.approx(3 + 2 * by_hand, abs=0.006)


def test_a_case_that_goes_on_has_its_visits_together(log):
    cases = [step.case for step in log.rows()]
    assert len(set(cases)) == 1 + sum(one != other for one, other in pairwise(cases))
    assert log.steps["case_id"].n_unique() < log.steps["visit_id"].n_unique()


def test_without_steps_event_logs_are_refused_and_the_rest_is_not(tmp_path):
    scenario = parse_scenario(scenario_text("days: 1\nreplications: 2\n"))
    bare = run(scenario, jobs=1, steps=False, out=tmp_path)
    for to in ("xes", "ocel", "vidigi", "csv", "parquet"):
        with pytest.raises(InputError, match="--steps"):
            export(bare, to)
    for to, table in (("mermaid", None), ("csv", "metrics"), ("parquet", "summary")):
        path = export(bare, to, table=table)
        assert path.parent == bare.folder / "exports"
        assert path.stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"to": "xse"}, "did you mean xes"),
        ({"to": "xes", "option": "Twoo"}, "did you mean Two"),
        ({"to": "xes", "replication": 3}, "a replication from 1 to 2 is required"),
        ({"to": "csv", "table": "stpes"}, "did you mean steps"),
        ({"to": "xes", "table": "steps"}, "--table: the format xes .* found steps, .*: csv, parquet$"),
        ({"to": "csv", "option": "Two"}, "--option: the format csv .*: xes, ocel, mermaid, vidigi$"),
        (
            {"to": "csv", "option": "Two", "replication": 1},
            "--replication: the format csv .*: xes, ocel, vidigi$",
        ),
        ({"to": "mermaid", "replication": 2}, "--replication: the format mermaid"),
    ],
)
def test_what_is_wrong_is_told(kept, tmp_path, arguments, told):
    with pytest.raises(InputError, match=told):
        export(kept, path=tmp_path / "x", **arguments)
    assert not list(tmp_path.iterdir())


def test_a_run_in_memory_is_written_where_it_is_told(kept, tmp_path):
    made = run(kept.scenario, jobs=1)
    with pytest.raises(JourneySimError, match="a file is required"):
        export(made, "xes")
    here = export(made, "xes", tmp_path / "deep" / "a.xes").read_bytes()
    assert here == export(kept, "xes", tmp_path / "b.xes").read_bytes()


def test_a_file_that_fails_half_way_leaves_the_old_one(kept, tmp_path, monkeypatch):
    path = tmp_path / "log.xes"
    path.write_text("old")
    monkeypatch.setattr(Log, "cost", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(kept, "xes", path)
    assert [one.name for one in tmp_path.iterdir()] == ["log.xes"]
    assert path.read_text() == "old"


def test_formats_and_tables_of_the_command_are_those_of_python(kept):
    from journeysim.cli.app import ExportChoice

    assert [choice.value for choice in ExportChoice] == list(FORMATS)
    assert all(hasattr(kept, table) for table in TABLES)
    assert importlib.util.find_spec("journeysim.report.exports") is not None
