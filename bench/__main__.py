"""Command of the benchmark; see the package."""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from bench import machine, own, textbook_ciw, textbook_simpy
from bench.agreement import Estimate, disagreements, estimates
from bench.market import SIZES, MarketMeasured, measure_market, print_markets
from bench.models import STEPS_SCHEMA, Bank, read_bank
from journeysim.branch.formulas import Period, queue_day

Engine = Callable[[Bank, int, int], pl.DataFrame]
ENGINES: dict[str, Engine] = {
    "textbook SimPy": textbook_simpy.run,
    "Ciw": textbook_ciw.run,
    "journeysim": own.run,
}
TARGETS = {("b", "textbook SimPy"): 5.0, ("b", "Ciw"): 10.0}
HELP_TARGET_S = 0.3
BUSY = 0.7
"""Load from which on a measurement is not to be trusted."""
TITLES = {
    "a": "Model A: M/M/5 at load 0.9, around the clock",
    "b": "Model B: greeter, kiosks or tellers, advisers; two classes, patience, changing arrivals",
}


@dataclass(frozen=True)
class Measured:
    """What one engine took for one model, and what it told."""

    seconds: list[float]
    customers: int
    steps: int
    estimates: dict[str, Estimate]

    @property
    def customers_per_s(self) -> float:
        """Customers a second, by the median of the repeats."""
        return self.customers / len(self.seconds) / statistics.median(self.seconds)


def main() -> int:
    """Measure, compare, print, keep; 1 if the engines disagree."""
    options = _options()
    print(f"{machine.processor()}, {machine.description()['cores']} cores, Python {sys.version.split()[0]}")
    load = machine.others_at_work()
    if load > BUSY:
        print(f"The machine is busy (load {load:.1f}): these numbers are too low, and ratios uncertain.")
    results, wrong = {}, []
    for name in options.models:
        bank = read_bank(name)
        days = {"a": options.days_a, "b": options.days_b}[name]
        results[name] = measure(bank, days, options.repeats)
        truth = exact_waits(bank) if name == "a" else {}
        wrong += disagreements({engine: m.estimates for engine, m in results[name].items()}, truth)
        print_model(name, bank, days, results[name], truth)
    help_s = [time_help() for _ in range(max(3, options.repeats))]
    markets = [measure_market(people) for people in options.people]
    if markets:
        print_markets(markets)
    print(f"\njourneysim --help: {statistics.median(help_s):.2f} s (target {HELP_TARGET_S} s at most)")
    for line in wrong:
        print(f"DISAGREE {line}")
    if not wrong:
        print("All engines agree on every mean wait and share.")
    if options.keep:
        print(f"Kept in {keep(options, results, markets, help_s, load)}")
    return 1 if wrong else 0


def measure(bank: Bank, days: int, repeats: int) -> dict[str, Measured]:
    """Time the engines in turn, so that a slow minute of the machine meets them all."""
    seconds: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    steps: dict[str, list[pl.DataFrame]] = {engine: [] for engine in ENGINES}
    for engine in ENGINES.values():
        engine(bank, 1, 0)
    for repeat in range(repeats):
        for name, engine in ENGINES.items():
            start = time.perf_counter()
            table = engine(bank, days, repeat + 1)
            seconds[name].append(time.perf_counter() - start)
            numbered = table.with_columns(day=pl.col("day").cast(pl.Int64) + repeat * 1_000_000)
            steps[name].append(numbered.select(list(STEPS_SCHEMA)))
    first = next(iter(bank.servers))
    return {
        name: Measured(
            seconds=seconds[name],
            customers=int((table["touchpoint"] == first).sum()),
            steps=table.height,
            estimates=estimates(table),
        )
        for name, table in ((name, pl.concat(tables)) for name, tables in steps.items())
    }


def exact_waits(bank: Bank) -> dict[str, float]:
    """Tell the exact mean wait of model A on days that open empty."""
    hours, (_, per_min) = bank.open_for_min / 60.0, bank.arrivals_until[0]
    day = queue_day([Period(hours, 60.0 * per_min, bank.servers["teller"])], bank.service_mean_min["teller"])
    return {"wait_mean_min of teller, customer": day.day.wait_mean_min}


def time_help() -> float:
    """Seconds from calling ``journeysim --help`` until it is done."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-m", "journeysim", "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def print_model(
    name: str, bank: Bank, days: int, measured: dict[str, Measured], truth: dict[str, float]
) -> None:
    """Print speeds, then what the engines tell."""
    print(f"\n{TITLES[name]}: {days} days of {bank.customers_per_day:,.0f} customers")
    print(f"{'':18}{'customers/s':>14}{'steps/s':>12}{'median s':>10}   journeysim is")
    fastest = measured["journeysim"].customers_per_s
    for engine, result in measured.items():
        steps_per_s = result.customers_per_s * result.steps / result.customers
        times, target = fastest / result.customers_per_s, TARGETS.get((name, engine))
        note = "" if engine == "journeysim" else f"   {times:.1f} times as fast"
        note += f", target {target:.0f}: {'met' if times >= target else 'MISSED'}" if target else ""
        median = statistics.median(result.seconds)
        print(f"{engine:18}{result.customers_per_s:14,.0f}{steps_per_s:12,.0f}{median:10.2f}{note}")
    print(
        "\n" + f"{'':42}" + "".join(f"{engine:>18}" for engine in [*measured, *(["theory"] if truth else [])])
    )
    for what in next(iter(measured.values())).estimates:
        values = [result.estimates[what] for result in measured.values() if what in result.estimates]
        row = [f"{value.mean:.4f} ± {value.half_width:.4f}" for value in values]
        row += [f"{truth[what]:.4f}"] if what in truth else []
        print(f"{what:42}" + "".join(f"{text:>18}" for text in row))


def keep(
    options: argparse.Namespace,
    results: dict[str, dict[str, Measured]],
    markets: list[MarketMeasured],
    help_s: list[float],
    load: float,
) -> Path:
    """Write the numbers to a file named by date and machine."""
    today = datetime.now(UTC).date().isoformat()
    path: Path = options.out / machine.file_name(today)
    models = {
        name: {
            engine: {
                "customers_per_s": round(m.customers_per_s),
                "journeysim_times": round(measured["journeysim"].customers_per_s / m.customers_per_s, 2),
                "seconds": [round(value, 4) for value in m.seconds],
                "customers": m.customers,
                "steps": m.steps,
                "estimates": {what: asdict(value) for what, value in m.estimates.items()},
            }
            for engine, m in measured.items()
        }
        for name, measured in results.items()
    }
    document = {
        "date": today,
        "machine": machine.description(),
        "days": {"a": options.days_a, "b": options.days_b},
        "repeats": options.repeats,
        "load_before": None if math.isnan(load) else round(load, 2),
        "models": models,
        "markets": [
            asdict(one)
            | {
                "visits_per_s": round(one.visits_per_s),
                "customer_months_per_s": round(one.customer_months_per_s),
            }
            for one in markets
        ],
        "help_s": [round(value, 4) for value in help_s],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n")
    return path


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--models", nargs="*", choices=["a", "b"], default=["a", "b"])
    parser.add_argument("--days-a", type=int, default=20, help="days of model A (at least 2)")
    parser.add_argument("--days-b", type=int, default=100, help="days of model B (at least 2)")
    parser.add_argument("--people", type=int, nargs="*", default=list(SIZES), help="sizes of the market")
    parser.add_argument("--repeats", type=int, default=5, help="each engine runs so often")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--no-keep", dest="keep", action="store_false", help="write no file")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
