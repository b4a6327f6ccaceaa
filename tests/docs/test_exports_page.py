"""docs/how-to/exports.md says what the program does; test_blocks.py runs its commands and its Python."""

from __future__ import annotations

import re

from tests.conftest import ROOT

from journeysim.report.exports import FORMATS, TABLES
from journeysim.report.exports.log import Moment
from journeysim.report.exports.ocel import event_type
from journeysim.report.exports.vidigi import ended, waiting

PAGE = (ROOT / "docs/how-to/exports.md").read_text(encoding="utf-8")


def test_formats_and_tables_of_the_page_are_those_of_the_program():
    assert re.findall(r"^\| `(\w+)` \| ", PAGE, re.MULTILINE) == list(FORMATS)
    told = PAGE.split("## Tables")[1].split(":")[0]
    assert tuple(re.findall(r"`(\w+)`", told)) == TABLES


def test_names_of_events_on_the_page_are_those_of_the_program():
    names = [*(event_type("counter", moment) for moment in Moment), waiting("counter"), ended("counter")]
    assert [name for name in names if f"`{name}`" not in PAGE] == []
