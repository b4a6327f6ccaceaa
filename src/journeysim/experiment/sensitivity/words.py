"""What an answer hangs on, in words and as the document that ``--json`` prints."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

from journeysim.experiment.cells import Column, digits_for
from journeysim.experiment.results import difference_document, number_or_none
from journeysim.experiment.sensitivity.search import End, Sensitivity, Swing
from journeysim.experiment.statistics import Difference

_FRACTION = "_fraction"
_SHARES = ("net_promoter_score", "share_end", "utilisation", "churn_per_year")
_TOLD = 3


def metric_column(metric: str) -> Column:
    """The metric as a column: shares in percent."""
    share = metric.endswith(_FRACTION) or metric in _SHARES
    return Column(metric, metric, 100.0 if share else 1.0)


def sensitivity_answer(found: Sensitivity) -> str:
    """Return what the metric hangs on, in plain words, never stronger than the intervals allow."""
    what = found.metric
    if found.option:
        what = f"the difference that {found.option} makes to {what}"
    tried = f"{len(found.swings)} number{'s'[: len(found.swings) != 1]} varied"
    sure = [one for one in found.swings if one.sure]
    if not sure:
        text = f"Of the {tried}, none moves {what} by more than can be told from chance."
    else:
        most = "; ".join(_told(one, found) for one in sure[:_TOLD])
        text = f"Of the {tried}, {len(sure)} move{'s'[: len(sure) == 1]} {what}; it hangs most on {most}."
    return f"{text} {_sign(found)}" if found.option else text


def sensitivity_document(found: Sensitivity) -> dict[str, Any]:
    """Return the answer as plain data."""
    scenario = found.scenario
    return {
        "scenario": scenario.name,
        "baseline": scenario.baseline,
        **scenario.scale_document,
        "metric": found.metric,
        "option": found.option or None,
        "seed": found.run.scenario.seed,
        "replications": found.run.scenario.replications,
        "run": None if found.run.folder is None else str(found.run.folder),
        "answer": sensitivity_answer(found),
        "middle": _value_document(found.middle),
        "parameters": [_swing_document(one) for one in found.swings],
        "left_out": [{"parameter": one.title, "reason": one.reason} for one in found.left_out],
        "never_varied": list(found.never),
    }


def sensitivity_json(found: Sensitivity) -> str:
    """Return the document as text."""
    return json.dumps(sensitivity_document(found), ensure_ascii=False, allow_nan=False, indent=2)


def value_text(value: Difference, column: Column) -> str:
    """The metric in the middle: a value ± half its interval, or a difference with its sign."""
    half = (value.high - value.low) / 2 * column.factor
    digits = digits_for([half], most=4) if half > 0 else 2
    sign = "" if math.isnan(value.p) else "+"
    text = f"{value.difference * column.factor:{sign},.{digits}f}"
    return text if math.isnan(half) else f"{text} ±{half:,.{digits}f}"


def unit_text(column: Column, *, difference: bool) -> str:
    """Unit of a share; empty for what has its unit in its name."""
    return ("percentage points" if difference else "%") if column.factor != 1 else ""


def _told(one: Swing, found: Sensitivity) -> str:
    column = metric_column(found.metric)
    parts = [
        f"{_plain(end.change, column)} at {end.text}"
        for end in sorted(one.ends, key=lambda end: -abs(end.change.difference))
        if _sign_of(end.change)
    ]
    unit = unit_text(column, difference=True)
    return f"{one.title} ({' and '.join(parts)}{f', in {unit}' if unit else ''})"


def _plain(found: Difference, column: Column) -> str:
    half = (found.high - found.low) / 2 * column.factor
    digits = digits_for([half], most=4) if half > 0 else 2
    return f"{found.difference * column.factor:+,.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _sign(found: Sensitivity) -> str:
    """Whether the difference keeps its sign over all ranges, as far as its intervals say."""
    middle = _sign_of(found.middle)
    if middle == 0:
        return "The difference itself cannot be told from none where nothing is moved."
    turned = list(_where(found, lambda sign: sign == -middle))
    doubtful = list(_where(found, lambda sign: sign == 0))
    if turned:
        return f"Its sign turns at {_listed(turned)}."
    if doubtful:
        return f"Its sign stays the same, but it cannot be told from none at {_listed(doubtful)}."
    return "It keeps its sign, beyond chance, at every end of every range."


def _where(found: Sensitivity, holds: Any) -> Iterator[str]:
    for one in found.swings:
        for end in one.ends:
            if holds(_sign_of(end.value)):
                yield f"{one.title} {end.text}"


def _sign_of(value: Difference) -> int:
    """1 or -1 where the whole interval lies on one side of 0; else 0."""
    if value.low > 0:
        return 1
    return -1 if value.high < 0 else 0


def _listed(names: list[str]) -> str:
    more = len(names) - _TOLD
    told = ", ".join(names[:_TOLD])
    return told if more <= 0 else f"{told} and {more} more"


def _swing_document(one: Swing) -> dict[str, Any]:
    return {
        "parameter": one.title,
        "path": one.path,
        "kind": str(one.kind),
        "middle": one.middle,
        "low": _end_document(one.low),
        "high": _end_document(one.high),
        "most": number_or_none(one.most),
    }


def _end_document(end: End | None) -> dict[str, Any] | None:
    if end is None:
        return None
    return {
        "at": end.text,
        "clipped": end.clipped,
        "value": _value_document(end.value),
        "change": difference_document(end.change)
        | {"p_adjusted": number_or_none(end.p_adjusted), "real": end.real, "n": end.change.n},
    }


def _value_document(value: Difference) -> dict[str, Any]:
    return {
        "mean": number_or_none(value.difference),
        "low": number_or_none(value.low),
        "high": number_or_none(value.high),
        "n": value.n,
    }
