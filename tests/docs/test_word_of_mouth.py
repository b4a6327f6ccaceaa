"""docs/explanation/word-of-mouth.md: its Python prints what the page shows, its networks are ones."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

import yaml
from tests.conftest import ROOT

from journeysim.market.network_models import FAMILIES, NetworkForm

PAGE = (ROOT / "docs" / "explanation" / "word-of-mouth.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", PAGE, re.DOTALL)


def test_every_block_of_python_prints_what_the_page_shows() -> None:
    assert len(blocks()) == PAGE.count("```python") > 5
    names: dict[str, Any] = {}
    for code, shown in blocks():
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, "word-of-mouth.md", "exec"), names)
        assert out.getvalue() == shown, code


def test_every_network_that_it_shows_is_one() -> None:
    rows = re.findall(r"^\| `(\{.*?\})` \|", PAGE, re.MULTILINE)
    shown = [NetworkForm.model_validate(yaml.safe_load(row)) for row in rows]
    assert sorted(form.family for form in shown) == sorted(FAMILIES)
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert NetworkForm.model_validate(yaml.safe_load(example)["market"]["network"]) == shown[0]


def test_lines_fit() -> None:
    assert [line for line in PAGE.splitlines() if len(line) > 120 and not line.startswith("|")] == []
