"""``journeysim draw`` from end to end: files, what is refused, and what is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import MAP

from journeysim.cli.draw_command import DrawRequest, draw_command
from journeysim.errors import InputError
from journeysim.experiment import load_scenario, run
from journeysim.report import style


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A map, a scenario of it, and a run of that."""
    folder = tmp_path_factory.mktemp("draw")
    (folder / "map.yaml").write_text(MAP, encoding="utf-8")
    options = "options: {Today: {}, One more: {set: {staff.tellers.count: 4}}}\n"
    scenario = "scenario: Question\njourney: map.yaml\ndays: 2\nreplications: 2\n" + options
    (folder / "scenario.yaml").write_text(scenario, encoding="utf-8")
    done = run(load_scenario(folder / "scenario.yaml"), jobs=1, out=folder, steps=False)
    done.folder.rename(folder / "run")
    return folder


def draw(folder: Path, output: str = "out.svg", **more) -> bytes:
    """What the command writes."""
    wanted = {"journey": folder / "map.yaml", "run_folder": None, "option": None, "golden": None} | more
    draw_command(DrawRequest(output=folder / output, **wanted))
    return (folder / output).read_bytes()


def refused(folder: Path, **more) -> str:
    with pytest.raises(InputError) as found:
        draw(folder, **more)
    return str(found.value)


def test_the_command_draws_and_a_wrong_map_is_told_as_ever(shared_cli):
    drawn = shared_cli("draw", "map.yaml")
    assert drawn.returncode == 0, drawn.stderr
    assert drawn.stdout == "map.svg: Small branch, 1 touchpoint\n"
    assert (shared_cli.folder / "map.svg").read_text(encoding="utf-8").lstrip().startswith("<?xml")
    shared_cli.write("wrong.yaml", MAP.replace("discipline", "disciplin"))
    wrong = shared_cli("draw", "wrong.yaml", "-o", "wrong.svg")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("wrong.yaml:12:10: queues.line.disciplin: unknown key")
    assert "Traceback" not in wrong.stderr
    assert not (shared_cli.folder / "wrong.svg").exists()


@pytest.mark.parametrize(("name", "begins"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG"), ("a.pdf", b"%PDF")])
def test_the_ending_says_the_format_and_the_bytes_repeat(folder, name, begins):
    first = draw(folder, name, run_folder=folder / "run")
    assert first.startswith(begins)
    assert draw(folder, name, run_folder=folder / "run") == first
    assert b"CreationDate" not in first
    assert b"<dc:date>" not in first


def test_another_ending_is_refused_before_anything_is_read(folder):
    problem = refused(folder, output="a.jpg", journey=folder / "none.yaml")
    assert "a.jpg: a name that ends in .svg, .png, .pdf is required, found .jpg" in problem


def test_an_option_is_drawn_as_it_was_run(folder):
    today = draw(folder, run_folder=folder / "run")
    more = draw(folder, run_folder=folder / "run", option="One more")
    assert today != more
    assert "it has Today, One more" in refused(folder, run_folder=folder / "run", option="Todya")
    # Without a run, an option of a scenario as it is planned.
    planned = draw(folder, journey=folder / "scenario.yaml", option="One more")
    assert planned != draw(folder, journey=folder / "scenario.yaml")


def test_a_run_of_another_map_is_refused(folder):
    other = folder / "other.yaml"
    other.write_text(MAP.replace("counter", "desk"), encoding="utf-8")
    problem = refused(folder, journey=other, run_folder=folder / "run")
    assert f"a run of {other} is required, found desk only in {other}; counter only in the run" in problem


def test_a_map_that_changed_since_the_run_is_said(folder, capsys):
    draw(folder, run_folder=folder / "run")
    assert capsys.readouterr().err == ""
    changed = folder / "changed.yaml"
    changed.write_text(MAP.replace("count: 3", "count: 2"), encoding="utf-8")
    draw(folder, journey=changed, run_folder=folder / "run")
    assert "note: the run was made with other staff than" in capsys.readouterr().err


def test_the_golden_point_comes_from_a_kept_answer_or_by_name(folder):
    answer = folder / "golden.json"
    without = draw(folder, run_folder=folder / "run")
    answer.write_text(json.dumps({"answer": "None.", "golden_point": None}), encoding="utf-8")
    none = draw(folder, run_folder=folder / "run", golden=str(answer))
    answer.write_text(
        json.dumps({"answer": "It is.", "golden_point": {"touchpoints": ["counter"]}}), encoding="utf-8"
    )
    kept = draw(folder, run_folder=folder / "run", golden=str(answer))
    assert len({without, none, kept, draw(folder, run_folder=folder / "run", golden="counter")}) == 4
    assert "golden: a touchpoint of the map is required, found kounter" in refused(folder, golden="kounter")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "JSON is required"),
        ("[]", "an answer of `journeysim golden --json` is required"),
        ('{"answer": "x"}', "an answer that names its golden point is required"),
        ('{"answer": "x", "golden_point": {"touchpoints": [3]}}', "a golden point with its touchpoints"),
    ],
)
def test_what_is_no_answer_is_refused(folder, text, said):
    answer = folder / "bad.json"
    answer.write_text(text, encoding="utf-8")
    assert f"{answer}: {said}" in refused(folder, golden=str(answer))
    assert "the file cannot be read" in refused(folder, golden=str(folder / "none.json"))


def test_missing_fonts_are_told_once_with_their_package(folder, capsys, monkeypatch):
    monkeypatch.setattr(style, "_FONTS", ("DejaVu Sans",))
    monkeypatch.setattr(style, "_FONT_FILES", ("no such font",))
    chinese = folder / "网点.yaml"
    chinese.write_text(MAP.replace("Small branch", "城区网点"), encoding="utf-8")
    draw(folder, journey=chinese)
    said = capsys.readouterr().err
    assert said.count("fonts-noto-cjk") == 1
    assert "城区网点" in said
