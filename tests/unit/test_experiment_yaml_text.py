"""What is written as YAML is read back as the same data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeysim.experiment.yaml_text import to_yaml
from journeysim.journey.strict_yaml import parse_document

TRICKY = """\
no|12:30|09:00|0o17|1e3|.5|null|~|true|2027-01-04|- a|a: b|#x|<<|6 min|a  b| a|柜台|柜台 二|é|=|{}|[]|*a|&a|!a
%a|@a|0x1F|yes|tab\there||on|_|1_000|190:20:30|.inf|-|?|e|N|Infinity"""

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=20
) | st.sampled_from([TRICKY, *TRICKY.replace("\n", "|").split("|")])
scalars = (
    texts
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
    | st.booleans()
)
keys = texts.filter(lambda key: key != "")
documents = st.dictionaries(
    keys, st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=8)
)


@given(documents)
def test_round_trip(data):
    assert parse_document(to_yaml(data), "x.yaml").data == data


@pytest.mark.parametrize("value", [1, 1.0, "1", True])
def test_kinds_are_kept(value):
    found = parse_document(to_yaml({"a": value}), "x.yaml").data["a"]
    assert (found, type(found)) == (value, type(value))


def test_a_map_reads_like_one():
    data = {"staff": {"柜员": {"count": {"09:00": 3, "11:30": 4}}}, "service": {"gamma": {"mean": "6 min"}}}
    text = to_yaml(data)
    assert "  柜员:\n    count:\n      09:00: 3\n" in text
    assert "mean: 6 min\n" in text
    shared = {"a": 1}
    assert "&" not in to_yaml({"x": shared, "y": shared})
