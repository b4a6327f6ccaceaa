"""An analyst's own rules in a run: in parallel, reproducibly, kept with the run."""

from __future__ import annotations

import pytest
from tests.branch_days import BUSY, journey_of

import journeysim
from journeysim import JourneySimError, OwnRules, VisitSoFar
from journeysim.cli.guard import guarded
from journeysim.errors import InputError, RuleError
from journeysim.experiment.load import scenario_from
from journeysim.experiment.selection.rule import SelectionRule
from journeysim.experiment.selection.search import select


class Patient(OwnRules):
    """Everybody who waited long and is unlucky goes on to advice; the counter takes a fixed time."""

    def __init__(self, minutes: float) -> None:
        self.minutes = minutes

    def goes_to(self, visit: VisitSoFar, touchpoint: str) -> str | None:
        if touchpoint == "counter" and visit.waited_min > 3 and visit.luck("grumbles") < 0.3:
            return "advice"
        return None

    def service_min(self, visit: VisitSoFar, touchpoint: str) -> float | None:
        return self.minutes if touchpoint == "counter" else None


class Lost(OwnRules):
    """Sends people where nothing is."""

    def goes_to(self, visit: VisitSoFar, touchpoint: str) -> str | None:
        return "nowhere"


@pytest.fixture(scope="module")
def scenario():
    return scenario_from(journey_of(BUSY))


@pytest.mark.slow
def test_runs_with_rules_are_equal_for_any_number_of_processes(scenario) -> None:
    alone = journeysim.run(scenario, replications=3, jobs=1, rules=Patient(2.0))
    together = journeysim.run(scenario, replications=3, jobs=2, rules=Patient(2.0))
    assert alone.metrics.equals(together.metrics)
    assert alone.steps.equals(together.steps)


def test_rules_without_an_answer_change_nothing(scenario) -> None:
    with_rules = journeysim.run(scenario, replications=2, jobs=1, rules=OwnRules())
    assert with_rules.steps.equals(journeysim.run(scenario, replications=2, jobs=1).steps)


def test_a_kept_run_holds_its_rules_and_is_not_taken_for_another(scenario, tmp_path) -> None:
    first = journeysim.run(scenario, replications=1, jobs=1, rules=Patient(2.0), out=tmp_path)
    assert "class Patient" in (first.folder / "files" / "own_rules.py").read_text()
    folders = {first.folder}
    folders.add(journeysim.run(scenario, replications=1, jobs=1, rules=Patient(3.0), out=tmp_path).folder)
    folders.add(journeysim.run(scenario, replications=1, jobs=1, out=tmp_path).folder)
    assert len(folders) == 3
    again = journeysim.run(scenario, replications=1, jobs=1, rules=Patient(2.0), out=tmp_path)
    assert again.folder == first.folder
    assert again.metrics.equals(first.metrics)


def test_a_rule_that_cannot_be_followed_is_told(scenario) -> None:
    with pytest.raises(RuleError, match=r"goes_to at door: .* found 'nowhere'"):
        journeysim.run(scenario, replications=1, jobs=1, rules=Lost())


def test_it_is_the_users_fault_and_not_ours(capsys) -> None:
    @guarded
    def command() -> None:
        raise RuleError("goes_to at door: one of leave, door is required, found 'nowhere'")

    with pytest.raises(SystemExit) as left:
        command()
    assert left.value.code == 2
    assert capsys.readouterr().err == "goes_to at door: one of leave, door is required, found 'nowhere'\n"


def test_rules_typed_at_a_prompt_cannot_be_kept(scenario, tmp_path) -> None:
    made = type("Typed", (OwnRules,), {"__module__": "nowhere"})
    with pytest.raises(JourneySimError, match="source can be read"):
        journeysim.run(scenario, replications=1, jobs=1, rules=made(), out=tmp_path)


class Misspelt(Patient):
    """Two rules that would never be asked, and what may be there beside rules."""

    def servicemin(self, visit: VisitSoFar, touchpoint: str) -> float | None:
        return 1.0

    @staticmethod
    def anything(visit: VisitSoFar) -> None:
        """Something of one's own without an underscore."""

    def _mine(self) -> float:
        return self.minutes

    @property
    def limit(self) -> float:
        return self._mine()


@pytest.mark.parametrize("out", [None, "runs"])
def test_a_method_that_is_no_rule_is_refused_before_anything_runs(scenario, tmp_path, out) -> None:
    with pytest.raises(JourneySimError) as found:
        journeysim.run(scenario, rules=Misspelt(2.0), out=out and tmp_path / out)
    first, second = str(found.value).splitlines()
    assert first == (
        "rules.Misspelt.servicemin: no rule has this name, so it would never be asked, hint: did you mean "
        "service_min? methods of your own begin with _"
    )
    assert second.startswith("rules.Misspelt.anything: ")
    assert "goes_to, priority, service_min; methods of" in second
    assert not list(tmp_path.iterdir())


def test_a_selection_refuses_them_too(scenario) -> None:
    with pytest.raises(InputError, match="did you mean service_min"):
        select(scenario, "wait_mean_min", SelectionRule(1.0), rules=Misspelt(2.0))
