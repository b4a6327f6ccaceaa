"""Lets a notebook show the figures that cells end with."""

from __future__ import annotations

import sys
from io import BytesIO

from matplotlib.figure import Figure

DPI = 100
"""Dots per inch: sharp enough to read, small enough to be stored with the notebook."""

MOST_PIXELS = 1400
"""Of the width: a large drawing is shown smaller than it prints."""


def show_figures() -> None:
    """Teach the notebook that runs this, if one does, to show figures as pictures.

    By itself it shows them only after somebody has imported pyplot, which figures here do without.
    """
    # Only a program that runs in a notebook has IPython loaded, and it is no dependency of ours.
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        shell.display_formatter.formatters["image/png"].for_type(Figure, _png)


def _png(figure: Figure) -> bytes:
    picture = BytesIO()
    dpi = min(DPI, MOST_PIXELS / figure.get_figwidth())
    figure.savefig(picture, format="png", dpi=dpi, pil_kwargs={"optimize": True})
    return picture.getvalue()
