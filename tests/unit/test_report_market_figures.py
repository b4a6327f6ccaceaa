"""Figures of the market and of options show what their tables say."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.figure_layout import texts_of
from tests.figure_tables import BANKS, REASONS, RUNGS, TWO, differences_of, sensitivity_of, summary_of

from journeysim.market.ledger import flow_name
from journeysim.report import (
    bank_flows,
    churn_by_reason,
    customers_by_rung,
    option_differences,
    retention_against_staffing,
    told_by_month,
    tornado,
)


def mean_of(scope: str, name: str, metric: str, option: str = "Today") -> float:
    found = summary_of().filter(
        (pl.col("scope") == scope)
        & (pl.col("name") == name)
        & (pl.col("metric") == metric)
        & (pl.col("option") == option)
        & (pl.col("month") == 0)
    )
    return float(found["mean"].item())


def monthly(scope: str, name: str, metric: str, option: str) -> pl.DataFrame:
    wanted = (pl.col("scope") == scope) & (pl.col("name") == name) & (pl.col("metric") == metric)
    return summary_of().filter(wanted & (pl.col("option") == option) & (pl.col("month") > 0))


def test_what_is_told_stands_by_month() -> None:
    for axes, metric in zip(told_by_month(summary_of()).axes, ("told_good", "told_bad"), strict=True):
        for line, option in zip(axes.get_lines(), TWO, strict=True):
            found = monthly("all", "", metric, option)
            assert line.get_label() == option
            assert line.get_xdata().tolist() == [1, 2, 3, 4]
            assert line.get_ydata().tolist() == found["mean"].to_list()
        band = axes.collections[1].get_paths()[0].vertices[:, 1]
        more = monthly("all", "", metric, "More")
        assert (band.min(), band.max()) == (more["low"].min(), more["high"].max())


def test_every_rung_has_its_panel() -> None:
    figure = customers_by_rung(summary_of())
    assert [axes.get_title(loc="left") for axes in figure.axes] == [r.replace("_", " ") for r in RUNGS]
    last = figure.axes[-1].get_lines()[1]
    assert last.get_ydata().tolist() == monthly("rung", "at_risk", "customers", "More")["mean"].to_list()


def test_reasons_come_by_size() -> None:
    figure = churn_by_reason(summary_of())
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        reason.replace("_", " ") for reason in reversed(REASONS)
    ]
    today, more = axes.get_lines()[:2]
    assert today.get_xdata().tolist() == [mean_of("reason", reason, "lost") for reason in REASONS]
    assert more.get_xdata()[0] == mean_of("reason", "died", "lost", "More")
    assert set(texts_of(figure)) >= {*TWO}


def test_flows_are_read_from_row_to_column() -> None:
    figure = bank_flows(summary_of())
    shown = np.ma.filled(figure.axes[0].images[0].get_array(), np.nan)
    for row, bank in enumerate(BANKS):
        for column, other in enumerate(BANKS):
            if row == column:
                assert np.isnan(shown[row, column])
            else:
                assert shown[row, column] == mean_of("flow", flow_name(bank, other), "went")
    net = mean_of("bank", "ours", "gained") - mean_of("bank", "ours", "lost")
    assert f"−{abs(net):.0f}" in [text.get_text() for text in figure.axes[0].texts]


def test_differences_are_shown_in_the_units_of_the_tables() -> None:
    differences = differences_of(("Today", "More", "Most"))
    figure = option_differences(differences, ["satisfied_fraction", "net_value_per_year"], currency="CNY")
    satisfied, value = figure.axes
    assert [label.get_text() for label in satisfied.get_yticklabels()] == ["More", "Most"]
    dots = [line for line in satisfied.get_lines() if line.get_marker() == "o"]
    assert [dot.get_xdata()[0] for dot in dots] == pytest.approx([1.0, 2.0])
    assert [dot.get_markerfacecolor() for dot in dots] == [dots[0].get_color(), "white"]
    (interval,) = [line for line in satisfied.get_lines() if list(line.get_ydata()) == [1, 1]]
    assert interval.get_xdata() == pytest.approx([1.0, 3.0])
    dots = [line.get_xdata()[0] for line in value.get_lines() if line.get_marker() == "o"]
    assert dots == pytest.approx([150.0, 300.0])
    assert value.get_xlabel().replace("\n", " ") == "net value a year, thousand CNY"


def test_money_of_one_figure_has_one_unit() -> None:
    differences = differences_of(("Today", "More", "Most"))
    equity = differences.filter(pl.col("metric") == "net_value_per_year").with_columns(
        pl.col("difference", "low", "high") / 1000, metric=pl.lit("customer_equity")
    )
    both = ["net_value_per_year", "customer_equity"]
    figure = option_differences(pl.concat([differences, equity]), both, currency="CNY")
    units = [axes.get_xlabel().replace("\n", " ").partition(", ")[2] for axes in figure.axes]
    assert units == ["thousand CNY"] * 2
    dots = [line.get_xdata()[0] for line in figure.axes[1].get_lines() if line.get_marker() == "o"]
    assert dots == pytest.approx([0.15, 0.3])
    # Alone the differences are small, but the table beside them has the options' values in thousands.
    for largest, unit in ((0.0, "CNY"), (8.9e6, "thousand CNY")):
        figure = option_differences(equity, both[1:], currency="CNY", largest_amount=largest)
        assert figure.axes[0].get_xlabel().replace("\n", " ") == f"customer equity, {unit}"


def test_one_replication_has_dots_alone() -> None:
    figure = option_differences(differences_of(half=None), ["lost"])
    markers = [line.get_marker() for line in figure.axes[0].get_lines()]
    assert sorted(markers) == ["None", "o"]  # the line at 0, and the dot


def test_the_default_panels_are_the_headline() -> None:
    figure = option_differences(differences_of())
    assert len(figure.axes) == 5
    assert figure.axes[0].get_xlabel() == "wait, min"


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="two options"):
        option_differences(differences_of(("Today",)))
    with pytest.raises(ValueError, match="wait_mean not found"):
        option_differences(differences_of(), ["wait_mean"])


def test_retention_stands_against_cost() -> None:
    (axes,) = retention_against_staffing(summary_of(), currency="CNY").axes
    dots = [line for line in axes.get_lines() if line.get_marker() in ("o", "s")]
    assert [(dot.get_xdata()[0], dot.get_ydata()[0]) for dot in dots] == [
        pytest.approx((250.0, 80.0)), pytest.approx((252.5, 80.8))
    ]  # fmt: skip
    assert axes.get_xlabel() == "staff cost a year, thousand CNY"
    free = summary_of().with_columns(
        mean=pl.when(pl.col("metric") == "staff_cost_per_year").then(0.0).otherwise("mean")
    )
    with pytest.raises(ValueError, match="cost_per_hour"):
        retention_against_staffing(free)


def test_the_tornado_is_ranked_whatever_the_order_of_the_table() -> None:
    table = sensitivity_of(("a", "b", "c"))
    (axes,) = tornado(table.reverse(), "retained_fraction").axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]
    low, high = axes.containers
    assert sorted(bar.get_width() for bar in low) == pytest.approx([2 / 3, 1.0, 2.0])
    assert {round(bar.get_y() + bar.get_height() / 2): bar.get_width() for bar in high} == pytest.approx(
        {0: -2.0, 1: -1.0, 2: -2 / 3}
    )
    assert [text.get_text() for text in axes.texts].count("0.8") == 3
    (few,) = tornado(table, "retained_fraction", most=1).axes
    assert [label.get_text() for label in few.get_yticklabels()] == ["a"]


def test_a_tornado_of_nothing_is_refused() -> None:
    table = sensitivity_of()
    with pytest.raises(ValueError, match="found 'middle'"):
        tornado(table.with_columns(end=pl.lit("middle")), "lost")
    with pytest.raises(ValueError, match="at least one difference"):
        tornado(table.with_columns(difference=pl.lit(float("nan"))), "lost")


@pytest.mark.parametrize(
    "draw", [told_by_month, customers_by_rung, churn_by_reason, bank_flows, retention_against_staffing]
)
def test_without_a_market_it_is_said_so(draw) -> None:
    scores = summary_of().filter(pl.col("scope") == "touchpoint")
    with pytest.raises(ValueError, match="the scenario has no market"):
        draw(scores)
