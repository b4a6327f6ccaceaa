"""Running in Python: what cannot change a number, and what a folder accepts."""

from __future__ import annotations

import contextlib
import json
import shutil

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from journeysim.errors import InputError, JourneySimError, StoppedEarly
from journeysim.experiment import files, load_scenario, open_run, parse_scenario, run
from journeysim.experiment.resolve import RESULTS
from journeysim.experiment.runner import Cutter
from journeysim.experiment.store import Chunk, RunFolder
from journeysim.journey import parse_journey

MAP = """\
journey: Small branch
hours: {open: 09:00, close: 10:00}
segments:
  regular: {share: 0.8, priority: 2, patience: {exponential: {mean: 8 min}}}
  vip: {share: 0.2}
needs: {cash: {share: 1, start: counter}}
arrivals: {per_hour: 40}
staff: {tellers: {count: 3, serves: [line], cost_per_hour: 60}}
queues: {line: {discipline: priority}}
touchpoints:
  counter: {stage: Transact, queue: line, service: {gamma: {mean: 4 min, cv: 0.7}}}
"""
OPTIONS = {
    "Today": "  Today: {}\n",
    "More": "  More: {set: {staff.tellers.count: 4}}\n",
    "Same": "  Same: {}\n",
    "Slower": "  Slower: {set: {touchpoints.counter.service: {constant: 5 min}}}\n",
}


def scenario_text(*options, head="days: 2\nreplications: 5\nseed: 3\n", plan="map.yaml"):
    return f"scenario: Small\njourney: {plan}\n{head}options:\n" + "".join(OPTIONS[name] for name in options)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "map.yaml").write_text(MAP)
    return tmp_path


def scenario(folder, *options, **more):
    return parse_scenario(scenario_text(*options, **more), "scenario.yaml", folder)


def run_folder(out):
    (found,) = out.iterdir()
    return RunFolder(found)


def assert_same(found, expected):
    assert_frame_equal(found.metrics, expected.metrics, check_exact=True)
    assert_frame_equal(found.steps, expected.steps, check_exact=True)
    assert found.document["options"] == expected.document["options"]


def test_the_number_of_jobs_cannot_change_a_number(folder):
    small = scenario(folder, "Today", "More")
    alone = run(small, jobs=1)
    assert_same(run(small, jobs=2), alone)
    assert_same(run(small), alone)


def test_an_option_that_changes_nothing_differs_by_exactly_zero(folder):
    found = run(scenario(folder, "Today", "More", "Same"), jobs=1)
    same = found.differences.filter(pl.col("option") == "Same")
    seen = same.filter(pl.col("n") > 1)
    assert seen.height > 50
    assert seen.select(pl.col("difference", "low", "high").abs().max()).row(0) == (0.0, 0.0, 0.0)
    assert seen["p"].unique().to_list() == [1.0]
    assert not same["real"].any()
    more = found.options[1].versus_baseline["wait_mean_min"]
    assert more.difference.difference < 0


def test_options_in_another_order_give_the_same_numbers(folder):
    one = run(scenario(folder, "Today", "More", "Slower"), jobs=1)
    other = run(
        scenario(
            folder, "Slower", "Today", "More", head="days: 2\nreplications: 5\nseed: 3\nbaseline: Today\n"
        ),
        jobs=1,
    )
    by_name = {option["name"]: option for option in other.document["options"]}
    for option in one.document["options"]:
        assert by_name[option["name"]] == option


def test_adding_an_option_changes_no_other(folder):
    few = run(scenario(folder, "Today", "More"), jobs=1)
    more = run(scenario(folder, "Today", "Slower", "More"), jobs=1)
    kept = more.metrics.filter(pl.col("option") != "Slower")
    assert_frame_equal(kept, few.metrics, check_exact=True)


def test_an_option_may_have_other_parts_than_the_baseline(folder):
    text = scenario_text("Today") + (
        "  Renamed:\n    set: {staff.clerks: {count: 3, serves: [line]}}\n    remove: [staff.tellers]\n"
    )
    today, renamed = run(parse_scenario(text, "s.yaml", folder), jobs=1).options
    assert list(today.by("staff")) == ["tellers"]
    assert list(renamed.by("staff")) == ["clerks"]
    assert "wait_mean_min" in renamed.versus_baseline
    assert not [key for key in renamed.comparisons if key.scope == "staff"]


def test_more_replications_extend_a_run(folder):
    small = scenario(folder, "Today", "More")
    run(small, jobs=1, out=folder / "runs")
    stored = run_folder(folder / "runs")
    before = (stored.path / "run.json").read_bytes()
    extended = run(small, replications=9, jobs=1, out=folder / "runs")
    whole = run(small, replications=9, jobs=1)
    assert_same(extended, whole)
    assert (stored.path / "run.json").read_bytes() == before
    assert json.loads(stored.result_path.read_text())["options"] == whole.document["options"]
    assert "replications: 9" in stored.scenario_path.read_text()
    fewer = run(small, replications=3, jobs=1, out=folder / "runs")
    assert_same(fewer, run(small, replications=3, jobs=1))
    assert json.loads(stored.result_path.read_text())["options"][0]["replications"] == 9


def test_a_finished_run_is_not_simulated_again(folder, monkeypatch):
    small = scenario(folder, "Today")
    first = run(small, jobs=1, out=folder / "runs")
    monkeypatch.setattr("journeysim.experiment.running.run_chunks", lambda *_: pytest.fail("simulated again"))
    assert run(small, jobs=1, out=folder / "runs").document == first.document


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


def test_a_kept_run_is_opened_as_it_was(folder):
    made = run(scenario(folder, "Today", "More"), out=folder / "runs", steps=True)
    opened = open_run(made.folder)
    assert opened.document == made.document
    for table in ("metrics", "summary", "differences", "steps", "visits"):
        assert_frame_equal(getattr(opened, table), getattr(made, table), check_exact=True)


def test_a_run_that_stopped_by_rule_is_opened_with_its_reason(folder):
    head = "days: 1\nseed: 3\nreplications: {until: {wait_mean_min: 0.001}, at_most: 3}\n"
    made = run(scenario(folder, "Today", "More", head=head), out=folder / "runs", steps=False)
    opened = open_run(made.folder)
    assert opened.stop == made.stop
    assert opened.document == made.document


@pytest.mark.parametrize("missing", ["run.json", "result.json"])
def test_what_is_no_finished_run_is_not_opened(folder, missing):
    made = run(scenario(folder, "Today"), out=folder / "runs", steps=False)
    (made.folder / missing).unlink()
    with pytest.raises(InputError, match=r"no folder of a run|unfinished"):
        open_run(made.folder)


def kill_at_write(monkeypatch, number):
    """Die while the file of that number, from 0, is half written; returns the count of files written."""
    written = []
    whole = files.write_whole

    def write(path, content):
        if len(written) == number:
            path.with_name(f".{path.name}.1.tmp").write_bytes(content[: len(content) // 2])
            raise Killed
        written.append(path.name)
        whole(path, content)

    for module in ("files", "store"):
        monkeypatch.setattr(f"journeysim.experiment.{module}.write_whole", write)
    return written


def test_a_run_killed_at_any_write_continues_to_the_same_end(folder, monkeypatch):
    small = scenario(folder, "Today", "More", head="days: 1\nreplications: 3\n")
    expected = run(small, jobs=1)
    number = 0
    while True:
        out = folder / f"killed-{number}"
        with monkeypatch.context() as patch, contextlib.suppress(Killed):
            written = kill_at_write(patch, number)
            run(small, jobs=1, out=out)
        if len(written) < number:
            break
        found = run(small, jobs=1, out=out, resume=True)
        stored = run_folder(out)
        assert_same(found, expected)
        assert list(stored.path.rglob("*.tmp")) == []
        steps = pl.concat([pl.read_parquet(path) for path in sorted(stored.path.rglob("steps*.parquet"))])
        assert steps.height == expected.steps.height
        number += 1
    assert number > 12


def test_an_unfinished_run_is_continued_only_when_asked(folder, monkeypatch):
    small = scenario(folder, "Today")
    with monkeypatch.context() as patch, contextlib.suppress(Killed):
        kill_at_write(patch, 3)
        run(small, jobs=1, out=folder / "runs")
    with pytest.raises(InputError, match=r"an unfinished run of this scenario lies here, hint: add --resume"):
        run(small, jobs=1, out=folder / "runs")


def test_a_folder_of_another_run_is_refused_with_the_difference_named(folder):
    run(scenario(folder, "Today"), jobs=1, out=folder / "runs")
    there = run_folder(folder / "runs").path
    with pytest.raises(
        InputError, match=r"another run lies here, which differs in seed: 3 there, 4 here, hint"
    ):
        run(scenario(folder, "Today"), seed=4, jobs=1, out=there)
    with pytest.raises(InputError, match=r"options\.More: nothing there, \{set: "):
        run(scenario(folder, "Today", "More"), jobs=1, out=there)


def test_a_run_begun_without_steps_does_not_get_them_later(folder):
    small = scenario(folder, "Today")
    run(small, jobs=1, out=folder / "runs", steps=False)
    with pytest.raises(InputError, match=r"begun without --steps"):
        run(small, jobs=1, out=folder / "runs", steps=True)


def test_a_run_of_other_results_is_refused(folder):
    small = scenario(folder, "Today")
    run(small, jobs=1, out=folder / "runs")
    stored = run_folder(folder / "runs")
    header = json.loads((stored.path / "run.json").read_text())
    (stored.path / "run.json").write_text(json.dumps(header | {"results": 0}))
    with pytest.raises(InputError, match=f"a program whose numbers differ: RESULTS 0, now {RESULTS}"):
        run(small, jobs=1, out=folder / "runs", resume=True)


def test_other_versions_are_noted(folder):
    small = scenario(folder, "Today")
    assert run(small, jobs=1, out=folder / "runs").notes == ()
    stored = run_folder(folder / "runs")
    header = json.loads((stored.path / "run.json").read_text())
    header["versions"]["numpy"] = "1.0"
    (stored.path / "run.json").write_text(json.dumps(header))
    (note,) = run(small, jobs=1, out=folder / "runs").notes
    assert "numpy 1.0 then" in note


def test_the_resolved_scenario_alone_reproduces_the_run(folder, tmp_path_factory):
    small = scenario(folder, "Today", "More")
    found = run(small, jobs=1, out=folder / "runs")
    stored = run_folder(folder / "runs").path
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    shutil.copytree(stored, elsewhere)
    again = load_scenario(elsewhere / "scenario.yaml")
    assert again.resolved == small.resolved
    assert_same(run(again, jobs=1), found)
    # It is the same run, so the folder accepts it.
    assert run(again, jobs=1, out=elsewhere).folder == elsewhere


def test_steps_and_visits(folder):
    found = run(scenario(folder, "Today", "More"), jobs=1)
    assert found.steps.columns[:4] == ["option", "replication", "day", "date"]
    assert found.steps["option"].unique(maintain_order=True).to_list() == ["Today", "More"]
    today = found.visits.filter(pl.col("option") == "Today")
    per_day = found.options[0].metrics["visits_per_day"].mean
    assert today.height == pytest.approx(per_day * 2 * 5)
    with pytest.raises(
        JourneySimError, match=r"steps: the run did not keep them, hint: run\(\.\.\., steps=True\)"
    ):
        _ = run(scenario(folder, "Today"), jobs=1, steps=False).steps


def test_a_journey_alone_is_one_option(folder):
    found = run(parse_journey(MAP).patched({"staff.tellers.count": 4}), replications=2, jobs=1)
    assert [option.name for option in found.options] == ["Today"]
    assert found.document["run"] is None
    assert found.scenario.name == "Small branch"


def test_the_document_has_the_shape_of_the_design(folder):
    document = run(scenario(folder, "Today", "More"), jobs=1, out=folder / "runs").document
    assert list(document) == ["scenario", "seed", "engine", "run", "options"]
    assert document["run"] == str(run_folder(folder / "runs").path)
    today, more = document["options"]
    assert list(today) == [
        "name", "replications", "metrics", "by_touchpoint", "by_segment", "by_staff", "versus_baseline",
        "answer", "formula",
    ]  # fmt: skip
    assert list(today["metrics"]["wait_mean_min"]) == ["mean", "low", "high", "n"]
    assert today["metrics"]["wait_mean_min"]["n"] == 5
    assert list(today["by_touchpoint"]) == ["counter"]
    assert list(today["by_segment"]) == ["regular", "vip"]
    assert "utilisation" in today["by_staff"]["tellers"]
    assert today["versus_baseline"] == {}
    told = more["versus_baseline"]["wait_mean_min"]
    assert list(told) == [
        "difference", "low", "high", "p", "p_adjusted", "real", "variance_removed_fraction",
    ]  # fmt: skip
    assert json.loads(run_folder(folder / "runs").result_path.read_text()) == document


def test_the_document_names_the_currency_of_its_money():
    found = run(parse_journey(MAP).patched({"currency": "CNY"}), replications=1, jobs=1)
    assert list(found.document) == ["scenario", "seed", "engine", "run", "currency", "options"]
    assert found.document["currency"] == "CNY"


def test_the_document_has_of_a_difference_what_tables_show(folder):
    found = run(scenario(folder, "Today", "More", "Slower"), jobs=1)
    of_wait = found.options[1].versus_baseline["wait_mean_min"]
    told = found.document["options"][1]["versus_baseline"]["wait_mean_min"]
    assert told["p_adjusted"] == of_wait.p_adjusted > told["p"]
    assert told["real"] is of_wait.real
    assert told["variance_removed_fraction"] == of_wait.difference.variance_removed


def test_nothing_observed_is_null(folder):
    found = run(scenario(folder, "Today"), replications=1, jobs=1).document["options"][0]
    wait = found["metrics"]["wait_mean_min"]
    assert wait["low"] is None
    assert wait["n"] == 1


def test_every_job_counts_up_to_the_end(folder):
    seen = []
    run(scenario(folder, "Today", "More"), jobs=1, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (10, 10)


def test_a_full_disk_stops_the_run_and_keeps_what_finished(folder, monkeypatch):
    small = scenario(folder, "Today", "More")
    whole = files.write_whole

    def full(path, content):
        if path.name.startswith("metrics-0001"):
            raise files.cannot_write(path, OSError(28, "No space left on device"))
        whole(path, content)

    with monkeypatch.context() as patch:
        patch.setattr("journeysim.experiment.files.write_whole", full)
        with pytest.raises(StoppedEarly, match="No space left on device"):
            run(small, jobs=1, out=folder / "runs")
    assert run_folder(folder / "runs").committed()
    assert_same(run(small, jobs=1, out=folder / "runs", resume=True), run(small, jobs=1))


@pytest.mark.parametrize(
    "wrong", [{"replications": 0}, {"replications": "3"}, {"seed": -1}, {"jobs": 0}, {"rules": 5}]
)
def test_an_argument_out_of_its_range(folder, wrong):
    (name,) = wrong
    with pytest.raises(JourneySimError, match=f"^{name}: .* is required, found "):
        run(scenario(folder, "Today"), **wrong)


def test_all_wrong_arguments_are_told_at_once(folder):
    with pytest.raises(JourneySimError, match=r"replications: [^\n]*\nseed: [^\n]*\njobs: "):
        run(scenario(folder, "Today"), replications=0, seed=-1, jobs=0)


def test_an_unknown_engine(folder):
    with pytest.raises(JourneySimError, match="engine: auto or one of simpy is required, found 'fast'"):
        run(scenario(folder, "Today"), engine="fast")


def test_chunks_cover_what_is_missing_once():
    cutter = Cutter([[0, 1, 2, 5, 6], [], [3, 4]], {0: 0.07, 2: 0.001})
    chunks = []
    while (chunk := cutter.next_chunk(1)) is not None:
        chunks.append(chunk)
    assert sorted(chunks) == [Chunk(0, 0, 3), Chunk(0, 5, 2), Chunk(2, 3, 2)]
    assert cutter.left() == 0


def test_chunks_are_small_until_measured_and_share_the_end():
    cutter = Cutter([list(range(100))])
    assert cutter.next_chunk(2) == Chunk(0, 0, 1)
    cutter.seconds[0] = 0.03
    assert cutter.next_chunk(2) == Chunk(0, 1, 10)
    cutter = Cutter([list(range(8))], {0: 0.001})
    assert cutter.next_chunk(2) == Chunk(0, 0, 2)
