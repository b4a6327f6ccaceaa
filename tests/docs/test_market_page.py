"""The page on the market says what the default preset and the shipped scenarios are."""

from __future__ import annotations

import re

import pytest
from tests.conftest import ROOT

from journeysim.market.presets import default_behaviour

PAGE = (ROOT / "docs" / "explanation" / "market.md").read_text(encoding="utf-8")
NAMED = re.findall(r"^\| `([\w-]+)` \|", PAGE, re.MULTILINE)

BEHAVIOUR = default_behaviour()
QUOTED = [
    (r"η = (\S+) on a first visit with the bank, (\S+)\n", "satisfaction", ("first_visit", "later_visit")),
    (r"\(E < (−\S+)\) (\S+) grumble, (\S+) complain", "complaints", (None, "grumble", "complain")),
    (r"told with probability (\S+), a bad one to (\d+) people and a good one to (\S+) on", "telling",
     ("probability", "told_bad", "told_good")),
    (r"\(ψ = (\S+) from a strong\s+tie, (\S+) from a weak", "hearing", ("strong", "weak")),
    (r"m_r = exp\(−(\S+) A_r − (\S+) R\)", "leaving", ("satisfaction", "heard")),
    (r"a year × (\S+), and × (\d+) in the month", "leaving", ("newcomer", "bad_first_visit")),
    (r"the person, to the power (\S+)\. Death", "leaving", ("attraction",)),
    (r"\(utility (\d+) R", "choosing", ("reputation",)),
    (r"A ≥ (\S+), active ≥ (\S+), stable ≥ (\S+), indifferent ≥ (−\S+), at risk", "ladder",
     ("enthusiast", "active", "stable", "indifferent")),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "section", "keys"), QUOTED, ids=[q[1] + q[0][:12] for q in QUOTED])
def test_constants_are_those_of_the_default_preset(
    pattern: str, section: str, keys: tuple[str | None, ...]
) -> None:
    found = re.search(pattern, PAGE)
    assert found, pattern
    for text, key in zip(found.groups(), keys, strict=True):
        if key is not None:
            assert float(text.replace("−", "-")) == getattr(getattr(BEHAVIOUR, section), key), key


def test_every_scenario_with_a_market_is_listed() -> None:
    with_market = {
        file.stem
        for file in (ROOT / "scenarios").glob("*.yaml")
        if re.search(r"^market:", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(NAMED) == with_market
