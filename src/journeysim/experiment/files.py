"""Files that are whole or absent: written aside, synced, renamed."""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journeysim.errors import InputError, Problem, StoppedEarly

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
    aside = _aside(path)
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


def refuse_unwritable_file(path: Path) -> None:
    """Refuse a file that could not be written in the end, before the work that would go into it.

    Raises
    ------
    InputError
        Its folder does not exist or takes no files, or something that is no file bears its name.
    """
    folder = path.parent
    if not _stands(folder):
        raise _no_place(
            path, "a folder that exists is required", f"no folder {folder}", "make the folder first"
        )
    if _stands(path) and not path.is_file():
        found = "a folder" if path.is_dir() else "something that is no file"
        raise _no_place(path, "the name of a file is required", found, "give the file another name")
    _try_to_write(path, folder, _aside(path).name)


def refuse_unwritable_folder(path: Path) -> None:
    """Refuse a folder that could not be made or written to, before the work that would go into it.

    Raises
    ------
    InputError
        A file stands where it or one of its parents must be, or the folder that there is takes no files.
    """
    there = path
    while not _stands(there) and there != there.parent:
        there = there.parent
    _try_to_write(path, there, f".{os.getpid()}.tmp")


def _try_to_write(path: Path, folder: Path, name: str) -> None:
    """Permissions alone say nothing of disks that cannot be written, or are full."""
    if not folder.is_dir():
        raise _no_place(path, "a folder is required", f"a file, {folder}", "give another place")
    probe = folder / name
    try:
        with contextlib.suppress(FileNotFoundError):
            path.lstat()  # whose name may be too long
        probe.write_bytes(b"?")
    except OSError as error:
        problem, why = "a place that can be written to is required", f"{folder}: {error.strerror or error}"
        raise _no_place(path, problem, why, "give another place") from None
    finally:
        with contextlib.suppress(OSError):
            probe.unlink()


def _stands(path: Path) -> bool:
    """Whether something stands there, as far as one may look."""
    with contextlib.suppress(OSError):
        path.stat()
        return True
    return False


def _no_place(path: Path, problem: str, found: str, hint: str) -> InputError:
    return InputError([Problem(str(path), 0, 0, "", problem, found, hint)])


def remove_stale(folder: Path) -> None:
    """Delete what killed processes left half-written, at any depth; only for a folder whose lock is held."""
    for aside in folder.rglob(".*.tmp"):
        with contextlib.suppress(OSError):
            aside.unlink()


def cannot_write(path: Path, error: OSError) -> StoppedEarly:
    """Build the error for a file or folder that cannot be written, with the system's reason."""
    return StoppedEarly(f"{path}: cannot be written: {error.strerror or error}")


def _aside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def _sync_folder(folder: Path) -> None:
    # Without it a power cut may forget the rename. Not every system can open a folder.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
