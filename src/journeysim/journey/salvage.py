"""What can still be checked of a map whose format is wrong, so that all its problems are told at once."""

from __future__ import annotations

import copy
from typing import Any

from pydantic import ValidationError

from journeysim.journey.faults import closest, keys_of, model_at, without_tags
from journeysim.journey.models import Journey
from journeysim.journey.strict_yaml import Document, Loc, look_up

MAX_ROUNDS = 8


def salvage(document: Document) -> tuple[Journey | None, frozenset[Loc]]:
    """Journey without the values that the format refuses, or None if nothing useful is left.

    Returns
    -------
    the journey, with examples in place of missing required values; and the locations whose values are not
    the planner's own: whatever is found wrong there is no news.
    """
    data = copy.deepcopy(document.data)
    doubtful: set[Loc] = set(document.refused)
    for _ in range(MAX_ROUNDS):
        try:
            return Journey.model_validate(data), frozenset(doubtful)
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False, include_input=False):
                if not _mend(data, fault, doubtful):
                    return None, frozenset(doubtful)
    return None, frozenset(doubtful)


def _mend(data: Any, fault: Any, doubtful: set[Loc]) -> bool:
    """Remove or replace what one fault complains of; False if that is all there is."""
    loc = without_tags(fault["loc"])
    if not loc:
        return False
    if fault["type"] == "missing":
        parent = look_up(data, loc[:-1])
        model = model_at(Journey, loc[:-1])
        if model is None or not isinstance(parent, dict):
            return False
        for name, field in model.model_fields.items():
            if (field.alias or name) == loc[-1] and field.examples:
                parent[loc[-1]] = copy.deepcopy(field.examples[0])
        doubtful.add(loc)
        return True
    if loc[-1] == "[key]" and look_up(data, loc) is None:
        loc = loc[:-1]
    doubtful.add(loc)
    if fault["type"] == "extra_forbidden":
        model = model_at(Journey, loc[:-1])
        meant = closest(str(loc[-1]), keys_of(model)) if model is not None else None
        if meant is not None:
            doubtful.add((*loc[:-1], meant))
    while isinstance(loc[-1], int):
        loc = loc[:-1]
    parent = look_up(data, loc[:-1])
    if isinstance(parent, dict):
        parent.pop(loc[-1], None)
    return True
