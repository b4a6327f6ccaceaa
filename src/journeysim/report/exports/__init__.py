"""Runs for other programs: event logs, tables, a journey as text.

Owns the formats of others and what of a run is put where in them. One module a format.

Must not simulate, and nothing of how numbers came about: it takes a `Run`.
"""

from journeysim.report.exports.export import FORMATS, TABLES, Format, export

__all__ = ["FORMATS", "TABLES", "Format", "export"]
