"""Figures as files: the ending says which kind, and a file is whole or absent."""

from __future__ import annotations

import io
from pathlib import Path

from matplotlib.figure import Figure

from journeysim.errors import InputError, Problem
from journeysim.experiment.files import make_folder, write_whole
from journeysim.report.style import quiet_style

KINDS = ("svg", "png", "pdf")
"""Endings that a picture may have."""

_DPI = 150
_UNDATED: dict[str, dict[str, None]] = {
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
    "png": {"Software": None},
}
"""Metadata by kind: no date, so that the same figure is the same file."""


def picture_kind(path: Path) -> str:
    """Kind of a picture by its name.

    Raises
    ------
    InputError
        The name has another ending.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in KINDS:
        hint = f"for example {path.stem or 'picture'}.svg"
        problem = f"a name that ends in {', '.join(f'.{one}' for one in KINDS)} is required"
        raise InputError([Problem(str(path), 0, 0, "", problem, path.suffix, hint)])
    return kind


def write_picture(figure: Figure, path: Path) -> None:
    """Write a figure, whole or not at all.

    Raises
    ------
    InputError
        The name has an ending that is no picture's.
    StoppedEarly
        It cannot be written.
    """
    kind = picture_kind(path)
    buffer = io.BytesIO()
    # Fonts and the form of text in SVG are chosen when it is saved, not when it is drawn.
    with quiet_style():
        figure.savefig(buffer, format=kind, dpi=_DPI, metadata=_UNDATED[kind])
    make_folder(path.parent)
    write_whole(path, buffer.getvalue())
