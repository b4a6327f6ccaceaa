"""Write the tables of docs/explanation/validation.md: theory and records beside what the program gives.

python tools/validation.py                    # every table, some two and a half minutes
python tools/validation.py retention queues   # some of them

Each table stands on the page between ``<!-- table: NAME -->`` and ``<!-- end -->``. Coverage and selection
are counted, and the town of the claims is projected, by the functions of the tests that hold the program to
them.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/explanation/validation.md"
REPLICATIONS = 25

Rows = Iterator[list[str]]


def _point(service: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {"stage": "Transact", "queue": "line", "service": service} | others


def _tellers(count: Any) -> dict[str, Any]:
    return {"tellers": {"count": count, "serves": ["line"]}}


def _patience(mean: str) -> dict[str, Any]:
    return {"all": {"share": 1, "patience": {"exponential": {"mean": mean}}}}


# What the queue is, parts in which its map differs from that of the tests of theory, days a replication.
QUEUES: dict[str, tuple[dict[str, Any], int]] = {
    "one teller": (
        {
            "arrivals": {"per_hour": 10},
            "staff": _tellers(1),
            "touchpoints": {"counter": _point({"exponential": {"mean": "4 min"}})},
        },
        200,
    ),
    "one teller, every service equally long": (
        {
            "arrivals": {"per_hour": 9},
            "staff": _tellers(1),
            "touchpoints": {"counter": _point({"constant": "4 min"})},
        },
        200,
    ),
    "one teller, services that vary much (cv 1.5)": (
        {
            "arrivals": {"per_hour": 9},
            "staff": _tellers(1),
            "touchpoints": {"counter": _point({"gamma": {"mean": "4 min", "cv": 1.5}})},
        },
        400,
    ),
    "five tellers": ({"staff": _tellers(5)}, 100),
    "five tellers, Erlang service": (
        {"staff": _tellers(5), "touchpoints": {"counter": _point({"erlang": {"mean": "6 min", "k": 2}})}},
        100,
    ),
    "three tellers, room for four": (
        {"staff": _tellers(3), "queues": {"line": {"capacity": 4}}},
        80,
    ),
    **{
        f"{count} tellers, patience of 21 min": (
            {"segments": _patience("21 min"), "staff": _tellers(count)},
            80,
        )
        for count in (3, 4, 5)
    },
    "arrivals and roster that change, patience of 15 min": (
        {
            "segments": _patience("15 min"),
            "arrivals": {"per_hour": {"09:00": 24, "10:30": 60, "12:30": 30}},
            "staff": _tellers({"09:00": 3, "10:30": 5, "12:30": 3}),
        },
        100,
    ),
    "a tenth come back to the same queue": (
        {
            "touchpoints": {
                "counter": _point(
                    {"exponential": {"mean": "5 min"}}, next=[{"to": {"counter": 0.1, "leave": 0.9}}]
                )
            }
        },
        100,
    ),
}


def queues() -> Rows:
    """Exact formulas of a day that opens empty, beside the simulation of such days."""
    from journeysim.branch import formulas_beside, open_days, simulate_replication
    from journeysim.experiment.statistics import estimate
    from journeysim.journey import parse_journey

    test = importlib.import_module("tests.theory.test_branch_theory")
    yield ["queue", "formula", "wait, min: theory", "simulated", "waited, %: theory", "simulated"]
    for name, (parts, days) in QUEUES.items():
        journey = parse_journey(json.dumps(test.eight_hours(**parts)), name)
        opened = open_days(journey, date(2027, 1, 4), days)
        told = formulas_beside(journey, opened)["counter"]
        found: dict[str, list[float]] = {"wait_mean_min": [], "waited_fraction": []}
        for replication in range(REPLICATIONS):
            done = simulate_replication(journey, opened, seed=5, replication=replication, target_wait_min=10)
            for metric in done.metrics:
                if metric.scope == "touchpoint" and metric.metric in found:
                    found[metric.metric].append(metric.value)
        wait, waited = (estimate(np.array(values)) for values in found.values())
        yield [
            name,
            f"{told.formula}{'' if told.exact else ' (nearly)'}",
            f"{told.values['wait_mean_min']:.3f}",
            f"{wait.mean:.3f} ± {wait.half_width:.3f}",
            f"{100 * told.values['waited_fraction']:.2f}",
            f"{100 * waited.mean:.2f} ± {100 * waited.half_width:.2f}",
        ]


def coverage() -> Rows:
    """How often intervals hold the truth, counted by the test of it."""
    test = importlib.import_module("tests.theory.test_coverage")
    experiments = test.values_by_experiment()
    yield ["metric", "exact value of the day", "experiments", "95% intervals that hold it"]
    for metric in test.METRICS:
        share = test.covered_share(experiments, metric)
        yield [f"`{metric}`", f"{test.truth_of(metric):.4f}", f"{len(experiments):,}", f"{share:.1%}"]


def selection() -> Rows:
    """How often KN chooses the best where it is hardest, counted by the test of it."""
    test = importlib.import_module("tests.theory.test_selection")
    yield ["case", "luck", "promised", "the best chosen", "runs on average"]
    for name, deviations in test.DEVIATIONS.items():
        for common in (False, True):
            correct, runs = test.compare(test.MACRO_RUNS, deviations, common=common)
            luck = "common" if common else "independent"
            yield [name, luck, f"{1 - test.ALPHA:.0%}", f"{correct / test.MACRO_RUNS:.1%}", f"{runs:.0f}"]


def retention() -> Rows:
    """The two cohorts of Fader and Hardie, fitted to seven years."""
    from journeysim.market.retention_curves import fit_retention

    test = importlib.import_module("tests.theory.test_market_retention")
    years = (8, 9, 10, 11, 12)
    yield ["cohort", "", "α", "β", *(f"year {year}" for year in years)]
    for name, table in (("high end", test.HIGH_END), ("regular", test.REGULAR)):
        fitted = fit_retention(table[:8])
        forecast = 100 * fitted.survival(12)
        yield [
            name,
            "forecast, %",
            f"{fitted.alpha:.3f}",
            f"{fitted.beta:.3f}",
            *(f"{forecast[year]:.1f}" for year in years),
        ]
        yield [name, "came, %", "", "", *(f"{table[year]:.1f}" for year in years)]


def adoption() -> Rows:
    """The curve of Bass beside adoption where everybody knows everybody."""
    from journeysim.branch.luck import Luck
    from journeysim.experiment.statistics import estimate
    from journeysim.market.diffusion import adoption as adopt
    from journeysim.market.diffusion import bass_curve
    from journeysim.market.network_builders import complete

    people, steps, markets, years = 1500, 100, 40, (1, 2, 5, 10, 15, 20)
    network = complete(people)
    shares = np.empty((markets, len(years)))
    by_self, by_tie = -np.expm1(-0.03 / steps), -np.expm1(-0.38 / steps / (people - 1))
    for market in range(markets):
        adopted = adopt(network, by_self, by_tie, 0.0, 20 * steps, Luck(11, market))
        shares[market] = [np.mean((adopted >= 0) & (adopted < year * steps)) for year in years]
    yield ["year", "Bass", "simulated"]
    for at, year in enumerate(years):
        found = estimate(shares[:, at])
        told = float(bass_curve(0.03, 0.38, np.array([float(year)]))[0])
        yield [str(year), f"{told:.4f}", f"{found.mean:.4f} ± {found.half_width:.4f}"]


def cascades() -> Rows:
    """Stories on random networks beside branching processes and final sizes."""
    from journeysim.branch.luck import Luck
    from journeysim.experiment.statistics import estimate
    from journeysim.market.diffusion import cascade_sizes, final_size, mean_cascade_size
    from journeysim.market.network_builders import random_regular, random_ties

    yield ["network", "each hearer passes it on to", "what", "theory", "simulated"]
    for chance in (0.05, 0.1):
        means = []
        for world in range(6):
            network = random_regular(60_000, 10, Luck(13, world))
            seeds = np.arange(0, 60_000, 4)
            means.append(cascade_sizes(network, seeds, chance, Luck(13, world)).mean())
        found = estimate(np.array(means))
        yield [
            "10 ties each",
            f"{9 * chance:g} more",
            "mean size",
            f"{mean_cascade_size(10, chance):.3f}",
            f"{found.mean:.3f} ± {found.half_width:.3f}",
        ]
    for reproduction in (1.2, 1.5, 2.0, 3.0):
        sizes = []
        for world in range(12):
            network = random_ties(20_000, 8, Luck(14, world))
            reached = cascade_sizes(network, np.arange(10), reproduction / 8, Luck(14, world)) / 20_000
            if (reached > 0.05).any():
                sizes.append(reached[reached > 0.05].mean())
        found = estimate(np.array(sizes))
        yield [
            "8 ties on average",
            f"{reproduction:g} more",
            "share reached, if many",
            f"{final_size(reproduction):.4f}",
            f"{found.mean:.4f} ± {found.half_width:.4f}",
        ]


def calls() -> Rows:
    """July of the call centre: observed, and simulated by the shipped map."""
    from journeysim.experiment.statistics import estimate
    from journeysim.journey import load_journey

    path = ROOT / "journeys/call-centre.yaml"
    log = load_journey(path).arrivals.recorded
    assert log is not None
    assert log.observed_wait_min is not None
    assert log.observed_outcome is not None
    parts = importlib.import_module("callcentre.simulate").simulate([path], 20, 1, 2)
    wait = estimate(np.array([part["wait_s"].mean() for part in parts]))
    gave_up = estimate(np.array([100 * (1 - part["served"].mean()) for part in parts]))
    waited = estimate(np.array([100 * (part["wait_s"] > 0).mean() for part in parts]))
    observed_wait = 60 * np.asarray(log.observed_wait_min)
    observed = (
        float(observed_wait.mean()),
        float(100 * np.mean(np.array(log.observed_outcome) == "reneged")),
        float(100 * np.mean(observed_wait > 0)),
    )
    yield ["July 1999", "observed", "simulated", "off by"]
    names = ("mean wait, s", "gave up, %", "waited at all, %")
    for name, told, found in zip(names, observed, (wait, gave_up, waited), strict=True):
        off = 100 * (found.mean / told - 1)
        yield [
            name,
            f"{told:.1f}",
            f"{found.mean:.1f} ± {found.half_width:.1f}",
            f"{off:+.1f}%".replace("-", "−"),
        ]


def training() -> Rows:
    """What service training teaches in numbers, beside a year of the town of the city branch."""
    from journeysim.experiment.statistics import estimate

    test = importlib.import_module("tests.theory.test_service_training")
    claims = importlib.import_module("tests.claims")
    today = claims.town_of("city-branch.yaml", 10, customers=12000, months=12).today
    lost = today.values("lost")
    kinds = {kind: today.values("complaints", "complaint", kind) for kind in test.KINDS}
    bad = sum(kinds.values())
    told = {word: today.values(f"told_per_{word}_story") for word in test.TOLD}
    winning = today.values("cost_per_margin_new") / today.values("cost_per_margin_existing")
    yield ["taught", "", "the town"]
    found: list[tuple[str, str, np.ndarray]] = [
        *(
            (f"of those who leave: {words}, %", f"{100 * test.REASONS[reason]:g}", 100 * reasons / lost)
            for reason, words in _REASONS.items()
            for reasons in [today.values("lost", "reason", reason)]
        ),
        ("people told of a bad visit by who tells", "8 to 10", told["bad"]),
        ("of a bad visit ÷ of a good one", "2", told["bad"] / told["good"]),
        *(
            (f"of bad visits: {words}, %", taught, 100 * kinds[kind] / bad)
            for kind, (words, taught) in _KINDS.items()
        ),
        (
            "revenue that comes from existing customers, %",
            "85 to 95",
            100 * today.values("revenue_from_existing_fraction"),
        ),
        ("cost of a unit of margin from new customers ÷ from existing ones", "more", winning),
    ]
    for name, taught, values in found:
        one = estimate(values)
        yield [name, taught, f"{one.mean:.2f} ± {one.half_width:.2f}"]


_REASONS = {
    "indifferent_staff": "indifferent staff",
    "product": "unhappy with the product",
    "rival": "won over by a rival",
    "other_relationships": "other relationships",
    "moved": "moved",
    "died": "died",
}
_KINDS = {
    "grumble": ("only told in one's circle", "85 to 95"),
    "complain": ("complained of to the bank", "5 to 15"),
    "media": ("taken to the media", "1 to 5"),
}

TABLES: dict[str, Callable[[], Rows]] = {
    "queues": queues,
    "coverage": coverage,
    "selection": selection,
    "retention": retention,
    "adoption": adoption,
    "cascades": cascades,
    "calls": calls,
    "training": training,
}


def table(name: str) -> str:
    """Markdown of a table, computed now."""
    head, *rows = TABLES[name]()
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _place(name: str, text: str) -> re.Match[str]:
    found = re.search(rf"(?<=<!-- table: {name} -->\n\n)(.*?)(?=\n\n<!-- end -->)", text, re.DOTALL)
    assert found, name
    return found


def written(name: str) -> str:
    """Markdown of a table as the page has it."""
    return _place(name, PAGE.read_text(encoding="utf-8"))[0]


def renew(name: str) -> None:
    """Put a table computed now in the place of the one on the page."""
    new = table(name)
    text = PAGE.read_text(encoding="utf-8")
    place = _place(name, text)
    PAGE.write_text(text[: place.start()] + new + text[place.end() :], encoding="utf-8")
    print(f"{name}: {'as before' if place[0] == new else 'renewed'}")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for wanted in sys.argv[1:] or list(TABLES):
        renew(wanted)
