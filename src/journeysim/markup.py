"""Small pieces of HTML with which objects show themselves in a notebook.

Everything is escaped, nothing is fetched from anywhere, and no colours are set: a notebook has its own,
light or dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

_LEFT = "text-align:left;vertical-align:top"
_RIGHT = "text-align:right;vertical-align:top"


def block(*parts: str) -> str:
    """Pieces of HTML one below the other, no wider than can be read."""
    return f'<div style="max-width:60em">{"".join(parts)}</div>'


def title(text: str) -> str:
    """A title."""
    return f"<p><strong>{escape(text)}</strong></p>"


def paragraph(text: str) -> str:
    """A paragraph; empty for an empty text."""
    return f"<p>{escape(text)}</p>" if text else ""


def listed(texts: Sequence[str]) -> str:
    """Texts as a list; empty for none."""
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>" if texts else ""


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 1) -> str:
    """A table.

    Parameters
    ----------
    caption : stands above it.
    head : heading of each column.
    rows : cells of each row, as many as ``head``.
    words : how many columns, from the left, hold words; the others hold numbers.
    """
    sides = [_LEFT if at < words else _RIGHT for at in range(len(head))]
    top = "".join(
        f'<th scope="col" style="{side}">{escape(" ".join(text.split()))}</th>'
        for text, side in zip(head, sides, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, sides)}</tr>" for row in rows)
    above = f'<caption style="{_LEFT};caption-side:top">{escape(caption)}</caption>' if caption else ""
    return f"<table>{above}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def shortened(text: str, most: int) -> str:
    """Text of at most ``most`` characters, its end replaced by an ellipsis where it was longer."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _cells(row: Sequence[str], sides: Sequence[str]) -> str:
    # A number stays on one line with its interval; a heading above it may take several.
    whole = {_LEFT: _LEFT, _RIGHT: f"{_RIGHT};white-space:nowrap"}
    first, *others = [
        f'style="{whole[side]}">{escape(" ".join(text.split()))}'
        for text, side in zip(row, sides, strict=True)
    ]
    return f'<th scope="row" {first}</th>' + "".join(f"<td {cell}</td>" for cell in others)
