"""The journey map: its grammar, its checks and its changes.

Owns reading a map strictly and saying everything that is wrong with it, the distributions, durations and
times of day in it, patches to it, and the JSON Schema that editors complete from.

Must not know that anything is simulated: no clock, no random number, no engine, no scenario.
"""

from journeysim.journey.arrivals import Appointments, BookedArrivals, RecordedArrivals
from journeysim.journey.distributions import Distribution
from journeysim.journey.flow import expected_case_visits, expected_visits
from journeysim.journey.hours import OpeningHours
from journeysim.journey.load import load_journey, parse_journey
from journeysim.journey.loads import arrival_mix
from journeysim.journey.models import Journey
from journeysim.journey.stations import Queue, Rule, Touchpoint
from journeysim.journey.strict_yaml import Document, parse_document, read_document

__all__ = [
    "Appointments",
    "BookedArrivals",
    "Distribution",
    "Document",
    "Journey",
    "OpeningHours",
    "Queue",
    "RecordedArrivals",
    "Rule",
    "Touchpoint",
    "arrival_mix",
    "expected_case_visits",
    "expected_visits",
    "load_journey",
    "parse_document",
    "parse_journey",
    "read_document",
]
