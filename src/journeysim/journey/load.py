"""Reads a journey map: strict YAML, the format, the data files it names, and what it all means together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from journeysim.errors import InputError, Problem
from journeysim.journey.check import check
from journeysim.journey.data_files import read_data_files
from journeysim.journey.faults import in_file_order, problems_from
from journeysim.journey.models import Journey
from journeysim.journey.patches import REMOVE, Patch, patched_document
from journeysim.journey.salvage import salvage
from journeysim.journey.strict_yaml import Document, parse_leniently, read_leniently


def load_journey(path: str | Path, name: str | None = None) -> Journey:
    """Read and check a journey map.

    Parameters
    ----------
    path : the YAML file.
    name : what messages call it; by default the path as given.

    Raises
    ------
    InputError
        The map is wrong; all its problems, in file order.
    """
    document, problems = read_leniently(path, name)
    return journey_from(document, problems)


def parse_journey(text: str | bytes, file_name: str = "<text>", folder: Path | None = None) -> Journey:
    """Read and check a journey map from YAML text; ``folder`` is where the data files it names are."""
    document, problems = parse_leniently(text, file_name, folder)
    return journey_from(document, problems)


def journey_from(document: Document, problems: Iterable[Problem] = ()) -> Journey:
    """Check a document that was read, and return the journey it describes.

    Parameters
    ----------
    document : the map as plain data with places.
    problems : what reading it found wrong already; reported together with the rest.

    Raises
    ------
    InputError
        The map is wrong; all its problems, in file order.
    """
    found = list(problems)
    try:
        journey: Journey | None = Journey.model_validate(document.data)
        doubtful = document.refused
    except ValidationError as error:
        found += problems_from(error, document, Journey)
        journey, doubtful = salvage(document)
    if journey is None:
        raise InputError(in_file_order(found))
    wrong_data = read_data_files(journey, document, doubtful)
    if wrong_data:
        doubtful |= {("arrivals", "from_log"), ("arrivals", "per_hour")}
    errors, warnings = check(journey, document, doubtful, sound=not found and not wrong_data)
    found += wrong_data + errors
    if found:
        raise InputError(in_file_order(found))
    journey._document = document
    journey._warnings = tuple(in_file_order(warnings))
    return journey


def patched_journey(journey: Journey, patches: Mapping[str, Any], remove: Iterable[str] = ()) -> Journey:
    """Return the map with values replaced, added or removed; see `Journey.patched`."""
    changes = [Patch(path, value) for path, value in patches.items()]
    changes += [Patch(path, REMOVE) for path in remove]
    return journey_from(patched_document(journey.document, changes))
