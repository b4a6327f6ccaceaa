"""Nothing written in a figure is cut off, crossed by other words or without a look of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl
import pytest
from matplotlib.figure import Figure
from tests.branch_days import BUSY, journey_of
from tests.figure_layout import faults, texts_of
from tests.figure_tables import LONG, POINTS, differences_of, renamed, sensitivity_of, summary_of

from journeysim import Run, report, run
from journeysim.branch import Beside
from journeysim.report import figures
from journeysim.report.figures.sheet import columns_of, wrapped
from journeysim.report.style import dot_styles, line_styles

Names = Sequence[str]
Draw = Callable[[Names, float | None, Run], Figure]

FORMULAS = {
    option: {
        point: Beside("M/M/1", (), {"wait_mean_min": 1.5, "waited_fraction": 0.3}) for point in POINTS[:5]
    }
    for option in LONG
}
DRAWN: dict[str, Draw] = {
    "bank_flows": lambda names, half, _: report.bank_flows(summary_of(names, half)),
    "churn_by_reason": lambda names, half, _: report.churn_by_reason(summary_of(names, half)),
    "customers_by_rung": lambda names, half, _: report.customers_by_rung(summary_of(names, half)),
    "emotion_curve": lambda names, half, _: report.emotion_curve(summary_of(names, half)),
    "erlang_against_simulated": lambda names, half, _: report.erlang_against_simulated(
        FORMULAS, summary_of(names, half), names[-1]
    ),
    "option_differences": lambda names, half, _: report.option_differences(
        differences_of(("baseline", *names), half), currency="元"
    ),
    "outcome_flows": lambda names, _, busy: report.outcome_flows(renamed(busy.steps, names), names[-1]),
    "queue_lengths_by_time": lambda names, _, busy: report.queue_lengths_by_time(
        renamed(busy.steps, names), "counter_line"
    ),
    "retention_against_staffing": lambda names, half, _: report.retention_against_staffing(
        summary_of(names, half), currency="CNY"
    ),
    "told_by_month": lambda names, half, _: report.told_by_month(summary_of(names, half)),
    "tornado": lambda names, *_: report.tornado(sensitivity_of(names), "net_value_per_year", title=LONG[1]),
    "utilisation_by_hour": lambda names, _, busy: report.utilisation_by_hour(
        renamed(busy.steps, names), renamed(busy.rosters, names)
    ),
    "wait_against_score": lambda names, _, busy: report.wait_against_score(renamed(busy.visits, names)),
    "wait_by_time": lambda names, _, busy: report.wait_by_time(
        renamed(busy.steps, names), title=f"{LONG[1]}. {LONG[1]}"
    ),
    "waits_by_hour": lambda names, _, busy: report.waits_by_hour(renamed(busy.steps, names)),
}


@pytest.fixture(scope="module")
def busy() -> Run:
    return run(journey_of(BUSY), replications=1, jobs=1)


def test_every_public_figure_is_held_to_its_layout() -> None:
    assert sorted(DRAWN) == sorted(figures.__all__)


@pytest.mark.parametrize("name", ["emotion_curve", "option_differences", "outcome_flows"])
def test_seven_long_names_fit(name: str, busy: Run) -> None:
    assert not faults(DRAWN[name](LONG, 0.05, busy))


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DRAWN))
@pytest.mark.parametrize("names", [LONG, LONG[1:3], LONG[:1]], ids=["seven", "two", "one"])
def test_every_figure_fits_its_words(name: str, names: Names, busy: Run) -> None:
    assert not faults(DRAWN[name](names, 0.05, busy))


@pytest.mark.slow
@pytest.mark.parametrize("name", list(DRAWN))
def test_one_replication_is_drawn_without_intervals(name: str, busy: Run) -> None:
    figure = DRAWN[name](LONG[:2], None, busy)
    assert not faults(figure)
    assert not [text for text in texts_of(figure) if "nan" in text or "None" in text]


def test_a_name_with_dollars_is_written_as_it_is() -> None:
    figure = report.churn_by_reason(summary_of((LONG[3], "Today")))
    assert not faults(figure)
    (legend,) = figure.legends
    text = legend.get_texts()[0]
    assert (text.get_text(), text.get_parse_math()) == (LONG[3], False)


def test_faults_are_found() -> None:
    """The check itself: a word moved over another, and one moved out."""
    figure = report.churn_by_reason(summary_of())
    assert not faults(figure)
    (axes,) = figure.axes
    label = axes.get_yticklabels()[0].get_text()
    axes.annotate("across", (-0.08, 0.92), xycoords="axes fraction")
    axes.annotate("beyond", (3.0, 0.5), xycoords="axes fraction", in_layout=False, annotation_clip=False)
    found = faults(figure)
    assert any("over one another" in fault and label in fault for fault in found)
    assert "outside: 'beyond'" in found


def test_looks_differ_up_to_49_options() -> None:
    for styles in (line_styles(49), dot_styles(49)):
        assert len({tuple(map(str, style.values())) for style in styles}) == 49


@pytest.mark.parametrize("name", LONG)
@pytest.mark.parametrize("width", [1, 2, 7, 30])
def test_wrapped_lines_fit(name: str, width: int) -> None:
    lines = wrapped(name, width, lines=3).split("\n")
    assert len(lines) <= 3
    assert max(columns_of(line) for line in lines) <= max(width, 2)
    whole = wrapped(name, width, lines=1000)
    assert whole.replace("\n", "").replace(" ", "") == name.replace(" ", "")


def test_docstrings_say_what_is_taken_and_given() -> None:
    for name in figures.__all__:
        text = getattr(report, name).__doc__
        for part in ("Parameters", "Returns", "Raises"):
            assert f"{part}\n    -----" in text, name


def test_rows_without_a_scope_do_not_matter() -> None:
    """An empty summary is refused like one without a market, and not drawn as an empty figure."""
    with pytest.raises(ValueError, match="none found"):
        report.emotion_curve(summary_of().filter(pl.lit(value=False)))
