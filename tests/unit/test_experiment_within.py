"""As many replications as fit into a time: the same of every option, and the same numbers."""

from __future__ import annotations

import pytest
from polars.testing import assert_frame_equal
from tests.small_branch import small_scenario

from journeysim.errors import JourneySimError
from journeysim.experiment import parse_scenario, run, runner
from journeysim.experiment.runner import Cutter, TimeLimit
from journeysim.experiment.store import Chunk, complete_replications

SCENARIO = small_scenario("""\
days: 1
replications: 9
options:
  Today: {}
  More: {set: {staff.tellers.count: 4}}
""")


class Clock:
    """A clock that goes on by a second whenever somebody looks."""

    now = 0.0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(runner.time, "monotonic", clock)
    return clock


def handed_out(cutter):
    chunks = []
    while (chunk := cutter.next_chunk(1)) is not None:
        chunks.append(chunk)
    return chunks


def test_nothing_is_begun_that_would_end_too_late(clock):
    cutter = Cutter([list(range(20))], {0: 10.0}, TimeLimit(16.5))
    # Replication 0 may begin at second 1, ..., 5 at second 6; at 7 there are 9.5 seconds left.
    assert handed_out(cutter) == [Chunk(0, first, 1) for first in range(6)]


def test_a_chunk_shrinks_to_what_fits(clock):
    cutter = Cutter([list(range(20))], {0: 0.01}, TimeLimit(1.055))
    assert handed_out(cutter) == [Chunk(0, 0, 5)]


def test_two_are_run_of_every_option_however_late_it_is(clock):
    clock.now = 1e6
    chunks = handed_out(Cutter([list(range(20)), list(range(20))], {}, TimeLimit(0.0)))
    assert sorted(chunks) == [Chunk(0, 0, 1), Chunk(0, 1, 1), Chunk(1, 0, 1), Chunk(1, 1, 1)]
    assert handed_out(Cutter([[7, 8], [7, 8]], {}, TimeLimit(0.0))) == []


@pytest.mark.parametrize(
    ("done", "tasks", "complete"),
    [
        ([], 2, 0),
        ([Chunk(0, 0, 5)], 2, 0),
        ([Chunk(0, 0, 5), Chunk(1, 0, 3)], 2, 3),
        ([Chunk(0, 0, 2), Chunk(0, 3, 2)], 1, 2),
        ([Chunk(0, 0, 2), Chunk(0, 2, 2)], 1, 4),
    ],
)
def test_replications_count_as_far_as_all_options_have_them(done, tasks, complete):
    assert complete_replications(done, tasks) == complete


def test_what_ran_equals_a_run_of_that_number(tmp_path):
    scenario = parse_scenario(SCENARIO, "s.yaml", tmp_path)
    short = run(scenario, jobs=1, within_s=1e-6)
    assert (short.scenario.replications, short.asked) == (2, 9)
    assert {option.replications for option in short.options} == {2}
    two = run(scenario, replications=2, jobs=1)
    assert_frame_equal(short.metrics, two.metrics, check_exact=True)
    assert short.document == two.document
    enough = run(scenario, jobs=1, within_s=600)
    assert (enough.scenario.replications, enough.asked) == (9, 9)


def test_a_folder_is_finished_as_far_as_it_went_and_can_be_extended(tmp_path):
    scenario = parse_scenario(SCENARIO, "s.yaml", tmp_path)
    short = run(scenario, jobs=2, within_s=1e-6, out=tmp_path / "runs")
    again = run(scenario, jobs=1, within_s=1e-6, out=tmp_path / "runs")
    assert again.scenario.replications == short.scenario.replications < 9
    assert f"replications: {short.scenario.replications}\n" in (short.folder / "scenario.yaml").read_text()
    whole = run(scenario, jobs=1, out=tmp_path / "runs")
    assert whole.folder == short.folder
    assert whole.options[0].replications == 9
    assert_frame_equal(whole.metrics, run(scenario, jobs=1).metrics, check_exact=True)


def test_a_time_of_nothing_is_refused(tmp_path):
    with pytest.raises(JourneySimError, match="within_s: seconds above 0 are required, found 0"):
        run(parse_scenario(SCENARIO, "s.yaml", tmp_path), within_s=0)
