"""JSON Schema of the YAML formats, made from their pydantic models for completion in editors.

What helps the YAML language server: no null (no key may be null), no titles made from key names (they hide
the descriptions), nothing beside the patterns of keys (or ``9:00`` is accepted), no limit on the number of
keys of a distribution (completion goes silent at it; that exactly one is set is `check`'s business).
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class _Generator(GenerateJsonSchema):
    """pydantic's generator without null and without automatic titles."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        # A missing value is None in Python; in a file the key is left out and null is refused.
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default", 0) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002
        # Keys stay in the order of the models, which is the order a person would write them in.
        return value


_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}
"""Bounds that pydantic leaves under its own names where a validator of ours stands before them."""


def to_schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a file format.

    Parameters
    ----------
    model : pydantic model of the whole file.
    title : what the file is, as editors show it.
    """
    made = model.model_json_schema(schema_generator=_Generator)
    tidy = _tidied(made)
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": title, **tidy}


def journey_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of journey maps; ``schemas/journey.json`` is a copy of it."""
    from journeysim.journey.models import Journey

    return to_schema(Journey, "journeysim journey map")


def _tidied(node: Any, *, names: bool = False) -> Any:
    """Copy of a schema without titles; ``names`` says that the keys of ``node`` are keys of the format."""
    if isinstance(node, list):
        return [_tidied(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    if names:
        return {key: _tidied(inner) for key, inner in node.items()}
    tidy = {}
    for key, inner in node.items():
        if key in {"examples", "default", "enum", "const", "required"}:
            tidy[key] = inner
        elif key == "title":
            continue
        elif key == "description":
            tidy[key] = " ".join(str(inner).split())
        elif key == "oneOf":
            # The forms of a value exclude one another, and editors explain a failed anyOf better.
            tidy["anyOf"] = _tidied(inner)
        else:
            tidy[_BOUNDS.get(key, key)] = _tidied(
                inner, names=key in {"properties", "patternProperties", "$defs"}
            )
    if "patternProperties" in tidy:
        tidy["additionalProperties"] = False
    return tidy
