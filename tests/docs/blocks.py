"""Every block of code on the pages that people read, and what is done with it.

How a block is written says what is done with it:

- ``sh``: each line is run, in a copy of the project's maps and scenarios (see `sandbox`);
- ``python``: run in order, all blocks of a page with the same names; with ``>>>`` as doctest does;
- ``yaml``: read strictly and checked, whole files and parts of them;
- ``yaml file=NAME``: likewise, and written to that file for the commands below it;
- ``yaml wrong``: is refused;
- ``text output``: compared with all that the block before it printed to stdout; ``text output part``: each of
  its lines is among the lines printed, in this order;
- ``sh fails``: all its commands end with exit code 2; their messages count as what was printed;
- a directive (``{toctree}``, ``{eval-rst}``) is Sphinx's own.

Whatever else stands in a block is listed in `DISPLAYED` with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from tests.conftest import ROOT

DISPLAYED = {
    (
        "README.md",
        "Lunch-hour relief",
    ): "tests/docs/test_readme.py compares it, whole, with what `make run` prints",
    ("docs/how-to/journey-map.md", "map.yaml:31:21"): "tests/docs/test_journey_map.py makes these mistakes",
    ("docs/reference/cli.md", "xes "): "tests/docs/test_journey_map.py: the page is made from the program",
    ("docs/design.md", "journey map (YAML) ──►"): "a drawing",
    ("docs/how-to/cluster.md", ""): "tests/docs/test_cluster_page.py runs all of it on a cluster",
    ("docs/how-to/selection.md", "eta = "): "a formula; tests/docs/test_selection_page.py calculates it",
    ("docs/how-to/selection.md", "W(r) = "): "a formula; tests/unit/test_experiment_selection.py holds it",
    (
        "docs/how-to/sensitivity.md",
        "Of the 30 numbers",
    ): "tests/docs/test_sensitivity_page.py compares it with the program's answer",
    (
        "docs/explanation/formulas.md",
        "Beside the formula",
    ): "tests/docs/test_formulas.py holds it to the program",
}
"""Blocks that only show something, by page and beginning, each with who looks after it."""

NOT_RUN = {
    ".venv/bin/pip install '.[notebooks]'": "it would change what the tests run in",
    ".venv/bin/jupyter lab": "it opens a browser; tests/docs/test_notebooks.py runs every notebook",
    ".venv/bin/python tools/notebooks.py": "it writes into the project; tests/docs/test_notebooks.py",
    "python tools/call_centre.py predict": "its records are not shipped; tests/unit/test_call_centre_tool.py",
    "python tools/warsaw_shape.py": "its records are not shipped; tests/docs/test_log_tools.py",
    "python tools/loan_log.py": "its records are not shipped; tests/docs/test_log_tools.py",
}
"""Commands that are not run, by their beginning, each with the reason; their programs must be there."""


@dataclass(frozen=True)
class Block:
    """A block of code.

    Parameters
    ----------
    page : path from the root of the project.
    line : of the page on which it begins, from 1.
    language, marks : first word and further words of what stands behind the fence.
    text : what it holds.
    """

    page: str
    line: int
    language: str
    marks: tuple[str, ...]
    text: str

    @property
    def place(self) -> str:
        """Where it is, as a person finds it."""
        return f"{self.page}:{self.line}"

    @property
    def is_output(self) -> bool:
        """It shows what the block before it prints."""
        return self.language == "text" and "output" in self.marks

    @property
    def written_to(self) -> str | None:
        """File that it is written to."""
        return next((mark.removeprefix("file=") for mark in self.marks if mark.startswith("file=")), None)


def pages() -> list[Path]:
    """Every page that people read."""
    found = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("journeys/**/README.md")]
    return sorted(found, key=str)


def blocks(page: Path) -> list[Block]:
    """Every block of a page, fenced or indented, in order; directives of Sphinx left out."""
    found = []
    for token in MarkdownIt().enable("table").parse(page.read_text(encoding="utf-8")):
        if token.type in {"fence", "code_block"} and token.map and not token.info.startswith("{"):
            language, *marks = token.info.split() or [""]
            name = page.relative_to(ROOT).as_posix()
            found.append(Block(name, token.map[0] + 1, language, tuple(marks), token.content))
    return found


def displayed(block: Block) -> tuple[str, str] | None:
    """Key in `DISPLAYED` of a block that only shows something."""
    keys = [key for key in DISPLAYED if key[0] == block.page and block.text.startswith(key[1])]
    return keys[0] if keys else None


def commands(block: Block) -> list[str]:
    """Lines of a block of commands, continued lines joined, comments left out."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
