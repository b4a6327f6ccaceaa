"""No input, however mangled, ends in anything but a journey or an InputError with places and words."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import ROOT
from tests.strategies import FILES, Data, journey_maps, to_text

from journeysim.errors import InputError
from journeysim.journey import Journey, load_journey, parse_document, parse_journey
from journeysim.journey.strict_yaml import MAX_BYTES, MAX_NODES

SHIPPED = sorted((ROOT / "journeys").glob("*.yaml"))
TOKENS = ["", " ", "\n", "  ", ":", "- ", "[", "]", "{", "}", "&a", "*a", "!t", "<<", "~", "null", "no", "0"]
TOKENS += [
    "-1",
    "1e400",
    ".nan",
    "12:30",
    "24:00",
    "leave",
    "none",
    "other",
    "5 min",
    "5",
    '"',
    "'",
    "#",
    "|",
]
TOKENS += [
    "\t",
    "\0",
    "\ufeff",
    "\u2028",
    "é",
    "柜",
    "99999999999999999999",
    "0x1F",
    "true",
    "? ",
    "%YAML",
    "---",
]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.booleans(),
        st.integers(-3, 70),
        st.sampled_from([0.5, -0.5, 1e12, 10**18, 1.0]),
        st.sampled_from(
            ["leave", "none", "other", "", "5 min", "0 s", "-3 min", "9 min", "10:00", "24:00", "7:00"]
        ),
        st.sampled_from(
            ["cash", "regular", "place 0", "line.0", "柜台", "file", "data.csv", "x" * 200, "mon"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["mean", "cv", "to", "when", "file", "time", "constant", "gamma", "09:00", "x", "share"]
            ),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=5,
)


def read_or_refuse(text: str | bytes, folder: Path = ROOT / "journeys") -> Journey | None:
    """Read a map; None if it is refused as it should be: with words that can be printed, in file order."""
    try:
        return parse_journey(text, "map.yaml", folder)
    except InputError as error:
        problems = error.problems
    assert problems
    for problem in problems:
        str(problem).encode("utf-8")
        assert problem.problem
        assert "\n" not in str(problem)
    assert list(problems) == sorted(problems, key=lambda p: (p.file, p.line, p.column, p.path))
    return None


@st.composite
def mangled_texts(draw: st.DrawFn) -> str:
    """Text of a shipped map with a few cuts, copies and insertions."""
    text = draw(st.sampled_from(SHIPPED)).read_text(encoding="utf-8")
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.sampled_from([0, 0, 1, 2, 5, 30, 400])))
        middle = draw(st.one_of(st.sampled_from(TOKENS), st.just(text[start:end] * 2), st.text(max_size=4)))
        text = text[:start] + middle + text[end:]
    return text


def spots(data: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in plain data."""
    found: list[tuple[Any, Any]] = []
    waiting = [data]
    while waiting:
        container = waiting.pop()
        entries = list(container.items() if isinstance(container, dict) else enumerate(container))
        for key, value in entries:
            found.append((container, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


@st.composite
def mangled_maps(draw: st.DrawFn) -> Data:
    """A random map with a few values replaced, dropped, renamed or moved."""
    data = copy.deepcopy(draw(journey_maps(files=True)))
    for _ in range(draw(st.integers(1, 4))):
        container, key = draw(st.sampled_from(spots(data)))
        what = draw(st.sampled_from(["replace", "replace", "drop", "rename", "copy", "foreign"]))
        if what == "drop":
            del container[key]
        elif what == "rename" and isinstance(container, dict):
            container[draw(st.sampled_from(["other", "x", f"{key}x", "09:00", "7:00", "[key]"]))] = (
                container.pop(key)
            )
        elif what == "copy":
            other, place = draw(st.sampled_from(spots(data)))
            container[key] = copy.deepcopy(other[place])
        elif what == "foreign" and isinstance(container, dict):
            container[
                draw(
                    st.sampled_from(
                        ["nxt", "fials", "wrap_up", "file", "from_log", "line_group", "after", "keep_server"]
                    )
                )
            ] = draw(VALUES)
        else:
            container[key] = draw(VALUES)
        if not spots(data):
            break
    return data


@given(mangled_texts())
def test_mangled_shipped_map_is_read_or_refused(text: str) -> None:
    read_or_refuse(text)


@given(mangled_maps())
def test_mangled_values_are_read_or_refused(data: Data) -> None:
    read_or_refuse(to_text(data), FILES)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(raw: bytes) -> None:
    assert read_or_refuse(raw) is None


@given(st.text(st.characters(exclude_categories=[]), max_size=100))
def test_random_text_is_refused(text: str) -> None:
    assert read_or_refuse(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{" * 100_000,
        "- " * 100_000,
        "? " * 100_000,
        "a: {b: " * 50_000,
        "\n".join(" " * depth + "a:" for depth in range(1000)),
        "a: &x [*x]",
        "a: \0",
        "a: \ud800",
        'a: "\\ud800"',
        'a: "\\0"',
        "a: [" + "1, " * MAX_NODES + "]",
        "a: " + "9" * 5000,
        "a: 1e400",
        "a: -.inf",
        "a: .NaN",
        "x" * (MAX_BYTES + 1),
        "#" * 3_000_000,
        '"' + "x" * 3_000_000,
        "a" * 3_000_000 + ": 1",
        "\ufeff",
        "",
        "---\n---\n",
        "a: 1\n---\nb: 2\n",
        "%YAML 1.1\n---\na: 1",
        "%TAG ! x\n---\na: 1",
        "\r\r\r",
        "'",
        "5",
        "[]",
        "{}",
        "text",
        "null",
        "!!python/object/apply:os.system [ls]",
        "journey: !!python/name:os.system x",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_is_refused(text: str) -> None:
    assert read_or_refuse(text) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "gb18030"])
def test_other_encodings_are_refused_with_a_place(encoding: str) -> None:
    raw = "journey: é柜".encode(encoding, "ignore")
    with pytest.raises(InputError) as caught:
        parse_journey(raw, "map.yaml")
    assert caught.value.problems[0].line == 1
    assert "UTF-8" in str(caught.value) or "character" in str(caught.value)


def test_byte_order_mark_is_no_content() -> None:
    assert parse_document(b"\xef\xbb\xbfa: 1", "x").data == {"a": 1}


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b", "x" * 5000, "missing/\ud800.yaml"])
def test_unreadable_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        load_journey(f"{tmp_path}/{name}")
    str(caught.value).encode("utf-8")
