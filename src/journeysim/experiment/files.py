"""Files that are whole or absent: written aside, synced, renamed."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeysim.errors import StoppedEarly

if TYPE_CHECKING:
    import polars as pl


@contextlib.contextmanager
def written_aside(path: Path) -> Iterator[Path]:
    """Name a file to write in place of another; when the block ends without an error it takes its place.

    A kill at any moment leaves the old file, the new one, or none.

    Raises
    ------
    StoppedEarly
        The file cannot be written (disk full, folder not writable, ...).
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        try:
            yield aside
            with aside.open("rb+") as stream:
                os.fsync(stream.fileno())
            aside.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; see `written_aside`."""
    with written_aside(path) as aside:
        aside.write_bytes(content)


def write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a table as Parquet, whole or not at all; see `write_whole`."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    write_whole(path, buffer.getvalue())


def write_json(path: Path, content: Any) -> None:
    """Write plain data as JSON, whole or not at all; see `write_whole`."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, indent=2)
    write_whole(path, f"{text}\n".encode())


def make_folder(path: Path) -> None:
    """Create a folder with its parents where it is missing.

    Raises
    ------
    StoppedEarly
        It cannot be created.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path, error) from error


def remove_stale(folder: Path) -> None:
    """Delete what killed processes left half-written, at any depth; only for a folder whose lock is held."""
    for aside in folder.rglob(".*.tmp"):
        with contextlib.suppress(OSError):
            aside.unlink()


def cannot_write(path: Path, error: OSError) -> StoppedEarly:
    """Build the error for a file or folder that cannot be written, with the system's reason."""
    return StoppedEarly(f"{path}: cannot be written: {error.strerror or error}; what had finished is kept")


def _sync_folder(folder: Path) -> None:
    # Without it a power cut may forget the rename. Not every system can open a folder.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
