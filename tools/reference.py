"""Write the references of the YAML formats and of the commands from the program: ``make reference``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "journey": ROOT / "docs" / "reference" / "journey-map-keys.md",
    "scenario": ROOT / "docs" / "reference" / "scenario-keys.md",
    "behaviour": ROOT / "docs" / "reference" / "behaviour-keys.md",
    "commands": ROOT / "docs" / "reference" / "cli.md",
}
ELSEWHERE = {"BehaviourChoice": "behaviour-keys.md", "Behaviour": "behaviour-keys.md"}
"""Kinds of mappings that have a page of their own."""
RANGES = {
    r" +\[(.*); required\]": r" [\1] Must be given.",
    r" +\[required\]": " Must be given.",
    r" +\[(?:0<=x<=9223372036854775807|x>=0)\]": "",
    r" +\[x>=(\d+)\]": r" At least \1.",
    r" +\[(\d+)<=x<=(\d+)\]": r" \1 to \2.",
    r"(?:(; default|, default): \S+)? +\[default: (.*?)(?:; x>=(\d+))?\]": r" Default: \2.",
}
"""What typer writes behind a parameter, in words."""

Schema = dict[str, Any]


def reference(schema: Schema) -> str:
    """Markdown page with one table of keys for each kind of mapping in a format."""
    lines = [
        f"# Keys of a {schema['title'].removeprefix('journeysim ')}",
        "",
        "Made from the models by `make reference`; a key in **bold** must be given.",
    ]
    for name, part in _parts(schema):
        lines += ["", f"## {name}", "", part["description"], "", "| key | what it says | value | example |"]
        lines += ["|---|---|---|---|", *_rows(part, schema["$defs"])]
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
        "`make reference`. A scenario names a preset, a file, or either with changes:",
        "",
        "```yaml",
        "behaviour: evidence",
        "```",
        "",
        "```yaml",
        "behaviour: our-customers.yaml            # relative to the scenario",
        "```",
        "",
        "```yaml",
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
        "[training-and-evidence.md](../explanation/training-and-evidence.md).",
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
            if inner not in met | ELSEWHERE.keys():
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


def _rows(part: Schema, kinds: Schema) -> Iterator[str]:
    required = set(part.get("required", ()))
    for key, value in part.get("properties", {}).items():
        shown = f"**`{key}`**" if key in required else f"`{key}`"
        example = f"`{_flow(value['examples'][0])}`" if value.get("examples") else ""
        # A key without words of its own says what its kind of mapping says.
        said = value.get("description") or kinds[next(_references(value))]["description"]
        cells = [shown, said, _kind(value), example]
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _kind(value: Schema) -> str:
    """What may stand there, in a few words."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(_kind(form) for form in value["anyOf"]))
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[1]
        return f"[{name}]({ELSEWHERE.get(name, f'#{name.lower()}')})"
    if "const" in value or "enum" in value:
        return " or ".join(f"`{word}`" for word in value.get("enum", [value.get("const")]))
    if "type" not in value:
        return "any value"
    if value["type"] == "array":
        return f"list of {_kind(value['items'])}"
    if value["type"] == "object":
        inner = [*value.get("patternProperties", {}).values(), value.get("additionalProperties")]
        keys = "times" if any(":" in pattern for pattern in value.get("patternProperties", {})) else "names"
        return f"{_kind(inner[0])} by {keys}" if isinstance(inner[0], dict) else "mapping"
    if "pattern" in value:
        marks = {"ya?ml": "file", ":": "time", "min": "duration", "-": "date"}
        return next((kind for mark, kind in marks.items() if mark in value["pattern"]), "name")
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
    plain = isinstance(example, str) and not set(example) & set(",[]{}")
    return str(example) if plain else json.dumps(example, ensure_ascii=False)


def command_reference() -> str:
    """Markdown page of every command with its arguments, options and examples, as its ``--help`` has them."""
    import typer

    from journeysim.cli.app import app

    group = typer.main.get_group(app)
    lines = [
        "# Commands",
        "",
        f"{group.help} Made from the program by `make reference`; `journeysim COMMAND --help` says the same.",
        "Tables go to stdout, progress and messages to stderr.",
        "",
        "| command | what it does |",
        "|---|---|",
        *(f"| [`{name}`](#{name}) | {one.short_help} |" for name, one in group.commands.items()),
    ]
    for name, command in group.commands.items():
        lines += ["", f"## {name}", "", *_help(command), "", *_usage(name, command)]
    return "\n".join(lines) + "\n"


def _help(command: Any) -> Iterator[str]:
    r"""Paragraphs of a help; those that begin with ``\b`` keep their lines, their commands are a block."""
    paragraphs = (command.help or "").strip().split("\n\n")
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ""
        lines = paragraph.removeprefix("\b\n").splitlines()
        shown = [line.strip() for line in lines if line.startswith("  ")]
        yield from (_plain(line) for line in lines if not line.startswith("  "))
        if shown:
            kinds = {"#": "yaml", "journeysim": "sh"}
            yield from ["", f"```{kinds.get(shown[0].split()[0], 'text')}", *shown, "```"]


def _plain(text: str) -> str:
    """Keep what Markdown would take for its own: options as code, dashes, angles."""
    return re.sub(r"(?<![\w`])(--[a-z-]+)", r"`\1`", text).replace("<", "\\<").replace("*", "\\*")


def _usage(name: str, command: Any) -> Iterator[str]:
    context = command.make_context(name, [], resilient_parsing=True)
    yield "| argument or option | what it says |"
    yield "|---|---|"
    for parameter in command.params:
        shown, said = parameter.get_help_record(context)
        kept = shown.split()[0] if parameter.param_type_name == "argument" else shown
        for pattern, words in RANGES.items():
            said = re.sub(pattern, words, said)
        yield f"| `{kept.replace('|', '&#124;')}` | {_plain(said).replace('|', '&#124;')} |"


def pages() -> dict[str, str]:
    """Text of every page that is made here, by its key in ``PAGES``."""
    from journeysim.experiment.schema import scenario_schema
    from journeysim.journey.schema import journey_schema

    return {
        "journey": reference(journey_schema()),
        "scenario": reference(scenario_schema()),
        "behaviour": behaviour_reference(),
        "commands": command_reference(),
    }


if __name__ == "__main__":
    for key, text in pages().items():
        PAGES[key].write_text(text, encoding="utf-8")
