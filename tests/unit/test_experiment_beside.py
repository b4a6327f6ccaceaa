"""Formulas beside the simulation of a run: what lies within, the document and the table."""

from __future__ import annotations

import json
import math

import pytest
from rich.cells import cell_len

from journeysim.branch import Beside
from journeysim.branch.own_rules import OwnRules
from journeysim.cli.columns import WIDTH, wrapped
from journeysim.cli.tables import run_tables
from journeysim.experiment import Run, load_scenario, run
from journeysim.experiment.beside import formula_document, lies_within
from journeysim.experiment.statistics import Estimate

MAP = """\
journey: Small branch
hours: {open: 09:00, close: 11:00}
segments: {all: {share: 1}}
needs: {cash: {share: 1, start: 柜台}}
arrivals: {per_hour: 30}
staff:
  tellers: {count: 3, serves: [line]}
  checkers: {count: 1, serves: [back]}
queues: {line: {}, back: {patience: none}}
touchpoints:
  柜台: {stage: T, queue: line, service: {exponential: {mean: 5 min}}, next: [{to: check}]}
  check: {stage: T, queue: back, service: {gamma: {mean: 1 min, cv: 0.7}}, next: [{to: home}]}
  home: {stage: T, service: {constant: 1 min}}
"""

SCENARIO = """\
scenario: Small question
journey: map.yaml
days: 40
replications: 10
options:
  Today: {}
  More: {set: {staff.checkers.count: 2}}
"""


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("small")
    (folder / "map.yaml").write_text(MAP, encoding="utf-8")
    (folder / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    return run(load_scenario(folder / "scenario.yaml"), jobs=1, steps=False)


@pytest.mark.parametrize(
    ("value", "interval", "within"),
    [
        (1.0, (0.9, 1.2), True),
        (0.9, (0.9, 1.2), True),
        (0.8, (0.9, 1.2), False),
        (1.3, (0.9, 1.2), False),
        (0.0, (0.0, 0.0), True),
        (0.001, (0.0, 0.0), None),
        (1.0, (math.nan, math.nan), None),
        (math.nan, (0.9, 1.2), None),
    ],
)
def test_what_lies_within_the_interval(value, interval, within):
    assert lies_within(value, Estimate(sum(interval) / 2, *interval, 10)) is within


def test_the_document_says_formula_or_reason():
    near = Beside("M/M/2", ("nearly",), {"wait_mean_min": 2.0, "waited_fraction": math.nan})
    found = formula_document(
        {"counter": near, "door": Beside(None, ("it has no queue",))},
        {"counter": {"wait_mean_min": Estimate(1.0, 0.5, 1.5, 9)}},
    )
    assert found == {
        "counter": {
            "formula": "M/M/2",
            "exact": False,
            "reasons": ["nearly"],
            "wait_mean_min": 2.0,
            "waited_fraction": None,
            "within_interval": {"wait_mean_min": False},
        },
        "door": {"reason": "it has no queue"},
    }


def test_every_option_has_its_formulas(done):
    today, more = json.loads(done.to_json())["options"]
    assert list(today["formula"]) == ["柜台", "check", "home"]
    assert today["formula"]["柜台"]["formula"] == "M/M/3"
    assert today["formula"]["柜台"]["exact"] is True
    assert today["formula"]["柜台"] == more["formula"]["柜台"]
    assert today["formula"]["check"]["formula"] == "M/G/1"
    assert more["formula"]["check"]["formula"] == "M/G/2"
    assert today["formula"]["home"] == {"reason": "it has no queue"}
    within = today["formula"]["柜台"]["within_interval"]
    assert set(within) == set(today["formula"]["柜台"]) - {"formula", "exact", "reasons", "within_interval"}
    wait = today["by_touchpoint"]["柜台"]["wait_mean_min"]
    assert within["wait_mean_min"] is (
        wait["low"] <= today["formula"]["柜台"]["wait_mean_min"] <= wait["high"]
    )


def test_the_table_shows_both_and_says_why_not(done):
    lines = run_tables(done).splitlines()
    at = lines.index("Beside the formula, Today")
    table = lines[at:]
    assert max(cell_len(line) for line in table) <= WIDTH
    assert table[1].split() == ["wait", "min", "waited", "%"]
    assert table[2].split() == ["formula", "simulated", "formula", "simulated"]
    said = done.formulas["Today"]["柜台"].values["wait_mean_min"]
    assert table[4].startswith("= 柜台")
    assert f"{said:.2f}" in table[4]
    assert table[5].startswith("~ check")
    assert table[7:] == [
        "柜台: M/M/3",
        "check: M/G/1; arrivals from 柜台 taken as random; service of cv 0.70 taken as phases",
        "home: no formula; it has no queue",
    ]


def test_a_value_outside_the_interval_is_marked(done):
    far = Beside("M/M/3", (), {"wait_mean_min": 99.0, "waited_fraction": 0.5, "reneged_fraction": 0.0})
    done.formulas["Today"]["柜台"], kept = far, done.formulas["Today"]["柜台"]
    try:
        assert "99.00*" in run_tables(done)
    finally:
        done.formulas["Today"]["柜台"] = kept


def test_a_run_without_any_formula_says_only_why(tmp_path):
    text = MAP.replace("queue: line, ", "").replace("queue: back, ", "")
    text = text[: text.index("staff:")] + "staff: {}\nqueues: {}\n" + text[text.index("touchpoints:") :]
    (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
    lines = run_tables(
        run(load_scenario(tmp_path / "map.yaml"), replications=2, jobs=1, steps=False)
    ).splitlines()
    at = lines.index("Beside the formula, Today")
    assert lines[at + 1 :] == ["柜台, check, home: no formula; it has no queue"]


def test_rules_of_ones_own_have_no_formulas(tmp_path):
    (tmp_path / "map.yaml").write_text(MAP, encoding="utf-8")
    found = run(load_scenario(tmp_path / "map.yaml"), replications=1, jobs=1, rules=OwnRules())
    (today,) = found.document["options"]
    assert today["formula"]["柜台"] == {"reason": "rules of one's own, in Python, decide"}
    kept = run(load_scenario(tmp_path / "map.yaml"), replications=1, jobs=1, rules=OwnRules(), out=tmp_path)
    assert kept.formulas == found.formulas


def test_long_texts_are_broken_between_words_whatever_the_script():
    lines = wrapped("柜台 " * 60 + "x" * 120)
    assert max(cell_len(line) for line in lines) <= WIDTH
    assert all(line.startswith("    柜台") for line in lines[1:-1])
    assert " ".join(" ".join(lines[:-1]).split()) == " ".join(["柜台"] * 60)
    assert lines[-1].endswith("…")
    assert wrapped("short") == ["short"]
