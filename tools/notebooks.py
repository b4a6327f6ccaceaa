"""Runs the notebooks from a clean kernel and stores what they show; tests hold them to it.

    python tools/notebooks.py                  # all of notebooks/, two at a time where there are two cores
    python tools/notebooks.py notebooks/1*     # some

Stored is what a page without a kernel can show: texts, tables and pictures. Sliders need a kernel and are
left out, as are the bars of runs that are over.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
SECONDS = 600
"""A cell that takes longer is given up."""

AT_A_TIME = 2


def notebooks() -> list[Path]:
    """The notebooks, in order."""
    return sorted(FOLDER.glob("*.ipynb"))


def executed(path: Path) -> Any:
    """Run a notebook from a clean kernel, as it stands, and return it with its outputs.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        if a cell fails that is not tagged ``raises-exception``.
    """
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    )
    client.execute()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not _is_left_out(output)]
            cell.metadata = _tags(cell.metadata)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def shown_texts(notebook: Any) -> list[str]:
    """Everything that the cells print and show, but for pictures: what must be the same on every machine."""
    texts = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                texts.append("".join(output.text))
            elif output.output_type == "error":
                texts.append("\n".join(output.traceback))
            elif "image/png" not in output.data:
                data = output.data
                texts.append("".join(data.get("text/html", data.get("text/plain", ""))))
    return texts


def main(names: list[str]) -> None:
    """Run notebooks and store them."""
    paths = [Path(name).resolve() for name in names] or notebooks()
    with ThreadPoolExecutor(AT_A_TIME) as threads:
        for path, notebook in zip(paths, threads.map(executed, paths), strict=True):
            nbformat.write(notebook, path)  # type: ignore[no-untyped-call]
            print(f"{path.name}: {path.stat().st_size / 1024:.0f} kB")


def _is_left_out(output: Any) -> bool:
    """Whether there is nothing in an output to be seen without a kernel."""
    data = output.get("data")
    if data is None:
        return False
    return "application/vnd.jupyter.widget-view+json" in data or not any(data.values())


def _tags(metadata: Any) -> dict[str, Any]:
    return {"tags": list(metadata["tags"])} if "tags" in metadata else {}


if __name__ == "__main__":
    main(sys.argv[1:])
