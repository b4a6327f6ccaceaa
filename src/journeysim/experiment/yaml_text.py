"""Plain data as YAML text that the strict loader reads back as the same data."""

from __future__ import annotations

import re
from typing import Any

import yaml

# Names, prose, durations and times of day stand plain; whatever YAML might take for something else is quoted.
_PLAIN = re.compile(r"[^\W\d_][\w ./-]*|\d+(\.\d+)? (s|min|h|day|days)|\d\d:\d\d", re.ASCII)


class _Dumper(yaml.SafeDumper):
    """Block style, no aliases, texts quoted where in doubt."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- the name is PyYAML's
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    letters_only = re.fullmatch(r"[^\W\d_]+", text) is not None
    plain = _PLAIN.fullmatch(text) is not None or (letters_only and not text.isascii())
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


_Dumper.add_representer(str, _represent_text)


def to_yaml(data: Any) -> str:
    """YAML text of dicts, lists, texts, numbers and truth values, in their order."""
    text: str = yaml.dump(
        data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=2**16
    )
    return text
