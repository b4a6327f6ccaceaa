"""Reads the golden point from the answer that ``journeysim golden --json`` printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journeysim.errors import InputError, Problem


@dataclass(frozen=True)
class KeptGolden:
    """A golden point as a drawing needs it.

    Parameters
    ----------
    touchpoints : that it improves; empty where there is no golden point.
    sentence : what stands below the drawing; may be empty.
    """

    touchpoints: tuple[str, ...]
    sentence: str


def read_golden(file: Path) -> KeptGolden:
    """Read a kept answer.

    Raises
    ------
    InputError
        The file cannot be read, or is no such answer.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refused(file, "the file cannot be read", error.strerror or str(error)) from error
    except ValueError as error:
        raise _refused(file, "JSON is required", "") from error
    if not isinstance(document, dict) or not isinstance(document.get("answer"), str):
        raise _refused(file, "an answer of `journeysim golden --json` is required", "")
    if "golden_point" not in document:
        raise _refused(file, "an answer that names its golden point is required", "")
    point = document["golden_point"]
    if point is not None and not _is_point(point):
        raise _refused(file, "a golden point with its touchpoints is required", "")
    return KeptGolden(() if point is None else tuple(point["touchpoints"]), document["answer"])


def _is_point(point: Any) -> bool:
    names = point.get("touchpoints") if isinstance(point, dict) else None
    return isinstance(names, list) and all(isinstance(name, str) for name in names)


def _refused(file: Path, problem: str, found: str) -> InputError:
    hint = "keep one with: journeysim golden SCENARIO --json > golden.json"
    return InputError([Problem(str(file), 0, 0, "", problem, found, hint)])
