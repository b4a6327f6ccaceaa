"""docs/how-to/drawing.md: its picture is there, and the answer that it says to keep can be drawn.

Its commands and its Python are run by test_blocks.py.
"""

from __future__ import annotations

import re

from tests.conftest import ROOT

PAGE = (ROOT / "docs/how-to/drawing.md").read_text(encoding="utf-8")


def test_the_picture_is_there_and_is_what_the_program_draws():
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", PAGE)
    text = (ROOT / "docs/how-to" / picture).resolve().read_text(encoding="utf-8")
    assert text.startswith("<?xml")
    assert "<dc:date>" not in text
