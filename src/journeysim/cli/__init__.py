"""The command line: parses arguments, calls one function, prints.

Owns the commands, their exit codes, the tables and messages on the terminal.

Must not compute anything that Python code could not get without it.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the ``journeysim`` command with the arguments of this process and leave with its exit code."""
    from journeysim.cli.app import app

    for stream in (sys.stdout, sys.stderr):
        # A name in Chinese must not end in a traceback on a terminal that cannot show it.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="journeysim")
