"""Strict YAML: scalars that another reader would turn into a surprise, and every refusal with its place."""

from __future__ import annotations

from typing import Any

import pytest

from journeysim.errors import InputError
from journeysim.journey import parse_document, read_document
from journeysim.journey.strict_yaml import MAX_DEPTH, dotted, parse_leniently


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("12:30", "12:30"),
        ("09:00", "09:00"),
        ("1:2:3", "1:2:3"),
        ("no", "no"),
        ("No", "No"),
        ("off", "off"),
        ("yes", "yes"),
        ("on", "on"),
        ("y", "y"),
        ("2027-01-04", "2027-01-04"),
        ("1_000", "1_000"),
        ("=", "="),
        ("0b11", "0b11"),
        ("6 min", "6 min"),
        ("nulls", "nulls"),
        ('"5"', "5"),
        ("'true'", "true"),
        ("'~'", "~"),
        ('""', ""),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("5", 5),
        ("+5", 5),
        ("-5", -5),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        ("1.0", 1.0),
    ],
)
def test_scalars_follow_yaml_1_2(scalar: str, value: Any) -> None:
    for text in (f"a: {scalar}", f"{{a: {scalar}}}", f"a:\n  {scalar}"):
        found = parse_document(text, "x").data["a"]
        assert found == value
        assert type(found) is type(value)


@pytest.mark.parametrize(
    "key", ["12:30", "no", "1", "1.5", "true", "null", "~", "2027-01-04", "0x1F", "09:00"]
)
def test_keys_are_always_text(key: str) -> None:
    assert parse_document(f"{{{key}: 1}}", "x").data == {key: 1}
    assert parse_document(f"{key}: 1", "x").data == {key: 1}


REFUSED = [
    ("a: 1\nb: 2\na: 3", 3, 1, "a: the same key twice"),
    ("a: {x: 1, 'x': 2}", 1, 11, "a.x: the same key twice"),
    ('a: 1\n"a": 2', 2, 1, "the same key twice"),
    ("a:\n  b:\nc: 1", 2, 3, "a.b: nothing follows this key, hint: write {}"),
    ("a: {b: , c: 1}", 1, 5, "nothing follows this key"),
    ("a: {b}", 1, 5, "a.b: nothing follows this key"),
    ("a: ~", 1, 4, "a: null is not used, found ~"),
    ("a: null", 1, 4, "null is not used"),
    ("a: [1, Null]", 1, 8, "null is not used"),
    ("a:\n-\n- 1", 2, 2, "a[1]: an empty list entry"),
    ("a: &x 1", 1, 4, "anchors (&) are not used, found &x"),
    ("a: &x {b: 1}", 1, 4, "anchors"),
    ("a: 1\nb: *x", 2, 4, "aliases (*) are not used, found *x"),
    ("a: !!str 1", 1, 4, "tags (!) are not used"),
    ("a: !t [1]", 1, 4, "tags"),
    ("a:\n  <<: {b: 1}", 2, 3, "merge keys (<<) are not used"),
    ("? [a, b]\n: 1", 1, 3, "a key must be text"),
    ("? {a: b}\n: 1", 1, 3, "a key must be text"),
    ('"": 1', 1, 1, "a key without a name"),
    ("a: 1\n---\nb: 1", 2, 1, "one document a file"),
    ("%YAML 1.1\n---\na: 1", 1, 1, "directives (%) are not used"),
    ("a: .inf", 1, 4, "a finite number is required, found .inf"),
    ("a: -.INF", 1, 4, "a finite number is required"),
    ("a: .nan", 1, 4, "a finite number is required"),
    ("a: 1e999", 1, 4, "a number this large is not usable"),
    ("a: 99999999999999999999", 1, 4, "a number this large is not usable"),
    ("a: " + "9" * 5000, 1, 4, "a number has at most"),
    ("", 1, 1, "the file is empty"),
    ("# only a comment\n", 1, 1, "the file is empty"),
    ("a: 1\n b: 2", 2, 3, "not valid YAML: mapping values are not allowed in this context"),
    ("a:\n\tb: 1", 2, 1, "not valid YAML"),
    ("a: 'x", 1, 6, "not valid YAML"),
    ("a: b\x00c", 1, 5, "a character that no text holds, found U+0000"),
    ("x: 1\na: \x07", 2, 4, "found U+0007"),
    ("a: \ud800", 1, 4, "found U+D800"),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"), REFUSED, ids=[repr(row[0][:20]) for row in REFUSED]
)
def test_refusals_name_their_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_document(text, "map.yaml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.column) == ("map.yaml", line, column)
    assert words in str(problem)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        parse_document("a: ~\nb: &x 1\nc: {d: 1, d: 2}\ne:\n", "x")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3, 4]


def test_problems_before_a_syntax_error_are_told_with_it() -> None:
    with pytest.raises(InputError) as caught:
        parse_document("a: ~\nb: [1", "x")
    assert len(caught.value.problems) == 2


def test_depth_is_limited() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    parse_document(deep, "x")
    with pytest.raises(InputError, match="nested deeper"):
        parse_document(f"[{deep}]", "x")


def test_places_of_values_and_keys() -> None:
    document = parse_document("a:\n  b: [10, {c: 3}]\n  d:\n    e: 5\n", "x")
    assert document.place(("a", "b", 0)) == (2, 7)
    assert document.place(("a", "b", 1, "c")) == (2, 15)
    assert document.place(("a", "d", "e")) == (4, 8)
    # A block stands at its key; an unknown place at the nearest outer one.
    assert document.place(("a", "d")) == (3, 3)
    assert document.place(("a", "d", "nothing")) == (3, 3)
    assert document.where_key(("a", "d", "e")).column == 5
    assert document.place(()) == (1, 1)


def test_first_of_equal_keys_is_kept_for_further_checks() -> None:
    document, problems = parse_leniently("a: 1\na: {b: ~}", "x")
    assert document.data == {"a": 1}
    assert len(problems) == 2


def test_byte_that_is_no_utf_8_is_placed(tmp_path: Any) -> None:
    file = tmp_path / "map.yaml"
    file.write_bytes("é: 1\nb: ".encode() + b"\xff")
    with pytest.raises(InputError, match=r"map\.yaml:2:4: the file is not UTF-8 text, found byte 0xff"):
        read_document(file)


def test_windows_line_ends_do_not_matter() -> None:
    document = parse_document("a: 1\r\nb: 2\r\n", "x")
    assert document.data == {"a": 1, "b": 2}
    assert document.place(("b",)) == (2, 4)


def test_dotted_paths_quote_what_needs_it() -> None:
    assert dotted(("staff", "No. 3", "count")) == 'staff."No. 3".count'
    assert dotted(("touchpoints", "柜台", "next", 0, "to")) == "touchpoints.柜台.next[1].to"
    assert dotted(()) == ""


@pytest.mark.parametrize("loader", ["pure", "C"])
def test_both_loaders_of_the_library_read_alike(loader: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import yaml

    from journeysim.journey import strict_yaml

    monkeypatch.setattr(strict_yaml, "_LOADER", yaml.Loader if loader == "pure" else yaml.CLoader)
    document = parse_document("a: {09:00: 3, 12:30: [x, '5']}\nb:\n  - no\n  - {c: 1e2}\n", "x")
    assert document.data == {"a": {"09:00": 3, "12:30": ["x", "5"]}, "b": ["no", {"c": 100.0}]}
    assert document.place(("b", 1, "c")) == (4, 9)
    with pytest.raises(InputError, match="nested deeper"):
        parse_document("[" * 100_000, "x")
    with pytest.raises(InputError, match=r"surrogate|escape"):
        parse_document('a: "\\ud800"', "x")
