"""``run`` on a scenario with a market: the answer from end to end."""

from __future__ import annotations

import json

import polars as pl
import pytest
from rich.cells import cell_len

SCENARIO = """\
scenario: 小市场
journey: map.yaml
replications: 3
seed: 3
market: {customers: 400, months: 2, burn_in_months: 1}
options:
  Today: {}
  One fewer: {set: {staff.tellers.count: 2}, cost_per_year: 1000}
  无人议论: {set: {behaviour.telling.told_good: 0, behaviour.telling.told_bad: 0}}
  One fewer, 无人议论:
    set: {staff.tellers.count: 2, behaviour.telling.told_good: 0, behaviour.telling.told_bad: 0}
contrasts:
  Echo: {of: [One fewer, Today], less: ["One fewer, 无人议论", 无人议论]}
"""


@pytest.fixture(scope="module")
def done(shared_cli):
    text = (shared_cli.folder / "map.yaml").read_text(encoding="utf-8")
    text = text.replace("priority: 2,", "priority: 2, margin_per_year: 900,")
    shared_cli.write("map.yaml", text)
    shared_cli.write("market.yaml", SCENARIO)
    found = shared_cli("run", "market.yaml", "--jobs", "1", "--replications", "2")
    assert found.returncode == 0, found.stderr
    return found


def test_tables_of_a_market_fit_and_are_all_there(done):
    lines = done.stdout.splitlines()
    assert max(cell_len(line) for line in lines) <= 100
    assert lines[0] == "小市场"
    assert lines[1].startswith("2 replications of 2 months in a market of 1,143 people, seed 3; ")
    for title in (
        "Difference from Today",
        "Differences of differences",
        "Customers by segment",
        "Customers at the end by rung of loyalty",
        "Customers lost by reason, over 2 months",
        "Complaints and word of mouth, over 2 months",
        "Banks, over 2 months",
        "Money a year",
        "By month, Today",
        "By month, One fewer",
        "By touchpoint, Today",
        "By staff group, Today",
    ):
        assert any(line.startswith(title) for line in lines), title
    head = next(at for at, line in enumerate(lines) if line.startswith("option"))
    for word in ("wait", "satisfied", "retained", "customers", "net value"):
        assert word in " ".join(lines[head - 2 : head])
    assert "customers %" in lines[head]
    assert "month 2" in done.stdout


def test_same_folder_again_answers_in_json(done, shared_cli):
    found = shared_cli("run", "market.yaml", "--jobs", "1", "--replications", "2", "--json")
    document = json.loads(found.stdout)
    assert (document["months"], document["people"], document["currency"]) == (2, 1143, None)
    metrics = {one["name"]: one["metrics"] for one in document["options"]}
    echo = document["contrasts"]["Echo"]
    assert echo["of"] == ["One fewer", "Today"]
    names = ("One fewer", "Today", "One fewer, 无人议论", "无人议论")
    bad, today, bad_silent, silent = (metrics[name]["satisfied_fraction"]["mean"] for name in names)
    wanted = (bad - today) - (bad_silent - silent)
    assert echo["metrics"]["satisfied_fraction"]["difference"] == pytest.approx(wanted, abs=1e-12)
    assert metrics["无人议论"]["told_bad"]["mean"] == 0
    (folder,) = [path for path in (shared_cli.folder / "runs").iterdir() if path.name.startswith("小市场")]
    table = pl.read_parquet(folder / "tables" / "contrasts.parquet")
    assert set(table["month"]) == {0, 1, 2}


def test_within_a_moment_two_replications_run_and_are_kept(shared_cli, done):
    more = shared_cli("run", "market.yaml", "--jobs", "1", "--within", "10 ms")
    assert more.returncode == 2
    assert more.stderr.startswith("--within: unknown unit ms, found 10 ms")
    short = shared_cli("run", "market.yaml", "--jobs", "1", "--within", "0.001s", "--out", "short", "--json")
    assert short.returncode == 0, short.stderr
    assert "2 of 3 replications fit into 0.001s" in short.stderr.splitlines()
    document = json.loads(short.stdout)
    assert {one["replications"] for one in document["options"]} == {2}
    two = json.loads(shared_cli("run", "market.yaml", "--jobs", "1", "--replications", "2", "--json").stdout)
    assert document["options"] == two["options"]
