"""Docstrings here say what a parameter is, its shape, unit and range; types stand in the signature.

numpydoc takes what follows ``name :``, and the first line of what is returned, for a type and sets it apart.
So the one is moved to the next line, where numpydoc has the description, and the other becomes a field.
"""

from __future__ import annotations

import re

from sphinx.application import Sphinx


def moved(lines: list[str]) -> list[str]:
    """Lines of a docstring as napoleon takes them for descriptions."""
    heads = [at for at in range(len(lines) - 1) if lines[at] and re.fullmatch(r"-{3,}", lines[at + 1])]
    written = lines[: heads[0]] if heads else list(lines)
    for at, end in zip(heads, [*heads[1:], len(lines)][: len(heads)], strict=True):
        name, said = lines[at], lines[at + 2 : end]
        if name in {"Parameters", "Attributes"}:
            written += lines[at : at + 2]
            for line in said:
                named = re.fullmatch(r"(\S.*?) : (.+)", line)
                written += [named[1], f"    {named[2]}"] if named else [line]
        elif name in {"Returns", "Yields"} and not any(line.startswith(" ") for line in said):
            written += ["", f":{name.lower()}: {' '.join(line for line in said if line)}", ""]
        else:
            written += lines[at:end]
    return written


def _process(app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    del app, what, name, obj, options
    lines[:] = list(moved(lines))


def setup(app: Sphinx) -> dict[str, bool]:
    """Rewrite docstrings before napoleon reads them."""
    app.connect("autodoc-process-docstring", _process, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
