"""The few figures that carry a run's answer, each as an image inside the page with words that replace it."""

from __future__ import annotations

import base64
import io
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl
from matplotlib.figure import Figure

from journeysim.experiment.cells import is_seen
from journeysim.experiment.headline import EQUITY, NET_VALUE, headline_columns, largest_amount
from journeysim.experiment.results import OptionResult
from journeysim.experiment.runs import Run
from journeysim.report.drawing.draw import drawing_content, drawn
from journeysim.report.figures import (
    churn_by_reason,
    customers_by_rung,
    emotion_curve,
    option_differences,
    told_by_month,
    waits_by_hour,
)
from journeysim.report.page import alt_texts
from journeysim.report.page.shown import shown_options
from journeysim.report.page.tables import known_scores
from journeysim.report.style import quiet_style

MOST_FIGURES = 5
MOST_LINES = 6
"""Options that can be told apart in one figure of lines."""

_MOST_ROWS = 24
"""Options that fit below one another on a printed page."""
_MOST_ROWS_OF_PANELS = 12
"""Options beyond which a figure of differences has one row of panels."""
_PANELS = 3
_LARGEST_SVG, _LARGEST_DRAWING = 250_000, 500_000
"""Bytes beyond which a figure is a picture of dots instead, so that the page stays small."""
_DOTS_PER_INCH, _WIDEST_DOTS = 150, 2400
_PIXELS_PER_INCH = 84


@dataclass(frozen=True)
class Picture:
    """A figure of the page.

    Parameters
    ----------
    source : data URI.
    alt : what it shows, in numbers.
    caption : what to know when looking at it.
    width_px : at which its words can be read; 0: it is as wide as the page.
    """

    source: str
    alt: str
    caption: str
    width_px: int = 0


def pictures_of(run: Run) -> tuple[Picture, ...]:
    """Draw the figures that carry the answer, the most telling first, at most `MOST_FIGURES`."""
    return tuple(picture for _, picture in zip(range(MOST_FIGURES), _drawn(run), strict=False))


def drawing_of(run: Run) -> Picture | None:
    """Draw the journey of the baseline with what the run came to; None for a bank of several branches."""
    option = run.scenario.baseline_option
    if option.branches > 1:
        return None
    figure = drawn(drawing_content(option.journey, run))
    caption = (
        f"{option.name}: the map as planned (hollow) and as simulated (solid), with the emotion curve, the "
        "mean score of what customers go through, and its 95% interval."
    )
    width = round(figure.get_size_inches()[0] * _PIXELS_PER_INCH)
    return Picture(
        _source(figure, _LARGEST_DRAWING), alt_texts.of_journey(option.journey, run), caption, width
    )


def _drawn(run: Run) -> Iterator[Picture]:
    lines = shown_options(run, MOST_LINES)
    names = [option.name for option in lines]
    summary = run.summary.filter(pl.col("option").is_in(names))
    left_out = _left_out(run, lines)
    in_market = run.scenario.baseline_option.market is not None
    if len(run.options) > 1:
        yield _differences(run)
    if run.has_steps and run.scenario.baseline_option.branches == 1:
        steps = run.steps.filter(pl.col("option").is_in(names))
        yield from _if_any(
            lambda: waits_by_hour(steps),
            lambda: alt_texts.of_waits(steps, names),
            "How long those wait who join in each hour, in all queues. A 90th percentile far above the mean "
            "is a queue that is bad for few." + left_out,
        )
    if run.scenario.baseline_option.branches == 1 and len(run.options) > 1 and _is_a_journey(lines):
        yield from _if_any(
            lambda: emotion_curve(summary),
            lambda: alt_texts.of_emotion(lines),
            "Mean score of what customers go through at each touchpoint, from −1 to 1." + left_out,
        )
    if in_market:
        yield from _if_any(
            lambda: told_by_month(summary),
            lambda: alt_texts.of_told(lines),
            "What good and bad visits make people hear, month by month." + left_out,
        )
        yield from _if_any(
            lambda: churn_by_reason(summary),
            lambda: alt_texts.of_reasons(lines),
            "Why customers leave, over the whole horizon." + left_out,
        )
        yield from _if_any(
            lambda: customers_by_rung(summary),
            lambda: alt_texts.of_rungs(lines),
            "Customers on each rung of loyalty at the end of each month." + left_out,
        )


def _is_a_journey(options: Sequence[OptionResult]) -> bool:
    """Whether more than one touchpoint was scored: one alone makes no curve."""
    return len({name for option in options for name in known_scores(option)}) > 1


def _differences(run: Run) -> Picture:
    options = shown_options(run, _MOST_ROWS + 1)
    others = [option for option in options if option is not run.baseline]
    differences = run.differences.filter(pl.col("option").is_in([option.name for option in others]))
    metrics = _compared(run)
    if len(others) > _MOST_ROWS_OF_PANELS:
        metrics = metrics[:_PANELS]
    baseline = run.scenario.baseline
    currency = run.scenario.baseline_option.journey.currency
    # Money in the unit of the tables.
    amount = largest_amount((NET_VALUE, EQUITY), [option.metrics for option in run.options])
    figure = option_differences(
        differences,
        metrics,
        currency=currency,
        largest_amount=amount,
        title=f"Difference from {baseline}",
    )
    caption = (
        f"Each dot is an option's difference from {baseline}, each line its 95% interval; "
        "a filled dot is real, a hollow one cannot be told from no change." + _left_out(run, options)
    )
    return Picture(
        _source(figure), alt_texts.of_differences(others, metrics, baseline, currency, amount), caption
    )


def _compared(run: Run) -> list[str]:
    """Metrics that options are judged by and that differ somewhere, the most important first."""
    in_market = run.scenario.baseline_option.market is not None
    columns = headline_columns(run.options, "", in_market=in_market)
    rows = {option.name: option.metrics for option in run.options}
    seen = [column.metric for column in columns if is_seen(column, rows)]
    known = [
        metric
        for metric in seen
        if any(
            not math.isnan(found.difference.difference)
            for option in run.options
            if (found := option.versus_baseline.get(metric)) is not None
        )
    ]
    moved = [
        metric
        for metric in known
        if any(
            (found := option.versus_baseline.get(metric)) is not None and found.difference.difference != 0
            for option in run.options
        )
    ]
    return (moved or known)[: 2 * _PANELS]


def _left_out(run: Run, shown: Sequence[OptionResult]) -> str:
    if len(shown) == len(run.options):
        return ""
    return (
        f" Shown are {run.scenario.baseline} and the {len(shown) - 1} of {len(run.options) - 1} options "
        "whose waits differ most from it; the tables have all."
    )


def _if_any(draw: Callable[[], Figure], describe: Callable[[], str], caption: str) -> Iterator[Picture]:
    """A picture where there is something to draw: a figure refuses tables without it."""
    try:
        figure = draw()
    except ValueError:
        return
    yield Picture(_source(figure), describe(), caption)


def _source(figure: Figure, largest: int = _LARGEST_SVG) -> str:
    """A figure as a data URI that is the same whenever it is made."""
    figure.set_facecolor("white")
    buffer, kind = io.BytesIO(), "svg+xml"
    # What cannot be read for want of a font is told once, by whoever writes the report.
    with quiet_style(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
        if buffer.tell() > largest:
            buffer, kind = io.BytesIO(), "png"
            dots = min(_DOTS_PER_INCH, _WIDEST_DOTS / figure.get_size_inches()[0])
            figure.savefig(buffer, format="png", dpi=dots, metadata={"Software": None})
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
