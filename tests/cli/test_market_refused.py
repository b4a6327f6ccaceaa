"""A market that is wrong ends the command with 2 and words, never with a traceback."""

from __future__ import annotations

import pytest

MARKET = """\
scenario: Wrong market
journey: map.yaml
replications: 2
market:
  customers: 0
  months: twelve
  rivals:
    Rival A: {share: 1.4, scores: {mean: 0.1, sd: 0.5}}
    Rival B: {opens: soon}
  branches:
    Station: {journey: nowhere.yaml}
options:
  Today: {}
  Other: {period: {from: 2027-02-01, until: 2027-01-01}}
"""


@pytest.mark.parametrize("command", ["run", "check"])
def test_all_that_is_wrong_with_a_market_is_printed_at_once(cli, command):
    (cli.folder / "wrong.yaml").write_text(MARKET)
    found = cli(command, "wrong.yaml")
    assert found.returncode == 2
    assert found.stdout == "" or command == "check"
    words = found.stdout + found.stderr
    assert "Traceback" not in words
    for place in ("wrong.yaml:5:14", "wrong.yaml:6:11", "wrong.yaml:8:22", "wrong.yaml:8:27",
                  "wrong.yaml:9:22", "wrong.yaml:11:5", "wrong.yaml:14:11"):  # fmt: skip
        assert place in words, words
    assert "did you mean score?" in words
