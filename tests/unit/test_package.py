"""The public names of the package."""

from __future__ import annotations

import importlib.metadata

import pytest

import journeysim


@pytest.mark.parametrize("name", journeysim.__all__)
def test_every_public_name_is_there(name):
    assert name in dir(journeysim)
    assert getattr(journeysim, name) is not None


def test_tab_completion_finds_public_names_and_nothing_else():
    assert dir(journeysim) == sorted(journeysim.__all__)


def test_the_names_are_the_ones_of_the_parts():
    from journeysim.branch import formulas
    from journeysim.experiment import run

    assert journeysim.run is run
    assert journeysim.formulas is formulas
    assert journeysim.__version__ == importlib.metadata.version("journeysim")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'journeysim' has no attribute 'fly'"):
        _ = journeysim.fly
