"""Every block of code on every page is run or checked; what is not stands in a list with its reason."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.docs.blocks import DISPLAYED, NOT_RUN, Block, blocks, commands, displayed, pages
from tests.docs.sandbox import SMALLER_FILES, Sandbox

from journeysim.errors import InputError
from journeysim.experiment import parse_scenario
from journeysim.experiment.scenario import ScenarioFile
from journeysim.journey import parse_document, parse_journey
from journeysim.journey.models import Journey

PAGES = {page.relative_to(ROOT).as_posix(): blocks(page) for page in pages()}
EVERY = [block for page in PAGES.values() for block in page]

PYTHON_SMALLER = {
    "docs/how-to/drawing.md": (("replications=5", "replications=2, jobs=1"),),
    "docs/figures.md": (
        ('"market.customers=4000", "market.months=6"', '"market.customers=600"'),
        ("replications=10", "replications=2, jobs=1"),
    ),
    "docs/how-to/golden.md": (
        ("scenarios/lunch-hour.yaml", "small/scenario.yaml"),
        ("costs=", "replications=2, fresh=2, jobs=1, costs="),
    ),
    "docs/how-to/report.md": (
        ("scenarios/lunch-hour.yaml", "small/scenario.yaml"),
        ('.yaml")', '.yaml", replications=2, jobs=1)'),
    ),
    "docs/how-to/selection.md": (
        ("scenarios/lunch-hour.yaml", "small/scenario.yaml"),
        ("smallest=True))", "smallest=True), jobs=1)"),
    ),
    "docs/how-to/sensitivity.md": (
        ("journeys/city-branch.yaml", "small/map.yaml"),
        ("vary=", "replications=2, jobs=1, vary="),
    ),
    "docs/how-to/staffing.md": (
        ("journeys/city-branch.yaml", "small/map.yaml"),
        ('group="tellers"', 'group="tellers", replications=2, fresh=2, jobs=1'),
    ),
}
"""What is replaced in the Python of a page before it is run."""

SLOW = {
    "docs/figures.md",
    "docs/explanation/how-wrong.md",
    "docs/explanation/market.md",
    "docs/explanation/word-of-mouth.md",
    "docs/how-to/drawing.md",
    "docs/how-to/exports.md",
    "docs/how-to/golden.md",
    "docs/how-to/report.md",
    "docs/how-to/selection.md",
    "docs/how-to/sensitivity.md",
    "docs/how-to/staffing.md",
    "docs/how-to/trainer.md",
    "docs/reference/cli.md",
    "docs/tutorial/first-what-if.md",
}
"""Pages that take longer than a few seconds."""


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    return Sandbox(tmp_path_factory.mktemp("project"))


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
        for name, found in PAGES.items()
        if any(displayed(block) is None for block in found)
    ],
)
def test_blocks_of_a_page_run_in_order(page: str, sandbox: Sandbox) -> None:
    names: dict[str, Any] = {"__name__": page}
    printed = ""
    with sandbox.entered():
        for block in PAGES[page]:
            if displayed(block):
                continue
            if block.is_output:
                compare(block, printed)
            elif block.language == "sh":
                printed = run_commands(block, sandbox)
            elif block.language == "python":
                printed = run_python(block, names)
            elif block.language == "yaml":
                check_yaml(block)
            else:
                pytest.fail(f"{block.place}: say in tests/docs/blocks.py what this block is")


def run_commands(block: Block, sandbox: Sandbox) -> str:
    printed = ""
    for line in commands(block):
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            check_make(block, words[1:])
        elif not_run(line) is None:
            assert words[0] in {"journeysim", ".venv/bin/journeysim"}, f"{block.place}: {line}"
            done = sandbox.journeysim(line)
            expected = 2 if "fails" in block.marks else 0
            assert done.code == expected, f"{block.place}: {line}\n{done.out}{done.err}"
            assert done.out.strip() or done.err.strip(), f"{block.place}: {line}"
            printed += done.out + (done.err if expected else "")
    return printed


def not_run(line: str) -> str | None:
    """Key in NOT_RUN of a command."""
    return next((start for start in NOT_RUN if line.startswith(start)), None)


def check_make(block: Block, words: list[str]) -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for word in words:
        assert word in targets or re.match(r"(ARGS|PYTHON|WORKERS)=", word), f"{block.place}: make {word}"


def run_python(block: Block, names: dict[str, Any]) -> str:
    if block.text.startswith(">>>"):
        example = doctest.DocTestParser().get_doctest(block.text, names, block.place, block.page, block.line)
        runner = doctest.DocTestRunner()
        said = io.StringIO()
        assert runner.run(example, out=said.write, clear_globs=False).failed == 0, said.getvalue()
        names.update(example.globs)
        return ""
    code = block.text
    for old, new in PYTHON_SMALLER.get(block.page, ()):
        code = code.replace(old, new)
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile("\n" * block.line + code, block.page, "exec"), names)
    return out.getvalue()


def compare(block: Block, printed: str) -> None:
    shown = [line.rstrip() for line in block.text.rstrip().splitlines()]
    lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
    if "part" not in block.marks:
        assert lines == shown, f"{block.place}: it prints\n{printed}"
        return
    left = iter(lines)
    missing = [line for line in shown if line not in left]
    assert not missing, f"{block.place}: not printed (in this order): {missing}\nit prints\n{printed}"


def check_yaml(block: Block) -> None:
    """Check a whole map or scenario as the command does; a part of one with what it leaves out filled in."""
    if target := block.written_to:
        Path(target).write_text(block.text, encoding="utf-8")
    if "wrong" in block.marks:
        with pytest.raises(InputError):
            parse_journey(block.text, block.place)
        return
    named = re.fullmatch(r"# yaml-language-server: \$schema=\.\./(\S+)\n", block.text)
    if named:
        assert (ROOT / named[1]).is_file(), block.place
        return
    found = parse_document(block.text, block.place).data
    if "scenario" in found:
        parse_scenario(block.text, block.place, Path("." if target else "scenarios"))
    elif "touchpoints" in found:
        journey = parse_journey(block.text, block.place, Path("." if target else "journeys"))
        # What a map on its own shows is without doubts; a page that runs one may speak of them.
        assert target or journey.warnings == ()
    elif found.keys() <= {field.alias or name for name, field in ScenarioFile.model_fields.items()}:
        ScenarioFile.model_validate({"scenario": "Part", "journey": "map.yaml", **found})
    else:
        whole = parse_document(Path("small/map.yaml").read_text(encoding="utf-8"), "small").data
        Journey.model_validate({**whole, **found})


def test_there_are_pages_of_all_kinds_and_every_language_is_used() -> None:
    assert {name.split("/")[1] for name in PAGES if name.count("/") == 2 and name.startswith("docs/")} >= {
        "explanation",
        "how-to",
        "reference",
        "tutorial",
    }
    assert {block.language for block in EVERY} == {"sh", "python", "yaml", "text"}


def test_nothing_is_indented_in_place_of_a_fence() -> None:
    assert [block.place for block in EVERY if not block.language] == []


def test_what_is_only_shown_is_there_and_who_looks_after_it_as_well() -> None:
    assert {displayed(block) for block in EVERY} - {None} == set(DISPLAYED)
    named = re.findall(r"tests/\S+\.py", " ".join([*DISPLAYED.values(), *NOT_RUN.values()]))
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_what_is_not_run_is_on_a_page_and_its_program_there() -> None:
    lines = [line for block in EVERY if block.language == "sh" for line in commands(block)]
    assert {not_run(line) for line in lines} - {None} == set(NOT_RUN)
    for name in re.findall(r"(?:python|sh) (tools/\S+)", "\n".join(NOT_RUN)):
        assert (ROOT / name).is_file()


def test_what_is_made_smaller_is_there() -> None:
    for page, replacements in PYTHON_SMALLER.items():
        code = "".join(block.text for block in PAGES[page] if block.language == "python")
        assert [old for old, _ in replacements if old not in code] == [], page
    for pattern, rules in SMALLER_FILES.items():
        text = "\n".join(path.read_text(encoding="utf-8") for path in ROOT.glob(pattern))
        assert [old for old, _ in rules if not re.search(old, text, re.MULTILINE)] == [], pattern
    assert PAGES.keys() >= SLOW
