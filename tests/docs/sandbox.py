"""Where the commands and the Python of the pages run: a copy of the project, made small.

Documented commands stay as a person would type them, and the numbers of a year of a market take minutes. So
what is run is smaller, in exactly the ways that are listed here.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.market_maps import write_market

SMALLER_FILES = {
    "scenarios/*.yaml": (
        (r"^replications: .*$", "replications: 2"),
        (r"\n +burn_in_months: \d+$", ""),
        (r"^( +)months: \d+$", r"\1months: 1\n\1burn_in_months: 1"),
        (r"^( +)customers: \d+", r"\g<1>customers: 600"),
        (r"opens: \d{4}-\d\d-\d\d$", "opens: 2027-01-05"),
        (r"^days: \d+", "days: 5"),
    ),
    "journeys/city-branch.yaml": ((r"^arrivals:$", "arrivals:\n  scale: 0.1"),),
}
"""What is replaced in the copies of shipped files, by pattern."""

SEARCHED = {
    "scenarios/lunch-hour.yaml": "small/scenario.yaml",
    "journeys/city-branch.yaml": "small/map.yaml",
    "4..8": "1..1",
    "Fifth teller at lunch": "One more teller",
}
"""What commands that search among many options work on: a branch that is open for one hour."""
SEARCHES = ("golden", "select", "sensitivity", "staff")

FEWER = {
    "run": ("--jobs", "1"),
    "golden": ("--jobs", "1", "--replications", "2", "--fresh", "2"),
    "select": ("--jobs", "1", "--at-most", "20"),
    "sensitivity": ("--jobs", "1", "--replications", "2"),
    "staff": ("--jobs", "1", "--replications", "2", "--fresh", "2"),
}
"""Options that are added to a command, by the command; what stands last counts."""
MADE = {
    r"runs/city-branch-[0-9a-f]{8}": "journeysim run journeys/city-branch.yaml --out kept/city-branch",
    r"runs/lunch-hour-relief-[0-9a-f]{8}": "journeysim run scenarios/lunch-hour.yaml --out kept/lunch-hour",
    r"golden\.json": "journeysim golden scenarios/lunch-hour.yaml --json > golden.json",
}
"""What makes a file, or the folder of a run, that a page names and that is not there, by pattern of the name.

The last word of the command is where it is made: a run that was made small has another id."""

BARE_MAP = ("--replications", "2")
"""Options that are added to a run of a shipped map."""


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str


class Sandbox:
    """A folder with the project's files, in which this process works while a page runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("journeys", "scenarios", "schemas"):
            shutil.copytree(ROOT / name, folder / name)
        for pattern, replacements in SMALLER_FILES.items():
            for path in folder.glob(pattern):
                text = path.read_text(encoding="utf-8")
                for old, new in replacements:
                    text = re.sub(old, new, text, flags=re.MULTILINE)
                path.write_text(text, encoding="utf-8")
        (folder / "small").mkdir()
        write_market(folder / "small")
        self._done: dict[str, Done] = {}

    @contextlib.contextmanager
    def entered(self) -> Iterator[None]:
        """Work in the folder, on a terminal of 100 columns."""
        before = os.environ.get("COLUMNS")
        os.environ["COLUMNS"] = "100"
        try:
            with contextlib.chdir(self.folder):
                yield
        finally:
            del os.environ["COLUMNS"]
            if before is not None:
                os.environ["COLUMNS"] = before

    def journeysim(self, line: str) -> Done:
        """Run one command line, made small where it works on shipped files; one that does only once."""
        of_page = any(Path(word).is_file() and not (ROOT / word).is_file() for word in shlex.split(line))
        if of_page or line not in self._done:
            self._done[line] = self._run(line)
        return self._done[line]

    def _run(self, line: str) -> Done:
        command, _, target = line.partition(" > ")
        arguments = [self._made(word) for word in _expanded(shlex.split(command, comments=True)[1:])]
        out, err = io.StringIO(), io.StringIO()
        code = 0
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            from journeysim.cli.app import app

            try:
                app(smaller(arguments), prog_name="journeysim")
            except SystemExit as end:
                code = int(end.code or 0)
        if target:
            Path(target.split("#")[0].strip()).write_text(out.getvalue(), encoding="utf-8")
        return Done(code, out.getvalue(), err.getvalue())

    def _made(self, word: str) -> str:
        """What is made in place of a file or folder that a page names, or the word itself."""
        line = next((line for name, line in MADE.items() if re.fullmatch(name, word)), None)
        if line is None or Path(word).exists():
            return word
        done = self.journeysim(line)
        assert done.code == 0, done.err
        made = Path(line.split()[-1])
        if made.is_file():
            return str(made)
        (folder,) = (path for path in made.iterdir() if path.is_dir())
        return str(folder)


def _expanded(words: list[str]) -> list[str]:
    """Words with patterns for files replaced by the files."""
    found: list[str] = []
    for word in words:
        matching = sorted(str(path) for path in Path().glob(word)) if "*" in word else []
        found += matching or [word]
    return found


def smaller(arguments: list[str]) -> list[str]:
    """Arguments of a command made small; those on files that a page has written stay as they are."""
    name = arguments[0]
    shipped = [word for word in arguments[1:] if (ROOT / word).is_file() and word.endswith(".yaml")]
    if name not in FEWER or not shipped:
        return arguments
    if name in SEARCHES:
        arguments = [SEARCHED.get(word, word) for word in arguments]
    bare = BARE_MAP if name == "run" and shipped[0].startswith("journeys/") else ()
    return [*arguments, *FEWER[name], *bare]
