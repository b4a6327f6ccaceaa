"""``journeysim schema``: JSON Schemas for editors."""

from __future__ import annotations

import json
from typing import Any

from journeysim.cli.guard import show


def schema_command(of: str) -> None:
    """Print the schema of a ``journey`` or ``scenario`` file."""
    show(schema_text(of).removesuffix("\n"))


def schema_text(of: str) -> str:
    """Text of the schema of a ``journey`` or ``scenario`` file, as ``schemas/`` keeps it."""
    return json.dumps(_schema(of), ensure_ascii=False, indent=2) + "\n"


def _schema(of: str) -> dict[str, Any]:
    if of == "journey":
        from journeysim.journey.schema import journey_schema

        return journey_schema()
    from journeysim.experiment.schema import scenario_schema

    return scenario_schema()
