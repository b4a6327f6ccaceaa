"""How metrics are called in figures, and in which unit they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from journeysim.experiment.headline import amount_scale


@dataclass(frozen=True)
class Words:
    """A metric as people read it.

    Parameters
    ----------
    label : without unit.
    unit : of the value times ``factor``; may be empty.
    factor : from the table's value to the shown one.
    difference_unit : unit of a difference, where it is another.
    """

    label: str
    unit: str = ""
    factor: float = 1.0
    difference_unit: str = ""

    def of_value(self) -> str:
        """Label and unit of a value."""
        return f"{self.label}, {self.unit}" if self.unit else self.label

    def of_difference(self) -> str:
        """Label and unit of a difference."""
        unit = self.difference_unit or self.unit
        return f"{self.label}, {unit}" if unit else self.label


_PERCENT = ("%", 100.0, "% points")
_LABELS = {
    "wait_mean_min": "wait",
    "wait_p90_min": "90th percentile of waits",
    "wait_within_target_fraction": "served within target",
    "satisfied_fraction": "satisfied",
    "retained_fraction": "retained",
    "reneged_fraction": "gave up",
    "waited_fraction": "waited",
    "customers_end": "customers at the end",
    "lost": "customers lost",
    "acquired": "customers won",
    "share_end": "share of the market",
    "score_mean": "score, −1…1",
    "churn_per_year": "churn a year",
    "told_good": "told good",
    "told_bad": "told bad",
    "utilisation": "staff busy",
    "net_promoter_score": "net promoter score",
    "visits_per_day": "visits a day",
    "staff_cost_per_day": "staff cost a day",
    "staff_cost_per_year": "staff cost a year",
    "net_value_per_year": "net value a year",
}
_SHARES = frozenset({"utilisation", "share_end", "churn_per_year", "net_promoter_score"})
_MONEY = frozenset({"staff_cost_per_day"})


def words_of(metric: str, currency: str = "", largest: float = 0.0) -> Words:
    """Label and unit of a metric; of one that is not known, its name in plain letters.

    Parameters
    ----------
    currency : of the map; empty where it is not known.
    largest : value to be shown, in size; large amounts of money are shown in thousands or millions, as in the
        tables: more digits are noise.
    """
    label = _LABELS.get(metric)
    if metric.endswith("_fraction") or metric in _SHARES:
        return Words(label or _plain(metric.removesuffix("_fraction")), *_PERCENT)
    if metric.endswith("_min"):
        return Words(label or _plain(metric.removesuffix("_min")), "min")
    if is_yearly_money(metric) or metric in _MONEY:
        factor, word = amount_scale(largest)
        return Words(label or _plain(metric), f"{word} {currency}".strip(), factor)
    return Words(label or _plain(metric))


def is_yearly_money(metric: str) -> bool:
    """Whether a metric is money of a year or what customers are worth: beside one another in one unit."""
    return metric == "customer_equity" or (metric.endswith("_per_year") and metric != "churn_per_year")


def _plain(metric: str) -> str:
    return metric.replace("_per_", " a ").replace("_", " ")
