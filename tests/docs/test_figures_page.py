"""The page of figures shows every figure; `test_blocks` runs its Python."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT
from tools.pictures import GALLERY, MOST_BYTES

from journeysim.report import figures

PAGE = GALLERY.read_text(encoding="utf-8")
PICTURES = re.findall(r"!\[.+?\]\((pictures/figures/.+?\.svg)\)", PAGE)


def test_every_figure_has_its_picture() -> None:
    drawn = re.findall(r"^figure = report\.(\w+)\(", PAGE, re.MULTILINE)
    assert sorted(drawn) == sorted(figures.__all__)
    assert len(set(PICTURES)) == len(drawn)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_there_and_small(name: str) -> None:
    """`python tools/pictures.py` draws them."""
    assert 5_000 < (ROOT / "docs" / name).stat().st_size <= MOST_BYTES
