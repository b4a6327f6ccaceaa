"""Draws a journey, and writes the drawing to a file."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

from journeysim.errors import InputError, Problem
from journeysim.experiment import Run
from journeysim.experiment.results import OptionResult
from journeysim.experiment.scenario import ONLY_OPTION
from journeysim.journey import Journey
from journeysim.report.drawing.content import Content, Flags, content_of
from journeysim.report.drawing.layout import lay_out
from journeysim.report.drawing.paint import measured, painted
from journeysim.report.drawing.worst import worst_point
from journeysim.report.pictures import write_picture
from journeysim.report.style import font_advice


def draw_journey(
    journey: Journey,
    run: Run | None = None,
    *,
    option: str | None = None,
    golden: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> Figure:
    """Draw a journey map, after a run with the emotion curve, waits, and what was planned beside it.

    Parameters
    ----------
    journey : the map; of a run, that of the option (``run.scenario.options``).
    run : of a scenario with this map; None draws the map as planned.
    option : whose numbers are shown; None: the baseline's.
    golden : touchpoints that the golden point improves; see docs/golden.md.
    notes : sentences to stand below the drawing.

    Returns
    -------
    a figure whose size follows from the number of touchpoints.

    Raises
    ------
    InputError
        The run has no such option, or its touchpoints are others; all problems at once.
    """
    content = drawing_content(journey, run, option=option, golden=golden, notes=notes)
    advice = font_advice(content.texts)
    if advice:
        warnings.warn(advice, stacklevel=2)
    return drawn(content)


def drawn(content: Content) -> Figure:
    """Lay out and paint what a drawing says."""
    return painted(lay_out(content, measured))


def drawing_content(
    journey: Journey,
    run: Run | None,
    *,
    option: str | None = None,
    golden: Iterable[str] = (),
    notes: Iterable[str] = (),
) -> Content:
    """What `draw_journey` draws, before anything has a place."""
    improved = tuple(golden)
    problems = [
        Problem("", 0, 0, "golden", "a touchpoint of the map is required", name)
        for name in improved
        if name not in journey.touchpoints
    ]
    result = None if run is None else _option_of(run, option, journey, problems)
    if problems:
        raise InputError(problems)
    if run is None or result is None:
        caption = "As planned" if option in (None, ONLY_OPTION) else f"As planned: {option}"
        return content_of(journey, None, caption=caption, flags=Flags(golden=improved), notes=tuple(notes))
    worst = worst_point(run, result.name, journey)
    return content_of(
        journey,
        result,
        caption=_caption(run, result),
        flags=Flags(None if worst is None else worst.name, improved),
        notes=(*(() if worst is None else (worst.sentence,)), *_cautions(journey), *notes),
    )


def save_drawing(figure: Figure, path: Path) -> None:
    """Write a drawing so that the same drawing gives the same bytes; the file is whole or absent.

    Raises
    ------
    InputError
        The ending of the file is no picture's.
    StoppedEarly
        The file cannot be written.
    """
    # Letters as wide as they are, not as whole pixels would have them.
    with rc_context({"text.hinting": "none"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        write_picture(figure, path)


def _option_of(
    run: Run, option: str | None, journey: Journey, problems: list[Problem]
) -> OptionResult | None:
    name = run.scenario.baseline if option is None else option
    result = next((one for one in run.options if one.name == name), None)
    if result is None:
        names = ", ".join(one.name for one in run.options)
        problems.append(
            Problem("", 0, 0, "option", "an option of the run is required", name, f"it has {names}")
        )
        return None
    found = result.by("touchpoint")
    missing = [point for point in journey.touchpoints if point not in found]
    others = [point for point in found if point not in journey.touchpoints]
    if missing or others:
        said = [f"{', '.join(missing)} not in the run"] if missing else []
        said += [f"{', '.join(others)} not in the map"] if others else []
        problems.append(
            Problem("", 0, 0, "", "a run of this map is required", "; ".join(said), "run the map again")
        )
        return None
    return result


def _cautions(journey: Journey) -> tuple[str, ...]:
    """What must be known to read a run beside the map."""
    if not any(rule.after is not None for point in journey.touchpoints.values() for rule in point.next):
        return ()
    said = (
        "Customers as simulated are those within the run; the map's are of whole cases, which go on on later "
        "days. A run of few days sees mostly first contacts."
    )
    return (said,)


def _caption(run: Run, result: OptionResult) -> str:
    scenario = run.scenario
    chosen = next(one for one in scenario.options if one.name == result.name)
    days = len(chosen.days)
    count = result.replications
    if chosen.market is None:
        span = f"{days} day{'s'[: days != 1]}"
    else:
        months = chosen.market.months
        span = f"{months} month{'s'[: months != 1]}"
    visits = result.metrics["visits_per_day"].mean
    return (
        f"{result.name}: {count} replication{'s'[: count != 1]} of {span}, seed {scenario.seed}, "
        f"{visits:,.0f} visits a day"
    )
