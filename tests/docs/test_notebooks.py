"""The notebooks: they run from a clean kernel, and what they have stored is what they show."""

from __future__ import annotations

import ast
import base64
import re
import struct
import sys

import nbformat
import pytest
from tests.conftest import ROOT

import journeysim

sys.path.insert(0, str(ROOT))
from tools.notebooks import executed, notebooks, shown_texts

NOTEBOOKS = notebooks()
MOST_BYTES = 400_000
MOST_PIXELS = 1400
PAGE = (ROOT / "docs" / "notebooks.md").read_text(encoding="utf-8")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def stored(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@each
@pytest.mark.slow
def test_runs_from_a_clean_kernel_and_shows_what_is_stored(path):
    assert shown_texts(executed(path)) == shown_texts(stored(path)), "run: python tools/notebooks.py"


@each
def test_is_stored_as_it_ran_from_top_to_bottom(path):
    notebook = stored(path)
    nbformat.validate(notebook)
    cells = code_cells(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        failed = [output for output in cell.outputs if output.output_type == "error"]
        assert bool(failed) == ("raises-exception" in cell.metadata.get("tags", []))


@each
def test_is_small_and_shows_without_a_kernel(path):
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size <= MOST_BYTES
    assert "widget" not in "".join(shown_texts(stored(path)))
    assert not re.search(r"/(home|root|work|tmp|Users)/", text)
    pictures = [
        output.data["image/png"]
        for cell in code_cells(stored(path))
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    for picture in pictures:
        width, height = struct.unpack(">II", base64.b64decode(picture)[16:24])
        assert max(width, height) <= MOST_PIXELS


@each
def test_opens_with_a_question_and_ends_with_what_was_learnt(path):
    texts = [cell.source for cell in stored(path).cells if cell.cell_type == "markdown"]
    assert texts[0].startswith("# ")
    assert "**The question.**" in texts[0]
    assert "?" in texts[0]
    assert texts[-1].startswith("## What was learnt")


@each
def test_uses_public_names_alone(path):
    tree = ast.parse("\n".join(cell.source for cell in code_cells(stored(path))).replace(");\n", ")\n"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "journeysim"
    }
    used |= {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "journeysim"
        for alias in node.names
    }
    inner = [
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        if name and name.startswith("journeysim.")
    ]
    assert used
    assert used <= set(journeysim.__all__)
    assert inner == []
    private = [
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr[0] == "_"
    ]
    assert private == []


@each
def test_stands_on_the_page_of_notebooks(path):
    assert path.name in PAGE


def test_there_is_one_for_each_of_the_seven_questions():
    assert [path.name[0] for path in NOTEBOOKS] == list("1234567")
