"""``journeysim assumptions``, and what `check` and `run` make of behaviours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journeysim.cli.assumptions_command import assumptions_command
from journeysim.cli.check_command import check_command
from journeysim.errors import InputError
from journeysim.market.constants import constants
from journeysim.market.presets import load_preset

HEAD = "scenario: S\njourney: map.yaml\ndays: 1\nreplications: 2\n"


@pytest.fixture
def printed(cli, monkeypatch, capsys):
    """Call a command in this process, which spares its imports, and return what it printed."""
    monkeypatch.chdir(cli.folder)

    def call(of, *, as_json=False):
        assumptions_command(of, as_json=as_json)
        return capsys.readouterr().out

    return call


def test_presets_scenarios_maps_and_files(cli, printed):
    default = printed(None)
    assert default.startswith("Rules of thumb: ")
    assert "telling.told_bad" in default
    assert printed("rules-of-thumb") == printed("map.yaml") == printed("scenario.yaml") == default
    assert printed("evidence").startswith("Evidence: ")
    cli.write("own.yaml", load_preset("evidence").text.replace("behaviour: Evidence", "behaviour: Ours"))
    assert printed("own.yaml").startswith("Ours: ")


def test_a_file_with_the_name_of_a_preset_comes_first(cli, printed):
    cli.write("evidence", load_preset("evidence").text.replace("behaviour: Evidence", "behaviour: Ours"))
    assert printed("evidence").startswith("Ours: ")


def test_json_and_what_options_change(cli):
    cli.write(
        "s.yaml",
        HEAD + "behaviour: {set: {telling.told_bad: 12}}\n"
        "options: {Today: {}, '[red]快': {set: {behaviour.complaints.recovery: fast}}}\n",
    )
    done = cli("assumptions", "s.yaml", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert document["behaviour"] == "Rules of thumb"
    by_path = {one["path"]: one for one in document["constants"]}
    assert by_path["telling.told_bad"]["value"] == 12
    assert by_path["telling.told_bad"]["source"].startswith("set by the scenario")
    assert document["options"] == [
        {
            "name": "[red]快",
            "changes": [{"path": "complaints.recovery", "value": "fast", "before": "unresolved"}],
        }
    ]


def test_user_text_in_the_table_is_never_markup(cli, printed):
    options = "options: {Today: {}, '[/red]快': {set: {behaviour.complaints.recovery: fast}}}\n"
    cli.write("s.yaml", HEAD + options)
    table = printed("s.yaml")
    assert "[/red]快" in table
    assert "Changed by options" in table


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("evidenc", "evidenc: there is no such file, hint: did you mean evidence?"),
        ("nowhere.yaml", "nowhere.yaml: there is no such file"),
        (".", ".: a file is required, found a folder"),
        ("", "a file is required"),
        ("x" * 5000, "the file cannot be read"),
        ("a\0b", "the file cannot be read"),
    ],
)
def test_nothing_to_be_found(printed, argument, said):
    with pytest.raises(InputError) as caught:
        printed(argument)
    assert said in str(caught.value)


def test_a_mistake_leaves_with_exit_code_2(cli):
    done = cli("assumptions", "evidenc")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "evidenc: there is no such file, hint: did you mean evidence?\n"


def test_check_knows_a_behaviour(cli, monkeypatch, capsys):
    monkeypatch.chdir(cli.folder)
    text = load_preset("evidence").text
    wrong = text.replace("told_bad: 9.0", "told_bad: -9").replace("grumble: 0.87", "grumble: 0.8")
    cli.write("own.yaml", text)
    cli.write("bad.yaml", wrong)
    cli.write("bare.yaml", text.replace("# TARP: to nine or ten people", ""))
    check_command([Path(name) for name in ("own.yaml", "map.yaml", "scenario.yaml", "bare.yaml")])
    good = capsys.readouterr().out
    count = len(constants(load_preset("evidence").behaviour))
    assert f"own.yaml: ok, Evidence: {count} constants\n" in good
    assert f"bare.yaml: ok, Evidence: {count} constants, 1 without a source\n" in good
    with pytest.raises(SystemExit) as left:
        check_command([Path("bad.yaml"), Path("own.yaml")])
    assert left.value.code == 2
    bad = capsys.readouterr()
    assert "telling.told_bad: a number of 0 or more is required, found -9" in bad.err
    assert "complaints: grumble, complain, media must sum to 1, found 0.93" in bad.err
    assert "own.yaml: ok" in bad.out


def test_a_behaviour_cannot_be_run(cli):
    cli.write("own.yaml", load_preset("evidence").text)
    done = cli("run", "own.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith("own.yaml:10:1: a scenario or a journey map is required, found a behaviour")


def test_a_run_keeps_the_whole_behaviour(cli, printed):
    cli.write("s.yaml", HEAD + "behaviour: evidence\n")
    done = cli("run", "s.yaml", "--set", "behaviour.telling.told_bad=12", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    (folder,) = (cli.folder / "runs").iterdir()
    kept = json.loads(printed(str(folder / "scenario.yaml"), as_json=True))
    by_path = {one["path"]: one for one in kept["constants"]}
    assert by_path["telling.told_bad"]["value"] == 12
    assert by_path["leaving.contagion"]["source"].startswith("Nitzan & Libai 2011")
    wrong = cli("run", "s.yaml", "--set", "behaviour.telling.told_bat=12")
    assert wrong.returncode == 2
    assert "behaviour.telling.told_bat: unknown path, found told_bat, hint: did you mean" in wrong.stderr
