"""JSON Schema of scenario files, for editors."""

from __future__ import annotations

from typing import Any

from journeysim.experiment.scenario import ScenarioFile
from journeysim.journey.schema import to_schema


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario file."""
    return to_schema(ScenarioFile, "journeysim scenario")
