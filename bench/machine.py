"""What the numbers were measured on: processor and versions, nothing that names a host or a person."""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import re
import resource
import subprocess
from pathlib import Path

PACKAGES = ("journeysim", "simpy", "ciw", "numpy", "polars", "numba", "pydantic", "typer")


def processor() -> str:
    """Model of the processor, as the system tells it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", listing.read_text(), re.MULTILINE)
        if found:
            return " ".join(found[1].split())
    if platform.system() == "Darwin":
        brand = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(brand, capture_output=True, text=True, check=True).stdout.strip()
    return platform.processor() or platform.machine()


def others_at_work() -> float:
    """Programs that have lately competed for the processor, on average over a minute; NaN where untold."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan


def peak_mb() -> float:
    """Most memory that this process has held, MB.

    Linux tells a program what its parent held before it, in ``ru_maxrss``; ``VmHWM`` is the program's own.
    """
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"^VmHWM:\s*(\d+) kB$", status.read_text(), re.MULTILINE)
        if found:
            return int(found[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def description() -> dict[str, object]:
    """Tell processor, cores, system, Python and package versions."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def file_name(date: str) -> str:
    """Name of the file of a day's results: ``2027-01-04-intel-xeon-processor-2-cores.json``."""
    name = re.sub(r"\((r|tm)\)", "", f"{processor()} {os.cpu_count()} cores", flags=re.IGNORECASE)
    return f"{date}-{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}.json"
