"""The tool that predicts the call centre: its selection, its rule of presence, its fit, and a whole run."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import call_centre  # noqa: E402
from callcentre import agents, fit, maps, records  # noqa: E402
from callcentre.compare import _erlang  # noqa: E402
from journeysim.branch.formulas import erlang_a  # noqa: E402
from journeysim.journey import load_journey  # noqa: E402

DAY = date(1999, 1, 3)
H = 3600


def shift(server: str, calls: list[tuple[float, float, str]], wait: float = 0.0) -> agents.Shift:
    return agents.Shift(
        DAY,
        server,
        np.array([start for start, _, _ in calls], float),
        np.array([end for _, end, _ in calls], float),
        np.array([records.NAMES.index(kind) for _, _, kind in calls]),
        np.full(len(calls), wait),
    )


def test_an_agent_is_passed_over_by_calls_given_to_others_free_later() -> None:
    first = shift("A", [(9 * H, 9 * H + 100, "regular"), (9 * H + 900, 9 * H + 1000, "regular")])
    # Becomes free at +150 (later than A at +100) and is given calls at +200 and +400: A is passed over twice.
    # The call at +120 went to B before that, free since long ago: it does not count.
    second = shift(
        "B",
        [
            (8 * H, 8 * H + 60, "regular"),
            (9 * H + 120, 9 * H + 150, "regular"),
            (9 * H + 200, 9 * H + 300, "regular"),
            (9 * H + 400, 9 * H + 500, "regular"),
        ],
    )
    passes = agents.passed_over([first, second])
    assert passes[0].tolist() == [2, 0]


def test_calls_of_a_type_that_the_agent_does_not_take_pass_nobody_over() -> None:
    first = shift("A", [(9 * H, 9 * H + 100, "regular"), (9 * H + 900, 9 * H + 1000, "regular")])
    other = shift("B", [(9 * H + 120, 9 * H + 150, "securities"), (9 * H + 200, 9 * H + 300, "securities")])
    assert agents.passed_over([first, other])[0].tolist() == [0, 0]
    assert (first.group, other.group) == (0, 2)


def test_presence_counts_calls_and_the_gaps_in_which_nobody_passed_the_agent_over() -> None:
    worked = [shift("A", [(9 * H, 9 * H + 100, "regular"), (9 * H + 700, 9 * H + 800, "regular")])]
    for passed, seconds in ((5, 800.0), (6, 200.0)):
        present = agents.presence(worked, [np.array([passed, 99])], [DAY], 6)
        assert present[0, 0].sum() * agents.STEP_S == pytest.approx(seconds)
    # A brief gap counts however often others were given calls, a gap of over half an hour never.
    brief = [shift("A", [(9 * H, 9 * H + 100, "regular"), (9 * H + 130, 9 * H + 200, "regular")])]
    assert agents.presence(brief, [np.array([9, 99])], [DAY], 1).sum() * agents.STEP_S == pytest.approx(200)
    long = [shift("A", [(9 * H, 9 * H + 100, "regular"), (10 * H, 10 * H + 100, "regular")])]
    assert agents.presence(long, [np.array([0, 99])], [DAY], 6).sum() * agents.STEP_S == pytest.approx(200)


def test_an_agent_whose_first_call_comes_soon_was_there_at_opening() -> None:
    for first, seconds in ((7 * H + 600, 700.0), (7 * H + 601, 100.0)):
        worked = [shift("A", [(first, first + 100, "regular")])]
        present = agents.presence(worked, [np.array([99])], [DAY], 6)
        assert present.sum() * agents.STEP_S == pytest.approx(seconds)


def test_whole_numbers_keep_the_total_and_owe_no_group_an_agent() -> None:
    present = np.random.default_rng(3).random((8, 5, 200)) * 3
    counts = agents.whole_numbers(present)
    total = np.cumsum(counts.sum(axis=0) - present.sum(axis=0), axis=-1)
    assert np.abs(total).max() <= 0.5 + 1e-9
    assert np.abs(np.cumsum(counts - present, axis=-1)).max() < 2
    assert counts.min() >= 0


def test_a_roster_has_a_row_only_where_a_count_changes() -> None:
    counts = np.zeros((8, 1, 204), int)
    counts[1, 0, 12:] = 2
    table = agents.roster_table(counts, [DAY])
    assert table["from"].cast(pl.String).str.slice(0, 5).to_list() == ["07:00", "08:00"]
    assert table["prospective"].to_list() == [0, 2]


def test_patience_by_hand() -> None:
    # Of 4 who wait, one leaves at 10; one is answered at 20 (and tells no more); of 2 left one leaves at 30.
    wait, left = np.array([10.0, 20, 30, 40]), np.array([True, False, True, False])
    assert fit.kaplan_meier(wait, left, np.array([5.0, 10, 25, 30, 90])).tolist() == pytest.approx(
        [1, 0.75, 0.75, 0.375, 0.375]
    )


def test_one_slow_level_is_weighted_by_its_half_life() -> None:
    assert fit._weighted(np.array([1.0, 1.0, 4.0]), 1.0) == pytest.approx((0.25 + 0.5 + 4) / 1.75)


def test_rounded_shares_sum_to_one() -> None:
    shares = maps.rounded_shares(np.array([1, 1, 1]) / 3)
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    assert [round(float(share), 4) for share in shares] == [0.3334, 0.3333, 0.3333]


def test_erlang_between_two_whole_numbers_of_agents() -> None:
    low, high = (erlang_a(60, 4, servers, 5).reneged_fraction for servers in (4, 5))
    assert _erlang(60, 240, 4.25, 300)["gave_up"] == pytest.approx(0.75 * low + 0.25 * high)


def test_months_are_read_as_one_or_as_a_range(capsys: pytest.CaptureFixture[str]) -> None:
    assert call_centre.months("7") == (7,)
    assert call_centre.months("1-3") == (1, 2, 3)
    with pytest.raises(SystemExit):
        call_centre.main(["predict", "x", "--fit", "6-1"])
    assert "a month or a range" in capsys.readouterr().err


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records of 8 days in January and 9 in February, of a centre with ten agents."""
    rng = np.random.default_rng(7)
    rows = []
    for number in range(60):
        day = date(1999, 1, 3) + timedelta(number)
        if day.isoweekday() not in (7, 1, 2, 3, 4) or day.day > 12:
            continue
        free = np.zeros(10)
        for at in np.sort(rng.integers(7 * H, 23 * H, 1100)):
            kind = rng.choice(list(records.TYPES), p=[0.6, 0.12, 0.1, 0.08, 0.05, 0.05])
            agent = int(free.argmin())
            start = int(max(at, free[agent]))
            queued = start > at
            leaves = queued and start - at > rng.exponential(300)
            end = (
                start
                if leaves
                else start + int(rng.choice([3, 1]) if rng.random() < 0.1 else 10 + rng.exponential(380))
            )
            if not leaves:
                free[agent] = end + int(rng.integers(3, 9))
            rows.append(
                {
                    "date": day,
                    "call_id": len(rows),
                    "type": kind,
                    "priority": int(rng.choice([1, 2])) if queued else 0,
                    "vru_exit": int(at),
                    "q_start": int(at) if queued else 0,
                    "q_exit": start if queued else 0,
                    "outcome": "HANG" if leaves else "AGENT",
                    "ser_start": 0 if leaves else start,
                    "ser_exit": 0 if leaves else end,
                    "server": "NONE" if leaves else f"S{agent}",
                }
            )
    path = tmp_path_factory.mktemp("records") / "log.parquet"
    pl.DataFrame(rows).with_columns(pl.col("priority").cast(pl.Int8)).write_parquet(path)
    return path


def test_calls_that_neither_queued_nor_were_answered_are_left_out(log: Path) -> None:
    raw = pl.read_parquet(log)
    calls = records.regular_calls(raw)
    menu = raw.with_columns(outcome=pl.lit("HANG"), q_start=pl.lit(0))
    assert calls.height == raw.height
    assert records.regular_calls(menu).is_empty()
    assert records.regular_calls(raw.filter(pl.col("date") == pl.col("date").min()).head(999)).is_empty()
    # A call that began before midnight and ended after it.
    late = raw.with_columns(q_start=pl.lit(86_390), q_exit=pl.lit(20), outcome=pl.lit("HANG"))
    assert records.regular_calls(late)["wait_s"].unique().to_list() == [30]


def test_a_half_hour_of_many_calls_is_a_surge(log: Path) -> None:
    calls = records.in_months(records.regular_calls(pl.read_parquet(log)), (1,))
    usual = np.bincount(records.half_hours(calls), minlength=48) / calls["date"].n_unique()
    surge = fit.NEEDS.index(fit.SURGE)
    assert (fit.needs(calls, usual) == surge).mean() < 0.02
    assert (fit.needs(calls, usual / 5) == surge).mean() > 0.95


def test_priority_of_calls_that_did_not_queue_is_as_common_as_of_the_others(log: Path) -> None:
    calls = records.regular_calls(pl.read_parquet(log))
    fitted = fit.fit(calls, agents.shifts(calls), 6)
    found = fit.segments(calls, fitted)
    regular = (calls["type"] == "regular").to_numpy()
    alone = regular & ~calls["queued"].to_numpy()
    preferred = found == fit.SEGMENTS.index("regular_preferred")
    assert preferred[alone].mean() == pytest.approx(fitted.high_share["regular"], abs=0.02)
    known = regular & calls["queued"].to_numpy()
    assert (preferred[known] == calls["high"].fill_null(value=False).to_numpy()[known]).all()


def test_predict_and_write_run_on_any_months(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = [str(log), "--fit", "1", "--predict", "2", "--rule", "6"]
    call_centre.main(["predict", *chosen, "--replications", "2", "--workers", "1"])
    printed = capsys.readouterr().out
    assert "Predicted, February: 9 regular weekdays" in printed
    assert "Mean absolute error over the hours" in printed
    assert "nan" not in printed.split("By hour: wait, s")[1].split("23:00")[0]
    call_centre.main(["write", *chosen, "--folder", str(tmp_path)])
    journey = load_journey(tmp_path / "call-centre.yaml")
    assert journey.arrivals.recorded is not None
    assert len(journey.arrivals.recorded.dates) == 9
    typical = load_journey(tmp_path / "call-centre-typical.yaml")
    assert sum(segment.share or 0 for segment in typical.segments.values()) == pytest.approx(1)
