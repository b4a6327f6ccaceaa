"""Which options are shown where there is no room for all of them."""

from __future__ import annotations

import math

from journeysim.experiment.results import OptionResult
from journeysim.experiment.runs import Run

MOST_LISTED = 100
"""Options in the lists and tables of a page; more are nothing that anybody reads on one."""


def shown_options(run: Run, most: int) -> list[OptionResult]:
    """The baseline and the options that differ most from it, in their order, ``most`` in all.

    They differ by the difference of the first metric that options are judged by, over its interval's width.
    """
    if len(run.options) <= most:
        return list(run.options)
    others = [option for option in run.options if option is not run.baseline]
    chosen = {option.name for option in sorted(others, key=_distance, reverse=True)[: most - 1]}
    return [option for option in run.options if option is run.baseline or option.name in chosen]


def _distance(option: OptionResult) -> float:
    found = option.versus_baseline.get("wait_mean_min")
    distance = 0.0 if found is None else abs(found.difference.difference)
    # Without a value it is as good as no difference.
    return 0.0 if math.isnan(distance) else distance
