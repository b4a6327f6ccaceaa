"""Write the reference of a YAML format from its JSON Schema: ``python tools/reference.py``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"journey": ROOT / "docs" / "journey-map-keys.md"}

Schema = dict[str, Any]


def reference(schema: Schema) -> str:
    """Markdown page with one table of keys for each kind of mapping in a format."""
    lines = [
        f"# Keys of a {schema['title'].removeprefix('journeysim ')}",
        "",
        "Made from the models by `python tools/reference.py`; a key in **bold** must be given.",
    ]
    for name, part in _parts(schema):
        lines += ["", f"## {name}", "", part["description"], "", "| key | what it says | value | example |"]
        lines += ["|---|---|---|---|", *_rows(part)]
    return "\n".join(lines) + "\n"


def _parts(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """The whole format, then every kind of mapping in it, in the order in which they are met."""
    waiting, met = [("the file", schema)], {"the file"}
    while waiting:
        name, part = waiting.pop(0)
        yield name, part
        for inner in _references(part.get("properties", {})):
            if inner not in met:
                met.add(inner)
                waiting.append((inner, schema["$defs"][inner]))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rsplit("/", 1)[1]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _rows(part: Schema) -> Iterator[str]:
    required = set(part.get("required", ()))
    for key, value in part.get("properties", {}).items():
        shown = f"**`{key}`**" if key in required else f"`{key}`"
        example = f"`{_flow(value['examples'][0])}`" if value.get("examples") else ""
        cells = [shown, value.get("description", ""), _kind(value), example]
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _kind(value: Schema) -> str:
    """What may stand there, in a few words."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_kind(form) for form in value["anyOf"]))
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    if "const" in value or "enum" in value:
        return " or ".join(f"`{word}`" for word in value.get("enum", [value.get("const")]))
    if value["type"] == "array":
        return f"list of {_kind(value['items'])}"
    if value["type"] == "object":
        inner = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
        keys = "times" if any(":" in pattern for pattern in value.get("patternProperties", {})) else "names"
        return f"{_kind(inner[0])} by {keys}" if isinstance(inner[0], dict) else "mapping"
    if "pattern" in value:
        return "time" if ":" in value["pattern"] else "duration" if "min" in value["pattern"] else "name"
    words = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false"}
    low, high = value.get("minimum", value.get("exclusiveMinimum")), value.get("maximum")
    span = f", {low:g} to {high:g}" if low is not None and high is not None and high <= 10_000 else ""
    span = span or (f", {low:g} or more" if low is not None and "minimum" in value else "")
    span = span or (f", above {low:g}" if low is not None else "")
    return words[value["type"]] + span


def _flow(example: Any) -> str:
    """Write an example as a YAML flow value."""
    if isinstance(example, dict):
        return "{" + ", ".join(f"{key}: {_flow(inner)}" for key, inner in example.items()) + "}"
    if isinstance(example, list):
        return "[" + ", ".join(_flow(inner) for inner in example) + "]"
    return example if isinstance(example, str) else json.dumps(example)


if __name__ == "__main__":
    from journeysim.journey.schema import journey_schema

    PAGES["journey"].write_text(reference(journey_schema()), encoding="utf-8")
