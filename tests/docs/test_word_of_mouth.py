"""docs/explanation/word-of-mouth.md: its networks are ones."""

from __future__ import annotations

import re

import yaml
from tests.conftest import ROOT

from journeysim.market.network_models import FAMILIES, NetworkForm

PAGE = (ROOT / "docs" / "explanation" / "word-of-mouth.md").read_text(encoding="utf-8")


def test_every_network_that_it_shows_is_one() -> None:
    rows = re.findall(r"^\| `(\{.*?\})` \|", PAGE, re.MULTILINE)
    shown = [NetworkForm.model_validate(yaml.safe_load(row)) for row in rows]
    assert sorted(form.family for form in shown) == sorted(FAMILIES)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert NetworkForm.model_validate(yaml.safe_load(example)["market"]["network"]) == shown[0]


def test_lines_fit() -> None:
    assert [line for line in PAGE.splitlines() if len(line) > 120 and not line.startswith("|")] == []
