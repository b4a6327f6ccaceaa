"""The page made of a run: its content put together, rendered and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from journeysim.experiment.cells import Column
from journeysim.experiment.files import write_whole
from journeysim.experiment.headline import headline_columns
from journeysim.experiment.parts import (
    OF_CUSTOMERS,
    OF_OBSERVED,
    OF_SEGMENTS,
    OF_SEGMENTS_IN_MARKET,
    OF_STAFF,
    OF_TOUCHPOINTS,
    money_columns,
    visited,
)
from journeysim.experiment.remarks import sampling_text
from journeysim.experiment.results import OptionResult
from journeysim.experiment.runs import Run
from journeysim.experiment.standing import standing
from journeysim.experiment.statistics import Estimate
from journeysim.report.page.again import Again, again
from journeysim.report.page.assumed import Assumed, assumed_in, compared_options
from journeysim.report.page.overview import overview
from journeysim.report.page.pictures import Picture, drawing_of, pictures_of
from journeysim.report.page.shown import MOST_LISTED, shown_options
from journeysim.report.page.tables import (
    DataTable,
    contrasts_table,
    differences_table,
    estimates_table,
    observed_table,
    options_table,
    shown_columns,
    touchpoints_table,
)
from journeysim.report.page.uncertain import Remark, remarks_on
from journeysim.report.style import font_advice


@dataclass(frozen=True)
class Answer:
    """What one option comes to, in a sentence.

    Parameters
    ----------
    option : its name.
    sentence : what it changes, without the name.
    meaning : what it means in the planner's words; may be empty.
    """

    option: str
    sentence: str
    meaning: str = ""


@dataclass(frozen=True)
class Page:
    """Everything that the page says, in its order.

    Parameters
    ----------
    title, question : of the scenario; the question may be empty.
    sampled : how the numbers came about.
    days : first and last day that were simulated.
    baseline : how the baseline stands.
    overview : of very many options, how many do what; empty for few.
    answers : a sentence for every option beside the baseline.
    left_out : which options the page does not list; empty where it lists all.
    tables : the options and what they change.
    pictures : the figures that carry the answer.
    drawing : the journey of the baseline; None for several branches.
    compared : what every option means.
    assumed : of how people behave.
    remarks : what is uncertain.
    details : more tables, folded where there are options to compare.
    again : how to get the numbers again.
    """

    title: str
    question: str
    sampled: str
    days: str
    baseline: Answer
    overview: tuple[str, ...]
    answers: tuple[Answer, ...]
    left_out: str
    tables: tuple[DataTable, ...]
    pictures: tuple[Picture, ...]
    drawing: Picture | None
    compared: DataTable | None
    assumed: Assumed
    remarks: tuple[Remark, ...]
    details: tuple[DataTable, ...]
    again: Again


def report_html(run: Run) -> str:
    """Return the report on a run: one HTML document that needs nothing else, the same for the same run.

    Parameters
    ----------
    run : of any scenario or map, just made or read again by `open_run`.
    """
    environment = Environment(
        loader=PackageLoader("journeysim.report.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2").render(page=page_of(run)) + "\n"


def write_report(run: Run, path: str | Path) -> Path:
    """Write the report on a run into a file, whole or not at all.

    Parameters
    ----------
    run : of any scenario or map.
    path : the file; one that is there is replaced.

    Raises
    ------
    StoppedEarly
        The file cannot be written.
    """
    path = Path(path)
    # A name may hold half of a character that UTF-8 cannot write.
    write_whole(path, report_html(run).encode("utf-8", errors="replace"))
    return path


def font_note(run: Run) -> str:
    """What to install so that the figures of a run's report can be read; empty where nothing is missing."""
    journey = run.scenario.baseline_option.journey
    names = [*(option.name for option in run.options), *journey.touchpoints, *journey.queues, *journey.staff]
    stages = [touchpoint.stage for touchpoint in journey.touchpoints.values()]
    return font_advice("".join([*names, *stages, journey.name, journey.description]))


def page_of(run: Run) -> Page:
    """Put together what the page says."""
    scenario, option = run.scenario, run.scenario.baseline_option
    in_market = option.market is not None
    columns = headline_columns(run.options, option.journey.currency, in_market=in_market)
    shown = shown_columns(columns, _of_all(run.options))
    several = len(run.options) > 1
    listed = shown_options(run, MOST_LISTED)
    tables = [options_table(run, listed, columns)]
    if several:
        tables.append(differences_table(run, listed, columns))
    if run.contrasted:
        tables.append(contrasts_table(run, columns))
    if run.observed is not None:
        tables.append(observed_table(run, OF_OBSERVED))
    assumed = assumed_in(run)
    question = scenario.description or ("" if several else option.journey.description)
    return Page(
        title=scenario.name,
        question=" ".join(question.split()),
        sampled=sampling_text(run),
        days=_days(run),
        baseline=Answer(scenario.baseline, standing(run.baseline, in_market=in_market)),
        overview=overview(run, in_market=in_market),
        answers=tuple(
            _answer(option, run.answers[option.name]) for option in listed if option is not run.baseline
        ),
        left_out=_left_out(run, listed),
        tables=tuple(tables),
        pictures=pictures_of(run),
        drawing=drawing_of(run),
        compared=compared_options(scenario, [option.name for option in listed]) if several else None,
        assumed=assumed,
        remarks=remarks_on(run, shown, assumed.guessed_fraction),
        details=tuple(_details(run, in_market=in_market)),
        again=again(run),
    )


def _answer(option: OptionResult, sentence: str) -> Answer:
    said = sentence.removeprefix(f"{option.name}: ").removesuffix(".")
    return Answer(option.name, said, " ".join(option.description.split()))


def _left_out(run: Run, listed: Sequence[OptionResult]) -> str:
    if len(listed) == len(run.options):
        return ""
    return (
        f"Listed are {run.scenario.baseline} and the {len(listed) - 1} of {len(run.options) - 1} options "
        "whose waits differ most from it; the tables in the run's folder have all."
    )


def _days(run: Run) -> str:
    days = [day.date for day in run.scenario.baseline_option.days]
    first, last = min(days), max(days)
    return f"{first:%Y-%m-%d}" if first == last else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def _details(run: Run, *, in_market: bool) -> list[DataTable]:
    """Tables beside those by which options are judged; parts are those of the baseline."""
    baseline, currency = run.baseline, run.scenario.baseline_option.journey.currency
    tables = []
    if in_market:
        money, title = money_columns(run.options, currency)
        if money:
            tables.append(estimates_table(title, "option", _of_all(shown_options(run, MOST_LISTED)), money))
        tables.append(
            estimates_table(
                f"Customers by segment, {baseline.name}", "segment", baseline.by("segment"), OF_CUSTOMERS
            )
        )
    if baseline.by("branch"):
        tables.append(_of_parts(baseline, "branch", "By branch", OF_SEGMENTS_IN_MARKET))
    if len(visited(baseline, "segment")) > 1:
        of_segments = OF_SEGMENTS_IN_MARKET if in_market else OF_SEGMENTS
        tables.append(_of_parts(baseline, "segment", "Visits by segment", of_segments))
    if baseline.by("touchpoint"):
        tables.append(touchpoints_table(baseline, OF_TOUCHPOINTS))
    if baseline.by("staff"):
        tables.append(
            estimates_table(f"By staff group, {baseline.name}", "group", baseline.by("staff"), OF_STAFF)
        )
    return tables


def _of_parts(option: OptionResult, scope: str, title: str, columns: Sequence[Column]) -> DataTable:
    found = option.by(scope)
    rows = {name: found[name] for name in visited(option, scope)}
    return estimates_table(f"{title}, {option.name}", scope, rows, columns)


def _of_all(options: Sequence[OptionResult]) -> dict[str, dict[str, Estimate]]:
    return {option.name: option.metrics for option in options}
