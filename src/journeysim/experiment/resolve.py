"""The resolved scenario: everything written out, so that it alone reproduces a run, and its identity."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from journeysim.branch.own_rules import OwnRules
from journeysim.errors import JourneySimError

RESULTS = 3
"""Raised whenever the numbers of an unchanged scenario move, so that old runs are not continued."""

OWN_RULES = "files/own_rules.py"
"""Copy of an analyst's own rules, kept to be read; a run with rules is repeated from Python."""
FILES = "files"
"""Folder beside a resolved scenario that holds the data files it names."""

NO_PART_OF_ID = frozenset({"replications", "contrasts"})
"""Keys of a resolved scenario that move none of its numbers."""

_NAMING_FILES = frozenset({"from_log", "appointments", "empirical", "count", "network"})
"""Keys whose mapping may name a data file under ``file``."""


class DataFiles:
    """Collects the data files that a map and its changes name, and gives them names below `FILES`.

    Parameters
    ----------
    folder : where the map looks for its files; None for a map without a folder.
    content : files collected for other maps, to which these are added.
    """

    def __init__(self, folder: Path | None, content: dict[str, bytes] | None = None) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}
        self.content: dict[str, bytes] = {} if content is None else content

    def moved(self, data: Any, key: str = "") -> Any:
        """Return plain data with every data file named by where the resolved scenario finds it.

        Parameters
        ----------
        data : a map, a part of one, or the value of a patch.
        key : the key that ``data`` stands under.
        """
        if isinstance(data, dict):
            return {
                name: self._name(value)
                if name == "file" and key in _NAMING_FILES and isinstance(value, str)
                else self.moved(value, name)
                for name, value in data.items()
            }
        if isinstance(data, list | tuple):
            return [self.moved(value) for value in data]
        return data

    def moved_patches(self, patches: Mapping[str, Any]) -> dict[str, Any]:
        """Do the same for patches, whose paths say what their values stand under."""
        moved = {}
        for path, value in patches.items():
            parts = path.rsplit(".", 2)
            if parts[-1] == "file" and isinstance(value, str) and parts[-2:-1] and parts[-2] in _NAMING_FILES:
                moved[path] = self._name(value)
            else:
                moved[path] = self.moved(value, parts[-1])
        return moved

    def _name(self, file: str) -> str:
        if file in self._names:
            return self._names[file]
        if self._folder is None:
            return file
        path = self._folder / file
        name = f"{FILES}/{path.name}"
        # Names stay the same when a resolved scenario is resolved again, so that its identity does.
        number = 2
        while name in self.content:
            name = f"{FILES}/{path.stem}-{number}{path.suffix}"
            number += 1
        self.content[name] = path.read_bytes()
        self._names[file] = name
        return name


def rules_text(rules: OwnRules) -> str:
    """Source of an analyst's own rules and the values that they hold: what makes them these rules.

    Raises
    ------
    JourneySimError
        The source cannot be read, as of a class typed at a prompt.
    """
    try:
        source = inspect.getsource(type(rules))
    except (OSError, TypeError):
        raise JourneySimError(
            "rules: a class whose source can be read is required to keep a run, "
            f"found {type(rules).__qualname__}, hint: put it into a file, or leave out= away"
        ) from None
    values = {name: repr(value) for name, value in sorted(vars(rules).items())}
    return f"# Rules of the analyst's own, with {values or 'no values'}.\n{textwrap.dedent(source)}"


def run_id(resolved: Mapping[str, Any], files: Mapping[str, bytes]) -> str:
    """Hash of everything that the numbers of a run follow from, but the number of replications.

    Contrasts are no part of it: they ask something of the numbers and move none.

    Parameters
    ----------
    resolved : the resolved scenario.
    files : content of the data files that it names, by name.

    Returns
    -------
    64 hexadecimal digits.
    """
    kept = {key: value for key, value in resolved.items() if key not in NO_PART_OF_ID}
    digest = hashlib.sha256()
    digest.update(json.dumps([RESULTS, kept], ensure_ascii=False, separators=(",", ":")).encode())
    for name in sorted(files):
        digest.update(f"\n{name} {hashlib.sha256(files[name]).hexdigest()}".encode())
    return digest.hexdigest()


def folder_name(scenario: str, identity: str) -> str:
    """Name of a run's folder: the scenario's name as far as a file system takes it, and its identity."""
    slug = "-".join(re.findall(r"\w+", scenario.lower()))
    # 255 bytes is what file systems take; a Chinese character is three of them.
    short = slug.encode()[:120].decode(errors="ignore").strip("-")
    return f"{short or 'run'}-{identity[:8]}"


def differing(left: Any, right: Any, path: str = "") -> Iterable[tuple[str, Any, Any]]:
    """Yield path and both values of everything in which two resolved scenarios differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in dict.fromkeys([*left, *right]):
            inner = f"{path}.{key}" if path else str(key)
            yield from differing(left.get(key), right.get(key), inner)
    elif left != right or type(left) is not type(right):
        yield path, left, right
