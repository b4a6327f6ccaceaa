"""Scores in what the command prints."""

from __future__ import annotations

import json
import re

from rich.cells import cell_len

FEW = ("--replications", "3", "--jobs", "1")
BRANCH = """\
journey: Two lines
hours: {open: 09:00, close: 11:00}
segments:
  regular: {share: 0.8, acceptable_wait: {constant: 4 min}}
  贵宾: {share: 0.2, acceptable_wait: {constant: 2 min}}
needs:
  cash: {share: 1, start: hello}
arrivals: {per_hour: 40}
staff:
  greeters: {count: 5, serves: [door]}
  tellers: {count: 3, serves: [line], attentive: 0.1}
queues:
  door: {}
  line: {}
touchpoints:
  hello:
    stage: Arrive
    queue: door
    kano: attractive
    service: {constant: 30 s}
    next: [{to: counter}]
  counter:
    stage: Transact
    queue: line
    service: {gamma: {mean: 4 min, cv: 0.7}}
    next: [{to: form}]
  form:
    stage: Leave
    service: {constant: 1 min}
"""


def test_scores_by_all_touchpoint_and_segment_in_the_document(cli):
    document = json.loads(cli("run", "scenario.yaml", "--json", *FEW).stdout)
    today, more, same = document["options"]
    for option in document["options"]:
        parts = [option["metrics"], *option["by_segment"].values()]
        assert len(parts) == 3
        for part in parts:
            assert (
                -1 <= part["score_mean"]["low"] < part["score_mean"]["mean"] < part["score_mean"]["high"] <= 1
            )
            assert 0 < part["satisfied_fraction"]["mean"] < 1
            assert -1 < part["net_promoter_score"]["mean"] < 1
        point = option["by_touchpoint"]["counter"]
        assert {"score_mean", "wait_score_mean", "encounter_score_mean"} <= set(point)
        assert "net_promoter_score" not in point
    for metric in ("score_mean", "satisfied_fraction", "net_promoter_score"):
        assert more["versus_baseline"][metric]["difference"] > 0
        assert more["metrics"][metric]["mean"] > today["metrics"][metric]["mean"]
        told = same["versus_baseline"][metric]
        assert [told[key] for key in ("difference", "low", "high", "p")] == [0.0, 0.0, 0.0, 1.0]


def test_behaviour_of_an_option_reaches_its_scores(cli):
    text = (cli.folder / "scenario.yaml").read_text()
    changed = text.replace("  Nothing changed: {}", "  Touchy: {set: {behaviour.waiting.overestimation: 4}}")
    document = json.loads(cli("run", cli.write("touchy.yaml", changed).name, "--json", *FEW).stdout)
    versus = document["options"][2]["versus_baseline"]
    assert versus["score_mean"]["high"] < 0
    assert versus["wait_mean_min"]["difference"] == 0


def test_tables_show_scores_and_mark_the_lowest_point_of_the_curve(cli):
    cli.write("two.yaml", BRANCH)
    done = cli("run", "two.yaml", *FEW)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(cell_len(line) for line in lines) <= 100
    heading = next(line for line in lines if "net promoter" in line)
    assert "score" in heading
    assert "satisfied" in heading
    marked = [line for line in lines if re.search(r"\d< ", line) or line.rstrip().endswith("<")]
    assert [line.split()[0] for line in marked] == ["counter"]
    assert "< lowest point of the emotion curve, the mean score along the journey" in lines
    (form,) = [line for line in lines if line.startswith("form ")]
    assert "-" in form.split()


def test_one_touchpoint_makes_no_curve(cli):
    done = cli("run", "map.yaml", *FEW)
    assert "By touchpoint" in done.stdout
    assert "emotion curve" not in done.stdout
