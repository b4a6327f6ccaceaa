"""A journey with its scores as a Mermaid user journey, which many wikis and editors draw."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from journeysim.experiment.results import MetricKey, OptionResult
from journeysim.experiment.runs import Run
from journeysim.experiment.scenario import Option
from journeysim.journey import Journey

_MIDDLE, _HALF = 3.0, 2.0
"""Mermaid's scores run from 1 to 5, ours from -1 to 1."""

_STAND_INS = str.maketrans({"#": "＃", ":": "：", ";": "；", ",": "，", "%": "％", "{": "｛", "}": "｝"})
"""Characters that its grammar gives a meaning, and the full-width ones that look like them."""
_WORDS = re.compile(r"(journey|title|section|acctitle|accdescr)(?!\w)", re.IGNORECASE)


def mermaid_text(run: Run, option: Option) -> str:
    """The touchpoints by stage, in map order, with their mean scores and who serves there.

    Parameters
    ----------
    run : its metrics.
    option : one of its options.

    Returns
    -------
    Text that begins with ``journey``. A touchpoint that nobody scored is named in a comment.
    """
    result = next(one for one in run.options if one.name == option.name)
    lines = ["journey", f"    title {_safe(f'{option.journey.name} ({option.name})')}"]
    lines += _stages(option.journey, result)
    return "\n".join([*lines, ""])


def _stages(journey: Journey, result: OptionResult) -> Iterator[str]:
    stages: dict[str, list[str]] = {}
    for name, point in journey.touchpoints.items():
        stages.setdefault(point.stage, []).append(name)
    for stage, names in stages.items():
        yield f"    section {_safe(stage)}"
        for name in names:
            found = result.estimates.get(MetricKey("touchpoint", name, "score_mean"))
            if found is None or math.isnan(found.mean):
                yield f"      %% nobody scored {_safe(name)}"
                continue
            groups = journey.groups_serving(journey.lines_of(journey.touchpoints[name]))
            who = ", ".join(_safe(group) for group in groups)
            yield f"      {_safe(name)}: {_MIDDLE + _HALF * found.mean:.2f}{f': {who}' if who else ''}"


def _safe(text: str) -> str:
    """Text that the grammar takes as a name, on one line."""
    plain = " ".join(text.split()).translate(_STAND_INS)
    plain = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in plain)
    return f"“{plain}”" if _WORDS.match(plain) or not plain else plain
