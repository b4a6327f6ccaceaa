"""Exit codes: what every command does about everything that can go wrong."""

from __future__ import annotations

import functools
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import NoReturn, ParamSpec

from journeysim.errors import InputError, JourneySimError, Problem, RouteError, RuleError, StoppedEarly

DONE = 0
OUR_FAULT = 1
WRONG_INPUT = 2
STOPPED_EARLY = 3

DEBUG_VARIABLE = "JOURNEYSIM_DEBUG"
"""Environment variable that shows a traceback where a person normally gets a short message."""

P = ParamSpec("P")


def say(text: str) -> None:
    """Print ``text`` to stderr as it is: no markup, no wrapping, and quiet when nobody listens."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        # Nothing can be said to a closed stderr, and the exit code still tells the story.
        sys.stderr = None


def show(text: str) -> None:
    """Print ``text`` to stdout as it is.

    Raises
    ------
    BrokenPipeError
        The reader has gone.
    StoppedEarly
        It cannot be written (disk full, ...).
    """
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _discard_stdout()
        raise
    except OSError as error:
        _discard_stdout()
        raise StoppedEarly(f"the output cannot be written: {error.strerror or error}") from error


def guarded(command: Callable[P, None]) -> Callable[P, None]:
    """Wrap a command so that it leaves with the exit codes of the program.

    0 done; 1 a fault of ours; 2 the input is wrong; 3 stopped early, what a run had finished is kept.
    """

    @functools.wraps(command)
    def run_guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            command(*args, **kwargs)
        except (InputError, RouteError, RuleError) as error:
            _leave(WRONG_INPUT, error)
        except StoppedEarly as error:
            _leave(STOPPED_EARLY, error)
        except BrokenPipeError:
            sys.exit(DONE)
        except KeyboardInterrupt:
            _leave(STOPPED_EARLY, "stopped")
        except JourneySimError as error:
            _leave(OUR_FAULT, error)
        except Exception as error:  # noqa: BLE001 -- the last place where a fault of ours can be told plainly
            _leave(OUR_FAULT, _our_fault(error))

    return run_guarded


def problems_text(problems: tuple[Problem, ...], kind: str) -> str:
    """One line a problem, each beginning with its place and ``kind`` (``warning``)."""
    return "\n".join(f"{kind}: {problem}" for problem in problems)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Treat a polite request to end like Ctrl-C: keep what finished and say how to go on."""
    raise KeyboardInterrupt


def _leave(code: int, message: object) -> NoReturn:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exc()
    say(str(message))
    sys.exit(code)


def _discard_stdout() -> None:
    # The interpreter flushes stdout once more at exit, which would complain again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _our_fault(error: Exception) -> str:
    command = shlex.join(["journeysim", *sys.argv[1:]])
    return (
        f"a fault in journeysim, not in your input: {type(error).__name__}: {error}\n"
        f"Please report it with the command that led to it and what this prints:\n"
        f"  {DEBUG_VARIABLE}=1 {command}"
    )
