"""Files of ties: numbers and ids, CSV and Parquet, and every row that makes no sense."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.networks import assert_proper

from journeysim.errors import InputError
from journeysim.journey.strict_yaml import parse_document
from journeysim.market.network import Network
from journeysim.market.network_files import from_file, read_ties
from journeysim.market.network_models import NetworkForm


def written(folder: Path, text: str) -> Path:
    path = folder / "ties.csv"
    path.write_text(text, encoding="utf-8")
    return path


def ties_of(network: Network) -> list[tuple[int, int, bool]]:
    owner = np.repeat(np.arange(network.people), network.ties)
    once = owner < network.tie
    rows = zip(owner[once].tolist(), network.tie[once].tolist(), network.strong[once].tolist(), strict=True)
    return list(rows)


def problems(path: Path, *arguments: object, **columns: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        from_file(path, *arguments, **columns)
    return [str(problem).removeprefix(str(path)) for problem in caught.value.problems]


def test_people_by_their_numbers(tmp_path):
    network = from_file(written(tmp_path, "from,to\n4,0\n2,4\n"), 6)
    assert_proper(network)
    assert network.people == 6
    assert ties_of(network) == [(0, 4, True), (2, 4, True)]


def test_people_by_any_ids_are_numbered_in_ascending_order(tmp_path):
    path = written(tmp_path, "from,to\nWang,李\nAdam,Wang\n")
    assert ties_of(from_file(path)) == [(0, 1, True), (1, 2, True)]
    assert from_file(path).people == 3
    assert from_file(path, 10).people == 10


def test_numbers_beyond_the_market_are_ids_in_the_order_of_numbers(tmp_path):
    path = written(tmp_path, "from,to\n100,20\n20,3\n")
    assert ties_of(from_file(path, 3)) == [(0, 1, True), (1, 2, True)]
    assert ties_of(from_file(path)) == [(0, 1, True), (1, 2, True)]
    assert ties_of(from_file(path, 101)) == [(3, 20, True), (20, 100, True)]


def test_numbers_with_leading_zeros_are_people_of_their_own(tmp_path):
    assert from_file(written(tmp_path, "from,to\n007,7\n7,8\n")).people == 3


def test_strengths_and_columns_by_name(tmp_path):
    path = written(tmp_path, "kind,b,a\nweak,1,0\n strong ,2,1\n")
    network = from_file(path, 3, one="a", other="b", strength="kind")
    assert ties_of(network) == [(0, 1, False), (1, 2, True)]
    assert from_file(path, 3, one="a", other="b").strong.all()


def test_a_tie_may_stand_from_both_of_its_ends(tmp_path):
    path = written(tmp_path, "from,to,s\n0,1,weak\n1,2,strong\n1,0,weak\n")
    assert ties_of(from_file(path, 3, strength="s")) == [(0, 1, False), (1, 2, True)]


@pytest.mark.parametrize("kind", [pl.Int64, pl.UInt8, pl.String, pl.Categorical])
def test_parquet(tmp_path, kind):
    path = tmp_path / "ties.parquet"
    ends = pl.DataFrame({"from": ["0", "1"], "to": ["3", "2"]})
    through = pl.col("from", "to").cast(pl.String if kind == pl.Categorical else kind).cast(kind)
    ends.select(through).write_parquet(path)
    assert ties_of(from_file(path, 4)) == [(0, 3, True), (1, 2, True)]


def test_all_rows_that_make_no_sense_are_named(tmp_path):
    path = written(tmp_path, "from,to,s\na,,weak\n  ,b,strong\nb,c,middling\n")
    assert problems(path, strength="s") == [
        ":3:1: row 2, column from: a person is required, found '  '",
        ":2:1: row 1, column to: a person is required, found nothing",
        ":4:1: row 3, column s: an unknown strength, found middling, hint: known: strong, weak",
    ]


def test_rows_that_make_no_tie_are_named(tmp_path):
    path = written(tmp_path, "from,to,s\na,b,weak\nb,b,weak\na,b,weak\nb,a,strong\n")
    assert problems(path, strength="s") == [
        ":3:1: row 2, column to: a tie to somebody else is required, found b",
        ":4:1: row 3, column to: a tie that no earlier row holds is required, found b",
        ":5:1: row 4, column s: the strength that an earlier row gives this tie is required, found strong",
    ]


def test_many_bad_rows_are_counted(tmp_path):
    path = written(tmp_path, "from,to\n" + "1,1\n" * 50)
    found = problems(path)
    assert found[10] == ":12:1: column to: and 40 more rows like these"
    assert len(found) == 22


@pytest.mark.parametrize(
    ("text", "people", "problem"),
    [
        (
            "from,to\n1,2\n3,4\n",
            3,
            ": a network of at most 3 people is required, found 4 people, hint: a larger market",
        ),
        ("from,too\n1,2\n", None, ": the data file has no such column, found to, hint: did you mean too?"),
        ("from,to\n", None, ": the data file has no rows"),
    ],
)
def test_files_that_cannot_be_used_are_refused(tmp_path, text, people, problem):
    (found,) = problems(written(tmp_path, text), people)
    assert found.startswith(problem)


def test_a_file_that_is_not_there_or_no_table_is_refused(tmp_path):
    assert "there is no such data file" in problems(tmp_path / "none.csv")[0]
    (tmp_path / "ties.txt").write_text("from,to\n0,1\n")
    assert ".csv or .parquet" in problems(tmp_path / "ties.txt")[0]
    pl.DataFrame({"from": [0.0], "to": [1.0]}).write_parquet(tmp_path / "ties.parquet")
    assert problems(tmp_path / "ties.parquet") == [
        ": a column of whole numbers or text is required, found Float64"
    ]


def test_too_many_rows_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("journeysim.market.network_files.MOST_ROWS", 3)
    assert from_file(written(tmp_path, "from,to\n0,1\n1,2\n2,3\n")).people == 4
    assert "at most 3 rows" in problems(written(tmp_path, "from,to\n0,1\n1,2\n2,3\n3,4\n"))[0]


def test_a_scenario_names_a_file_in_its_folder(tmp_path):
    written(tmp_path, "a,b\n0,1\n")
    document = parse_document(
        "market:\n  network:\n    file: ties.csv\n    from: a\n    to: c\n", "s.yaml", tmp_path
    )
    loc = ("market", "network")
    form = NetworkForm.model_validate({"file": "ties.csv", "from": "a", "to": "b"})
    network, found = read_ties(form, document, loc, 2)
    assert network is not None
    assert not found
    assert ties_of(network) == [(0, 1, True)]
    nothing, found = read_ties(
        NetworkForm.model_validate({"file": "ties.csv", "from": "a", "to": "c"}), document, loc, 2
    )
    assert nothing is None
    assert [str(problem) for problem in found] == [
        "s.yaml:5:9: market.network.to: the data file has no such column, found c, hint: known: a, b"
    ]
    outside = NetworkForm.model_validate({"file": "../ties.csv"})
    assert "in the map's folder or below" in str(read_ties(outside, document, loc, 2)[1][0])
