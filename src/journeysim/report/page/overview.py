"""The answer to very many options at once: how many of them do what."""

from __future__ import annotations

import math

from journeysim.experiment.answer import OF_CUSTOMERS, OF_VISITS, Fact
from journeysim.experiment.results import Comparison
from journeysim.experiment.runs import Run

LEAST_OPTIONS = 6
"""Options beside the baseline from which on they are counted too."""


def overview(run: Run, *, in_market: bool) -> tuple[str, ...]:
    """Count the options that raise and lower what is judged, and name those that change it most.

    Parameters
    ----------
    run : with all options.
    in_market : whether customers are ours to lose.

    Returns
    -------
    A sentence for each thing that is judged; none for fewer than `LEAST_OPTIONS` options.
    """
    others = [option for option in run.options if option is not run.baseline]
    if len(others) < LEAST_OPTIONS:
        return ()
    told = []
    for fact in OF_CUSTOMERS if in_market else OF_VISITS:
        found = {
            option.name: compared
            for option in others
            if (compared := option.versus_baseline.get(fact.metric)) is not None
            and not math.isnan(compared.difference.difference)
        }
        if any(compared.difference.difference for compared in found.values()):
            told.append(_sentence(fact, found, run.scenario.baseline))
    return tuple(told)


def _sentence(fact: Fact, found: dict[str, Comparison], baseline: str) -> str:
    lower = [name for name, one in found.items() if one.real and one.difference.difference < 0]
    higher = [name for name, one in found.items() if one.real and one.difference.difference > 0]
    parts = []
    for names, word in ((lower, "lower"), (higher, "higher")):
        if names:
            most = max(names, key=lambda name: abs(found[name].difference.difference))
            parts.append(f"{word} in {len(names)} (most in {most})")
    rest = len(found) - len(lower) - len(higher)
    if rest:
        parts.append(f"not told apart from {baseline} in {rest}")
    subject = f"{fact.subject[0].upper()}{fact.subject[1:]}"
    return f"{subject}, of {len(found)} options: {', '.join(parts)}."
