"""Write the references of the YAML formats from their models: ``python tools/reference.py``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "journey": ROOT / "docs" / "journey-map-keys.md",
    "behaviour": ROOT / "docs" / "behaviour-keys.md",
}

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


def behaviour_reference() -> str:
    """Markdown page of every constant of a behaviour, with each preset's value and its source."""
    from journeysim.journey.schema import to_schema
    from journeysim.market.behaviour import Behaviour
    from journeysim.market.constants import constants, sources
    from journeysim.market.presets import PRESETS, load_preset

    schema = to_schema(Behaviour, "behaviour")
    listed = [constants(preset.behaviour, sources(preset)) for preset in map(load_preset, PRESETS)]
    lines = [
        "# Keys of a behaviour",
        "",
        "How people judge, tell, leave and choose. Made from the models and the presets by",
        "`python tools/reference.py`. A scenario names a preset, a file, or either with changes:",
        "",
        "```yaml",
        "behaviour: evidence",
        "behaviour: our-customers.yaml            # relative to the scenario",
        "behaviour: {preset: evidence, set: {telling.told_bad: 12}}",
        "```",
        "",
        "A file must give every key. Copy a preset from `src/journeysim/presets/` and keep the source of",
        "each number as a comment at the end of its line: `journeysim assumptions our-customers.yaml` prints",
        "them, and `journeysim check` counts what has none.",
        "",
        "- `behaviour`: name of the set of constants.",
        "- `description`: what it rests on; may be left out.",
        "",
        "Any path below can be set: as it stands under `set` beside `preset` or `file`, and as",
        "`behaviour.PATH` in `set` of a scenario or an option, in `grid` and with `--set`. Values in bold",
        "differ between the presets; why they do is told in",
        "[training-and-evidence.md](training-and-evidence.md).",
    ]
    for section in schema["properties"]:
        paths = [row for row in zip(*listed, strict=True) if row[0].path.split(".")[0] == section]
        if paths:
            lines += ["", f"## {section}", "", _node_at(schema, section)["description"], ""]
            lines += [
                f"| path | what it says | value | {' | '.join(PRESETS)} |",
                f"|{'---|' * (3 + len(PRESETS))}",
            ]
        for row in paths:
            first = row[0]
            cells = [f"`{first.path}`", first.meaning, _kind(_node_at(schema, first.path))]
            mark = "**" if len({one.value for one in row}) > 1 else ""
            cells += [f"{mark}{one.text}{mark}<br>{one.source}" for one in row]
            lines.append(f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _node_at(schema: Schema, path: str) -> Schema:
    node = schema
    for part in path.split("."):
        inner: Schema = node["properties"][part]
        node = schema["$defs"][inner["$ref"].rsplit("/", 1)[1]] if "$ref" in inner else inner
    return node


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
    PAGES["behaviour"].write_text(behaviour_reference(), encoding="utf-8")
